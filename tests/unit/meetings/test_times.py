"""Which times can be booked, and how each that cannot is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.meetings import errors
from addin.meetings.errors import TimeTooFar
from addin.meetings.times import LONGEST, time_zone, window

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
STOCKHOLM = "Europe/Stockholm"


def test_a_window_is_kept_in_utc_with_the_zone_in_which_people_read_it() -> None:
    kept = window("2027-03-01T10:00:00+01:00", "2027-03-01T10:45:00+01:00", STOCKHOLM, NOW)
    assert (kept.start, kept.end) == (NOW.replace(hour=9), NOW.replace(hour=9, minute=45))
    assert kept.start.tzinfo is UTC
    assert kept.zone == STOCKHOLM


@pytest.mark.parametrize(
    ("start", "end", "zone", "failure"),
    [
        ("2027-03-01T10:00:00", "2027-03-01T11:00:00+01:00", STOCKHOLM, errors.TimeWithoutOffset),
        ("2027-03-01T10:00:00+01:00", "2027-03-01", STOCKHOLM, errors.TimeWithoutOffset),
        ("imorgon", "2027-03-01T11:00:00+01:00", STOCKHOLM, errors.TimeMalformed),
        ("0001-01-01T00:00:00+14:00", "2027-03-01T11:00:00+01:00", STOCKHOLM, errors.TimeMalformed),
        ("0001-01-01T00:30:00+00:01", "2027-03-01T11:00:00+01:00", STOCKHOLM, errors.TimeMalformed),
        (
            "2027-03-01T10:00:00Z",
            "9999-12-31T23:30:00+00:01",
            "America/New_York",
            errors.TimeMalformed,
        ),
        ("2027-03-01T11:00:00+01:00", "2027-03-01T10:00:00+01:00", STOCKHOLM, errors.TimeReversed),
        ("2027-03-01T11:00:00+01:00", "2027-03-01T11:00:00+01:00", STOCKHOLM, errors.TimeReversed),
        ("2027-03-01T11:00:00+01:00", "2027-03-02T11:00:01+01:00", STOCKHOLM, errors.MeetingTooLong),
        ("2027-03-01T08:00:00+01:00", "2027-03-01T09:00:00+01:00", STOCKHOLM, errors.TimeInPast),
        ("2027-03-28T02:30:00+01:00", "2027-03-28T04:00:00+02:00", STOCKHOLM, errors.TimeDoesNotExist),
        ("2027-03-28T02:30:00+02:00", "2027-03-28T04:00:00+02:00", STOCKHOLM, errors.TimeDoesNotExist),
        ("2027-03-01T10:00:00+02:00", "2027-03-01T11:00:00+02:00", STOCKHOLM, errors.TimeZoneMismatch),
        ("2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z", "Europe/Göteborg", errors.TimeZoneUnknown),
        ("2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z", "../../etc/passwd", errors.TimeZoneUnknown),
        ("2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z", "", errors.TimeZoneUnknown),
    ],
)
def test_every_unusable_time_has_an_error_of_its_own(
    start: str, end: str, zone: str, failure: type[errors.InvalidTime]
) -> None:
    with pytest.raises(failure):
        window(start, end, zone, NOW)


@pytest.mark.parametrize(
    "zone", ["localtime", "posixrules", "Factory", "right/Europe/Stockholm", "posix/Europe/Stockholm"]
)
def test_what_is_no_place_to_anybody_is_no_zone(zone: str) -> None:
    with pytest.raises(errors.TimeZoneUnknown):
        time_zone(zone)


def test_a_meeting_that_has_begun_may_be_booked() -> None:
    assert window("2027-03-01T08:30:00+01:00", "2027-03-01T09:30:00+01:00", STOCKHOLM, NOW).start < NOW


def test_a_meeting_may_last_twenty_four_hours() -> None:
    kept = window("2027-03-01T10:00:00+01:00", "2027-03-02T10:00:00+01:00", STOCKHOLM, NOW)
    assert kept.end - kept.start == LONGEST


def test_a_whole_day_may_be_booked_also_when_it_has_twenty_five_hours() -> None:
    now = datetime(2027, 10, 1, tzinfo=UTC)
    kept = window("2027-10-31T00:00:00+02:00", "2027-11-01T00:00:00+01:00", STOCKHOLM, now)
    assert kept.end - kept.start == timedelta(hours=25)
    with pytest.raises(errors.MeetingTooLong):
        window("2027-10-31T01:00:00+02:00", "2027-11-01T01:00:00+01:00", STOCKHOLM, now)
    with pytest.raises(errors.MeetingTooLong):
        window("2027-10-30T00:00:00+02:00", "2027-11-01T00:00:00+01:00", STOCKHOLM, now)


def test_both_readings_of_the_hour_that_comes_twice_can_be_booked() -> None:
    now = datetime(2027, 10, 1, tzinfo=UTC)
    first = window("2027-10-31T02:30:00+02:00", "2027-10-31T04:00:00+01:00", STOCKHOLM, now)
    second = window("2027-10-31T02:30:00+01:00", "2027-10-31T04:00:00+01:00", STOCKHOLM, now)
    assert second.start - first.start == timedelta(hours=1)


@given(
    st.integers(1, 9 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.integers(1, 24 * 60),
    st.sampled_from([STOCKHOLM, "UTC", "America/Sao_Paulo", "Australia/Lord_Howe"]),
)
def test_every_coming_instant_in_utc_can_be_booked_in_any_zone(
    begins: datetime, minutes: int, zone: str
) -> None:
    ends = begins + timedelta(minutes=minutes)
    kept = window(begins.isoformat(), ends.isoformat(), zone, NOW)
    assert (kept.start, kept.end) == (begins, ends)


@pytest.mark.parametrize("year", [2038, 9999])
def test_a_time_that_nobody_can_mean_is_refused(year: int) -> None:
    with pytest.raises(TimeTooFar):
        window(f"{year}-12-31T23:00:00+01:00", f"{year}-12-31T23:30:00+01:00", STOCKHOLM, NOW)
