"""What the meetings need of their ledger to follow calendars: bindings, copies, occurrences, mails, hints and watches.

Part of the ledger (`ledger_port`), whose units these methods are called in; each store keeps these promises.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from addin.meetings.bindings import BindingClaim, Copy, ItemBinding, OccurrenceRow, SeriesAnswer
from addin.meetings.changed_times import FormerSeries
from addin.meetings.model import CalendarNote, Meeting
from addin.meetings.notices import Notice, NoticeClaim, NoticeKind
from addin.meetings.ports import HintKind
from addin.meetings.watches import MailboxWatch, PulledMailboxes, WatchClaim
from calendar_sync.items import ItemRef, Unread


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


class CalendarReading(Protocol):
    """What may be read of calendars inside one unit."""

    def binding(self, meeting_id: str) -> ItemBinding | None:
        """Return what is known of the meeting's calendar item; None when it is not followed."""

    def copies(self, meeting_id: str) -> Sequence[Copy]:
        """Return what is known of the copies of the meeting's item."""

    def copied_from(self, meeting_id: str) -> Meeting | None:
        """Return the meeting whose item was copied to give this one its own."""

    def meetings_in_item(self, item: ItemRef) -> Sequence[Meeting]:
        """Return the meetings, not cancelled, that follow one calendar item: mostly one."""

    def occurrences(self, meeting_id: str) -> Sequence[OccurrenceRow]:
        """Return the near occurrences of a meeting that is a series, by time."""

    def former_series(self, meeting_id: str) -> FormerSeries:
        """Return how a series and its occurrences were before changes."""

    def notices(self, meeting_id: str) -> Sequence[Notice]:
        """Return the mails about the meeting, sent or owed."""

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

    def is_shared(self, mailbox: str) -> bool:
        """Whether somebody whose mailbox is watched may write in its calendar (`CalendarWriting.note_shared`)."""

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

    def unread_items(self, backend: str) -> int:
        """Return how many items of one calendar are asked for and cannot be read, while their mailboxes can."""

    def rights(self) -> Mapping[str, RightsLimit]:
        """Return of each calendar that is followed what was found last of the limit of our rights to it."""

    def calendar_counts(self) -> Mapping[str, int]:
        """Return how things stand with calendars, by name (see `docs/operations.md`, "Metrics")."""


class CalendarWriting(CalendarReading, Protocol):
    """What may be done about calendars inside one unit.

    Whoever makes a row due raises its `asked`, so that a look which is under way, and may have seen too little, is
    followed by another.
    """

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

    def ask_candidates(self, watches: Collection[str], hinted_at: datetime, wait: float) -> None:
        """Make due, in `wait` seconds or sooner, what an id that is not known may be of in these watches' mailboxes.

        A series, or one time of it, and what has not been seen in its mailbox yet.
        """

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

    def note_shared(self, watch_id: str, mailboxes: Collection[str]) -> None:
        """Note in whose calendars the owner of a watched mailbox may write, in the place of what was noted before.

        Forgotten with the watch.
        """

    def block_is_old(self, meeting_id: str, since: datetime | None) -> None:
        """Note from when on (UTC) the service may write the new link into the item; None: somebody has written it.

        Does nothing where the item is not followed. Whoever looks at the item now begins anew.
        """

    def item_is_overwritten(self, meeting_id: str, since: datetime) -> None:
        """Note the same where another meeting was booked in the item: it may bear nothing of this one any more."""

    def note_calendar(self, meeting_id: str, notes: Collection[CalendarNote]) -> None:
        """Note all that people should be told of the calendar's side, in the place of what was noted before."""

    def note_bound(self, meeting_id: str, mailbox: str) -> None:
        """Note that an item in that mailbox holds the meeting: it is not unbound, and its owner is that mailbox's.

        Where that is another one than before, its owner has been mailed nothing yet.
        """

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

    def note_former_series(self, meeting_id: str, former: FormerSeries) -> None:
        """Note how a series was before the change that gave the meeting its revision; once for each revision."""

    def owe_notice(self, meeting_id: str, kind: NoticeKind, due_in: float) -> None:
        """Owe the meeting's people one more mail; one that has not been sent yet gives its place to this one."""

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
