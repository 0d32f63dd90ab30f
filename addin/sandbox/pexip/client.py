"""Pexip's client API version 2, as a browser or a join test would use it on a conferencing node."""

import json
from typing import Any

from flask import Blueprint, Response, request

from addin.sandbox.pexip.calls import Call, Calls, Full, InvalidPin, NotFound, Participant, PinRequired
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.shelf import Json


class ConferencingNode:
    """Answers requests to `/api/client/v2/`; a token is sent in the header named `token`."""

    def __init__(self, calls: Calls, settings: PexipSettings) -> None:
        self._calls, self._settings = calls, settings

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("pexip_client", __name__, url_prefix="/api/client/v2/conferences/<alias>")
        routes.add_url_rule("/request_token", view_func=self.request_token, methods=["POST"])
        routes.add_url_rule("/refresh_token", view_func=self.refresh_token, methods=["POST"])
        routes.add_url_rule("/release_token", view_func=self.release_token, methods=["POST"])
        routes.add_url_rule("/participants", view_func=self.participants, methods=["GET"])
        routes.add_url_rule("/conference_status", view_func=self.conference_status, methods=["GET"])
        routes.register_error_handler(
            NotFound, lambda _: _failure("Neither conference nor gateway found", 404)
        )
        routes.register_error_handler(InvalidPin, lambda _: _failure("Invalid PIN", 403))
        routes.register_error_handler(Full, lambda _: _failure("Participant limit reached", 403))
        routes.register_error_handler(PinRequired, _pin_required)
        return routes

    def request_token(self, alias: str) -> Response:
        """Take a seat; 403 tells that a PIN is wanted or wrong, or that the room is full."""
        wish = request.get_json(silent=True) or {}
        name = str(wish.get("display_name") or "")
        pin = wish.get("pin", request.headers.get("pin"))
        call, person = self._calls.join(alias, name, None if pin is None else str(pin))
        return _success(self._seat(call, person))

    def refresh_token(self, alias: str) -> Response:  # noqa: ARG002 - the token says which conference
        """Keep the seat; the real one gives a new token, and lets the old live until it ends: so it may stay."""
        token = request.headers.get("token", "")
        if not self._calls.refresh(token):
            return _failure("Invalid token", 403)
        return _success({"token": token, "expires": self._expires()})

    def release_token(self, alias: str) -> Response:  # noqa: ARG002
        """Leave."""
        self._calls.leave(request.headers.get("token", ""))
        return _success(None)

    def participants(self, alias: str) -> Response:  # noqa: ARG002
        """List who is in the call; a waiting guest sees only himself."""
        seat = self._calls.seat_of(request.headers.get("token", ""))
        if seat is None:
            return _failure("Invalid token", 403)
        call, me = seat
        seen = call.participants if me.admitted else [me]
        return _success([_shown(call, person) for person in seen])

    def conference_status(self, alias: str) -> Response:  # noqa: ARG002
        """Say whether the conference has begun and is locked."""
        seat = self._calls.seat_of(request.headers.get("token", ""))
        if seat is None:
            return _failure("Invalid token", 403)
        call, _ = seat
        return _success(
            {"locked": call.locked, "started": bool(call.hosts), "guests_muted": call.guests_muted}
        )

    def _seat(self, call: Call, person: Participant) -> Json:
        return {
            "token": person.token,
            "expires": self._expires(),
            "participant_uuid": person.id,
            "display_name": person.name,
            "role": person.role,
            "conference_name": call.room["name"],
            "current_service_type": service_type(call, person),
        }

    def _expires(self) -> str:
        return str(round(self._settings.token_seconds))


def service_type(call: Call, person: Participant) -> str:
    """Return what a client is shown: the conference, or a waiting room."""
    kind: str = call.room["service_type"]
    return kind if person.admitted else "waiting_room"


def _shown(call: Call, person: Participant) -> Json:
    return {
        "uuid": person.id,
        "display_name": person.name,
        "role": "chair" if person.role == "HOST" else "guest",
        "service_type": service_type(call, person),
    }


def _pin_required(needed: PinRequired) -> Response:
    return _answer({"status": "success", "result": {"pin": "required", "guest_pin": needed.guest_pin}}, 403)


def _success(result: Any) -> Response:
    return _answer({"status": "success", "result": result}, 200)


def _failure(result: str, status: int) -> Response:
    return _answer({"status": "failure", "result": result}, status)


def _answer(body: Json, status: int) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
