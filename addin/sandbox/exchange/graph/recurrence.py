"""Graph's `patternedRecurrence`: written and read."""

from datetime import date
from typing import Any, Final, get_args

from addin.sandbox.exchange.graph.faults import bad_request, unknown_property
from addin.sandbox.exchange.graph.times import zone_of
from addin.sandbox.exchange.items import PatternKind, RangeKind, Recurrence, Weekday, WeekIndex
from addin.sandbox.shelf import Json

NO_DATE: Final = "0001-01-01"
PATTERN: Final = {"type", "interval", "month", "dayOfMonth", "daysOfWeek", "firstDayOfWeek", "index"}
RANGE: Final = {"type", "startDate", "endDate", "recurrenceTimeZone", "numberOfOccurrences"}
NEEDS: Final = {
    "daily": (),
    "weekly": ("daysOfWeek",),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek",),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "month"),
}


def shown_rule(rule: Recurrence) -> Json:
    """Return a rule as Graph shows it: what does not belong to its kind stands at zero."""
    return {
        "pattern": {
            "type": rule.kind,
            "interval": rule.interval,
            "month": rule.month,
            "dayOfMonth": rule.day_of_month,
            "daysOfWeek": list(rule.days),
            "firstDayOfWeek": rule.first_weekday,
            "index": rule.index,
        },
        "range": {
            "type": rule.range_kind,
            "startDate": rule.first.isoformat(),
            "endDate": rule.last.isoformat() if rule.last else NO_DATE,
            "recurrenceTimeZone": rule.zone,
            "numberOfOccurrences": rule.count or 0,
        },
    }


def rule_of(told: Any, zone: str) -> Recurrence:
    """Return the rule that a body tells; days count in its own zone, else in `zone`; raises GraphFault."""
    pattern, span = _parts(told)
    kind = _choice(pattern.get("type"), PatternKind, "recurrencePatternType")
    missing = [name for name in NEEDS[kind] if not pattern.get(name)]
    if missing:
        raise _invalid(f"{kind} requires {missing[0]}.")
    range_kind = _choice(span.get("type"), RangeKind, "recurrenceRangeType")
    first, last = _day(span.get("startDate")), _day(span.get("endDate"))
    if first is None or (range_kind == "endDate" and (last is None or last < first)):
        raise _invalid("The recurrence range needs a start date, and an end date after it.")
    named = str(span.get("recurrenceTimeZone") or zone)
    zone_of(named)
    return Recurrence(
        kind=kind,
        interval=_number(pattern.get("interval", 1), 1, "interval"),
        first=first,
        zone=named,
        range_kind=range_kind,
        last=last if range_kind == "endDate" else None,
        count=_number(span.get("numberOfOccurrences"), 1, "numberOfOccurrences")
        if range_kind == "numbered"
        else None,
        days=tuple(_choice(day, Weekday, "dayOfWeek") for day in pattern.get("daysOfWeek") or ()),
        day_of_month=_number(pattern.get("dayOfMonth", 0), 0, "dayOfMonth"),
        month=_number(pattern.get("month", 0), 0, "month"),
        index=_choice(pattern.get("index") or "first", WeekIndex, "weekIndex"),
        first_weekday=_choice(pattern.get("firstDayOfWeek") or "sunday", Weekday, "dayOfWeek"),
    )


def _parts(told: Any) -> tuple[Json, Json]:
    if not isinstance(told, dict) or not all(
        isinstance(told.get(name), dict) for name in ("pattern", "range")
    ):
        raise _invalid("A recurrence is { pattern, range }.")
    for name, known in (("pattern", PATTERN), ("range", RANGE)):
        unknown = {one for one in told[name] if not one.startswith("@odata.")} - known
        if unknown:
            raise unknown_property(min(unknown), f"recurrence{name.capitalize()}")
    return told["pattern"], told["range"]


def _choice(value: Any, choices: Any, kind: str) -> Any:
    found = next((one for one in get_args(choices) if one.lower() == str(value).lower()), None)
    if found is None:
        raise bad_request(f"Requested value '{value}' was not found in {kind}.")
    return found


def _number(value: Any, least: int, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _invalid(f"{name} is a whole number of at least {least}.")
    return value


def _day(value: Any) -> date | None:
    if value in {None, NO_DATE}:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as fault:
        raise _invalid("A date of the recurrence range is not one.") from fault


def _invalid(message: str) -> Exception:
    return bad_request(message, "ErrorInvalidRecurrence")
