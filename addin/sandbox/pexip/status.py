"""Pexip's status and command API: which conferences run, who is in them, and orders to them."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response

from addin.sandbox.pexip.answers import as_json, body, page
from addin.sandbox.pexip.calls import HOST, Call, Calls, Participant
from addin.sandbox.pexip.gate import Gate
from addin.sandbox.pexip.listing import BadRequest
from addin.sandbox.shelf import Json

CALL_FIELDS: Final = frozenset({"id", "name", "tag", "is_locked", "is_started", "service_type", "start_time"})
PERSON_FIELDS: Final = frozenset({"id", "conference", "display_name", "role", "service_tag", "service_type"})


class LiveNode:
    """Answers requests to `/api/admin/status/` and `/api/admin/command/`."""

    def __init__(self, calls: Calls, gate: Gate) -> None:
        self._calls, self._gate = calls, gate

    def blueprint(self) -> Blueprint:
        """Return the routes; every one wants its trailing slash."""
        routes = Blueprint("pexip_live", __name__, url_prefix="/api/admin")
        routes.before_request(self._gate.check)
        routes.register_error_handler(BadRequest, lambda fault: as_json({"error": str(fault)}, 400))
        for path, view, method in (
            ("/status/v1/conference/", self.list_calls, "GET"),
            ("/status/v1/conference/<call_id>/", self.get_call, "GET"),
            ("/status/v1/participant/", self.list_participants, "GET"),
            ("/command/v1/conference/<command>/", self.command_call, "POST"),
            ("/command/v1/participant/<command>/", self.command_participant, "POST"),
        ):
            routes.add_url_rule(path, view_func=view, methods=[method], strict_slashes=False)
        return routes

    def list_calls(self) -> Response:
        """List running conferences."""
        return page([_call_status(call) for call in self._calls.running()], CALL_FIELDS)

    def get_call(self, call_id: str) -> Response:
        """Show one running conference."""
        found = [_call_status(call) for call in self._calls.running() if call.id == call_id]
        return as_json(found[0]) if found else Response(status=404)

    def list_participants(self) -> Response:
        """List everybody in a call."""
        running = self._calls.running()
        people = [_participant_status(call, person) for call in running for person in call.participants]
        return page(people, PERSON_FIELDS)

    def command_call(self, command: str) -> Response:
        """Disconnect, lock, unlock, mute or unmute guests: 200, 404 when the call has ended, 409 when it was so."""
        call_id = str(body().get("conference_id", ""))
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
        person = str(body().get("participant_id", ""))
        commands: dict[str, Callable[[], bool | None]] = {
            "disconnect": lambda: self._calls.throw_out(person) or None,
            "unlock": lambda: self._calls.admit(person) or None,
        }
        return _command_answer(commands, command)


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
        "role": "chair" if person.role == HOST else "guest",
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
        return as_json({"status": "failure", "error": "Not found"}, 404)
    if done is False:
        return as_json({"status": "failure", "error": "Already in this state"}, 409)
    return as_json({"status": "success", "data": None})
