"""A meeting and its binding as one look has come to them so far, and the pen with which the meeting is written.

Each part of the record (`record_item`, `record_series`, `record_link`) goes on from where the one before it left them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from addin.meetings.bindings import BindingClaim
from addin.meetings.cancel import withdraw
from addin.meetings.copies import CopyWork
from addin.meetings.ledger_port import Writing
from addin.meetings.look import ItemLooks, Seen
from addin.meetings.look_times import NEAR_PERIOD
from addin.meetings.model import SERVICE, AuditEntry, CalendarNote, Meeting, MeetingState, Wanted, Window
from addin.meetings.notices import NoticeKind
from addin.meetings.owe_notices import owe_change
from addin.meetings.ports import Clock, ConferencingProvider
from addin.meetings.rooms import RoomPlans
from addin.meetings.times import time_zone
from calendar_sync.decide import Unusable


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
class RecordTools:
    """What writing a look needs beside the rows."""

    plans: RoomPlans
    providers: Mapping[str, ConferencingProvider]
    copies: CopyWork
    rules: FollowRules
    looks: ItemLooks
    clock: Clock


class Draft:
    """What one look is written on, inside one unit.

    `meeting` is written whenever it changes; `binding` is written once, at the end. `claim.binding` is how
    it was before the look, `at` (UTC) when that was. `is_taken`: the item holds another meeting, booked in it later.
    `keeps_time`: the item has a time that the meeting cannot have. `block_is_untrue`: what stands in the item tells
    another time by now. `retry_after` (seconds): how long the calendar wants to be let alone.
    """

    def __init__(
        self, tools: RecordTools, writing: Writing, meeting: Meeting, claim: BindingClaim, seen: Seen
    ) -> None:
        self.tools = tools
        self.writing = writing
        self.meeting = meeting
        self.claim = claim
        self.binding = claim.binding
        self.seen = seen
        self.at = seen.at
        self.kind = tools.plans.types.of(meeting.type)
        self.is_taken = CalendarNote.ITEM_TAKEN in meeting.calendar_notes
        self.keeps_time = False
        self.block_is_untrue = False
        self.retry_after: float | None = None

    def is_over(self) -> bool:
        """Whether the door of the meeting, or of the occurrence that it is just now, has closed."""
        return self.meeting.window.end + self.kind.open_after <= self.at

    @property
    def writes_block_next(self) -> bool:
        """Whether the block is to be written at the next look: not known to be due before, or not written till now."""
        was_tried = self.claim.binding.block_due and not self.claim.meeting.is_cancelled
        return self.binding.block_due and not self.meeting.is_cancelled and not was_tried

    # --- the wish -------------------------------------------------------------------------------------------

    def wish(self, after: Meeting, *, quietly: bool = False) -> None:
        """Write the wish. `quietly`: what people hold stays true, so the revision rises only for a room's sake."""
        before = self.meeting
        provider = self.tools.providers.get(self.kind.provider)
        affected = bool(provider and provider.capabilities.room_has_window and after.window != before.window)
        if affected or not quietly:
            after = replace(after, revision=before.revision + 1)
        if affected:
            after = replace(after, state=MeetingState.WANTED, attention=None)
        self.writing.change_meeting(after, before.revision, self.kind.kept_until(after.window))
        if affected:
            self.writing.want_rooms(after.id, Wanted.PRESENT, after.revision)
        self.meeting = after

    def move_to(
        self, window: Window, notice: NoticeKind, hear_of_others: Collection[str] | None = None
    ) -> None:
        """Give the meeting another time, of which its people must hear.

        `hear_of_others`: those who must hear of other times of the series, too; None where there are none.
        """
        moved = self.meeting.moved_to(window)
        self.wish(moved if hear_of_others is None else moved.with_others_changed(hear_of_others))
        self.audit("changed", "calendar")
        self.tell(notice)

    def keep_time(self, reason: Unusable) -> None:
        """Keep the meeting's time, and have its people told once that the item has one that no meeting can have."""
        self.keeps_time = True
        if self.binding.unusable is reason:
            return
        self.binding = replace(self.binding, unusable=reason)
        self.audit("time_held", reason.value)
        self.owe(NoticeKind.TIME_UNUSABLE)

    def withdraw(self, reason: str) -> None:
        """End the meeting because of its item; it lives again with it."""
        self.meeting = withdraw(self.writing, self.meeting, self.tools.clock, actor=SERVICE, reason=reason)
        self.binding = replace(self.binding, ended_by_calendar=True)

    def in_own_zone(self, window: Window) -> Window:
        """Return the window in the meeting's own zone where the clock says the same, or where its own is not known."""
        own = self.meeting.window.zone
        same_clock = window.start.astimezone(time_zone(own)).utcoffset() == (
            window.start.astimezone(time_zone(window.zone)).utcoffset()
        )
        return replace(window, zone=own) if same_clock or window.zone == "UTC" else window

    # --- words ----------------------------------------------------------------------------------------------

    def audit(self, action: str, reason: str | None = None) -> None:
        """Write down that the service did something by itself."""
        self.writing.audit(AuditEntry(self.at, self.meeting.tenant, SERVICE, action, self.meeting.id, reason))

    def owe(self, kind: NoticeKind) -> None:
        """Owe the meeting's people a mail."""
        self.writing.owe_notice(self.meeting.id, kind, self.tools.rules.quiet_seconds)

    def tell(self, kind: NoticeKind) -> None:
        """Owe the mail about a change if others must hear of it; else see to it that none goes out, or call it off."""
        owe_change(self.writing, self.meeting, kind, self.tools.rules.quiet_seconds)
