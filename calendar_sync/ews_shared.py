"""In whose calendars somebody may write, by what Outlook keeps in Exchange on premises of those that she has opened.

Exchange Web Services have no list of other people's calendars. Outlook's own is a hidden item for each, in the folder
Common Views; it names the owner by her entry in the address book, and the owner's calendar tells the rights to it.
Nothing that stands in those calendars is read, nor what they are called.

Outside rules: [MS-OXOCFG] 2.2.9.11 (folder types), 2.2.9.16 (owner) and 3.1.4.10.2 (shortcuts), [MS-OXCDATA] 2.2.5.2
(address book entry ids), *ResolveNames operation*, *EffectiveRights*.
"""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from exchangelib import ExtendedProperty, Q, errors
from exchangelib.fields import ExtendedPropertyField, FieldPath
from exchangelib.folders import Calendar, Folder, Root
from exchangelib.items import ID_ONLY
from exchangelib.restriction import Restriction
from exchangelib.services import FindFolder, FindItem, GetFolder, ResolveNames
from exchangelib.services.common import EWSAccountService
from lxml.etree import _Element

from calendar_sync.calendar import CalendarUnavailable, NotUnderstood
from calendar_sync.ews_connection import EwsConnection, failure_of
from calendar_sync.ews_series import TYPES

_Wanted = TypeVar("_Wanted")

# It is called so in every language.
_COMMON_VIEWS: Final = "Common Views"
_CALENDAR_FOLDER: Final = bytes.fromhex("0278060000000000c000000000000046")
_ENTRY_OF_A_PERSON: Final = bytes.fromhex("00000000dca740c8c042101ab4b908002b2fe18201000000")
_KIND_OF_ENTRY_BYTES: Final = 4
# Somebody's list is no longer than this; what Outlook keeps beside calendars stands there, too.
_MOST_SHORTCUTS: Final = 500
# Each may lie on a server of its own, which Exchange asks while we wait.
_CALENDARS_A_CALL: Final = 20
# How long it is believed which address somebody has in the address book.
_BELIEVED_SECONDS: Final = 24 * 3600.0
_MOST_BELIEVED: Final = 10_000
# Whoever asks holds a lease, and what is followed in the mailbox is recorded after this.
_PATIENCE_SECONDS: Final = 20.0


class _FolderType(ExtendedProperty):
    """PidTagWlinkFolderType: what kind of folder a shortcut leads to."""

    property_tag = 0x684F
    property_type = "Binary"


class _Owner(ExtendedProperty):
    """PidTagWlinkAddressBookEID: whose that folder is."""

    property_tag = 0x6854
    property_type = "Binary"


_WANTED: Final = [
    FieldPath(field=ExtendedPropertyField("vardmote_folder_type", value_cls=_FolderType)),
    FieldPath(field=ExtendedPropertyField("vardmote_folder_owner", value_cls=_Owner)),
]
_RIGHTS: Final = [FieldPath(field=Folder.get_field_by_fieldname("effective_rights"))]


# These say nothing of her rights.
_UNSURE: Final = (
    errors.ErrorInternalServerTransientError,
    errors.ErrorMailboxMoveInProgress,
    errors.ErrorMailboxStoreUnavailable,
    errors.ErrorServerBusy,
    errors.ErrorTimeoutExpired,
)


class SharedCalendars:
    """Finds them. Safe for use by many threads at once."""

    def __init__(self, connection: EwsConnection) -> None:
        self._connection = connection
        self._addresses = _AddressBook(connection)

    def of(self, mailbox: str) -> frozenset[str]:
        """Return the addresses (lower case) of others in whose calendars the mailbox's owner may write.

        Who has never opened Outlook has no list, and so no calendar but her own. Raises CalendarUnreadable, also when
        it takes too long: addresses that were told by then are remembered.
        """
        until = time.monotonic() + _PATIENCE_SECONDS
        names = {name for one in self._shortcuts(mailbox) if (name := _owner_of(one))}
        addresses = {self._addresses.address(mailbox, name) for name in _while(until, sorted(names))}
        others = sorted(one for one in addresses if one and one != mailbox)
        return frozenset(self._writable(mailbox, others, until))

    def _shortcuts(self, mailbox: str) -> list[_Element]:
        root = Root(account=self._connection.account(mailbox))
        root.to_id()
        wanted = Restriction(Q(name=_COMMON_VIEWS), folders=[root], applies_to="folders")
        folders = _told(
            self._connection.call(
                mailbox,
                FindFolder,
                folders=[root],
                restriction=wanted,
                additional_fields=None,
                shape=ID_ONLY,
                depth="Shallow",
                max_items=None,
                offset=0,
            )
        )
        if not folders:
            return []
        found = self._connection.call(
            mailbox,
            _FindHidden,
            folders=folders[:1],
            additional_fields=_WANTED,
            restriction=None,
            order_fields=None,
            shape=ID_ONLY,
            query_string=None,
            depth="Associated",
            calendar_view=None,
            max_items=_MOST_SHORTCUTS,
            offset=0,
        )
        return _told(found)

    def _writable(self, mailbox: str, owners: list[str], until: float) -> Iterable[str]:
        """Yield those in whose calendars new items may be made."""
        for first in _while(until, range(0, len(owners), _CALENDARS_A_CALL)):
            yield from self._writable_of(mailbox, owners[first : first + _CALENDARS_A_CALL])

    def _writable_of(self, mailbox: str, owners: list[str]) -> Iterable[str]:
        calendars = [self._calendar_of(owner) for owner in owners]
        answers = self._connection.call(
            mailbox, _GetEach, folders=calendars, additional_fields=_RIGHTS, shape=ID_ONLY
        )
        if len(answers) != len(owners):
            # What is left out bears no name, so it is not known of whom nothing is told.
            raise NotUnderstood
        _told([one for one in answers if isinstance(one, _UNSURE)])
        for owner, told in zip(owners, answers, strict=True):
            # Where she has no rights any more, Exchange knows no such folder.
            rights = None if isinstance(told, Exception) else told.effective_rights
            if rights and rights.create_contents:
                yield owner

    def _calendar_of(self, owner: str) -> Folder:
        folder = Calendar(root=Root(account=self._connection.account(owner)))
        folder.to_id()
        return folder


