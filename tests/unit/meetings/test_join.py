"""Looking at a guest's link and going in: what leads nowhere, and how seldom the provider is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from addin.meetings.errors import InvalidRequest, LedgerUnavailable, NotSupported, ProviderUnavailable
from addin.meetings.join import JoinMeeting
from addin.meetings.join_view import PageState
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import LobbyLevel, Meeting
from addin.meetings.occupancy import OccupancyMemory, Unseen
from addin.meetings.ports import Occupancy
from tests.unit.meetings.doors import (
    END,
    READY_AFTER,
    START,
    TYPE,
    ManualClock,
    OneMeeting,
    RoomsOfOneProvider,
    meeting,
    plans,
    room,
)

NOBODY = Occupancy(0, host_present=False)
MINUTE = timedelta(minutes=1)
OPENS, CLOSES = START - 15 * MINUTE, END + 60 * MINUTE


class Door:
    """The use case over one meeting, a provider and a clock."""

    def __init__(self, booked: Meeting | None = None, kind: MeetingType = TYPE) -> None:
        self.ledger = OneMeeting(booked or meeting(), [room()])
        self.provider = RoomsOfOneProvider()
        self.clock = ManualClock()
        memory = OccupancyMemory(self.clock, most=2)
        self.use = JoinMeeting(
            self.ledger.as_ledger(), plans(kind), {"pexip": self.provider}, memory, self.clock
        )

    @property
    def code(self) -> str:
        return self.ledger.meeting.join_code


class TestTheUseCase:
    """Looking, entering, and the provider behind."""

    def test_an_open_meeting_lets_the_guest_in_and_writes_nothing(self) -> None:
        door = Door()
        view, address = door.use.enter(door.code)
        assert view.state is PageState.OPEN
        assert address == "https://video.region.example/webapp3/m/k3m9qxp2rtwhd7zb"
        assert door.ledger.writes == 0

    def test_nobody_enters_too_early(self) -> None:
        door = Door()
        door.clock.time = OPENS - MINUTE
        assert door.use.enter(door.code)[1] is None

    def test_nobody_enters_a_full_room(self) -> None:
        door = Door()
        door.provider.seen = Occupancy(15, host_present=True)
        view, address = door.use.enter(door.code)
        assert (view.state, address) == (PageState.FULL, None)

    def test_a_code_is_forgiven_its_dress(self) -> None:
        door = Door()
        dressed = f" {door.code[:5].lower()}-{door.code[5:10]} {door.code[10:]} "
        assert door.use.look(dressed).state is PageState.OPEN

    def test_a_mistyped_code_is_told_from_an_unknown_one_without_the_ledger(self) -> None:
        door = Door()
        unknown = meeting().join_code
        assert door.use.look(unknown).state is PageState.UNKNOWN
        door.ledger.failure = LedgerUnavailable()
        assert door.use.look("hello").state is PageState.MISTYPED
        with pytest.raises(LedgerUnavailable):
            door.use.look(unknown)

    def test_the_start_code_is_no_join_code(self) -> None:
        door = Door()
        assert door.use.look(door.ledger.meeting.start_code).state is PageState.UNKNOWN

    def test_the_guests_pin_is_told_only_by_types_that_have_one_and_only_while_open(self) -> None:
        assert Door().use.look(Door().code).guest_pin is None
        door = Door(kind=replace(TYPE, guest_pin=True))
        assert len(door.use.look(door.code).guest_pin or "") == 6
        door.clock.time = OPENS - MINUTE
        assert door.use.look(door.code).guest_pin is None

    def test_a_view_shows_neither_pin_nor_code_where_it_is_printed(self) -> None:
        door = Door(kind=replace(TYPE, guest_pin=True))
        view = door.use.look(door.code)
        for secret in (view.guest_pin or "", door.code, door.ledger.meeting.start_code):
            assert secret
            assert secret not in repr(view)

    def test_the_page_promises_no_better_lobby_than_the_provider_gives(self) -> None:
        door = Door(kind=replace(TYPE, lobby=LobbyLevel.HOST_ADMITS))
        assert door.use.look(door.code).lobby is LobbyLevel.WAIT_FOR_HOST
        door.provider.capabilities = replace(door.provider.capabilities, lobby=LobbyLevel.HOST_ADMITS)
        assert door.use.look(door.code).lobby is LobbyLevel.HOST_ADMITS

    def test_a_type_that_left_the_settings_never_opens(self) -> None:
        door = Door(meeting(type="gone"))
        view, address = door.use.enter(door.code)
        assert (view.state, address) == (PageState.PROVIDER_TROUBLE, None)

    def test_a_provider_that_left_the_settings_never_opens(self) -> None:
        door = Door()
        door.ledger.rooms_kept = [room(provider="gone")]
        assert door.use.enter(door.code)[1] is None

    def test_the_provider_is_not_asked_about_a_room_that_is_not_ready(self) -> None:
        door = Door()
        door.ledger.rooms_kept = [room(verified_at=None)]
        door.use.look(door.code)
        assert door.provider.asked == 0

    @pytest.mark.parametrize(
        ("changes", "seconds"),
        [
            ({"made_at": START - timedelta(seconds=READY_AFTER - 40)}, 40),
            ({"made_at": START - timedelta(seconds=READY_AFTER - 1)}, 5),
            ({"verified_at": None}, 5),
            ({"made_at": None, "verified_at": None, "attempts": 1}, 10),
            ({"made_at": None, "verified_at": None, "attempts": 400}, 20),
        ],
        ids=["the edge needs 40 s", "the edge needs 1 s", "being read back", "failed once", "failing"],
    )
    def test_a_page_asks_again_when_the_room_can_be_ready(
        self, changes: dict[str, object], seconds: int
    ) -> None:
        door = Door()
        door.ledger.rooms_kept = [room(**changes)]
        view = door.use.look(door.code)
        assert (view.state, view.look_again_in) == (PageState.GETTING_READY, timedelta(seconds=seconds))

    def test_a_waiting_crowd_costs_one_call_in_five_seconds(self) -> None:
        door = Door()
        for _ in range(20):
            door.use.look(door.code)
        assert door.provider.asked == 1
        door.clock.time += timedelta(seconds=5)
        door.provider.seen = Occupancy(15, host_present=True)
        assert door.use.look(door.code).state is PageState.FULL
        assert door.provider.asked == 2

    def test_a_failure_is_remembered_as_long(self) -> None:
        door = Door()
        door.clock.time = CLOSES
        door.provider.seen = ProviderUnavailable()
        for _ in range(5):
            assert door.use.look(door.code).state is PageState.PROVIDER_TROUBLE
        assert door.provider.asked == 1

    def test_a_provider_that_does_not_answer_keeps_no_thread_for_each_room(self) -> None:
        clock, provider = ManualClock(), RoomsOfOneProvider()
        memory, plan = OccupancyMemory(clock), plans()
        wishes = [plan.wish(meeting(), room(name=f"room-{number}")) for number in range(20)]
        provider.seen = ProviderUnavailable()
        assert {memory.glimpse(provider, wish) for wish in wishes} == {Unseen.UNREACHABLE}
        assert provider.asked == 1
        clock.time += timedelta(seconds=5)
        # While one page asks again, the others do not wait for it.
        provider.meanwhile = lambda: memory.glimpse(provider, wishes[1])
        assert memory.glimpse(provider, wishes[0]) is Unseen.UNREACHABLE
        assert provider.asked == 2
        clock.time += timedelta(seconds=5)
        provider.seen, provider.meanwhile = NOBODY, None
        assert [memory.glimpse(provider, wish) for wish in wishes] == [NOBODY] * 20

    def test_a_room_that_cannot_be_told_of_says_nothing_of_the_others(self) -> None:
        clock, provider = ManualClock(), RoomsOfOneProvider()
        memory, plan = OccupancyMemory(clock), plans()
        one, other = (plan.wish(meeting(), room(name=name)) for name in ("room-1", "room-2"))
        provider.seen = InvalidRequest()
        assert memory.glimpse(provider, one) is Unseen.UNREACHABLE
        provider.seen = NOBODY
        assert memory.glimpse(provider, other) == NOBODY

    def test_a_provider_without_eyes_is_no_trouble(self) -> None:
        door = Door()
        door.provider.seen = NotSupported()
        assert door.use.look(door.code).state is PageState.OPEN

    def test_the_memory_of_rooms_is_bounded(self) -> None:
        clock, provider = ManualClock(), RoomsOfOneProvider()
        memory, plan = OccupancyMemory(clock, most=2), plans()
        for number in range(5):
            memory.glimpse(provider, plan.wish(meeting(), room(name=f"room-{number}")))
        assert len(memory._rooms) == 2
