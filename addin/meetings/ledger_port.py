"""What the meetings need of their ledger, the durable rows, read and written in units; each store keeps these promises.

It knows nothing of SQL, nor of how many processes share a ledger. What concerns calendars stands in
`calendar_ledger_port`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from addin.meetings.bindings import ItemBinding
from addin.meetings.calendar_ledger_port import CalendarReading, CalendarWriting
from addin.meetings.due import Queue
from addin.meetings.links import MeetingLink
from addin.meetings.model import (
    Attention,
    AuditEntry,
    Claim,
    Meeting,
    MeetingState,
    Principal,
    Room,
    Told,
    UnreadableMeeting,
    Wanted,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RoomResult:
    """What one step came to, to be written under the claim's fence.

    `room` holds what is known now; its `wanted` and `wanted_revision` are the wish that was worked on, and when the
    row's wish is newer by now, the row is due again at once. `due_in` seconds: when it is next due otherwise;
    None: nothing is left to do. `release`: whether the lease ends here.
    """

    room: Room
    due_in: float | None
    release: bool


@dataclass(frozen=True, slots=True)
class NewBooking:
    """All that a booking writes, in one commit: the wish, its room, the audit, and the key under which it is repeated.

    `item_id`: the saved item that holds the meeting, which no other meeting may hold then. `purge_at` (UTC): when the
    kept days are over. `fingerprint` tells a repeat from another request under the same key. `binding`: the meeting's
    calendar item is followed; None where none is.
    """

    meeting: Meeting
    item_id: str | None
    purge_at: datetime
    room: Room
    audit: AuditEntry
    key: bytes
    fingerprint: bytes
    binding: ItemBinding | None = None


class Saved(NamedTuple):
    """What became of a step's record: whether the room's wish still stood, and whether the meeting's did, too.

    When the room's wish has changed meanwhile, the lease was given back, and the room is due at once. When the
    meeting's has, its state was not written, since its rooms are behind a newer wish.
    """

    still_wished: bool
    state_noted: bool


class Reading(CalendarReading, Protocol):
    """What may be read inside one unit.

    A row that does not open raises UnknownKey or SealBroken, unless its method says what becomes of it instead.
    """

    def now(self) -> datetime:
        """Return the ledger's own time, UTC."""

    def meeting(self, meeting_id: str) -> Meeting | None:
        """Return the meeting; None when there is none, or none any more."""

    def meeting_by_join_code(self, code: str) -> Meeting | None:
        """Return the meeting whose own join code that is (as `parse_code` returns it)."""

    def meeting_by_start_code(self, code: str) -> Meeting | None:
        """Return the meeting whose start code that is (as `parse_code` returns it)."""

    def link(self, code: str) -> MeetingLink | None:
        """Return what a join code is that is no meeting's own: still to come, or replaced."""

    def coming_link(self, meeting_id: str) -> MeetingLink | None:
        """Return the link that the meeting gets with its next occurrence, if somebody has asked for one."""

    def meeting_by_item(self, tenant: str, mailbox: str, item_id: str) -> Meeting | None:
        """Return the meeting, not cancelled, that was booked from that saved calendar item."""

    def meetings_of(
        self,
        who: Principal,
        *,
        start: datetime | None,
        end: datetime | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Meeting | UnreadableMeeting]:
        """Return meetings of mine (actor, my mailbox, on my behalf) and those where I am host, by start and id.

        `start` <= meeting start < `end` (UTC). `after` is the start (UTC) and the id of the last one already seen. One
        that cannot be read stands in its place as such, and hides none of the others.
        """

    def rooms(self, meeting_id: str) -> Sequence[Room]:
        """Return all rooms of the meeting, newest generation last."""

    def remembered(self, key: bytes) -> tuple[bytes, str] | None:
        """Return (request fingerprint, meeting id) of an idempotency key, both as stored."""

    def look_in(self) -> None:
        """Read a row of each table without which nobody can book or join; raises what reading there raises."""

    def frozen(self) -> bool:
        """Whether the ledger was restored from a backup and not rebuilt."""

    def due_for_retention(self, now: datetime, limit: int) -> Sequence[Meeting]:
        """Return meetings whose kept days are over, but for those whose rooms are being removed already.

        Of those, and of all that is claimed, what cannot be read is left out, and stands in nobody's way.
        """

    def audit_entries(
        self, meeting_id: str | None, since: datetime | None, *, after: int = 0, limit: int | None = None
    ) -> Mapping[int, AuditEntry]:
        """Return entries by their number, which rises, oldest first: those `after` one, at most `limit` of them."""

    def due(self, queues: tuple[Queue, ...]) -> frozenset[Queue]:
        """Return those of the queues from which a claim would take something now."""


