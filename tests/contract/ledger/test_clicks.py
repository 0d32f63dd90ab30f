"""What every click writes, each in one commit: the booking, and what came of the call to the provider."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from addin.meetings.errors import LeaseLost
from addin.meetings.ledger_port import NewBooking, RoomResult, Saved, Writing
from addin.meetings.model import Attention, Claim, MeetingState, Principal, Room, Wanted
from addin.meetings.room_record import record_step
from addin.meetings.room_steps import Outcome
from addin.store import tables
from addin.store.rows import to_time
from tests.contract.ledger.conftest import NOW, TENANT, Desk

LEASE = 30.0
HOST = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee"
DONE = Saved(still_wished=True, state_noted=True)


def booked(desk: Desk, booking: NewBooking) -> Claim:
    claim = desk.ledger.add_booking(booking, LEASE)
    assert claim is not None
    return claim


def made(claim: Claim) -> Room:
    return replace(claim.room, reference="42", applied_revision=1, made_at=NOW)


def rooms(desk: Desk, booking: NewBooking) -> list[Room]:
    return list(desk.ledger.read(lambda reading: reading.rooms(booking.meeting.id)))


def test_a_booking_writes_meeting_room_key_and_audit(desk: Desk) -> None:
    booking = desk.new_booking()

    claim = booked(desk, booking)

    assert (claim.room, claim.meeting, claim.number) == (booking.room, booking.meeting, 1)
    assert desk.reads(booking.meeting) == booking.meeting
    assert rooms(desk, booking) == [booking.room]
    remembered = desk.ledger.read(lambda reading: reading.remembered(booking.key))
    assert remembered == (booking.fingerprint, booking.meeting.id)
    assert desk.ledger.read(lambda reading: list(reading.audit_entries(None, None).values())) == [
        booking.audit
    ]


def test_a_booked_room_is_claimed_by_the_click(desk: Desk) -> None:
    booking = desk.new_booking()
    booked(desk, booking)

    assert desk.ledger.write(lambda writing: writing.claim_due("pexip", LEASE, 10)) == []


def test_a_booking_whose_key_is_known_writes_nothing(desk: Desk) -> None:
    first, second = desk.new_booking(), desk.new_booking()
    booked(desk, first)

    assert desk.ledger.add_booking(replace(second, key=first.key), LEASE) is None

    assert desk.ledger.read(lambda reading: reading.meeting(second.meeting.id)) is None
    assert rooms(desk, second) == []
    assert desk.ledger.read(lambda reading: list(reading.audit_entries(None, None).values())) == [first.audit]


def test_of_bookings_with_one_key_at_once_one_is_written(desk: Desk) -> None:
    bookings = [replace(desk.new_booking(), key=b"k" * 32) for _ in range(8)]

    with ThreadPoolExecutor(len(bookings)) as hands:
        claims = list(hands.map(lambda booking: desk.ledger.add_booking(booking, LEASE), bookings))

    (claim,) = filter(None, claims)
    assert [booking.meeting.id for booking in bookings if rooms(desk, booking)] == [claim.meeting.id]


def test_a_booking_with_hosts_is_theirs_too(desk: Desk) -> None:
    booking = desk.new_booking(hosts=(HOST,))
    booked(desk, booking)

    who = Principal(TENANT, HOST, None)
    found = desk.ledger.read(
        lambda reading: reading.meetings_of(who, start=None, end=None, after=None, limit=10)
    )
    assert found == [booking.meeting]


def test_a_booking_is_theirs_who_share_its_mailbox_among_very_many(desk: Desk) -> None:
    booking = desk.new_booking(mailbox="mottagning-299@region.example")
    booked(desk, booking)

    who = Principal(TENANT, HOST, None, tuple(f"mottagning-{one}@region.example" for one in range(300)))
    found = desk.ledger.read(
        lambda reading: reading.meetings_of(who, start=None, end=None, after=None, limit=10)
    )
    assert found == [booking.meeting]


def test_a_step_is_noted_for_room_and_meeting(desk: Desk) -> None:
    claim = booked(desk, desk.new_booking())
    after = replace(claim.meeting, state=MeetingState.LIVE)

    assert desk.ledger.save_step(claim, RoomResult(made(claim), None, True), after) == DONE

    assert desk.reads(claim.meeting) == after
    assert desk.ledger.read(lambda reading: list(reading.rooms(after.id))) == [made(claim)]


def test_a_step_that_leaves_the_meeting_as_it_was_is_noted_for_the_room(desk: Desk) -> None:
    claim = booked(desk, desk.new_booking())

    assert desk.ledger.save_step(claim, RoomResult(made(claim), None, True), claim.meeting) == DONE

    assert desk.reads(claim.meeting) == claim.meeting
    assert desk.ledger.read(lambda reading: list(reading.rooms(claim.meeting.id))) == [made(claim)]


def test_a_reason_is_kept_with_the_state(desk: Desk) -> None:
    claim = booked(desk, desk.new_booking())
    after = replace(claim.meeting, state=MeetingState.NEEDS_ATTENTION, attention=Attention.PERMISSION_DENIED)

    desk.ledger.save_step(claim, RoomResult(claim.room, 300.0, True), after)

    assert desk.reads(claim.meeting) == after


def test_a_lost_lease_writes_neither_room_nor_meeting(desk: Desk) -> None:
    claim = booked(desk, desk.new_booking())
    late = replace(claim, number=claim.number + 1)
    after = replace(claim.meeting, state=MeetingState.LIVE)

    with pytest.raises(LeaseLost):
        desk.ledger.save_step(late, RoomResult(made(claim), None, True), after)

    assert desk.reads(claim.meeting) == claim.meeting
    assert desk.ledger.read(lambda reading: list(reading.rooms(claim.meeting.id))) == [claim.room]


def test_a_step_behind_a_newer_wish_for_the_room_leaves_the_state_and_makes_the_room_due(desk: Desk) -> None:
    claim = booked(desk, desk.new_booking())
    desk.ledger.write(lambda writing: writing.want_rooms(claim.meeting.id, Wanted.ABSENT, 2))
    after = replace(claim.meeting, state=MeetingState.LIVE)

    saved = desk.ledger.save_step(claim, RoomResult(made(claim), None, False), after)

    assert not saved.still_wished
    assert desk.reads(claim.meeting) == claim.meeting
    (due,) = desk.ledger.write(lambda writing: writing.claim_due("pexip", LEASE, 10))
    assert (due.room.reference, due.room.wanted) == ("42", Wanted.ABSENT)


def test_a_step_behind_a_newer_wish_for_the_meeting_says_so(desk: Desk) -> None:
    claim = booked(desk, desk.new_booking())
    later = replace(claim.meeting, revision=2, cancelled_at=NOW + timedelta(minutes=1))
    desk.ledger.write(lambda writing: writing.change_meeting(later, 1))
    after = replace(claim.meeting, state=MeetingState.LIVE)

    saved = desk.ledger.save_step(claim, RoomResult(made(claim), None, True), after)

    assert saved == Saved(still_wished=True, state_noted=False)
    assert desk.reads(claim.meeting) == later


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_a_step_that_waits_for_the_meeting_does_not_hold_its_room(desk: Desk) -> None:
    booking = desk.new_booking()
    claim = booked(desk, booking)
    after = replace(booking.meeting, state=MeetingState.LIVE)
    its_row = select(tables.meetings.c.id).where(tables.meetings.c.id == booking.meeting.id)
    its_room = select(tables.rooms.c.id).where(tables.rooms.c.id == booking.room.id)

    with ThreadPoolExecutor(1) as hand, desk.ledger.engine.connect() as use_case:
        use_case.execute(its_row.with_for_update(key_share=True))
        step = hand.submit(desk.ledger.save_step, claim, RoomResult(made(claim), None, release=True), after)
        desk.waits_until_somebody_waits()
        # Whoever holds the meeting changes its rooms next; if the step held this one, each would wait for the other.
        assert use_case.execute(its_room.with_for_update(nowait=True)).scalar_one() == booking.room.id
        use_case.commit()
        assert step.result(60) == DONE
    assert desk.reads(booking.meeting).state is MeetingState.LIVE


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_of_two_rooms_that_go_at_the_same_time_the_later_one_sees_the_earlier_and_none_holds_the_other_up(
    desk: Desk,
) -> None:
    booking = desk.new_booking()
    assert desk.ledger.add_booking(booking, 0.0)
    other = replace(booking.room, id="f" * 32, generation=2, name="svm-test-other", alias="m3k9qxp2rtwhd7zc")
    gone = replace(booking.meeting, revision=2, state=MeetingState.CANCELLING, cancelled_at=NOW)

    def unit(writing: Writing) -> None:
        writing.add_due_room(other)
        writing.change_meeting(gone, 1)
        writing.want_rooms(gone.id, Wanted.ABSENT, 2)

    desk.ledger.write(unit)
    claims = {
        one.room.id: one for one in desk.ledger.write(lambda writing: writing.claim_due("pexip", LEASE, 9))
    }
    claim = claims[booking.room.id]
    meetings, rooms_now = tables.meetings.c, tables.rooms.c
    its_row = select(meetings.id).where(meetings.id == gone.id)
    its_room = select(rooms_now.id).where(rooms_now.id == claim.room.id)
    outcome = Outcome(replace(claim.room, gone_at=NOW))

    with ThreadPoolExecutor(1) as hand, desk.ledger.engine.connect() as earlier:
        earlier.execute(its_row.with_for_update(key_share=True))
        step = hand.submit(record_step, desk.ledger, claim, outcome, release=True)
        desk.waits_until_somebody_waits()
        earlier.execute(its_room.with_for_update(nowait=True))
        earlier.execute(
            update(tables.rooms).where(rooms_now.id == other.id).values(gone_at=to_time(NOW), due_at=None)
        )
        earlier.commit()
        after, _ = step.result(60)
    assert after.state is desk.reads(gone).state is MeetingState.CANCELLED
