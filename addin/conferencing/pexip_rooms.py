"""What a wished room is as a Pexip virtual meeting room (`conference`): its fields, its PIN rules, its deviations.

Source: Pexip Infinity management API v41, resource `conference`. Knows no HTTP.

A guest's web app shows the room's `name`. The management API has no other title for guests, and a name must be unique
in the whole installation, so the neutral title goes into `description`, which only administrators see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from addin.meetings.errors import InvalidRequest
from addin.meetings.ports import RoomWish

_PIN: Final = re.compile(r"(?=.{4,20}\Z)[0-9]+#?")
_LONGEST_TITLE: Final = 250


def room_fields(wish: RoomWish) -> dict[str, Any]:
    """Return the whole room for a create request; raises InvalidRequest when its PINs break Pexip's rules."""
    return {"name": wish.name, "aliases": [{"alias": wish.alias}], "tag": wish.tag, **changeable_fields(wish)}


def changeable_fields(wish: RoomWish) -> dict[str, Any]:
    """Return what a change may touch: everything but name, address and tag, by which the room is known."""
    refuse_wrong_pins(wish.host_pin, wish.guest_pin)
    return {
        **protective_fields(wish),
        "description": wish.title[:_LONGEST_TITLE],
        "pin": wish.host_pin,
        "guest_pin": wish.guest_pin or "",
    }


def protective_fields(wish: RoomWish) -> dict[str, Any]:
    """Return the settings that protect the meeting, to be set and to be found again when the room is read back."""
    return {
        "service_type": "conference",
        "call_type": "video",
        # Guests allowed and a PIN for hosts alone: guests wait until a host is in.
        "allow_guests": True,
        "participant_limit": wish.participant_limit,
        "crypto_mode": "on",
        "enable_chat": "yes" if wish.chat else "no",
        "guests_can_present": wish.guests_can_present,
        "mute_all_guests": False,
        # The names that participants typed are not burnt into the picture.
        "enable_overlay_text": False,
        "primary_owner_email_address": "",
        # Nobody is called in by the room itself, so no recorder either.
        "automatic_participants": [],
    }


def deviations(room: Mapping[str, Any], wish: RoomWish) -> list[str]:
    """Return the names of settings that are not as wished in a room that was read back, sorted.

    PINs are not compared: some versions answer null where one is set. That there is a host PIN follows from
    `allow_guests`, which Pexip refuses without one.
    """
    wrong = [name for name, wanted in protective_fields(wish).items() if room[name] != wanted]
    if room["name"] != wish.name:
        wrong.append("name")
    if [alias["alias"].casefold() for alias in room["aliases"]] != [wish.alias.casefold()]:
        wrong.append("aliases")
    return sorted(wrong)


def refuse_wrong_pins(host_pin: str, guest_pin: str | None) -> None:
    """Raise InvalidRequest for PINs that Pexip would refuse: its truth table, so that no bad room is even tried.

    A host PIN is required where guests are allowed. 4-20 digits, a closing `#` counted. The two differ, and have
    the same length or both end in `#`.
    """
    if not _PIN.fullmatch(host_pin):
        raise InvalidRequest(("pin",))
    if guest_pin is None:
        return
    hashes = host_pin.endswith("#"), guest_pin.endswith("#")
    same_form = all(hashes) or (not any(hashes) and len(host_pin) == len(guest_pin))
    if not _PIN.fullmatch(guest_pin) or host_pin == guest_pin or not same_form:
        raise InvalidRequest(("guest_pin",))
