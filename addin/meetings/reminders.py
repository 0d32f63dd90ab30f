"""When staff are reminded that others have not been told: after some working hours, or before it is too late. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from addin.meetings.times import time_zone
from templates_messages.times import HOME_ZONE

DAY_BEGINS: Final = time(8)
DAY_ENDS: Final = time(17)
SATURDAY: Final = 5
# Time enough to reach somebody before they come.
BEFORE_START: Final = timedelta(hours=1)
# A second mail right after the first one says nothing new.
SOONEST: Final = timedelta(minutes=15)


def reminder_at(sent_at: datetime, begins: datetime, hours: float) -> datetime | None:
    """Return when to remind (UTC) of a mail sent at `sent_at`, or None when it would come too late.

    `begins` (UTC) is the first time at which somebody with old facts would come, or miss the meeting.
    """
    due = min(after_working_hours(sent_at, timedelta(hours=hours)), begins - BEFORE_START)
    return due if due >= sent_at + SOONEST else None


def after_working_hours(moment: datetime, worked: timedelta) -> datetime:
    """Return when so much working time has passed after `moment` (UTC): 8 to 17 in Sweden, Monday to Friday."""
    zone = time_zone(HOME_ZONE)
    now, left = moment.astimezone(zone), worked
    while True:
        begins = datetime.combine(now.date(), DAY_BEGINS, zone)
        ends = datetime.combine(now.date(), DAY_ENDS, zone)
        now = max(now, begins)
        if now.weekday() < SATURDAY and now < ends:
            if now + left <= ends:
                return (now + left).astimezone(moment.tzinfo)
            left -= ends - now
        now = datetime.combine(now.date() + timedelta(days=1), DAY_BEGINS, zone)
