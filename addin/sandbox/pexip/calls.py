"""Running conferences: who is in, who waits for a host, who is thrown out and why.

Nothing ticks in the background: each look at a call first does what time has brought (`_catch_up`).
"""

import hmac
import secrets
import threading
import uuid
from dataclasses import dataclass, field
from typing import Final

from addin.sandbox.clock import Clock
from addin.sandbox.pexip.rooms import Rooms
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.shelf import Json

HOST: Final = "HOST"
GUEST: Final = "GUEST"
PIN_WINDOW_SECONDS: Final = 600

# Why somebody is no longer in a call.
NO_HOST_CAME: Final = "no_host_came"
HOSTS_LEFT: Final = "hosts_left"
ENDED_BY_HOST: Final = "ended"
REMOVED: Final = "removed"
LEFT: Final = "left"
SILENT: Final = "silent"


class NotFound(Exception):
    """No room with this alias on the conferencing node."""


class PinRequired(Exception):
    """A PIN must be sent; `guest_pin` says whether guests need one too."""

    def __init__(self, guest_pin: str) -> None:
        super().__init__("pin required")
        self.guest_pin = guest_pin


class InvalidPin(Exception):
    """The PIN opens nothing; `guest_pin` says whether guests need one."""

    def __init__(self, guest_pin: str) -> None:
        super().__init__("invalid pin")
        self.guest_pin = guest_pin


class Full(Exception):
    """The participant limit is reached; waiting guests and hosts count."""


@dataclass
class Participant:
    """Somebody with a seat in a call. A guest who is not `admitted` waits."""

    name: str
    role: str
    joined_at: float
    seen_at: float
    admitted: bool
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))


@dataclass
class Call:
    """A running conference; `room` is the configuration it began with. Deleting the room does not end it."""

    room: Json
    started_at: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    locked: bool = False
    guests_muted: bool = False
    participants: list[Participant] = field(default_factory=list)
    hosts_gone_at: float | None = None

    @property
    def hosts(self) -> list[Participant]:
        """Hosts who are in now."""
        return [person for person in self.participants if person.role == HOST]


