"""Reads an iCalendar resource (RFC 5545) as a `Snapshot`; what changes one stands in `ical_changes`.

Of a resource only the properties listed in `READ` are looked at; all else is dropped while the text is taken apart
into lines, before anything is parsed, so that no subject, place or name of an attendee is ever held.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline
from icalendar.prop import vDDDTypes, vDuration, vRecur

from calendar_sync.ical_lines import EVENT, TAG_PROPERTY, lines_in, name_of, unfolded
from calendar_sync.items import ItemRef, Kind, Snapshot, Tag
from calendar_sync.series import Occurrence, Series, refuse_endless
from calendar_sync.zones import described_zone, equal_zone, iana_name

READ: Final = frozenset(
    {
        "UID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXRULE",
        "EXDATE",
        "RECURRENCE-ID",
        "STATUS",
        "CREATED",
        "ORGANIZER",
        "ATTENDEE",
        TAG_PROPERTY,
    }
)
_TOO_OFTEN: Final = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
# More than one of these gives several occurrences a day.
_TIMES_OF_DAY: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")
_MIDNIGHT: Final = time(0)
# What icalendar and dateutil raise over strange input, beside what they say that they do.
_STUMBLES: Final = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError)


@dataclass(frozen=True, slots=True)
class _Line:
    value: str = field(repr=False)
    zone: str | None = None
    range: str | None = None


@dataclass(frozen=True, slots=True)
class _Event:
    """What was kept of a VEVENT: values by the property's name."""

    lines: Mapping[str, Sequence[_Line]]

    def first(self, name: str) -> _Line | None:
        return next(iter(self.lines.get(name, ())), None)

    def all(self, name: str) -> Sequence[_Line]:
        return self.lines.get(name, ())


@dataclass(frozen=True, slots=True)
class _When:
    """A start with the zone it is meant in; `zone` is None when no IANA zone has its rules."""

    at: datetime
    zone: str | None
    all_day: bool


class ItemReader:
    """Reads resources of one mailbox.

    `addresses` are the mailbox's own, lower-case; an item whose ORGANIZER is none of them is somebody else's to
    decide. `home_zone` is the IANA name in which all-day items and times without a zone are meant.
    """

    def __init__(self, addresses: frozenset[str], home_zone: str) -> None:
        self._addresses = addresses
        self._home = home_zone

    def read(self, ref: ItemRef, version: str, data: bytes) -> Snapshot:
        """Return the item; raises ValueError, without a word of it, for what cannot be understood."""
        try:
            return self._read(ref, version, data)
        except _STUMBLES:
            raise ValueError("not an item that can be followed") from None

    def _read(self, ref: ItemRef, version: str, data: bytes) -> Snapshot:
        events, described = _take_apart(data)
        uids = {line.value for event in events for line in event.all("UID")}
        if len(uids) != 1:
            raise ValueError
        zones = _Zones(self._home, described)
        main = next((event for event in events if not event.first("RECURRENCE-ID")), None)
        shown = main or events[0]
        start, end = zones.start(shown), zones.end(shown)
        series = _series(main, events, zones) if main else None
        return Snapshot(
            ref=ref,
            uid=uids.pop(),
            version=version,
            start=start.at,
            end=end,
            zone=start.zone or "UTC",
            kind=Kind.OCCURRENCE if main is None else Kind.MASTER if series else Kind.SINGLE,
            all_day=start.all_day,
            is_cancelled=_status(shown) == "CANCELLED",
            is_organiser=self._decides(shown),
            is_meeting=any(event.first("ATTENDEE") for event in events),
            created_at=_created(shown),
            tag=_tag(events),
            series=series,
        )

    def _decides(self, event: _Event) -> bool:
        organiser = event.first("ORGANIZER")
        return organiser is None or _address(organiser.value) in self._addresses


def may_bear_tag(data: bytes) -> bool:
    """Whether a resource can bear a tag of ours; what cannot is not read at all."""
    return TAG_PROPERTY.encode() in data.upper()


def tag_of(data: bytes) -> Tag | None:
    """Return the tag of a resource, whatever else may be wrong with it."""
    named = re.finditer(
        rb"^%b(?:;[^:]*)?:([^\r\n]*)" % TAG_PROPERTY.encode(), unfolded(data), re.IGNORECASE | re.MULTILINE
    )
    return next((tag for one in named if (tag := Tag.read(one[1].decode("utf-8", "replace")))), None)


def _take_apart(data: bytes) -> tuple[list[_Event], Mapping[str, tuple[str, ...]]]:
    """Return the events, and the lines of each VTIMEZONE by its name."""
    events: list[dict[str, list[_Line]]] = []
    zones: list[list[Contentline]] = []
    for line, inside in lines_in(data):
        if inside[:2] == ("VCALENDAR", "VTIMEZONE"):
            if line.upper() == "BEGIN:VTIMEZONE":
                zones.append([])
            zones[-1].append(line)
        elif inside == EVENT:
            if line.upper() == "BEGIN:VEVENT":
                events.append({})
            _keep(events[-1], line)
    if not events:
        raise ValueError
    described = {_zone_name(lines): tuple(str(line) for line in lines) for lines in zones}
    return [_Event(event) for event in events], described


def _keep(event: dict[str, list[_Line]], line: Contentline) -> None:
    name = name_of(line)
    if name not in READ:
        return
    if name == "ATTENDEE":
        # That there is one is all that is wanted.
        event["ATTENDEE"] = [_Line("")]
        return
    _, params, value = line.parts()
    told = _Line(value, zone=params.get("TZID"), range=params.get("RANGE"))
    event.setdefault(name, []).append(told)


