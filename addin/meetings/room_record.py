"""Writes what a step for a room came to, and how far its meeting has come by it: under the fence, in one unit."""

from __future__ import annotations

from dataclasses import replace

from addin.meetings.ledger_port import Ledger, RoomResult, Writing
from addin.meetings.model import Attention, Claim, Meeting, MeetingState, Room, Wanted
from addin.meetings.room_steps import Outcome, is_as_wished


def record_step(ledger: Ledger, claim: Claim, outcome: Outcome, *, release: bool) -> tuple[Meeting, bool]:
    """Write what the step came to; return the meeting as it is now, and whether the room's wish still stands.

    When it has changed meanwhile, what was done says nothing about the new one, and the lease is given back. Raises
    LeaseLost and LedgerUnavailable.
    """
    due_in = outcome.due_in if outcome.due_in is not None or not outcome.go_on else 0.0
    result = RoomResult(outcome.room, due_in, release)
    if outcome.room.wanted is Wanted.ABSENT:
        return ledger.write(lambda writing: _record_absence(writing, claim, result, outcome.attention))
    after = _after(claim.meeting, _state_of_presence(claim.meeting, outcome), outcome.attention)
    saved = ledger.save_step(claim, result, after)
    if saved.still_wished and saved.state_noted:
        return after, True
    now = ledger.read(lambda reading: reading.meeting(claim.meeting.id))
    return now or claim.meeting, saved.still_wished


def _record_absence(
    writing: Writing, claim: Claim, result: RoomResult, attention: Attention | None
) -> tuple[Meeting, bool]:
    before = claim.meeting
    # Locked first, as in every use case, so that nobody waits for it with the room in hand; and so that of two rooms
    # that go at the same time the later one sees the earlier.
    writing.meeting(before.id)
    if not writing.save_room(claim, result):
        return writing.meeting(before.id) or before, False
    if not before.is_cancelled:
        # It has given its place to a room at another provider; the meeting waits for that one.
        return before, True
    after = _after(before, _state_of_absence(writing, before, result.room), attention)
    if after == before or writing.set_state(before, after.state, after.attention):
        return after, True
    return writing.meeting(before.id) or before, True


def _after(before: Meeting, state: MeetingState, attention: Attention | None) -> Meeting:
    """Return the meeting in its new state; a reason stands until the room is right, or until there is a newer one."""
    settled = state in (MeetingState.LIVE, MeetingState.CANCELLED)
    return replace(before, state=state, attention=None if settled else attention or before.attention)


def _state_of_presence(meeting: Meeting, outcome: Outcome) -> MeetingState:
    if outcome.attention:
        return MeetingState.NEEDS_ATTENTION
    if is_as_wished(outcome.room):
        return _live_unless_unproven(meeting, outcome.room)
    return meeting.state


def _state_of_absence(writing: Writing, meeting: Meeting, room: Room) -> MeetingState:
    others = [other for other in writing.rooms(meeting.id) if other.id != room.id]
    gone = room.gone_at is not None and all(other.gone_at is not None for other in others)
    return MeetingState.CANCELLED if gone else MeetingState.CANCELLING


def _live_unless_unproven(meeting: Meeting, room: Room) -> MeetingState:
    """A room whose protection failed is live again only when it has been read back."""
    if meeting.attention is Attention.PROTECTION_NOT_APPLIED and room.verified_at is None:
        return meeting.state
    return MeetingState.LIVE
