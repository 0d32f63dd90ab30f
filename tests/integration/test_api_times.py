"""Every unusable time has a code of its own, at booking and at change; every usable way of writing one is taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.integration.described_api import DescribedApi, Json, booking, seen
from tests.region import Region

STOCKHOLM: Final = "Europe/Stockholm"
NEXT_YEAR: Final = datetime.now(ZoneInfo(STOCKHOLM)).year + 1


def _sunday(month: int, clock: str) -> str:
    """Return a clock time on next year's last Sunday of the month, on which Swedish clocks are changed."""
    last = datetime(NEXT_YEAR, month, 31, tzinfo=ZoneInfo(STOCKHOLM))
    return f"{last - timedelta(days=(last.weekday() + 1) % 7):%Y-%m-%d}T{clock}"


def _times(start: str, end: str, zone: str = STOCKHOLM) -> Json:
    return {"start": start, "end": end, "time_zone": zone}


SPRING, AUTUMN, SUMMER_DAY = 3, 10, f"{NEXT_YEAR}-06-01"
UNUSABLE: Final = {
    "naive": ("time-without-offset", _times(f"{SUMMER_DAY}T10:00", f"{SUMMER_DAY}T11:00")),
    "naive end": ("time-without-offset", _times(f"{SUMMER_DAY}T10:00+02:00", f"{SUMMER_DAY}T11:00")),
    "only a day": ("time-without-offset", _times(SUMMER_DAY, SUMMER_DAY)),
    "no time at all": ("time-malformed", _times("i morgon", "i övermorgon")),
    "out of the calendar": (
        "time-malformed",
        _times("0001-01-01T00:00+14:00", "0001-01-01T01:00+14:00"),
    ),
    "past": ("time-in-past", _times("2024-06-01T10:00+02:00", "2024-06-01T11:00+02:00")),
    "reversed": ("time-reversed", _times(f"{SUMMER_DAY}T11:00+02:00", f"{SUMMER_DAY}T10:00+02:00")),
    "no length": ("time-reversed", _times(f"{SUMMER_DAY}T10:00+02:00", f"{SUMMER_DAY}T10:00+02:00")),
    "too long": (
        "meeting-too-long",
        _times(f"{SUMMER_DAY}T10:00+02:00", f"{NEXT_YEAR}-06-02T10:00:01+02:00"),
    ),
    "lost hour": ("time-does-not-exist", _times("2027-03-28T02:30+01:00", "2027-03-28T03:30+02:00")),
    "lost hour with the other offset": (
        "time-does-not-exist",
        _times("2027-03-28T02:30+02:00", "2027-03-28T03:30+02:00"),
    ),
    "end in the lost hour": (
        "time-does-not-exist",
        _times(f"{_sunday(SPRING, '01:30')}+01:00", f"{_sunday(SPRING, '02:30')}+02:00"),
    ),
    "unknown zone": ("time-zone-unknown", _times(f"{SUMMER_DAY}T10:00Z", f"{SUMMER_DAY}T11:00Z", "Sverige")),
    "zone as a path": (
        "time-zone-unknown",
        _times(f"{SUMMER_DAY}T10:00Z", f"{SUMMER_DAY}T11:00Z", "../zone.tab"),
    ),
    "Windows zone": (
        "time-zone-unknown",
        _times(f"{SUMMER_DAY}T10:00Z", f"{SUMMER_DAY}T11:00Z", "W. Europe Standard Time"),
    ),
    "another zone's offset": (
        "time-zone-mismatch",
        _times(f"{SUMMER_DAY}T10:00+05:00", f"{SUMMER_DAY}T11:00+05:00"),
    ),
    "winter's offset in summer": (
        "time-zone-mismatch",
        _times(f"{SUMMER_DAY}T10:00+01:00", f"{SUMMER_DAY}T11:00+01:00"),
    ),
}
USABLE: Final = {
    "a whole day and night": _times(f"{SUMMER_DAY}T10:00+02:00", f"{NEXT_YEAR}-06-02T10:00+02:00"),
    "UTC": _times(f"{SUMMER_DAY}T08:00:00.000Z", f"{SUMMER_DAY}T08:45:00Z"),
    "another place": _times(f"{SUMMER_DAY}T10:00+03:00", f"{SUMMER_DAY}T11:00+03:00", "Europe/Helsinki"),
    "over the hour that is lost": _times(
        f"{_sunday(SPRING, '01:30')}+01:00", f"{_sunday(SPRING, '03:30')}+02:00"
    ),
    "the first of two equal hours": _times(
        f"{_sunday(AUTUMN, '02:00')}+02:00", f"{_sunday(AUTUMN, '02:30')}+02:00"
    ),
    "from the first to the second": _times(
        f"{_sunday(AUTUMN, '02:30')}+02:00", f"{_sunday(AUTUMN, '02:30')}+01:00"
    ),
}


@pytest.fixture
def api(region: Region) -> DescribedApi:
    return DescribedApi(region)


@pytest.fixture(scope="module")
def planned(_shared_region: Region) -> Json:
    """Return a meeting that refused changes leave as it is."""
    return DescribedApi(_shared_region).books()


@pytest.mark.parametrize(("code", "times"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_booking_at_an_unusable_time_says_what_is_wrong_with_it(
    api: DescribedApi, code: str, times: Json
) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    api.refuses(422, code, "POST", "/meetings", headers=headers, json=booking() | times)


@pytest.mark.parametrize(("code", "times"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_move_to_an_unusable_time_says_what_is_wrong_with_it(
    api: DescribedApi, planned: Json, code: str, times: Json
) -> None:
    path = f"/meetings/{planned['id']}"
    api.refuses(422, code, "PATCH", path, headers=seen(planned), json=times)
    assert api("GET", path).json() == planned


@pytest.mark.parametrize("times", USABLE.values(), ids=USABLE)
def test_a_usable_time_comes_back_as_the_same_moment_in_its_zone(api: DescribedApi, times: Json) -> None:
    meeting = api.books(**times)
    for name in ("start", "end"):
        shown, given = datetime.fromisoformat(meeting[name]), datetime.fromisoformat(times[name])
        assert shown == given
        assert shown.utcoffset() == given.astimezone(ZoneInfo(times["time_zone"])).utcoffset()
    assert meeting["time_zone"] == times["time_zone"]


def test_a_meeting_that_has_begun_may_still_be_booked(api: DescribedApi) -> None:
    now = datetime.now(ZoneInfo(STOCKHOLM)).replace(microsecond=0)
    begun, ends = now - timedelta(minutes=10), now + timedelta(minutes=50)
    assert api.books(start=begun.isoformat(), end=ends.isoformat())["state"] == "live"
