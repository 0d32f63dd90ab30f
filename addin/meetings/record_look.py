"""Writes, in one unit, what one look at a calendar item has come to: the wish, the binding, the people's notices.

Works on the meeting as it is stored now; whoever calls has made sure that nobody has changed it since the look. Rooms
follow the wish by the reconciler's hand. What was decided is carried out by `record_item`, `record_series` and
`record_link` on one draft; here is in which order, and what goes with every look. `record_next_look` says when the next
one is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from addin.meetings.bindings import BindingClaim, Copy, CopyOutcome
from addin.meetings.calendar_notes import CalendarSide
from addin.meetings.copies import Handled
from addin.meetings.frozen import frozen_by
from addin.meetings.ledger_port import Writing
from addin.meetings.look import OPEN_COPIES, Seen, ref_of
from addin.meetings.look_times import overdue_unbound
from addin.meetings.model import UNREAD_NOTES, CalendarNote, Meeting
from addin.meetings.notices import NoticeKind
from addin.meetings.record_awaited import AwaitedRecord
from addin.meetings.record_draft import Draft, RecordTools
from addin.meetings.record_item import ItemRecord
from addin.meetings.record_link import LinkRecord
from addin.meetings.record_next_look import NextLookRecord
from addin.meetings.record_series import SeriesRecord
from addin.meetings.watches import TAKEN_IN_AT_ONCE
from calendar_sync.decide import (
    Bind,
    Cancel,
    FollowSeries,
    Freeze,
    Intent,
    KeepTime,
    Rebind,
    Reschedule,
    Returned,
    Revive,
    Suspect,
    Taken,
    Thaw,
    Trust,
)
from calendar_sync.items import Snapshot, Unread

# These say that something changed in the calendar; the rest is our own keeping of books.
_CHANGES: Final = (Bind, Rebind, Reschedule, FollowSeries, Suspect, Cancel, Trust, Revive, KeepTime)
# Of these a calendar that pushes would have told; that an item is still missing is seen without a word.
_TOLD: Final = (Bind, Rebind, Reschedule, FollowSeries, Suspect, Revive)
_TIMES: Final = (Reschedule, FollowSeries, KeepTime)


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


class LookRecord:
    """One look's record; used once."""

    def __init__(
        self, tools: RecordTools, writing: Writing, meeting: Meeting, claim: BindingClaim, seen: Seen
    ) -> None:
        self._draft = Draft(tools, writing, meeting, claim, seen)
        self._tools = tools
        self._writing = writing
        self._seen = seen
        self._at = seen.at
        # The binding as it was before the look.
        self._before = claim.binding
        self._claim = claim
        item = ItemRecord(self._draft)
        self._link = LinkRecord(self._draft)
        self._series = SeriesRecord(self._draft, self._link)
        self._awaited = AwaitedRecord(self._draft)
        # Copies are handled where the calendar can be called.
        self._intents: Mapping[type[Intent], Callable[[Any], None]] = {
            Bind: item.bind,
            Rebind: item.rebind,
            Reschedule: item.reschedule,
            KeepTime: item.keep_time,
            FollowSeries: self._series.follow,
            Suspect: item.suspect,
            Trust: item.trust,
            Cancel: item.cancel,
            Revive: item.revive,
            Taken: item.taken,
            Returned: item.returned,
            Freeze: item.freeze,
            Thaw: item.thaw,
        }

    def carry_out(self, handled: Sequence[Handled], written: Written, *, link_waits: bool = False) -> None:
        """Write everything, and when to look again. `link_waits`: a coming link waits for a call to end."""
        for intent in self._seen.intents:
            self._one(intent)
        for one in handled:
            self._tools.copies.record(self._writing, self._draft.meeting, one, self._at)
        self._note_own(written)
        self._series.roll()
        self._link.exchange(link_waits=link_waits)
        self._end_unbound()
        self._settle_copies()
        self._note()
        self._count()
        self._make_known()
        undone = [one for one in handled if one.outcome is None]
        asked = [written.retry_after, *(one.retry_after for one in undone)]
        draft = self._draft
        draft.retry_after = max((told for told in asked if told is not None), default=draft.retry_after)
        # What could not be done with a copy is done at the next look, which must see it.
        next_look = NextLookRecord(draft, self._link)
        next_look.write(again=written.again or bool(undone), searches=bool(undone), link_waits=link_waits)

    def _one(self, intent: Intent) -> None:
        if isinstance(intent, _TIMES) and self._draft.meeting.is_cancelled:
            # The item is back and holds another meeting by now; this one stays as it ended.
            return
        carry_out = self._intents.get(type(intent))
        if carry_out:
            carry_out(intent)

    # --- what goes with every look --------------------------------------------------------------------------

    def _note_own(self, written: Written) -> None:
        own, draft = self._seen.own, self._draft
        if own is None:
            self._note_not_found_yet()
            return
        has_new_block = self._before.block_due and not written.block_due
        draft.binding = replace(
            draft.binding,
            block_old_from=None if has_new_block else draft.binding.block_old_from,
            block_tells_time=draft.binding.block_tells_time and not has_new_block,
            version=written.version or own.version,
            tag_written=written.tagged,
            block_due=written.block_due or draft.block_is_untrue,
            unusable=draft.binding.unusable if draft.keeps_time else None,
        )

    def _note_not_found_yet(self) -> None:
        """A mailbox that went to another calendar has its items there, too; until they are found nothing is known.

        The item of a meeting that has ended with it is not to be found, as it was not before.
        """
        binding, before = self._draft.binding, self._before
        if self._draft.meeting.is_cancelled:
            return
        if binding.uid and binding.item_id is None and binding.frozen is None:
            self._draft.binding = replace(
                binding,
                frozen=frozen_by(Unread.MAILBOX_ELSEWHERE, self._at, before.frozen),
                attempts=before.attempts + 1,
            )
            self._awaited.report()

    def _end_unbound(self) -> None:
        """End a meeting whose item was never seen, after a look that would have seen it."""
        draft = self._draft
        if self._seen.searched is None or not overdue_unbound(draft.meeting, draft.binding, self._at):
            return
        draft.withdraw("unbound")
        # Somebody may have got the link all the same, and nobody has seen that the meeting went.
        draft.tell(NoticeKind.CANCELLED)

    def _settle_copies(self) -> None:
        """Forget the question about a copy that is not there any more."""
        if self._seen.searched is None:
            return
        for copy in self._copies():
            if copy.outcome in OPEN_COPIES and not self._is_there(copy, self._seen.searched):
                self._writing.put_copy(replace(copy, outcome=CopyOutcome.LEFT, at=self._at, item_hash=None))

    def _is_there(self, copy: Copy, searched: Sequence[Snapshot]) -> bool:
        return any(self._tools.looks.known_copy(one.uid, [copy]) for one in searched)

    def _copies(self) -> Sequence[Copy]:
        return self._writing.copies(self._draft.meeting.id)

    def _note(self) -> None:
        """Note what people are to be told of the calendar's side."""
        draft, meeting = self._draft, self._draft.meeting
        notes = self._side().notes()
        if notes == meeting.calendar_notes:
            return
        is_unread, was_unread = bool(notes & UNREAD_NOTES), bool(meeting.calendar_notes & UNREAD_NOTES)
        if is_unread != was_unread:
            draft.audit("frozen" if is_unread else "thawed", draft.binding.unread)
        if was_unread and not is_unread:
            self._awaited.forget()
        self._writing.note_calendar(meeting.id, notes)

    def _side(self) -> CalendarSide:
        meeting, binding = self._draft.meeting, self._draft.binding
        return CalendarSide(
            meeting=meeting,
            binding=binding,
            copies=self._copies(),
            occurrences=self._writing.occurrences(meeting.id) if binding.series else (),
            link_coming=self._link.coming is not None,
            at=self._at,
            # What the service writes at the next look, in some seconds, is nothing that anybody need do.
            writes_block=self._draft.writes_block_next,
            is_taken=self._draft.is_taken,
            has_earlier=self._has_earlier(),
        )

    def _has_earlier(self) -> bool:
        """Whether the meeting from which this one took the item still lives, and is still without it."""
        meeting, ref = self._draft.meeting, ref_of(self._draft.binding)
        if CalendarNote.EARLIER_MEETING not in meeting.calendar_notes or ref is None:
            return False
        there = self._writing.meetings_in_item(ref)
        return any(CalendarNote.ITEM_TAKEN in one.calendar_notes for one in there if one.id != meeting.id)

    def _count(self) -> None:
        if self._holds_the_same():
            return
        if any(isinstance(intent, _CHANGES) for intent in self._seen.intents):
            self._writing.count_found(self._found_by())
        if self._found_by() == "sweep" and any(isinstance(intent, _TOLD) for intent in self._seen.intents):
            self._prove_subscription()

    def _holds_the_same(self) -> bool:
        """Whether the item still has no time that the meeting can have: that was found at an earlier look."""
        draft = self._draft
        if draft.meeting.is_cancelled and any(isinstance(intent, Revive) for intent in self._seen.intents):
            # It is there all the time, without a time for the meeting.
            return True
        now, before = draft.binding, self._before
        is_same = (now.unusable, now.series, now.item_id) == (before.unusable, before.series, before.item_id)
        return draft.keeps_time and is_same

    def _prove_subscription(self) -> None:
        """Have the mailbox's subscription prolonged now: it told nothing, and may have ended without a word."""
        watch = self._writing.watch_by_mailbox(self._before.mailbox)
        if watch and watch.pushes and watch.subscription:
            self._writing.renew_watch(watch.id)

    def _found_by(self) -> str:
        if self._before.offered is not None:
            return "click"
        if self._claim.hinted_at:
            return "push"
        # Nobody could tell of an item in a mailbox that was not watched yet.
        return "first_look" if self._before.uid is None else "sweep"

    def _make_known(self) -> None:
        """Have the mailboxes watched at once that a booking made known beside the one that holds its item.

        Those of older meetings, which begin to be followed all together, are taken in some at a time.
        """
        meeting = self._draft.meeting
        if self._before.looked_at or self._at >= meeting.created_at + TAKEN_IN_AT_ONCE:
            return
        known = (meeting.on_behalf_of, meeting.actor_mailbox)
        for mailbox in sorted({one for one in known if one}):
            self._writing.watch_mailbox(mailbox, 0.0)
