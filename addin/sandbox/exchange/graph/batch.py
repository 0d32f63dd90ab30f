"""`$batch`: up to twenty requests in one, each answered for itself (JSON batching documentation).

Each goes through the wire as if it had come alone, so it is journaled, and a fault can strike it: one whose connection
a fault closes is missing from the answer, which is then half-answered. Answers come in another order than the
requests, as the real ones may.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response as AnyResponse

from addin.sandbox.exchange.graph.admission import caller
from addin.sandbox.exchange.graph.answers import as_json, refusal, told_preferences, wish
from addin.sandbox.exchange.graph.faults import GraphFault, bad_request
from addin.sandbox.issuer.bearer import Bearer
from addin.sandbox.shelf import Json

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

AT_ONCE: Final = 20
METHODS: Final = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
PREFIX: Final = "/v1.0"

# Carries one request through the wire; None when its connection was closed without an answer.
Carry = Callable[["WSGIEnvironment"], AnyResponse | None]


class Batch:
    """Answers `/v1.0/$batch`."""

    def __init__(self, bearer: Bearer, carry: Carry) -> None:
        self._bearer, self._carry = bearer, carry

    def blueprint(self) -> Blueprint:
        """Return the route."""
        routes = Blueprint("batch", __name__, url_prefix=PREFIX)
        routes.after_request(told_preferences)
        routes.register_error_handler(GraphFault, refusal)
        routes.add_url_rule("/$batch", "batch", self.answer, methods=["POST"])
        return routes

    def answer(self) -> Response:
        """Answer every request, dependent ones after those they depend on: 200 whatever became of each."""
        caller(self._bearer)
        asked = _checked(wish().get("requests"))
        answers: dict[str, Json | None] = {}
        for one in asked:
            waits_for = [answers[other] for other in one.get("dependsOn") or []]
            if all(told and told["status"] < 400 for told in waits_for):
                answers[one["id"]] = self._one(one)
            else:
                answers[one["id"]] = {
                    "id": one["id"],
                    "status": 424,
                    "headers": {},
                    "body": FAILED_DEPENDENCY,
                }
        return as_json({"responses": [told for told in reversed(answers.values()) if told]})

    def _one(self, asked: Json) -> Json | None:
        answer = self._carry(_environment(asked))
        if answer is None:
            return None
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
        told: Json = {"id": asked["id"], "status": answer.status_code, "headers": headers}
        raw = answer.get_data(as_text=True)
        if raw:
            is_json = "json" in answer.headers.get("Content-Type", "")
            told["body"] = _parsed(raw) if is_json else raw
        return told


def _parsed(raw: str) -> Any:
    """Return the body of an answer; one that a fault has broken cannot stand in a batch but as text."""
    try:
        return json.loads(raw)
    except ValueError:
        return raw


FAILED_DEPENDENCY: Final = {
    "error": {"code": "FailedDependency", "message": "A request that this one depends on has failed."}
}


def _checked(asked: Any) -> list[Json]:
    """Return the requests of a batch; raises GraphFault."""
    if not isinstance(asked, list) or not asked:
        raise bad_request("Invalid batch payload format.", "BadRequest")
    if len(asked) > AT_ONCE:
        message = f"Number of batch request steps exceeds the maximum value of {AT_ONCE}."
        raise bad_request(message, "MaximumValueExceeded")
    seen: set[str] = set()
    for one in asked:
        _check(one, seen)
        seen.add(one["id"])
    return asked


def _check(one: Any, seen: set[str]) -> None:
    if not isinstance(one, dict) or not {"id", "method", "url"} <= set(one):
        raise bad_request("Each request of a batch has an id, a method and a url.", "BadRequest")
    if not isinstance(one["id"], str) or one["id"] in seen:
        raise bad_request("Request ids are strings, and no two are the same.", "BadRequest")
    if str(one["method"]).upper() not in METHODS or not str(one["url"]).startswith("/"):
        raise bad_request("The method or url of a request is not valid.", "BadRequest")
    if "body" in one and "content-type" not in {name.lower() for name in one.get("headers") or {}}:
        raise bad_request("Write request with a body requires Content-Type header.", "BadRequest")
    if not set(one.get("dependsOn") or []) <= seen:
        raise bad_request("dependsOn names a request that does not come before.", "BadRequest")


def _environment(asked: Json) -> "WSGIEnvironment":
    parts = urlsplit(asked["url"])
    headers = {"Authorization": request.headers.get("Authorization", ""), **(asked.get("headers") or {})}
    builder = EnvironBuilder(
        path=PREFIX + parts.path,
        query_string=parts.query,
        method=asked["method"].upper(),
        headers=headers,
        data=json.dumps(asked["body"]) if "body" in asked else None,
        base_url=request.host_url,
    )
    return builder.get_environ()
