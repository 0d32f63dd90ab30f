"""How every part of the management API reads a body and answers."""

import json
from collections.abc import Iterable
from typing import Any

from flask import Response, request

from addin.sandbox.pexip.listing import BadRequest, page_of
from addin.sandbox.shelf import Json


def body() -> Json:
    """Return the request's JSON object, whatever its Content-Type; raises BadRequest."""
    try:
        told = json.loads(request.get_data())
    except ValueError as fault:
        raise BadRequest("Request is not valid JSON.") from fault
    if not isinstance(told, dict):
        raise BadRequest("Expected a JSON object.")
    return told


def as_json(told: Any, status: int = 200) -> Response:
    """Return JSON."""
    return Response(json.dumps(told), status, content_type="application/json")


def page(objects: Iterable[Json], fields: frozenset[str]) -> Response:
    """Return the page of a list that the query asks for; `fields` may be filtered and ordered by."""
    return as_json(page_of(objects, request.path, request.args.to_dict(), fields))
