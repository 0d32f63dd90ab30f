"""A meeting that she booked in one time of a series follows that time and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from addin.meetings.look_times import FIRST_WHILE
from addin.meetings.model import CalendarNote, Meeting, MeetingState
from addin.meetings.notices import NoticeKind
from addin.meetings.ports import HintKind
from calendar_sync.items import Unread
from calendar_sync.series import Occurrence, Series
from tests.unit.meetings.calendar_desk import GRACE, CalendarDesk
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import START
from tests.unit.meetings.office_calendar import Item, OfficeCalendar

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
LENGTH = timedelta(minutes=45)
ROUNDS = Series("FREQ=WEEKLY;BYDAY=MO;COUNT=6", START - WEEK, "Europe/Stockholm", LENGTH)
MAILBOXES = {"online": "anna.lindqvist@region.example", "on_premises": "david.nystrom@region.example"}


@pytest.fixture(params=["online", "on_premises"])
def calendar(office: CalendarDesk, request: pytest.FixtureRequest) -> OfficeCalendar:
    found: OfficeCalendar = getattr(office, request.param)
    return found


def in_one_time(office: CalendarDesk, calendar: OfficeCalendar) -> tuple[Meeting, Item, str]:
    """Open the second time of a series that is nobody's meeting, book, and save; with that time's own id."""
    mailbox = MAILBOXES["online" if calendar is office.online else "on_premises"]
    rounds = calendar.creates(mailbox, START - WEEK, START - WEEK + LENGTH)
    calendar.repeats(rounds, ROUNDS)
    meeting = office.books(mailbox=mailbox)
    own_id = calendar.opens_one_time(rounds, START, office.looks.tag_of(meeting.id))
    office.bind_item(meeting.id, own_id, WHO, "token-of-the-click")
    office.settles()
    office.after(timedelta(minutes=1))
    return office.reads(meeting), rounds, own_id


def test_it_holds_the_meeting_and_is_known_by_its_series_and_its_original_start(
    office: CalendarDesk, calendar: OfficeCalendar
) -> None:
    meeting, rounds, _ = in_one_time(office, calendar)
    binding = office.binding(meeting)
    assert (binding.item_id, binding.uid, binding.occurrence) == (rounds.id, rounds.uid, START)
    assert (meeting.unbound, meeting.window.start, meeting.calendar_notes) == (False, START, frozenset())
    # The series is the user's own: nothing is written into it.
    office.comes_to(office.desk.clock.time + DAY + HOUR, step=6 * HOUR)
    assert not office.reads(meeting).is_cancelled
    assert (rounds.own_tag, rounds.pane_tag) == (None, None)


def test_it_follows_where_that_time_is_moved(office: CalendarDesk, calendar: OfficeCalendar) -> None:
    meeting, rounds, _ = in_one_time(office, calendar)
    office.tells(meeting)
    moved = Occurrence(START, START + 2 * HOUR, START + 2 * HOUR + LENGTH)
    other = Occurrence(START + WEEK, START + WEEK + HOUR, START + WEEK + HOUR + LENGTH)
    calendar.repeats(rounds, replace(ROUNDS, moved=(other,)))
    office.after(timedelta(minutes=1))
    assert office.reads(meeting).window == meeting.window
    calendar.repeats(rounds, replace(ROUNDS, moved=(moved, other)))
    office.after(timedelta(minutes=1))
    assert office.reads(meeting).window.start == START + 2 * HOUR
    assert office.owed(meeting) == [NoticeKind.RESCHEDULED]


@pytest.mark.parametrize("whole", [False, True], ids=["that time", "the series"])
def test_it_ends_with_that_time_or_with_the_series_when_both_are_still_gone_after_the_grace(
    office: CalendarDesk, calendar: OfficeCalendar, *, whole: bool
) -> None:
    meeting, rounds, _ = in_one_time(office, calendar)
    calendar.repeats(rounds, replace(ROUNDS, cancelled=frozenset({(START + WEEK).date()})))
    office.after(2 * GRACE)
    assert office.reads(meeting).calendar_notes == frozenset()

    if whole:
        calendar.deletes(rounds)
    else:
        calendar.repeats(rounds, replace(ROUNDS, cancelled=frozenset({START.date()})))
    office.after(timedelta(minutes=1))
    assert CalendarNote.PERHAPS_CANCELLED in office.reads(meeting).calendar_notes
    assert not office.reads(meeting).is_cancelled
    office.after(GRACE + timedelta(minutes=1))
    assert office.reads(meeting).state is MeetingState.CANCELLED

    calendar.restores(rounds)
    calendar.repeats(rounds, ROUNDS)
    # A series that came back under a new id bears no tag by which it would be found sooner.
    office.comes_to(office.desk.clock.time + 2 * HOUR)
    assert office.reads(meeting).state is MeetingState.LIVE


@pytest.mark.parametrize("kind", [HintKind.UPDATED, HintKind.DELETED])
def test_what_is_told_under_that_time_s_own_id_is_followed_as_soon(
    office: CalendarDesk, calendar: OfficeCalendar, kind: HintKind
) -> None:
    meeting, rounds, own_id = in_one_time(office, calendar)
    moved = Occurrence(START, START + 2 * HOUR, START + 2 * HOUR + LENGTH)
    calendar.changes_one_time(rounds, replace(ROUNDS, moved=(moved,)), own_id, kind)
    office.comes_to(office.desk.clock.time + timedelta(seconds=20), step=timedelta(seconds=1))
    assert office.reads(meeting).window.start == START + 2 * HOUR


def test_a_series_that_goes_to_another_calendar_takes_it_along(
    office: CalendarDesk, calendar: OfficeCalendar
) -> None:
    meeting, rounds, _ = in_one_time(office, calendar)
    calendar.moves_to_another_calendar(rounds)
    office.after(2 * GRACE)
    binding = office.binding(meeting)
    assert (binding.item_id, binding.occurrence, binding.gone_since) == (rounds.id, START, None)


def test_a_series_that_cannot_be_read_ends_nothing(office: CalendarDesk) -> None:
    meeting, rounds, _ = in_one_time(office, office.online)
    office.online.unreadable[meeting.mailbox] = Unread.DENIED
    office.online.deletes(rounds)
    office.after(DAY)
    assert not office.reads(meeting).is_cancelled


def test_two_times_of_one_series_hold_two_meetings(office: CalendarDesk, calendar: OfficeCalendar) -> None:
    first, rounds, _ = in_one_time(office, calendar)
    second = office.books("second", mailbox=first.mailbox)
    own_id = calendar.opens_one_time(rounds, START + WEEK, office.looks.tag_of(second.id))
    office.bind_item(second.id, own_id, WHO, "token-of-the-click")
    office.after(timedelta(minutes=1))
    calendar.repeats(rounds, replace(ROUNDS, cancelled=frozenset({START.date()})))
    office.after(timedelta(minutes=1))
    office.after(GRACE + timedelta(minutes=1))
    assert office.reads(first).is_cancelled
    kept = office.reads(second)
    assert (kept.is_cancelled, kept.window.start) == (False, START + WEEK)


def test_a_time_that_only_shows_what_its_series_bears_leads_to_the_series(
    office: CalendarDesk, calendar: OfficeCalendar
) -> None:
    meeting = office.books(mailbox=MAILBOXES["online" if calendar is office.online else "on_premises"])
    item = office.saves(meeting, calendar)
    item.series = replace(ROUNDS, first_start=START)
    own_id = calendar.opens_one_time(item, START + WEEK, None)
    office.bind_item(meeting.id, own_id, WHO, "token-of-the-click")
    office.after(timedelta(minutes=1))
    binding = office.binding(meeting)
    assert (binding.item_id, binding.occurrence) == (item.id, None)
    assert CalendarNote.SERIES in office.reads(meeting).calendar_notes


def test_with_her_own_rights_it_is_seen_in_the_click(office: CalendarDesk) -> None:
    office.lends_her_rights()
    meeting, rounds, own_id = in_one_time(office, office.online)
    moved = Occurrence(START, START + DAY, START + DAY + LENGTH)
    office.online.repeats(rounds, replace(ROUNDS, moved=(moved,)))
    office.online.told.clear()
    clicked = office.bind_item(meeting.id, own_id, WHO, "token-of-the-click")
    assert clicked.meeting.window.start == START + DAY


def starts_of(series: Series) -> list[datetime]:
    return [
        one.original_start for one in series.occurrences(series.first_start, series.first_start + 10 * WEEK)
    ]


def test_an_occurrence_is_told_by_its_day_over_the_change_of_the_clocks() -> None:
    for original in starts_of(ROUNDS):
        found = ROUNDS.occurrence(original)
        assert found
        assert found.original_start == original
    assert ROUNDS.occurrence(START + DAY) is None
    assert ROUNDS.occurrence(START - 2 * WEEK) is None


def test_another_meeting_in_that_time_is_told_to_whose_the_first_was(
    office: CalendarDesk, calendar: OfficeCalendar
) -> None:
    first, rounds, _ = in_one_time(office, calendar)
    elsewhere = office.books(
        "elsewhere", mailbox=first.mailbox, window=replace(first.window, start=START + WEEK)
    )
    opens_and_saves(office, calendar, rounds, elsewhere, START + WEEK)
    assert office.owed(first) == []
    second = office.books("second", mailbox=first.mailbox)
    opens_and_saves(office, calendar, rounds, second, START)
    assert office.owed(first) == [NoticeKind.ITEM_TAKEN]
    assert office.reads(first).calendar_notes == {CalendarNote.ITEM_TAKEN}
    assert office.reads(second).calendar_notes == {CalendarNote.EARLIER_MEETING}
    assert office.reads(elsewhere).calendar_notes == frozenset()
    office.desk.cancel(second)
    office.settles()
    assert office.reads(first).calendar_notes == frozenset()
    assert not office.reads(first).is_cancelled


def opens_and_saves(
    office: CalendarDesk, calendar: OfficeCalendar, rounds: Item, meeting: Meeting, original_start: datetime
) -> None:
    own_id = calendar.opens_one_time(rounds, original_start, office.looks.tag_of(meeting.id))
    office.bind_item(meeting.id, own_id, WHO, "token-of-the-click")
    office.settles()
    office.after(timedelta(minutes=1))


def test_one_time_that_is_saved_long_after_the_booking_is_found_as_soon(
    office: CalendarDesk, calendar: OfficeCalendar
) -> None:
    mailbox = MAILBOXES["online" if calendar is office.online else "on_premises"]
    rounds = calendar.creates(mailbox, START - WEEK, START - WEEK + LENGTH)
    calendar.repeats(rounds, ROUNDS)
    own_id = calendar.opens_one_time(rounds, START, None)
    meeting = office.books(mailbox=mailbox, item_id=own_id)
    office.comes_to(office.desk.clock.time + FIRST_WHILE + HOUR)
    assert office.binding(meeting).uid is None

    calendar.occurrences[own_id] = (rounds, START, office.looks.tag_of(meeting.id))
    moved = Occurrence(START, START + 2 * HOUR, START + 2 * HOUR + LENGTH)
    calendar.changes_one_time(rounds, replace(ROUNDS, moved=(moved,)), own_id, HintKind.UPDATED)
    office.comes_to(office.desk.clock.time + timedelta(seconds=20), step=timedelta(seconds=1))

    assert office.reads(meeting).window.start == START + 2 * HOUR
