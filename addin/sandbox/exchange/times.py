"""Graph's two ways to write time: an instant with Z, and wall time beside the name of a zone (Windows or IANA)."""

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from addin.sandbox.exchange.faults import GraphFault, bad_request
from addin.sandbox.shelf import Json

# Windows names that a Swedish mailbox meets (Unicode CLDR, windowsZones).
WINDOWS: Final = {
    "UTC": "UTC",
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "FLE Standard Time": "Europe/Helsinki",
    "Eastern Standard Time": "America/New_York",
}
WALL: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?(Z)?")


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its Windows or IANA name; raises GraphFault."""
    try:
        return ZoneInfo(WINDOWS.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as fault:
        message = f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
        raise GraphFault(400, "TimeZoneNotSupportedException", message) from fault


def instant(moment: Json) -> datetime:
    """Return the UTC instant of `{"dateTime", "timeZone"}`; a Z on the time wins over the zone; raises GraphFault."""
    if not isinstance(moment, dict) or set(moment) - {"dateTime", "timeZone"}:
        raise bad_request("start and end are { dateTime, timeZone }.")
    told = WALL.fullmatch(str(moment.get("dateTime", "")))
    if told is None:
        raise bad_request("The dateTime is not a valid date and time.")
    zone = zone_of("UTC" if told[3] else str(moment.get("timeZone") or "UTC"))
    try:
        wall = datetime.fromisoformat(told[1])
    except ValueError as fault:
        raise bad_request("The dateTime is not a valid date and time.") from fault
    microseconds = int((told[2] or "0").ljust(7, "0")[:6])
    return wall.replace(microsecond=microseconds, tzinfo=zone).astimezone(UTC)


def in_zone(moment: datetime, name: str) -> Json:
    """Return an instant as wall time with seven decimals and the zone's name as it was asked for."""
    wall = moment.astimezone(zone_of(name)).replace(tzinfo=None)
    return {"dateTime": f"{wall.isoformat(timespec='microseconds')}0", "timeZone": name}


def stamp(moment: datetime) -> str:
    """Return an instant as Graph's DateTimeOffset: UTC, seven decimals, Z."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}0Z"


def window_edge(value: str | None, name: str) -> datetime:
    """Return a bound of a calendar view; without an offset it is UTC; raises GraphFault."""
    if not value:
        raise bad_request(
            f"This request requires a time window specified by the query string parameter {name}."
        )
    try:
        # A plus sign that was not encoded arrives as a space.
        moment = datetime.fromisoformat(value.replace(" ", "+"))
    except ValueError as fault:
        raise bad_request(f"The value of {name} is not a valid date and time.") from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
