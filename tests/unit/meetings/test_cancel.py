"""*Ta bort möte*: the wish is gone at once, the rooms as soon as the provider lets us, and nobody else's ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from addin.meetings.model import Attention, MeetingState
from addin.meetings.room_steps import LATE_EFFECT
from tests.unit.meetings.desk import Desk
from tests.unit.meetings.unreliable_provider import FOREIGN_TAG, Fault, Killed


def test_a_removed_meeting_leaves_no_room_and_says_so(desk: Desk) -> None:
    meeting = desk.cancel(desk.books())
    assert (meeting.state, desk.provider.rooms) == (MeetingState.CANCELLED, {})


def test_a_repeat_says_the_same_and_asks_nothing_of_the_provider(desk: Desk) -> None:
    meeting = desk.cancel(desk.books())
    calls = desk.provider.calls
    assert desk.cancel(meeting) == meeting
    assert desk.provider.calls == calls


def test_a_room_that_was_never_made_is_gone_at_once(desk: Desk) -> None:
    desk.provider.faults.append(Fault.UNAVAILABLE)
    meeting = desk.books()
    assert desk.cancel(meeting).state is MeetingState.CANCELLED


def test_what_was_wrong_with_the_room_is_no_word_about_its_removal(desk: Desk) -> None:
    meeting = desk.books()
    desk.provider.faults.extend([Fault.FORBIDDEN, Fault.UNAVAILABLE])
    meeting = desk.change(meeting, variant="group")
    assert meeting.attention is Attention.PERMISSION_DENIED
    removed = desk.cancel(meeting)
    assert (removed.state, removed.attention) == (MeetingState.CANCELLING, None)


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.RATE_LIMITED, Fault.FORBIDDEN, Fault.LOST_BEFORE])
def test_a_removal_that_fails_goes_on_by_itself(desk: Desk, fault: Fault) -> None:
    meeting = desk.books()
    desk.provider.faults.append(fault)

    assert desk.cancel(meeting).state is MeetingState.CANCELLING

    desk.works_until_settled()
    assert desk.reads(meeting.id).state is MeetingState.CANCELLED
    assert desk.provider.rooms == {}


def test_a_late_create_is_looked_for_as_long_as_it_can_land(desk: Desk) -> None:
    desk.provider.faults.append(Fault.LATE)
    meeting = desk.cancel(desk.books())
    assert meeting.state is MeetingState.CANCELLING
    desk.clock.time += LATE_EFFECT - timedelta(seconds=90)
    while desk.works():
        pass
    desk.provider.land()

    desk.works_until_settled()

    assert desk.reads(meeting.id).state is MeetingState.CANCELLED
    assert desk.provider.rooms == {}


def test_a_create_that_is_lost_again_is_looked_for_from_then_on(desk: Desk) -> None:
    desk.provider.faults.append(Fault.LOST_BEFORE)
    meeting = desk.books()
    desk.clock.time += timedelta(seconds=2)
    desk.provider.faults.extend([Fault.NONE, Fault.UNAVAILABLE])
    desk.works()
    # By now the first create could hardly land any more; the second one is lost and lands late.
    desk.clock.time += LATE_EFFECT - timedelta(seconds=30)
    desk.provider.faults.append(Fault.LATE)
    desk.works()
    assert desk.provider.asked == ["create", "look", "create", "create"]
    desk.cancel(meeting)
    desk.clock.time += timedelta(seconds=60)
    while desk.works():
        pass
    desk.provider.land()

    desk.works_until_settled()

    assert desk.provider.rooms == {}


@pytest.mark.parametrize("fault", [Fault.KILLED_AFTER, Fault.KILLED_LATE])
@pytest.mark.parametrize("restarts", [True, False], ids=["restarted", "taken over by another"])
def test_what_a_dead_process_was_making_is_removed_even_when_it_lands_late(
    desk: Desk, fault: Fault, restarts: bool
) -> None:
    desk.provider.faults.append(fault)
    with pytest.raises(Killed):
        desk.books()
    if restarts:
        desk.restarts()
    else:
        desk.clock.time += timedelta(seconds=31)
    meeting = desk.cancel(desk.books())
    desk.provider.land()

    desk.works_until_settled()

    assert desk.reads(meeting.id).state is MeetingState.CANCELLED
    assert desk.provider.rooms == {}


def test_looks_for_a_late_create_grow_rarer(desk: Desk) -> None:
    desk.provider.faults.append(Fault.LATE)
    desk.cancel(desk.books())
    desk.provider.asked.clear()
    desk.works_until_settled()
    assert desk.provider.calls <= LATE_EFFECT / timedelta(seconds=30)


def test_a_name_that_somebody_else_has_means_that_our_room_is_gone(desk: Desk) -> None:
    desk.provider.faults.append(Fault.FOREIGN)
    meeting = desk.books()
    foreign = dict(desk.provider.rooms)
    desk.restarts()

    desk.cancel(meeting)
    desk.works_until_settled()

    assert desk.reads(meeting.id).state is MeetingState.CANCELLED
    assert desk.provider.rooms == foreign
    assert [wish.tag for _, wish in foreign.values()] == [FOREIGN_TAG]


def test_a_room_that_gave_its_place_to_somebody_elses_is_not_removed(desk: Desk) -> None:
    meeting = desk.books()
    (wish,) = desk.wishes(meeting)
    desk.provider.rooms.clear()
    desk.provider.plant_foreign(wish)
    foreign = dict(desk.provider.rooms)
    # Even under the number that was ours.
    desk.provider.rooms[wish.name] = (desk.rooms(meeting.id)[0].reference or "", foreign[wish.name][1])

    desk.cancel(meeting)
    desk.works_until_settled()

    assert desk.reads(meeting.id).state is MeetingState.CANCELLED
    assert [there.tag for _, there in desk.provider.rooms.values()] == [FOREIGN_TAG]
