"""Instants and zones as Exchange Web Services write them: UTC with Z, and Windows' names for zones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from lxml.etree import _Element

from addin.sandbox.exchange.ews.soap import Failure, types
from addin.sandbox.exchange.zones import WINDOWS, zone, zone_named

# IANA zones that a Swedish mailbox meets, by the Windows zone that Unicode CLDR (windowsZones) gives them. Several
# share one, so a zone does not come back as it was written: Stockholm is told as Berlin's.
SHARED: Final = {
    "Europe/Stockholm": "W. Europe Standard Time",
    "Europe/Oslo": "W. Europe Standard Time",
    "Europe/Vienna": "W. Europe Standard Time",
    "Europe/Copenhagen": "Romance Standard Time",
    "Europe/Riga": "FLE Standard Time",
    "Etc/UTC": "UTC",
}
# Minutes that wall time is ahead of UTC in winter, and whose rule moves the clocks.
SHAPES: Final = {
    "UTC": (0, None),
    "GMT Standard Time": (0, "EU"),
    "W. Europe Standard Time": (60, "EU"),
    "Central Europe Standard Time": (60, "EU"),
    "Central European Standard Time": (60, "EU"),
    "Romance Standard Time": (60, "EU"),
    "FLE Standard Time": (120, "EU"),
    "Eastern Standard Time": (-300, "US"),
}
# Month, which Sunday of it (-1 is the last): when summer time begins, and when it ends.
RULES: Final = {"EU": ((3, -1), (10, -1)), "US": ((3, 2), (11, 1))}


def instant(told: str | None, where: str = "UTC") -> datetime:
    """Return an xs:dateTime in UTC; one without an offset is wall time in a zone; raises Failure."""
    try:
        moment = datetime.fromisoformat((told or "").strip())
    except ValueError as mistake:
        raise Failure(
            "ErrorInvalidValueForProperty", "The specified value is invalid for property."
        ) from mistake
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=zone(where)).astimezone(UTC)


def stamp(moment: datetime) -> str:
    """Return an instant as it is told."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(told: str | None) -> date:
    """Return an xs:date, whose offset says nothing; raises Failure."""
    try:
        return date.fromisoformat((told or "").strip()[:10])
    except ValueError as mistake:
        raise Failure(
            "ErrorInvalidValueForProperty", "The specified value is invalid for property."
        ) from mistake


def windows_name(name: str) -> str:
    """Return the Windows name of a zone that bears a Windows or an IANA name."""
    if name in WINDOWS:
        return name
    if name in SHARED:
        return SHARED[name]
    return next((windows for windows, iana in WINDOWS.items() if iana == name), "UTC")


def known_zone(name: str) -> str:
    """Return a zone's name when it is one of Windows'; raises Failure."""
    if zone_named(name) is None or name not in WINDOWS:
        raise Failure("ErrorCalendarInvalidTimeZone", "The time zone is not valid.")
    return name


def definition(name: str, *, full: bool) -> _Element:
    """Return a `t:TimeZoneDefinition`; `full` with its periods and when one follows the other."""
    told = types.TimeZoneDefinition(Id=name, Name=f"({name})")
    if not full:
        return told
    ahead, rule = SHAPES[name]
    told.append(types.Periods(*_periods(name, ahead, has_summer=rule is not None)))
    told.append(types.TransitionsGroups(types.TransitionsGroup(*_transitions(name, rule), Id="0")))
    told.append(types.Transitions(types.Transition(types.To("0", Kind="Group"))))
    return told


def _periods(name: str, ahead: int, *, has_summer: bool) -> list[_Element]:
    periods = [types.Period(Bias=_bias(ahead), Name="Standard", Id=f"{name}/Standard")]
    if has_summer:
        periods.append(types.Period(Bias=_bias(ahead + 60), Name="Daylight", Id=f"{name}/Daylight"))
    return periods


def _transitions(name: str, rule: str | None) -> list[_Element]:
    if rule is None:
        return [types.Transition(types.To(f"{name}/Standard", Kind="Period"))]
    ends = zip(
        ("Daylight", "Standard"), RULES[rule], ("PT2H", "PT3H" if rule == "EU" else "PT2H"), strict=True
    )
    return [
        types.RecurringDayTransition(
            types.To(f"{name}/{period}", Kind="Period"),
            types.TimeOffset(clock),
            types.Month(str(month)),
            types.DayOfWeek("Sunday"),
            types.Occurrence(str(which)),
        )
        for period, (month, which), clock in ends
    ]


def _bias(ahead: int) -> str:
    """Return how far UTC is ahead of wall time, as a duration."""
    return f"{'-' if ahead > 0 else ''}PT{abs(ahead)}M"
