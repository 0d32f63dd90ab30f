"""Pexip's management API over HTTP: configuration, status and command, as Tastypie would answer.

Source: facts of November 2026, section 1.1. A DELETE of the list wipes every room: so does the real one.
"""

import json
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, redirect, request

from addin.sandbox.clock import Clock
from addin.sandbox.people import PEXIP_ACCOUNTS, PEXIP_READER
from addin.sandbox.pexip.calls import Call, Calls, Participant
from addin.sandbox.pexip.fields import DEFAULTS, READ_ONLY, Errors, is_alias
from addin.sandbox.pexip.listing import BadRequest, page_of
from addin.sandbox.pexip.rooms import Refused, Rooms
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.shelf import Json

ROOM_FIELDS: Final = frozenset(DEFAULTS) - {"aliases", "automatic_participants"} | READ_ONLY
ALIAS_FIELDS: Final = frozenset({"id", "alias", "conference", "description", "creation_time"})
CALL_FIELDS: Final = frozenset({"id", "name", "tag", "is_locked", "is_started", "service_type", "start_time"})
PERSON_FIELDS: Final = frozenset({"id", "conference", "display_name", "role", "service_tag", "service_type"})


class ManagementNode:
    """Answers requests to `/api/admin/`."""

    def __init__(self, rooms: Rooms, calls: Calls, clock: Clock, settings: PexipSettings) -> None:
        self._rooms, self._calls, self._clock, self._settings = rooms, calls, clock, settings
        self._recent: deque[float] = deque()

    def blueprint(self) -> Blueprint:
        """Return the routes; every one wants its trailing slash."""
        routes = Blueprint("pexip_management", __name__, url_prefix="/api/admin")
        routes.before_request(self._gate)
        routes.register_error_handler(Refused, self._refused)
        routes.register_error_handler(BadRequest, lambda fault: _json({"error": str(fault)}, 400))
        routes.register_error_handler(KeyError, lambda _: Response(status=404))
        for path, view, methods in self._views():
            routes.add_url_rule(path, view_func=view, methods=methods, strict_slashes=False)
        routes.add_url_rule(
            "/<path:rest>", view_func=_nowhere, methods=["GET", "POST", "PATCH", "PUT", "DELETE"]
        )
        return routes

    def _views(self) -> list[tuple[str, Callable[..., Response], list[str]]]:
        rooms, aliases = "/configuration/v1/conference/", "/configuration/v1/conference_alias/"
        return [
            (rooms, self.list_rooms, ["GET"]),
            (rooms, self.create_room, ["POST"]),
            (rooms, self.change_rooms, ["PATCH"]),
            (rooms, self.wipe_rooms, ["DELETE"]),
            (f"{rooms}<int:number>/", self.get_room, ["GET"]),
            (f"{rooms}<int:number>/", self.change_room, ["PATCH"]),
            (f"{rooms}<int:number>/", self.replace_room, ["PUT"]),
            (f"{rooms}<int:number>/", self.remove_room, ["DELETE"]),
            (aliases, self.list_aliases, ["GET"]),
            (aliases, self.create_alias, ["POST"]),
            (f"{aliases}<int:number>/", self.get_alias, ["GET"]),
            (f"{aliases}<int:number>/", self.change_alias, ["PATCH"]),
            (f"{aliases}<int:number>/", self.remove_alias, ["DELETE"]),
            ("/status/v1/conference/", self.list_calls, ["GET"]),
            ("/status/v1/conference/<call_id>/", self.get_call, ["GET"]),
            ("/status/v1/participant/", self.list_participants, ["GET"]),
            ("/command/v1/conference/<command>/", self.command_call, ["POST"]),
            ("/command/v1/participant/<command>/", self.command_participant, ["POST"]),
        ]

    # The configuration of rooms.

    def list_rooms(self) -> Response:
        """List rooms."""
        return self._page([self._shown(room) for room in self._rooms.all()], ROOM_FIELDS)

    def create_room(self) -> Response:
        """Make a room: 201, no body, Location."""
        return self._created(self._rooms.create(_body())["resource_uri"])

    def change_rooms(self) -> Response:
        """Change, make and remove many in one request; the first fault stops it, as Tastypie's patch_list."""
        wish = _body()
        for uri in wish.get("deleted_objects", []):
            self._rooms.remove(_number(uri))
        for room in wish.get("objects", []):
            uri = room.get("resource_uri")
            if uri:
                self._rooms.change(_number(uri), room)
            else:
                self._rooms.create(room)
        return Response(status=202)

    def wipe_rooms(self) -> Response:
        """Remove every room there is, whoever owns it."""
        self._rooms.wipe()
        return Response(status=204)

    def get_room(self, number: int) -> Response:
        """Show one room."""
        room = self._rooms.get(number)
        return _json(self._shown(room)) if room else Response(status=404)

    def change_room(self, number: int) -> Response:
        """Change named fields."""
        self._rooms.change(number, _body())
        return Response(status=self._settings.change_status)

    def replace_room(self, number: int) -> Response:
        """Set every field, those not named to their default."""
        self._rooms.replace(number, _body())
        return Response(status=204)

    def remove_room(self, number: int) -> Response:
        """Remove one room; a call in it goes on."""
        self._rooms.remove(number)
        return Response(status=204)

    # Aliases, which also stand nested in their room.

    def list_aliases(self) -> Response:
        """List aliases of all rooms."""
        return self._page(self._aliases(), ALIAS_FIELDS)

    def create_alias(self) -> Response:
        """Give a room one more alias."""
        wish = _body()
        if not is_alias(wish.get("alias")) or not isinstance(wish.get("conference"), str):
            raise Refused({"alias": ["An alias and its conference are required."]})
        with self._rooms.lock:
            room = self._room_of(wish["conference"])
            self._rooms.change(room["id"], {"aliases": [*room["aliases"], wish]})
            made = self._rooms.get(room["id"])
        return self._created((made or room)["aliases"][-1]["resource_uri"])

    def get_alias(self, number: int) -> Response:
        """Show one alias."""
        return _json(self._alias(number))

    def change_alias(self, number: int) -> Response:
        """Change an alias' text or description."""
        wish = {name: value for name, value in _body().items() if name in {"alias", "description"}}
        self._with_alias(number, lambda alias: [alias | wish])
        return Response(status=self._settings.change_status)

    def remove_alias(self, number: int) -> Response:
        """Take an alias from its room."""
        self._with_alias(number, lambda _: [])
        return Response(status=204)

    # What runs now, and orders to it.

    def list_calls(self) -> Response:
        """List running conferences."""
        return self._page([_call_status(call) for call in self._calls.running()], CALL_FIELDS)

    def get_call(self, call_id: str) -> Response:
        """Show one running conference."""
        found = [_call_status(call) for call in self._calls.running() if call.id == call_id]
        return _json(found[0]) if found else Response(status=404)

    def list_participants(self) -> Response:
        """List everybody in a call."""
        running = self._calls.running()
        people = [_participant_status(call, person) for call in running for person in call.participants]
        return self._page(people, PERSON_FIELDS)

    def command_call(self, command: str) -> Response:
        """Disconnect, lock, unlock, mute or unmute guests: 200, 404 when the call has ended, 409 when it was so."""
        call_id = str(_body().get("conference_id", ""))
        commands: dict[str, Callable[[], bool | None]] = {
            "disconnect": lambda: self._calls.end(call_id) or None,
            "lock": lambda: self._calls.set_lock(call_id, locked=True),
            "unlock": lambda: self._calls.set_lock(call_id, locked=False),
            "mute_guests": lambda: self._calls.mute_guests(call_id, muted=True) or None,
            "unmute_guests": lambda: self._calls.mute_guests(call_id, muted=False) or None,
        }
        return _command_answer(commands, command)

    def command_participant(self, command: str) -> Response:
        """Disconnect a participant, or unlock: let one waiting guest in."""
        person = str(_body().get("participant_id", ""))
        commands: dict[str, Callable[[], bool | None]] = {
            "disconnect": lambda: self._calls.throw_out(person) or None,
            "unlock": lambda: self._calls.admit(person) or None,
        }
        return _command_answer(commands, command)

    # What every request meets first.

    def _gate(self) -> Response | None:
        if not request.path.endswith("/"):
            return _without_slash()
        sent = request.authorization
        if sent is None or sent.type != "basic" or PEXIP_ACCOUNTS.get(sent.username or "") != sent.password:
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Pexip"'})
        wait = self._seconds_too_early()
        if wait:
            return Response(status=429, headers={"Retry-After": str(wait)})
        if sent.username == PEXIP_READER and request.method != "GET":
            return Response(status=403)
        return None

    def _seconds_too_early(self) -> int:
        now = self._clock.now()
        while self._recent and self._recent[0] <= now - self._settings.rate_window_seconds:
            self._recent.popleft()
        if len(self._recent) >= self._settings.rate_limit:
            return max(1, round(self._recent[0] + self._settings.rate_window_seconds - now))
        self._recent.append(now)
        return 0

    def _refused(self, fault: Refused) -> Response:
        errors: Errors | dict[str, Errors] = fault.errors
        if self._settings.nested_errors:
            errors = {"conference": fault.errors}
        return _json(errors, self._settings.duplicate_status if fault.duplicate else 400)

    def _created(self, uri: str) -> Response:
        base = request.host_url.rstrip("/") if self._settings.absolute_location else ""
        answer = Response(
            status=201, headers={"Location": base + uri}, content_type="text/html; charset=utf-8"
        )
        answer.autocorrect_location_header = False
        return answer

    def _page(self, objects: list[Json], fields: frozenset[str]) -> Response:
        return _json(page_of(objects, request.path, request.args.to_dict(), fields))

    def _shown(self, room: Json) -> Json:
        return room | {"pin": None, "guest_pin": None} if self._settings.pins_are_write_only else room

    def _aliases(self) -> list[Json]:
        return [alias for room in self._rooms.all() for alias in room["aliases"]]

    def _alias(self, number: int) -> Json:
        found = {alias["id"]: alias for alias in self._aliases()}
        return found[number]

    def _room_of(self, uri: str) -> Json:
        room = self._rooms.get(_number(uri))
        if room is None:
            raise Refused({"conference": ["Could not find the provided conference object via resource URI."]})
        return room

    def _with_alias(self, number: int, replace: Callable[[Json], list[Json]]) -> None:
        with self._rooms.lock:
            alias = self._alias(number)
            room = self._room_of(alias["conference"])
            parts = [replace(item) if item["id"] == number else [item] for item in room["aliases"]]
            self._rooms.change(room["id"], {"aliases": [item for part in parts for item in part]})


