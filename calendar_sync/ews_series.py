"""Reads a series as Exchange Web Services writes it into RFC 5545's rule; knows no HTTP and no mailbox.

The elements are those of [types.xsd]: `RecurrenceType`, `ArrayOfOccurrenceInfoType` (ModifiedOccurrences) and
`ArrayOfDeletedOccurrencesType`, as they stand in a recurring master.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lxml.etree import _Element

from calendar_sync.series import Occurrence, Series

TYPES: Final = "{http://schemas.microsoft.com/exchange/services/2006/types}"
# The day that every month has; later ones fall on a short month's last day ([MS-OXOCAL] 2.2.1.44.1, pattern type).
_SAFE_DAY: Final = 28

_DAYS: Final = {
    "Monday": "MO",
    "Tuesday": "TU",
    "Wednesday": "WE",
    "Thursday": "TH",
    "Friday": "FR",
    "Saturday": "SA",
    "Sunday": "SU",
    "Day": "MO,TU,WE,TH,FR,SA,SU",
    "Weekday": "MO,TU,WE,TH,FR",
    "WeekendDay": "SA,SU",
}
_PLACES: Final = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": -1}
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def series_of(master: _Element, zone: str, start: datetime, end: datetime) -> Series:
    """Return the series that a recurring master tells.

    `zone` is the IANA name in which the rule counts, `start` and `end` (UTC) are those of its first occurrence.
    Raises ValueError when the rule is none that a calendar can have (the rules of tasks are such).
    """
    recurrence = master.find(f"{TYPES}Recurrence")
    if recurrence is None:
        raise ValueError("a master without a recurrence")
    length = end - start
    deleted = {
        moment.astimezone(ZoneInfo(zone)).date()
        for moment in map(instant, master.iterfind(f"{TYPES}DeletedOccurrences/*/{TYPES}Start"))
    }
    return Series(
        rule=rule_of(recurrence),
        first_start=start,
        zone=zone,
        length=length,
        cancelled=frozenset(deleted),
        moved=tuple(_moved(master, length)),
    )


def rule_of(recurrence: _Element) -> str:
    """Return a `t:Recurrence` as an RFC 5545 RRULE value; raises ValueError for one that is not understood."""
    parts: dict[str, str] = {}
    for part in recurrence:
        name = str(part.tag).removeprefix(TYPES)
        if name not in _PARTS:
            raise ValueError("a part of a recurrence that is not known")
        parts |= _PARTS[name](part)
    if "FREQ" not in parts:
        raise ValueError("a recurrence without a pattern")
    return ";".join(f"{name}={value}" for name, value in parts.items())


def instant(element: _Element) -> datetime:
    """Return an `xs:dateTime` in UTC; one without an offset is UTC; raises ValueError."""
    moment = datetime.fromisoformat((element.text or "").strip())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moved(master: _Element, length: timedelta) -> Iterator[Occurrence]:
    for told in master.iterfind(f"{TYPES}ModifiedOccurrences/{TYPES}Occurrence"):
        times = [told.find(f"{TYPES}{name}") for name in ("OriginalStart", "Start", "End")]
        original, start, end = (instant(one) for one in times if one is not None)
        # An occurrence whose text alone was changed is an exception to Exchange and none to us.
        if (start, end) != (original, original + length):
            yield Occurrence(original, start, end)


def _daily(part: _Element) -> dict[str, str]:
    return {"FREQ": "DAILY"} | _interval(part)


def _weekly(part: _Element) -> dict[str, str]:
    days = ",".join(_days(part))
    # The week's first day decides which weeks count when not every one does.
    first = _DAYS[_text(part, "FirstDayOfWeek", "Monday")]
    return {"FREQ": "WEEKLY"} | _interval(part) | {"BYDAY": days, "WKST": first}


def _absolute_monthly(part: _Element) -> dict[str, str]:
    return {"FREQ": "MONTHLY"} | _interval(part) | _day_of_month(part)


def _relative_monthly(part: _Element) -> dict[str, str]:
    return {"FREQ": "MONTHLY"} | _interval(part) | _place(part)


def _absolute_yearly(part: _Element) -> dict[str, str]:
    return {"FREQ": "YEARLY"} | _month(part) | _day_of_month(part)


def _relative_yearly(part: _Element) -> dict[str, str]:
    return {"FREQ": "YEARLY"} | _month(part) | _place(part)


def _without_end(_: _Element) -> dict[str, str]:
    return {}


def _until(part: _Element) -> dict[str, str]:
    # An xs:date may bear an offset, which says nothing here: the day is the series' own.
    return {"UNTIL": f"{date.fromisoformat(_text(part, 'EndDate')[:10]):%Y%m%d}"}


def _numbered(part: _Element) -> dict[str, str]:
    return {"COUNT": str(int(_text(part, "NumberOfOccurrences")))}


_PARTS: Final[dict[str, Callable[[_Element], dict[str, str]]]] = {
    "DailyRecurrence": _daily,
    "WeeklyRecurrence": _weekly,
    "AbsoluteMonthlyRecurrence": _absolute_monthly,
    "RelativeMonthlyRecurrence": _relative_monthly,
    "AbsoluteYearlyRecurrence": _absolute_yearly,
    "RelativeYearlyRecurrence": _relative_yearly,
    "NoEndRecurrence": _without_end,
    "EndDateRecurrence": _until,
    "NumberedRecurrence": _numbered,
}


def _interval(part: _Element) -> dict[str, str]:
    interval = int(_text(part, "Interval"))
    return {"INTERVAL": str(interval)} if interval > 1 else {}


def _day_of_month(part: _Element) -> dict[str, str]:
    day = int(_text(part, "DayOfMonth"))
    if day <= _SAFE_DAY:
        return {"BYMONTHDAY": str(day)}
    return {"BYMONTHDAY": ",".join(map(str, range(_SAFE_DAY, day + 1))), "BYSETPOS": "-1"}


def _place(part: _Element) -> dict[str, str]:
    place = _PLACES[_text(part, "DayOfWeekIndex")]
    return {"BYDAY": ",".join(_days(part)), "BYSETPOS": str(place)}


def _month(part: _Element) -> dict[str, str]:
    return {"BYMONTH": str(_MONTHS.index(_text(part, "Month")) + 1)}


def _days(part: _Element) -> list[str]:
    return [_DAYS[day] for day in _text(part, "DaysOfWeek").split()]


def _text(part: _Element, name: str, default: str | None = None) -> str:
    found = part.findtext(f"{TYPES}{name}", default)
    if found is None:
        raise ValueError("a recurrence that lacks a part")
    return found.strip()
