"""Windows' names of time zones as IANA's. One Windows name stands for many countries (CLDR, `windowsZones`)."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from tzlocal.windows_tz import tz_win, win_tz


def iana_zone(name: str, home: str) -> str | None:
    """Return the IANA name of a zone that Exchange names, Windows' way or IANA's; None for one that nobody knows.

    `home` (IANA) is preferred where Windows has one name for it and others: Stockholm is "W. Europe Standard Time",
    which CLDR calls Berlin.
    """
    if tz_win.get(home) == name:
        return home
    named = win_tz.get(name, name)
    return named if named in _known() else None


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
