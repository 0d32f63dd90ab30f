"""What is read of an iCalendar resource, what is refused because it cannot be told, and what a change leaves alone."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendar_sync.ical_changes import with_block, with_tag
from calendar_sync.ical_items import ItemReader, may_bear_tag, tag_of
from calendar_sync.ical_lines import TAG_PROPERTY
from calendar_sync.items import Block, ItemRef, Kind, Snapshot, Tag
from calendar_sync.zones import iana_name

ANNA: Final = "anna@region.example"
REF: Final = ItemRef(ANNA, "/anna/a.ics")
TAG: Final = Tag("region-test", "a" * 32)
SERVICE: Final = "https://mote.region.example"
JOIN: Final = f"{SERVICE}/m/2H5KX0QRT7WYNC"
START: Final = f"{SERVICE}/start/9C3FV6ZB8DJ4MS"
OURS: Final = Block(
    html=f"<p>Anslut: {JOIN}</p><p>Starta: {START}</p>", text=f"Anslut: {JOIN}\nStarta: {START}"
)
TIMES: Final = ("DTSTART:20270301T080000Z", "DTEND:20270301T090000Z")


def resource(*lines: str, more: tuple[str, ...] = ()) -> bytes:
    """Return a resource with one event, and with what else is to stand in the calendar."""
    event = ["BEGIN:VEVENT", "UID:uid-1", *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *event, *more, "END:VCALENDAR", ""]).encode()


def read(data: bytes) -> Snapshot:
    return ItemReader(frozenset({ANNA}), "Europe/Stockholm").read(REF, '"1"', data)


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        (("DTSTART:20270301T080000Z", "DURATION:PT45M"), timedelta(minutes=45)),
        (("DTSTART:20270301T080000Z",), timedelta(0)),
        (("DTSTART;VALUE=DATE:20270328",), timedelta(hours=23)),
        (("DTSTART;VALUE=DATE:20271031",), timedelta(hours=25)),
        (("DTSTART;TZID=Europe/Helsinki:20270301T100000", "DTEND:20270301T090000Z"), timedelta(hours=1)),
    ],
)
def test_an_end_is_understood_however_it_is_told(lines: tuple[str, ...], length: timedelta) -> None:
    assert read(resource(*lines)).length == length


def test_a_time_without_a_zone_is_meant_at_home() -> None:
    snapshot = read(resource("DTSTART:20270301T090000", "DTEND:20270301T100000"))
    assert (snapshot.start, snapshot.zone) == (datetime(2027, 3, 1, 8, 0, tzinfo=UTC), "Europe/Stockholm")


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("DTSTART:strunt",),
        ("DTSTART;TZID=Ingenstans:20270301T090000",),
        ("DTSTART:20270301T080000Z", "DTEND:20270301T070000Z"),
        (*TIMES, "RRULE:FREQ=STRUNT"),
        (*TIMES, "RRULE:FREQ=HOURLY;COUNT=3"),
        (*TIMES, "RRULE:FREQ=DAILY;BYHOUR=8,14"),
        (*TIMES, "RRULE:FREQ=DAILY;BYMINUTE=0,30"),
        (*TIMES, "RRULE:FREQ=DAILY;INTERVAL=0"),
        (*TIMES, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        (*TIMES, "RRULE:FREQ=YEARLY;BYDAY=99MO"),
        (*TIMES, "RRULE:COUNT=3"),
        (*TIMES, "CREATED:20270101T000000Z,20270101T000000Z"),
        (*TIMES, "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=WEEKLY;COUNT=3"),
        (*TIMES, "RRULE:FREQ=DAILY;COUNT=3", "RDATE:20270401T080000Z"),
        (*TIMES, "RRULE:FREQ=DAILY;COUNT=3", "EXRULE:FREQ=WEEKLY"),
    ],
)
def test_what_cannot_be_told_is_refused_without_a_word_of_it(lines: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"^not an item that can be followed$") as failure:
        read(resource(*lines, "SUMMARY:Hemligt"))
    assert failure.value.__cause__ is None


def test_a_change_from_one_occurrence_on_is_refused() -> None:
    later = (
        "BEGIN:VEVENT",
        "UID:uid-1",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20270302T080000Z",
        *TIMES,
        "END:VEVENT",
    )
    with pytest.raises(ValueError, match="not an item"):
        read(resource(*TIMES, "RRULE:FREQ=DAILY", more=later))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"<html>",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VCALENDAR\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\n" * 100_000,
    ],
)
def test_what_is_no_calendar_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an item"):
        read(data)


def test_two_items_in_one_resource_are_refused() -> None:
    with pytest.raises(ValueError, match="not an item"):
        read(resource(*TIMES, more=("BEGIN:VEVENT", "UID:uid-2", *TIMES, "END:VEVENT")))


def test_an_invitation_to_one_occurrence_is_no_series() -> None:
    snapshot = read(resource(*TIMES, "RECURRENCE-ID:20270301T080000Z"))
    assert (snapshot.kind, snapshot.series) == (Kind.OCCURRENCE, None)


def test_times_within_an_alarm_are_not_the_items() -> None:
    alarm = (
        "BEGIN:VALARM",
        "DTSTART:20300101T000000Z",
        "UID:alarm",
        "ATTENDEE:mailto:x@x.example",
        "END:VALARM",
    )
    snapshot = read(resource(*TIMES, *alarm))
    assert (snapshot.start, snapshot.uid, snapshot.is_meeting) == (
        datetime(2027, 3, 1, 8, 0, tzinfo=UTC),
        "uid-1",
        False,
    )


def test_one_zones_rules_are_never_used_for_anothers_of_the_same_name() -> None:
    def with_rules(offset: str) -> bytes:
        zone = (
            "BEGIN:VTIMEZONE",
            "TZID:Egen",
            "BEGIN:STANDARD",
            "DTSTART:19700101T000000",
            f"TZOFFSETFROM:{offset}",
            f"TZOFFSETTO:{offset}",
            "END:STANDARD",
            "END:VTIMEZONE",
        )
        return resource("DTSTART;TZID=Egen:20270301T090000", more=zone)

    starts = [read(with_rules(offset)).start.hour for offset in ("+0200", "+0500", "+0200")]
    assert starts == [7, 4, 7]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=YEARLY;BYMONTH=0", "FREQ=SECONDLY", "FREQ=YEARLY;BYDAY=99SU", "FREQ=YEARLY;INTERVAL=0", "WKST=MO"],
)
def test_a_zone_by_whose_rules_no_clock_is_changed_is_refused(rule: str) -> None:
    zone = (
        *("BEGIN:VTIMEZONE", "TZID:Odd", "BEGIN:STANDARD", "DTSTART:19701025T030000", "TZOFFSETFROM:+0200"),
        *("TZOFFSETTO:+0100", f"RRULE:{rule}", "END:STANDARD", "END:VTIMEZONE"),
    )
    lines = ("DTSTART;TZID=Odd:20270301T090000", "DTEND;TZID=Odd:20270301T100000")
    with pytest.raises(ValueError, match="not an item"):
        read(resource(*lines, more=zone))


def test_an_exception_date_without_a_time_is_that_day() -> None:
    series = read(resource(*TIMES, "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20270302")).series
    assert series is not None
    assert series.cancelled == {date(2027, 3, 2)}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("FLE Standard Time", "Europe/Helsinki"),
        ("/mozilla.org/20050126_1/Europe/Stockholm", "Europe/Stockholm"),
        ("/vendor/GMT", None),
        ("Mars/Olympus", None),
        ("../../etc/passwd", None),
    ],
)
def test_zones_are_known_by_their_many_names(name: str, known: str | None) -> None:
    assert iana_name(name) == known


def test_a_tag_is_found_though_it_is_folded_and_whatever_else_is_wrong() -> None:
    long = Tag("i" * 60, "b" * 32)
    data = with_tag(resource("DTSTART:strunt"), long)
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert tag_of(data) == long
    assert may_bear_tag(data)
    assert not may_bear_tag(resource("SUMMARY:X-VARDMOTE"))


line = st.sampled_from(
    [
        "SUMMARY:Å " + "lång " * 30,
        "DESCRIPTION:a\\nb\\, c\\\\n",
        'ATTENDEE;CN="Ek, Bo: tolk":mailto:bo@tolk.example',
        "X-ANNAT;P=1:värde",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nX-VARDMOTE-MEETING:inte/vår\r\nEND:VALARM",
        "",
    ]
)


@given(st.lists(line, max_size=5))
def test_tagging_and_untagging_leave_every_other_line_as_it_was(lines: list[str]) -> None:
    data = with_tag(resource(*TIMES, *(line for line in lines if line)), None)
    tagged = with_tag(data, TAG)
    assert read(tagged).tag == TAG
    assert with_tag(tagged, TAG) == tagged
    assert with_tag(tagged, None) == data


@pytest.mark.parametrize(
    "body",
    [
        f"DESCRIPTION:Före\\nAnslut: {JOIN}\\nStarta: {START}\\nEfter\\, \\\\n",
        f"X-ALT-DESC;FMTTYPE=text/html:<p>Före</p>{OURS.html}<p>Efter</p>",
        f'DESCRIPTION;ALTREP="data:text/html,{quote(OURS.html)}":Före\\nAnslut: {JOIN}\\nStarta: {START}\\nEfter',
        f"STYLED-DESCRIPTION;VALUE=TEXT;FMTTYPE=text/html:<p>Före</p>{OURS.html}<p>Efter</p>",
    ],
)
def test_a_block_leaves_every_form_of_the_body_and_the_users_words_stay(body: str) -> None:
    data = with_tag(resource(*TIMES, body), TAG)
    text = with_block(data, None, None, SERVICE, [OURS]).replace(b"\r\n ", b"").decode()
    assert SERVICE not in text
    assert "Före" in text
    assert text.count("Efter") == body.count("Efter")
    assert tag_of(text.encode()) is None


def test_a_block_takes_the_place_of_another_and_is_escaped() -> None:
    other = Block(html="<p>x</p>", text=f"Anslut, nu: {SERVICE}/m/7K3M9QXP2RTWHD\nStarta: {START}")
    body = f"DESCRIPTION:Före\\nAnslut: {JOIN}\\nStarta: {START}\\nEfter"
    text = with_block(resource(*TIMES, body), other, TAG, SERVICE, [OURS]).replace(b"\r\n ", b"").decode()
    assert "Före\\nAnslut\\, nu: " in text
    assert JOIN not in text
    assert tag_of(text.encode()) == TAG


def test_a_body_without_our_block_stays_byte_for_byte() -> None:
    data = with_tag(resource(*TIMES, "DESCRIPTION:Möte\\, se https://annat.example/m/2H5KX0QRT7WYNC"), None)
    assert with_block(data, None, None, SERVICE, [OURS]) == data


FILE: Final = resource(
    *("DTSTART;TZID=Odd:20270301T090000", "DTEND;TZID=Odd:20270301T100000", "CREATED:20270101T000000Z"),
    *("RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5", "EXDATE;TZID=Odd:20270308T090000", f"{TAG_PROPERTY}:{TAG}"),
    *(f'ORGANIZER;CN="Anna":mailto:{ANNA}', "ATTENDEE:mailto:bo@region.example"),
    more=(
        *("BEGIN:VTIMEZONE", "TZID:Odd", "BEGIN:STANDARD", "DTSTART:19701025T030000", "TZOFFSETFROM:+0200"),
        *("TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "END:VTIMEZONE"),
    ),
).decode()
SPLINTERS: Final = st.sampled_from(
    [
        "\r\n",
        "\r\n ",
        ":",
        ";",
        "=",
        ",",
        '"',
        "0",
        "-1",
        "99",
        "Z",
        "T",
        "TZID=Odd",
        "VALUE=DATE",
        "\\",
        "\0",
        "\n",
    ]
)


@given(st.lists(st.tuples(st.integers(0, len(FILE)), st.integers(0, 8), SPLINTERS), max_size=4))
def test_a_broken_file_is_read_or_refused_and_nothing_else(breaks: list[tuple[int, int, str]]) -> None:
    broken = FILE
    for at, length, splinter in breaks:
        broken = broken[:at] + splinter + broken[at + length :]
    with suppress(ValueError):
        read(broken.encode())
