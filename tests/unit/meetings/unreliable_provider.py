"""A provider in memory that keeps the port's promises and is as unreliable as they allow; it knows none of our rules.

Every call asks `faults` what happens to it, and does first what somebody else does `meanwhile`. What is under way when
an answer is lost may take effect later (`land`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from typing import TypeVar

from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    ForeignRoom,
    OutcomeUnknown,
    PermissionDenied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RoomNotFound,
)
from addin.meetings.model import LobbyLevel
from addin.meetings.ports import (
    DeleteOutcome,
    Occupancy,
    OwnedRoom,
    ProviderCapabilities,
    ProvisionedRoom,
    RoomWish,
)

T = TypeVar("T")

FOREIGN_TAG = "another tenant's"


class Killed(BaseException):
    """The process ends here; nothing of ours runs any more."""


class Fault(StrEnum):
    """What happens to one call."""

    NONE = "none"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate limited"
    FORBIDDEN = "forbidden"
    LOST_BEFORE = "lost before the effect"
    LOST_AFTER = "lost after the effect"
    LATE = "lost, and a create lands late"
    FOREIGN = "another tenant is first"
    KILLED_BEFORE = "killed before the effect"
    KILLED_AFTER = "killed after the effect"
    KILLED_LATE = "killed, and a create lands late"


CAPABILITIES = ProviderCapabilities(
    lobby=LobbyLevel.WAIT_FOR_HOST,
    host_pin=True,
    room_has_window=False,
    ready_after_seconds=0,
    encrypted=True,
    never_recorded=True,
)


@dataclass
class UnreliableProvider:
    """Rooms by name; names are unique, as at Pexip."""

    name: str = "pexip"
    capabilities: ProviderCapabilities = CAPABILITIES
    faults: deque[Fault] = field(default_factory=deque)
    rooms: dict[str, tuple[str, RoomWish]] = field(default_factory=dict)
    under_way: list[RoomWish] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None
    asked: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    # What a removal comes to.
    removal: DeleteOutcome = DeleteOutcome.DELETED
    # Who is in whichever room, or why that cannot be said.
    seen: Occupancy | ProviderError = field(default_factory=lambda: Occupancy(0, host_present=False))

    @property
    def calls(self) -> int:
        """How many calls have been made in all."""
        return len(self.asked)

    def ours(self) -> dict[str, tuple[str, RoomWish]]:
        """Return the rooms that are not another tenant's."""
        return {name: room for name, room in self.rooms.items() if room[1].tag != FOREIGN_TAG}

    def land(self) -> None:
        """Let every create that is under way take effect now, where its name is still free."""
        for wish in self.under_way:
            self.rooms.setdefault(wish.name, (str(next(self.numbers)), wish))
        self.under_way.clear()

    def plant_foreign(self, wish: RoomWish) -> None:
        """Another tenant makes a room with this name, unless somebody has it."""
        self.rooms.setdefault(wish.name, (str(next(self.numbers)), replace(wish, tag=FOREIGN_TAG)))

    def ensure_room(self, wish: RoomWish, deadline: Deadline) -> ProvisionedRoom:
        return self._effect("create", lambda: self._created(wish), wish)

    def find_room(self, wish: RoomWish, deadline: Deadline) -> ProvisionedRoom | None:
        self._read("look")
        return ProvisionedRoom(self._ours(wish), created=False) if wish.name in self.rooms else None

    def update_room(self, reference: str, wish: RoomWish, deadline: Deadline) -> None:
        def change() -> None:
            self._known(reference, wish)
            self.rooms[wish.name] = (reference, wish)

        self._effect("update", change)

    def verify_protection(self, reference: str, wish: RoomWish, deadline: Deadline) -> Sequence[str]:
        self._read("verify")
        self._known(reference, wish)
        there = self.rooms[wish.name][1]
        if not self.capabilities.room_has_window:
            # Such a room knows no time, so there is none to deviate.
            there = replace(there, window=wish.window)
        return [] if there == wish else ["settings"]

    def end_call(self, wish: RoomWish, deadline: Deadline) -> None:
        self._effect("end call", lambda: None)

    def delete_room(self, reference: str, wish: RoomWish, deadline: Deadline) -> DeleteOutcome:
        def remove() -> DeleteOutcome:
            try:
                self._known(reference, wish)
            except RoomNotFound:
                return DeleteOutcome.ALREADY_GONE
            del self.rooms[wish.name]
            return self.removal

        return self._effect("remove", remove)

    def list_owned(self, prefix: str, deadline: Deadline) -> Iterator[OwnedRoom]:
        self._read("list")
        for name, (reference, wish) in list(self.rooms.items()):
            if name.startswith(prefix):
                yield OwnedRoom(reference, name, wish.tag)

    def occupancy(self, wish: RoomWish, deadline: Deadline) -> Occupancy:
        self._read("occupancy")
        if isinstance(self.seen, ProviderError):
            raise self.seen
        return self.seen

    def guest_address(self, wish: RoomWish) -> str:
        return f"https://video.region.example/{wish.alias}"

    def host_address(self, wish: RoomWish) -> str:
        return self.guest_address(wish)

    def check(self, deadline: Deadline) -> None:
        self._read("check")

    def _created(self, wish: RoomWish) -> ProvisionedRoom:
        if wish.name in self.rooms:
            return ProvisionedRoom(self._ours(wish), created=False)
        self.rooms[wish.name] = (str(next(self.numbers)), wish)
        return ProvisionedRoom(self.rooms[wish.name][0], created=True)

    def _ours(self, wish: RoomWish) -> str:
        reference, there = self.rooms[wish.name]
        if there.tag != wish.tag:
            raise ForeignRoom
        return reference

    def _known(self, reference: str, wish: RoomWish) -> None:
        if wish.name not in self.rooms or self.rooms[wish.name][0] != reference:
            raise RoomNotFound
        self._ours(wish)

    def _read(self, call: str) -> None:
        """A call without an effect: whatever is lost of it may simply be repeated."""
        fault = self._next_fault(call)
        if fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.LATE):
            raise ProviderUnavailable
        self._common(fault)
        if fault in (Fault.KILLED_AFTER, Fault.KILLED_LATE):
            raise Killed

    def _effect(self, call: str, effect: Callable[[], T], create: RoomWish | None = None) -> T:
        fault = self._next_fault(call)
        if fault is Fault.FOREIGN and create:
            self.plant_foreign(create)
        self._common(fault)
        if fault in (Fault.LATE, Fault.KILLED_LATE) and create:
            self.under_way.append(create)
        elif fault not in (Fault.LOST_BEFORE, Fault.LATE, Fault.KILLED_LATE):
            answer = effect()
        if fault in (Fault.KILLED_AFTER, Fault.KILLED_LATE):
            raise Killed
        if fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.LATE):
            raise OutcomeUnknown
        return answer

    def _common(self, fault: Fault) -> None:
        if fault is Fault.UNAVAILABLE:
            raise ProviderUnavailable
        if fault is Fault.RATE_LIMITED:
            raise RateLimited(7)
        if fault is Fault.FORBIDDEN:
            raise PermissionDenied
        if fault is Fault.KILLED_BEFORE:
            raise Killed

    def _next_fault(self, call: str) -> Fault:
        self.asked.append(call)
        if self.meanwhile:
            somebody_acts, self.meanwhile = self.meanwhile, None
            somebody_acts()
        return self.faults.popleft() if self.faults else Fault.NONE
