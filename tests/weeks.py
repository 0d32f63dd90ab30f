"""Weeks for tests: to come on whatever day the tests run, since the service refuses times that are past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Stockholm")

# Further off than anything that the service does, and its pages say, as a meeting draws near.
_FROM_NOW: Final = timedelta(weeks=6)
# What a test does with its week reaches from the week before it to the end of a short series.
_REACH: Final = (timedelta(weeks=-1), timedelta(weeks=4))


def coming_mondays() -> Iterator[date]:
    """Yield Mondays of weeks to come, in Stockholm, each of them once.

    No clock is changed near them, so that no test meets summer time on some days of the year and on others not; what is
    about summer time names its days.
    """
    today = datetime.now(ZONE).date()
    first = today + _FROM_NOW - timedelta(days=today.weekday())
    for monday in (first + timedelta(weeks=number) for number in count()):
        before, after = (datetime.combine(monday + reach, time(), ZONE).utcoffset() for reach in _REACH)
        if before == after:
            yield monday


def monday_before_summer_time() -> date:
    """Return the next of the Mondays four weeks before the Sunday on which the clocks go forward in Stockholm."""
    today = datetime.now(ZONE).date()
    ends = (date(today.year + number, 3, 31) for number in count())
    mondays = (end - timedelta(days=(end.weekday() + 1) % 7 + 27) for end in ends)
    return next(monday for monday in mondays if monday > today)
