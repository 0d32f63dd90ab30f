"""The room that people are led to, with its provider, and whether it is ready for them; for guests and hosts alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.model import Room, Wanted
from addin.meetings.ports import ConferencingProvider

# How soon a page asks again whether a room is ready that is being made, and how soon when making it has failed.
SOON: Final = timedelta(seconds=5)
SOON_AFTER_FAILURES: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class ServingRoom:
    """A meeting's room, and the provider that has it."""

    room: Room
    provider: ConferencingProvider

    def is_ready(self, now: datetime) -> bool:
        """Whether people may be led there at `now` (UTC).

        Made as wished, read back, and old enough for the provider's edge.
        """
        ready_at = self.ready_at()
        return ready_at is not None and now >= ready_at

    def ready_at(self) -> datetime | None:
        """Return when the provider's edge knows the room (UTC); None until it is made as wished and read back."""
        room = self.room
        if room.made_at is None or room.verified_at is None or room.applied_revision < room.wanted_revision:
            return None
        return room.made_at + timedelta(seconds=self.provider.capabilities.ready_after_seconds)


def serving_room(rooms: Sequence[Room], providers: Mapping[str, ConferencingProvider]) -> ServingRoom | None:
    """Return the newest of a meeting's rooms that is wanted; None also where its provider is not in the settings."""
    wanted = [room for room in rooms if room.wanted is Wanted.PRESENT]
    newest = max(wanted, key=lambda room: room.generation, default=None)
    provider = providers.get(newest.provider) if newest else None
    return ServingRoom(newest, provider) if newest and provider else None


def look_again_in(served: ServingRoom | None, now: datetime) -> timedelta:
    """Return how long a page waits before it asks anew whether a room is ready.

    Where only the provider's edge is waited for, that moment is known. Making a room takes seconds, unless tries fail:
    the more have, the longer whoever waits would ask in vain.
    """
    if served is None:
        return SOON_AFTER_FAILURES
    ready_at = served.ready_at()
    if ready_at is not None:
        return max(ready_at - now, SOON)
    return min(SOON * (1 << min(served.room.attempts, 10)), SOON_AFTER_FAILURES)
