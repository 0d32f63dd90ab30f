"""An item as iCalendar text: what Exchange gives as the MIME content of a calendar item, and only what clients read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from icalendar import Calendar, Event, vRecur

from addin.sandbox.exchange.items import Item, Recurrence
from addin.sandbox.exchange.series import POSITIONS

_FREQUENCIES: Final = {
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "absoluteMonthly": "MONTHLY",
    "relativeMonthly": "MONTHLY",
    "absoluteYearly": "YEARLY",
    "relativeYearly": "YEARLY",
}


def calendar_text(item: Item) -> str:
    """Return a whole VCALENDAR with the item, times in UTC."""
    calendar = Calendar()
    calendar.add("prodid", "-//Sandbox//Exchange//SV")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", item.uid)
    event.add("summary", item.subject)
    event.add("dtstamp", item.modified)
    event.add("dtstart", item.start)
    event.add("dtend", item.end)
    event.add("sequence", item.sequence)
    if item.location:
        event.add("location", item.location)
    if item.recurrence:
        event.add("rrule", _rule(item.recurrence))
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


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
