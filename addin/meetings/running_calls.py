"""Whether a link that is to come must wait for a call to end: who is in a room when its time is over stays in it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from addin.meetings.bindings import ItemBinding
from addin.meetings.deadline import Deadline
from addin.meetings.errors import NotSupported, ProviderError
from addin.meetings.ledger_port import Ledger
from addin.meetings.links import is_link_due, opens_for_next
from addin.meetings.model import CalendarNote, Meeting
from addin.meetings.occupancy import OCCUPANCY_SECONDS
from addin.meetings.ports import Clock, ConferencingProvider
from addin.meetings.rooms import RoomPlans
from addin.meetings.serving_room import ServingRoom, serving_room

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunningCalls:
    """Says whether a link must wait for a call to end; asks the provider only when it is the link's turn."""

    ledger: Ledger
    providers: Mapping[str, ConferencingProvider]
    plans: RoomPlans
    clock: Clock

    def must_wait(self, meeting: Meeting, binding: ItemBinding) -> bool:
        """Whether a host is still in the room, and nobody is to come to the next occurrence yet."""
        if CalendarNote.LINK_COMING not in meeting.calendar_notes or meeting.is_cancelled:
            return False
        link, rooms = self.ledger.read(
            lambda reading: (reading.coming_link(meeting.id), reading.rooms(meeting.id))
        )
        kind, now = self.plans.types.of(meeting.type), self.clock.now()
        if (
            link is None
            or not is_link_due(link, meeting, binding, kind, now)
            or opens_for_next(meeting, binding, kind, now)
        ):
            return False
        served = serving_room(rooms, self.providers)
        return served is not None and self._has_host(meeting, served)

    def _has_host(self, meeting: Meeting, served: ServingRoom) -> bool:
        provider = served.provider
        try:
            wish = self.plans.wish(meeting, served.room)
            return provider.occupancy(wish, Deadline.after(OCCUPANCY_SECONDS)).host_present
        except NotSupported:
            return False
        except ProviderError as failure:
            known = {"provider": provider.name, "failure": type(failure).__name__}
            log.warning("occupancy_unknown", extra=known)
            return True
