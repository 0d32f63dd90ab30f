"""Gives a meeting another join link (*Byt länk*): at once, or from its next occurrence on, and back until then.

The new link is drawn at the press, so that those who come next can be given it at once; it lets nobody in before its
turn. What is exchanged is link and room together: whoever was led to the old room never meets those who come by the new
link (docs/adr/0025). The look at the calendar item that rolls a series on makes the change (`record_link`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from addin.meetings.access import made_meeting, own_meeting
from addin.meetings.bindings import ItemBinding
from addin.meetings.book import INLINE_SECONDS, PANE_WRITES_WITHIN
from addin.meetings.codes import new_code
from addin.meetings.deadline import Deadline
from addin.meetings.errors import MeetingChanged, MeetingHasBegun, MeetingIsCancelled, NoNextOccurrence
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.links import (
    LinkChange,
    LinkState,
    MeetingLink,
    audiences_that_know,
    awaited,
    first_without,
    followed_series,
    open_or_next,
    with_change_undone,
)
from addin.meetings.model import (
    AuditEntry,
    CalendarNote,
    Claim,
    Meeting,
    MeetingState,
    Principal,
    Room,
    Wanted,
)
from addin.meetings.notices import NoticeKind
from addin.meetings.owe_notices import owe_change
from addin.meetings.ports import Clock
from addin.meetings.reconcile import LEASE_SECONDS, Reconciler
from addin.meetings.rooms import RoomPlans
from addin.meetings.start import call_may_run
from calendar_sync.series import Occurrence


@dataclass(frozen=True, slots=True)
class ChangeLink:
    """The use cases behind *Byt länk*. `quiet_seconds`: how long a mail waits for what she does next."""

    ledger: Ledger
    reconciler: Reconciler
    plans: RoomPlans
    clock: Clock
    quiet_seconds: float = 120.0

    def __call__(self, meeting_id: str, begins: LinkChange, who: Principal, seen_revision: int) -> Meeting:
        """Give the meeting a new link from `begins` on; one that is to come already is not drawn anew.

        Raises MeetingNotFound, MeetingChanged, MeetingIsCancelled, MeetingNotReady, LedgerUnavailable;
        MeetingHasBegun for `NOW`, NoNextOccurrence for `NEXT`.
        """
        code = new_code()

        def unit(writing: Writing) -> tuple[Meeting, Claim | None]:
            before = self._seen(writing, meeting_id, who, seen_revision)
            if begins is LinkChange.NOW:
                return self._exchange(writing, before, code, who)
            return self._await(writing, before, code, who), None

        meeting, claim = self.ledger.write(unit)
        if claim is None:
            return meeting
        made = self.reconciler.advance_for_click(claim, Deadline.after(INLINE_SECONDS), until_made=True)
        return replace(made, calendar_notes=meeting.calendar_notes)

    def undo(self, meeting_id: str, who: Principal, seen_revision: int) -> Meeting:
        """Keep the meeting's own link after all; when none is to come any more, nothing is changed.

        Raises MeetingNotFound, MeetingChanged, MeetingIsCancelled, MeetingNotReady, LedgerUnavailable.
        """

        def unit(writing: Writing) -> Meeting:
            before = self._seen(writing, meeting_id, who, seen_revision)
            link = writing.coming_link(before.id)
            if link is None:
                return before
            after = replace(with_change_undone(before, link), revision=before.revision + 1)
            writing.change_meeting(after, before.revision)
            writing.withdraw_coming_link(before.id)
            self._audit(writing, before, who, "link_change_undone")
            # Whoever had been told the coming one must hear that the link is the same as before.
            self._tell(writing, after, NoticeKind.SERIES_CHANGED)
            return _noted(writing, after, after.calendar_notes - {CalendarNote.LINK_COMING})

        return self.ledger.write(unit)

    def block_written(self, meeting_id: str, who: Principal, seen_revision: int) -> Meeting:
        """Note that the item bears the block as it is in this revision. Raises MeetingNotFound, MeetingChanged."""

        def unit(writing: Writing) -> Meeting:
            meeting = own_meeting(writing, meeting_id, who)
            if meeting.revision != seen_revision:
                raise MeetingChanged
            writing.block_is_old(meeting.id, None)
            return _noted(writing, meeting, meeting.calendar_notes - {CalendarNote.BLOCK_OLD})

        return self.ledger.write(unit)

    # --- the two ways ---------------------------------------------------------------------------------------

    def _seen(self, writing: Writing, meeting_id: str, who: Principal, seen_revision: int) -> Meeting:
        meeting = made_meeting(writing, meeting_id, who)
        if meeting.is_cancelled:
            raise MeetingIsCancelled
        if meeting.revision != seen_revision:
            raise MeetingChanged
        return meeting

    def _exchange(
        self, writing: Writing, before: Meeting, code: str, who: Principal
    ) -> tuple[Meeting, Claim | None]:
        now = self.clock.now()
        if has_begun(before, now):
            raise MeetingHasBegun
        link = writing.coming_link(before.id)
        # Those who were told the coming link keep it; the others' facts were old from the press on.
        known = before if link else before.with_told_outdated()
        after, room = exchanged(writing, self.plans, known, link.code if link and link.code else code, now)
        claim = writing.add_room(room, after, LEASE_SECONDS)
        writing.block_is_old(after.id, now + PANE_WRITES_WITHIN)
        self._audit(writing, after, who, "link_changed", LinkChange.NOW)
        self._tell(writing, after)
        return _noted(writing, after, after.calendar_notes - {CalendarNote.LINK_COMING}), claim

    def _await(self, writing: Writing, before: Meeting, code: str, who: Principal) -> Meeting:
        if writing.coming_link(before.id):
            return before
        now = self.clock.now()
        after = replace(before.with_told_outdated(), revision=before.revision + 1)
        writing.change_meeting(after, before.revision)
        writing.add_coming_link(
            MeetingLink(
                meeting_id=before.id,
                state=LinkState.COMING,
                unit=before.unit,
                asked_at=now,
                revision=after.revision,
                code=code,
                keeps=self._keeps(writing, before, now),
                made_outdated=audiences_that_know(before),
            )
        )
        self._audit(writing, after, who, "link_change_asked")
        self._tell(writing, after)
        return _noted(writing, after, after.calendar_notes | {CalendarNote.LINK_COMING})

    def _keeps(self, writing: Writing, meeting: Meeting, now: datetime) -> datetime:
        """Return which occurrence keeps the meeting's own link; raises NoNextOccurrence when there is none after it."""
        series = followed_series(writing.binding(meeting.id))
        open_after = self.plans.types.of(meeting.type).open_after
        occurrence = open_or_next(series, now, open_after) if series else None
        if (
            series is None
            or occurrence is None
            or not first_without(series, occurrence.original_start, now, open_after)
        ):
            raise NoNextOccurrence
        return occurrence.original_start

    # --- words ----------------------------------------------------------------------------------------------

    def _audit(
        self, writing: Writing, meeting: Meeting, who: Principal, action: str, reason: str | None = None
    ) -> None:
        now = self.clock.now()
        writing.audit(AuditEntry(now, who.tenant, who.object_id, action, meeting.id, reason))

    def _tell(self, writing: Writing, meeting: Meeting, kind: NoticeKind = NoticeKind.LINK_CHANGED) -> None:
        """Owe the mail: whoever pressed may be another than whose patient it is, and may forget."""
        owe_change(writing, meeting, kind, self.quiet_seconds)


