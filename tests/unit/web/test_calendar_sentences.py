"""What staff read of a meeting's calendar side does not contradict itself."""

from __future__ import annotations

from addin.meetings.model import CalendarNote
from addin.web.problems import calendar_sentences


def test_of_an_item_that_is_awaited_nobody_reads_that_its_meeting_is_about_to_be_cancelled() -> None:
    missed = {CalendarNote.PERHAPS_CANCELLED, CalendarNote.SERIES}
    assert [note for note, _ in calendar_sentences(missed)] == [
        CalendarNote.PERHAPS_CANCELLED,
        CalendarNote.SERIES,
    ]
    ((note, said), (series, _)) = calendar_sentences(missed | {CalendarNote.ITEM_AWAITED})
    assert (note, series) == (CalendarNote.ITEM_AWAITED, CalendarNote.SERIES)
    assert "ställs mötet in" not in said
