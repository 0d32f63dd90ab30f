"""Graph's way to write a series (`patternedRecurrence`), read as RFC 5545's rule with its exceptions.

Source: Graph v1.0, `recurrencePattern`, `recurrenceRange` and `event`; RFC 5545, section 3.3.10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from calendar_sync.series import Occurrence, Series

Json = Mapping[str, Any]

_DAYS: Final = {
    "sunday": "SU",
    "monday": "MO",
    "tuesday": "TU",
    "wednesday": "WE",
    "thursday": "TH",
    "friday": "FR",
    "saturday": "SA",
}
_WHICH: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
# Every month has so many days; a later day falls on the last one of a month that is too short.
_SHORTEST_MONTH: Final = 28


def series_of(
    recurrence: Json,
    start: datetime,
    end: datetime,
    zone: str,
    cancelled_ids: Sequence[str] = (),
    exceptions: Iterable[tuple[Occurrence, bool]] = (),
) -> Series:
    """Return the series; raises ValueError or KeyError for a rule that is none of Graph's.

    `start` and `end` (UTC) are the first occurrence's, `zone` the IANA name in which the rule counts. `cancelled_ids`
    are `cancelledOccurrences`, each `OID.<master>.<date>`; of each exception also whether it is cancelled.
    """
    told = list(exceptions)
    days = {date.fromisoformat(one.rpartition(".")[2]) for one in cancelled_ids}
    days |= {
        one.original_start.astimezone(ZoneInfo(zone)).date() for one, is_cancelled in told if is_cancelled
    }
    length = end - start
    moved = (one for one, is_cancelled in told if not is_cancelled and _is_moved(one, length))
    return Series(
        rule=rule_of(recurrence),
        first_start=start,
        zone=zone,
        length=length,
        cancelled=frozenset(days),
        moved=tuple(sorted(moved, key=lambda one: one.original_start)),
    )


def rule_of(recurrence: Json) -> str:
    """Return the RRULE value; raises ValueError or KeyError for one that is none of Graph's."""
    pattern, extent = recurrence["pattern"], recurrence["range"]
    parts = [*_PATTERNS[pattern["type"]](pattern), *_extent(extent)]
    interval = int(pattern.get("interval") or 1)
    return ";".join([parts[0], f"INTERVAL={interval}", *parts[1:]] if interval > 1 else parts)


def _is_moved(one: Occurrence, length: timedelta) -> bool:
    """Whether an exception differs in time; one with another subject alone takes place by the rule."""
    return one.start != one.original_start or one.end - one.start != length


def _daily(_: Json) -> list[str]:
    return ["FREQ=DAILY"]


def _weekly(pattern: Json) -> list[str]:
    begins = _DAYS[pattern.get("firstDayOfWeek") or "sunday"]
    return ["FREQ=WEEKLY", f"BYDAY={_days(pattern)}", f"WKST={begins}"]


def _monthly_by_day(pattern: Json) -> list[str]:
    return ["FREQ=MONTHLY", *_day_of_month(pattern)]


def _monthly_by_week(pattern: Json) -> list[str]:
    return ["FREQ=MONTHLY", *_day_of_week(pattern)]


def _yearly_by_day(pattern: Json) -> list[str]:
    return ["FREQ=YEARLY", f"BYMONTH={int(pattern['month'])}", *_day_of_month(pattern)]


def _yearly_by_week(pattern: Json) -> list[str]:
    return ["FREQ=YEARLY", f"BYMONTH={int(pattern['month'])}", *_day_of_week(pattern)]


_PATTERNS: Final[Mapping[str, Callable[[Json], list[str]]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "absoluteMonthly": _monthly_by_day,
    "relativeMonthly": _monthly_by_week,
    "absoluteYearly": _yearly_by_day,
    "relativeYearly": _yearly_by_week,
}


def _day_of_month(pattern: Json) -> list[str]:
    """Outlook moves the 31st to the last day of a shorter month ([MS-OXOCAL], 2.2.1.44.1); a bare rule skips it."""
    day = int(pattern["dayOfMonth"])
    if day <= _SHORTEST_MONTH:
        return [f"BYMONTHDAY={day}"]
    days = ",".join(str(one) for one in range(_SHORTEST_MONTH, day + 1))
    return [f"BYMONTHDAY={days}", "BYSETPOS=-1"]


def _day_of_week(pattern: Json) -> list[str]:
    return [f"BYDAY={_days(pattern)}", f"BYSETPOS={_WHICH[pattern.get('index') or 'first']}"]


def _days(pattern: Json) -> str:
    told = {_DAYS[day] for day in pattern["daysOfWeek"]}
    if not told:
        raise ValueError("no day of the week")
    return ",".join(day for day in _DAYS.values() if day in told)


def _extent(extent: Json) -> list[str]:
    if extent["type"] == "noEnd":
        return []
    if extent["type"] == "numbered":
        return [f"COUNT={int(extent['numberOfOccurrences'])}"]
    if extent["type"] == "endDate":
        return [f"UNTIL={date.fromisoformat(extent['endDate']):%Y%m%d}"]
    raise ValueError("no kind of range")
