"""From a meeting and its type to the room that should be: one place decides what a provider is told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from addin.meetings.codes import new_alias
from addin.meetings.keyring import Keyring
from addin.meetings.meeting_types import MeetingType, MeetingTypes
from addin.meetings.model import Meeting, Room, Wanted
from addin.meetings.ports import RoomWish


@dataclass(frozen=True, slots=True)
class RoomPlans:
    """Makes rooms and the wishes for them.

    `instance` tells this installation from another one in the same provider; `titles` gives the neutral title of
    a room by (type, variant).
    """

    types: MeetingTypes
    keyring: Keyring
    instance: str
    titles: dict[tuple[str, str], str]

    @property
    def name_prefix(self) -> str:
        """What the names of all our rooms begin with."""
        return f"svm-{self.instance}-"

    def new_room(self, meeting: Meeting, provider: str, generation: int = 1) -> Room:
        """Return a room that is wanted and not yet made; all that a provider will be told is decided here."""
        room_id = secrets.token_hex(16)
        return Room(
            id=room_id,
            meeting_id=meeting.id,
            provider=provider,
            generation=generation,
            name=self.name_prefix + room_id,
            alias=new_alias(),
            key_id=self.keyring.current,
            wanted=Wanted.PRESENT,
            wanted_revision=meeting.revision,
        )

    def wish(self, meeting: Meeting, room: Room) -> RoomWish:
        """Return what the provider is to make of the room; the same for every repeat of the same revision."""
        kind = self.types.of(meeting.type)
        return RoomWish(
            name=room.name,
            alias=room.alias,
            tag=self.keyring.tag(self.instance, room.id, room.key_id),
            title=self.titles[meeting.type, meeting.variant],
            window=meeting.window,
            participant_limit=kind.participant_limit,
            host_pin=self.keyring.pin(room.key_id, room.id, room.generation, "host"),
            guest_pin=self._guest_pin(kind, room),
            lobby=kind.lobby,
            chat=kind.chat,
            guests_can_present=kind.guests_can_present,
        )

    def _guest_pin(self, kind: MeetingType, room: Room) -> str | None:
        return self.keyring.pin(room.key_id, room.id, room.generation, "guest") if kind.guest_pin else None
