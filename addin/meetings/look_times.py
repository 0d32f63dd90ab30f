"""When a meeting's calendar item is looked at next, when nobody asks sooner; pure.

Notifications are quicker and can be lost, so every item is looked at now and then: often near its start, a last time
ten minutes before it, seldom when it is long over.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.bindings import ItemBinding, SeriesAnswer
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import Meeting

NEAR: Final = timedelta(hours=24)
NEAR_PERIOD: Final = timedelta(minutes=15)
# How much longer the period of an item is whose meeting is not near.
FAR_TIMES: Final = 4
PERIOD: Final = FAR_TIMES * NEAR_PERIOD
# A change is to be on the page within the period, and what is due waits for the worker and for the calendar's answer.
HEADROOM: Final = 0.95
OVER_PERIOD: Final = timedelta(hours=6)
LAST_LOOK: Final = timedelta(minutes=10)
# An item that was never saved when its meeting was booked mostly is soon after.
FIRST_PERIOD: Final = timedelta(minutes=1)
FIRST_WHILE: Final = timedelta(minutes=15)
UNBOUND_KEPT: Final = timedelta(hours=24)
SHORTEST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
# What happened while an item could not be read is to be on the page within a minute after it, however long it lasted.
ITEM_PERIOD: Final = timedelta(seconds=45)
# Each try may cost a thread ten seconds, so those of a calendar come so long after each other, all of them together;
# but none later than after a part of the time that it has lasted.
ITEMS_APART: Final = timedelta(seconds=5)
ITEM_PART: Final = 10


def next_look(
    meeting: Meeting,
    binding: ItemBinding,
    kind: MeetingType,
    at: datetime,
    grace: timedelta,
    near_period: timedelta = NEAR_PERIOD,
) -> timedelta | None:
    """Return how long after `at` (UTC) to look again; None: never, unless somebody asks.

    `near_period` is how often an item is looked at whose meeting begins within a day; else four times that.
    """
    if meeting.is_cancelled and not binding.ended_by_calendar:
        return None
    moments = [at + HEADROOM * spread(_period(meeting, binding, at, near_period))]
    if binding.gone_since and not meeting.is_cancelled:
        moments.append(binding.gone_since + grace)
    if not meeting.is_cancelled:
        moments += [moment for moment in _marks(meeting, binding, kind) if moment > at]
    return max(timedelta(), min(moments) - at)


def overdue_unbound(meeting: Meeting, binding: ItemBinding, at: datetime) -> bool:
    """Whether a meeting whose item was never seen has waited long enough for one."""
    if not meeting.unbound or binding.uid is not None or meeting.is_cancelled:
        return False
    return at >= min(binding.created_at + UNBOUND_KEPT, meeting.window.start)


def pause(attempts: int, retry_after: float | None = None) -> timedelta:
    """Return how long to wait after so many failures: what the calendar asks for, else 5, 10, 20 s ... an hour."""
    if retry_after is not None:
        return min(max(timedelta(seconds=retry_after), SHORTEST_PAUSE), LONGEST_PAUSE)
    return spread(min(SHORTEST_PAUSE * (1 << min(attempts, 12)), LONGEST_PAUSE))


def longest_pause_of_item(unread_for: timedelta, unread_items: int) -> timedelta:
    """Return how long to wait at most for an item that alone cannot be read, while its mailbox answers.

    `unread_items` is how many of its calendar are so, itself among them.
    """
    return max(ITEM_PERIOD, min(unread_items * ITEMS_APART, unread_for / ITEM_PART))


def spread(period: timedelta) -> timedelta:
    """Return the period, up to a tenth shorter, so that what began together does not stay together."""
    return period * random.uniform(0.9, 1.0)  # noqa: S311 - spreads load, protects nothing


def _period(meeting: Meeting, binding: ItemBinding, at: datetime, near_period: timedelta) -> timedelta:
    if binding.uid is None and at < binding.created_at + FIRST_WHILE:
        return FIRST_PERIOD
    if meeting.window.end + NEAR < at:
        return OVER_PERIOD
    return near_period if meeting.window.start - NEAR <= at else FAR_TIMES * near_period


def _marks(meeting: Meeting, binding: ItemBinding, kind: MeetingType) -> list[datetime]:
    marks = [meeting.window.start - LAST_LOOK]
    if binding.uid is None and meeting.unbound:
        marks += [binding.created_at + UNBOUND_KEPT, meeting.window.start]
    if binding.series and binding.series_answer is SeriesAnswer.ONE_LINK:
        # The next occurrence takes its turn when this one's door has closed.
        marks.append(meeting.window.end + kind.open_after)
    return marks
