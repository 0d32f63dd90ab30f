"""What the meetings need of their ledger, the durable rows, read and written in units; each store keeps these promises.

It knows nothing of SQL, nor of how many processes share a ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

from addin.meetings.bindings import BindingClaim, Copy, ItemBinding, OccurrenceRow, SeriesAnswer
from addin.meetings.changed_times import FormerTime
from addin.meetings.due import Queue
from addin.meetings.links import MeetingLink
from addin.meetings.model import (
    Attention,
    AuditEntry,
    CalendarNote,
    Claim,
    Meeting,
    MeetingState,
    Principal,
    Room,
    Told,
    UnreadableMeeting,
    Wanted,
)
from addin.meetings.notices import Notice, NoticeClaim, NoticeKind
from addin.meetings.ports import HintKind
from addin.meetings.watches import MailboxWatch, PulledMailboxes, WatchClaim
from calendar_sync.items import ItemRef, Unread

T = TypeVar("T")


class RightsLimit(StrEnum):
    """Whether the service's rights to a calendar system end where they should (see `rights`)."""

    HELD = "held"
    """A mailbox outside the group was denied."""
    TOO_WIDE = "too_wide"
    """It was opened."""
    UNPROVEN = "unproven"
    """Nobody knows."""


@dataclass(frozen=True, slots=True)
class StoredHint:
    """A proven hint until its item has been made due; `key` is a keyed hash, the same for each repeat."""

    key: bytes
    watch_id: str
    kind: HintKind
    item: bytes | None
    received_at: datetime


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


class Reading(Protocol):
    """What may be read inside one unit."""

    def now(self) -> datetime:
        """Return the ledger's own time, UTC."""

    def meeting(self, meeting_id: str) -> Meeting | None: ...

    def meeting_by_join_code(self, code: str) -> Meeting | None: ...

    def meeting_by_start_code(self, code: str) -> Meeting | None: ...

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

    def binding(self, meeting_id: str) -> ItemBinding | None:
        """Return what is known of the meeting's calendar item; None when it is not followed."""

    def copies(self, meeting_id: str) -> Sequence[Copy]: ...

    def copied_from(self, meeting_id: str) -> Meeting | None:
        """Return the meeting whose item was copied to give this one its own."""

    def meetings_in_item(self, item: ItemRef) -> Sequence[Meeting]:
        """Return the meetings, not cancelled, that follow one calendar item: mostly one."""

    def occurrences(self, meeting_id: str) -> Sequence[OccurrenceRow]:
        """Return the near occurrences of a meeting that is a series, by time."""

    def former_times(self, meeting_id: str) -> Sequence[FormerTime]:
        """Return how occurrences of a series were before changes."""

    def notices(self, meeting_id: str) -> Sequence[Notice]: ...

    def watches_of(self, subscriptions: Collection[str]) -> Mapping[str, MailboxWatch]:
        """Return the followed mailboxes of calendars' subscriptions, by subscription; at most 10,000 are asked for."""

    def watch_by_mailbox(self, mailbox: str) -> MailboxWatch | None:
        """Return how a mailbox is looked after; None when it is not, or nobody can read how."""

    def following(self, meetings: Collection[str]) -> Mapping[str, tuple[Meeting, ItemBinding]]:
        """Return those of the meetings that are followed, by id."""

    def follows_until(self, mailbox: str) -> datetime | None:
        """Return when the last meeting that is followed in the mailbox ends (UTC), if any is live."""

    def knows_mailbox(self, mailbox: str) -> bool:
        """Whether a meeting that is not purged is or was held there, booked for its owner, or booked by her."""

    def unwatched_mailboxes(self, after: str, limit: int) -> tuple[Sequence[str], str | None]:
        """Return mailboxes that followed meetings tell of and nobody watches, and where to go on; None: that was all.

        Looks at some meetings whose id is greater than `after`.
        """

    def unwatched_among(self, mailboxes: Collection[str]) -> Sequence[str]:
        """Return those of the mailboxes that nobody watches, in order."""

    def pulled_mailboxes(self, backend: str) -> PulledMailboxes:
        """Return how many mailboxes of one calendar are asked what has changed in them."""

    def unread_mailboxes(self, backend: str | None) -> int:
        """Return in how many mailboxes of one calendar (None: of none yet) meetings are followed and cannot be read."""

    def rights(self) -> Mapping[str, RightsLimit]:
        """Return of each calendar that is followed what was found last of the limit of our rights to it."""

    def due(self, queues: tuple[Queue, ...]) -> frozenset[Queue]:
        """Return those of the queues from which a claim would take something now."""

    def calendar_counts(self) -> Mapping[str, int]:
        """Return how things stand with calendars, by name (see `docs/operations.md`, "Metrics")."""