class Calls:
    """Every running conference of the region."""

    def __init__(self, rooms: Rooms, clock: Clock, settings: PexipSettings) -> None:
        self.lock = threading.RLock()
        self._rooms, self._clock, self._settings = rooms, clock, settings
        self._calls: list[Call] = []
        self._gone: dict[str, str] = {}
        self._wrong_pins: dict[int, list[float]] = {}

    def join(self, alias: str, name: str, pin: str | None) -> tuple[Call, Participant]:
        """Take a seat; raises NotFound, PinRequired, InvalidPin, Full. `pin` "none" means: as a guest, without."""
        with self.lock:
            self._catch_up()
            room = self._rooms.on_nodes(alias)
            if room is None:
                raise NotFound
            role = self._role(room, pin)
            call = self._call_in(room)
            limit = room["participant_limit"]
            if limit is not None and len(call.participants) >= limit:
                raise Full
            return call, self._seat(call, name, role)

    def seat_of(self, token: str) -> tuple[Call, Participant] | None:
        """Return the call and participant of a token, or None when the seat is gone."""
        with self.lock:
            self._catch_up()
            return self._find(token)

    def refresh(self, token: str) -> bool:
        """Say that the client is still there; False when its seat is gone."""
        with self.lock:
            self._catch_up()
            seat = self._find(token)
            if seat:
                seat[1].seen_at = self._clock.now()
            return seat is not None

    def why_gone(self, token: str) -> str | None:
        """Return why a former participant is no longer in, or None for a token that never was."""
        with self.lock:
            return self._gone.get(token)

    def running(self) -> list[Call]:
        """Return every call that has participants."""
        with self.lock:
            self._catch_up()
            return list(self._calls)

    def leave(self, token: str, why: str = LEFT) -> None:
        """Give up a seat; a token without a seat is no error."""
        with self.lock:
            seat = self._find(token)
            if seat:
                self._remove(seat[0], seat[1], why)

    def end(self, call_id: str) -> bool:
        """Disconnect everybody; False when no such call runs."""
        with self.lock:
            call = self._by_id(call_id)
            if call is None:
                return False
            for person in list(call.participants):
                self._remove(call, person, ENDED_BY_HOST)
            return True

    def set_lock(self, call_id: str, *, locked: bool) -> bool | None:
        """Lock or unlock; None when no such call runs, False when it already was so."""
        with self.lock:
            call = self._by_id(call_id)
            if call is None:
                return None
            changed = call.locked != locked
            call.locked = locked
            if not locked:
                self._let_in(call)
            return changed

    def mute_guests(self, call_id: str, *, muted: bool) -> bool:
        """Mute or unmute all guests; False when no such call runs."""
        with self.lock:
            call = self._by_id(call_id)
            if call:
                call.guests_muted = muted
            return call is not None

    def admit(self, participant_id: str) -> bool:
        """Let one waiting guest in; False when nobody has this id."""
        with self.lock:
            person = self._person(participant_id)
            if person:
                person.admitted = True
            return person is not None

    def throw_out(self, participant_id: str) -> bool:
        """Disconnect one participant; False when nobody has this id."""
        with self.lock:
            person = self._person(participant_id)
            if person:
                self.leave(person.token, REMOVED)
            return person is not None

    def _role(self, room: Json, pin: str | None) -> str:
        host_pin, guest_pin = room["pin"] or "", room["guest_pin"] or ""
        if not host_pin:
            return HOST
        guests_need_pin = bool(guest_pin) or not room["allow_guests"]
        needed = "required" if guests_need_pin else "none"
        if pin is None:
            raise PinRequired(needed)
        if pin in {"none", ""} and not guests_need_pin:
            return GUEST
        if self._is_guessed_at(room["id"]):
            raise InvalidPin(needed)
        if _same_pin(pin, host_pin):
            return HOST
        if guest_pin and _same_pin(pin, guest_pin):
            return GUEST
        self._wrong_pins.setdefault(room["id"], []).append(self._clock.now())
        raise InvalidPin(needed)

    def _is_guessed_at(self, room_id: int) -> bool:
        since = self._clock.now() - PIN_WINDOW_SECONDS
        recent = [moment for moment in self._wrong_pins.get(room_id, []) if moment > since]
        self._wrong_pins[room_id] = recent
        # Pexip's defence blocks the whole room, the right PIN included (bdpm_max_pin_failures_per_window).
        return len(recent) >= self._settings.pin_attempts

    def _call_in(self, room: Json) -> Call:
        call = next((call for call in self._calls if call.room["id"] == room["id"]), None)
        return call or Call(room, self._clock.timestamp())

    def _seat(self, call: Call, name: str, role: str) -> Participant:
        now = self._clock.now()
        admitted = role == HOST or (bool(call.hosts) and not call.locked)
        person = Participant(name, role, now, now, admitted)
        call.participants.append(person)
        if call not in self._calls:
            self._calls.append(call)
        if role == HOST:
            call.hosts_gone_at = None
            self._let_in(call)
        return person

    def _let_in(self, call: Call) -> None:
        if call.hosts and not call.locked:
            for person in call.participants:
                person.admitted = True

    def _remove(self, call: Call, person: Participant, why: str) -> None:
        call.participants.remove(person)
        self._gone[person.token] = why
        if person.role == HOST and not call.hosts:
            call.hosts_gone_at = self._clock.now()
        if not call.participants:
            self._calls.remove(call)

    def _catch_up(self) -> None:
        now = self._clock.now()
        for call in list(self._calls):
            for person, why in self._overdue(call, now):
                self._remove(call, person, why)

    def _overdue(self, call: Call, now: float) -> list[tuple[Participant, str]]:
        silent_since = now - self._settings.token_seconds
        silent = [(person, SILENT) for person in call.participants if person.seen_at < silent_since]
        present = [person for person in call.participants if person.seen_at >= silent_since]
        if any(person.role == HOST for person in present):
            return silent
        gone_at = call.hosts_gone_at or max((p.seen_at for p, _ in silent if p.role == HOST), default=None)
        if gone_at is not None and now - gone_at >= self._settings.guests_only_seconds:
            return silent + [(person, HOSTS_LEFT) for person in present if person.admitted]
        too_long = now - self._settings.waiting_for_chair_seconds
        waited = [person for person in present if not person.admitted and person.joined_at <= too_long]
        return silent + [(person, NO_HOST_CAME) for person in waited]

    def _find(self, token: str) -> tuple[Call, Participant] | None:
        for call in self._calls:
            for person in call.participants:
                if hmac.compare_digest(person.token.encode(), token.encode()):
                    return call, person
        return None

    def _by_id(self, call_id: str) -> Call | None:
        self._catch_up()
        return next((call for call in self._calls if call.id == call_id), None)

    def _person(self, participant_id: str) -> Participant | None:
        self._catch_up()
        people = (person for call in self._calls for person in call.participants)
        return next((person for person in people if person.id == participant_id), None)


def _same_pin(sent: str, kept: str) -> bool:
    # The # only ends the entry on a telephone keypad; a browser may send the PIN with or without it.
    return hmac.compare_digest(sent.removesuffix("#").encode(), kept.removesuffix("#").encode())