def _zone_name(lines: Sequence[Contentline]) -> str:
    return next((line.parts()[2] for line in lines if name_of(line) == "TZID"), "")


def _status(event: _Event) -> str | None:
    status = event.first("STATUS")
    return status.value.strip().upper() if status else None


def _address(value: str) -> str:
    return value.strip().lower().removeprefix("mailto:")


def _created(event: _Event) -> datetime | None:
    created = event.first("CREATED")
    told = vDDDTypes.from_ical(created.value) if created else None
    return told.astimezone(UTC) if isinstance(told, datetime) and told.tzinfo else None


def _tag(events: Sequence[_Event]) -> Tag | None:
    lines = (line for event in events for line in event.all(TAG_PROPERTY))
    return next((tag for line in lines if (tag := Tag.read(line.value))), None)


class _Zones:
    """Turns the times of one resource into UTC."""

    def __init__(self, home: str, described: Mapping[str, tuple[str, ...]]) -> None:
        self.home = home
        self._described = described

    def start(self, event: _Event) -> _When:
        line = event.first("DTSTART")
        if line is None:
            raise ValueError
        return self.when(line)

    def end(self, event: _Event) -> datetime:
        """Return the end in UTC, by RFC 5545, section 3.6.1, where none is told."""
        ending, lasting = event.first("DTEND"), event.first("DURATION")
        start = self.start(event)
        if ending:
            end = self.when(ending).at
        elif lasting:
            end = start.at + vDuration.from_ical(lasting.value)
        else:
            end = self._next_day(start) if start.all_day else start.at
        if end < start.at:
            raise ValueError
        return end

    def when(self, line: _Line) -> _When:
        whens = self.whens(line)
        if len(whens) != 1:
            raise ValueError
        return whens[0]

    def whens(self, line: _Line) -> list[_When]:
        """Return the times that a line tells, several of them with commas between."""
        return [self._one(vDDDTypes.from_ical(value), line.zone) for value in line.value.split(",")]

    def _one(self, told: object, zone_name: str | None) -> _When:
        if isinstance(told, datetime):
            if told.tzinfo:
                return _When(told.astimezone(UTC), "UTC", all_day=False)
            zone, name = self._zone(zone_name)
            return _When(told.replace(tzinfo=zone).astimezone(UTC), name, all_day=False)
        if isinstance(told, date):
            local = datetime.combine(told, _MIDNIGHT, ZoneInfo(self.home))
            return _When(local.astimezone(UTC), self.home, all_day=True)
        raise ValueError

    def _zone(self, name: str | None) -> tuple[tzinfo, str | None]:
        if not name:
            return ZoneInfo(self.home), self.home
        known = iana_name(name)
        if known:
            return ZoneInfo(known), known
        zone = described_zone(self._described[name])
        equal = equal_zone(zone, (self.home, "UTC"))
        # `zoneinfo` counts a time that the change of the clocks skips as RFC 5545, section 3.3.5 says; `dateutil`
        # does not.
        return (ZoneInfo(equal), equal) if equal else (zone, None)

    def _next_day(self, start: _When) -> datetime:
        day = start.at.astimezone(ZoneInfo(self.home)).date() + timedelta(days=1)
        return datetime.combine(day, _MIDNIGHT, ZoneInfo(self.home)).astimezone(UTC)


def _series(main: _Event, events: Sequence[_Event], zones: _Zones) -> Series | None:
    """Return the series; raises ValueError for one whose occurrences `Series` cannot tell."""
    rules = main.all("RRULE")
    extra = [when for line in main.all("RDATE") for when in zones.whens(line)]
    start = zones.start(main)
    if any(when.at != start.at for when in extra) or main.all("EXRULE") or len(rules) > 1:
        raise ValueError
    if not rules:
        return None
    if start.zone is None:
        raise ValueError
    length = zones.end(main) - start.at
    taken_out = {_day(when, start.zone) for line in main.all("EXDATE") for when in zones.whens(line)}
    moved: list[Occurrence] = []
    for event in events:
        original = _original(event, zones)
        if original is None:
            continue
        if _status(event) == "CANCELLED":
            taken_out.add(_day(original, start.zone))
            continue
        now = Occurrence(original.at, zones.start(event).at, zones.end(event))
        if (now.start, now.end) != (original.at, original.at + length):
            moved.append(now)
    return Series(
        rule=_rule(rules[0], start),
        first_start=start.at,
        zone=start.zone,
        length=length,
        cancelled=frozenset(taken_out),
        moved=tuple(sorted(moved, key=lambda one: one.original_start)),
    )


def _rule(line: _Line, start: _When) -> str:
    told, rule = vRecur.from_ical(line.value), line.value.strip().upper()
    if told["FREQ"][0].upper() in _TOO_OFTEN or any(len(told.get(name, ())) > 1 for name in _TIMES_OF_DAY):
        raise ValueError
    refuse_endless(rule, start.at, start.zone or "UTC")
    return rule


def _original(event: _Event, zones: _Zones) -> _When | None:
    told = event.first("RECURRENCE-ID")
    if told is None:
        return None
    if told.range:
        # RANGE=THISANDFUTURE would change occurrences that have no component of their own.
        raise ValueError
    return zones.when(told)


def _day(when: _When, zone: str) -> date:
    """Return the day of an original start; a date that was told without a time is that date."""
    counted_in = when.zone if when.all_day and when.zone else zone
    return when.at.astimezone(ZoneInfo(counted_in)).date()
