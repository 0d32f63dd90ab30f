"""What PostgreSQL does otherwise than SQLite under those who follow items: locks, claims, and the clock that counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import pytest

from addin.meetings.errors import LeaseLost
from addin.meetings.follow import LEASE_SECONDS
from addin.meetings.model import CalendarNote, MeetingState
from addin.meetings.take_hints import TakeHints
from calendar_sync.items import Unread
from tests.unit.meetings.calendar_desk import GRACE, MAILBOX, CalendarDesk, calendar_desk
from tests.unit.meetings.desk import Desk
from tests.unit.meetings.doors import START

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@pytest.fixture
def office(postgresql_desk: Desk) -> CalendarDesk:
    """A clinician's desk with an empty ledger on PostgreSQL."""
    return calendar_desk(postgresql_desk)


def test_many_hints_in_any_order_are_one_move_and_what_none_told_of_is_found_in_its_time(
    office: CalendarDesk,
) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + HOUR)
    office.online.drags(item, START + DAY)
    office.delivers([*reversed(office.online.told), *office.online.told])
    office.settles()
    moved = office.reads(meeting)
    assert (moved.window.start, moved.revision) == (START + DAY, meeting.revision + 1)

    office.online.drags(item, START + HOUR)
    office.online.told.clear()
    office.after(HOUR + timedelta(minutes=1))
    assert office.reads(meeting).window.start == START + HOUR
    assert office.found_by()["sweep"] == 1


def test_a_deleted_item_ends_its_meeting_after_the_grace_and_brings_it_back(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.deletes(item)
    office.after(timedelta(minutes=1))
    assert CalendarNote.PERHAPS_CANCELLED in office.reads(meeting).calendar_notes
    office.after(GRACE)
    assert office.reads(meeting).state is MeetingState.CANCELLED
    office.online.restores(item)
    office.settles()
    assert office.reads(meeting).state is MeetingState.LIVE
    assert len(office.desk.there(meeting)) == 1


def test_a_copy_loses_the_link_and_one_of_a_lecture_gets_its_own(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    lecture, other = office.books_and_saves("lecture", type="information-meeting-patient", variant="group")
    copies = [office.online.copies(one, start=START + DAY) for one in (item, other)]
    office.settles()
    assert copies[0].block is None
    assert copies[1].block not in (None, meeting.id, lecture.id)


def test_a_mailbox_that_cannot_be_read_freezes_its_meetings_until_it_can(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.unreadable[MAILBOX] = Unread.DENIED
    office.online.deletes(item)
    office.after(DAY)
    assert CalendarNote.CALENDAR_DENIED in office.reads(meeting).calendar_notes
    office.online.restores(item)
    office.online.unreadable.clear()
    office.after(2 * HOUR)
    assert office.reads(meeting).calendar_notes == frozenset()


def test_what_a_worker_that_died_had_claimed_is_followed_when_its_lease_is_over(office: CalendarDesk) -> None:
    meeting, item = office.books_and_saves()
    office.online.drags(item, START + DAY)
    office.delivers()
    ledger = office.desk.ledger
    assert TakeHints(ledger).work_once()
    (claim,) = ledger.write(lambda writing: writing.claim_bindings("graph", LEASE_SECONDS, 10))
    assert not office.items.work_once("graph")
    assert office.reads(meeting).window == meeting.window
    office.after(timedelta(seconds=LEASE_SECONDS))
    assert office.reads(meeting).window.start == START + DAY
    with pytest.raises(LeaseLost):
        ledger.write(lambda writing: writing.save_binding(claim, claim.binding, None))


def test_two_workers_at_once_do_everything_once(office: CalendarDesk) -> None:
    booked = [office.books_and_saves(f"key-{number}") for number in range(6)]
    before = office.found_by().get("push", 0)
    for number, (_, item) in enumerate(booked):
        office.online.drags(item, START + (number + 1) * HOUR)
    office.delivers(office.online.told * 3)
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda _: [office.works() for _ in range(4)], range(2)))
    office.settles()
    for number, (meeting, _) in enumerate(booked):
        moved = office.reads(meeting)
        assert (moved.window.start, moved.revision) == (START + (number + 1) * HOUR, meeting.revision + 1)
    assert office.found_by()["push"] == before + len(booked)
