"""Invitations as foreign programs read them, and the rules by which Outlook takes an update for one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject
from hypothesis import given
from hypothesis import strategies as st

from calendar_sync.invitations import (
    Invitation,
    cancellation,
    method_of,
    request,
)
from calendar_sync.series import Occurrence, Series

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)
STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
START: Final = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
LINK: Final = "https://mote.region.example/m/2H5K-X0QR-T7WY-NC"
INVITATION: Final = Invitation(
    uid="5b1d7c9e-4a11-4d0e-9b7b-6f5a2a2e0d0b",
    sequence=1,
    stamp=datetime(2027, 2, 1, 8, 0, tzinfo=UTC),
    start=START,
    end=START + HOUR,
    zone="Europe/Stockholm",
    summary="Skyddat vårdmöte",
    description=f"Du är inbjuden; länken, till mötet:\n{LINK}\nSlut \\ på texten.",
    join_link=LINK,
    link_label="Anslut till mötet",
    organiser="mote@region.example",
)
# Over the day when summer time begins: 23 and 30 March, 6 and 13 April at ten in Stockholm.
FIRST: Final = datetime(2027, 3, 23, 9, 0, tzinfo=UTC)
SECOND: Final = datetime(2027, 3, 30, 8, 0, tzinfo=UTC)
MOVED: Final = Occurrence(SECOND, SECOND + timedelta(days=1), SECOND + timedelta(days=1, hours=1))
SERIES: Final = replace(
    INVITATION,
    series=Series(
        "FREQ=WEEKLY;COUNT=4", FIRST, "Europe/Stockholm", HOUR, frozenset({date(2027, 4, 6)}), (MOVED,)
    ),
)


def event_of(content: bytes) -> Any:
    """Return the only event as vobject, which shares no code with what wrote it, reads it."""
    (event,) = vobject.readOne(content.decode()).vevent_list
    return event


def lines(content: bytes) -> list[str]:
    return content.replace(b"\r\n ", b"").decode().split("\r\n")


instants = st.datetimes(datetime(2026, 12, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 - made UTC
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@given(instants, st.integers(1, 600))
def test_a_foreign_program_reads_the_instant_that_was_meant(start: datetime, minutes: int) -> None:
    end = start + timedelta(minutes=minutes)
    event = event_of(request(replace(INVITATION, start=start, end=end)))
    # An hour that the clocks run through twice has one wall time for two instants, and iCalendar no way to tell them.
    said = (event.dtstart.value, event.dtend.value)
    for moment, told in zip((start, end), said, strict=True):
        wall = moment.astimezone(STOCKHOLM)
        if wall.replace(fold=0).utcoffset() == wall.replace(fold=1).utcoffset():
            assert told.astimezone(UTC) == moment
        assert told.replace(tzinfo=None) == wall.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("instant", "wall"),
    [
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "20270328T015900"),
        (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "20270328T030000"),
        (datetime(2027, 10, 31, 0, 59, tzinfo=UTC), "20271031T025900"),
        (datetime(2027, 10, 31, 1, 0, tzinfo=UTC), "20271031T020000"),
        (datetime(2027, 10, 31, 2, 0, tzinfo=UTC), "20271031T030000"),
    ],
)
def test_the_days_when_the_clocks_change_are_written_in_wall_time(instant: datetime, wall: str) -> None:
    written = lines(request(replace(INVITATION, start=instant, end=instant + HOUR)))
    assert f"DTSTART;TZID=Europe/Stockholm:{wall}" in written


def test_the_zones_own_description_agrees_with_the_worlds_table() -> None:
    (zone,) = icalendar.Calendar.from_ical(request(INVITATION)).timezones
    described = zone.to_tz(lookup_tzid=False)
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for _ in range(366 * 3):
        wall = moment.astimezone(STOCKHOLM).replace(tzinfo=None)
        assert wall.replace(tzinfo=described).utcoffset() == wall.replace(tzinfo=STOCKHOLM).utcoffset()
        moment += timedelta(days=1)
    assert len(zone.subcomponents) == 2


@pytest.mark.parametrize("zone", ["UTC", "Europe/Helsinki"])
def test_another_zone_is_written_as_it_is(zone: str) -> None:
    event = event_of(request(replace(INVITATION, zone=zone)))
    assert event.dtstart.value == START


@given(st.lists(st.tuples(instants, st.booleans()), min_size=1, max_size=5))
def test_updates_are_what_outlook_takes_for_updates(changes: list[tuple[datetime, bool]]) -> None:
    """[MS-STANOICAL]: the same UID and ORGANIZER, a higher SEQUENCE, a later DTSTAMP."""
    sent = [event_of(request(INVITATION))]
    for number, (start, cancelled) in enumerate(changes):
        changed = replace(
            INVITATION,
            sequence=number + 2,
            stamp=INVITATION.stamp + HOUR * (number + 1),
            start=start,
            end=start + HOUR,
        )
        sent.append(event_of(cancellation(changed) if cancelled else request(changed)))
    assert {event.uid.value for event in sent} == {INVITATION.uid}
    assert {event.organizer.value for event in sent} == {"mailto:mote@region.example"}
    sequences = [int(event.sequence.value) for event in sent]
    stamps = [event.dtstamp.value for event in sent]
    assert sequences == sorted(set(sequences))
    assert stamps == sorted(set(stamps))


def test_the_link_stands_wherever_a_calendar_shows_one() -> None:
    written = lines(request(INVITATION))
    assert f"SUMMARY:{INVITATION.summary}" in written
    assert f"LOCATION:{LINK}" in written
    assert f"URL:{LINK}" in written
    assert any(
        line.startswith("CONFERENCE;") and line.endswith(LINK) and "VALUE=URI" in line for line in written
    )
    assert LINK in event_of(request(INVITATION)).description.value
    assert event_of(request(INVITATION)).description.value == INVITATION.description


def test_what_is_called_off_says_so_and_leads_nowhere() -> None:
    content = cancellation(replace(INVITATION, sequence=2, description="Mötet är inställt."))
    assert "METHOD:CANCEL" in lines(content)
    event = event_of(content)
    assert (event.status.value, event.uid.value) == ("CANCELLED", INVITATION.uid)
    assert LINK not in content.decode()


def test_nothing_in_an_invitation_tells_of_a_person() -> None:
    written = lines(request(INVITATION))
    assert "CLASS:PRIVATE" in written
    people = [line for line in written if re.match("(ATTENDEE|ORGANIZER|CONTACT|COMMENT|CN)", line)]
    assert all(line.endswith("mailto:mote@region.example") and "CN=" not in line for line in people)


def test_without_an_organiser_it_is_a_plain_entry() -> None:
    plain = replace(INVITATION, organiser=None)
    for content in (request(plain), cancellation(plain)):
        assert not [line for line in lines(content) if re.match("METHOD|ORGANIZER|ATTENDEE", line)]
    assert (method_of(plain, cancelled=False), method_of(INVITATION, cancelled=True)) == (None, "CANCEL")


def test_a_series_is_expanded_by_a_foreign_program_as_by_us() -> None:
    calendar = icalendar.Calendar.from_ical(request(SERIES))
    told = [
        event.start.astimezone(UTC)
        for event in recurring_ical_events.of(calendar).between(date(2027, 3, 1), date(2027, 5, 1))
    ]
    assert SERIES.series is not None
    ours = [one.start for one in SERIES.series.occurrences(FIRST, FIRST + 8 * WEEK)]
    assert sorted(told) == sorted(ours)
    assert len(ours) == 3


def test_a_time_that_was_shortened_to_nothing_is_as_long_as_the_others() -> None:
    # RFC 5545, section 3.8.2.2: an end is later than its start.
    shortened = replace(MOVED, end=MOVED.start)
    assert SERIES.series
    content = request(replace(SERIES, series=replace(SERIES.series, moved=(shortened,))))
    assert content == request(SERIES)


# Each the last moment at which the third occurrence is still one.
@pytest.mark.parametrize("until", ["20270406T080000Z", "20270406", "20270406T100000"])
def test_the_end_of_a_series_is_written_in_utc(until: str) -> None:
    assert SERIES.series is not None
    series = replace(SERIES.series, rule=f"FREQ=WEEKLY;UNTIL={until}", cancelled=frozenset(), moved=())
    content = request(replace(SERIES, series=series))
    (rule,) = [line for line in lines(content) if line.startswith("RRULE:FREQ=WEEKLY")]
    assert re.search(r"UNTIL=\d{8}T\d{6}Z", rule)
    told = recurring_ical_events.of(icalendar.Calendar.from_ical(content)).between(
        date(2027, 3, 1), date(2027, 5, 1)
    )
    assert len(told) == 3
