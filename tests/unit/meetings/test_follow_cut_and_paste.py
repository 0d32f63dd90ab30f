"""An item that is cut and pasted is a copy and a deletion to every calendar: its meeting lives on in the copy."""

from __future__ import annotations

from datetime import timedelta

import pytest

from addin.meetings.bindings import CopyAnswer, CopyOutcome
from addin.meetings.model import CalendarNote, Meeting, MeetingState
from addin.meetings.notices import NoticeKind
from calendar_sync.items import Unread
from calendar_sync.series import Series
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, OTHER_MAILBOX, CalendarDesk
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import END, START
from tests.unit.meetings.office_calendar import Item

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def cuts_and_pastes(office: CalendarDesk, item: Item, *, wait: timedelta = timedelta()) -> Item:
    """Paste the item a day later and delete what was cut, `wait` after that; returns what was pasted."""
    pasted = office.online.copies(item, start=START + DAY)
    if wait:
        office.after(wait)
    office.online.deletes(item)
    office.settles()
    office.after(timedelta(seconds=10))
    return pasted


def passes(office: CalendarDesk, span: timedelta = 3 * GRACE) -> None:
    """Let time pass in which a missing item is missed twice."""
    for wait in (span / 2, span / 2):
        office.after(wait)


def lives_in(office: CalendarDesk, meeting: Meeting, item: Item) -> bool:
    now = office.reads(meeting)
    is_live = (now.is_cancelled, now.state, now.window.start) == (False, MeetingState.LIVE, item.start)
    return is_live and office.binding(meeting).uid == item.uid and item.block == meeting.id


