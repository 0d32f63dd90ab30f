"""Pexip's configuration API over HTTP: rooms and their aliases, as Tastypie would answer.

Source: Pexip Infinity's management API, November 2026. A DELETE of the list wipes every room: so does the real one.
"""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, request

from addin.sandbox.pexip.answers import as_json, body, page
from addin.sandbox.pexip.fields import DEFAULTS, READ_ONLY, Errors, is_alias
from addin.sandbox.pexip.gate import Gate
from addin.sandbox.pexip.listing import BadRequest
from addin.sandbox.pexip.rooms import NoSuchRoom, Refused, Rooms
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.shelf import Json

ROOM_FIELDS: Final = frozenset(DEFAULTS) - {"aliases", "automatic_participants"} | READ_ONLY
ALIAS_FIELDS: Final = frozenset({"id", "alias", "conference", "description", "creation_time"})


class ManagementNode:
    """Answers requests to `/api/admin/configuration/`, and 404 to whatever else `/api/admin/` does not have."""

    def __init__(self, rooms: Rooms, gate: Gate, settings: PexipSettings) -> None:
        self._rooms, self._gate, self._settings = rooms, gate, settings

    def blueprint(self) -> Blueprint:
        """Return the routes; every one wants its trailing slash."""
        routes = Blueprint("pexip_management", __name__, url_prefix="/api/admin")
        routes.before_request(self._gate.check)
        routes.register_error_handler(Refused, self._refused)
        routes.register_error_handler(BadRequest, lambda fault: as_json({"error": str(fault)}, 400))
        routes.register_error_handler(NoSuchRoom, lambda _: Response(status=404))
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
        ]

    # The configuration of rooms.

    def list_rooms(self) -> Response:
        """List rooms."""
        return page([self._shown(room) for room in self._rooms.all()], ROOM_FIELDS)

    def create_room(self) -> Response:
        """Make a room: 201, no body, Location."""
        return self._created(self._rooms.create(body())["resource_uri"])

    def change_rooms(self) -> Response:
        """Change, make and remove many in one request; the first fault stops it, as Tastypie's patch_list."""
        wish = body()
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
        return as_json(self._shown(self._rooms.get(number)))

    def change_room(self, number: int) -> Response:
        """Change named fields."""
        self._rooms.change(number, body())
        return Response(status=self._settings.change_status)

    def replace_room(self, number: int) -> Response:
        """Set every field, those not named to their default."""
        self._rooms.replace(number, body())
        return Response(status=204)

    def remove_room(self, number: int) -> Response:
        """Remove one room; a call in it goes on."""
        self._rooms.remove(number)
        return Response(status=204)

    # Aliases, which also stand nested in their room.

    def list_aliases(self) -> Response:
        """List aliases of all rooms."""
        return page(self._aliases(), ALIAS_FIELDS)

    def create_alias(self) -> Response:
        """Give a room one more alias."""
        wish = body()
        if not is_alias(wish.get("alias")) or not isinstance(wish.get("conference"), str):
            raise Refused({"alias": ["An alias and its conference are required."]})
        with self._rooms.lock:
            room = self._room_of(wish["conference"])
            changed = self._rooms.change(room["id"], {"aliases": [*room["aliases"], wish]})
        return self._created(changed["aliases"][-1]["resource_uri"])

    def get_alias(self, number: int) -> Response:
        """Show one alias."""
        return as_json(self._alias(number))

    def change_alias(self, number: int) -> Response:
        """Change an alias' text or description."""
        wish = {name: value for name, value in body().items() if name in {"alias", "description"}}
        self._with_alias(number, lambda alias: [alias | wish])
        return Response(status=self._settings.change_status)

    def remove_alias(self, number: int) -> Response:
        """Take an alias from its room."""
        self._with_alias(number, lambda _: [])
        return Response(status=204)

    def _refused(self, fault: Refused) -> Response:
        errors: Errors | dict[str, Errors] = fault.errors
        if self._settings.nested_errors:
            errors = {"conference": fault.errors}
        return as_json(errors, self._settings.duplicate_status if fault.duplicate else 400)

    def _created(self, uri: str) -> Response:
        base = request.host_url.rstrip("/") if self._settings.absolute_location else ""
        answer = Response(
            status=201, headers={"Location": base + uri}, content_type="text/html; charset=utf-8"
        )
        answer.autocorrect_location_header = False
        return answer

    def _shown(self, room: Json) -> Json:
        return room | {"pin": None, "guest_pin": None} if self._settings.pins_are_write_only else room

    def _aliases(self) -> list[Json]:
        return [alias for room in self._rooms.all() for alias in room["aliases"]]

    def _alias(self, number: int) -> Json:
        found = [alias for alias in self._aliases() if alias["id"] == number]
        if not found:
            raise NoSuchRoom
        return found[0]

    def _room_of(self, uri: str) -> Json:
        try:
            return self._rooms.get(_number(uri))
        except NoSuchRoom as fault:
            message = "Could not find the provided conference object via resource URI."
            raise Refused({"conference": [message]}) from fault

    def _with_alias(self, number: int, replace: Callable[[Json], list[Json]]) -> None:
        with self._rooms.lock:
            alias = self._alias(number)
            room = self._room_of(alias["conference"])
            parts = [replace(item) if item["id"] == number else [item] for item in room["aliases"]]
            self._rooms.change(room["id"], {"aliases": [item for part in parts for item in part]})


def _nowhere(rest: str) -> Response:  # noqa: ARG001 - the route hands it over
    return Response(status=404)


def _number(uri: str) -> int:
    last = uri.rstrip("/").rsplit("/", 1)[-1]
    if not last.isdecimal():
        raise NoSuchRoom
    return int(last)
