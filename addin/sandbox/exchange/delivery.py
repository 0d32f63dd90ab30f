"""What reaches the attendees of a meeting: their own copies of it, with the same UID and without named properties.

Pure; the store keeps the copies. Sources: [MS-OXOCAL] section 3.1.5; named properties are not sent to recipients
(Office add-in documentation, "Get and set metadata").
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from addin.sandbox.exchange.items import Exceptions, Folder, Item
from addin.sandbox.exchange.shelved import new_change_key, new_immutable_id, new_item_id

CANCELLED_PREFIX = "Inställt: "
# What of a meeting is its attendees' business; reminders, categories and properties are everybody's own.
SENT = (
    *(
        "organiser",
        "start",
        "end",
        "start_zone",
        "end_zone",
        "subject",
        "body",
        "location",
        "location_details",
    ),
    *("attendees", "importance", "sensitivity", "is_all_day", "response_requested", "sequence"),
    *("allow_new_time_proposals", "hide_attendees", "recurrence", "cancelled_days"),
)


def is_sent(item: Item) -> bool:
    """Whether a change of the item is told to attendees: it has some, and this is the organiser's own."""
    return item.is_organiser and bool(item.attendees) and not item.is_received


def invitation(sent: Item, folder: Folder, now: datetime) -> Item:
    """Return an attendee's first copy of a meeting."""
    blank = Item(
        mailbox=folder.mailbox,
        folder=folder.folder_id,
        item_id=new_item_id(),
        immutable_id=new_immutable_id(),
        uid=sent.uid,
        change_key=new_change_key(),
        created=now,
        modified=now,
        organiser=sent.organiser,
        start=sent.start,
        end=sent.end,
        show_as="tentative",
        is_organiser=False,
        is_received=True,
        response="notResponded",
    )
    return updated_copy(blank, sent, now)


def updated_copy(held: Item, sent: Item, now: datetime) -> Item:
    """Return an attendee's copy after an update from the organiser."""
    told = {name: getattr(sent, name) for name in SENT}
    return held.with_fields(
        told
        | {
            "exceptions": _without_properties(sent.exceptions),
            "is_cancelled": False,
            "modified": now,
            "change_key": new_change_key(),
        }
    )


def cancelled_copy(held: Item, sent: Item, now: datetime) -> Item:
    """Return an attendee's copy after the organiser cancelled: it stays, and says so."""
    subject = held.subject if held.is_cancelled else f"{CANCELLED_PREFIX}{held.subject}"
    return replace(
        held,
        subject=subject,
        is_cancelled=True,
        show_as="free",
        sequence=sent.sequence,
        modified=now,
        change_key=new_change_key(),
    )


def _without_properties(exceptions: Exceptions) -> Exceptions:
    return {
        day: {name: value for name, value in differing.items() if name != "properties"}
        for day, differing in exceptions.items()
    }
