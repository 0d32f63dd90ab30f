"""Graph's two ways to write time: an instant with Z, and wall time beside the name of a zone (Windows or IANA)."""

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from addin.sandbox.exchange.graph.faults import GraphFault, bad_request
from addin.sandbox.exchange.zones import zone_named
from addin.sandbox.shelf import Json

WALL: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?(Z)?")


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its Windows or IANA name; raises GraphFault."""
    found = zone_named(name)
    if found is None:
        message = f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
        raise GraphFault(400, "TimeZoneNotSupportedException", message)
    return found


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


def moment_of(value: str | None, name: str) -> datetime:
    """Return an instant that a query or a body tells; without an offset it is UTC; raises GraphFault."""
    if not value:
        raise bad_request(f"This request requires a time specified by {name}.")
    try:
        # A plus sign that was not encoded arrives as a space; seven decimals are one more than Python reads.
        told = re.sub(r"(\.\d{6})\d+", r"\1", value.replace(" ", "+"))
        moment = datetime.fromisoformat(told)
    except ValueError as fault:
        raise bad_request(f"The value of {name} is not a valid date and time.") from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
