"""A reminder comes after some working hours or before it is too late, over nights, weekends and a change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from addin.meetings.reminders import after_working_hours, reminder_at

SWEDEN = ZoneInfo("Europe/Stockholm")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SWEDEN).astimezone(UTC)


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        ("2027-03-01T09:00", "2027-03-01T13:00"),
        ("2027-03-01T06:00", "2027-03-01T12:00"),
        ("2027-03-01T15:30", "2027-03-02T10:30"),
        ("2027-03-01T20:00", "2027-03-02T12:00"),
        ("2027-03-05T16:00", "2027-03-08T11:00"),
        ("2027-03-06T10:00", "2027-03-08T12:00"),
        # Summer time begins on the Sunday between.
        ("2027-03-26T16:00", "2027-03-29T11:00"),
    ],
)
def test_four_working_hours_are_counted_from_eight_to_five_on_weekdays(sent: str, due: str) -> None:
    assert after_working_hours(at(sent), timedelta(hours=4)) == at(due)


@pytest.mark.parametrize(
    ("begins", "due"),
    [
        ("2027-03-02T10:00", "2027-03-01T13:00"),
        ("2027-03-01T12:00", "2027-03-01T11:00"),
        ("2027-03-01T10:15", "2027-03-01T09:15"),
        ("2027-03-01T10:14", None),
        ("2027-03-01T08:30", None),
    ],
)
def test_a_reminder_comes_before_the_start_or_not_at_all(begins: str, due: str | None) -> None:
    assert reminder_at(at("2027-03-01T09:00"), at(begins), 4) == (at(due) if due else None)
