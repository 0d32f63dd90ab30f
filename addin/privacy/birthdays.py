"""The calendar in a personal number: which dates somebody can be born on. All dates are Gregorian, without zone."""

from datetime import date
from typing import Final

COORDINATION_DAYS: Final = 60
"""Added to the day of a samordningsnummer (Skatteverket, SKV 707)."""

CENTURIES: Final = ("18", "19", "20")
HOURS: Final = 24
MINUTES: Final = 60


def birthday(digits: str, today: date) -> date | None:
    """Return the date in YYMMDD or YYYYMMDD if somebody in the registers, alive or dead, can be born on it.

    Six digits mean the latest such date that is not in the future, or the one a hundred years before it where the
    calendar lacks the first (29 February 1900 never was).
    """
    latest = latest_year(digits, today)
    years = [latest, latest - 100] if len(digits) == len("YYMMDD") else [latest]
    if len(digits) == len("YYYYMMDD") and not digits.startswith(CENTURIES):
        return None
    dates = (_calendar_date(year, digits) for year in years)
    return next((found for found in dates if found and found <= today), None)


def is_near(digits: str, today: date, days: int) -> bool:
    """Say whether YYMMDD, in any century, or YYYYMMDD lies at most `days` before or after `today`."""
    latest = latest_year(digits, today)
    years = [latest, latest + 100] if len(digits) == len("YYMMDD") else [latest]
    dates = (_calendar_date(year, digits) for year in years)
    return any(found and abs((found - today).days) <= days for found in dates)


def latest_year(digits: str, today: date) -> int:
    """Return the year of YYYYMMDD, or the latest one that is not after this year of YYMMDD."""
    if len(digits) == len("YYYYMMDD"):
        return int(digits[:4])
    return today.year - (today.year - int(digits[:2])) % 100


def is_clock_time(digits: str) -> bool:
    """Say whether four digits can be a time of day, HHMM."""
    return int(digits[:2]) < HOURS and int(digits[2:]) < MINUTES


def _calendar_date(year: int, digits: str) -> date | None:
    try:
        return date(year, int(digits[-4:-2]), int(digits[-2:]))
    except ValueError:
        return None
