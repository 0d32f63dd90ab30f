"""Dates and times as people read them, in the words of each language.

Babel's named formats are wrong in Swedish prose ("15:30:00 centraleuropeisk sommartid"), so every pattern is
written out: date with year, clock with a full stop, en dash in a range (webbriktlinjer.se, guideline 66).

Who reads is in Sweden, so every clock time is Swedish first, whatever zone the item has (ADR 38);
`addin/web/static/time_zone.js` says the same in the pane.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import DateTimePattern, get_timezone_location, parse_pattern

from templates_messages.vocabulary import Language

HOME_ZONE: Final = "Europe/Stockholm"
_HOME: Final = ZoneInfo(HOME_ZONE)
_MIDNIGHT: Final = time()
# CLDR's territory of what is no place, such as UTC and Etc/GMT+2.
_NOWHERE: Final = "ZZ"


@dataclass(frozen=True, slots=True)
class Season:
    """What a clock time is called: as it is, and where it must be said that it is Sweden's."""

    plain: str
    swedish: str


@dataclass(frozen=True, slots=True)
class TimeWords:
    """How one language writes a date, a clock time, what stands between, whole days, and what time it is.

    `always` names a time that its clock tells alone; `summer` and `winter` the two that one clock tells in the night
    when summer time ends. `there` and `day_there` lead on to another place. `last` is the clock time with which a
    window ends on another day than it begins, and `day_end` the one with which a whole day does.
    """

    locale: Locale
    date: DateTimePattern
    clock: DateTimePattern
    between: str
    at: str
    whole_day: str
    whole_days: str
    last: str
    day_end: str
    always: Season
    summer: Season
    winter: Season
    there: str
    day_there: str


TIME_WORDS: Final = {
    Language.SWEDISH: TimeWords(
        Locale("sv"),
        parse_pattern("EEEE d MMMM y"),
        parse_pattern("HH.mm"),
        between=" kl. ",
        at="kl. ",
        whole_day=", hela dagen",
        whole_days=", hela dagarna",
        last="{clock} {date}",
        day_end="24.00",
        always=Season("", " svensk tid"),
        summer=Season(" sommartid", " svensk sommartid"),
        winter=Season(" normaltid", " svensk normaltid"),
        there=" i {place}",
        day_there=" (tid i {place})",
    ),
    Language.ENGLISH: TimeWords(
        Locale("en", "GB"),
        parse_pattern("EEEE d MMMM y"),
        parse_pattern("HH:mm"),
        between=", ",
        at="",
        whole_day=", all day",
        whole_days=", all day",
        last="{clock} on {date}",
        day_end="24:00",
        always=Season("", " Swedish time"),
        summer=Season(" summer time", " Swedish summer time"),
        winter=Season(" standard time", " Swedish standard time"),
        there=" in {place}",
        day_there=" ({place} time)",
    ),
}


