"""What the contract suite needs of each kind of calendar: the adapter, and what people do in their own programs.

People's side speaks the calendar's own protocol and shares nothing with the adapter. To add a kind: write a stand, and
name it in `conftest.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from calendar_sync.calendar import Calendar
from calendar_sync.items import Tag

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
INSTANCE: Final = "region-test"
SERVICE: Final = "https://mote.region.example"
# Names that must never come out of an adapter: a stand writes them into every item.
CANARIES: Final = ("Kanarie-rubrik", "kanarie.gast@region.example", "Kanarie-plats", "Kanarie-text")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody books. `start` is wall time in `zone`; `rule` an RRULE value; `body` HTML."""

    start: datetime
    length: timedelta = timedelta(minutes=30)
    zone: str = "Europe/Stockholm"
    all_day: bool = False
    rule: str | None = None
    has_attendees: bool = False
    body: str = ""
    tag: Tag | None = None


class Stand(Protocol):
    """One kind of calendar with one mailbox in it. Items are named by the ids that the adapter knows."""

    mailbox: str
    has_bin: bool  # deleted items can be taken back

    @property
    def calendar(self) -> Calendar:
        """The adapter at test."""

    def books(self, wish: Wish) -> str:
        """Put an item into the mailbox's calendar, with CANARIES in every field that says something."""

    def moves_to(self, item_id: str, start: datetime) -> None:
        """Give an item another start (wall time in Stockholm); its length stays."""

    def resizes_to(self, item_id: str, length: timedelta) -> None:
        """Give an item another end."""

    def repeats(self, item_id: str, rule: str) -> None:
        """Make a single item a series by that RRULE value."""

    def deletes(self, item_id: str) -> None: ...

    def restores(self, item_id: str) -> str:
        """Take a deleted item back; returns its id now."""

    def copies(self, item_id: str, start: datetime) -> str:
        """Copy an item to another start, as Ctrl and the mouse do; returns the copy's id."""

    def files_elsewhere(self, item_id: str) -> str:
        """Move an item to another calendar of the mailbox; returns its id now."""

    def moves_occurrence(self, item_id: str, day: date, start: datetime) -> None: ...

    def deletes_occurrence(self, item_id: str, day: date) -> None: ...

    def body(self, item_id: str) -> str:
        """Return what stands in the item's body."""

    def told_attendees(self) -> int:
        """Return how many letters attendees have been sent so far."""

    def takes_away_the_mailbox(self) -> None:
        """Remove the mailbox, as when its owner has left."""
