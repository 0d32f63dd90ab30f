"""Carries out what a look has seen of an item that is a series: which occurrence the meeting is just now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from addin.meetings.bindings import SeriesAnswer
from addin.meetings.changed_times import former_series, must_hear_of_others
from addin.meetings.copies import series_answer
from addin.meetings.links import followed_series
from addin.meetings.look import may_be_called_off
from addin.meetings.model import Window
from addin.meetings.notices import NoticeKind
from addin.meetings.occurrences import (
    current,
    is_without_its_time,
    near,
    rolled,
    unusable_time,
    was_taken_out,
)
from addin.meetings.record_draft import Draft
from addin.meetings.record_link import LinkRecord
from calendar_sync.decide import FollowSeries
from calendar_sync.series import Occurrence, Series


class SeriesRecord:
    """Works on a look's draft; `link` is told what a change of the series means for a link that is to come."""

    def __init__(self, draft: Draft, link: LinkRecord) -> None:
        self._draft = draft
        self._link = link

    def follow(self, intent: FollowSeries) -> None:
        """Take up that the item became a series, is another one than before, or is none any more."""
        if intent.series is None:
            self._leave()
            return
        draft = self._draft
        answer = series_answer(draft.kind) if intent.became_one else draft.binding.series_answer
        if self._lost_its_time(intent.series, answer):
            self._miss_time()
            return
        known = followed_series(draft.binding)
        if unusable := unusable_time(intent.series, known, answer, draft.meeting.window, draft.at):
            # The series is not noted, so that the next look finds the same, or finds it mended.
            draft.keep_time(unusable)
            return
        self._note_change(answer, became_one=intent.became_one)
        self._link.keep_over_pattern(intent.series)
        draft.binding = replace(draft.binding, series=intent.series, series_answer=answer)
        self._put_occurrences(intent.series)
        revision = draft.meeting.revision
        if known and draft.is_over():
            # First as it was known: what is new in the next occurrence is a change, though its turn comes just now.
            self._roll_in(known)
        self._agree_with(intent.series, known, became_one=intent.became_one)
        if known and draft.meeting.told and draft.meeting.revision > revision:
            former = former_series(known, intent.series, draft.meeting.revision)
            draft.writing.note_former_series(draft.meeting.id, former)

    def roll(self) -> None:
        """Go on to the next occurrence when this one's door has closed; nobody needs to be told."""
        draft, series = self._draft, followed_series(self._draft.binding)
        if series is None or draft.meeting.is_cancelled or not draft.is_over():
            return
        self._roll_in(series)

    def _roll_in(self, series: Series) -> None:
        draft, occurrence = self._draft, self._current(series)
        if occurrence and not _is_same_time(occurrence, draft.meeting.window):
            self._roll_to(occurrence, series, draft.binding.series or series)

    def _leave(self) -> None:
        draft = self._draft
        self._link.note_kept_time()
        draft.binding = replace(draft.binding, series=None, series_answer=None)
        draft.writing.put_occurrences(draft.meeting.id, [])
        draft.audit("left_series")

    def _note_change(self, answer: SeriesAnswer | None, *, became_one: bool) -> None:
        if not became_one:
            self._draft.audit("series_changed")
            return
        self._draft.audit("became_series", answer.value if answer else None)
        if answer is SeriesAnswer.ASKED:
            self._draft.owe(NoticeKind.SERIES_ASKED)

    def _lost_its_time(self, series: Series, answer: SeriesAnswer | None) -> bool:
        """Whether the time that people know has gone from the series, no other is theirs, and it is still to come."""
        draft = self._draft
        if not is_without_its_time(series, answer, draft.at, draft.kind.open_after):
            return False
        known = followed_series(draft.binding)
        if known and draft.is_over():
            # The one that has its turn just now is the one that people know.
            self._roll_in(known)
        return may_be_called_off(draft.meeting, self._missed_since, draft.at)

    @property
    def _missed_since(self) -> datetime:
        return self._draft.seen.recorded.gone_since or self._draft.at

    def _miss_time(self) -> None:
        """The time that the meeting is was taken out: its end is confirmed by a second look, as any is.

        The series is not noted until then, so that the next look finds the same, or finds the occurrence back.
        """
        draft = self._draft
        if draft.at - self._missed_since < draft.tools.looks.grace:
            draft.binding = replace(draft.binding, gone_since=self._missed_since)
            return
        # The item itself is there, and brings the meeting back when it has a time for it again (`record_item`).
        draft.withdraw("item_gone")
        draft.binding = replace(draft.binding, gone_since=None)
        draft.tell(NoticeKind.CANCELLED)

    def _agree_with(self, series: Series, known: Series | None, *, became_one: bool) -> None:
        """Take the current occurrence's time; one that was moved or taken out is a change that people must hear of.

        `known` is the series as it was before, if it is one whose occurrences are all theirs.
        """
        draft, occurrence = self._draft, self._current(series)
        if occurrence is None:
            return
        if _is_same_time(occurrence, draft.meeting.window):
            if not became_one:
                window = draft.meeting.window
                self._tell_of_others(self._who_hear_of_others(window, series, known))
        elif draft.is_over() and draft.binding.series_answer is SeriesAnswer.ONE_LINK:
            self._roll_to(occurrence, series, series)
        elif occurrence.end > draft.at:
            # Of one that is over somebody notes afterwards when it was, as of a single item.
            notice = NoticeKind.RESCHEDULED
            if self._was_taken_out(series):
                notice = NoticeKind.OCCURRENCE_CANCELLED
            window = self._window(occurrence, series)
            draft.move_to(window, notice, self._who_hear_of_others(window, series, known))

    def _tell_of_others(self, hear: Sequence[str] | None) -> None:
        """Another occurrence than the current one has changed: what people were told is no longer all of it.

        `hear` are those to whom it is not, since what came back needs no word; None: nobody can say, so it is to all.
        """
        draft = self._draft
        if not draft.meeting.told or draft.meeting.is_cancelled:
            return
        if draft.binding.series_answer is SeriesAnswer.FIRST_ONLY:
            # The others are not theirs.
            return
        meeting = draft.meeting
        draft.wish(meeting.with_told_outdated() if hear is None else meeting.with_others_changed(hear))
        draft.tell(NoticeKind.SERIES_CHANGED)

    def _who_hear_of_others(self, window: Window, series: Series, known: Series | None) -> list[str] | None:
        """Return the audiences that must hear of other times, also when their own should come back from `window`.

        None where the others are not known to be theirs.
        """
        draft, meeting = self._draft, self._draft.meeting
        if known is None:
            return None
        just_now = former_series(known, series, meeting.revision + 1)
        noted = draft.writing.former_series(meeting.id).followed_by(just_now)
        return [
            audience
            for audience, told in meeting.told.items()
            if must_hear_of_others(told, noted, series, window, draft.at)
        ]

    def _was_taken_out(self, series: Series) -> bool:
        was = self._draft.meeting.window
        return was_taken_out(self._draft.claim.binding.series, series, was.start, was.end)

    def _roll_to(self, occurrence: Occurrence, series: Series, newest: Series) -> None:
        draft, window = self._draft, self._window(occurrence, series)
        former = draft.writing.former_series(draft.meeting.id)
        draft.wish(rolled(draft.meeting, window, occurrence.original_start, series, former), quietly=True)
        self._put_occurrences(newest)
        draft.audit("rolled_on")

    def _put_occurrences(self, series: Series) -> None:
        draft = self._draft
        known = draft.writing.occurrences(draft.meeting.id)
        draft.writing.put_occurrences(draft.meeting.id, near(series, draft.at, known))

    def _current(self, series: Series) -> Occurrence | None:
        draft = self._draft
        return current(series, draft.binding.series_answer, draft.at, draft.kind.open_after)

    def _window(self, occurrence: Occurrence, series: Series) -> Window:
        return self._draft.in_own_zone(Window(occurrence.start, occurrence.end, series.zone))


def _is_same_time(one: Occurrence, other: Window) -> bool:
    return (one.start, one.end) == (other.start, other.end)
