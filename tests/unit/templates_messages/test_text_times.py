"""Dates and times read as people write them, in each language and zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_messages.times import TIME_WORDS, window_in_words
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


def test_whole_days_in_english_and_elsewhere() -> None:
    assert window("2026-11-25", "2026-11-26", Language.ENGLISH) == "Wednesday 25 November 2026, all day"
    helsinki = ZoneInfo("Europe/Helsinki")
    told = "onsdag 25 november 2026, hela dagen (tid i Helsingfors)"
    assert window("2026-11-25", "2026-11-26", zone=helsinki) == told


@pytest.mark.parametrize(
    ("language", "told"), [(Language.SWEDISH, " (tid i Helsingfors)"), (Language.ENGLISH, " (Helsinki time)")]
)
def test_a_time_elsewhere_names_the_place(language: Language, told: str) -> None:
    helsinki = ZoneInfo("Europe/Helsinki")
    assert window("2027-04-22T15:30", "2027-04-22T16:00", language, helsinki).endswith(told)


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