class Writing(Reading, CalendarWriting, Protocol):
    """What may be done inside one unit; all of it is committed, or nothing."""

    def meeting(self, meeting_id: str) -> Meeting | None:
        """Return the meeting, locked against other writers until the unit ends: what is read here is changed next."""

    def add_meeting(self, meeting: Meeting, item_id: str | None, purge_at: datetime) -> None:
        """Insert a meeting; `item_id` and `purge_at` as in `NewBooking`."""

    def add_room(self, room: Room, meeting: Meeting, lease_seconds: float) -> Claim:
        """Insert a room of a meeting that is there, due now and claimed by the caller at once."""

    def add_due_room(self, room: Room) -> None:
        """Insert a room that nobody waits for, due now."""

    def remember(self, key: bytes, fingerprint: bytes, meeting_id: str, at: datetime) -> bool:
        """Store an idempotency key; False, and nothing is stored, when it is there already."""

    def add_booking(self, booking: NewBooking, lease_seconds: float) -> Claim | None:
        """Write all of a booking; None, and nothing is written, when its key is there already."""

    def change_meeting(self, meeting: Meeting, seen_revision: int, purge_at: datetime | None = None) -> None:
        """Write the wish; raises MeetingChanged unless the stored revision is `seen_revision`.

        `purge_at` (UTC): when the kept days are over; None leaves it as it is.
        """

    def add_coming_link(self, link: MeetingLink) -> None:
        """Insert a coming link; a meeting has at most one."""

    def keep_own_link(self, meeting_id: str, keeps: datetime) -> None:
        """Have that occurrence (its original start, UTC) keep the meeting's own link; the coming one waits for it."""

    def withdraw_coming_link(self, meeting_id: str) -> None:
        """Have a coming link never come: from now on it is as good as replaced, since somebody may hold it."""

    def exchange_link(self, meeting: Meeting, code: str, asked_at: datetime) -> None:
        """Make `code` the meeting's join code, and what was so until now a replaced link; a coming one is used up.

        `meeting` is as it is stored, with its old code.
        """

    def want_rooms(self, meeting_id: str, wanted: Wanted, revision: int) -> None:
        """Set the wish of the meeting's newest room (PRESENT) or of all its rooms (ABSENT) and make them due."""

    def set_state(self, seen: Meeting, state: MeetingState, attention: Attention | None) -> bool:
        """Note how far the rooms have come after the wish in `seen`.

        False when the wish has changed meanwhile; then nothing was written, since the rooms are behind a newer wish.
        """

    def host_started(self, meeting_id: str, at: datetime) -> None:
        """Note when a host last pressed *Starta möte* (UTC)."""

    def tell(self, meeting_id: str, audience: str, told: Told) -> None:
        """Note what an audience was told, in the place of what it was told before."""

    def claim(self, room_id: str, lease_seconds: float) -> Claim | None:
        """Claim one room whoever made it due; None while somebody else holds it."""

    def claim_due(self, provider: str, lease_seconds: float, limit: int) -> Sequence[Claim]:
        """Claim due rooms of one provider, longest due first; rows held by others are skipped."""

    def save_room(self, claim: Claim, result: RoomResult) -> bool:
        """Write what a step came to; raises LeaseLost when the fence has moved.

        False when the wish has changed meanwhile: then the lease is given back, and the room is due at once.
        """

    def save_step(self, claim: Claim, result: RoomResult, after: Meeting) -> Saved:
        """Write what a step came to for the room, and for its meeting: state and attention as in `after`.

        Raises LeaseLost as `save_room` does.
        """

    def room_found(self, room_id: str, reference: str) -> bool:
        """Note a reference learned while rebuilding and make the room due; False when no such room is known."""

    def rooms_missed(self, provider: str, found: Collection[str]) -> int:
        """Have the provider's wanted rooms that are not among `found` (ids) looked for; returns how many."""

    def purge(self, meeting_id: str) -> None:
        """Remove a cancelled meeting and all that hangs on it; the count is kept."""

    def unfreeze(self) -> None:
        """Note that a restored ledger has been rebuilt."""

    def forget_idempotency(self, before: datetime) -> int:
        """Remove keys older than `before`; returns how many."""

    def audit(self, entry: AuditEntry) -> None:
        """Append an entry; none is ever changed."""


class Ledger(Protocol):
    """The durable rows: what should be, and what is known to be."""

    def read(self, unit: Callable[[Reading], T]) -> T:
        """Run `unit` on a consistent view; raises LedgerUnavailable."""

    def write(self, unit: Callable[[Writing], T]) -> T:
        """Run `unit` and commit; its exception undoes it and is raised here. Raises LedgerUnavailable when the
        commit failed: then nothing of it is there. The unit may be run again by the store, so it has no effects
        of its own, and never calls the network.
        """

    def add_booking(self, booking: NewBooking, lease_seconds: float) -> Claim | None:
        """Do what `Writing.add_booking` does as a unit of its own, which costs a store less."""

    def save_step(self, claim: Claim, result: RoomResult, after: Meeting) -> Saved:
        """Do what `Writing.save_step` does as a unit of its own, which costs a store less."""
