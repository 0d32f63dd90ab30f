"""What a guest's link leads to right now: the truth about one meeting, and the way in while it is open.

The rules stand in `join_view`; here the ledger is read, and the provider asked who is in the room only when the answer
matters. Looking changes nothing, since link scanners look too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from addin.meetings.bindings import ItemBinding, OccurrenceRow
from addin.meetings.codes import parse_code
from addin.meetings.errors import MistypedCode, UnknownMeetingType
from addin.meetings.join_view import JoinView, PageState, judge, judge_coming
from addin.meetings.ledger_port import Ledger, Reading
from addin.meetings.links import LinkState, MeetingLink, as_until_then
from addin.meetings.lobby import falls_short
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import CalendarNote, LobbyLevel, Meeting
from addin.meetings.occupancy import Glimpse, OccupancyMemory, Unseen
from addin.meetings.ports import Clock, ConferencingProvider
from addin.meetings.rooms import RoomPlans
from addin.meetings.serving_room import ServingRoom, look_again_in, serving_room

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """A meeting as the ledger has it, with the room that serves it, where there is one."""

    meeting: Meeting
    served: ServingRoom | None
    occurrences: Sequence[OccurrenceRow] = ()


@dataclass(frozen=True, slots=True)
class _FoundLink:
    """A link that is not the meeting's own, and what tells when it has its turn."""

    link: MeetingLink
    meeting: Meeting
    binding: ItemBinding | None


@dataclass(frozen=True, slots=True)
class JoinMeeting:
    """The use case behind the join page."""

    ledger: Ledger
    plans: RoomPlans
    providers: Mapping[str, ConferencingProvider]
    occupancy: OccupancyMemory
    clock: Clock

    def look(self, typed: str) -> JoinView:
        """Say what the link or the typed code leads to now; changes nothing. Raises LedgerUnavailable."""
        return self._look(typed)[0]

    def enter(self, typed: str) -> tuple[JoinView, str | None]:
        """Return the same, and the provider's address for a guest: only while open, never with a PIN.

        Raises LedgerUnavailable.
        """
        view, found = self._look(typed)
        if view.state is not PageState.OPEN or not (found and found.served):
            return view, None
        wish = self.plans.wish(found.meeting, found.served.room)
        return view, found.served.provider.guest_address(wish)

    def _look(self, typed: str) -> tuple[JoinView, _Found | None]:
        try:
            code = parse_code(typed)
        except MistypedCode:
            return JoinView(PageState.MISTYPED), None
        found = self.ledger.read(lambda reading: self._find(reading, code))
        if found is None:
            return JoinView(PageState.UNKNOWN), None
        if isinstance(found, _FoundLink):
            return self._view_of_link(found), None
        return self._view(found), found

    def _find(self, reading: Reading, code: str) -> _Found | _FoundLink | None:
        meeting = reading.meeting_by_join_code(code)
        if meeting is None:
            return _find_link(reading, code)
        served = serving_room(reading.rooms(meeting.id), self.providers)
        in_series = CalendarNote.SERIES in meeting.calendar_notes
        occurrences = reading.occurrences(meeting.id) if in_series else ()
        if CalendarNote.LINK_COMING in meeting.calendar_notes:
            meeting = as_until_then(meeting, reading.coming_link(meeting.id), occurrences)
        return _Found(meeting, served, occurrences)

    def _view_of_link(self, found: _FoundLink) -> JoinView:
        """Tell of a coming link when it has its turn, and of a replaced one nothing but whom to call."""
        if found.link.state is LinkState.REPLACED:
            return JoinView(PageState.REPLACED, unit=found.link.unit)
        try:
            kind = self.plans.types.of(found.meeting.type)
        except UnknownMeetingType:
            log.warning("meeting_type_missing", extra={"meeting": found.meeting.id})
            return JoinView(PageState.PROVIDER_TROUBLE, unit=found.meeting.unit)
        return judge_coming(found.meeting, found.link, found.binding, kind, self.clock.now())

    def _view(self, found: _Found) -> JoinView:
        try:
            kind = self.plans.types.of(found.meeting.type)
        except UnknownMeetingType:
            # The type was taken out of the settings: we no longer know when it opens or how it is protected.
            log.warning("meeting_type_missing", extra={"meeting": found.meeting.id})
            return JoinView(PageState.PROVIDER_TROUBLE, found.meeting)
        now = self.clock.now()
        ready = found.served is not None and found.served.is_ready(now)
        view = judge(
            found.meeting,
            kind,
            ready=ready,
            now=now,
            glimpse=lambda: self._glimpse(found),
            occurrences=found.occurrences,
        )
        if view.state is PageState.GETTING_READY:
            return replace(view, look_again_in=look_again_in(found.served, now))
        return self._with_way_in(view, found, kind)

    def _glimpse(self, found: _Found) -> Glimpse:
        if found.served is None:
            return Unseen.UNREACHABLE
        wish = self.plans.wish(found.meeting, found.served.room)
        return self.occupancy.glimpse(found.served.provider, wish)

    def _with_way_in(self, view: JoinView, found: _Found, kind: MeetingType) -> JoinView:
        """Add what a guest must know of the way in, while it is open."""
        served = found.served
        if view.state is not PageState.OPEN or served is None:
            return view
        # The provider's word counts: a page may not promise a lobby that only the type asks for.
        lobby = LobbyLevel.WAIT_FOR_HOST if falls_short(kind, served.provider) else kind.lobby
        pin = self.plans.wish(found.meeting, served.room).guest_pin if kind.guest_pin else None
        return replace(view, lobby=lobby, guest_pin=pin)


def _find_link(reading: Reading, code: str) -> _FoundLink | None:
    link = reading.link(code)
    meeting = reading.meeting(link.meeting_id) if link else None
    return _FoundLink(link, meeting, reading.binding(meeting.id)) if link and meeting else None