class Writing(Reading, Protocol):
    """What may be done inside one unit; all of it is committed, or nothing."""

    def add_meeting(self, meeting: Meeting, item_id: str | None, purge_at: datetime) -> None: ...

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

    def block_is_old(self, meeting_id: str, since: datetime | None) -> None:
        """Note from when on (UTC) the service may write the new link into the item; None: somebody has written it.

        Does nothing where the item is not followed. Whoever looks at the item now begins anew.
        """

    def want_rooms(self, meeting_id: str, wanted: Wanted, revision: int) -> None:
        """Set the wish of the meeting's newest room (PRESENT) or of all its rooms (ABSENT) and make them due."""

    def set_state(self, seen: Meeting, state: MeetingState, attention: Attention | None) -> bool:
        """Note how far the rooms have come after the wish in `seen`.

        False when the wish has changed meanwhile; then nothing was written, since the rooms are behind a newer wish.
        """

    def host_started(self, meeting_id: str, at: datetime) -> None: ...

    def tell(self, meeting_id: str, audience: str, told: Told) -> None: ...

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

    def unfreeze(self) -> None: ...

    # Following calendars. Whoever makes a row due raises its `asked`, so that a look which is under way, and may have
    # seen too little, is followed by another.

    def add_binding(self, binding: ItemBinding) -> None:
        """Have a meeting followed, due at once; served by its mailbox's calendar where that is known already."""

    def claim_bindings(self, backend: str, lease_seconds: float, limit: int) -> Sequence[BindingClaim]:
        """Claim due bindings of one calendar, longest due first; rows held by others are skipped."""

    def claim_binding(self, meeting_id: str, lease_seconds: float) -> BindingClaim | None:
        """Claim the binding of a meeting that is followed, due or not; None while somebody else holds it."""

    def release_binding(self, claim: BindingClaim) -> None:
        """Give a binding back as it was claimed, with all that was asked, due at once; a lost lease is no error."""

    def count_unreadable(self, kind: str, times: int) -> None:
        """Count rows of that table that could not be read."""

    def count_click_look(self, outcome: str) -> None:
        """Count a look with the rights of a person who has clicked, by what it came to (`click.Outcome`)."""

    def save_binding(self, claim: BindingClaim, binding: ItemBinding, due_in: float | None) -> None:
        """Write what a look came to and give the lease back; raises LeaseLost when the fence has moved.

        `due_in` seconds: when to look again; None: never, unless somebody asks.
        """

    def ask_bindings(
        self, meetings: Collection[str], *, also: str | None = None, hinted_at: datetime | None = None
    ) -> None:
        """Make the meetings' bindings due, to search as well; `also` is one more mailbox where their tag was seen."""

    def offer_item(self, meeting_id: str, item_id: str) -> None:
        """Note an item id that Outlook gave and make the binding due."""

    def answer_series(self, meeting_id: str, answer: SeriesAnswer) -> bool:
        """Note what is done with a series, and make the binding due; False when it is none."""

    def end_for_good(self, meeting_id: str) -> bool:
        """Have no item bring back a meeting that had ended with it; False when it had not. A look under way is void."""

    def ask_items(self, items: Collection[bytes], hinted_at: datetime) -> set[bytes]:
        """Make due what is bound to the items, by hash; returns which of them are bound to a meeting.

        Due, too, are meetings that somebody is asked about copies of, where one of the items is such a copy.
        """

    def ask_series(self, watches: Collection[str], hinted_at: datetime, wait: float) -> None:
        """Make due, in `wait` seconds or sooner, what is a series or a time of one in these watches' mailboxes."""

    def ask_mailbox(self, watch_id: str, *, searching: bool = True) -> None:
        """Make due everything that is followed in a watch's mailbox; `searching`: with a look for copies of each."""

    def reroute(self, mailbox: str, backend: str) -> None:
        """Have everything in the mailbox served by that calendar; ids that another one gave are void."""

    def route_bindings(self, limit: int) -> int:
        """Give new bindings their mailbox's calendar, and mailboxes that are not followed yet a watch; how many."""

    def follow_all(self, limit: int) -> int:
        """Have live meetings followed that are not yet, and their mailboxes watched; returns how many were not."""

    def watch_mailbox(self, mailbox: str, due_in: float) -> bool:
        """Have a mailbox watched that is not yet, from so many seconds on; False when it is watched already.

        One that is to be watched later, since many were to be at once, then begins as soon as that. One whose row
        cannot be read is watched anew.
        """

    def note_calendar(self, meeting_id: str, notes: Collection[CalendarNote]) -> None: ...

    def note_bound(self, meeting_id: str, mailbox: str) -> None:
        """Note that an item in that mailbox holds the meeting: it is not unbound, and its owner is that mailbox's."""

    def release_item(self, meeting_id: str) -> None:
        """Note that the saved item from which the meeting was booked does not hold it any more."""

    def revive(self, meeting: Meeting, seen_revision: int, purge_at: datetime) -> bool:
        """Write the wish of a meeting that lives again; False when its item holds another meeting by now.

        Raises MeetingChanged unless the stored revision is `seen_revision`.
        """

    def put_copy(self, copy: Copy) -> None:
        """Write what became of a copy, in the place of what was written before."""

    def put_occurrences(self, meeting_id: str, rows: Sequence[OccurrenceRow]) -> None:
        """Write the near occurrences in the place of those that were written before."""

    def note_former_times(self, meeting_id: str, revision: int, known: Sequence[OccurrenceRow]) -> None:
        """Note how occurrences were before the change that gave the meeting that revision; once for each revision."""

    def owe_notice(self, meeting_id: str, revision: int, kind: NoticeKind, due_in: float) -> None:
        """Owe the meeting's people a mail; one that has not been sent yet gives its place to this one."""

    def drop_notice(self, meeting_id: str, about: str) -> bool:
        """Owe no mail about it any more; False when there was none that had not been sent."""

    def claim_notices(self, lease_seconds: float, limit: int) -> Sequence[NoticeClaim]:
        """Claim mails that are due, longest due first; rows held by others are skipped."""

    def note_asked(self, claim: NoticeClaim, revision: int | None, said: str | None) -> None:
        """Note of which revision a mail asks people to tell others, None for no longer any, and what it has said.

        Raises LeaseLost.
        """

    def save_notice(self, claim: NoticeClaim, notice: Notice, due_in: float | None) -> None:
        """Write what became of a mail and give the lease back; raises LeaseLost when the fence has moved.

        `due_in` seconds: when to send again; None: never.
        """

    def count_found(self, found_by: str) -> None:
        """Count a change in a calendar by what found it: `push`, `sweep`, `click` or `first_look`."""

    def add_hints(self, hints: Sequence[StoredHint]) -> None:
        """Store hints; one that is there already is left as it is."""

    def take_hints(self, limit: int) -> Sequence[StoredHint]:
        """Take hints away, oldest first; those that others are taking are skipped."""

    def claim_watches(self, backend: str | None, lease_seconds: float, limit: int) -> Sequence[WatchClaim]:
        """Claim due watches of one calendar (None: of mailboxes still to be probed), longest due first."""

    def save_watch(self, claim: WatchClaim, watch: MailboxWatch, due_in: float) -> None:
        """Write how a watch stands and give the lease back; raises LeaseLost when the fence has moved."""

    def remove_watch(self, claim: WatchClaim) -> None:
        """Forget a mailbox; raises LeaseLost when the fence has moved or somebody has asked meanwhile."""

    def renew_watch(self, watch_id: str) -> None:
        """Have a watch's subscription proven and prolonged at once."""

    def scan_watch(self, watch_id: str, hinted_at: datetime | None, wait: float) -> None:
        """Have a watch's mailbox searched for tags in `wait` seconds, or sooner when that was asked before."""

    def retry_unread(self, backend: str | None, limit: int) -> None:
        """Have some of that calendar's mailboxes tried at once that could not be read, longest waiting first."""

    def probe_again(self, mailbox: str) -> None:
        """Have it found out which calendar serves the mailbox now."""

    def freeze_mailbox(self, mailbox: str, reason: Unread, at: datetime, *, lost: bool) -> None:
        """Note that no calendar can be read for what is followed in the mailbox and has none yet.

        `lost`: every calendar says that it does not serve the mailbox, so what had one has none any more.
        """

    def leave_backends(self, known: Collection[str], limit: int) -> int:
        """Take from what is followed the calendars that are not among `known`; returns how many meetings had one.

        Their mailboxes are probed at once, and what is in them is looked for by UID and tag.
        """

    def note_rights(self, calendar: str, limit: RightsLimit) -> None:
        """Note what was found of the limit of our rights to a calendar, in the place of what was found before."""

    def forget_rights(self, followed: Collection[str]) -> None:
        """Forget what was found of calendars that are not among those that are followed."""

    def forget_idempotency(self, before: datetime) -> int:
        """Remove keys older than `before`; returns how many."""

    def audit(self, entry: AuditEntry) -> None: ...


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