def window_in_words(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return `torsdag 25 april 2024 kl. 15.30–16.00`; both dates when the window passes midnight.

    `start` and `end` are aware, of any offset; `zone` is the item's. Where its clock differs from Sweden's, the time
    is said to be Swedish, and the time there follows: `kl. 15.30–16.00 svensk tid (kl. 16.30–17.00 i Helsingfors)`.
    Whole days of the item are a date and no time, and keep their date: `torsdag 25 april 2024, hela dagen`.
    """
    return _window(start.astimezone(UTC), end.astimezone(UTC), language, zone)


@lru_cache(maxsize=1024)
def _window(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return a window, of which both ends are in UTC; kept, since an answer tells one in each form of its text."""
    of_days = zone_of_whole_days(start, end, zone)
    if of_days is not None:
        return _days(start, end, language, of_days)
    return _in_both(start, end, language, zone)


def former_window_in_words(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return a window as told before Swedish time came first, by the item's clock; blocks in items still say it."""
    words, (begins, ends) = TIME_WORDS[language], (start.astimezone(zone), end.astimezone(zone))
    first, last = (
        f"{_date(moment.date(), language)}{words.between}{_clock(moment, language)}"
        for moment in (begins, ends)
    )
    if is_whole_days(begins, ends):
        told = _dates(begins, ends, language)
    else:
        told = f"{first}–{_clock(ends, language)}" if begins.date() == ends.date() else f"{first} – {last}"
    return told if zone.key == HOME_ZONE else told + words.day_there.format(place=_city(zone.key, language))


def moment_in_words(moment: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return `torsdag 25 april 2024 kl. 15.15`; `moment` is aware, and `zone` is the item's, as for a window."""
    return _in_both(moment, moment, language, zone)


def day_in_words(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return the date on which a window begins, as `window_in_words` tells it: `torsdag 25 april 2024`."""
    of_days = zone_of_whole_days(start, end, zone)
    return _date(start.astimezone(of_days or _HOME).date(), language)


def clocks_in_words(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> tuple[str, str]:
    """Return `15.30` and `16.00`, or `15.30 svensk tid` and so on where the item's `zone` has another clock.

    The first is on the date that `day_in_words` tells, and stands beside it. The last has its own where that is
    another: `00.30 fredag 26 april 2024`. Whole days are from `00.00` to `24.00`, by the clock that makes them whole.
    """
    words, of_days = TIME_WORDS[language], zone_of_whole_days(start, end, zone)
    if of_days is not None:
        first, last = _clock_in_words(_MIDNIGHT, language), words.day_end
        days = (start.astimezone(of_days).date(), _last_whole_day(end.astimezone(of_days)))
    else:
        at_home = (start.astimezone(_HOME), end.astimezone(_HOME))
        first, last = (
            _clocks(at, at, language, is_named=not _has_clock_of_sweden(at, zone)) for at in at_home
        )
        days = (at_home[0].date(), at_home[1].date())
    if days[0] == days[1]:
        return first, last
    return first, words.last.format(clock=last, date=_date(days[1], language))


def zone_of_whole_days(start: datetime, end: datetime, zone: ZoneInfo) -> ZoneInfo | None:
    """Return where a window is whole days, the item's `zone` or Sweden's; None when it has a time of day."""
    for place in (zone, _HOME):
        if is_whole_days(start.astimezone(place), end.astimezone(place)):
            return place
    return None


def is_whole_days(start: datetime, end: datetime) -> bool:
    """Whether a window is one or more whole days where people read it, however many hours these have.

    `start` and `end` are already in the reader's zone. Nobody begins at midnight: such a window has no time of day.
    """
    return start.time() == end.time() == _MIDNIGHT and start.date() < end.date()


def is_by_swedish_clock(start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` agree with Sweden's at both ends, so that one time serves all."""
    return _has_clock_of_sweden(start, zone) and _has_clock_of_sweden(end, zone)


def _has_clock_of_sweden(moment: datetime, zone: ZoneInfo) -> bool:
    return (
        zone.key == HOME_ZONE or moment.astimezone(zone).utcoffset() == moment.astimezone(_HOME).utcoffset()
    )


def _days(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return whole days of `zone`, and where they are counted if that is elsewhere."""
    told = _dates(start.astimezone(zone), end.astimezone(zone), language)
    place = None if is_by_swedish_clock(start, end, zone) else _place(zone.key, language)
    return told + TIME_WORDS[language].day_there.format(place=place) if place else told


def _dates(start: datetime, end: datetime, language: Language) -> str:
    """Return whole days without their zone, which `start` and `end` are in."""
    words, first, last = TIME_WORDS[language], start.date(), _last_whole_day(end)
    if last == first:
        return f"{_date(first, language)}{words.whole_day}"
    return f"{_date(first, language)} – {_date(last, language)}{words.whole_days}"


def _last_whole_day(end: datetime) -> date:
    """Return the last of the whole days that end at the midnight `end`."""
    return end.date() - timedelta(days=1)


def _in_both(start: datetime, end: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return the Swedish time, and the time in `zone` where that is a place with another clock."""
    words, here = TIME_WORDS[language], (start.astimezone(_HOME), end.astimezone(_HOME))
    is_shared = is_by_swedish_clock(start, end, zone)
    told = (
        f"{_date(here[0].date(), language)}{words.between}{_clocks(*here, language, is_named=not is_shared)}"
    )
    place = None if is_shared else _place(zone.key, language)
    if place is None:
        return told
    there = (start.astimezone(zone), end.astimezone(zone))
    is_same_day = len({moment.date() for moment in (*here, *there)}) == 1
    lead = words.at if is_same_day else f"{_date(there[0].date(), language)}{words.between}"
    return f"{told} ({lead}{_clocks(*there, language, is_named=False)}{words.there.format(place=place)})"


def _clocks(start: datetime, end: datetime, language: Language, *, is_named: bool) -> str:
    """Return `15.30–16.00`, or one clock time for a moment, with what each must be called; both in one zone."""
    words, seasons = TIME_WORDS[language], _seasons(start, end, language)
    first, last = (_clock(moment, language) for moment in (start, end))
    begun, ended = (season.swedish if is_named else season.plain for season in seasons)
    if (first, begun) == (last, ended) and start.date() == end.date():
        return f"{first}{begun}"
    if start.date() != end.date():
        last = f"{_date(end.date(), language)}{words.between}{last}"
    if begun != ended:
        return f"{first}{begun} – {last}{ended}"
    return f"{first}{'–' if start.date() == end.date() else ' – '}{last}{ended}"


def _seasons(start: datetime, end: datetime, language: Language) -> tuple[Season, Season]:
    """Return what the two ends of a window are called: summer or winter only when a clock tells one of them twice."""
    words = TIME_WORDS[language]
    summer = next((offset for offset in map(_offset_of_first_reading, (start, end)) if offset), None)
    if summer is None:
        return words.always, words.always
    first, last = (words.summer if moment.utcoffset() == summer else words.winter for moment in (start, end))
    return first, last


def _offset_of_first_reading(moment: datetime) -> timedelta | None:
    """Return the offset before clocks are set back when `moment` is read twice that night (PEP 495), else None."""
    first, second = (moment.replace(fold=fold).utcoffset() for fold in (0, 1))
    return None if first == second else first


@lru_cache(maxsize=1024)
def _date(day: date, language: Language) -> str:
    """Return `torsdag 25 april 2024`; kept, since babel works letter by letter and people meet on the same days."""
    words = TIME_WORDS[language]
    return words.date.apply(day, words.locale)


def _clock(moment: datetime, language: Language) -> str:
    return _clock_in_words(moment.time(), language)


@lru_cache(maxsize=1024)
def _clock_in_words(clock: time, language: Language) -> str:
    words = TIME_WORDS[language]
    return words.clock.apply(clock, words.locale)


@cache
def _place(zone_key: str, language: Language) -> str | None:
    """Return the city by which people know a zone; None for one that is no place, in which nobody reads a clock.

    Babel would say `GMT+2` of Etc/GMT+2, where it is two hours before UTC (tz database, `etcetera`).
    """
    canonical = get_global("zone_aliases").get(zone_key, zone_key)
    if get_global("zone_territories").get(canonical, _NOWHERE) == _NOWHERE:
        return None
    return _city(zone_key, language).rpartition("/")[2]


@cache
def _city(zone_key: str, language: Language) -> str:
    """Return what babel calls a zone's city, whether or not it is one."""
    return get_timezone_location(ZoneInfo(zone_key), locale=TIME_WORDS[language].locale, return_city=True)
