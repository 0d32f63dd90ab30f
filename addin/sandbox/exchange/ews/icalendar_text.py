"""An item as iCalendar text, which is the MIME content of a calendar item: written for who reads one, and read.

Written times are wall times in the item's zone, which is described beside them under Windows' name for it. Read is what
a client writes who sends the text instead of the fields: time, name, place, text and a simple rule.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from addin.sandbox.exchange.ews.soap import Failure
from addin.sandbox.exchange.ews.times import RULES, SHAPES, windows_name
from addin.sandbox.exchange.items import Body, Item, Recurrence, Weekday
from addin.sandbox.exchange.series import POSITIONS
from addin.sandbox.exchange.zones import zone

_FREQUENCIES: Final = {
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "absoluteMonthly": "MONTHLY",
    "relativeMonthly": "MONTHLY",
    "absoluteYearly": "YEARLY",
    "relativeYearly": "YEARLY",
}

_WEEKDAYS: Final[dict[str, Weekday]] = {
    "MO": "monday",
    "TU": "tuesday",
    "WE": "wednesday",
    "TH": "thursday",
    "FR": "friday",
    "SA": "saturday",
    "SU": "sunday",
}


def calendar_text(item: Item) -> str:
    """Return a whole VCALENDAR with the item."""
    name = windows_name(item.start_zone)
    where = zone(name)
    calendar = Calendar()
    calendar.add("prodid", "-//Sandbox//Exchange//SV")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_described(name))
    event = Event()
    event.add("uid", item.uid)
    event.add("summary", item.subject)
    event.add("dtstamp", item.modified)
    for field, moment in (("dtstart", item.start), ("dtend", item.end)):
        wall = moment.astimezone(where).replace(tzinfo=None)
        event.add(field, wall.date() if item.is_all_day else wall)
        if not item.is_all_day:
            event[field].params["TZID"] = name
    event.add("sequence", item.sequence)
    if item.location:
        event.add("location", item.location)
    if item.recurrence:
        event.add("rrule", _rule(item.recurrence))
        clock = item.start.astimezone(where).time()
        for day in sorted(item.cancelled_days):
            event.add("exdate", datetime.combine(day, clock), parameters={"TZID": name})
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


def told_in(content: bytes) -> tuple[dict[str, Any], str | None]:
    """Return the fields and the UID that a VCALENDAR tells of its first event; raises Failure."""
    try:
        events = Calendar.from_ical(content).walk("VEVENT")
        event = next(one for one in events if "RECURRENCE-ID" not in one)
        start, end = event.decoded("DTSTART"), event.decoded("DTEND")
    except (ValueError, KeyError, StopIteration) as mistake:
        raise Failure("ErrorMimeContentInvalid", "The MIME content is not valid.") from mistake
    name = windows_name(str(event["DTSTART"].params.get("TZID", "UTC")))
    is_all_day = not isinstance(start, datetime)
    fields: dict[str, Any] = {
        "start": _instant(start, name),
        "end": _instant(end, name),
        "start_zone": name,
        "end_zone": name,
        "is_all_day": is_all_day,
        "subject": str(event.get("SUMMARY", "")),
        "location": str(event.get("LOCATION", "")),
    }
    if "DESCRIPTION" in event:
        fields["body"] = Body("text", str(event["DESCRIPTION"]))
    rule = event.get("RRULE")
    if isinstance(rule, vRecur):
        fields["recurrence"] = _recurrence(rule, start, name)
    return fields, str(event["UID"]) if "UID" in event else None


def _instant(moment: date, name: str) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone(name))).astimezone(UTC)


def _recurrence(rule: vRecur, start: date, name: str) -> Recurrence:
    frequency, days = str(rule["FREQ"][0]).lower(), [str(day) for day in rule.get("BYDAY", [])]
    if frequency not in {"daily", "weekly"} or set(rule) - {"FREQ", "INTERVAL", "BYDAY", "COUNT", "WKST"}:
        raise Failure(
            "ErrorCalendarInvalidRecurrence", "Only daily and weekly rules are read out of MIME content here."
        )
    first = start.date() if isinstance(start, datetime) else start
    count = int(rule["COUNT"][0]) if "COUNT" in rule else None
    weekdays = tuple(_WEEKDAYS[day] for day in days) or (tuple(_WEEKDAYS.values())[first.weekday()],)
    return Recurrence(
        kind="daily" if frequency == "daily" else "weekly",
        interval=int(rule.get("INTERVAL", [1])[0]),
        first=first,
        zone=name,
        range_kind="numbered" if count else "noEnd",
        count=count,
        days=weekdays if frequency == "weekly" else (),
    )


def _described(name: str) -> Timezone:
    """Return the VTIMEZONE of a Windows zone (RFC 5545, section 3.6.5)."""
    ahead, rule = SHAPES[name]
    told = Timezone()
    told.add("tzid", name)
    told.add_component(_period(TimezoneStandard(), ahead + 60 * (rule is not None), ahead, rule, 1))
    if rule is not None:
        told.add_component(_period(TimezoneDaylight(), ahead, ahead + 60, rule, 0))
    return told


def _period(
    part: TimezoneStandard | TimezoneDaylight, before: int, after: int, rule: str | None, which: int
) -> TimezoneStandard | TimezoneDaylight:
    hour = 0 if rule is None else (2, 3 if rule == "EU" else 2)[which]
    part.add("dtstart", datetime(1601, 1, 1, hour))  # noqa: DTZ001 - wall time
    part.add("tzoffsetfrom", timedelta(minutes=before))
    part.add("tzoffsetto", timedelta(minutes=after))
    if rule is not None:
        month, sunday = RULES[rule][which]
        part.add("rrule", vRecur({"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": f"{sunday}SU"}))
    return part


def _rule(rule: Recurrence) -> vRecur:
    told: dict[str, object] = {"FREQ": _FREQUENCIES[rule.kind], "INTERVAL": rule.interval}
    if rule.days:
        told["BYDAY"] = [day[:2].upper() for day in rule.days]
    if rule.kind.startswith("relative"):
        told["BYSETPOS"] = POSITIONS[rule.index]
    if rule.kind.startswith("absolute"):
        told["BYMONTHDAY"] = rule.day_of_month
    if rule.kind.endswith("Yearly"):
        told["BYMONTH"] = rule.month
    if rule.range_kind == "numbered":
        told["COUNT"] = rule.count
    if rule.range_kind == "endDate" and rule.last:
        told["UNTIL"] = datetime(rule.last.year, rule.last.month, rule.last.day, 23, 59, 59, tzinfo=UTC)
    return vRecur(told)
