"""Any order of clicks, changes, removals, crashes, faults and late creates comes to the same end: what was wished.

Hypothesis tells the stories. The ledger is a real one; two providers are in memory and as unreliable as their port
allows, and while a call is on its way somebody else may act.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from addin.meetings.errors import MeetingChanged, MeetingIsCancelled
from addin.meetings.model import Meeting, MeetingState, Wanted
from addin.meetings.ports import RoomWish
from addin.meetings.room_steps import LATE_EFFECT
from tests.examples import examples
from tests.unit.meetings.desk import Desk, opened_desk
from tests.unit.meetings.unreliable_provider import FOREIGN_TAG, Fault, Killed, UnreliableProvider

FAULTS = st.lists(st.sampled_from(Fault), max_size=3)
# The first two are held at one provider, the third at another.
CHANGES = st.sampled_from(
    [
        {"type": "care-meeting-patient", "variant": "one-patient"},
        {"type": "care-meeting-patient", "variant": "group"},
        {"type": "internal-meeting", "variant": "staff"},
    ]
)


class Stories(RuleBasedStateMachine):
    """One story: what people press, what breaks, and what time does."""

    keys = Bundle("keys")

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        desk.begins_anew()
        self.desk = desk
        self.numbers = count()
        self.ids: dict[str, str] = {}
        self.foreign: dict[str, tuple[str, RoomWish]] = {}
        self.sent_at: datetime | None = None

    @property
    def _providers(self) -> tuple[UnreliableProvider, UnreliableProvider]:
        return self.desk.provider, self.desk.other

    # --- what people do -------------------------------------------------------------------------------------

    @rule(target=keys, faults=FAULTS)
    def somebody_books(self, faults: list[Fault]) -> str:
        key = f"key-{next(self.numbers)}"
        self._with(faults, lambda: self.desk.book(key))
        # A click that died is made again, and says which meeting it is.
        self.ids[key] = self.desk.book(key).meeting.id
        return key

    @rule(key=keys, faults=FAULTS)
    def somebody_clicks_again(self, key: str, faults: list[Fault]) -> None:
        self._with(faults, lambda: self.desk.book(key))
        assert self.desk.book(key).meeting.id == self.ids[key]

    @rule(key=keys, change=CHANGES, faults=FAULTS)
    def somebody_changes_the_meeting(self, key: str, change: dict[str, Any], faults: list[Fault]) -> None:
        meeting = self._meeting(key)
        if meeting.is_cancelled:
            with pytest.raises(MeetingIsCancelled):
                self.desk.change(meeting, **change)
            return
        self._with(faults, lambda: self.desk.change(meeting, **change))

    @rule(key=keys, faults=FAULTS)
    def somebody_removes_the_meeting(self, key: str, faults: list[Fault]) -> None:
        meeting = self._meeting(key)
        self._with(faults, lambda: self.desk.cancel(meeting))
        assert self._meeting(key).is_cancelled

    @rule(key=keys, change=st.none() | CHANGES, other=st.booleans())
    def somebody_acts_during_the_next_call(
        self, key: str, change: dict[str, Any] | None, *, other: bool
    ) -> None:
        def act() -> None:
            with suppress(MeetingChanged, MeetingIsCancelled):
                meeting = self._meeting(key)
                self.desk.change(meeting, **change) if change else self.desk.cancel(meeting)

        self._providers[other].meanwhile = act

    # --- what machines do -----------------------------------------------------------------------------------

    @rule(faults=FAULTS)
    def the_worker_works(self, faults: list[Fault]) -> None:
        self._with(faults, self.desk.works)

    @rule()
    def the_process_restarts(self) -> None:
        self.desk.restarts()

    @rule(seconds=st.sampled_from([2, 31, 310, 700]))
    def time_passes(self, seconds: int) -> None:
        then = self.desk.clock.time + timedelta(seconds=seconds)
        if self.sent_at and then >= self.sent_at + LATE_EFFECT:
            self.what_was_late_lands()
        self.desk.clock.time = then

    @rule()
    def what_was_late_lands(self) -> None:
        for provider in self._providers:
            provider.land()
        self.sent_at = None

    # --- what must hold at every moment ---------------------------------------------------------------------

    @invariant()
    def a_meeting_wants_one_room_at_most_and_every_room_of_ours_is_known(self) -> None:
        rooms = [self.desk.rooms(one) for one in self.ids.values()]
        for of_one in rooms:
            assert sum(room.wanted is Wanted.PRESENT for room in of_one) <= 1
        known = {(room.provider, room.name) for of_one in rooms for room in of_one}
        assert {(one.name, room) for one in self._providers for room in one.ours()} <= known

    @invariant()
    def nothing_half_made_is_shown_as_done(self) -> None:
        for meeting in map(self._meeting, self.ids):
            assert meeting.is_cancelled == (
                meeting.state in (MeetingState.CANCELLING, MeetingState.CANCELLED)
            )
            if meeting.state is MeetingState.LIVE:
                assert self.desk.wishes(meeting)[0] in self.desk.there(meeting)
            if meeting.state is MeetingState.CANCELLED:
                assert self.desk.there(meeting) == []

    @invariant()
    def foreign_rooms_are_untouched(self) -> None:
        there = self.desk.provider.rooms | self.desk.other.rooms
        assert all(there.get(name) == room for name, room in self.foreign.items())
        self.foreign = {name: room for name, room in there.items() if room[1].tag == FOREIGN_TAG}

    def teardown(self) -> None:
        """When all is well again, everything comes to what was wished, and then there is peace."""
        self._heal()
        self.desk.works_until_settled()
        for meeting in map(self._meeting, self.ids):
            assert meeting.state is (MeetingState.CANCELLED if meeting.is_cancelled else MeetingState.LIVE)
            assert self.desk.there(meeting) == self.desk.wishes(meeting)
        calls = [one.calls for one in self._providers]
        self.desk.restarts()
        self.desk.clock.time += timedelta(days=1)
        assert not self.desk.works()
        assert [one.calls for one in self._providers] == calls

    def _heal(self) -> None:
        self.what_was_late_lands()
        for provider in self._providers:
            provider.faults.clear()
            provider.meanwhile = None
            # The other tenants give our names back; nobody could go on otherwise.
            provider.rooms = provider.ours()

    def _with(self, faults: list[Fault], act: Callable[[], object]) -> None:
        for provider in self._providers:
            provider.faults.extend(faults)
        try:
            act()
        except Killed:
            # Either a new process frees the leases at once, or others wait until they run out.
            if faults[-1:] != [Fault.NONE]:
                self.desk.restarts()
        for provider in self._providers:
            provider.faults.clear()
            if provider.under_way:
                self.sent_at = self.sent_at or self.desk.clock.time

    def _meeting(self, key: str) -> Meeting:
        return self.desk.reads(self.ids[key])


def test_every_story_ends_with_what_was_wished(tmp_path: Path) -> None:
    with opened_desk(tmp_path) as desk:
        # It is called without arguments and made anew for each story; a class is only what its signature says.
        stories: Any = partial(Stories, desk)
        run_state_machine_as_test(
            stories,
            settings=settings(
                max_examples=examples(40),
                stateful_step_count=12,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
