"""Recurrence rules as Exchange Web Services write them (`t:Recurrence`), from and to the store's."""

from __future__ import annotations

from typing import Final, cast, get_args

from lxml.etree import _Element

from addin.sandbox.exchange.ews.soap import Failure, T, local_name, types
from addin.sandbox.exchange.ews.times import day
from addin.sandbox.exchange.items import PatternKind, Recurrence, Weekday, WeekIndex

_PATTERNS: Final[dict[str, PatternKind]] = {
    "DailyRecurrence": "daily",
    "WeeklyRecurrence": "weekly",
    "AbsoluteMonthlyRecurrence": "absoluteMonthly",
    "RelativeMonthlyRecurrence": "relativeMonthly",
    "AbsoluteYearlyRecurrence": "absoluteYearly",
    "RelativeYearlyRecurrence": "relativeYearly",
}
_NAMES: Final = {kind: name for name, kind in _PATTERNS.items()}
_WORKING: Final[tuple[Weekday, ...]] = ("monday", "tuesday", "wednesday", "thursday", "friday")
_FREE: Final[tuple[Weekday, ...]] = ("saturday", "sunday")
# DayOfWeekType has names for more than one day, which only the relative patterns may use.
_GROUPS: Final[dict[str, tuple[Weekday, ...]]] = {
    "Day": (*_WORKING, *_FREE),
    "Weekday": _WORKING,
    "WeekendDay": _FREE,
}
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def recurrence_of(told: _Element, zone: str) -> Recurrence:
    """Return the rule that a `t:Recurrence` tells, counted in a zone; raises Failure."""
    pattern, bounds = told[0], told[1]
    kind = _PATTERNS.get(local_name(pattern))
    if kind is None:
        raise Failure(
            "ErrorCalendarInvalidRecurrence", "The recurrence pattern is not valid for calendar items."
        )
    month = pattern.findtext(f"{T}Month")
    last, count = bounds.findtext(f"{T}EndDate"), bounds.findtext(f"{T}NumberOfOccurrences")
    return Recurrence(
        kind=kind,
        interval=int(pattern.findtext(f"{T}Interval") or 1),
        first=day(bounds.findtext(f"{T}StartDate")),
        zone=zone,
        range_kind="endDate" if last else "numbered" if count else "noEnd",
        last=day(last) if last else None,
        count=int(count) if count else None,
        days=_days(pattern.findtext(f"{T}DaysOfWeek") or ""),
        day_of_month=int(pattern.findtext(f"{T}DayOfMonth") or 0),
        month=_MONTHS.index(month) + 1 if month else 0,
        index=cast("WeekIndex", (pattern.findtext(f"{T}DayOfWeekIndex") or "First").lower()),
        # Exchange's own default is Sunday (WeeklyRecurrence, FirstDayOfWeek).
        first_weekday=cast("Weekday", (pattern.findtext(f"{T}FirstDayOfWeek") or "Sunday").lower()),
    )


def told_recurrence(rule: Recurrence) -> _Element:
    """Return a rule as `t:Recurrence`; the parts stand in the schema's order."""
    pattern = types(_NAMES[rule.kind])
    if not rule.kind.endswith("Yearly"):
        pattern.append(types.Interval(str(rule.interval)))
    if rule.days:
        pattern.append(types.DaysOfWeek(_told_days(rule)))
    if rule.kind.startswith("relative"):
        pattern.append(types.DayOfWeekIndex(rule.index.capitalize()))
    if rule.kind.startswith("absolute"):
        pattern.append(types.DayOfMonth(str(rule.day_of_month)))
    if rule.kind.endswith("Yearly"):
        pattern.append(types.Month(_MONTHS[rule.month - 1]))
    if rule.kind == "weekly":
        pattern.append(types.FirstDayOfWeek(rule.first_weekday.capitalize()))
    return types.Recurrence(pattern, _bounds(rule))


def _bounds(rule: Recurrence) -> _Element:
    first = types.StartDate(rule.first.isoformat())
    if rule.range_kind == "endDate" and rule.last:
        return types.EndDateRecurrence(first, types.EndDate(rule.last.isoformat()))
    if rule.range_kind == "numbered":
        return types.NumberedRecurrence(first, types.NumberOfOccurrences(str(rule.count)))
    return types.NoEndRecurrence(first)


def _days(told: str) -> tuple[Weekday, ...]:
    found: list[Weekday] = []
    for name in told.split():
        if name.lower() in get_args(Weekday):
            found.append(cast("Weekday", name.lower()))
        elif name in _GROUPS:
            found += _GROUPS[name]
        else:
            raise Failure("ErrorCalendarInvalidRecurrence", "A day of the week that is none.")
    return tuple(found)


def _told_days(rule: Recurrence) -> str:
    grouped = (name for name, days in _GROUPS.items() if set(days) == set(rule.days))
    name = next(grouped, None) if rule.kind.startswith("relative") else None
    return name or " ".join(one.capitalize() for one in rule.days)
