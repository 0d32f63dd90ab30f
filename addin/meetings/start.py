"""Lets a host in: who may start which meeting, what is written of it, and the PIN that is handed over once.

The start link is useless to outsiders: it gives a look at time, type and unit, and nothing more without a signed-in
employee. Every start is audited, and so is every *Ta över som värd* with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from addin.meetings.access import belongs_to
from addin.meetings.codes import parse_code
from addin.meetings.empty_lobby import Emptied, empty_lobby
from addin.meetings.errors import MistypedCode, NotAllowedToStart, UnknownMeetingType
from addin.meetings.ledger_port import Ledger, Reading, Writing
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import AuditEntry, Meeting, MeetingState, Principal
from addin.meetings.occupancy import OccupancyMemory
from addin.meetings.ports import Clock, ConferencingProvider, Occupancy, RoomWish
from addin.meetings.rooms import RoomPlans
from addin.meetings.serving_room import ServingRoom, look_again_in, serving_room

# A start sooner before the time than this was of another one: an earlier occurrence, or where it was moved from.
EARLIEST_START: Final = timedelta(hours=12)
# How long after its planned length a call that began before its time may still run.
OVERRUN: Final = timedelta(hours=1)


class StartState(StrEnum):
    """Whether the meeting can be started now, and if not, why."""

    READY = "ready"
    GETTING_READY = "getting_ready"
    PROVIDER_TROUBLE = "provider_trouble"
    CANCELLED = "cancelled"
    OVER = "over"
    UNKNOWN = "unknown"
    MISTYPED = "mistyped"


class TakeoverReason(StrEnum):
    """Why somebody else than the named hosts starts the meeting; a fixed list, so that no free text is kept."""

    HOST_ABSENT = "host_absent"
    HOST_CANNOT_CONNECT = "host_cannot_connect"
    PATIENT_HANDED_OVER = "patient_handed_over"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class StartView:
    """What the start page tells before anybody is let in; `look_again_in` while the room is being made."""

    state: StartState
    meeting: Meeting | None = None
    kind: MeetingType | None = None
    look_again_in: timedelta | None = None


@dataclass(frozen=True, slots=True)
class FullRoom:
    """A room with as many people as it has `places`; whether a host is one of them."""

    places: int
    has_host: bool


@dataclass(frozen=True, slots=True)
class HostEntry:
    """The way in for a host: an https address without a PIN, and the PIN beside it (None when there is none).

    The PIN is shown once and never stored, logged or put in an address. `full` when every place is taken, so that the
    provider lets in nobody more, not even a host. `emptied`: what came of emptying the lobby, None when nobody asked.
    """

    address: str
    pin: str | None
    full: FullRoom | None = None
    emptied: Emptied | None = None

    def __repr__(self) -> str:
        return "HostEntry(...)"


def judge_start(meeting: Meeting, kind: MeetingType, *, ready: bool, now: datetime) -> StartState:
    """Say whether a host can be let in at `now` (UTC); a host may come at any time within the kept days."""
    if meeting.is_cancelled:
        return StartState.CANCELLED
    if now >= kind.kept_until(meeting.window):
        return StartState.OVER
    if ready:
        return StartState.READY
    in_trouble = meeting.state is MeetingState.NEEDS_ATTENTION
    return StartState.PROVIDER_TROUBLE if in_trouble else StartState.GETTING_READY


def may_start(meeting: Meeting, kind: MeetingType, who: Principal) -> bool:
    """Whether the type's host rule lets this employee start without taking over."""
    if kind.host_rule == "any_employee":
        return may_take_over(meeting, who)
    return belongs_to(meeting, who)


def may_take_over(meeting: Meeting, who: Principal) -> bool:
    """Whether a reason is enough: never for another organisation's people, who may be signed in here as well."""
    return who.tenant == meeting.tenant


def call_may_run(meeting: Meeting, at: datetime) -> bool:
    """Whether a host has started this time of the meeting, and a call may run at `at` (UTC).

    An earlier occurrence's start does not count. Who started it in vain and moved it to later that day, or tried it in
    the morning, may still call it off or give it another link.
    """
    begun = meeting.host_started_at
    if begun is None or begun <= meeting.window.start - EARLIEST_START:
        return False
    return at < begun + (meeting.window.end - meeting.window.start) + OVERRUN


