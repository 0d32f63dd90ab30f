"""Dates and times as people read them, in the words of each language.

Babel's named formats are wrong in Swedish prose ("15:30:00 centraleuropeisk sommartid"), so every pattern is
written out: date with year, clock with a full stop, en dash in a range (webbriktlinjer.se, guideline 66).
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import DateTimePattern, get_timezone_location, parse_pattern

from templates_messages.vocabulary import Language

HOME_ZONE: Final = "Europe/Stockholm"


@dataclass(frozen=True, slots=True)
class TimeWords:
    """How one language writes a date, a clock time, what stands between them, and another country's time."""

    locale: Locale
    date: DateTimePattern
    clock: DateTimePattern
    between: str
    elsewhere: str


TIME_WORDS: Final = {
    Language.SWEDISH: TimeWords(
        Locale("sv"), parse_pattern("EEEE d MMMM y"), parse_pattern("HH.mm"), " kl. ", " (tid i {place})"
    ),
    Language.ENGLISH: TimeWords(
        Locale("en", "GB"), parse_pattern("EEEE d MMMM y"), parse_pattern("HH:mm"), ", ", " ({place} time)"
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


def window_in_words(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return `torsdag 25 april 2024 kl. 15.30–16.00`; both dates when the window passes midnight.

    `start` and `end` are already in `zone`. A zone other than Sweden's is named, since the reader assumes
    Swedish time.
    """
    between = TIME_WORDS[language].between
    first = f"{date_in_words(start, language)}{between}{clock_in_words(start, language)}"
    if start.date() == end.date():
        window = f"{first}–{clock_in_words(end, language)}"
    else:
        window = f"{first} – {date_in_words(end, language)}{between}{clock_in_words(end, language)}"
    return window if zone.key == HOME_ZONE else window + _place_in_words(zone.key, language)


@cache
def _place_in_words(zone_key: str, language: Language) -> str:
    words = TIME_WORDS[language]
    place = get_timezone_location(ZoneInfo(zone_key), locale=words.locale, return_city=True)
    return words.elsewhere.format(place=place)
