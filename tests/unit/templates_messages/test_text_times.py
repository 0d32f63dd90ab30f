"""Dates and times read as people write them, in each language and zone."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_messages.times import (
    TIME_WORDS,
    clocks_in_words,
    day_in_words,
    is_by_swedish_clock,
    moment_in_words,
    window_in_words,
    zone_of_whole_days,
)
from templates_messages.vocabulary import Language

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def window(start: str, end: str, language: Language = Language.SWEDISH, zone: ZoneInfo = STOCKHOLM) -> str:
    first, last = (datetime.fromisoformat(moment).replace(tzinfo=zone) for moment in (start, end))
    return window_in_words(first, last, language, zone)


def test_swedish_has_full_stops_a_year_and_an_en_dash() -> None:
    assert window("2024-04-25T15:30", "2024-04-25T16:00") == "torsdag 25 april 2024 kl. 15.30–16.00"


def test_minutes_and_hours_always_have_two_digits() -> None:
    assert window("2027-01-04T08:05", "2027-01-04T09:00") == "måndag 4 januari 2027 kl. 08.05–09.00"


def test_english_has_english_words_and_colons() -> None:
    told = window("2024-04-25T15:30", "2024-04-25T16:00", Language.ENGLISH)
    assert told == "Thursday 25 April 2024, 15:30–16:00"


def test_a_window_that_passes_midnight_tells_both_dates() -> None:
    assert window("2027-04-22T23:30", "2027-04-23T00:30") == (
        "torsdag 22 april 2027 kl. 23.30 – fredag 23 april 2027 kl. 00.30"
    )


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2026-11-25", "2026-11-26", "onsdag 25 november 2026, hela dagen"),
        ("2026-11-25", "2026-11-28", "onsdag 25 november 2026 – fredag 27 november 2026, hela dagarna"),
        # Days of 23 and of 25 hours.
        ("2027-03-28", "2027-03-29", "söndag 28 mars 2027, hela dagen"),
        ("2027-10-31", "2027-11-01", "söndag 31 oktober 2027, hela dagen"),
        ("2026-12-31", "2027-01-01", "torsdag 31 december 2026, hela dagen"),
        ("2026-11-25T00:00", "2026-11-25T00:30", "onsdag 25 november 2026 kl. 00.00–00.30"),
        (
            "2026-11-25T23:00",
            "2026-11-26T00:00",
            "onsdag 25 november 2026 kl. 23.00 – torsdag 26 november 2026 kl. 00.00",
        ),
    ],
)
def test_whole_days_have_no_clock(start: str, end: str, told: str) -> None:
    assert window(start, end) == told


def test_whole_days_in_english() -> None:
    assert window("2026-11-25", "2026-11-26", Language.ENGLISH) == "Wednesday 25 November 2026, all day"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        # In Sweden it would be from 23.00 the evening before, when nobody means anybody to come.
        ("Europe/Helsinki", "onsdag 25 november 2026, hela dagen (tid i Helsingfors)"),
        ("Europe/Berlin", "onsdag 25 november 2026, hela dagen"),
        ("Etc/UTC", "onsdag 25 november 2026, hela dagen"),
    ],
)
def test_whole_days_elsewhere_keep_their_date(zone: str, told: str) -> None:
    assert window("2026-11-25", "2026-11-26", zone=ZoneInfo(zone)) == told


def test_a_swedish_day_is_one_in_an_item_of_another_zone_too() -> None:
    helsinki = ZoneInfo("Europe/Helsinki")
    told = window("2026-11-25T01:00", "2026-11-26T01:00", zone=helsinki)
    assert told == "onsdag 25 november 2026, hela dagen"


@pytest.mark.parametrize(
    ("zone", "start", "end", "told"),
    [
        (
            "Europe/Helsinki",
            "2027-04-22T15:30",
            "2027-04-22T16:00",
            "torsdag 22 april 2027 kl. 14.30–15.00 svensk tid (kl. 15.30–16.00 i Helsingfors)",
        ),
        (
            "Europe/Helsinki",
            "2027-04-23T00:15",
            "2027-04-23T00:45",
            "torsdag 22 april 2027 kl. 23.15–23.45 svensk tid (fredag 23 april 2027 kl. 00.15–00.45 i Helsingfors)",
        ),
        (
            "Europe/Helsinki",
            "2027-04-23T00:30",
            "2027-04-23T01:30",
            (
                "torsdag 22 april 2027 kl. 23.30 – fredag 23 april 2027 kl. 00.30 svensk tid "
                "(fredag 23 april 2027 kl. 00.30–01.30 i Helsingfors)"
            ),
        ),
        # Clocks were set forward there two weeks before.
        (
            "America/New_York",
            "2027-03-15T08:00",
            "2027-03-15T09:00",
            "måndag 15 mars 2027 kl. 13.00–14.00 svensk tid (kl. 08.00–09.00 i New York)",
        ),
        ("Europe/Berlin", "2027-04-22T15:30", "2027-04-22T16:00", "torsdag 22 april 2027 kl. 15.30–16.00"),
        # Nobody is in UTC: a second clock time would only be one too many.
        ("UTC", "2027-04-22T08:00", "2027-04-22T08:30", "torsdag 22 april 2027 kl. 10.00–10.30 svensk tid"),
        (
            "Etc/GMT+2",
            "2027-04-22T06:00",
            "2027-04-22T06:30",
            "torsdag 22 april 2027 kl. 10.00–10.30 svensk tid",
        ),
        # Lagos has one time all year, and it is Sweden's in winter.
        (
            "Africa/Lagos",
            "2027-04-22T09:00",
            "2027-04-22T09:30",
            "torsdag 22 april 2027 kl. 10.00–10.30 svensk tid (kl. 09.00–09.30 i Lagos)",
        ),
        ("Africa/Lagos", "2027-01-22T09:00", "2027-01-22T09:30", "fredag 22 januari 2027 kl. 09.00–09.30"),
    ],
)
def test_swedish_time_comes_first_and_the_items_where_it_differs(
    zone: str, start: str, end: str, told: str
) -> None:
    assert window(start, end, zone=ZoneInfo(zone)) == told


def test_english_tells_whose_time_it_is_too() -> None:
    told = window("2027-04-22T15:30", "2027-04-22T16:00", Language.ENGLISH, ZoneInfo("Europe/Helsinki"))
    assert told == "Thursday 22 April 2027, 14:30–15:00 Swedish time (15:30–16:00 in Helsinki)"


NIGHT: Final = "söndag 31 oktober 2027 kl. "


@pytest.mark.parametrize(
    ("start", "end", "zone", "told"),
    [
        ("00:30", "01:30", STOCKHOLM, f"{NIGHT}02.30 sommartid – 02.30 normaltid"),
        ("00:15", "00:45", STOCKHOLM, f"{NIGHT}02.15–02.45 sommartid"),
        ("01:45", "02:15", STOCKHOLM, f"{NIGHT}02.45–03.15 normaltid"),
        ("00:45", "01:00", STOCKHOLM, f"{NIGHT}02.45 sommartid – 02.00 normaltid"),
        # Each clock tells these times once.
        ("2027-10-30T23:00", "02:30", STOCKHOLM, f"{NIGHT}01.00–03.30"),
        (
            "00:30",
            "01:30",
            ZoneInfo("Europe/Helsinki"),
            (
                f"{NIGHT}02.30 svensk sommartid – 02.30 svensk normaltid "
                "(kl. 03.30 sommartid – 03.30 normaltid i Helsingfors)"
            ),
        ),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart(start: str, end: str, zone: ZoneInfo, told: str) -> None:
    first, last = (
        datetime.fromisoformat(at if "T" in at else f"2027-10-31T{at}").replace(tzinfo=UTC)
        for at in (start, end)
    )
    assert window_in_words(first, last, Language.SWEDISH, zone) == told


def test_a_moment_is_told_like_a_window() -> None:
    at = datetime(2027, 4, 22, 12, 15, tzinfo=UTC)
    told = moment_in_words(at, Language.SWEDISH, ZoneInfo("Europe/Helsinki"))
    assert told == "torsdag 22 april 2027 kl. 14.15 svensk tid (kl. 15.15 i Helsingfors)"
    assert moment_in_words(at, Language.SWEDISH, STOCKHOLM) == "torsdag 22 april 2027 kl. 14.15"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Stockholm", ("torsdag 22 april 2027", "23.30", "23.45")),
        ("Europe/Helsinki", ("torsdag 22 april 2027", "23.30 svensk tid", "23.45 svensk tid")),
    ],
)
def test_a_time_in_parts_is_swedish(zone: str, told: tuple[str, str, str]) -> None:
    window = (datetime(2027, 4, 22, 21, 30, tzinfo=UTC), datetime(2027, 4, 22, 21, 45, tzinfo=UTC))
    of = (*window, Language.SWEDISH, ZoneInfo(zone))
    assert (day_in_words(*of), *clocks_in_words(*of)) == told


@pytest.mark.parametrize(
    ("start", "end", "zone", "told"),
    [
        ("2027-04-22T23:30", "2027-04-23T00:30", "Europe/Stockholm", ("23.30", "00.30 fredag 23 april 2027")),
        ("2027-04-22T23:00", "2027-04-23T00:00", "Europe/Stockholm", ("23.00", "00.00 fredag 23 april 2027")),
        ("2027-04-22T09:00", "2027-04-24T16:00", "Europe/Stockholm", ("09.00", "16.00 lördag 24 april 2027")),
        # By the item's clock it is one day, in Sweden two.
        (
            "2027-04-23T00:30",
            "2027-04-23T01:30",
            "Europe/Helsinki",
            ("23.30 svensk tid", "00.30 svensk tid fredag 23 april 2027"),
        ),
        # And the other way round.
        ("2027-04-23T00:00", "2027-04-23T00:45", "Europe/Helsinki", ("23.00 svensk tid", "23.45 svensk tid")),
        # Of a day that ends when the next begins, nobody shall read that it ends before it has begun.
        ("2027-04-22T00:00", "2027-04-23T00:00", "Europe/Stockholm", ("00.00", "24.00")),
        ("2027-04-22T00:00", "2027-04-23T00:00", "Europe/Helsinki", ("00.00", "24.00")),
        ("2027-04-22T00:00", "2027-04-24T00:00", "Europe/Stockholm", ("00.00", "24.00 fredag 23 april 2027")),
    ],
)
def test_the_end_in_parts_has_its_date_where_it_is_another_than_the_starts(
    start: str, end: str, zone: str, told: tuple[str, str]
) -> None:
    place = ZoneInfo(zone)
    first, last = (datetime.fromisoformat(moment).replace(tzinfo=place) for moment in (start, end))
    assert day_in_words(first, last, Language.SWEDISH, place) == "torsdag 22 april 2027"
    assert clocks_in_words(first, last, Language.SWEDISH, place) == told


def test_the_end_in_parts_has_its_date_in_english_too() -> None:
    first, last = (datetime(2027, 4, day, hour, 30, tzinfo=STOCKHOLM) for day, hour in ((22, 23), (23, 0)))
    told = clocks_in_words(first, last, Language.ENGLISH, STOCKHOLM)
    assert told == ("23:30", "00:30 on Friday 23 April 2027")


def test_every_language_has_date_words() -> None:
    assert set(TIME_WORDS) == set(Language)


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 - the zone is set below
    minutes=st.integers(1, 1440),
    language=st.sampled_from(Language),
)
def test_no_window_holds_characters_that_surprise_when_copied(
    start: datetime, minutes: int, language: Language
) -> None:
    end = start + timedelta(minutes=minutes)
    told = window(start.isoformat(), end.isoformat(), language)
    assert told.isprintable()
    assert "\u00a0" not in told
    assert str(start.year) in told


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.integers(1, 1440),
    zone=st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})).map(ZoneInfo),
)
def test_whatever_the_zone_the_first_clock_is_swedens_and_another_is_never_told_without_its_place(
    start: datetime, minutes: int, zone: ZoneInfo
) -> None:
    end = start + timedelta(minutes=minutes)
    told = window_in_words(start, end, Language.SWEDISH, zone)
    if zone_of_whole_days(start, end, zone):
        assert "kl." not in told
        return
    at_home = window_in_words(start, end, Language.SWEDISH, STOCKHOLM)
    if is_by_swedish_clock(start, end, zone):
        assert told == at_home
        return
    swedish, _, there = told.partition(" (")
    assert swedish.endswith(("svensk tid", "svensk sommartid", "svensk normaltid"))
    assert swedish.replace(" svensk tid", "").replace("svensk ", "") == at_home
    assert not there or (" i " in there and f"{start.astimezone(zone):kl. %H.%M}" in there)
