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
        ("2028-03-24T16:00", "2028-03-27T11:00"),
        # Good Friday and Easter Monday, also the Sunday on which summer time begins.
        ("2027-03-25T16:00", "2027-03-30T11:00"),
        # Ascension Day, a Thursday.
        ("2027-05-05T16:00", "2027-05-07T11:00"),
        # Midsummer's Eve is no holiday by law, and nobody is there.
        ("2027-06-24T15:00", "2027-06-28T10:00"),
        # Christmas: Thursday is the last day at work, and Monday the next.
        ("2026-12-23T16:00", "2026-12-28T11:00"),
        ("2026-12-30T16:00", "2027-01-04T11:00"),
        ("2027-01-05T16:00", "2027-01-07T11:00"),
    ],
)
def test_four_working_hours_are_counted_from_eight_to_five_on_working_days(sent: str, due: str) -> None:
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


@pytest.mark.parametrize(
    ("sent", "begins", "due"),
    [
        # Early on Monday nobody would read it: before the week-end somebody does.
        ("2027-03-05T13:00", "2027-03-08T08:00", "2027-03-05T16:00"),
        ("2027-03-05T15:45", "2027-03-08T08:00", "2027-03-05T16:00"),
        # An evening meeting, and one after a holiday.
        ("2027-03-01T13:30", "2027-03-01T20:00", "2027-03-01T16:00"),
        ("2027-01-05T13:00", "2027-01-07T08:30", "2027-01-05T16:00"),
        # At work an hour before is soon enough.
        ("2027-03-05T14:00", "2027-03-08T09:30", "2027-03-08T08:30"),
        # Nobody is at work in between: a mail on a telephone is better than none.
        ("2027-03-05T15:46", "2027-03-08T08:00", "2027-03-08T07:00"),
        ("2027-03-06T10:00", "2027-03-07T10:00", "2027-03-07T09:00"),
        ("2026-12-24T09:00", "2026-12-27T10:00", "2026-12-27T09:00"),
    ],
)
def test_a_reminder_comes_while_somebody_is_at_work_where_that_can_be(
    sent: str, begins: str, due: str
) -> None:
    assert reminder_at(at(sent), at(begins), 4) == at(due)
