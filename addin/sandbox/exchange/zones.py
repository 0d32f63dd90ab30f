"""Time zones by the names that a Swedish mailbox meets: Windows' own (Unicode CLDR, windowsZones) and IANA's."""

from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


def zone_named(name: str) -> ZoneInfo | None:
    """Return a zone by its Windows or IANA name, None when there is none."""
    try:
        return ZoneInfo(WINDOWS.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        return None


def zone(name: str) -> ZoneInfo:
    """Return a zone whose name was accepted before."""
    found = zone_named(name)
    if found is None:
        raise ValueError(f"no such zone: {name}")
    return found
