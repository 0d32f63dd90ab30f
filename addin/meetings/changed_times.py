"""Which times of a series have changed beside the meeting's own, and which of that somebody has not heard of; pure.

What is kept is how each was before a change, under the revision that the change made: whoever was told before that
revision knows the time as it was then. So is which rule the series had; of another rule no time is one of the former.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from addin.meetings.bindings import OccurrenceRow
from addin.meetings.links import has_another_pattern
from addin.meetings.model import Told, Window
from addin.meetings.times import time_zone
from calendar_sync.series import Series


@dataclass(frozen=True, slots=True)
class FormerTime:
    """How an occurrence was before the change that gave the meeting that revision."""

    revision: int
    known: OccurrenceRow


@dataclass(frozen=True, slots=True)
class FormerPattern:
    """Which rule the series had (`Series.pattern`) before the change that gave the meeting that revision."""

    revision: int
    pattern: str


@dataclass(frozen=True, slots=True)
class FormerSeries:
    """How a series was before changes, in any order."""

    times: Sequence[FormerTime] = ()
    patterns: Sequence[FormerPattern] = ()

    def followed_by(self, later: FormerSeries) -> FormerSeries:
        """Return the same with what was before later changes, too."""
        return FormerSeries([*self.times, *later.times], [*self.patterns, *later.patterns])

    def pattern_before(self, revision: int, now: Series) -> str:
        """Return which rule the series had just before the meeting got a revision."""
        later = [one for one in self.patterns if one.revision >= revision]
        return min(later, key=lambda one: one.revision).pattern if later else now.pattern

    def has_another_pattern(self, told: Told, now: Series) -> bool:
        """Whether the rule is another one than an audience was told."""
        return self.pattern_before(told.revision + 1, now) != now.pattern

    def times_of_pattern(self, told: Told, now: Series) -> list[FormerTime]:
        """Return the former times that are of the rule which an audience was told."""
        pattern = self.pattern_before(told.revision + 1, now)
        return [one for one in self.times if self.pattern_before(one.revision, now) == pattern]


@dataclass(frozen=True, slots=True)
class ChangedTime:
    """One time of a series as somebody knows it, and as it is; None: it was, or is, taken out. Never both."""

    was: Window | None
    now: Window | None

    def is_own(self, told: Told) -> bool:
        """Whether it is the time that an audience was told itself."""
        return self.was is not None and (self.was.start, self.was.end) == (told.start, told.end)


def former_series(before: Series, after: Series, revision: int) -> FormerSeries:
    """Return what has changed from one state of a series to the next, under the revision that this gives the meeting.

    Of another rule that is the former rule: then no occurrence is one of the former ones. Else the occurrences that
    were moved, taken out or put back.
    """
    if has_another_pattern(before, after):
        return FormerSeries(patterns=[FormerPattern(revision, before.pattern)])
    zone = time_zone(before.zone)
    clock = before.first_start.astimezone(zone).time()
    days = before.cancelled ^ after.cancelled
    originals = {datetime.combine(day, clock, zone).astimezone(UTC) for day in days}
    originals |= {one.original_start for one in {*before.moved} ^ {*after.moved}}
    pairs = [(_as_known(before, original), _as_known(after, original)) for original in sorted(originals)]
    return FormerSeries([FormerTime(revision, known) for known, now in pairs if known != now])


def as_told(told: Told, former: FormerSeries, series: Series) -> dict[datetime, OccurrenceRow]:
    """Return by original start how occurrences were when an audience was told, of those that have changed since."""
    known = dict[datetime, OccurrenceRow]()
    for one in sorted(former.times_of_pattern(told, series), key=lambda one: one.revision):
        if one.revision > told.revision:
            known.setdefault(one.known.original_start, one.known)
    return known


def unheard_times(
    told: Told, former: FormerSeries, series: Series, window: Window, at: datetime
) -> list[ChangedTime]:
    """Return what an audience has not heard of, of what is still to come at `at` (UTC), by time.

    `window` is the meeting's own time. Where the time that the audience was told itself has moved there, the meeting's
    own text tells of it, and it is not among this; it is when it is off, or has moved past the next one.
    """
    found = sorted(_still_changed(as_told(told, former, series).values(), series, at), key=_first_time)
    changed = [ChangedTime(_window(was, window.zone), _window(now, window.zone)) for was, now in found]
    return [one for one in changed if one.now != window or not one.is_own(told)]


def must_hear_of_others(
    told: Told, former: FormerSeries, series: Series, window: Window, at: datetime
) -> bool:
    """Whether an audience has not heard of what became of another time than the one that it was told itself.

    Of another rule it has not heard at all, also where its own time should come back.
    """
    if former.has_another_pattern(told, series):
        return True
    return not all(one.is_own(told) for one in unheard_times(told, former, series, window, at))


def _still_changed(
    known: Iterable[OccurrenceRow], series: Series, at: datetime
) -> Iterator[tuple[OccurrenceRow, OccurrenceRow]]:
    for was in known:
        now = _as_known(series, was.original_start)
        is_same = was == now or (was.cancelled and now.cancelled)
        if not is_same and max(was.end, now.end) > at:
            yield was, now


def _as_known(series: Series, original_start: datetime) -> OccurrenceRow:
    one = series.occurrence(original_start)
    if one is None:
        return OccurrenceRow(original_start, original_start, original_start + series.length, cancelled=True)
    return OccurrenceRow(original_start, one.start, one.end, cancelled=False)


def _window(row: OccurrenceRow, zone: str) -> Window | None:
    return None if row.cancelled else Window(row.start, row.end, zone)


def _first_time(pair: tuple[OccurrenceRow, OccurrenceRow]) -> datetime:
    return min(row.start for row in pair if not row.cancelled)
