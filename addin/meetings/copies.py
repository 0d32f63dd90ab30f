"""What is done about a copy of a meeting's calendar item: two items never share a room.

A copy bears our tag and our block. By its type's `copy_rule` it loses both, or gets a meeting of its own. Where people
have been invited to it they would be told of a change by the calendar, so its owner is asked first. The original is
never touched.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from addin.meetings.bindings import BindingClaim, Copy, CopyOutcome, ItemBinding, SeriesAnswer
from addin.meetings.codes import new_code
from addin.meetings.ledger_port import Reading, Writing
from addin.meetings.look import OPEN_COPIES, ItemLooks
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import SERVICE, AuditEntry, Meeting, MeetingState, Window
from addin.meetings.notices import NoticeKind
from addin.meetings.occurrences import current, near
from addin.meetings.rooms import RoomPlans
from calendar_sync.calendar import AccessDenied, CalendarUnreadable, Conflict
from calendar_sync.items import Block, Snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of one copy; `outcome` None: nothing yet, look again, and not before `retry_after` seconds."""

    snapshot: Snapshot
    outcome: CopyOutcome | None
    retry_after: float | None = None


class CopyWork:
    """Deals with copies; `block` renders a meeting's block, `quiet` is how long a notice waits, in seconds."""

    def __init__(
        self,
        looks: ItemLooks,
        plans: RoomPlans,
        block: Callable[[Meeting], Block],
        *,
        may_write: bool,
        service_url: str,
        quiet: float,
    ) -> None:
        self._looks = looks
        self._plans = plans
        self._block = block
        self._may_write = may_write
        self._service_url = service_url
        self._quiet = quiet

    def handle(self, claim: BindingClaim, snapshot: Snapshot, copies: Sequence[Copy]) -> Handled:
        """Do what must be done in the calendar; may be repeated."""
        known = self._looks.known_copy(snapshot.uid, copies)
        outcome = self._wanted(claim, snapshot, known)
        if outcome is CopyOutcome.STRIPPED:
            return self._strip(claim, snapshot)
        return Handled(snapshot, outcome)

    def _wanted(self, claim: BindingClaim, snapshot: Snapshot, known: Copy | None) -> CopyOutcome:
        if not self._may_write:
            return CopyOutcome.UNWRITABLE
        if known and known.outcome is CopyOutcome.STRIP_WANTED:
            return CopyOutcome.STRIPPED
        if known and known.outcome is CopyOutcome.OWN_ROOM_WANTED:
            return CopyOutcome.OWN_ROOM
        if snapshot.is_meeting:
            return CopyOutcome.ASKED
        strips = self._plans.types.of(claim.meeting.type).copy_rule == "strip"
        return CopyOutcome.STRIPPED if strips or _was_removed(claim) else CopyOutcome.OWN_ROOM

    def _strip(self, claim: BindingClaim, snapshot: Snapshot) -> Handled:
        calendar = self._looks.search.calendar_of(snapshot.ref.mailbox, claim.binding)
        if calendar is None:
            return Handled(snapshot, None)
        try:
            known = [self._block(claim.meeting)]
            calendar.replace_block(snapshot.ref, None, None, snapshot.version, self._service_url, known)
        except Conflict:
            return Handled(snapshot, None)
        except AccessDenied:
            return Handled(snapshot, CopyOutcome.UNWRITABLE)
        except CalendarUnreadable as failure:
            log.warning(
                "copy_not_stripped", extra={"meeting": claim.meeting.id, "reason": failure.reason.value}
            )
            return Handled(snapshot, None, failure.retry_after)
        return Handled(snapshot, CopyOutcome.STRIPPED)

    # --- the record -----------------------------------------------------------------------------------------

    def record(self, writing: Writing, meeting: Meeting, handled: Handled, at: datetime) -> None:
        """Write what came of a copy; one that gets a room of its own gets its meeting here."""
        if handled.outcome is None:
            return
        own = (
            self._own_meeting(writing, meeting, handled.snapshot, at)
            if handled.outcome is CopyOutcome.OWN_ROOM
            else None
        )
        uid = self._looks.uid_hash(handled.snapshot.uid)
        writing.put_copy(
            self._copy(writing, meeting, handled, Copy(meeting.id, uid, handled.outcome, at, own))
        )
        writing.audit(
            AuditEntry(at, meeting.tenant, SERVICE, "copy_handled", meeting.id, handled.outcome.value)
        )
        notice = _NOTICES.get(handled.outcome)
        if notice:
            writing.owe_notice(meeting.id, notice, self._quiet)

    def _copy(self, reading: Reading, meeting: Meeting, handled: Handled, copy: Copy) -> Copy:
        """Return what is noted of a copy; one without tag and block has to be found if its original is cut."""
        if copy.outcome in OPEN_COPIES:
            # What is told of it later is about this question.
            return replace(copy, item_hash=self._looks.item_hash(handled.snapshot.ref))
        if copy.outcome is not CopyOutcome.STRIPPED:
            return copy
        known = self._looks.known_copy(handled.snapshot.uid, reading.copies(meeting.id))
        if known and known.outcome is CopyOutcome.STRIP_WANTED:
            # Its owner has said that it is another appointment: it never takes the meeting along.
            return copy
        was_cut = known is not None and known.outcome is CopyOutcome.REPLACED
        outcome = CopyOutcome.REPLACED if was_cut else CopyOutcome.STRIPPED
        return replace(copy, outcome=outcome, ref=handled.snapshot.ref)

    def _own_meeting(self, writing: Writing, original: Meeting, snapshot: Snapshot, at: datetime) -> str:
        kind = self._plans.types.of(original.type)
        # One that ends when it begins gets the original's length, and the next look has its people told.
        series = snapshot.series if snapshot.length else None
        answer = series_answer(kind) if series else None
        meeting = replace(
            original,
            id=secrets.token_hex(16),
            mailbox=snapshot.ref.mailbox,
            window=_window(snapshot, original, answer, kind, at),
            previous=None,
            revision=1,
            state=MeetingState.WANTED,
            attention=None,
            unbound=False,
            join_code=new_code(),
            start_code=new_code(),
            created_at=at,
            host_started_at=None,
            cancelled_at=None,
            told={},
            calendar_notes=frozenset(),
        )
        writing.add_meeting(meeting, None, kind.kept_until(meeting.window))
        writing.add_due_room(self._plans.new_room(meeting, kind.provider))
        writing.add_binding(
            ItemBinding(
                meeting.id,
                meeting.mailbox,
                at,
                item_id=snapshot.ref.item_id,
                uid=snapshot.uid,
                version=snapshot.version,
                series=series,
                series_answer=answer,
                block_due=True,
            )
        )
        if series:
            writing.put_occurrences(meeting.id, near(series, at))
        writing.audit(AuditEntry(at, meeting.tenant, SERVICE, "booked", meeting.id, "copy"))
        return meeting.id


def _was_removed(claim: BindingClaim) -> bool:
    """Whether people took the meeting out of the item, so that a copy, which bears our mark still, asks for none."""
    return claim.meeting.is_cancelled and not claim.binding.ended_by_calendar


def series_answer(kind: MeetingType) -> SeriesAnswer:
    """Return what a type says of an item that became a series."""
    return SeriesAnswer.ONE_LINK if kind.series_rule == "one_link" else SeriesAnswer.ASKED


def _window(
    snapshot: Snapshot, original: Meeting, answer: SeriesAnswer | None, kind: MeetingType, at: datetime
) -> Window:
    zone = original.window.zone if snapshot.zone == "UTC" else snapshot.zone
    if snapshot.series and snapshot.length:
        occurrence = current(snapshot.series, answer, at, kind.open_after)
        if occurrence:
            return Window(occurrence.start, occurrence.end, zone)
    length = snapshot.length or original.window.end - original.window.start
    return Window(snapshot.start, snapshot.start + length, zone)


_NOTICES = {
    CopyOutcome.ASKED: NoticeKind.COPY_ASKED,
    CopyOutcome.UNWRITABLE: NoticeKind.COPY_UNWRITABLE,
}
