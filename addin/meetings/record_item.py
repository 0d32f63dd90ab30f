"""Carries out what a look has decided of the item itself: where it is, when, whether it is there."""

from __future__ import annotations

from dataclasses import replace

from addin.meetings.bindings import Copy, CopyOutcome
from addin.meetings.copies import series_answer
from addin.meetings.frozen import frozen_by
from addin.meetings.look import ref_of
from addin.meetings.model import CalendarNote, MeetingState, Window
from addin.meetings.notices import NoticeKind
from addin.meetings.occurrences import is_without_its_time, may_live_again
from addin.meetings.record_draft import Draft
from calendar_sync.decide import (
    Bind,
    Cancel,
    Freeze,
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


class ItemRecord:
    """Works on a look's draft; a method for each intent of `calendar_sync.decide`."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    # --- where it is ----------------------------------------------------------------------------------------

    def bind(self, intent: Bind) -> None:
        """Let the item hold the meeting, whose mailbox is then the one that holds the item."""
        draft, ref, binding = self._draft, intent.snapshot.ref, self._draft.binding
        is_first = binding.uid is None
        if is_first or ref.mailbox != draft.meeting.mailbox:
            draft.writing.note_bound(draft.meeting.id, ref.mailbox)
            draft.meeting = replace(draft.meeting, unbound=False, mailbox=ref.mailbox)
            draft.audit("bound" if is_first else "item_moved")
        also = tuple(one for one in (*binding.also, binding.mailbox) if one != ref.mailbox)
        draft.binding = replace(
            binding,
            backend=self._backend_of(ref.mailbox),
            mailbox=ref.mailbox,
            also=also,
            item_id=ref.item_id,
            uid=intent.snapshot.uid,
            occurrence=intent.snapshot.original_start,
            offered=None,
        )
        if is_first:
            self._have_all_looked_at()

    def _backend_of(self, mailbox: str) -> str | None:
        binding = self._draft.binding
        if mailbox == binding.mailbox:
            return binding.backend
        watch = self._draft.writing.watch_by_mailbox(mailbox)
        if watch is None:
            # Nobody has looked after it yet: it has another address now (`item_search`).
            self._draft.writing.watch_mailbox(mailbox, 0.0)
            return binding.backend
        return watch.backend

    def rebind(self, intent: Rebind) -> None:
        """Go on in the item that was pasted; the one that was cut is a copy if it comes back."""
        draft, pasted, looks = self._draft, intent.snapshot, self._draft.tools.looks
        for copy in draft.writing.copies(draft.meeting.id):
            if looks.known_copy(pasted.uid, [copy]):
                draft.writing.put_copy(replace(copy, outcome=CopyOutcome.LEFT, at=draft.at, ref=None))
        if draft.binding.uid:
            cut = looks.uid_hash(draft.binding.uid)
            draft.writing.put_copy(Copy(draft.meeting.id, cut, CopyOutcome.REPLACED, draft.at))
        self.bind(Bind(pasted))
        draft.writing.release_item(draft.meeting.id)
        draft.binding = replace(draft.binding, gone_since=None)
        if pasted.tag is None or (draft.tools.rules.may_write and not pasted.is_meeting):
            # It lost the block, or bears what the pane knows of the other item.
            draft.binding = replace(draft.binding, block_old_from=draft.at)
        draft.audit("item_pasted")

    # --- when it is -----------------------------------------------------------------------------------------

    def reschedule(self, intent: Reschedule) -> None:
        """Give the meeting the item's time."""
        draft = self._draft
        window = draft.in_own_zone(Window(intent.start, intent.end, intent.zone))
        draft.move_to(window, NoticeKind.RESCHEDULED)
        draft.block_is_untrue = draft.binding.block_tells_time and self._may_write_unseen()

    def _may_write_unseen(self) -> bool:
        """Whether a new body is nobody's news: where people are invited the calendar would mail it to all of them."""
        own = self._draft.seen.own
        return self._draft.tools.rules.may_write and own is not None and not own.is_meeting

    def keep_time(self, intent: KeepTime) -> None:
        """Keep the meeting's time."""
        self._draft.keep_time(intent.reason)

    # --- whose it is ----------------------------------------------------------------------------------------

    def taken(self, intent: Taken) -> None:
        """Have the meeting's people told that the item holds another one, and the other's that it held this one."""
        draft = self._draft
        draft.is_taken = True
        draft.binding = replace(draft.binding, block_old_from=None)
        other = draft.writing.meeting(intent.by.meeting)
        if other:
            draft.writing.note_calendar(other.id, other.calendar_notes | {CalendarNote.EARLIER_MEETING})
        draft.audit("item_taken")
        draft.owe(NoticeKind.ITEM_TAKEN)

    def returned(self, _intent: Returned) -> None:
        """Have tag and block written back, not before whoever took the other one out has saved the item."""
        draft = self._draft
        draft.is_taken = False
        if draft.binding.occurrence is None:
            # Into one time of a series nothing is written from here.
            draft.binding = replace(draft.binding, block_old_from=draft.at + draft.tools.rules.tag_after)
        draft.writing.drop_notice(draft.meeting.id, NoticeKind.ITEM_TAKEN.about)
        draft.audit("item_returned")

    # --- whether it is there --------------------------------------------------------------------------------

    def suspect(self, _intent: Suspect) -> None:
        """Note from when on the item is missed."""
        self._draft.binding = replace(self._draft.binding, gone_since=self._draft.at)
        self._draft.audit("item_missing")

    def trust(self, _intent: Trust) -> None:
        """Miss the item no more."""
        self._draft.binding = replace(self._draft.binding, gone_since=None)
        self._draft.audit("item_back")

    def cancel(self, _intent: Cancel) -> None:
        """End the meeting, and have others told."""
        self._draft.withdraw("item_gone")
        self._draft.tell(NoticeKind.CANCELLED)

    def revive(self, _intent: Revive) -> None:
        """Let the same link live again. A removed room cannot be revived, so the meeting gets its next one."""
        draft = self._draft
        purge_at = draft.kind.kept_until(draft.meeting.window)
        if purge_at <= draft.at or not self._may_live_again():
            return
        back = replace(
            draft.meeting,
            cancelled_at=None,
            revision=draft.meeting.revision + 1,
            state=MeetingState.WANTED,
            attention=None,
        )
        if not draft.writing.revive(back, draft.meeting.revision, purge_at):
            # She has pressed Skapa möte in the item that she restored: that meeting is the item's now.
            draft.binding = replace(draft.binding, ended_by_calendar=False)
            return
        draft.meeting = back
        draft.binding = replace(draft.binding, ended_by_calendar=False, gone_since=None)
        rooms = draft.writing.rooms(back.id)
        room = draft.tools.plans.new_room(back, draft.kind.provider, rooms[-1].generation + 1)
        draft.writing.add_due_room(room)
        self._have_all_looked_at()
        draft.audit("revived", "item_back")
        draft.tell(NoticeKind.REVIVED)

    def _may_live_again(self) -> bool:
        """Whether the item has a time for the meeting, and one that is its people's."""
        draft, own, before = self._draft, self._draft.seen.own, self._draft.claim.binding
        if own is None:
            return True
        answer = before.series_answer if before.series else series_answer(draft.kind)
        if own.series and is_without_its_time(own.series, answer, draft.at, draft.kind.open_after):
            return False
        return may_live_again(
            own, before, answer, draft.meeting.window, is_taken_since=draft.seen.is_taken_since
        )

    def _have_all_looked_at(self) -> None:
        """Where another meeting is in the item, what is told of both depends on whether the other one lives."""
        draft, ref = self._draft, ref_of(self._draft.binding)
        there = draft.writing.meetings_in_item(ref) if ref else ()
        if any(one.id != draft.meeting.id for one in there):
            draft.writing.ask_bindings({draft.meeting.id, *(one.id for one in there)})

    def freeze(self, intent: Freeze) -> None:
        """Note why the calendar cannot be read, and since when."""
        draft = self._draft
        draft.retry_after = intent.retry_after
        draft.binding = replace(
            draft.binding,
            frozen=frozen_by(intent.reason, draft.at, draft.binding.frozen),
            attempts=draft.binding.attempts + 1,
        )

    def thaw(self, _intent: Thaw) -> None:
        """Note that the calendar can be read again."""
        self._draft.binding = replace(self._draft.binding, frozen=None, attempts=0)
