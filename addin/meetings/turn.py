"""Carries out, in one unit, what one look at a calendar item has come to: the wish, the binding, the people's notices.

Works on the meeting as it is stored now; whoever calls has made sure that nobody has changed it since the look. Each
intent of `decide` has one method. Rooms follow the wish by the reconciler's hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from addin.meetings.bindings import BindingClaim, Copy, CopyOutcome, SeriesAnswer
from addin.meetings.calendar_notes import CalendarSide
from addin.meetings.cancel import withdraw
from addin.meetings.copies import CopyWork, Handled, series_answer
from addin.meetings.link_turn import (
    CALL_PERIOD,
    due_at,
    exchange_when_due,
    is_moot,
    keep_over_pattern,
    note_kept_time,
    with_block_due,
)
from addin.meetings.links import MeetingLink, with_change_undone
from addin.meetings.look import OPEN_COPIES, WANTED_COPIES, ItemLooks, Seen
from addin.meetings.look_times import (
    NEAR_PERIOD,
    PERIOD,
    SHORTEST_PAUSE,
    next_look,
    overdue_unbound,
    pause,
    spread,
)
from addin.meetings.model import SERVICE, AuditEntry, CalendarNote, Meeting, MeetingState, Wanted, Window
from addin.meetings.notices import NoticeKind, must_be_called_off, who_must_hear
from addin.meetings.occurrences import current, is_without_its_time, near, rolled, was_taken_out
from addin.meetings.ports import Clock, ConferencingProvider, Writing
from addin.meetings.rooms import RoomPlans
from addin.meetings.times import time_zone
from addin.meetings.watches import TAKEN_IN_AT_ONCE
from calendar_sync.decide import (
    Bind,
    Cancel,
    FollowSeries,
    Freeze,
    HoldTime,
    Intent,
    Rebind,
    Reschedule,
    Revive,
    Suspect,
    Thaw,
    Trust,
)
from calendar_sync.items import Snapshot, Unread
from calendar_sync.series import Occurrence, Series

_LOST_MAILBOX: Final = (Unread.MAILBOX_ELSEWHERE, Unread.MAILBOX_MISSING)
# These say that something changed in the calendar; the rest is our own keeping of books.
_CHANGES: Final = (Bind, Rebind, Reschedule, FollowSeries, Suspect, Cancel, Trust, Revive, HoldTime)
_TIMES: Final = (Reschedule, FollowSeries, HoldTime)


@dataclass(frozen=True, slots=True)
class FollowRules:
    """What an installation may do in calendars.

    `may_write`: tag and block may be written. `tag_after`: how old a meeting must be before its item is tagged, since
    somebody who still has it open would be told that it was changed under her hands. `quiet_seconds`: how long a
    notice waits for the next change. `service_url` tells which links are ours. `near_period`: how often an item whose
    meeting is near is looked at, whatever notifications tell.
    """

    may_write: bool
    service_url: str
    quiet_seconds: float = 120.0
    tag_after: timedelta = timedelta(minutes=15)
    near_period: timedelta = NEAR_PERIOD


@dataclass(frozen=True, slots=True)
class Written:
    """What has been written into the item: its new version, if any.

    `again`: something is to be tried again, and not before `retry_after` seconds where the calendar said so.
    """

    version: str | None
    tagged: bool
    block_due: bool
    again: bool
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class TurnTools:
    """What a turn needs beside the rows."""

    plans: RoomPlans
    providers: Mapping[str, ConferencingProvider]
    copies: CopyWork
    rules: FollowRules
    looks: ItemLooks
    clock: Clock


class Turn:
    """One look's record; used once."""

    def __init__(
        self, tools: TurnTools, writing: Writing, meeting: Meeting, claim: BindingClaim, seen: Seen
    ) -> None:
        self._tools = tools
        self._writing = writing
        self._meeting = meeting
        self._before = meeting
        self._claim = claim
        self._binding = claim.binding
        self._seen = seen
        self._at = seen.at
        self._kind = tools.plans.types.of(meeting.type)
        self._retry_after: float | None = None
        self._block_is_untrue = False
        self._link: MeetingLink | None = None
        # Copies are handled where the calendar can be called.
        self._intents: Mapping[type[Intent], Callable[[Any], None]] = {
            Bind: self._bind,
            Rebind: self._rebind,
            Reschedule: self._reschedule,
            HoldTime: self._hold,
            FollowSeries: self._follow_series,
            Suspect: self._suspect,
            Trust: self._trust,
            Cancel: self._cancel,
            Revive: self._revive,
            Freeze: self._freeze,
            Thaw: self._thaw,
        }

    def carry_out(self, handled: Sequence[Handled], written: Written, *, holds_link: bool = False) -> None:
        """Write everything, and when to look again. `holds_link`: a coming link waits for a call to end."""
        for intent in self._seen.intents:
            self._one(intent)
        for one in handled:
            self._tools.copies.record(self._writing, self._meeting, one, self._at)
        self._note_own(written)
        self._roll()
        self._exchange_link(holds_link=holds_link)
        self._end_unbound()
        self._settle_copies()
        self._note()
        self._count()
        self._make_known()
        undone = [one for one in handled if one.outcome is None]
        asked = [written.retry_after, *(one.retry_after for one in undone)]
        self._retry_after = max((told for told in asked if told is not None), default=self._retry_after)
        # What could not be done with a copy is done at the next look, which must see it.
        self._save(again=written.again or bool(undone), searches=bool(undone), holds_link=holds_link)

    # --- intents --------------------------------------------------------------------------------------------

    def _one(self, intent: Intent) -> None:
        if isinstance(intent, _TIMES) and self._meeting.is_cancelled:
            # The item is back and holds another meeting by now; this one stays as it ended.
            return
        carry_out = self._intents.get(type(intent))
        if carry_out:
            carry_out(intent)

    def _suspect(self, _intent: Suspect) -> None:
        self._binding = replace(self._binding, gone_since=self._at)
        self._audit("item_missing")

    def _trust(self, _intent: Trust) -> None:
        self._binding = replace(self._binding, gone_since=None)
        self._audit("item_back")

    def _bind(self, intent: Bind) -> None:
        ref, binding = intent.snapshot.ref, self._binding
        is_first = binding.uid is None
        if is_first or ref.mailbox != self._meeting.mailbox:
            self._writing.note_bound(self._meeting.id, ref.mailbox)
            self._meeting = replace(self._meeting, unbound=False, mailbox=ref.mailbox)
            self._audit("bound" if is_first else "item_moved")
        also = tuple(one for one in (*binding.also, binding.mailbox) if one != ref.mailbox)
        self._binding = replace(
            binding,
            backend=self._backend_of(ref.mailbox),
            mailbox=ref.mailbox,
            also=binding.also if ref.mailbox == binding.mailbox else also,
            item_id=ref.item_id,
            uid=intent.snapshot.uid,
            occurrence=intent.snapshot.original_start,
            offered=None,
        )

    def _rebind(self, intent: Rebind) -> None:
        """Go on in the item that was pasted; the one that was cut is a copy if it comes back."""
        pasted, looks = intent.snapshot, self._tools.looks
        for copy in self._writing.copies(self._meeting.id):
            if looks.known_copy(pasted.uid, [copy]):
                self._writing.put_copy(replace(copy, outcome=CopyOutcome.LEFT, at=self._at, ref=None))
        if self._binding.uid:
            cut = looks.uid_hash(self._binding.uid)
            self._writing.put_copy(Copy(self._meeting.id, cut, CopyOutcome.REPLACED, self._at))
        self._bind(Bind(pasted))
        self._writing.release_item(self._meeting.id)
        self._binding = replace(self._binding, gone_since=None)
        if pasted.tag is None or (self._tools.rules.may_write and not pasted.is_meeting):
            # It lost the block, or bears what the pane knows of the other item.
            self._binding = replace(self._binding, block_old_from=self._at)
        self._audit("item_pasted")

    def _backend_of(self, mailbox: str) -> str | None:
        if mailbox == self._binding.mailbox:
            return self._binding.backend
        watch = self._writing.watch_by_mailbox(mailbox)
        return watch.backend if watch else self._binding.backend

    def _reschedule(self, intent: Reschedule) -> None:
        window = self._window(Window(intent.start, intent.end, intent.zone))
        self._move_to(window, NoticeKind.RESCHEDULED)
        self._block_is_untrue = self._binding.block_tells_time and self._may_write_unseen()

    def _may_write_unseen(self) -> bool:
        """Whether a new body is nobody's news: where people are invited the calendar would mail it to all of them."""
        own = self._seen.own
        return self._tools.rules.may_write and own is not None and not own.is_meeting

    def _hold(self, intent: HoldTime) -> None:
        if self._binding.held is intent.reason:
            return
        self._binding = replace(self._binding, held=intent.reason)
        self._audit("time_held", intent.reason.value)
        self._owe(NoticeKind.TIME_UNUSABLE)

    def _cancel(self, _intent: Cancel) -> None:
        self._withdraw("item_gone")
        self._tell(NoticeKind.CANCELLED)

    def _withdraw(self, reason: str) -> None:
        """End the meeting because of its item; it lives again with it."""
        clock, meeting = self._tools.clock, self._meeting
        self._meeting = withdraw(self._writing, meeting, clock, actor=SERVICE, reason=reason)
        self._binding = replace(self._binding, ended_by_calendar=True)

    def _revive(self, _intent: Revive) -> None:
        """Let the same link live again. A removed room cannot be revived, so the meeting gets its next one."""
        purge_at = self._meeting.window.end + self._kept
        if purge_at <= self._at:
            return
        back = replace(
            self._meeting,
            cancelled_at=None,
            revision=self._meeting.revision + 1,
            state=MeetingState.WANTED,
            attention=None,
        )
        if not self._writing.revive(back, self._meeting.revision, purge_at):
            # She has pressed Skapa möte in the item that she restored: that meeting is the item's now.
            self._binding = replace(self._binding, ended_by_calendar=False)
            return
        self._meeting = back
        self._binding = replace(self._binding, ended_by_calendar=False, gone_since=None)
        rooms = self._writing.rooms(back.id)
        room = self._tools.plans.new_room(back, self._kind.provider, rooms[-1].generation + 1)
        self._writing.add_due_room(room)
        self._audit("revived", "item_back")
        self._tell(NoticeKind.REVIVED)

    def _freeze(self, intent: Freeze) -> None:
        self._retry_after = intent.retry_after
        self._binding = replace(
            self._binding,
            frozen=intent.reason,
            frozen_since=self._binding.frozen_since or self._at,
            attempts=self._binding.attempts + 1,
        )

    def _thaw(self, _intent: Thaw) -> None:
        self._binding = replace(self._binding, frozen=None, frozen_since=None, attempts=0)

    # --- series ---------------------------------------------------------------------------------------------

    def _follow_series(self, intent: FollowSeries) -> None:
        if intent.series is None:
            note_kept_time(self._writing, self._meeting, self._binding, self._kind, self._at)
            self._binding = replace(self._binding, series=None, series_answer=None)
            self._writing.put_occurrences(self._meeting.id, [])
            self._audit("left_series")
            return
        answer = series_answer(self._kind) if intent.became_one else self._binding.series_answer
        if is_without_its_time(intent.series, answer, self._at, self._kind.open_after):
            self._miss_only_occurrence()
            return
        if intent.became_one:
            self._audit("became_series", answer.value if answer else None)
            if answer is SeriesAnswer.ASKED:
                self._owe(NoticeKind.SERIES_ASKED)
        else:
            self._audit("series_changed")
        keep_over_pattern(
            self._writing, self._meeting, self._binding.series, intent.series, self._kind, self._at
        )
        self._binding = replace(self._binding, series=intent.series, series_answer=answer)
        self._put_occurrences(intent.series)
        self._agree_with_series(intent.series, became_one=intent.became_one)

    def _miss_only_occurrence(self) -> None:
        """The one occurrence that the meeting is was taken out: its end is confirmed by a second look, as any is.

        The series is not noted until then, so that the next look finds the same, or finds the occurrence back.
        """
        if self._meeting.is_cancelled or self._meeting.window.start <= self._at:
            return
        since = self._seen.recorded.gone_since or self._at
        if self._at - since < self._tools.looks.grace:
            self._binding = replace(self._binding, gone_since=since)
            return
        self._withdraw("item_gone")
        # The item itself is there, and must not bring the meeting back by that.
        self._binding = replace(self._binding, ended_by_calendar=False)
        self._tell(NoticeKind.CANCELLED)

    def _agree_with_series(self, series: Series, *, became_one: bool) -> None:
        """Take the current occurrence's time; one that was moved or taken out is a change that people must hear of."""
        window = self._current_window(series)
        if window is None:
            return
        if _is_same_time(window, self._meeting.window):
            if not became_one:
                self._tell_of_others()
            return
        if self._is_over():
            self._roll_to(window)
            return
        kind = NoticeKind.OCCURRENCE_CANCELLED if self._was_taken_out(series) else NoticeKind.RESCHEDULED
        self._move_to(window, kind)

    def _tell_of_others(self) -> None:
        """Another occurrence than the current one has changed: what people were told is no longer all of it."""
        if not self._meeting.told or self._meeting.is_cancelled:
            return
        after = self._meeting.with_told_outdated()
        self._wish(after)
        self._tell(NoticeKind.SERIES_CHANGED)

    def _was_taken_out(self, series: Series) -> bool:
        was = self._meeting.window
        return was_taken_out(self._claim.binding.series, series, was.start, was.end)

    def _put_occurrences(self, series: Series) -> None:
        known = self._writing.occurrences(self._meeting.id)
        self._writing.put_occurrences(self._meeting.id, near(series, self._at, known))

    def _roll(self) -> None:
        """Go on to the next occurrence when this one's door has closed; nobody needs to be told."""
        series = self._binding.series
        if series is None or self._meeting.is_cancelled or not self._is_over():
            return
        window = self._current_window(series)
        if window and not _is_same_time(window, self._meeting.window):
            self._roll_to(window)

    def _roll_to(self, window: Window) -> None:
        series = self._binding.series
        self._wish(rolled(self._meeting, window), quietly=True)
        if series:
            self._put_occurrences(series)
        self._audit("rolled_on")

    def _exchange_link(self, *, holds_link: bool) -> None:
        """Give the series its new link when it is that one's turn, in the unit in which the time rolls on."""
        if self._binding.series or CalendarNote.LINK_COMING in self._meeting.calendar_notes:
            self._link = self._writing.coming_link(self._meeting.id)
        if self._link and not self._meeting.is_cancelled and not self._is_just_single():
            self._exchange_or_keep(self._link, holds_link=holds_link)
        self._binding = with_block_due(
            self._binding, self._seen.own, self._at, may_write=self._tools.rules.may_write
        )

    def _is_just_single(self) -> bool:
        """Whether this look is the first to see it: who is in the room is asked before the next."""
        return self._binding.series is None and self._claim.binding.series is not None

    def _exchange_or_keep(self, link: MeetingLink, *, holds_link: bool) -> None:
        if is_moot(link, self._meeting, self._binding, self._kind, self._at):
            self._keep_link(link)
        elif not holds_link:
            after = exchange_when_due(
                self._writing, self._tools.plans, self._meeting, link, self._binding, self._at
            )
            if after:
                self._meeting, self._link = after, None
                self._binding = replace(self._binding, block_old_from=self._at)
                self._audit("link_changed", "next_occurrence")
                self._tell(NoticeKind.LINK_CHANGED)

    def _keep_link(self, link: MeetingLink) -> None:
        """Let the meeting keep its own link, since no other time is left: as if nobody had asked for another."""
        self._wish(with_change_undone(self._meeting, link))
        self._writing.withdraw_coming_link(self._meeting.id)
        self._link = None
        self._audit("link_change_undone", "no_next_occurrence")
        self._tell(NoticeKind.SERIES_CHANGED)

    def _is_over(self) -> bool:
        return self._meeting.window.end + self._kind.open_after <= self._at

    def _current_window(self, series: Series) -> Window | None:
        turn = self._current(series, self._binding.series_answer)
        return self._window(Window(turn.start, turn.end, series.zone)) if turn else None

    def _current(self, series: Series, answer: SeriesAnswer | None) -> Occurrence | None:
        return current(series, answer, self._at, self._kind.open_after)

    # --- the wish -------------------------------------------------------------------------------------------

    def _move_to(self, window: Window, notice: NoticeKind) -> None:
        self._wish(self._meeting.moved_to(window))
        self._audit("changed", "calendar")
        self._tell(notice)

    def _wish(self, after: Meeting, *, quietly: bool = False) -> None:
        """Write the wish. `quietly`: what people hold stays true, so the revision rises only for a room's sake."""
        before = self._meeting
        provider = self._tools.providers.get(self._kind.provider)
        affected = bool(provider and provider.capabilities.room_has_window and after.window != before.window)
        if affected or not quietly:
            after = replace(after, revision=before.revision + 1)
        if affected:
            after = replace(after, state=MeetingState.WANTED, attention=None)
        self._writing.change_meeting(after, before.revision, after.window.end + self._kept)
        if affected:
            self._writing.want_rooms(after.id, Wanted.PRESENT, after.revision)
        self._meeting = after

    def _window(self, window: Window) -> Window:
        """Return the window in the meeting's own zone where the clock says the same, or where the zone is not known."""
        own = self._meeting.window.zone
        same_clock = window.start.astimezone(time_zone(own)).utcoffset() == (
            window.start.astimezone(time_zone(window.zone)).utcoffset()
        )
        return replace(window, zone=own) if same_clock or window.zone == "UTC" else window

    @property
    def _kept(self) -> timedelta:
        return timedelta(days=self._kind.days_kept)

    # --- what goes with every look --------------------------------------------------------------------------

    def _note_own(self, written: Written) -> None:
        own = self._seen.own
        if own is None:
            self._note_not_found_yet()
            return
        held = any(isinstance(intent, HoldTime) for intent in self._seen.intents)
        has_new_block = self._claim.binding.block_due and not written.block_due
        self._binding = replace(
            self._binding,
            block_old_from=None if has_new_block else self._binding.block_old_from,
            block_tells_time=self._binding.block_tells_time and not has_new_block,
            version=written.version or own.version,
            tag_written=written.tagged,
            block_due=written.block_due or self._block_is_untrue,
            held=self._binding.held if held else None,
        )

    def _make_known(self) -> None:
        """Have the mailboxes watched at once that a booking made known beside the one that holds its item.

        Those of older meetings, which begin to be followed all together, are taken in some at a time.
        """
        if self._claim.binding.looked_at or self._at >= self._meeting.created_at + TAKEN_IN_AT_ONCE:
            return
        known = (self._meeting.on_behalf_of, self._meeting.actor_mailbox)
        for mailbox in sorted({one for one in known if one}):
            self._writing.watch_mailbox(mailbox, 0.0)

    def _note_not_found_yet(self) -> None:
        """A mailbox that went to another calendar has its items there, too; until they are found nothing is known."""
        binding = self._binding
        if binding.uid and binding.item_id is None and binding.frozen is None:
            before = self._claim.binding
            self._binding = replace(
                binding,
                frozen=Unread.MAILBOX_ELSEWHERE,
                frozen_since=before.frozen_since or self._at,
                attempts=before.attempts + 1,
            )

    def _end_unbound(self) -> None:
        """End a meeting whose item was never seen, after a look that would have seen it."""
        if self._seen.searched is None or not overdue_unbound(self._meeting, self._binding, self._at):
            return
        self._withdraw("unbound")

    def _settle_copies(self) -> None:
        """Forget the question about a copy that is not there any more."""
        if self._seen.searched is None:
            return
        for copy in self._writing.copies(self._meeting.id):
            if copy.outcome in OPEN_COPIES and not self._is_there(copy, self._seen.searched):
                self._writing.put_copy(replace(copy, outcome=CopyOutcome.LEFT, at=self._at))

    def _is_there(self, copy: Copy, searched: Sequence[Snapshot]) -> bool:
        return any(self._tools.looks.known_copy(one.uid, [copy]) for one in searched)

    def _note(self) -> None:
        writing, meeting, binding = self._writing, self._meeting, self._binding
        rows = writing.occurrences(meeting.id) if binding.series else ()
        # What the service writes at the next look, in some seconds, is nothing that anybody need do.
        writes_block = binding.block_due and not self._claim.binding.block_due
        side = CalendarSide(
            meeting, binding, writing.copies(meeting.id), rows, self._link is not None, self._at, writes_block
        )
        notes = side.notes()
        if notes == meeting.calendar_notes:
            return
        frozen = CalendarNote.FROZEN
        if (frozen in notes) != (frozen in meeting.calendar_notes):
            self._audit("frozen" if frozen in notes else "thawed", binding.frozen)
        writing.note_calendar(meeting.id, notes)

    def _count(self) -> None:
        if any(isinstance(intent, _CHANGES) for intent in self._seen.intents):
            self._writing.count_found(self._found_by())

    def _found_by(self) -> str:
        before = self._claim.binding
        if before.offered is not None:
            return "click"
        if self._claim.hinted_at:
            return "push"
        # Nobody could tell of an item in a mailbox that was not watched yet.
        return "first_look" if before.uid is None else "sweep"

    def _save(self, *, again: bool, searches: bool, holds_link: bool) -> None:
        """Write the binding; `again`: something failed and is tried again, with a search if `searches`."""
        binding = self._binding
        if binding.frozen is None:
            attempts = binding.attempts + 1 if again else 0
            binding = replace(binding, looked_at=self._at, attempts=attempts)
        if self._seen.searched is not None:
            binding = replace(binding, look_tagged=searches)
        self._writing.save_binding(self._claim, binding, self._due_in(again=again, holds_link=holds_link))
        if any(isinstance(one, Freeze) and one.reason in _LOST_MAILBOX for one in self._seen.intents):
            self._writing.probe_again(binding.mailbox)

    def _due_in(self, *, again: bool, holds_link: bool) -> float | None:
        binding = self._binding
        if self._seen.in_passing:
            return 0.0
        near = self._tools.rules.near_period
        wait = next_look(self._meeting, binding, self._kind, self._at, self._tools.looks.grace, near)
        if wait is None and (again or self._has_unsettled_copies()):
            # The meeting has ended, but something is still to be said or done about its copies.
            wait = spread(PERIOD)
        if wait is None:
            return None
        wait = self._sooner_or_later(wait, again=again)
        if self._link:
            turn = self._link_turn(self._link, holds_link=holds_link)
            wait = min(wait, turn - self._at) if turn and turn > self._at else wait
        return wait.total_seconds()

    def _link_turn(self, link: MeetingLink, *, holds_link: bool) -> datetime | None:
        if holds_link:
            return self._at + CALL_PERIOD
        if self._is_just_single():
            return self._at + SHORTEST_PAUSE
        return due_at(link, self._meeting, self._binding, self._kind, self._at)

    def _sooner_or_later(self, wait: timedelta, *, again: bool) -> timedelta:
        """Return the time to the next look when something failed, or is to be written soon."""
        binding = self._binding
        if binding.frozen or (again and self._retry_after is not None):
            return pause(binding.attempts, self._retry_after)
        if again:
            return min(wait, pause(binding.attempts))
        is_newly_due = binding.block_due and not self._claim.binding.block_due
        return min(wait, SHORTEST_PAUSE) if is_newly_due else wait

    def _has_unsettled_copies(self) -> bool:
        unsettled = (*OPEN_COPIES, *WANTED_COPIES)
        return any(copy.outcome in unsettled for copy in self._writing.copies(self._meeting.id))

    # --- words ----------------------------------------------------------------------------------------------

    def _audit(self, action: str, reason: str | None = None) -> None:
        self._writing.audit(
            AuditEntry(self._at, self._meeting.tenant, SERVICE, action, self._meeting.id, reason)
        )

    def _owe(self, kind: NoticeKind) -> None:
        self._writing.owe_notice(
            self._meeting.id, self._meeting.revision, kind, self._tools.rules.quiet_seconds
        )

    def _tell(self, kind: NoticeKind) -> None:
        if who_must_hear(self._meeting):
            self._owe(kind)
        elif any(must_be_called_off(one, self._meeting) for one in self._writing.notices(self._meeting.id)):
            self._owe(NoticeKind.HOLDS_AGAIN)
        else:
            # What everybody was told is true, or true again before anybody heard that it was not.
            self._writing.drop_notice(self._meeting.id, kind.about)


def _is_same_time(one: Window, other: Window) -> bool:
    return (one.start, one.end) == (other.start, other.end)
