"""Ends a meeting because somebody said so: *Ta bort möte*."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from addin.meetings.access import own_meeting
from addin.meetings.book import INLINE_SECONDS
from addin.meetings.deadline import Deadline
from addin.meetings.errors import MeetingChanged
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.model import AuditEntry, CalendarNote, Claim, Meeting, MeetingState, Principal, Wanted
from addin.meetings.ports import Clock
from addin.meetings.reconcile import LEASE_SECONDS, Reconciler
from calendar_sync.items import ItemRef

# That two meetings are in one item.
_OF_ONE_ITEM: Final = frozenset({CalendarNote.ITEM_TAKEN, CalendarNote.EARLIER_MEETING})
# What is told of a meeting only while it lives.
_OF_THE_LIVING: Final = _OF_ONE_ITEM | {CalendarNote.PERHAPS_CANCELLED}


@dataclass(frozen=True, slots=True)
class CancelMeeting:
    """The use case behind *Ta bort möte*; a repeat says the same as the first time."""

    ledger: Ledger
    reconciler: Reconciler
    clock: Clock

    def __call__(self, meeting_id: str, who: Principal, seen: int | None = None) -> Meeting:
        """Take the wish back and have the rooms removed while the clinician waits.

        With `seen` only a meeting that still has that revision. Raises MeetingNotFound, MeetingChanged,
        LedgerUnavailable.
        """

        def unit(writing: Writing) -> tuple[Meeting, list[Claim]]:
            meeting = own_meeting(writing, meeting_id, who)
            if not meeting.is_cancelled:
                if seen not in {None, meeting.revision}:
                    raise MeetingChanged
                meeting = withdraw(writing, meeting, self.clock, actor=who.object_id)
            elif writing.end_for_good(meeting.id):
                meeting = self._never_back(writing, meeting, who)
            return meeting, _claims(writing, meeting)

        meeting, claims = self.ledger.write(unit)
        deadline = Deadline.after(INLINE_SECONDS)
        for claim in claims:
            meeting = self.reconciler.advance_for_click(claim, deadline)
        return meeting

    def _never_back(self, writing: Writing, meeting: Meeting, who: Principal) -> Meeting:
        """Note that a meeting which had ended with its item was removed by somebody, so that no item brings it back."""
        notes = meeting.calendar_notes - {CalendarNote.ENDED_WITH_ITEM}
        writing.note_calendar(meeting.id, notes)
        at = self.clock.now()
        writing.audit(
            AuditEntry(at, meeting.tenant, who.object_id, "cancelled", meeting.id, "ended_with_item")
        )
        return replace(meeting, calendar_notes=notes)


def withdraw(
    writing: Writing, meeting: Meeting, clock: Clock, *, actor: str, reason: str | None = None
) -> Meeting:
    """Write that the meeting is no longer wanted, whoever says so; its rooms become due for removal."""
    now = clock.now()
    gone = replace(
        meeting,
        cancelled_at=now,
        revision=meeting.revision + 1,
        state=MeetingState.CANCELLING,
        attention=None,
        # Nothing is in doubt any more.
        calendar_notes=meeting.calendar_notes - _OF_THE_LIVING,
    )
    writing.change_meeting(gone, meeting.revision)
    if gone.calendar_notes != meeting.calendar_notes:
        writing.note_calendar(meeting.id, gone.calendar_notes)
    _have_others_looked_at(writing, meeting)
    writing.want_rooms(meeting.id, Wanted.ABSENT, gone.revision)
    writing.audit(AuditEntry(now, meeting.tenant, actor, "cancelled", meeting.id, reason))
    return gone


def _have_others_looked_at(writing: Writing, meeting: Meeting) -> None:
    """Have other meetings in the same item looked at: what is told of them depends on whether this one lives."""
    if not meeting.calendar_notes & _OF_ONE_ITEM:
        return
    binding = writing.binding(meeting.id)
    if binding and binding.item_id:
        there = writing.meetings_in_item(ItemRef(binding.mailbox, binding.item_id))
        writing.ask_bindings([one.id for one in there if one.id != meeting.id])


def _claims(writing: Writing, meeting: Meeting) -> list[Claim]:
    """Claim the rooms that are still there; one that somebody works on follows when they are done."""
    there = [room for room in writing.rooms(meeting.id) if room.gone_at is None]
    claims = [writing.claim(room.id, LEASE_SECONDS) for room in there]
    return [claim for claim in claims if claim]
