"""A client that others wrote, python-o365, against the simulated Graph: only its base address and token are ours.

What it gets wrong of Graph, or we of it, shows here and nowhere else in our tests.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from O365 import Account, MSGraphProtocol
from O365.calendar import EventType
from O365.utils.token import MemoryTokenBackend

from addin.sandbox import people
from tests.contract.sandbox.running import Sandbox

ZONE = ZoneInfo("Europe/Stockholm")
SPRING = (datetime(2027, 3, 1, tzinfo=ZONE), datetime(2027, 6, 1, tzinfo=ZONE))


@pytest.fixture
def account(region: Sandbox) -> Any:
    """Return Anna's account; a retry or a pause of the library's own would hide what the sandbox answers."""
    protocol = type("SandboxGraph", (MSGraphProtocol,), {"_protocol_url": f"{region.base}/"})
    opened = Account(
        ("client", "secret"),
        protocol=protocol(timezone="Europe/Stockholm"),
        tenant_id=people.TENANT,
        token_backend=MemoryTokenBackend(),
        requests_delay=0,
        request_retries=0,
    )
    token = region.token(people.ANNA, audience=people.GRAPH_AUDIENCE)
    opened.con.session = opened.con.get_session()
    opened.con.update_session_auth_header(token)
    return opened


@pytest.fixture
def calendar(account: Any) -> Any:
    return account.schedule().get_default_calendar()


def booked(calendar: Any, subject: str, hour: int = 10) -> Any:
    event = calendar.new_event(subject)
    event.start = datetime(2027, 3, 1, hour, tzinfo=ZONE)
    event.end = event.start + timedelta(hours=1)
    return event


def test_it_makes_reads_moves_and_deletes_items(calendar: Any) -> None:
    event = booked(calendar, "Planering")
    event.body, event.location = "<p>text</p>", "Rum 3"
    event.attendees.add(people.BO.address)
    assert event.save()

    read = calendar.get_event(event.object_id)
    assert (read.subject, read.start, read.location["displayName"]) == ("Planering", event.start, "Rum 3")
    assert [one.address for one in read.attendees] == [people.BO.address]
    assert read.event_type is EventType.SingleInstance
    assert read.body.startswith("<html>")
    assert "<p>text</p>" in read.body

    read.start, read.end = read.start + timedelta(days=1), read.end + timedelta(days=1)
    assert read.save()
    assert calendar.get_event(event.object_id).start == datetime(2027, 3, 2, 10, tzinfo=ZONE)

    assert read.delete()
    assert list(calendar.get_events(include_recurring=False)) == []


def test_it_makes_a_series_moves_one_occurrence_and_takes_one_out(calendar: Any) -> None:
    event = booked(calendar, "Grupp", hour=13)
    weekly = {"days_of_week": ["monday"], "first_day_of_week": "monday"}
    event.recurrence.set_weekly(1, **weekly, start=datetime(2027, 3, 1).date(), occurrences=6)  # noqa: DTZ001
    assert event.save()

    master = calendar.get_event(event.object_id)
    assert master.event_type is EventType.SeriesMaster
    assert (master.recurrence.occurrences, master.recurrence.interval) == (6, 1)
    occurrences = list(master.get_occurrences(*SPRING))
    assert [one.start.hour for one in occurrences] == [13] * 6
    second, third = occurrences[1:3]
    second.start, second.end = second.start + timedelta(hours=1), second.end + timedelta(hours=1)
    assert second.save()
    assert third.delete()

    shown = calendar.get_events(include_recurring=True, start_recurring=SPRING[0], end_recurring=SPRING[1])
    left = [(one.start.strftime("%m-%d %H"), one.event_type) for one in shown]
    assert left == [
        ("03-01 13", EventType.Occurrence),
        ("03-08 14", EventType.Exception),
        ("03-22 13", EventType.Occurrence),
        ("03-29 13", EventType.Occurrence),
        ("04-05 13", EventType.Occurrence),
    ]


def test_it_cancels_a_meeting(region: Sandbox, calendar: Any) -> None:
    event = booked(calendar, "Samtal")
    event.attendees.add(people.BO.address)
    event.save()

    assert event.cancel_event("Inställt")

    [held] = region.graph("GET", "/me/events", who=people.BO).json()["value"]
    assert held["isCancelled"]


def test_it_asks_by_time(calendar: Any) -> None:
    for subject, hour in (("tidigt", 8), ("sent", 15)):
        booked(calendar, subject, hour).save()
    query = calendar.new_query().greater_equal("start", datetime(2027, 3, 1, 12, tzinfo=ZONE))

    found = calendar.get_events(query=query, include_recurring=False)

    assert [one.subject for one in found] == ["sent"]


def test_it_makes_calendars_and_removes_them(account: Any) -> None:
    schedule = account.schedule()
    made = schedule.new_calendar("Grupper")

    # In whose calendars she may write, too.
    shared = ("David Nyström", "Psykiatrimottagningen")
    assert [one.name for one in schedule.list_calendars()] == ["Kalender", "Grupper", *shared]
    assert booked(made, "Träff").save()
    assert len(list(made.get_events(include_recurring=False))) == 1
    assert made.delete()
    assert [one.name for one in schedule.list_calendars()] == ["Kalender", *shared]
