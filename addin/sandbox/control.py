"""`/sandbox/...`: the levers for tests and for the Outlook window. Nothing here has a likeness in a real region."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final, Protocol, runtime_checkable
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from addin.sandbox.clock import Clock
from addin.sandbox.faults import Faults
from addin.sandbox.issuer.conditions import Conditions
from addin.sandbox.issuer.credentials import Credentials
from addin.sandbox.issuer.keys import SigningKeys
from addin.sandbox.issuer.tokens import LIFETIME_SECONDS, Claims
from addin.sandbox.journal import Journal
from addin.sandbox.people import PEOPLE
from addin.sandbox.pexip.rooms import Rooms
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.shelf import Json

LONGEST_WAIT = 60.0
# Longer than Pexip keeps anything for a time: seats, wrong PINs, requests counted for the rate limit.
LONG_AFTERWARDS_SECONDS: Final = 10_000.0


@runtime_checkable
class Renewed(Protocol):
    """A part of the region that can be as it was at first."""

    def begin_anew(self) -> None:
        """Forget everything, and behave as at the start of the process."""


class Reset:
    """`/sandbox/reset`: the region as it was at first, in one call. Keys and registered certificates stay."""

    def __init__(self, parts: Sequence[object]) -> None:
        self._renewed = [part for part in parts if isinstance(part, Renewed)]

    def blueprint(self) -> Blueprint:
        """Return the route."""
        routes = Blueprint("reset", __name__, url_prefix="/sandbox")
        routes.add_url_rule("/reset", view_func=self.reset, methods=["POST"])
        return routes

    def reset(self) -> Response:
        """Empty everything, switch off every fault, and let every setting be as at the start."""
        for part in self._renewed:
            part.begin_anew()
        return jsonify(reset=True)


class Levers:
    """Faults, holds and journal here; Pexip's and the issuer's levers in parts of their own."""

    def __init__(self, faults: Faults, journal: Journal, pexip: "PexipLevers", tokens: "TokenLevers") -> None:
        self._faults, self._journal, self._pexip, self._tokens = faults, journal, pexip, tokens

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("control", __name__, url_prefix="/sandbox")
        routes.add_url_rule("/faults", view_func=self.faults, methods=["GET", "POST", "DELETE"])
        routes.add_url_rule("/holds", view_func=self.holds, methods=["GET"])
        routes.add_url_rule("/release", view_func=self.release, methods=["POST"])
        routes.add_url_rule("/log", view_func=self.log, methods=["GET", "DELETE"])
        routes.add_url_rule("/clock", view_func=self._pexip.clock, methods=["GET", "POST"])
        routes.add_url_rule("/pexip/settings", view_func=self._pexip.settings, methods=["GET", "POST"])
        routes.add_url_rule("/issuer/rotate", view_func=self._tokens.rotate, methods=["POST"])
        routes.add_url_rule("/issuer/certificates", view_func=self._tokens.certificate, methods=["POST"])
        routes.add_url_rule("/issuer/conditions", view_func=self._tokens.conditions, methods=["POST"])
        routes.add_url_rule("/token", view_func=self._tokens.token, methods=["POST", "OPTIONS"])
        routes.register_error_handler(ValueError, lambda fault: (jsonify(error=str(fault)), 400))
        return routes

    def begin_anew(self) -> None:
        """No faults, nothing held, an empty journal; Pexip and issuer as at first."""
        self._faults.clear()
        self._pexip.begin_anew()
        self._tokens.begin_anew()
        self._journal.clear()

    def faults(self) -> Response:
        """Switch faults on (POST a list, or one), read them, or clear all and let go what is held."""
        if request.method == "POST":
            self._faults.switch(json.loads(request.get_data()))
        elif request.method == "DELETE":
            self._faults.clear()
        return jsonify(faults=self._faults.listed())

    def holds(self) -> Response:
        """Answer as soon as `at_least` (1) requests are held, or after `wait` (0) seconds with what there is."""
        return jsonify(holds=self._faults.holds(int(request.args.get("at_least", 1)), _wait()))

    def release(self) -> Response:
        """Let the held request `id`, or all, go on; with `drop` close the connection where it stands."""
        wish = _wish()
        return jsonify(released=self._faults.release(wish.get("id"), drop=bool(wish.get("drop"))))

    def log(self) -> Response:
        """Return the journal by `method` and `path_prefix`; `at_least` and `wait` count answered requests."""
        if request.method == "DELETE":
            self._journal.clear()
        query = request.args
        at_least = int(query.get("at_least", 0))
        found = self._journal.read(query.get("method"), query.get("path_prefix", "/"), at_least, _wait())
        return jsonify(requests=found)


class PexipLevers:
    """Pexip's clock, settings and rooms."""

    def __init__(self, clock: Clock, settings: PexipSettings, rooms: Rooms) -> None:
        self._clock, self._settings, self._rooms = clock, settings, rooms
        self._first = replace(settings)

    def begin_anew(self) -> None:
        """No rooms, the settings of the start, and whatever was remembered for a time long forgotten."""
        self._settings.change(asdict(self._first))
        self._rooms.wipe()
        self._clock.advance(LONG_AFTERWARDS_SECONDS)

    def clock(self) -> Response:
        """Move Pexip's clock on by `advance_seconds`: replication, waiting for the host, tokens, rate limit."""
        if request.method == "POST":
            self._clock.advance(float(_wish()["advance_seconds"]))
        return jsonify(now=self._clock.now())

    def settings(self) -> Response:
        """Read or change Pexip's settings by name."""
        if request.method == "POST":
            self._settings.change(_wish())
        return jsonify(asdict(self._settings))


