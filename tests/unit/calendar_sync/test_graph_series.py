"""Graph's patterns as RFC 5545's rules: each kind is expanded to the days on which Outlook would hold it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from calendar_sync.graph_series import rule_of, series_of
from calendar_sync.series import Occurrence, Series

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
Json = dict[str, Any]
NO_END: Final[Json] = {"type": "noEnd", "endDate": "0001-01-01", "numberOfOccurrences": 0}


def numbered(count: int) -> Json:
    return {"type": "numbered", "numberOfOccurrences": count, "endDate": "0001-01-01"}


def pattern(kind: str, **more: Any) -> Json:
    """Return a pattern as Graph writes it: every field is there, whatever the kind."""
    unused = {"interval": 1, "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first"}
    return {"type": kind, **unused, **more}


def series(told: Json, extent: Json, first: str, **more: Any) -> Series:
    start = datetime.fromisoformat(first).replace(tzinfo=STOCKHOLM).astimezone(UTC)
    recurrence = {"pattern": told, "range": {"startDate": first[:10], **extent}}
    return series_of(recurrence, start, start + timedelta(minutes=30), "Europe/Stockholm", **more)


def days(told: Series, most: int = 60) -> list[str]:
    after = told.first_start - timedelta(days=1)
    found = told.occurrences(after, after + timedelta(days=1000))
    local = [one.start.astimezone(STOCKHOLM) for one, _ in zip(found, range(most), strict=False)]
    assert {moment.time() for moment in local} == {told.first_start.astimezone(STOCKHOLM).time()}
    return [f"{moment:%Y-%m-%d}" for moment in local]


@pytest.mark.parametrize(
    ("told", "first", "expected"),
    [
        (pattern("daily", interval=2), "2027-03-26T09:00", ["2027-03-26", "2027-03-28", "2027-03-30"]),
        (
            pattern("weekly", daysOfWeek=["tuesday", "thursday"], firstDayOfWeek="monday"),
            "2027-03-02T09:00",
            ["2027-03-02", "2027-03-04", "2027-03-09"],
        ),
        (
            pattern("weekly", interval=2, daysOfWeek=["sunday", "tuesday"], firstDayOfWeek="sunday"),
            "2027-03-02T09:00",
            ["2027-03-02", "2027-03-14", "2027-03-16"],
        ),
        (
            pattern("weekly", interval=2, daysOfWeek=["sunday", "tuesday"], firstDayOfWeek="monday"),
            "2027-03-02T09:00",
            ["2027-03-02", "2027-03-07", "2027-03-16"],
        ),
        (
            pattern("absoluteMonthly", dayOfMonth=31),
            "2027-01-31T09:00",
            ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"],
        ),
        (
            pattern("absoluteMonthly", dayOfMonth=5, interval=3),
            "2027-01-05T09:00",
            ["2027-01-05", "2027-04-05", "2027-07-05"],
        ),
        (
            pattern("relativeMonthly", daysOfWeek=["monday"], index="last"),
            "2027-01-25T09:00",
            ["2027-01-25", "2027-02-22", "2027-03-29"],
        ),
        (
            pattern(
                "relativeMonthly",
                daysOfWeek=["monday", "tuesday", "wednesday", "thursday", "friday"],
                index="first",
            ),
            "2027-05-03T09:00",
            ["2027-05-03", "2027-06-01", "2027-07-01"],
        ),
        (
            pattern("absoluteYearly", month=2, dayOfMonth=29),
            "2027-02-28T09:00",
            ["2027-02-28", "2028-02-29", "2029-02-28"],
        ),
        (
            pattern("relativeYearly", month=10, daysOfWeek=["sunday"], index="last"),
            "2027-10-31T09:00",
            ["2027-10-31", "2028-10-29", "2029-10-28"],
        ),
    ],
    ids=lambda told: told["type"] if isinstance(told, dict) else None,
)
def test_every_pattern_falls_on_its_days(told: Json, first: str, expected: list[str]) -> None:
    assert days(series(told, numbered(len(expected)), first)) == expected
    assert days(series(told, NO_END, first), len(expected)) == expected


def test_a_last_day_is_counted_in_the_series_zone() -> None:
    # 23:30 in Stockholm is the next day's work in UTC for half of the year, and the same day's for the rest.
    told = series(pattern("daily"), {"type": "endDate", "endDate": "2027-03-29"}, "2027-03-27T23:30")
    assert days(told) == ["2027-03-27", "2027-03-28", "2027-03-29"]


@pytest.mark.parametrize(
    ("broken", "extent"),
    [
        (pattern("hourly"), NO_END),
        (pattern("weekly", daysOfWeek=[]), NO_END),
        (pattern("weekly", daysOfWeek=["fredag"]), NO_END),
        (pattern("daily"), {"type": "sometimes"}),
        (pattern("daily"), {"type": "endDate", "endDate": "soon"}),
        ({}, NO_END),
    ],
)
def test_what_is_no_rule_of_graphs_is_not_guessed(broken: Json, extent: Json) -> None:
    with pytest.raises((KeyError, ValueError)):
        rule_of({"pattern": broken, "range": extent})


def test_cancelled_and_moved_occurrences_are_known_by_their_original_day() -> None:
    originals = [datetime(2027, 3, day, 8, tzinfo=UTC) for day in (2, 9, 16, 23)]
    moved = Occurrence(originals[2], originals[2] + timedelta(hours=5), originals[2] + timedelta(hours=6))
    renamed = Occurrence(originals[3], originals[3], originals[3] + timedelta(minutes=30))
    told = series(
        pattern("weekly", daysOfWeek=["tuesday"]),
        numbered(4),
        "2027-03-02T09:00",
        cancelled_ids=["OID.AAkALg==.2027-03-09"],
        exceptions=[(moved, False), (renamed, False), (replace(moved, original_start=originals[1]), True)],
    )
    assert told.cancelled == {date(2027, 3, 9)}
    assert told.moved == (moved,), "one that has another subject alone is no exception to us"
    starts = [one.start for one in told.occurrences(originals[0], originals[3] + timedelta(days=1))]
    assert starts == [originals[0], moved.start, originals[3]]
