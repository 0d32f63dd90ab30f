"""What ends without anybody pressing a button: the kept days, and the rows after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar, cast

import pytest
from sqlalchemy import update

from addin.meetings.ledger_port import Ledger, Reading, Writing
from addin.meetings.model import MeetingState
from addin.meetings.sweep import Sweep
from addin.store import tables
from tests.unit.meetings.desk import Desk
from tests.unit.meetings.doors import END, START
from tests.unit.meetings.unreliable_provider import Fault

T = TypeVar("T")

KEPT = timedelta(days=30)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def swept(desk: Desk, now: datetime) -> None:
    """Come to that time, sweep, and let the worker do what follows from it."""
    desk.clock.time = now
    desk.sweep()
    desk.works_until_settled()


def exists(desk: Desk, meeting_id: str) -> bool:
    return desk.ledger.read(lambda reading: reading.meeting(meeting_id)) is not None


def test_no_unbound_meeting_goes_where_nothing_tells_of_calendars(desk: Desk) -> None:
    meeting = desk.books()
    swept(desk, START + DAY)
    assert desk.reads(meeting.id).state is MeetingState.LIVE


def test_the_room_goes_when_the_kept_days_are_over_and_then_the_row_with_the_count_kept(desk: Desk) -> None:
    meeting = desk.books(item_id="item")
    desk.works_until_settled()

    swept(desk, END + KEPT - SECOND)
    assert desk.reads(meeting.id).state is MeetingState.LIVE
    swept(desk, END + KEPT)
    assert desk.reads(meeting.id).state is MeetingState.CANCELLED
    assert desk.provider.rooms == {}
    swept(desk, END + KEPT + SECOND)

    assert not exists(desk, meeting.id)
    assert desk.purged() == 1


def test_a_room_that_cannot_be_read_keeps_its_own_meeting_alone_from_going(desk: Desk) -> None:
    bad = desk.cancel(desk.books("first", item_id="first"))
    good = desk.cancel(desk.books("second", item_id="second"))
    rooms = tables.rooms
    with desk.ledger.engine.begin() as connection:
        connection.execute(
            update(rooms).where(rooms.c.meeting_id == bad.id).values(sealed_alias=b"k1\0damaged")
        )
    swept(desk, END + KEPT + SECOND)
    assert (exists(desk, bad.id), exists(desk, good.id)) == (True, False)


def test_a_removed_meeting_is_kept_as_long_as_others_and_then_goes(desk: Desk) -> None:
    meeting = desk.cancel(desk.books(item_id="item"))
    swept(desk, END + KEPT - SECOND)
    assert exists(desk, meeting.id)
    swept(desk, END + KEPT)
    assert not exists(desk, meeting.id)


def test_a_row_is_not_forgotten_while_its_room_is_still_there(desk: Desk) -> None:
    meeting = desk.books(item_id="item")
    desk.works_until_settled()
    desk.clock.time = END + KEPT
    desk.sweep()
    desk.provider.faults.extend([Fault.FORBIDDEN] * 3)
    while desk.works():
        pass
    desk.sweep()
    assert exists(desk, meeting.id)
    assert len(desk.provider.rooms) == 1

    swept(desk, END + KEPT + DAY)
    swept(desk, END + KEPT + DAY + SECOND)

    assert not exists(desk, meeting.id)
    assert desk.provider.rooms == {}


def test_a_row_is_kept_when_a_restored_ledger_finds_its_room_again(desk: Desk) -> None:
    meeting = desk.cancel(desk.books(item_id="item"))
    desk.works_until_settled()
    (room,) = desk.rooms(meeting.id)
    desk.clock.time = END + KEPT
    assert desk.ledger.write(lambda writing: writing.room_found(room.id, "reference"))
    desk.sweep()
    assert exists(desk, meeting.id)
    desk.works_until_settled()
    desk.sweep()
    assert not exists(desk, meeting.id)


def test_a_restored_ledger_removes_nothing_before_it_has_been_rebuilt(desk: Desk) -> None:
    old, unwanted = desk.books(item_id="item"), desk.books("another", item_id="other")
    desk.works_until_settled()
    desk.restores_a_backup()
    assert desk.cancel(unwanted).state is MeetingState.CANCELLING
    desk.clock.time = END + KEPT
    desk.sweep()
    while desk.works():
        pass
    assert not desk.reads(old.id).is_cancelled
    assert len(desk.provider.rooms) == 2

    desk.ledger.write(lambda writing: writing.unfreeze())
    swept(desk, END + KEPT + DAY)
    assert desk.provider.rooms == {}


def test_that_nothing_is_swept_is_told_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.restores_a_backup()
    sweep = Sweep(desk.ledger, desk.clock)
    for _ in range(3):
        sweep()
    assert [one.message for one in caplog.records] == ["ledger_frozen"]


@dataclass
class OvertakenLedger:
    """The desk's ledger, in which somebody does something as soon as the meetings that are overdue have been read."""

    ledger: Ledger
    meanwhile: Callable[[], object]

    def read(self, unit: Callable[[Reading], T]) -> T:
        found = self.ledger.read(unit)
        if isinstance(found, list) and found:
            self.meanwhile()
        return found

    def write(self, unit: Callable[[Writing], T]) -> T:
        return self.ledger.write(unit)


def test_a_meeting_that_is_moved_while_it_is_swept_stays(desk: Desk) -> None:
    meeting = desk.books()
    later = replace(meeting.window, start=END + KEPT + DAY, end=END + KEPT + 2 * DAY)
    desk.clock.time = END + KEPT
    overtaken = OvertakenLedger(desk.ledger, lambda: desk.change(meeting, window=later))
    Sweep(cast("Ledger", overtaken), desk.clock)()
    assert desk.reads(meeting.id).window == later
    assert not desk.reads(meeting.id).is_cancelled


def test_who_did_what_stays_after_the_meeting_is_forgotten(desk: Desk) -> None:
    meeting = desk.cancel(desk.books(item_id="item"))
    swept(desk, END + KEPT)
    entries = desk.ledger.read(lambda reading: list(reading.audit_entries(meeting.id, None).values()))
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("booked", meeting.actor),
        ("cancelled", meeting.actor),
        ("purged", "service"),
    ]


def test_a_meeting_that_is_removed_while_it_is_swept_is_removed_once(desk: Desk) -> None:
    meeting = desk.books()
    desk.clock.time = END + KEPT
    overdue = desk.ledger.read(lambda reading: reading.due_for_retention(END + KEPT, 10))
    assert [one.id for one in overdue] == [meeting.id]
    desk.cancel(meeting)

    swept(desk, END + KEPT)

    entries = desk.ledger.read(lambda reading: list(reading.audit_entries(meeting.id, None).values()))
    assert [entry.action for entry in entries] == ["booked", "cancelled", "purged"]
