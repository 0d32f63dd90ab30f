"""What is known of the calendar item that holds a meeting: where it is, what was seen last, when to look again.

Plain values; what may be concluded from them stands in `calendar_sync.decide`, and what is then done in `follow`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from addin.meetings.deadline import Deadline
from addin.meetings.frozen import Frozen
from addin.meetings.model import Meeting
from calendar_sync.decide import Unusable
from calendar_sync.items import ItemRef, Unread
from calendar_sync.series import Series

# A tag that turns up in ever more mailboxes is followed into so many of them.
MOST_MAILBOXES = 8


class SeriesAnswer(StrEnum):
    """What is done with an item that became a series (`series_rule` of the meeting type)."""

    ASKED = "asked"
    ONE_LINK = "one_link"
    FIRST_ONLY = "first_only"


@dataclass(frozen=True, slots=True)
class ItemBinding:
    """A meeting's calendar item, as far as it is known. All times UTC.

    `mailbox` is where the item is to be; `backend` is the calendar that serves it, None until it was probed. `uid` is
    None until the item was seen; `item_id` is None before that and after the mailbox went to another calendar.
    `offered` is an id that Outlook gave, not seen by us yet. `also` are other mailboxes in which the meeting's tag was
    seen. `ended_by_calendar`: the meeting ended because its item was gone. `unusable`: why the item's time is one that
    no meeting can have, which keeps its own. `block_due`: our block is still to be written into the item.
    `block_old_from`: the item bears a link that was replaced, and from then on the service may write the new one unless
    somebody else has. `tag_written`: it bears our own tag. `occurrence`: the item is a series, and the meeting that
    time of it alone, known by its original start (UTC). `block_tells_time`: it may bear a block from before the text
    left the time to the item, which a new time makes untrue. `look_tagged`: look for copies, too. `looked_at`: when the
    mailbox last answered.
    """

    meeting_id: str
    mailbox: str
    created_at: datetime
    backend: str | None = None
    item_id: str | None = None
    uid: str | None = None
    version: str | None = None
    offered: str | None = None
    also: tuple[str, ...] = ()
    series: Series | None = field(default=None, repr=False)
    series_answer: SeriesAnswer | None = None
    ended_by_calendar: bool = False
    gone_since: datetime | None = None
    frozen: Frozen | None = None
    unusable: Unusable | None = None
    block_due: bool = False
    block_tells_time: bool = False
    block_old_from: datetime | None = None
    tag_written: bool = False
    occurrence: datetime | None = None
    look_tagged: bool = True
    looked_at: datetime | None = None
    attempts: int = 0

    @property
    def unread(self) -> Unread | None:
        """Why its calendar cannot be read; None when it can."""
        return self.frozen.reason if self.frozen else None

    @property
    def has_missed_time(self) -> bool:
        """Whether the meeting ended because its series has no time for it, which is there and nobody misses."""
        return self.ended_by_calendar and self.uid is not None and self.gone_since is None


@dataclass(frozen=True, slots=True)
class BindingClaim:
    """The right to follow one meeting's item until `until`, fenced by `number`.

    `asked` counts how often somebody made it due; when it has risen meanwhile, the row is due again at once.
    `hinted_at` (UTC) is when a notification first asked for this look, None when its time had come.
    """

    binding: ItemBinding
    meeting: Meeting
    number: int
    asked: int
    hinted_at: datetime | None
    until: Deadline


class CopyOutcome(StrEnum):
    """What was done about a copy of a meeting's item, or (`*_WANTED`) what its owner has answered.

    `REPLACED`: it held the meeting until it was cut, and is a copy when it comes back; with a `ref` it is back, and has
    lost our block.
    """

    STRIPPED = "stripped"
    OWN_ROOM = "own_room"
    ASKED = "asked"
    UNWRITABLE = "unwritable"
    LEFT = "left"
    STRIP_WANTED = "strip_wanted"
    OWN_ROOM_WANTED = "own_room_wanted"
    REPLACED = "replaced"


class CopyAnswer(StrEnum):
    """What the copies of an item shall get that were asked about: a room of their own, no link, or stay as they are."""

    OWN_ROOM = "own_room"
    STRIP = "strip"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a meeting's item, known by a keyed hash of its UID.

    `copy_meeting_id` is its own meeting, if any; `ref` is where it was when our block was taken out of it. `item_hash`
    is which item it is while somebody is asked about it (`hints.item_hash`).
    """

    meeting_id: str
    uid_hash: bytes
    outcome: CopyOutcome
    at: datetime
    copy_meeting_id: str | None = None
    ref: ItemRef | None = None
    item_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """One time of a meeting's series in the near past and future; `original_start` is its identity. All UTC."""

    original_start: datetime
    start: datetime
    end: datetime
    cancelled: bool
