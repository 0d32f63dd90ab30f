"""Which day it is where the organisation is, for texts that take effect at midnight and for birthdays."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from addin.meetings.times import date_at_home


@pytest.mark.parametrize(
    ("now", "at_home"),
    [
        (datetime(2027, 2, 28, 22, 59, 59, tzinfo=UTC), date(2027, 2, 28)),
        (datetime(2027, 2, 28, 23, 0, tzinfo=UTC), date(2027, 3, 1)),
        (datetime(2027, 6, 30, 21, 59, 59, tzinfo=UTC), date(2027, 6, 30)),
        (datetime(2027, 6, 30, 22, 0, tzinfo=UTC), date(2027, 7, 1)),
    ],
    ids=["winter, before midnight", "winter, midnight", "summer, before midnight", "summer, midnight"],
)
def test_a_day_begins_at_midnight_in_sweden(now: datetime, at_home: date) -> None:
    assert date_at_home(now) == at_home
