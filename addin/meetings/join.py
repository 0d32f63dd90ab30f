"""What a guest's link leads to right now: the truth about one meeting, and the way in while it is open.

`judge` is pure; `JoinMeeting` reads the ledger and asks the provider who is in the room, only when the answer
matters. Looking changes nothing, since link scanners look too.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from typing import Final

from addin.meetings.bindings import ItemBinding, OccurrenceRow
from addin.meetings.codes import parse_code
from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    MistypedCode,
    NotSupported,
    ProviderError,
    ProviderUnavailable,
    UnknownMeetingType,
)
from addin.meetings.ledger_port import Ledger, Reading
from addin.meetings.links import LinkState, MeetingLink, as_from_then, as_until_then, awaited
from addin.meetings.lobby import falls_short
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import CalendarNote, LobbyLevel, Meeting, MeetingState, Window
from addin.meetings.ports import Clock, ConferencingProvider, Occupancy, RoomWish
from addin.meetings.rooms import RoomPlans
from addin.meetings.serving_room import ServingRoom, serving_room

log = logging.getLogger(__name__)

OCCUPANCY_SECONDS: Final = 2.0
OCCUPANCY_KEPT: Final = timedelta(seconds=5)
# So long before it opens a guest may be on the way, and must hear that the meeting may be off.
NEAR: Final = timedelta(hours=1)
# A guest who comes to an occurrence that is off may come late.
OCCURRENCE_TOLD: Final = timedelta(hours=12)
# A page is never asked for more often than this, and a waiting one at least this often, so that it stays true.
SOONEST_LOOK: Final = timedelta(seconds=20)
LATEST_LOOK: Final = timedelta(minutes=5)


class PageState(StrEnum):
    """What the page says; a notice that the meeting was moved may stand beside it."""

    TOO_EARLY = "too_early"
    GETTING_READY = "getting_ready"
    OPEN = "open"
    FULL = "full"
    PERHAPS_CANCELLED = "perhaps_cancelled"
    CANCELLED = "cancelled"
    OVER = "over"
    NOT_YET = "not_yet"
    REPLACED = "replaced"
    UNKNOWN = "unknown"
    MISTYPED = "mistyped"
    PROVIDER_TROUBLE = "provider_trouble"


class Unseen(Enum):
    """Why it is not known who is in a room."""

    UNREACHABLE = auto()
    UNSUPPORTED = auto()


Glimpse = Occupancy | Unseen


@dataclass(frozen=True, slots=True)
class JoinView:
    """What a page tells.

    `opens_at` is UTC. `moved_from` is the time that a guest may have heard of before this one. `cancelled_occurrence`
    is the time of a series that does not take place, before the one that `meeting` shows. `look_again_in` is how
    long the answer is good for; None when it will not change. `lobby` is how guests will wait: what the type asks
    for, or less when the provider cannot give it. `guest_pin` is there only while open, and only when the type
    has one. `has_newer`: the calendar item holds another meeting, booked in it later, whose link a guest may have got,
    too. `unit` is to be called about a link that leads to no meeting, of which the page then tells nothing else.
    """

    state: PageState
    meeting: Meeting | None = None
    kind: MeetingType | None = None
    opens_at: datetime | None = None
    moved_from: Window | None = None
    cancelled_occurrence: Window | None = None
    look_again_in: timedelta | None = None
    lobby: LobbyLevel = LobbyLevel.WAIT_FOR_HOST
    guest_pin: str | None = field(default=None, repr=False)
    unit: str | None = None
    has_newer: bool = False


class _Phase(Enum):
    BEFORE = auto()
    DURING = auto()
    AFTER = auto()


_LOOK_AGAIN: Final[Mapping[PageState, timedelta | None]] = {
    PageState.GETTING_READY: SOONEST_LOOK,
    PageState.OPEN: LATEST_LOOK,
    PageState.FULL: SOONEST_LOOK,
    PageState.PERHAPS_CANCELLED: SOONEST_LOOK,
    PageState.CANCELLED: None,
    PageState.OVER: LATEST_LOOK,
    PageState.PROVIDER_TROUBLE: timedelta(seconds=30),
}


# --- The rules ------------------------------------------------------------------------------------------------


def judge(
    meeting: Meeting,
    kind: MeetingType,
    *,
    ready: bool,
    now: datetime,
    glimpse: Callable[[], Glimpse],
    occurrences: Sequence[OccurrenceRow] = (),
) -> JoinView:
    """Say what the page of `meeting` shows at `now` (UTC).

    `ready`: its room is made, proven protected and known to the provider's edge. `glimpse` says who is in the room
    and is called at most once, only when the answer depends on it. `occurrences` are the near ones of a series.
    """
    state = PageState.CANCELLED if meeting.is_cancelled else _state(meeting, kind, now, glimpse, ready=ready)
    opens_at = meeting.window.start - kind.opens_before
    is_off = state is PageState.CANCELLED
    taken_out = None if is_off else _cancelled_before(meeting, occurrences, now)
    moved = None if taken_out else meeting.earlier_time_of_others
    return JoinView(
        state,
        meeting,
        kind,
        opens_at,
        moved,
        taken_out,
        _look_again_in(state, opens_at - now),
        has_newer=CalendarNote.ITEM_TAKEN in meeting.calendar_notes and not is_off,
    )


def judge_coming(
    meeting: Meeting, link: MeetingLink, binding: ItemBinding | None, kind: MeetingType, now: datetime
) -> JoinView:
    """Say what the page of a coming link shows at `now` (UTC): the occurrence that will have it; it is never open."""
    waits = awaited(link, binding, now, kind.open_after)
    turn = waits.turn if waits else None
    if turn is None and not meeting.is_cancelled:
        return JoinView(PageState.NOT_YET, unit=meeting.unit)
    then = as_from_then(meeting, link, turn)
    return judge(then, kind, ready=False, now=now, glimpse=lambda: Unseen.UNSUPPORTED)


def _cancelled_before(meeting: Meeting, occurrences: Sequence[OccurrenceRow], now: datetime) -> Window | None:
    """Return the time of the series that a guest may have come for, and that is off."""
    missed = [
        one
        for one in occurrences
        if one.cancelled and now - OCCURRENCE_TOLD < one.end and one.start < meeting.window.start
    ]
    first = min(missed, key=lambda one: one.start, default=None)
    return Window(first.start, first.end, meeting.window.zone) if first else None


def _state(
    meeting: Meeting, kind: MeetingType, now: datetime, glimpse: Callable[[], Glimpse], *, ready: bool
) -> PageState:
    phase = _phase(meeting, kind, now)
    in_doubt = _is_in_doubt(meeting, kind, now)
    if not ready:
        return PageState.PERHAPS_CANCELLED if in_doubt else _state_without_room(meeting, phase)
    seen = glimpse()
    # Whoever is in the room, or has just opened it, knows better than the calendar.
    if in_doubt and not _has_host(seen) and not _opened_by_host(meeting, kind, now):
        return PageState.PERHAPS_CANCELLED
    if phase is not _Phase.DURING and not _has_host(seen):
        return _state_outside(phase, seen)
    is_full = isinstance(seen, Occupancy) and seen.participants >= kind.participant_limit
    return PageState.FULL if is_full else PageState.OPEN


def _is_in_doubt(meeting: Meeting, kind: MeetingType, now: datetime) -> bool:
    """Whether the calendar item is gone, not for so long yet that it is believed, and somebody may be on the way."""
    if CalendarNote.PERHAPS_CANCELLED not in meeting.calendar_notes:
        return False
    return meeting.window.start - kind.opens_before - NEAR <= now < meeting.window.end + kind.open_after


def _has_host(seen: Glimpse) -> bool:
    return isinstance(seen, Occupancy) and seen.host_present


def _state_without_room(meeting: Meeting, phase: _Phase) -> PageState:
    if phase is not _Phase.DURING:
        return PageState.TOO_EARLY if phase is _Phase.BEFORE else PageState.OVER
    in_trouble = meeting.state is MeetingState.NEEDS_ATTENTION
    return PageState.PROVIDER_TROUBLE if in_trouble else PageState.GETTING_READY


def _state_outside(phase: _Phase, seen: Glimpse) -> PageState:
    if phase is _Phase.BEFORE:
        return PageState.TOO_EARLY
    # A call may still run, and then "over" would be untrue.
    return PageState.PROVIDER_TROUBLE if seen is Unseen.UNREACHABLE else PageState.OVER


def _phase(meeting: Meeting, kind: MeetingType, now: datetime) -> _Phase:
    begins = meeting.window.start - kind.opens_before
    if begins <= now < meeting.window.end + kind.open_after:
        return _Phase.DURING
    if _opened_by_host(meeting, kind, now):
        return _Phase.DURING
    return _Phase.BEFORE if now < begins else _Phase.AFTER


def _opened_by_host(meeting: Meeting, kind: MeetingType, now: datetime) -> bool:
    """Whether *Starta möte* holds the link open: as long as a meeting that began at the press would be."""
    if meeting.host_started_at is None or now >= kept_until(meeting, kind):
        return False
    planned = meeting.window.end - meeting.window.start
    return now < meeting.host_started_at + planned + kind.open_after


def kept_until(meeting: Meeting, kind: MeetingType) -> datetime:
    """Return when the meeting can no longer be started (UTC)."""
    return meeting.window.end + timedelta(days=kind.days_kept)


def _look_again_in(state: PageState, until_opening: timedelta) -> timedelta | None:
    if state is PageState.TOO_EARLY:
        return min(max(until_opening, SOONEST_LOOK), LATEST_LOOK)
    return _LOOK_AGAIN[state]


# --- Who is in the room ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    asking: threading.Lock = field(default_factory=threading.Lock)
    at: datetime | None = None
    glimpse: Glimpse = Unseen.UNREACHABLE


@dataclass(frozen=True, slots=True)
class _Away:
    """A provider that has not answered since then, and who asks it again."""

    since: datetime
    asking: threading.Lock = field(default_factory=threading.Lock)


class OccupancyMemory:
    """Remembers for some seconds who is in which room, so that a full waiting room costs the provider one call.

    A provider that does not answer is let alone as long, and then asked by one page at first: each page that waits for
    it keeps a thread from everybody else.
    """

    def __init__(self, clock: Clock, kept: timedelta = OCCUPANCY_KEPT, most: int = 1000) -> None:
        self._clock = clock
        self._kept = kept
        self._most = most
        self._rooms: dict[str, _Seen] = {}
        self._away: dict[str, _Away] = {}
        self._changing = threading.Lock()

    def glimpse(self, provider: ConferencingProvider, wish: RoomWish) -> Glimpse:
        """Return who is in the room; those who ask at once share one call, and its failure."""
        seen = self._entry(wish.name)
        with seen.asking:
            now = self._clock.now()
            if seen.at is None or abs(now - seen.at) >= self._kept:
                told = self._ask_unless_away(provider, wish, now)
                if told is None:
                    return Unseen.UNREACHABLE
                seen.glimpse, seen.at = told, now
            return seen.glimpse

    def _ask_unless_away(
        self, provider: ConferencingProvider, wish: RoomWish, now: datetime
    ) -> Glimpse | None:
        """Return what the provider says; None when it was let alone."""
        away = self._away.get(provider.name)
        if away is None:
            return self._ask(provider, wish, now)
        if abs(now - away.since) < self._kept or not away.asking.acquire(blocking=False):
            return None
        try:
            return self._ask(provider, wish, now)
        finally:
            away.asking.release()

    def _ask(self, provider: ConferencingProvider, wish: RoomWish, now: datetime) -> Glimpse:
        try:
            seen: Glimpse = provider.occupancy(wish, Deadline.after(OCCUPANCY_SECONDS))
        except NotSupported:
            seen = Unseen.UNSUPPORTED
        except ProviderError as failure:
            known = {"provider": provider.name, "failure": type(failure).__name__}
            log.warning("occupancy_unknown", extra=known)
            if isinstance(failure, ProviderUnavailable):
                self._away[provider.name] = _Away(now)
            return Unseen.UNREACHABLE
        self._away.pop(provider.name, None)
        return seen

    def _entry(self, name: str) -> _Seen:
        with self._changing:
            entry = self._rooms.setdefault(name, _Seen())
            while len(self._rooms) > self._most:
                del self._rooms[next(iter(self._rooms))]
            return entry


# --- The use case ---------------------------------------------------------------------------------------------


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
