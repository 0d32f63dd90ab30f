"""How Graph's `event` is read where it says less, or something else, than one would think."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from calendar_sync.calendar import NotUnderstood
from calendar_sync.graph_items import STATE_FLAGS, ItemReader
from calendar_sync.graph_reading import LivingFolders
from calendar_sync.series import Occurrence, Series

MAILBOX: Final = "anna@region.example"
READER: Final = ItemReader("region-test", "6c1c1f1e-0000-4000-8000-000000000001", "Europe/Stockholm")
Json = dict[str, Any]


def moment(time: str) -> Json:
    return {"dateTime": f"{time}.0000000", "timeZone": "UTC"}


def master(start: str, end: str, *, zone: str, rule_zone: str = "", all_day: bool = False) -> Json:
    """Return a weekly series that began on a Monday, as Graph tells it to who prefers UTC."""
    return {
        "id": "AAMk",
        "@odata.etag": 'W/"1"',
        "iCalUId": "uid-1",
        "type": "seriesMaster",
        "start": moment(start),
        "end": moment(end),
        "isAllDay": all_day,
        "isCancelled": False,
        "isOrganizer": True,
        "originalStartTimeZone": zone,
        "recurrence": {
            "pattern": {
                "type": "weekly",
                "interval": 1,
                "daysOfWeek": ["monday"],
                "firstDayOfWeek": "monday",
            },
            "range": {"type": "noEnd", "startDate": start[:10], "recurrenceTimeZone": rule_zone},
        },
    }


def series(event: Json, *exceptions: Json) -> Series:
    return READER.series(READER.seen(MAILBOX, event), {"exceptionOccurrences": list(exceptions)})


def april(told: Series) -> list[Occurrence]:
    return list(told.occurrences(datetime(2027, 4, 1, tzinfo=UTC), datetime(2027, 4, 8, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("zone", "rule_zone", "hour_in_summer"),
    [
        ("W. Europe Standard Time", "W. Europe Standard Time", 8),
        # Made by a program that counts in UTC: it goes on at that time, an hour later by our clocks in summer.
        ("UTC", "UTC", 9),
        ("tzone://Microsoft/Utc", "tzone://Microsoft/Utc", 9),
        # Of one that nobody can name, and of none at all, our own is the likeliest.
        ("tzone://Microsoft/Custom", "tzone://Microsoft/Custom", 8),
        ("", "", 8),
        ("FLE Standard Time", "", 8),
    ],
)
def test_a_rule_counts_in_its_own_zone_then_in_the_events_then_in_ours(
    zone: str, rule_zone: str, hour_in_summer: int
) -> None:
    told = series(master("2027-03-01T09:00:00", "2027-03-01T10:00:00", zone=zone, rule_zone=rule_zone))
    assert [one.start for one in april(told)] == [datetime(2027, 4, 5, hour_in_summer, tzinfo=UTC)]


def test_a_day_that_was_moved_in_a_series_of_whole_days_is_the_day_in_its_zone() -> None:
    zone = "W. Europe Standard Time"
    event = master("2027-03-01T00:00:00", "2027-03-02T00:00:00", zone=zone, rule_zone=zone, all_day=True)
    moved = {
        "originalStart": "2027-04-04T22:00:00Z",
        "start": moment("2027-04-06T00:00:00"),
        "end": moment("2027-04-07T00:00:00"),
    }
    (told,) = april(series(event, moved))
    assert told.start == datetime(2027, 4, 5, 22, tzinfo=UTC)
    assert told.end - told.start == timedelta(days=1)


def test_a_folder_is_taken_for_a_calendar_only_as_long_as_it_has_been_listed_of_late() -> None:
    hours = [0.0]
    folders = LivingFolders(lambda: hours[0] * 3600)
    folders.note(MAILBOX, "calendar")
    folders.note(MAILBOX, "")
    hours[0] = 1
    folders.note(MAILBOX, "calendar")
    hours[0] = 2.5
    assert folders.is_living(MAILBOX, "calendar")
    assert not folders.is_living(MAILBOX, "")
    assert not folders.is_living("bo@region.example", "calendar")
    hours[0] = 3.1
    # Deleted with all that is in it, say: now each item has to be looked for.
    assert not folders.is_living(MAILBOX, "calendar")


def test_a_meeting_that_only_its_flags_call_cancelled_is_cancelled() -> None:
    event = master("2027-03-01T08:00:00", "2027-03-01T09:00:00", zone="UTC", rule_zone="UTC")
    assert not READER.seen(MAILBOX, event).snapshot.is_cancelled
    flags = [{"id": STATE_FLAGS, "value": "5"}]
    seen = READER.seen(MAILBOX, event | {"singleValueExtendedProperties": flags}).snapshot
    assert (seen.is_cancelled, seen.is_meeting) == (True, True)


def test_a_series_of_whose_exceptions_only_some_are_told_is_not_understood() -> None:
    event = master("2027-03-01T08:00:00", "2027-03-01T09:00:00", zone="UTC", rule_zone="UTC")
    seen = READER.seen(MAILBOX, event)
    some: Json = {"exceptionOccurrences": []}
    assert READER.series(seen, some)
    more = {"exceptionOccurrences@odata.nextLink": "https://graph.microsoft.com/v1.0/more"}
    with pytest.raises(NotUnderstood):
        READER.series(seen, some | more)
