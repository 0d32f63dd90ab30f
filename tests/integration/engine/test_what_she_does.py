"""Whatever she does to the item, in a program of her own, the meeting follows: what people see, line by line."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from addin.meetings.bindings import CopyOutcome
from addin.meetings.model import UNREAD_NOTES, CalendarNote, Meeting, MeetingState
from addin.meetings.notices import NoticeKind
from calendar_sync.items import Found, ItemRef, Snapshot
from tests.integration.engine.office import RealOffice, links_of, wall
from tests.unit.meetings.calendar_desk import GRACE
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import END, START

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
LECTURE: Final = {"type": "information-meeting-patient", "variant": "group"}
WEEKLY: Final = "FREQ=WEEKLY;BYDAY=MO;COUNT=6"


def snapshot(office: RealOffice, item: str) -> Snapshot:
    ref = ItemRef(office.stand.mailbox, item)
    found = office.stand.calendar.look([ref])[ref]
    assert isinstance(found, Found), found
    return found.snapshot


def outcomes(office: RealOffice, meeting: Meeting) -> list[CopyOutcome]:
    return [copy.outcome for copy in office.copies_of(meeting)]


def the_other(office: RealOffice, meeting: Meeting) -> Meeting:
    (found,) = [one for one in office.meetings() if one.id != meeting.id]
    return found


def agrees(office: RealOffice, meeting: Meeting) -> bool:
    """Whether the rooms that stand for the meeting are the one that is wished, or none."""
    now = office.reads(meeting)
    there, wished = office.desk.there(now), office.desk.wishes(now)
    return [(one.name, one.alias, one.tag) for one in there] == [
        (one.name, one.alias, one.tag) for one in wished
    ]


# --- saved, and never saved ---------------------------------------------------------------------------------


def test_the_item_that_she_saves_holds_the_meeting(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    binding = office.binding(meeting)
    assert (binding.item_id, binding.backend) == (item, office.stand.calendar.name)
    assert binding.uid == snapshot(office, item).uid
    assert not meeting.unbound


def test_an_item_that_she_discards_takes_the_meeting_with_it_after_a_day(office: RealOffice) -> None:
    meeting = office.books(mailbox=office.stand.mailbox)
    office.comes_to(meeting.created_at + 25 * HOUR, step=13 * HOUR)
    assert office.reads(meeting).state is MeetingState.CANCELLED
    assert office.desk.provider.rooms == {}


# --- drags and resizes --------------------------------------------------------------------------------------


def test_she_drags_it_and_room_and_page_follow_under_the_same_link(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    office.tells(meeting)
    office.stand.moves_to(item, wall(START + DAY))
    office.comes_round()
    moved = office.reads(meeting)
    assert (moved.window.start, moved.window.end) == (START + DAY, END + DAY)
    assert moved.previous == meeting.window
    assert links_of(moved) == links_of(meeting)
    assert office.owed(meeting) == [NoticeKind.RESCHEDULED]
    assert agrees(office, meeting)


def test_she_resizes_it_and_the_end_follows(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    office.stand.resizes_to(item, timedelta(minutes=90))
    office.comes_round()
    window = office.reads(meeting).window
    assert (window.start, window.end) == (START, START + timedelta(minutes=90))
    assert agrees(office, meeting)


def test_she_drags_it_over_the_change_of_the_clocks(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    office.stand.moves_to(item, wall(START) + 4 * WEEK)
    office.comes_round()
    assert office.reads(meeting).window.start == START + 4 * WEEK - HOUR


# --- deletes and restores -----------------------------------------------------------------------------------


def test_she_deletes_it_and_the_meeting_ends_after_the_grace(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    office.tells(meeting)
    office.stand.deletes(item)
    for _ in range(12):
        office.comes_to(office.desk.clock.time + timedelta(minutes=6))
        if office.binding(meeting).gone_since:
            break
    assert not office.reads(meeting).is_cancelled
    assert CalendarNote.PERHAPS_CANCELLED in office.reads(meeting).calendar_notes
    office.comes_to(office.desk.clock.time + 2 * GRACE)
    assert office.reads(meeting).state is MeetingState.CANCELLED
    assert office.desk.provider.rooms == {}
    assert office.owed(meeting) == [NoticeKind.CANCELLED]


def test_she_takes_it_back_and_the_same_link_lives_again(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    office.stand.deletes(item)
    office.comes_round()
    office.comes_round()
    assert office.reads(meeting).state is MeetingState.CANCELLED
    office.stand.restores(item)
    office.comes_to(office.desk.clock.time + 7 * HOUR, step=7 * HOUR)
    back = office.reads(meeting)
    assert back.state is MeetingState.LIVE
    assert links_of(back) == links_of(meeting)
    assert agrees(office, meeting)


# --- copies -------------------------------------------------------------------------------------------------


def test_she_copies_it_and_the_copy_loses_the_link_and_keeps_her_words(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    copied = office.stand.copies(item, wall(START + DAY))
    office.comes_round()
    office.comes_round()
    assert outcomes(office, meeting) == [CopyOutcome.STRIPPED]
    join, start = links_of(meeting)
    body = office.stand.body(copied)
    assert join not in body
    assert start not in body
    assert "Ta med remissen" in body
    assert join in office.stand.body(item)
    assert office.reads(meeting).window == meeting.window
    assert agrees(office, meeting)


def test_she_copies_a_lecture_and_the_copy_has_a_room_of_its_own(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved(**LECTURE)
    copied = office.stand.copies(item, wall(START + DAY))
    office.comes_round()
    office.comes_round()
    own = the_other(office, meeting)
    assert own.window.start == START + DAY
    assert links_of(own)[0] in office.stand.body(copied)
    assert links_of(meeting)[0] not in office.stand.body(copied)
    assert snapshot(office, copied).tag == office.looks.tag_of(own.id)
    assert len(office.desk.provider.rooms) == 2
    office.stand.moves_to(copied, wall(START + 2 * DAY))
    office.comes_round()
    assert office.reads(own).window.start == START + 2 * DAY
    assert office.reads(meeting).window == meeting.window


def test_she_copies_it_with_people_invited_and_is_asked_first(office: RealOffice) -> None:
    meeting = office.books(mailbox=office.stand.mailbox)
    item = office.saves_in_her_program(meeting, has_attendees=True)
    office.comes_round()
    copied = office.stand.copies(item, wall(START + DAY))
    office.comes_round()
    office.comes_round()
    if not snapshot(office, copied).is_meeting:
        pytest.skip("this calendar copies without the people")
    assert outcomes(office, meeting) == [CopyOutcome.ASKED]
    assert links_of(meeting)[0] in office.stand.body(copied)


# --- series -------------------------------------------------------------------------------------------------


def test_one_link_leads_to_each_occurrence_in_turn_and_single_ones_may_differ(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    office.stand.repeats(item, WEEKLY)
    office.comes_round()
    assert CalendarNote.SERIES_ASKED in office.reads(meeting).calendar_notes
    office.answers.answer_series(meeting.id, one_link=True, who=WHO)
    office.comes_round()
    second, third = START + WEEK, START + 2 * WEEK
    office.stand.moves_occurrence(item, second.date(), wall(second + DAY))
    office.stand.deletes_occurrence(item, third.date())
    office.comes_to(END + 2 * HOUR, step=2 * DAY)
    assert office.reads(meeting).window.start == second + DAY
    office.comes_to(second + DAY + 3 * HOUR, step=2 * DAY)
    assert office.reads(meeting).window.start == START + 3 * WEEK
    assert links_of(office.reads(meeting)) == links_of(meeting)
    assert len(office.desk.rooms(meeting.id)) == 1


# --- moves it elsewhere, and cannot be read -----------------------------------------------------------------


def test_she_moves_it_to_another_calendar_and_nothing_breaks(office: RealOffice) -> None:
    meeting, item = office.books_and_has_saved()
    calls = office.desk.provider.calls
    filed = office.stand.files_elsewhere(item)
    office.comes_round()
    office.comes_round()
    assert office.binding(meeting).item_id == filed
    assert office.reads(meeting).calendar_notes == frozenset()
    office.stand.moves_to(filed, wall(START + DAY))
    office.comes_round()
    assert office.reads(meeting).window.start == START + DAY
    assert office.desk.provider.calls == calls


def test_she_leaves_and_no_meeting_is_cancelled_by_mistake(office: RealOffice) -> None:
    meeting, _ = office.books_and_has_saved()
    office.stand.takes_away_the_mailbox()
    office.comes_to(office.desk.clock.time + 3 * DAY, step=DAY)
    left = office.reads(meeting)
    assert not left.is_cancelled
    assert UNREAD_NOTES & left.calendar_notes
    assert agrees(office, meeting)