def test_nobody_is_asked_to_write_the_link_that_the_service_writes_itself(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    pasted = office.online.copies(item, start=START + DAY)
    office.settles()
    office.online.deletes(item)
    office.delivers()
    while office.works():
        assert CalendarNote.BLOCK_OLD not in office.reads(meeting).calendar_notes
    assert office.binding(meeting).block_due
    office.after(timedelta(seconds=10))
    assert lives_in(office, meeting, pasted)


@pytest.mark.parametrize("wait", [timedelta(), 2 * MINUTE, 8 * MINUTE])
def test_the_same_link_lives_on_in_what_was_pasted(office: CalendarDesk, wait: timedelta) -> None:
    meeting, item = office.books_and_saves()
    office.tells(meeting)
    passes(office)
    pasted = cuts_and_pastes(office, item, wait=wait)
    assert lives_in(office, meeting, pasted)
    assert pasted.tag == office.looks.tag_of(meeting.id)
    passes(office, 3 * HOUR)
    assert lives_in(office, meeting, pasted)
    now = office.reads(meeting)
    assert (now.join_code, now.mailbox, now.calendar_notes) == (meeting.join_code, MAILBOX, frozenset())
    assert len(office.desk.provider.rooms) == 1
    assert office.owed(meeting) == [NoticeKind.RESCHEDULED]
    assert ("item_pasted", None) in office.audited(meeting)


def test_what_is_pasted_after_the_original_was_missed_holds_the_meeting(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.after(5 * MINUTE)
    pasted = office.online.copies(item, start=START + DAY)
    pasted.in_trash = False
    office.settles()
    assert lives_in(office, meeting, pasted)


def test_a_copy_that_is_older_than_the_grace_period_is_not_taken_for_what_was_pasted(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    copied = cuts_and_pastes(office, item, wait=GRACE + MINUTE)
    passes(office)
    assert office.reads(meeting).is_cancelled
    assert copied.block is None


def test_of_two_copies_neither_is_taken_for_what_was_pasted(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    copies = [office.online.copies(item, start=START + day * DAY) for day in (1, 2)]
    office.online.deletes(item)
    passes(office)
    assert office.reads(meeting).is_cancelled
    assert [copied.block for copied in copies] == [None, None]


def test_a_copy_in_a_colleague_s_calendar_is_not_taken_for_what_was_pasted(office: CalendarDesk) -> None:
    office.standing = (OTHER_MAILBOX,)
    office.taking_in.follow_all()
    meeting, item = office.books_and_saves()
    copied = office.online.copies(item, to=OTHER_MAILBOX)
    office.online.deletes(item)
    passes(office)
    assert office.reads(meeting).is_cancelled
    assert copied.block is None


@pytest.mark.parametrize("by_host", [True, False])
def test_who_copies_a_visit_that_is_on_or_over_for_the_next_one_keeps_both_apart(
    office: CalendarDesk, *, by_host: bool
) -> None:
    meeting, item = office.books_and_saves()
    office.desk.clock.time = START - HOUR
    office.settles()
    if by_host:
        moment = office.desk.clock.time
        office.desk.ledger.write(lambda writing: writing.host_started(meeting.id, moment))
    else:
        office.desk.clock.time = END + MINUTE
        office.settles()
    pasted = cuts_and_pastes(office, item)
    passes(office)
    assert pasted.block is None
    assert not office.reads(meeting).is_cancelled


def test_what_was_cut_is_a_copy_when_it_is_restored(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    pasted = cuts_and_pastes(office, item, wait=2 * MINUTE)
    office.after(2 * HOUR)
    office.online.restores(item)
    passes(office)
    assert lives_in(office, meeting, pasted)
    assert (item.block, item.tag) == (None, None)


def test_what_was_pasted_and_deleted_at_once_has_its_block_within_seconds_of_coming_back(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    pasted = office.online.copies(item, start=START + DAY)
    office.settles()
    office.online.deletes(item)
    office.rests()
    assert office.binding(meeting).block_due
    office.online.deletes(pasted)
    passes(office)
    assert office.reads(meeting).is_cancelled
    office.online.restores(pasted)
    office.settles()
    assert lives_in(office, meeting, pasted)
    assert CalendarNote.BLOCK_OLD not in office.reads(meeting).calendar_notes


@pytest.mark.parametrize("restored_first", [True, False])
def test_cutting_and_pasting_can_be_undone(office: CalendarDesk, *, restored_first: bool) -> None:
    meeting, item = office.books_and_saves()
    pasted = cuts_and_pastes(office, item)
    passes(office)
    for step in (
        (office.online.restores, office.online.deletes)
        if restored_first
        else (
            office.online.deletes,
            office.online.restores,
        )
    ):
        step(item if step == office.online.restores else pasted)
        office.after(MINUTE)
    office.after(timedelta(seconds=10))
    assert lives_in(office, meeting, item)
    passes(office)
    assert lives_in(office, meeting, item)


def test_what_was_pasted_and_has_a_meeting_of_its_own_by_then_is_left_alone(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    pasted = office.online.copies(item, start=START + DAY)
    office.settles()
    own = office.books("own")
    pasted.pane_tag, pasted.block = office.looks.tag_of(own.id), own.id
    office.online.deletes(item)
    passes(office)
    assert pasted.block == own.id
    assert office.reads(meeting).is_cancelled
    assert not office.reads(own).is_cancelled


def test_a_pasted_item_with_attendees_keeps_the_link_and_its_question_is_answered(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.invites(item)
    office.settles()
    pasted = office.online.copies(item, start=START + DAY)
    office.settles()
    assert CalendarNote.COPY_ASKED in office.reads(meeting).calendar_notes
    office.online.deletes(item)
    office.settles()
    assert lives_in(office, meeting, pasted)
    assert office.reads(meeting).calendar_notes == frozenset()


def test_a_copy_that_its_owner_has_answered_about_is_not_taken_for_what_was_pasted(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.invites(item)
    copied = office.online.copies(item, start=START + DAY)
    office.settles()
    office.answers.answer_copies(meeting.id, CopyAnswer.OWN_ROOM, WHO)
    office.online.deletes(item)
    passes(office)
    assert office.reads(meeting).is_cancelled
    assert copied.block not in (None, meeting.id)


def test_where_nothing_may_be_written_the_meeting_lives_on_in_what_was_pasted(
    read_only: CalendarDesk,
) -> None:
    meeting, item = read_only.books_and_saves()
    pasted = cuts_and_pastes(read_only, item, wait=2 * MINUTE)
    assert lives_in(read_only, meeting, pasted)
    assert read_only.reads(meeting).calendar_notes == frozenset()


def test_a_stripped_copy_that_cannot_be_looked_at_ends_nothing(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    pasted = office.online.copies(item, start=START + DAY)
    office.settles()
    office.online.deletes(item)
    office.online.unreadable[MAILBOX] = Unread.THROTTLED
    passes(office)
    assert not office.reads(meeting).is_cancelled
    office.online.unreadable.clear()
    passes(office, 3 * HOUR)
    assert office.reads(meeting).is_cancelled
    assert pasted.block is None


def test_a_series_goes_on_in_a_pasted_series_alone(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    rule = "FREQ=WEEKLY;COUNT=4"
    office.online.repeats(item, Series(rule, START, "Europe/Stockholm", END - START))
    office.settles()
    single = office.online.copies(item)
    single.series = None
    series = office.online.copies(item)
    office.online.repeats(series, Series(rule, START + DAY, "Europe/Stockholm", END - START))
    office.online.deletes(item)
    office.settles()
    office.after(timedelta(seconds=10))
    assert lives_in(office, meeting, series)
    assert single.block is None


def test_the_place_of_what_was_cut_is_free(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves(item_id="AAMk-item")
    cuts_and_pastes(office, item)

    def held() -> Meeting | None:
        return office.desk.ledger.read(
            lambda reading: reading.meeting_by_item(meeting.tenant, MAILBOX, "AAMk-item")
        )

    assert held() is None
    assert [copy.outcome for copy in office.copies_of(meeting)] == [CopyOutcome.REPLACED]
