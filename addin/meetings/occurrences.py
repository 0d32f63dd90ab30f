"""Which occurrence of a series is the meeting's time just now, and which others are near; pure.

A meeting that is a series has one link; its window is the occurrence that is current or next, and is rolled on when
that one's door has closed. That is no new time, so nobody needs to be told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from addin.meetings.bindings import ItemBinding, OccurrenceRow, SeriesAnswer
from addin.meetings.changed_times import FormerSeries, as_told
from addin.meetings.model import Meeting, Told, Window
from calendar_sync.decide import LONGEST_MEETING, Unusable
from calendar_sync.items import Snapshot
from calendar_sync.series import LONGEST, Occurrence, Series

NEAR_FUTURE: Final = timedelta(days=62)
NEAR_PAST: Final = timedelta(days=1)
MOST_NEAR: Final = 40


def current(
    series: Series, answer: SeriesAnswer | None, at: datetime, open_after: timedelta
) -> Occurrence | None:
    """Return the occurrence that the meeting is at `at` (UTC); None when the series is over.

    While nobody has said that the same people meet each time, it is the first one and stays that. Taken out, it is
    none at all: the next one may be another patient's.
    """
    if answer is SeriesAnswer.ONE_LINK:
        return series.next_after(at - open_after)
    return first_occurrence(series)


def first_occurrence(series: Series) -> Occurrence | None:
    """Return the first occurrence by the rule, wherever it was moved; None when it was taken out."""
    near_by = series.occurrences(series.first_start - LONGEST, series.first_start + LONGEST)
    return next((one for one in near_by if one.original_start == series.first_start), None)


def is_without_its_time(
    series: Series, answer: SeriesAnswer | None, at: datetime, open_after: timedelta
) -> bool:
    """Whether the series has no time for the meeting: the one that it is was taken out, or none is left."""
    return current(series, answer, at, open_after) is None


def may_live_again(
    own: Snapshot, before: ItemBinding, answer: SeriesAnswer | None, window: Window, *, is_taken_since: bool
) -> bool:
    """Whether an item that is there again is that of the meeting's people, and so is its time.

    `before` is what was recorded, `window` the meeting's time then, `own` the item as it is now. `is_taken_since`:
    somebody has booked another meeting in it when this one had ended, and the item is that one's.
    """
    if is_taken_since:
        return False
    if not before.has_missed_time or answer is SeriesAnswer.ONE_LINK:
        return True
    # Of another first time nobody can tell whether it is theirs.
    known = before.series.first_start if before.series else window.start
    return (own.series.first_start if own.series else own.start) == known


def unusable_time(
    series: Series, known: Series | None, answer: SeriesAnswer | None, window: Window, at: datetime
) -> Unusable | None:
    """Return why a time of the series cannot be the meeting's, by the rules of a single item; None where all can.

    `known` is the series as it was recorded, `window` the meeting's own time in it. One that was shortened until
    nothing was left of it is as long as the others (`Series`).
    """
    has_all = answer is SeriesAnswer.ONE_LINK
    own = _own_time(series, known, window) if has_all else first_occurrence(series)
    if own and own.end <= at < window.start:
        return Unusable.OVER
    theirs = series.moved if has_all else (own,)
    is_too_long = any(one and one.end > at and one.end - one.start > LONGEST_MEETING for one in theirs)
    return Unusable.TOO_LONG if is_too_long else None


def _own_time(series: Series, known: Series | None, window: Window) -> Occurrence | None:
    """Return when the occurrence takes place now that was at that time in the series as it was known."""
    there = known.occurrences(window.start, window.end) if known else ()
    own = (one for one in there if (one.start, one.end) == (window.start, window.end))
    was = next(own, None)
    return series.occurrence(was.original_start) if was else None


def cancelled(series: Series, after: datetime, before: datetime) -> Iterator[Occurrence]:
    """Yield the occurrences that were taken out and by the rule would take place between two UTC times."""
    whole = replace(series, cancelled=frozenset())
    for one in whole.occurrences(after, before):
        if series.is_cancelled(one.original_start):
            yield one


def was_taken_out(known: Series | None, series: Series, start: datetime, end: datetime) -> bool:
    """Whether what took place at that time (UTC) in the series as it was known has been taken out of it.

    A calendar forgets whereto an occurrence was moved when it is deleted, so only the series as it was known tells
    which one was there.
    """
    there = known.occurrences(start, end) if known else ()
    were = [one for one in there if series.is_cancelled(one.original_start)]
    return any((one.start, one.end) == (start, end) for one in (*were, *cancelled(series, start, end)))


def near(series: Series, at: datetime, known: Sequence[OccurrenceRow] = ()) -> list[OccurrenceRow]:
    """Return the occurrences of the near past and future, those that were taken out included.

    One that was taken out is told by the time that people know, where it was last; `known` are the rows so far.
    """
    begin, end = at - NEAR_PAST, at + NEAR_FUTURE
    rows = [_row(one, taken_out=False) for one in islice(series.occurrences(begin, end), MOST_NEAR)]
    off = {one.original_start: _row(one, taken_out=True) for one in cancelled(series, begin, end)}
    off |= {
        row.original_start: replace(row, cancelled=True)
        for row in known
        if row.end > begin and series.is_cancelled(row.original_start)
    }
    rows += sorted(off.values(), key=_by_time)[:MOST_NEAR]
    return sorted(rows, key=_by_time)


def _by_time(row: OccurrenceRow) -> tuple[datetime, datetime]:
    return row.start, row.original_start


def rolled(
    meeting: Meeting, window: Window, original_start: datetime, series: Series, former: FormerSeries
) -> Meeting:
    """Return the meeting at its next occurrence; who knew of this one's time knows of that one's, as it was then.

    `former` is how `series` was before changes.
    """
    was, told = meeting.window, dict[str, Told]()
    for audience, one in meeting.told.items():
        known = as_told(one, former, series)
        told[audience] = _carried(one, was, window, known.pop(original_start, None), known.values())
    return replace(meeting, window=window, previous=None, told=told)


def _carried(
    told: Told, was: Window, window: Window, known: OccurrenceRow | None, others: Iterable[OccurrenceRow]
) -> Told:
    """Return what an audience knows at the next occurrence, which is at `window`, and is `known` to it otherwise."""
    own = (told.start, told.end)
    knew = own == (was.start, was.end)
    # It knows this one, or the one before, by a time at which it is no more.
    knew_once = any((one.start, one.end) == own for one in others if not one.cancelled)
    if not (knew or knew_once):
        return told
    then = known if known and not known.cancelled else window
    known_then = replace(told, start=then.start, end=then.end)
    return known_then if knew else known_then.made_outdated()


def _row(one: Occurrence, *, taken_out: bool) -> OccurrenceRow:
    return OccurrenceRow(one.original_start, one.start, one.end, taken_out)