def _nowhere(rest: str) -> Response:  # noqa: ARG001 - the route hands it over
    return Response(status=404)


def _without_slash() -> Response:
    # Django can send a GET on to the address with the slash, but never a body.
    if request.method in {"GET", "HEAD"}:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        return _as_response(redirect(f"{request.path}/{query}", 301))
    return Response(status=404)


def _as_response(answer: Any) -> Response:
    assert isinstance(answer, Response)
    return answer


def _body() -> Json:
    try:
        body = json.loads(request.get_data())
    except ValueError as fault:
        raise BadRequest("Request is not valid JSON.") from fault
    if not isinstance(body, dict):
        raise BadRequest("Expected a JSON object.")
    return body


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _number(uri: str) -> int:
    last = uri.rstrip("/").rsplit("/", 1)[-1]
    if not last.isdecimal():
        raise KeyError(uri)
    return int(last)


def _call_status(call: Call) -> Json:
    return {
        "id": call.id,
        "name": call.room["name"],
        "tag": call.room["tag"],
        "service_type": call.room["service_type"],
        "is_locked": call.locked,
        "is_started": bool(call.hosts) or call.hosts_gone_at is not None,
        "guests_muted": call.guests_muted,
        "start_time": call.started_at,
        "resource_uri": f"/api/admin/status/v1/conference/{call.id}/",
    }


def _participant_status(call: Call, person: Participant) -> Json:
    return {
        "id": person.id,
        "conference": call.room["name"],
        "display_name": person.name,
        "role": "chair" if person.role == "HOST" else "guest",
        "service_tag": call.room["tag"],
        "service_type": call.room["service_type"] if person.admitted else "waiting_room",
        "protocol": "WebRTC",
        "resource_uri": f"/api/admin/status/v1/participant/{person.id}/",
    }


def _command_answer(commands: dict[str, Callable[[], bool | None]], command: str) -> Response:
    if command not in commands:
        return Response(status=404)
    done = commands[command]()
    if done is None:
        return _json({"status": "failure", "error": "Not found"}, 404)
    if done is False:
        return _json({"status": "failure", "error": "Already in this state"}, 409)
    return _json({"status": "success", "data": None})
