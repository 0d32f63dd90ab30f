"""When staff are reminded that others have not been told: after some working hours, or before it is too late. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from addin.meetings.times import time_zone
from templates_messages.times import HOME_ZONE

if TYPE_CHECKING:
    from holidays import HolidayBase

DAY_BEGINS: Final = time(8)
DAY_ENDS: Final = time(17)
# Who reads it then can still reach somebody before going home.
LAST_CALL: Final = time(16)
SATURDAY: Final = 5
# Time enough to reach somebody before they come.
BEFORE_START: Final = timedelta(hours=1)
# A second mail right after the first one says nothing new.
SOONEST: Final = timedelta(minutes=15)


def reminder_at(sent_at: datetime, begins: datetime, hours: float) -> datetime | None:
    """Return when to remind (UTC) of a mail sent at `sent_at`, or None when it would come too late.

    `begins` (UTC) is the first time at which somebody with old facts would come, or miss the meeting.
    """
    soonest, latest = sent_at + SOONEST, begins - BEFORE_START
    if latest < soonest:
        return None
    at_work = last_at_work(latest)
    # When nobody is at work between, a mail that a telephone shows is better than none.
    last = at_work if at_work >= soonest else latest
    return min(after_working_hours(sent_at, timedelta(hours=hours)), last)


def after_working_hours(moment: datetime, worked: timedelta) -> datetime:
    """Return when so much working time has passed after `moment` (UTC): 8 to 17 on Swedish working days."""
    zone = time_zone(HOME_ZONE)
    now, left = moment.astimezone(zone), worked
    while True:
        begins = datetime.combine(now.date(), DAY_BEGINS, zone)
        ends = datetime.combine(now.date(), DAY_ENDS, zone)
        now = max(now, begins)
        if is_working_day(now.date()) and now < ends:
            if now + left <= ends:
                return (now + left).astimezone(moment.tzinfo)
            left -= ends - now
        now = datetime.combine(now.date() + timedelta(days=1), DAY_BEGINS, zone)


def last_at_work(moment: datetime) -> datetime:
    """Return `moment` (UTC) when it is in working hours, else the last call of the working day before it."""
    zone = time_zone(HOME_ZONE)
    local = moment.astimezone(zone)
    day, clock = local.date(), local.time()
    if is_working_day(day) and DAY_BEGINS <= clock <= DAY_ENDS:
        return moment
    if clock < DAY_BEGINS:
        day -= timedelta(days=1)
    while not is_working_day(day):
        day -= timedelta(days=1)
    return datetime.combine(day, LAST_CALL, zone).astimezone(moment.tzinfo)


def is_working_day(day: date) -> bool:
    """Whether people are at work in Sweden: Monday to Friday but for holidays and the eves that are kept like them."""
    return day.weekday() < SATURDAY and day not in _swedish_holidays()


@cache
def _swedish_holidays() -> HolidayBase:
    """Return the holidays (lag 1989:253) and Midsummer's, Christmas and New Year's Eve, of any year asked for."""
    # The library loads many countries' names, and most processes never remind anybody.
    from holidays.constants import DE_FACTO, PUBLIC
    from holidays.countries.sweden import Sweden

    return Sweden(include_sundays=False, categories=(PUBLIC, DE_FACTO))
