"""Virtual meeting rooms: what the management node holds, and what the conferencing nodes know of it a while later."""

import threading
import uuid
from typing import Any, Final

from addin.sandbox.clock import Clock
from addin.sandbox.pexip.fields import DEFAULTS, READ_ONLY, Errors, faults_of
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.shelf import Json, Shelf

CONFIGURATION: Final = "/api/admin/configuration/v1"
KIND: Final = "conference"
SEQUENCES: Final = "sequence"


class Refused(Exception):
    """The management API would answer 400; `errors` are sentences by field, `duplicate` tells a uniqueness fault."""

    def __init__(self, errors: Errors, *, duplicate: bool = False) -> None:
        super().__init__("refused by the simulated Pexip")
        self.errors = errors
        self.duplicate = duplicate


class NoSuchRoom(Exception):
    """There is no room, or no alias, with this number."""


class Rooms:
    """The configuration of rooms and their aliases. Aliases are compared without regard to case."""

    def __init__(self, shelf: Shelf, clock: Clock, settings: PexipSettings) -> None:
        self.lock = threading.RLock()
        self._shelf, self._clock, self._settings = shelf, clock, settings
        self._rooms = {int(key): room for key, room in shelf.documents(KIND).items()}
        self._sequences = {key: document["last"] for key, document in shelf.documents(SEQUENCES).items()}
        # A restart finds the nodes up to date: what was still under way when the process ended has arrived.
        self._on_nodes = dict(self._rooms)
        self._under_way: list[tuple[float, int, Json | None]] = []

    def all(self) -> list[Json]:
        """Return every room by rising id."""
        with self.lock:
            return [self._rooms[number] for number in sorted(self._rooms)]

    def get(self, number: int) -> Json:
        """Return a room of the management node; raises NoSuchRoom."""
        with self.lock:
            if number not in self._rooms:
                raise NoSuchRoom
            return self._rooms[number]

    def create(self, wish: Json) -> Json:
        """Make a room; raises Refused."""
        with self.lock:
            if not self._settings.licensed:
                raise Refused({"__all__": ["No licence is available to create this conference."]})
            room = DEFAULTS | {name: value for name, value in wish.items() if name not in READ_ONLY}
            self._check(room, None)
            number = self._next("conference")
            room |= {
                "id": number,
                "resource_uri": f"{CONFIGURATION}/conference/{number}/",
                "creation_time": self._clock.timestamp(),
                "scheduled_conferences_count": 0,
            }
            return self._keep(room, [])

    def change(self, number: int, wish: Json) -> Json:
        """Change the named fields of a room, lists replaced as a whole; raises NoSuchRoom, Refused."""
        with self.lock:
            before = self.get(number)
            room = before | {name: value for name, value in wish.items() if name not in READ_ONLY}
            self._check(room, number)
            return self._keep(room, before["aliases"])

    def replace(self, number: int, wish: Json) -> Json:
        """Set every field of a room, those not named to their default; raises NoSuchRoom, Refused."""
        return self.change(number, DEFAULTS | wish)

    def remove(self, number: int) -> None:
        """Remove a room and its aliases; raises NoSuchRoom. A call that runs in it goes on."""
        with self.lock:
            self.get(number)
            del self._rooms[number]
            self._shelf.remove(KIND, str(number))
            self._replicate(number, None)

    def wipe(self) -> None:
        """Remove every room of every tenant: what a DELETE of the list does."""
        with self.lock:
            for number in list(self._rooms):
                self.remove(number)

    def on_nodes(self, alias: str) -> Json | None:
        """Return the room with this alias as the conferencing nodes know it, which may be up to a minute behind."""
        with self.lock:
            self._deliver()
            bears = (room for room in self._on_nodes.values() if alias.casefold() in _aliases_of(room))
            return next(bears, None)

    def _check(self, room: Json, number: int | None) -> None:
        errors = faults_of(room, self._settings.min_pin_length)
        if errors:
            raise Refused(errors)
        others = [other for other in self._rooms.values() if other["id"] != number]
        if any(other["name"] == room["name"] for other in others):
            raise Refused({"name": ["Conference with this Name already exists."]}, duplicate=True)
        wanted = [alias["alias"].casefold() for alias in room["aliases"]]
        taken = {alias for other in others for alias in _aliases_of(other)}
        if len(set(wanted)) < len(wanted) or taken & set(wanted):
            raise Refused({"aliases": ["Conference alias with this Alias already exists."]}, duplicate=True)

    def _keep(self, room: Json, earlier: list[Json]) -> Json:
        room["aliases"] = [self._alias(room, alias, earlier) for alias in room["aliases"]]
        room["sync_tag"] = uuid.uuid4().hex
        self._rooms[room["id"]] = room
        self._shelf.put(KIND, str(room["id"]), room)
        self._replicate(room["id"], room)
        return room

    def _alias(self, room: Json, wish: Json, earlier: list[Json]) -> Json:
        same = (alias for alias in earlier if wish.get("id") == alias["id"] or _alike(wish, alias))
        before = next(same, None)
        number = before["id"] if before else self._next("alias")
        return {
            "id": number,
            "alias": wish["alias"],
            "description": wish.get("description") or "",
            "conference": room["resource_uri"],
            "creation_time": before["creation_time"] if before else self._clock.timestamp(),
            "resource_uri": f"{CONFIGURATION}/conference_alias/{number}/",
        }

    def _next(self, sequence: str) -> int:
        # Numbers are never given out twice, so that an old reference can never mean a new room.
        number: int = self._sequences.get(sequence, 0) + 1
        self._sequences[sequence] = number
        self._shelf.put(SEQUENCES, sequence, {"last": number})
        return number

    def _replicate(self, number: int, room: Json | None) -> None:
        self._under_way.append((self._clock.now() + self._settings.replication_seconds, number, room))

    def _deliver(self) -> None:
        now = self._clock.now()
        arrived = [change for change in self._under_way if change[0] <= now]
        self._under_way = [change for change in self._under_way if change[0] > now]
        for _, number, room in arrived:
            if room is None:
                self._on_nodes.pop(number, None)
            else:
                self._on_nodes[number] = room


def _aliases_of(room: dict[str, Any]) -> set[str]:
    return {alias["alias"].casefold() for alias in room["aliases"]}


def _alike(left: Json, right: Json) -> bool:
    return bool(left["alias"].casefold() == right["alias"].casefold())
