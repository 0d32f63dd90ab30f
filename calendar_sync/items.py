"""What a calendar item is to us: who holds it, when it is, whether it is a series, and our own tag. Plain values.

There is no field for a subject, an attendee, a place or a body: what is not read cannot leak (docs/architecture.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from calendar_sync.series import Series

# `<instance>/<meeting>`: what our tag reads as, in every kind of calendar.
_TAG = re.compile(r"([a-z0-9][a-z0-9-]{0,59})/([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Tag:
    """Says which installation and which meeting of it an item belongs to; test and production never mix."""

    instance: str
    meeting: str

    def __str__(self) -> str:
        return f"{self.instance}/{self.meeting}"

    @classmethod
    def read(cls, text: str) -> Tag | None:
        """Return the tag that a text tells, or None when it is not one."""
        told = _TAG.fullmatch(text.strip())
        return cls(told[1], told[2]) if told else None


@dataclass(frozen=True, slots=True)
class ItemRef:
    """Where an item is.

    `mailbox` is the lower-case address of the mailbox that holds it, whoever clicked. `item_id` is the calendar's
    own id: immutable in Graph, new after a move between folders in EWS, the path of the resource in CalDAV.
    """

    mailbox: str
    item_id: str


class Kind(StrEnum):
    """What an item is in a series; `MASTER` stands for the whole of one."""

    SINGLE = "single"
    MASTER = "master"
    OCCURRENCE = "occurrence"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One item as it was read.

    `uid` is the same in every mailbox that has the item and new in a copy of it ([MS-OXOCAL], "Copying a Calendar
    Object"). `version` changes with every write (ETag, change key). `start` and `end` are UTC; of a series, those
    of its first occurrence. `zone` is the IANA name in which people see it, or "UTC" when it is not known.
    `is_organiser`: this mailbox's copy is the one that decides. `is_meeting`: it has or had attendees, who are
    told by the calendar of every change. `created_at` is UTC, None where the calendar does not say. Of an occurrence
    `original_start` (UTC) is what it is known by, and `master_id` the id of its series, where the calendar says so.
    """

    ref: ItemRef
    uid: str
    version: str
    start: datetime
    end: datetime
    zone: str
    kind: Kind = Kind.SINGLE
    all_day: bool = False
    is_cancelled: bool = False
    is_organiser: bool = True
    is_meeting: bool = False
    created_at: datetime | None = None
    tag: Tag | None = None
    series: Series | None = None
    original_start: datetime | None = None
    master_id: str | None = None

    @property
    def length(self) -> timedelta:
        """Return how long it is, or each occurrence of it."""
        return self.end - self.start


def occurrence_in(master: Snapshot, original_start: datetime, tag: Tag | None = None) -> Snapshot | None:
    """Return one time of a series as an item of its own, under the id, UID and version of the series.

    None when it was taken out. An occurrence's own id and UID are not the same in every calendar, and in some change
    with its time; the series' are. `tag` is the occurrence's own, which the series does not bear.
    """
    one = master.series.occurrence(original_start) if master.series else None
    if one is None:
        return None
    part = replace(master, kind=Kind.OCCURRENCE, start=one.start, end=one.end, tag=tag, series=None)
    return replace(part, original_start=original_start, master_id=master.ref.item_id)


class Unread(StrEnum):
    """Why it is not known what a calendar holds; none of these ever means that an item is gone."""

    DENIED = "denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    MAILBOX_ELSEWHERE = "mailbox_elsewhere"
    MAILBOX_MISSING = "mailbox_missing"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class Found:
    """The item is there and was read."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Gone:
    """The mailbox was read, and the item is not among what lives in it (deleted, or in Deleted Items)."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing is known. `retry_after` in seconds, when the calendar said so."""

    reason: Unread
    retry_after: float | None = None


Lookup = Found | Gone | Unreadable


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in an item's body of ours, in both formats, as the service renders it.

    `earlier`: how it read in earlier wordings, as plain text. An item may still bear one of them.
    """

    html: str = field(repr=False)
    text: str = field(repr=False)
    earlier: tuple[str, ...] = field(default=(), repr=False)


def oldest(snapshots: Iterable[Snapshot]) -> Snapshot | None:
    """Return the item that was created first; the original of a copy. Unknown creation counts as latest."""
    return min(
        snapshots,
        key=lambda one: (
            one.created_at is None,
            one.created_at.timestamp() if one.created_at else 0.0,
            one.uid,
        ),
        default=None,
    )