@dataclass(frozen=True, slots=True)
class LinkOutlook:
    """What can be done about a meeting's link now, the occurrence that a coming or another link begins with, and that.

    `occurrence` is None where no occurrence comes after the one that keeps the meeting's own link.
    """

    possible: tuple[LinkChange, ...]
    occurrence: Occurrence | None = None
    coming: MeetingLink | None = None


def link_outlook(
    meeting: Meeting,
    binding: ItemBinding | None,
    link: MeetingLink | None,
    open_after: timedelta,
    at: datetime,
) -> LinkOutlook:
    """Return what *Byt länk* can do for a meeting that is made, at `at` (UTC)."""
    if meeting.is_cancelled:
        return LinkOutlook(())
    now = () if has_begun(meeting, at) else (LinkChange.NOW,)
    waits = awaited(link, binding, at, open_after)
    if waits:
        return LinkOutlook(now, waits.occurrence, waits.link)
    series = followed_series(binding)
    occurrence = open_or_next(series, at, open_after) if series else None
    after = (
        first_without(series, occurrence.original_start, at, open_after) if series and occurrence else None
    )
    return LinkOutlook((*now, LinkChange.NEXT) if after else now, after)


def has_begun(meeting: Meeting, at: datetime) -> bool:
    """Whether people are or were to be in the room at `at` (UTC), or a host has let them in and they may be there."""
    return at >= meeting.window.start or call_may_run(meeting, at)


def exchanged(
    writing: Writing, plans: RoomPlans, before: Meeting, code: str, at: datetime
) -> tuple[Meeting, Room]:
    """Write the meeting with `code` as its link, and every room of it as not wanted; return it and its next room.

    The caller inserts the room. `before` may tell otherwise than is stored who has been told what.
    """
    after = replace(
        before, join_code=code, revision=before.revision + 1, state=MeetingState.WANTED, attention=None
    )
    writing.change_meeting(after, before.revision)
    writing.exchange_link(before, code, at)
    newest = writing.rooms(before.id)[-1]
    writing.want_rooms(before.id, Wanted.ABSENT, after.revision)
    provider = plans.types.of(after.type).provider
    return after, plans.new_room(after, provider, newest.generation + 1)


def _noted(writing: Writing, meeting: Meeting, notes: frozenset[CalendarNote]) -> Meeting:
    """Write what people are told of the calendar item; the next look at it says the same."""
    if notes != meeting.calendar_notes:
        writing.note_calendar(meeting.id, notes)
    return replace(meeting, calendar_notes=notes)
