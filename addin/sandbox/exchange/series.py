"""Occurrences: which days a rule gives, how each looks through its master, and how far one can be moved.

Days are counted with a library of the vendor-neutral kind and not with ours: the sandbox shares no code with what it
tests. Sources: [MS-OXOCAL] section 2.2.1.44; Graph's `recurrencePattern` and `recurrenceRange`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Final, Literal

from dateutil import rrule

from addin.sandbox.exchange.items import Item, PatternKind, Recurrence
from addin.sandbox.exchange.refusals import CrossesNeighbour, NoOccurrence
from addin.sandbox.exchange.zones import zone

WEEKDAYS: Final = {
    "monday": rrule.MO,
    "tuesday": rrule.TU,
    "wednesday": rrule.WE,
    "thursday": rrule.TH,
    "friday": rrule.FR,
    "saturday": rrule.SA,
    "sunday": rrule.SU,
}
POSITIONS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
BY_DAY_OF_MONTH: Final = ("daily", "absoluteMonthly", "absoluteYearly")
FREQUENCIES: Final[dict[PatternKind, Literal[0, 1, 2, 3]]] = {
    "daily": rrule.DAILY,
    "weekly": rrule.WEEKLY,
    "absoluteMonthly": rrule.MONTHLY,
    "relativeMonthly": rrule.MONTHLY,
    "absoluteYearly": rrule.YEARLY,
    "relativeYearly": rrule.YEARLY,
}
# Exchange itself shows a series without an end for as long as somebody looks; nobody here looks further.
LONGEST_SERIES: Final = 1500
SHORTEST_OF_MONTHS: Final = 28


def days_of(rule: Recurrence) -> Iterator[date]:
    """Yield the days of a rule, those that were taken out included."""
    for moment in islice(_rrule(rule), LONGEST_SERIES):
        yield moment.date()


def first_day(rule: Recurrence) -> date:
    """Return the first day on which a rule takes place; raises NoOccurrence."""
    day = next(days_of(rule), None)
    if day is None:
        raise NoOccurrence
    return day


def occurrences(master: Item, before: datetime | None = None) -> Iterator[Item]:
    """Yield what is left of a series, by first day; ends with the first day that begins at or after `before`."""
    rule = master.recurrence
    if rule is None:
        return
    latest = max(iter(master.exceptions), default=None)
    for day in days_of(rule):
        late = before is not None and _start_on(master, day) >= before
        if late and (latest is None or day > latest):
            return
        if day not in master.cancelled_days:
            yield occurrence_on(master, day)


def occurrence_on(master: Item, day: date) -> Item:
    """Return the occurrence that had the day first, as it is now."""
    start = _start_on(master, day)
    as_ruled = {
        "item_id": occurrence_id(master.item_id, day),
        "immutable_id": occurrence_id(master.immutable_id, day),
        "master_id": master.item_id,
        "master_immutable_id": master.immutable_id,
        "original_start": start,
        "start": start,
        "end": start + master.length,
        "recurrence": None,
        "cancelled_days": frozenset(),
        "exceptions": {},
        "transaction_id": None,
    }
    differing = dict(master.exceptions.get(day, {}))
    if day in master.exceptions:
        differing["properties"] = {**master.properties, **differing.get("properties", {})}
    return master.with_fields(as_ruled | differing | {"is_exception": day in master.exceptions})


def has_day(master: Item, day: date) -> bool:
    """Whether a series takes place on its day, and still does."""
    if master.recurrence is None or day in master.cancelled_days:
        return False
    return any(one == day for one in _until(master.recurrence, day))


def occurrence_id(master_id: str, day: date) -> str:
    """Return an occurrence's id: its master's, then the day it had first."""
    return f"{master_id.rstrip('=')}AE{day:%Y%m%d}"


def series_of(item_id: str) -> tuple[str, date] | None:
    """Return what an occurrence's id says: its master's id without padding, and the day; None for any other id."""
    beginning, mark, told = item_id[:-10], item_id[-10:-8], item_id[-8:]
    if mark != "AE" or not told.isdecimal():
        return None
    try:
        return beginning, date.fromisoformat(told)
    except ValueError:
        return None


def check_neighbours(master: Item, moved: Item) -> None:
    """Refuse an occurrence that would pass one of its neighbours or lie on its day; raises CrossesNeighbour.

    Graph calls it ErrorOccurrenceCrossingBoundary.
    """
    before = after = None
    for other in occurrences(master):
        if other.original_start == moved.original_start:
            continue
        if moved.original_start and other.original_start and other.original_start < moved.original_start:
            before = other
        else:
            after = other
            break
    crosses = (before and _meets(master, before, moved)) or (after and _meets(master, moved, after))
    if crosses:
        raise CrossesNeighbour


def _meets(master: Item, earlier: Item, later: Item) -> bool:
    where = zone(master.recurrence.zone if master.recurrence else "UTC")
    same_day = earlier.start.astimezone(where).date() >= later.start.astimezone(where).date()
    return same_day or earlier.end > later.start


def _until(rule: Recurrence, day: date) -> Iterator[date]:
    for one in days_of(rule):
        if one > day:
            return
        yield one


def _start_on(master: Item, day: date) -> datetime:
    """Return when the occurrence of a day begins: at the series' wall time, also over a change of clocks."""
    where = zone(master.recurrence.zone if master.recurrence else "UTC")
    clock = master.start.astimezone(where).time()
    return datetime.combine(day, clock, where).astimezone(UTC)


def _rrule(rule: Recurrence) -> rrule.rrule:
    weekdays = [WEEKDAYS[day] for day in rule.days] if rule.kind not in BY_DAY_OF_MONTH else None
    return rrule.rrule(
        FREQUENCIES[rule.kind],
        dtstart=datetime.combine(rule.first, time()),
        interval=rule.interval,
        count=rule.count if rule.range_kind == "numbered" else None,
        until=datetime.combine(rule.last, time()) if rule.last and rule.range_kind == "endDate" else None,
        wkst=WEEKDAYS[rule.first_weekday],
        byweekday=weekdays,
        bymonth=rule.month if rule.kind.endswith("Yearly") else None,
        bymonthday=_days_of_month(rule),
        bysetpos=_position(rule),
    )


def _days_of_month(rule: Recurrence) -> list[int] | None:
    """Return the days among which a month's is; in a month that is too short Exchange takes its last day."""
    if not rule.kind.startswith("absolute"):
        return None
    return list(range(min(rule.day_of_month, SHORTEST_OF_MONTHS), rule.day_of_month + 1))


def _position(rule: Recurrence) -> int | None:
    if rule.kind.startswith("relative"):
        return POSITIONS[rule.index]
    return -1 if rule.kind.startswith("absolute") else None
