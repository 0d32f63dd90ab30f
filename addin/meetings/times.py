"""From what a caller writes to a window in UTC: every unusable time has an error of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from addin.meetings.errors import (
    MeetingTooLong,
    TimeDoesNotExist,
    TimeInPast,
    TimeMalformed,
    TimeReversed,
    TimeTooFar,
    TimeWithoutOffset,
    TimeZoneMismatch,
    TimeZoneUnknown,
)
from addin.meetings.model import Window
from templates_messages.times import HOME_ZONE, is_whole_days

LONGEST = timedelta(hours=24)
# The day on which summer time ends.
LONGEST_DAY = timedelta(hours=25)

# What stands in the zone database beside the places: the machine's own zone, a rule for POSIX strings, "not set",
# and the places once more with and without leap seconds.
_NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})
_NO_PLACES_UNDER = ("right/", "posix/")
# Ten years: beyond what anybody books, and well before dates that cannot be counted with.
FARTHEST = timedelta(days=3653)


def window(start: str, end: str, zone: str, now: datetime, *, may_be_over: bool = False) -> Window:
    """Return the window that two ISO 8601 times with offset and an IANA zone name.

    A meeting that has begun may be booked, one that is over may not: `may_be_over` leaves that to the caller. Raises
    the errors under `InvalidTime`.
    """
    place = time_zone(zone)
    begins, ends = _instant(start, place), _instant(end, place)
    if ends <= begins:
        raise TimeReversed
    if ends - begins > LONGEST and not _is_one_day(begins, ends, place):
        raise MeetingTooLong
    if ends <= now and not may_be_over:
        raise TimeInPast
    if ends > now + FARTHEST:
        raise TimeTooFar
    return Window(begins, ends, zone)


def _is_one_day(begins: datetime, ends: datetime, place: ZoneInfo) -> bool:
    return ends - begins <= LONGEST_DAY and is_whole_days(begins.astimezone(place), ends.astimezone(place))


def dates_everywhere(window: Window) -> Window:
    """Return within which time (UTC) people may come: of whole days elsewhere also on the same dates in Sweden.

    Such a window tells a date and no time, and whoever reads it here comes on that date by the clock here.
    """
    place, home = time_zone(window.zone), time_zone(HOME_ZONE)
    ends = (window.start.astimezone(place), window.end.astimezone(place))
    if not is_whole_days(*ends):
        return window
    first, last = (datetime.combine(end.date(), time(), home).astimezone(UTC) for end in ends)
    return replace(window, start=min(window.start, first), end=max(window.end, last))


def date_at_home(now: datetime) -> date:
    """Return the date in Sweden at `now` (UTC): texts take effect, and people have birthdays, at midnight there."""
    return now.astimezone(time_zone(HOME_ZONE)).date()


@lru_cache(maxsize=256)
def time_zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name; raises TimeZoneUnknown."""
    if name in _NO_PLACES or name.startswith(_NO_PLACES_UNDER):
        raise TimeZoneUnknown
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown from None


def _instant(text: str, place: ZoneInfo) -> datetime:
    """Return the instant in UTC; `Z` and `+00:00` are taken as they are, other offsets must be the zone's own."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise TimeMalformed from None
    offset = given.utcoffset()
    if offset is None:
        raise TimeWithoutOffset
    try:
        instant = given.astimezone(UTC)
        if offset:
            _hold_against_zone(given.replace(tzinfo=None), offset, place)
    except OverflowError:  # in UTC, or by the zone's own clock, it lies outside the years 1 to 9999
        raise TimeMalformed from None
    return instant


def _hold_against_zone(clock: datetime, offset: timedelta, place: ZoneInfo) -> None:
    readings = [clock.replace(tzinfo=place, fold=fold) for fold in (0, 1)]
    # A clock time in the gap does not come back from UTC as itself (PEP 495, "Missing").
    if all(reading.astimezone(UTC).astimezone(place).replace(tzinfo=None) != clock for reading in readings):
        raise TimeDoesNotExist
    if offset not in [reading.utcoffset() for reading in readings]:
        raise TimeZoneMismatch
