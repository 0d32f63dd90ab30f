"""Dates and times as people read them, in the words of each language.

Babel's named formats are wrong in Swedish prose ("15:30:00 centraleuropeisk sommartid"), so every pattern is
written out: date with year, clock with a full stop, en dash in a range (webbriktlinjer.se, guideline 66).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import DateTimePattern, get_timezone_location, parse_pattern

from templates_messages.vocabulary import Language

HOME_ZONE: Final = "Europe/Stockholm"
_MIDNIGHT: Final = time()


@dataclass(frozen=True, slots=True)
class TimeWords:
    """How one language writes a date, a clock time, what stands between, whole days, and a time elsewhere."""

    locale: Locale
    date: DateTimePattern
    clock: DateTimePattern
    between: str
    whole_day: str
    whole_days: str
    elsewhere: str


TIME_WORDS: Final = {
    Language.SWEDISH: TimeWords(
        Locale("sv"),
        parse_pattern("EEEE d MMMM y"),
        parse_pattern("HH.mm"),
        " kl. ",
        ", hela dagen",
        ", hela dagarna",
        " (tid i {place})",
    ),
    Language.ENGLISH: TimeWords(
        Locale("en", "GB"),
        parse_pattern("EEEE d MMMM y"),
        parse_pattern("HH:mm"),
        ", ",
        ", all day",
        ", all day",
        " ({place} time)",
    ),
}


def date_in_words(moment: datetime, language: Language) -> str:
    """Return `torsdag 25 april 2024` for a datetime already in the reader's zone."""
    return _day_in_words(moment.date(), language)


@lru_cache(maxsize=1024)
def _day_in_words(day: date, language: Language) -> str:
    """Return the same for a date; kept, since babel works it out letter by letter and people meet on the same days."""
    words = TIME_WORDS[language]
    return words.date.apply(day, words.locale)


def clock_in_words(moment: datetime, language: Language) -> str:
    """Return `15.30` for a datetime already in the reader's zone."""
    return _clock_in_words(moment.time(), language)


@lru_cache(maxsize=1024)
def _clock_in_words(clock: time, language: Language) -> str:
    words = TIME_WORDS[language]
    return words.clock.apply(clock, words.locale)


def is_whole_days(start: datetime, end: datetime) -> bool:
    """Whether a window is one or more whole days where people read it, however many hours these have.

    `start` and `end` are already in the reader's zone. Nobody begins at midnight: such a window has no time of day.
    """
    return start.time() == end.time() == _MIDNIGHT and start.date() < end.date()


def window_in_words(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return `torsdag 25 april 2024 kl. 15.30–16.00`; both dates when the window passes midnight.

    Whole days read `torsdag 25 april 2024, hela dagen`. `start` and `end` are already in `zone`. A zone other than
    Sweden's is named, since the reader assumes Swedish time.
    """
    window = _days(start, end, language) if is_whole_days(start, end) else _clocks(start, end, language)
    return window if zone.key == HOME_ZONE else window + _place_in_words(zone.key, language)


def _days(start: datetime, end: datetime, language: Language) -> str:
    words, last = TIME_WORDS[language], end.date() - timedelta(days=1)
    first = date_in_words(start, language)
    if last == start.date():
        return f"{first}{words.whole_day}"
    return f"{first} – {_day_in_words(last, language)}{words.whole_days}"


def _clocks(start: datetime, end: datetime, language: Language) -> str:
    between = TIME_WORDS[language].between
    first = f"{date_in_words(start, language)}{between}{clock_in_words(start, language)}"
    if start.date() == end.date():
        return f"{first}–{clock_in_words(end, language)}"
    return f"{first} – {date_in_words(end, language)}{between}{clock_in_words(end, language)}"


@cache
def _place_in_words(zone_key: str, language: Language) -> str:
    words = TIME_WORDS[language]
    place = get_timezone_location(ZoneInfo(zone_key), locale=words.locale, return_city=True)
    return words.elsewhere.format(place=place)
