"""The one next step for a room, as a rule and as the calls that follow from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from addin.meetings.book import BookingRequest
from addin.meetings.model import Attention, Meeting, MeetingState, Room, Wanted
from addin.meetings.ports import DeleteOutcome
from addin.meetings.room_steps import PATIENCE, Step, next_step
from tests.unit.meetings import doors
from tests.unit.meetings.desk import OTHER, REQUEST, WHO, Desk
from tests.unit.meetings.doors import START
from tests.unit.meetings.unreliable_provider import Fault, Killed

WANTED = doors.room(reference=None, applied_revision=0, made_at=None, verified_at=None)
DONE = doors.room()
UNWANTED = replace(DONE, wanted=Wanted.ABSENT, wanted_revision=2)


@pytest.mark.parametrize(
    ("room", "step"),
    [
        (WANTED, Step.CREATE),
        (replace(WANTED, must_look=True), Step.LOOK),
        (replace(DONE, must_look=True), Step.LOOK),
        (replace(DONE, wanted_revision=2), Step.UPDATE),
        (replace(DONE, wanted_revision=2, verified_at=None), Step.UPDATE),
        (replace(DONE, verified_at=None), Step.VERIFY),
        (DONE, Step.DONE),
        (UNWANTED, Step.REMOVE),
        (replace(UNWANTED, must_look=True), Step.REMOVE),
        (replace(UNWANTED, reference=None, must_look=True), Step.LOOK),
        (replace(UNWANTED, reference=None), Step.DONE),
        (replace(UNWANTED, reference=None, gone_at=doors.START), Step.DONE),
    ],
)
def test_the_next_step_follows_from_what_is_wanted_and_known(room: Room, step: Step) -> None:
    assert next_step(room, look_expected=False) is step


def test_a_room_that_may_still_land_is_waited_for_and_not_called_gone() -> None:
    assert next_step(replace(UNWANTED, reference=None), look_expected=True) is Step.REST


def test_a_meeting_costs_one_call_for_the_click_and_one_to_read_it_back(desk: Desk) -> None:
    desk.books()
    desk.works_until_settled()
    assert desk.provider.asked == ["create", "verify"]


def read_back_after(desk: Desk, meeting: Meeting) -> int:
    """Let seconds pass until the meeting's room has been read back; return how many."""
    for second in range(1, 61):
        desk.clock.time += timedelta(seconds=1)
        while desk.works():
            pass
        if desk.rooms(meeting.id)[-1].verified_at:
            return second
    raise AssertionError("never read back")


def booked_while_two_others_wait(desk: Desk, request: BookingRequest) -> Meeting:
    book, booked = desk.book_meeting, []

    def clicks(number: int) -> None:
        if number < 3:
            desk.provider.meanwhile = lambda: beside(number + 1)
        booked.append(book(request, WHO, f"key-{number}").meeting)

    def beside(number: int) -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(clicks, number).result()

    clicks(1)
    return booked[0]


def test_a_room_is_read_back_a_second_later_when_nobody_else_clicks(desk: Desk) -> None:
    assert read_back_after(desk, desk.books()) == 1


def test_reading_back_waits_a_second_for_each_click_at_hand(desk: Desk) -> None:
    assert read_back_after(desk, booked_while_two_others_wait(desk, REQUEST)) == 3


def test_a_room_that_guests_may_enter_before_long_waits_for_nobody(desk: Desk) -> None:
    desk.clock.time = START - timedelta(hours=1)
    assert read_back_after(desk, booked_while_two_others_wait(desk, REQUEST)) == 1


def test_once_all_agrees_nothing_is_asked_again(desk: Desk) -> None:
    desk.books()
    desk.works_until_settled()
    desk.provider.asked.clear()
    desk.clock.time += timedelta(days=5)
    assert not desk.works()
    assert desk.provider.asked == []


def test_whoever_takes_over_reads_before_changing(desk: Desk) -> None:
    meeting = desk.books()
    desk.works_until_settled()
    desk.provider.faults.append(Fault.KILLED_AFTER)
    with pytest.raises(Killed):
        desk.change(meeting, variant="group")
    desk.restarts()
    desk.provider.asked.clear()

    desk.works_until_settled()

    assert desk.provider.asked == ["look", "update", "verify"]


def test_whoever_takes_over_from_one_that_only_read_changes_nothing(desk: Desk) -> None:
    desk.books()
    desk.provider.faults.append(Fault.KILLED_AFTER)
    desk.clock.time += timedelta(seconds=2)
    with pytest.raises(Killed):
        desk.works()
    desk.restarts()

    desk.works_until_settled()

    assert desk.provider.asked == ["create", "verify", "look", "verify"]


def test_a_lost_answer_is_looked_up_and_not_simply_repeated(desk: Desk) -> None:
    desk.provider.faults.append(Fault.LOST_AFTER)
    desk.books()
    desk.works_until_settled()
    assert desk.provider.asked[:4] == ["create", "look", "update", "verify"]
    # It is read back now and then while what was lost can still land, and then left alone.
    assert set(desk.provider.asked[4:]) <= {"verify"}


def test_a_provider_that_asks_for_patience_gets_it(desk: Desk) -> None:
    desk.provider.faults.append(Fault.RATE_LIMITED)
    meeting = desk.books()
    desk.clock.time += timedelta(seconds=6)
    assert not desk.works()
    desk.clock.time += timedelta(seconds=2)
    assert desk.works()
    assert desk.reads(meeting.id).state is MeetingState.LIVE


