"""Which changed times of a series somebody has not heard of, as the pure rule that it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest

from addin.meetings.bindings import OccurrenceRow
from addin.meetings.changed_times import FormerSeries, FormerTime, unheard_times
from addin.meetings.model import Told, Window
from calendar_sync.series import Occurrence, Series
from tests.unit.meetings.doors import END, START

DAY: Final = timedelta(days=1)
LENGTH: Final = END - START
SECOND: Final = START + 7 * DAY
THIRD: Final = START + 14 * DAY
WEEKLY: Final = Series("FREQ=WEEKLY;BYDAY=MO;COUNT=3", START, "Europe/Stockholm", LENGTH)
TOLD: Final = Told(1, START, END)


@pytest.mark.parametrize(
    ("moved_to", "at", "is_told"),
    [
        (SECOND - 2 * DAY, SECOND - DAY, True),
        (SECOND + 2 * DAY, SECOND + DAY, True),
        (SECOND + 2 * DAY, SECOND + 3 * DAY, False),
        (SECOND - 2 * DAY, SECOND + DAY, False),
    ],
)
def test_a_moved_time_is_told_until_both_the_old_one_and_the_new_one_are_over(
    moved_to: datetime, at: datetime, *, is_told: bool
) -> None:
    series = replace(WEEKLY, moved=(Occurrence(SECOND, moved_to, moved_to + LENGTH),))
    known = OccurrenceRow(SECOND, SECOND, SECOND + LENGTH, cancelled=False)
    former = FormerSeries([FormerTime(2, known)])
    now = Window(THIRD, THIRD + LENGTH, "Europe/Stockholm")
    told = unheard_times(TOLD, former, series, now, at)
    assert [(one.was, one.now) for one in told] == (
        [
            (
                Window(SECOND, SECOND + LENGTH, now.zone),
                Window(moved_to, moved_to + LENGTH, now.zone),
            )
        ]
        if is_told
        else []
    )
