"""Requests and answers of Graph's kind: preferences, bodies, and refusals as Graph words them."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Final

from flask import Response, request

from addin.sandbox.exchange.graph.event import Preferences
from addin.sandbox.exchange.graph.faults import GraphFault, bad_request
from addin.sandbox.shelf import Json

PREFERENCE: Final = re.compile(r'([\w.-]+)\s*=\s*"?([^",;]*)"?')
JSON_TYPE: Final = "application/json; odata.metadata=minimal; charset=utf-8"


def preferred() -> dict[str, str]:
    """Return the request's preferences by lower-case name."""
    told = ",".join(request.headers.getlist("Prefer"))
    return {name.lower(): value.strip() for name, value in PREFERENCE.findall(told)}


def preferences() -> Preferences:
    """Return how the caller wants items to be shown."""
    told = preferred()
    return Preferences(
        immutable=told.get("idtype", "").lower() == "immutableid",
        zone=told.get("outlook.timezone", "UTC"),
        body_type=told.get("outlook.body-content-type"),
    )


def told_preferences(answer: Response) -> Response:
    """Say which preferences were honoured, and give the answer an id of its own."""
    told = request.headers.getlist("Prefer")
    if told and answer.status_code < 300:
        answer.headers["Preference-Applied"] = ", ".join(told)
    answer.headers["request-id"] = str(uuid.uuid4())
    return answer


def wish() -> Json:
    """Return the request's body; raises GraphFault."""
    try:
        told = json.loads(request.get_data() or b"{}")
    except ValueError as fault:
        raise bad_request("Unable to read JSON request payload.", "BadRequest") from fault
    if not isinstance(told, dict):
        raise bad_request("Unable to read JSON request payload.", "BadRequest")
    return told


def refusal(fault: GraphFault) -> Response:
    """Return the answer to a request that is refused."""
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": str(uuid.uuid4()),
        "client-request-id": request.headers.get("client-request-id", str(uuid.uuid4())),
    }
    answer = as_json(
        {"error": {"code": fault.code, "message": fault.message, "innerError": inner}}, fault.status
    )
    if fault.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm=""'
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = f"{fault.retry_after:g}"
    return answer


def as_json(body: Json, status: int = 200) -> Response:
    """Return an answer of Graph's content type."""
    return Response(json.dumps(body), status, content_type=JSON_TYPE)