def test_tries_grow_rarer_while_a_provider_is_down_and_the_clinician_is_told(desk: Desk) -> None:
    desk.provider.faults.extend([Fault.UNAVAILABLE] * 100)
    meeting = desk.books()
    seconds = 0
    while desk.reads(meeting.id).state is MeetingState.WANTED:
        seconds += 1
        desk.clock.time += timedelta(seconds=1)
        desk.works()
        assert seconds < 120, "nobody was told"

    assert desk.reads(meeting.id).attention is Attention.PROVIDER_UNREACHABLE
    assert desk.provider.calls == PATIENCE
    assert seconds > PATIENCE


def test_a_room_without_its_protection_is_not_live_until_it_has_been_put_right(desk: Desk) -> None:
    meeting = desk.books()
    ((reference, wish),) = desk.provider.rooms.values()
    desk.provider.rooms[wish.name] = (
        reference,
        replace(wish, guests_can_present=not wish.guests_can_present),
    )
    desk.clock.time += timedelta(seconds=2)
    desk.works()

    seen = desk.reads(meeting.id)
    assert (seen.state, seen.attention) == (MeetingState.NEEDS_ATTENTION, Attention.PROTECTION_NOT_APPLIED)
    desk.works_until_settled()
    assert desk.reads(meeting.id).state is MeetingState.LIVE
    assert desk.provider.rooms[wish.name] == (reference, wish)


def test_a_room_that_vanished_is_made_again_under_the_same_address(desk: Desk) -> None:
    meeting = desk.books()
    before = desk.wishes(meeting)
    desk.provider.rooms.clear()
    desk.works_until_settled()
    assert [wish for _, wish in desk.provider.rooms.values()] == before
    assert desk.reads(meeting.id).state is MeetingState.LIVE


def test_an_operator_is_told_of_a_room_whose_own_address_leads_there_still(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.provider.removal = DeleteOutcome.REVOKED_LINK_ALIVE
    meeting = desk.books()
    desk.cancel(meeting)
    desk.works_until_settled()
    assert desk.reads(meeting.id).state is MeetingState.CANCELLED
    told = [(one.levelname, getattr(one, "meeting", None)) for one in caplog.records]
    assert told == [("WARNING", meeting.id)]


def test_work_that_nobody_has_a_provider_for_says_so(desk: Desk) -> None:
    meeting = desk.books()
    desk.clock.time += timedelta(seconds=2)
    (claim,) = desk.ledger.write(lambda writing: writing.claim_due("pexip", 30, 1))
    seen = type(desk.reconciler)(desk.ledger, {}, desk.plans, desk.clock).advance(claim, claim.until)
    assert seen.id == meeting.id
    assert (seen.state, seen.attention) == (MeetingState.NEEDS_ATTENTION, Attention.PROVIDER_MISSING)


def test_a_meeting_that_is_removed_while_the_worker_makes_its_room_is_never_called_live(desk: Desk) -> None:
    desk.provider.faults.append(Fault.UNAVAILABLE)
    meeting = desk.books()
    desk.clock.time += timedelta(seconds=2)
    desk.provider.meanwhile = lambda: assert_being_removed(desk.cancel(meeting))

    desk.works()

    assert_being_removed(desk.reads(meeting.id))
    # The step at hand was recorded, and nothing more was done for a wish that is gone.
    assert desk.provider.asked == ["create", "create"]
    desk.works_until_settled()
    assert desk.reads(meeting.id).state is MeetingState.CANCELLED
    assert desk.provider.rooms == {}


def assert_being_removed(meeting: Meeting) -> None:
    assert meeting.state is MeetingState.CANCELLING


def test_a_meeting_that_is_changed_while_the_worker_makes_its_room_is_not_called_live_before_it_is(
    desk: Desk,
) -> None:
    desk.provider.faults.append(Fault.UNAVAILABLE)
    meeting = desk.books()
    desk.clock.time += timedelta(seconds=2)
    desk.provider.meanwhile = lambda: assert_waits(desk.change(meeting, variant="group"))

    desk.works()

    assert_waits(desk.reads(meeting.id))
    desk.works_until_settled()
    now = desk.reads(meeting.id)
    assert (now.state, desk.there(now)) == (MeetingState.LIVE, desk.wishes(now))


def assert_waits(meeting: Meeting) -> None:
    assert meeting.state is MeetingState.WANTED


def test_a_room_at_the_former_provider_says_nothing_about_the_meeting(desk: Desk) -> None:
    meeting = desk.books()
    desk.works_until_settled()
    desk.other.faults.append(Fault.UNAVAILABLE)
    moved = desk.change(meeting, type="internal-meeting")
    assert moved.state is MeetingState.WANTED
    # While the old room cannot be removed, the new one is made.
    desk.provider.faults.append(Fault.FORBIDDEN)
    desk.provider.meanwhile = lambda: made_at_the_other_provider(desk)

    desk.works()

    assert desk.reads(meeting.id).state is MeetingState.LIVE


def made_at_the_other_provider(desk: Desk) -> None:
    desk.clock.time += timedelta(seconds=2)
    (claim,) = desk.ledger.write(lambda writing: writing.claim_due(OTHER, 30, 1))
    assert desk.reconciler.advance(claim, claim.until).state is MeetingState.LIVE


def test_one_room_that_we_fail_at_holds_up_none_that_was_claimed_with_it(desk: Desk) -> None:
    meetings = []
    for key in ("first", "second", "third"):
        desk.provider.faults.append(Fault.UNAVAILABLE)
        meetings.append(desk.books(key))
    desk.clock.time += timedelta(seconds=5)

    def fails() -> None:
        raise RuntimeError("a fault of ours")

    desk.provider.meanwhile = fails
    assert desk.works()
    assert len(desk.provider.rooms) == 2
    desk.clock.time += timedelta(seconds=31)
    desk.works_until_settled()
    assert [desk.reads(meeting.id).state for meeting in meetings] == [MeetingState.LIVE] * 3
