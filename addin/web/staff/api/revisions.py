"""The revision under which a caller has seen a meeting: `If-Match`, read and described (RFC 9110, 13.1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, cast

from flask import request

from addin.meetings.errors import MeetingChanged
from addin.web.problems import PRECONDITION_REQUIRED, REVISION_REQUIRED, RequestProblem
from addin.web.staff.api.edge import ApiBlueprint, View

# It matches whatever the meeting is now: where a revision is required, that is none (docs/adr/0039).
_ANY: Final = "*"
_REVISION: Final = re.compile(r'"([1-9]\d{0,8})"')

_MATCH_HEADER: Final = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "The ETag under which the meeting was seen.",
}
MAY_MATCH_HEADER: Final = {
    **_MATCH_HEADER,
    "required": False,
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$'},
}


def needs_revision(routes: ApiBlueprint) -> Callable[[View], View]:
    """Describe a route that changes only the revision that was seen, and is told it by If-Match."""

    def describe(view: View) -> View:
        refusing = routes.refuses(412, 428)(view)
        return cast("View", routes.doc(parameters=[_MATCH_HEADER])(refusing))

    return describe


def seen_revision() -> int:
    """Return the revision that was seen; raises RequestProblem when none is named, MeetingChanged for no revision."""
    header = request.headers.get("If-Match")
    if header is None:
        raise RequestProblem(PRECONDITION_REQUIRED)
    if header.strip() == _ANY:
        raise RequestProblem(REVISION_REQUIRED)
    match = _REVISION.fullmatch(header.strip())
    if match is None:
        raise MeetingChanged
    return int(match[1])


def seen_revision_if_any() -> int | None:
    """Return the same, and None for a caller to whom any revision is right. Raises MeetingChanged."""
    return None if request.headers.get("If-Match", _ANY).strip() == _ANY else seen_revision()
