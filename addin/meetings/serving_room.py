"""The room that people are led to, with its provider, and whether it is ready for them; for guests and hosts alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from addin.meetings.model import Room, Wanted
from addin.meetings.ports import ConferencingProvider


@dataclass(frozen=True, slots=True)
class ServingRoom:
    """A meeting's room, and the provider that has it."""

    room: Room
    provider: ConferencingProvider

    def is_ready(self, now: datetime) -> bool:
        """Whether people may be led there at `now` (UTC).

        Made as wished, read back, and old enough for the provider's edge.
        """
        room = self.room
        if room.made_at is None or room.verified_at is None or room.applied_revision < room.wanted_revision:
            return False
        return now >= room.made_at + timedelta(seconds=self.provider.capabilities.ready_after_seconds)


def serving_room(rooms: Sequence[Room], providers: Mapping[str, ConferencingProvider]) -> ServingRoom | None:
    """Return the newest of a meeting's rooms that is wanted; None also where its provider is not in the settings."""
    wanted = [room for room in rooms if room.wanted is Wanted.PRESENT]
    newest = max(wanted, key=lambda room: room.generation, default=None)
    provider = providers.get(newest.provider) if newest else None
    return ServingRoom(newest, provider) if newest and provider else None
