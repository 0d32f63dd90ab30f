"""A series of occurrences: its rule, what was moved or taken out of it, and which occurrences that gives.

Occurrences are known by their original start, which stays when one is moved. Each calendar's own way to write a rule
is turned into RFC 5545's by its adapter, so that there is one expansion, in the series' own zone, over every DST day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

# Nobody books further ahead than this; a series without an end would otherwise never stop.
LONGEST = timedelta(days=366 * 3)
# After so many years the calendar is the same again, weekdays and leap days included.
_CYCLE_YEARS = 400


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of a series. `original_start` (UTC) is its identity; `start` and `end` (UTC) are when it is now."""

    original_start: datetime
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """The rule and what differs from it.

    `rule` is an RFC 5545 RRULE value such as `FREQ=WEEKLY;BYDAY=TU;COUNT=8`. `first_start` is UTC, `zone` the IANA
    name in which the rule counts, `length` that of an occurrence by the rule. `cancelled` are original dates in that
    zone (no series has two occurrences on one day in Outlook); `moved` are the exceptions.
    """

    rule: str
    first_start: datetime
    zone: str
    length: timedelta
    cancelled: frozenset[date] = frozenset()
    moved: tuple[Occurrence, ...] = ()

    def occurrences(self, after: datetime, before: datetime) -> Iterator[Occurrence]:
        """Yield what takes place between two UTC times, by original start; cancelled ones are left out.

        An occurrence is within when its time as it is now touches `after` <= time < `before`.
        """
        moved = {one.original_start: one for one in self.moved}
        latest_original = max([before, *(one.original_start + timedelta(seconds=1) for one in self.moved)])
        for original in self._originals(latest_original):
            if self.is_cancelled(original):
                continue
            one = self._as_it_is(original, moved.get(original))
            if one.end > after and one.start < before:
                yield one

    def occurrence(self, original_start: datetime) -> Occurrence | None:
        """Return the occurrence of that original start (UTC); None when it was taken out, or the rule gives none.

        Told by its day, since no series has two occurrences on one: it stays itself when the series gets another hour.
        """
        zone = ZoneInfo(self.zone)
        day = original_start.astimezone(zone).date()
        if day in self.cancelled:
            return None
        whole_day = timedelta(days=1)
        for original in self._originals(original_start + whole_day):
            if original.astimezone(zone).date() == day:
                moved = next((one for one in self.moved if one.original_start == original), None)
                return self._as_it_is(original, moved)
        return None

    def next_after(self, moment: datetime) -> Occurrence | None:
        """Return the occurrence that ends first after a UTC time, or None when the series is over."""
        upcoming = self.occurrences(moment, moment + LONGEST)
        return min(upcoming, key=lambda one: (one.end, one.original_start), default=None)

    @property
    def signature(self) -> str:
        """Return a short text that is the same exactly as long as the series is."""
        exceptions = sorted(f"{one.original_start} {one.start} {one.end}" for one in self.moved)
        return _digest([*self._rule_parts, *sorted(day.isoformat() for day in self.cancelled), *exceptions])

    @property
    def pattern(self) -> str:
        """Return a short text that is the same exactly as long as the rule is, whatever differs from it."""
        return _digest(self._rule_parts)

    @property
    def _rule_parts(self) -> list[str]:
        return [self.rule, f"{self.first_start}", self.zone, f"{self.length}"]

    def _as_it_is(self, original: datetime, moved: Occurrence | None) -> Occurrence:
        """Return an occurrence; one that was shortened until nothing was left of it lasts as long as the others."""
        one = moved or Occurrence(original, original, original + self.length)
        return one if one.end > one.start else replace(one, end=one.start + self.length)

    def _originals(self, before: datetime) -> Iterator[datetime]:
        """Yield the rule's own starts in UTC; wall time is kept over a change of the clocks."""
        zone = ZoneInfo(self.zone)
        first = self.first_start.astimezone(zone).replace(tzinfo=None)
        for wall in rrulestr(_with_floating_until(self.rule, zone), dtstart=first):
            start = wall.replace(tzinfo=zone).astimezone(UTC)
            if start >= before:
                return
            yield start

    def is_cancelled(self, original: datetime) -> bool:
        """Whether the occurrence with that original start (UTC) was taken out."""
        return original.astimezone(ZoneInfo(self.zone)).date() in self.cancelled


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _with_floating_until(rule: str, zone: ZoneInfo) -> str:
    """Return the rule with UNTIL in the zone's wall time, since the expansion runs in wall time."""
    parts = []
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name.upper() == "UNTIL" and value.endswith("Z"):
            until = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone)
            value = f"{until:%Y%m%dT%H%M%S}"
        elif name.upper() == "UNTIL" and "T" not in value:
            # A date alone means the whole of that day.
            value += "T235959"
        parts.append(f"{name}={value}")
    return ";".join(parts)


def refuse_endless(rule: str, first_start: datetime, zone: str) -> None:
    """Raise ValueError for a rule that cannot be expanded, or never comes true: the search for the next would not end.

    `rule`, `first_start` and `zone` as in `Series`. Calendars that know what they keep have no such rule; a file that
    anybody may have written can have one.
    """
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    if any(int(parts.get(name, 1)) < 1 for name in ("INTERVAL", "COUNT")):
        raise ValueError("a rule that does not move on")
    lasting = ";".join(f"{name}={value}" for name, value in parts.items() if name not in {"UNTIL", "COUNT"})
    first = first_start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    # The search ends with the year 9999, so it is begun as late as the calendar is the same as now.
    late = first.replace(year=first.year + (MAXYEAR - first.year) // _CYCLE_YEARS * _CYCLE_YEARS)
    try:
        comes_true = next(iter(rrulestr(lasting, dtstart=late)), None)
    except (LookupError, TypeError, ArithmeticError):
        raise ValueError("a rule that cannot be expanded") from None
    if comes_true is None:
        raise ValueError("a rule that never comes true")