class TokenLevers:
    """The issuer's keys, and tokens as the Outlook host gets them."""

    def __init__(
        self,
        keys: SigningKeys,
        claims: Claims,
        credentials: Credentials,
        conditions: Conditions,
        service_url: str,
    ) -> None:
        self._keys, self._claims, self._credentials = keys, claims, credentials
        self._conditions = conditions
        service = urlsplit(service_url)
        self._service_origin = f"{service.scheme}://{service.netloc}"

    def begin_anew(self) -> None:
        """Demand nothing of anybody."""
        self._conditions.clear()

    def rotate(self) -> Response:
        """Make a new signing key; `keep_old` false takes the old ones out of the published set."""
        return jsonify(kid=self._keys.rotate(keep_old=bool(_wish().get("keep_old", True))))

    def certificate(self) -> Response:
        """Register a certificate for an application, as an administrator does: `{"client", "certificate"}`."""
        wish = _wish()
        thumbprint = self._credentials.register(str(wish.get("client")), str(wish.get("certificate")))
        return jsonify(thumbprint=thumbprint)

    def conditions(self) -> Response:
        """Demand something before anybody may act for a person: `{"object_id", "demand"}` (`Conditions.demand`)."""
        wish = _wish()
        self._conditions.demand(str(wish.get("object_id")), str(wish.get("demand")))
        return jsonify(demand=wish["demand"])

    def token(self) -> Response:
        """Give an access token, as the Outlook host would: `{"object_id", "audience"?, "ver"?, "overrides"?}`.

        `overrides` sets claims, null takes one away; `header` does the same for the JOSE header; `stranger` true signs
        with a key that is not published.
        """
        if request.method == "OPTIONS":
            return self._for_the_pane(Response(status=204))
        wish = _wish()
        person = PEOPLE.get(str(wish.get("object_id")))
        if person is None:
            raise ValueError("object_id: no such person")
        claims = self._claims.access(person, wish.get("audience"), str(wish.get("ver", "2.0")))
        claims = _overridden(claims, wish.get("overrides") or {})
        token = self._keys.sign(claims, wish.get("header"), as_stranger=bool(wish.get("stranger")))
        body = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS}
        return self._for_the_pane(jsonify(body))

    def _for_the_pane(self, answer: Response) -> Response:
        # The Office.js stand-in runs in the pane's frame, whose origin is the service's; nobody else needs this.
        answer.headers["Access-Control-Allow-Origin"] = self._service_origin
        answer.headers["Access-Control-Allow-Headers"] = "content-type"
        answer.headers["Access-Control-Allow-Methods"] = "POST"
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Vary"] = "Origin"
        return answer


def _wish() -> Json:
    raw = request.get_data()
    wish: Any = json.loads(raw) if raw else {}
    if not isinstance(wish, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - answered as 400, like other bad values
    return wish


def _wait() -> float:
    return min(float(request.args.get("wait", 0)), LONGEST_WAIT)


def _overridden(claims: Json, overrides: Json) -> Json:
    return {name: value for name, value in (claims | overrides).items() if value is not None}
