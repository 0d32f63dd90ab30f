"""Who may start a meeting, what is written of it, and that the PIN goes nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from addin.meetings.empty_lobby import Emptied
from addin.meetings.errors import NotAllowedToStart, ProviderUnavailable
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import Attention, MeetingState, Principal
from addin.meetings.occupancy import OccupancyMemory
from addin.meetings.ports import Occupancy
from addin.meetings.start import FullRoom, StartMeeting, StartState, TakeoverReason
from tests.unit.meetings.doors import (
    ANNA,
    END,
    START,
    TENANT,
    TYPE,
    ManualClock,
    OneMeeting,
    RoomsOfOneProvider,
    meeting,
    plans,
    room,
)

STRICT = replace(TYPE, host_rule="named_hosts")
SUBSTITUTE = Principal(TENANT, "dddddddd-bbbb-4ccc-8ddd-eeeeeeeeeeee", "david.nystrom@region.example")
BOOKER = Principal(TENANT, ANNA, "anna.lindgren@region.example")


class Door:
    """The use case over one meeting, a provider and a clock."""

    def __init__(self, kind: MeetingType = TYPE, **changes: object) -> None:
        self.ledger = OneMeeting(meeting(**changes), [room()])
        self.provider = RoomsOfOneProvider()
        self.clock = ManualClock()
        self.plans = plans(kind)
        memory = OccupancyMemory(self.clock)
        self.use = StartMeeting(
            self.ledger.as_ledger(), self.plans, {"pexip": self.provider}, memory, self.clock
        )

    @property
    def code(self) -> str:
        return self.ledger.meeting.start_code

    def state(self) -> StartState:
        return self.use.look(self.code).state


def test_any_employee_starts_and_it_is_audited() -> None:
    door = Door()
    view, entry = door.use.start(door.code, SUBSTITUTE)
    assert view.state is StartState.READY
    assert entry is not None
    assert entry.pin == door.plans.wish(door.ledger.meeting, room()).host_pin
    assert door.ledger.meeting.host_started_at == START
    (written,) = door.ledger.audited
    assert (written.actor, written.action, written.reason) == (SUBSTITUTE.object_id, "host_started", None)


def test_the_pin_stands_in_no_address_and_in_no_trace() -> None:
    door = Door()
    entry = door.use.start(door.code, SUBSTITUTE)[1]
    assert entry is not None
    assert entry.pin
    assert entry.pin not in entry.address
    assert entry.pin not in repr(entry)
    assert entry.pin not in repr(door.ledger.audited)


def test_looking_writes_nothing() -> None:
    door = Door()
    assert door.state() is StartState.READY
    assert door.ledger.writes == 0


def test_the_join_code_starts_nothing() -> None:
    door = Door()
    view, entry = door.use.start(door.ledger.meeting.join_code, SUBSTITUTE)
    assert (view.state, entry) == (StartState.UNKNOWN, None)


@pytest.mark.parametrize("code", ["", "hello", "7K3M9-QXP2R-TWH"])
def test_a_mistyped_code_says_so(code: str) -> None:
    door = Door()
    assert door.use.look(code).state is StartState.MISTYPED
    assert door.use.start(code, SUBSTITUTE)[0].state is StartState.MISTYPED


class TestAFullRoom:
    """Who waits may have every place, and then the provider lets in nobody, not even a host."""

    FULL = Occupancy(15, host_present=False)

    @pytest.mark.parametrize(
        ("seen", "told"),
        [
            (Occupancy(14, host_present=False), None),
            (FULL, FullRoom(15, has_host=False)),
            (Occupancy(15, host_present=True), FullRoom(15, has_host=True)),
            (ProviderUnavailable(), None),
        ],
    )
    def test_the_host_is_told_and_started_all_the_same(
        self, seen: Occupancy | ProviderUnavailable, told: FullRoom | None
    ) -> None:
        door = Door()
        door.provider.seen = seen
        entry = door.use.start(door.code, BOOKER)[1]
        assert entry is not None
        assert (entry.full, entry.emptied) == (told, None)
        assert door.provider.seen is seen
        assert door.ledger.meeting.host_started_at == START

    def test_the_host_can_have_those_who_wait_disconnected_and_it_is_audited(self) -> None:
        door = Door()
        door.provider.seen = self.FULL
        entry = door.use.start(door.code, BOOKER, empties_lobby=True)[1]
        assert entry is not None
        assert (entry.full, entry.emptied) == (None, Emptied.DONE)
        assert door.provider.seen == Occupancy(0, host_present=False)
        assert [written.action for written in door.ledger.audited] == ["host_started", "lobby_emptied"]

    def test_a_call_that_a_host_has_come_into_meanwhile_goes_on(self) -> None:
        door = Door()
        door.provider.seen = self.FULL
        door.use.start(door.code, BOOKER)
        door.provider.seen = now = Occupancy(15, host_present=True)
        entry = door.use.start(door.code, BOOKER, empties_lobby=True)[1]
        assert entry is not None
        assert (entry.full is not None, entry.emptied) == (True, Emptied.HOST_IS_IN)
        assert door.provider.seen is now
        assert "lobby_emptied" not in [written.action for written in door.ledger.audited]

    def test_who_came_back_by_their_links_stay_when_the_same_press_is_sent_twice(self) -> None:
        door = Door()
        door.provider.seen = self.FULL
        door.use.start(door.code, BOOKER)
        door.use.start(door.code, BOOKER, empties_lobby=True)
        door.provider.seen = back = Occupancy(14, host_present=False)
        entry = door.use.start(door.code, BOOKER, empties_lobby=True)[1]
        assert entry is not None
        assert (entry.full, entry.emptied) == (None, Emptied.NOT_NEEDED)
        assert door.provider.seen is back
        assert [written.action for written in door.ledger.audited].count("lobby_emptied") == 1

    @pytest.mark.parametrize("seen", [FULL, ProviderUnavailable()], ids=["refuses", "does not answer"])
    def test_a_provider_that_cannot_do_it_is_told_of(self, seen: Occupancy | ProviderUnavailable) -> None:
        door = Door()
        door.provider.seen, door.provider.refuses_to_end = seen, True
        entry = door.use.start(door.code, BOOKER, empties_lobby=True)[1]
        assert entry is not None
        assert (entry.full is not None, entry.emptied) == (True, Emptied.FAILED)

    def test_nobody_is_disconnected_from_a_room_with_places_left_or_by_who_may_not_start(self) -> None:
        door = Door(STRICT)
        door.provider.seen = self.FULL
        with pytest.raises(NotAllowedToStart):
            door.use.start(door.code, SUBSTITUTE, empties_lobby=True)
        assert door.provider.seen is self.FULL
        door.provider.seen = few = Occupancy(14, host_present=False)
        assert door.use.start(door.code, BOOKER, empties_lobby=True)[1]
        assert door.provider.seen is few


class TestNamedHosts:
    """Strict types: hosts and owners start; others take over with a reason from the list."""

    @pytest.mark.parametrize(
        ("who", "changes"),
        [
            (BOOKER, {}),
            (SUBSTITUTE, {"hosts": (SUBSTITUTE.object_id,)}),
            (SUBSTITUTE, {"mailbox": SUBSTITUTE.mailbox}),
            (SUBSTITUTE, {"on_behalf_of": SUBSTITUTE.mailbox}),
        ],
        ids=["who booked", "a named host", "the mailbox's owner", "on whose behalf"],
    )
    def test_those_whose_meeting_it_is(self, who: Principal, changes: dict[str, object]) -> None:
        door = Door(STRICT, **changes)
        assert door.use.start(door.code, who)[1] is not None
        assert door.ledger.audited[0].action == "host_started"

    @pytest.mark.parametrize(
        "who",
        [
            SUBSTITUTE,
            replace(BOOKER, tenant="22222222-2222-4333-8444-555555555555"),
            replace(SUBSTITUTE, mailbox=None),
        ],
        ids=["a colleague", "the same object id in another tenant", "somebody without a mailbox"],
    )
    def test_others_are_stopped_and_nothing_is_written(self, who: Principal) -> None:
        door = Door(STRICT)
        with pytest.raises(NotAllowedToStart):
            door.use.start(door.code, who)
        assert door.ledger.audited == []
        assert door.ledger.meeting.host_started_at is None

    @pytest.mark.parametrize("reason", list(TakeoverReason))
    def test_a_takeover_is_audited_with_its_reason(self, reason: TakeoverReason) -> None:
        door = Door(STRICT)
        assert door.use.start(door.code, SUBSTITUTE, reason)[1] is not None
        (written,) = door.ledger.audited
        assert (written.action, written.reason) == ("host_took_over", reason.value)

    def test_a_reason_that_nobody_asked_for_is_not_written(self) -> None:
        door = Door()
        door.use.start(door.code, SUBSTITUTE, TakeoverReason.SUPPORT)
        assert (door.ledger.audited[0].action, door.ledger.audited[0].reason) == ("host_started", None)


class TestStates:
    """When a host is not let in, and that nothing is written then."""

    def test_a_host_may_come_days_before_and_within_the_kept_days_after(self) -> None:
        door = Door()
        for now in [START - timedelta(days=6), END + timedelta(days=30) - timedelta(seconds=1)]:
            door.clock.time = now
            assert door.state() is StartState.READY

    def test_after_the_kept_days_it_is_over(self) -> None:
        door = Door()
        door.clock.time = END + timedelta(days=30)
        assert door.state() is StartState.OVER

    def test_a_cancelled_meeting_is_not_started(self) -> None:
        door = Door(cancelled_at=START)
        view, entry = door.use.start(door.code, BOOKER)
        assert (view.state, entry, door.ledger.audited) == (StartState.CANCELLED, None, [])

    def test_a_room_that_is_not_verified_is_not_started(self) -> None:
        door = Door()
        door.ledger.rooms_kept = [room(verified_at=None)]
        view, entry = door.use.start(door.code, BOOKER)
        assert (view.state, entry, door.ledger.audited) == (StartState.GETTING_READY, None, [])
        assert view.look_again_in == timedelta(seconds=5)

    def test_a_meeting_that_needs_a_person_says_so(self) -> None:
        door = Door(state=MeetingState.NEEDS_ATTENTION, attention=Attention.PROVIDER_UNREACHABLE)
        door.ledger.rooms_kept = [room(made_at=None, verified_at=None)]
        assert door.state() is StartState.PROVIDER_TROUBLE

    def test_a_type_that_left_the_settings_is_trouble(self) -> None:
        door = Door(type="gone")
        view, entry = door.use.start(door.code, BOOKER)
        assert (view.state, entry) == (StartState.PROVIDER_TROUBLE, None)

    def test_a_provider_without_host_pins_gives_none(self) -> None:
        door = Door()
        door.provider.capabilities = replace(door.provider.capabilities, host_pin=False)
        entry = door.use.start(door.code, BOOKER)[1]
        assert entry is not None
        assert entry.pin is None