# The address book knows nobody of that name any more, or somebody who has no mailbox.
_NOBODY: Final = (errors.ErrorNameResolutionNoResults, errors.ErrorNameResolutionNoMailbox)


class _AddressBook:
    """Tells the address of somebody who is named as in the address book; remembers it for a day."""

    def __init__(self, connection: EwsConnection) -> None:
        self._connection = connection
        self._known: dict[str, tuple[float, str | None]] = {}
        self._lock = threading.Lock()

    def address(self, mailbox: str, name: str) -> str | None:
        """Return the address (lower case), asked for in the mailbox's name; None for somebody who has left."""
        known = self._known.get(name)
        if known and known[0] > time.monotonic():
            return known[1]
        address = self._asked(mailbox, name)
        with self._lock:
            if len(self._known) >= _MOST_BELIEVED:
                self._known.clear()
            self._known[name] = (time.monotonic() + _BELIEVED_SECONDS, address)
        return address

    def _asked(self, mailbox: str, name: str) -> str | None:
        found = self._connection.call(
            mailbox,
            _ResolveAsHer,
            returned=_NOBODY,
            unresolved_entries=[name],
            search_scope="ActiveDirectory",
        )
        people = _told([one for one in found if not isinstance(one, _NOBODY)])
        addresses = [str(one.email_address).lower() for one in people if "@" in str(one.email_address)]
        return addresses[0] if len(addresses) == 1 else None


class _ResolveAsHer(ResolveNames, EWSAccountService):
    """ResolveNames in the name of a mailbox; our own account may have none, and sees no address book then."""


class _FindHidden(FindItem):
    """FindItem whose answer is read by us: the items are none that exchangelib knows."""

    def _elem_to_obj(self, elem: _Element) -> _Element:
        return elem


class _GetEach(GetFolder):
    """GetFolder that tells of each folder by itself why it cannot be shown."""

    ERRORS_TO_CATCH_IN_RESPONSE = errors.ResponseMessageError


def _while(until: float, wanted: Iterable[_Wanted]) -> Iterator[_Wanted]:
    """Yield what is asked for one after the other; raises CalendarUnavailable when it is too late to go on."""
    for one in wanted:
        if time.monotonic() >= until:
            raise CalendarUnavailable
        yield one


def _told(found: list[Any]) -> list[Any]:
    """Return what a service gave; raises CalendarError for the first failure among it."""
    for one in found:
        if isinstance(one, Exception):
            raise failure_of(one) from None
    return found


def _owner_of(shortcut: _Element) -> str | None:
    """Return how the address book names the owner of the calendar that a shortcut leads to; None for any other."""
    if _value(shortcut, _FolderType) != _CALENDAR_FOLDER:
        return None
    entry = _value(shortcut, _Owner)
    if not entry.startswith(_ENTRY_OF_A_PERSON):
        return None
    name = entry[len(_ENTRY_OF_A_PERSON) + _KIND_OF_ENTRY_BYTES :].partition(b"\0")[0]
    return name.decode("ascii", errors="replace") if name.startswith(b"/") else None


def _value(shortcut: _Element, kind: type[ExtendedProperty]) -> bytes:
    for told in shortcut.iterfind(f"{TYPES}ExtendedProperty"):
        if kind.is_property_instance(told):
            try:
                return base64.b64decode(told.findtext(f"{TYPES}Value") or "", validate=True)
            except binascii.Error:
                return b""
    return b""