@dataclass(frozen=True, slots=True)
class StartMeeting:
    """The use case behind *Starta möte*."""

    ledger: Ledger
    plans: RoomPlans
    providers: Mapping[str, ConferencingProvider]
    occupancy: OccupancyMemory
    clock: Clock

    def look(self, typed: str) -> StartView:
        """Say what the start link leads to now; changes nothing. Raises LedgerUnavailable."""
        try:
            code = parse_code(typed)
        except MistypedCode:
            return StartView(StartState.MISTYPED)
        return self.ledger.read(lambda reading: self._find(reading, code))[0]

    def start(
        self, typed: str, who: Principal, reason: TakeoverReason | None = None, *, empties_lobby: bool = False
    ) -> tuple[StartView, HostEntry | None]:
        """Let the host in: open the link for guests, write who did it, return the way in.

        `empties_lobby`: disconnect first those who wait, where they have every place; audited, too. No way in is
        returned when the state is another than READY; nothing is written then. Raises NotAllowedToStart when the type
        wants named hosts and no `reason` to take over was given, or when the meeting is another organisation's, and
        LedgerUnavailable.
        """
        try:
            code = parse_code(typed)
        except MistypedCode:
            return StartView(StartState.MISTYPED), None
        view, served = self.ledger.write(lambda writing: self._start(writing, code, who, reason))
        if view.state is not StartState.READY or view.meeting is None or served is None:
            return view, None
        emptied = self._empty_lobby(view.meeting, served, who) if empties_lobby else None
        return view, self._entry(view.meeting, served, emptied)

    def _find(self, reading: Reading, code: str) -> tuple[StartView, ServingRoom | None]:
        meeting = reading.meeting_by_start_code(code)
        if meeting is None:
            return StartView(StartState.UNKNOWN), None
        try:
            kind = self.plans.types.of(meeting.type)
        except UnknownMeetingType:
            return StartView(StartState.PROVIDER_TROUBLE, meeting), None
        now = self.clock.now()
        served = serving_room(reading.rooms(meeting.id), self.providers)
        ready = served is not None and served.is_ready(now)
        state = judge_start(meeting, kind, ready=ready, now=now)
        again = look_again_in(served, now) if state is StartState.GETTING_READY else None
        return StartView(state, meeting, kind, again), served

    def _start(
        self, writing: Writing, code: str, who: Principal, reason: TakeoverReason | None
    ) -> tuple[StartView, ServingRoom | None]:
        view, served = self._find(writing, code)
        if view.state is not StartState.READY or view.meeting is None or view.kind is None:
            return view, None
        is_takeover = not may_start(view.meeting, view.kind, who)
        if is_takeover and (reason is None or not may_take_over(view.meeting, who)):
            raise NotAllowedToStart
        now = self.clock.now()
        writing.host_started(view.meeting.id, now)
        writing.audit(
            AuditEntry(
                at=now,
                tenant=who.tenant,
                actor=who.object_id,
                action="host_took_over" if is_takeover else "host_started",
                meeting_id=view.meeting.id,
                reason=reason.value if is_takeover and reason else None,
            )
        )
        return view, served

    def _entry(self, meeting: Meeting, served: ServingRoom, emptied: Emptied | None) -> HostEntry:
        wish, provider = self.plans.wish(meeting, served.room), served.provider
        pin = wish.host_pin if provider.capabilities.host_pin else None
        full = self._full_room(provider, wish) if emptied is None else _still_full(emptied, wish)
        return HostEntry(provider.host_address(wish), pin, full, emptied)

    def _full_room(self, provider: ConferencingProvider, wish: RoomWish) -> FullRoom | None:
        # The join page leaves a place for a host; who was past it already, or came at once with others, may have it.
        seen = self.occupancy.glimpse(provider, wish)
        if not isinstance(seen, Occupancy) or seen.participants < wish.participant_limit:
            return None
        return FullRoom(wish.participant_limit, seen.host_present)

    def _empty_lobby(self, meeting: Meeting, served: ServingRoom, who: Principal) -> Emptied:
        def note() -> None:
            entry = AuditEntry(self.clock.now(), who.tenant, who.object_id, "lobby_emptied", meeting.id)
            self.ledger.write(lambda writing: writing.audit(entry))

        return empty_lobby(served.provider, self.plans.wish(meeting, served.room), note)


def _still_full(emptied: Emptied, wish: RoomWish) -> FullRoom | None:
    """Return how full the room is after somebody asked to have its lobby emptied; where it failed, as it was."""
    if emptied in (Emptied.DONE, Emptied.NOT_NEEDED):
        return None
    return FullRoom(wish.participant_limit, has_host=emptied is Emptied.HOST_IS_IN)
