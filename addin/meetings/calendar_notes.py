"""What people should be told of a meeting's calendar side, as it stands; pure, and does not know how it came to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.bindings import Copy, CopyOutcome, ItemBinding, OccurrenceRow, SeriesAnswer
from addin.meetings.model import CalendarNote, Meeting
from addin.meetings.occurrences import cancelled
from calendar_sync.items import Unread
from calendar_sync.series import Series

# A hiccup of a calendar is nobody's business; what lasts is shown.
FROZEN_IS_TOLD_AFTER: Final = timedelta(hours=1)
_LASTING: Final = (Unread.DENIED, Unread.MAILBOX_ELSEWHERE, Unread.MAILBOX_MISSING)


_NOTES_OF: Final[Mapping[Unread, CalendarNote]] = {
    Unread.DENIED: CalendarNote.CALENDAR_DENIED,
    Unread.MAILBOX_ELSEWHERE: CalendarNote.MAILBOX_LOST,
    Unread.MAILBOX_MISSING: CalendarNote.MAILBOX_LOST,
}
# The first says that the calendar answered; an outage of it, later, finds no item either.
_AWAITED: Final = (
    Unread.MAILBOX_ELSEWHERE,
    Unread.UNREACHABLE,
    Unread.THROTTLED,
    Unread.NOT_UNDERSTOOD,
)


def unread_note(binding: ItemBinding) -> CalendarNote:
    """Return what people are told of a binding that is frozen, by its cause."""
    is_at_work = binding.backend is not None and binding.uid is not None and binding.item_id is None
    if is_at_work and binding.unread in _AWAITED:
        # Its mailbox went to another calendar, in which the item was not found (docs/adr/0042).
        return CalendarNote.ITEM_AWAITED
    return _NOTES_OF.get(binding.unread, CalendarNote.FROZEN) if binding.unread else CalendarNote.FROZEN


@dataclass(frozen=True, slots=True)
class CalendarSide:
    """What is known at `at` (UTC).

    `occurrences` are the near ones of a series; another link may be coming; `writes_block`: the service is about to
    write the block into the item. `is_taken`: the item holds another meeting, booked in it later; `has_earlier`: it
    held one before, which lives.
    """

    meeting: Meeting
    binding: ItemBinding
    copies: Sequence[Copy]
    occurrences: Sequence[OccurrenceRow]
    link_coming: bool
    at: datetime
    writes_block: bool
    is_taken: bool = False
    has_earlier: bool = False

    def notes(self) -> frozenset[CalendarNote]:
        """Return all that people should be told."""
        return frozenset(self._notes())

    def _notes(self) -> Iterator[CalendarNote]:
        binding = self.binding
        if self._is_frozen_for_long():
            yield unread_note(binding)
        if binding.ended_by_calendar:
            yield CalendarNote.ENDED_WITH_ITEM
        elif binding.gone_since and not self.meeting.is_cancelled:
            yield CalendarNote.PERHAPS_CANCELLED
        if binding.unusable:
            yield CalendarNote.TIME_UNUSABLE
        if binding.series and not self.meeting.is_cancelled:
            yield from self._of_series(binding.series)
        yield from self._of_link()
        yield from self._of_copies()
        if not self.meeting.is_cancelled:
            yield from self._of_others()

    def _of_copies(self) -> Iterator[CalendarNote]:
        outcomes = {copy.outcome for copy in self.copies}
        if CopyOutcome.ASKED in outcomes:
            yield CalendarNote.COPY_ASKED
        if CopyOutcome.UNWRITABLE in outcomes:
            yield CalendarNote.COPY_UNWRITABLE

    def _of_others(self) -> Iterator[CalendarNote]:
        if self.is_taken:
            yield CalendarNote.ITEM_TAKEN
        if self.has_earlier:
            yield CalendarNote.EARLIER_MEETING

    def _of_link(self) -> Iterator[CalendarNote]:
        if self.link_coming:
            yield CalendarNote.LINK_COMING
        old_from = self.binding.block_old_from
        if old_from and old_from <= self.at and not self.writes_block:
            yield CalendarNote.BLOCK_OLD

    def _of_series(self, series: Series) -> Iterator[CalendarNote]:
        yield CalendarNote.SERIES
        if self.binding.series_answer is SeriesAnswer.ASKED:
            yield CalendarNote.SERIES_ASKED
        if self._has_cancelled_before(series):
            yield CalendarNote.OCCURRENCE_CANCELLED

    def _has_cancelled_before(self, series: Series) -> bool:
        """Whether an occurrence that people may wait for before the next one was taken out."""
        until = self.meeting.window.start
        if any(True for _ in cancelled(series, self.at, until)):
            return True
        return any(row.cancelled and row.end > self.at and row.start < until for row in self.occurrences)

    def _is_frozen_for_long(self) -> bool:
        frozen = self.binding.frozen
        if frozen is None:
            return False
        return frozen.reason in _LASTING or self.at - frozen.since >= FROZEN_IS_TOLD_AFTER
