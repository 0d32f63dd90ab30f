"""What the pane's people answer about a calendar item: the copy shall be so; the series shall be so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from addin.meetings.access import own_meeting
from addin.meetings.bindings import Copy, CopyAnswer, CopyOutcome, SeriesAnswer
from addin.meetings.errors import CopiesNotWritable, MeetingNotFound, NoCopyAsked, SeriesHasGoneOn
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.links import followed_series
from addin.meetings.look import OPEN_COPIES
from addin.meetings.model import AuditEntry, Meeting, Principal
from addin.meetings.occurrences import first_occurrence
from addin.meetings.ports import Clock
from calendar_sync.series import Series

# What an answer asks for, and what it has come to when it was carried out.
_OUTCOMES: Final = {
    CopyAnswer.OWN_ROOM: (CopyOutcome.OWN_ROOM_WANTED, CopyOutcome.OWN_ROOM),
    CopyAnswer.STRIP: (CopyOutcome.STRIP_WANTED, CopyOutcome.STRIPPED),
    CopyAnswer.LEAVE: (CopyOutcome.LEFT,),
}


@dataclass(frozen=True, slots=True)
class ItemAnswers:
    """The use cases; each only makes the meeting's binding due, and the next look carries it out.

    `may_write`: copies may be changed in calendars.
    """

    ledger: Ledger
    clock: Clock
    may_write: bool

    def answer_copies(self, meeting_id: str, answer: CopyAnswer, who: Principal) -> Meeting:
        """Say what the copies shall get that were asked about.

        The meeting itself may have ended meanwhile. A repeat says the same as the first time. Raises MeetingNotFound,
        NoCopyAsked (when nobody waits for an answer), CopiesNotWritable, LedgerUnavailable.
        """
        outcomes = _OUTCOMES[answer]

        def unit(writing: Writing) -> Meeting:
            meeting = own_meeting(writing, meeting_id, who)
            copies = writing.copies(meeting.id)
            asked = [copy for copy in copies if copy.outcome in OPEN_COPIES]
            if not asked and not any(copy.outcome in outcomes for copy in copies):
                raise NoCopyAsked
            if asked and answer is not CopyAnswer.LEAVE and not self.may_write:
                raise CopiesNotWritable
            for copy in asked:
                self._answer_copy(writing, copy, outcomes[0], meeting, who)
            if asked:
                writing.ask_bindings([meeting.id])
            return meeting

        return self.ledger.write(unit)

    def _answer_copy(
        self, writing: Writing, copy: Copy, outcome: CopyOutcome, meeting: Meeting, who: Principal
    ) -> None:
        now = self.clock.now()
        writing.put_copy(replace(copy, outcome=outcome, at=now, item_hash=None))
        entry = AuditEntry(now, meeting.tenant, who.object_id, "copy_answered", meeting.id, outcome.value)
        writing.audit(entry)

    def answer_series(self, meeting_id: str, *, one_link: bool, who: Principal) -> Meeting:
        """Say whether the same people meet each time, so that one link leads to every occurrence.

        Otherwise it leads to the first occurrence alone. Raises MeetingNotFound (also when it is no series),
        SeriesHasGoneOn, LedgerUnavailable.
        """
        answer = SeriesAnswer.ONE_LINK if one_link else SeriesAnswer.FIRST_ONLY

        def unit(writing: Writing) -> Meeting:
            meeting = own_meeting(writing, meeting_id, who)
            if not one_link and _has_gone_on(meeting, followed_series(writing.binding(meeting.id))):
                raise SeriesHasGoneOn
            if not writing.answer_series(meeting.id, answer):
                raise MeetingNotFound
            now = self.clock.now()
            writing.audit(
                AuditEntry(now, meeting.tenant, who.object_id, "series_answered", meeting.id, answer.value)
            )
            return meeting

        return self.ledger.write(unit)


def _has_gone_on(meeting: Meeting, followed: Series | None) -> bool:
    """Whether the link has led to the first occurrence and leads to a later one now."""
    if followed is None:
        return False
    begun = first_occurrence(followed)
    return begun is None or begun.start < meeting.window.start
