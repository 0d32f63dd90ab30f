"""What Outlook keeps of the calendars that somebody has opened: hidden items in the folder Common Views.

Sources: [MS-OXOCFG] 2.2.9 (navigation shortcuts), [MS-OXCDATA] 2.2.5.2 (address book entry ids).
"""

from __future__ import annotations

import base64
from typing import Final

from lxml.etree import _Element

from addin.sandbox.exchange.ews.properties import TAGGED, told_property
from addin.sandbox.exchange.ews.shapes import Shape
from addin.sandbox.exchange.ews.soap import types
from addin.sandbox.exchange.items import PropertyId
from addin.sandbox.exchange.shelved import fixed_id
from addin.sandbox.people import Mailbox

# PidTagWlinkFolderType, PidTagWlinkAddressBookEID and PidTagMessageClass.
FOLDER_TYPE: Final = PropertyId("Binary", TAGGED, 0x684F)
OWNER: Final = PropertyId("Binary", TAGGED, 0x6854)
_CLASS: Final = PropertyId("String", TAGGED, 0x001A)
_CALENDARS: Final = bytes.fromhex("0278060000000000c000000000000046")
_MAIL: Final = bytes.fromhex("0078060000000000c000000000000046")
_LOCAL_USER: Final = bytes.fromhex("00000000dca740c8c042101ab4b908002b2fe1820100000000000000")
_RECIPIENTS: Final = "/o=Region Exempel/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="


def distinguished_name(mailbox: Mailbox) -> str:
    """Return the name of a mailbox's owner in the address book, as Exchange has called people since its beginning."""
    return _RECIPIENTS + mailbox.object_id.replace("-", "")


def shortcuts(owner: Mailbox, opened: list[Mailbox], shape: Shape) -> list[_Element]:
    """Return the hidden items: one that leads to her inbox, and one for each calendar in her list, her own first."""
    links = [(owner, _MAIL), (owner, _CALENDARS), *((one, _CALENDARS) for one in opened)]
    return [_shown(owner, to, kind, shape) for to, kind in links]


def _shown(owner: Mailbox, to: Mailbox, kind: bytes, shape: Shape) -> _Element:
    kept = {
        FOLDER_TYPE: _base64(kind),
        OWNER: _base64(_LOCAL_USER + distinguished_name(to).encode("ascii") + b"\0"),
        _CLASS: "IPM.Microsoft.WunderBar.Link",
    }
    identity = fixed_id(f"{owner.object_id} shortcut {to.object_id} {kind.hex()}")
    told = [told_property(one, kept[one]) for one in shape.properties if one in kept]
    return types.Message(types.ItemId(Id=identity, ChangeKey="AQAAAA=="), *told)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
