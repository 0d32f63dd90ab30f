"""Finds the IANA time zone that a calendar means by its own name for it, or by a description of its rules.

Windows names one zone for many countries (CLDR's `windowsZones`): the one for Stockholm comes back as Berlin's, which
tells the same time. So instants are compared, never names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, cast
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from tzlocal.windows_tz import tz_win

from calendar_sync.series import refuse_endless

# Where rules of a zone are compared with another's: every ten days over three years shows each change of the clocks.
_SAMPLES: Final = [
    (datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=10 * n)).replace(tzinfo=None) for n in range(110)
]

# Of the places for which Windows has one name, the one that its users near Sweden mean; Unicode's choice is Kiev. The
# pane knows it by the same (`time_zone.js`), so that nobody is told of a third place.
_NEAREST: Final = {"FLE Standard Time": "Europe/Helsinki"}
# How Exchange names the zone of what a program made in UTC.
_MICROSOFTS_UTC: Final = "tzone://Microsoft/Utc"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iana_name(name: str, home: str | None = None) -> str | None:
    """Return the IANA name for an IANA name, a Windows name or a vendor's path that ends in one; None if unknown.

    RFC 5545, section 3.2.19 lets a name be a path such as `/freeassociation.sourceforge.net/Europe/Stockholm`. Where
    Windows has one name for many zones, `home` (IANA) is preferred when it is among them.
    """
    if home and tz_win.get(home) == name:
        return home
    for candidate in _candidates(name.strip().strip('"').strip("/")):
        if candidate in _known():
            return candidate
    return None


def _candidates(name: str) -> Iterator[str]:
    yield name
    if name == _MICROSOFTS_UTC:
        yield "UTC"
    windows = _NEAREST.get(name) or WINDOWS_TO_OLSON.get(name)
    if windows:
        yield windows
    parts = name.split("/")
    # A single last word is no proof: `/vendor/GMT` may be anything, `/vendor/Europe/Stockholm` hardly.
    for start in range(1, len(parts) - 1):
        yield "/".join(parts[start:])


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=64)
def described_zone(lines: Sequence[str]) -> tzinfo:
    """Return the zone that the lines of a VTIMEZONE describe (RFC 5545, section 3.6.5); raises ValueError.

    The lines are unfolded. `icalendar` remembers the first zone of each name for ever, so each is given a name that
    only the same rules have.
    """
    for line in lines:
        if line.upper().startswith("RRULE"):
            _refuse_odd(line.partition(":")[2].strip())
    name = "described-" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
    named = [line for line in lines if not line.upper().startswith("TZID")]
    component = Timezone.from_ical("\r\n".join([named[0], f"TZID:{name}", *named[1:], ""]))
    zone: tzinfo = cast("Timezone", component).to_tz(lookup_tzid=False)
    return zone


def _refuse_odd(rule: str) -> None:
    """Raise ValueError for a rule by which no clocks are changed; some of them would be counted out for minutes."""
    if "FREQ=YEARLY" not in rule.upper().split(";"):
        raise ValueError("clocks that are changed more than twice a year")
    refuse_endless(rule, _EPOCH, "UTC")


def equal_zone(described: tzinfo, candidates: Sequence[str]) -> str | None:
    """Return the first IANA zone whose clocks always agree with the one described; None if there is none."""
    for name in candidates:
        zone = ZoneInfo(name)
        if all(
            moment.replace(tzinfo=described).astimezone(UTC) == moment.replace(tzinfo=zone).astimezone(UTC)
            for moment in _SAMPLES
        ):
            return name
    return None
