"""The list of an employee's meetings, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from marshmallow import RAISE

from addin.meetings.errors import LedgerUnavailable
from addin.meetings.ledger_port import Ledger
from addin.meetings.model import Meeting, UnreadableMeeting
from addin.web.problems import MEETING_UNREADABLE
from addin.web.staff.api.edge import ApiBlueprint, caller
from addin.web.staff.api.meeting_schemas import MeetingPageSchema, MeetingQuerySchema
from addin.web.staff.api.representation import Representation

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def add_meeting_list(routes: ApiBlueprint, ledger: Ledger, representation: Representation) -> None:
    """Add the route that lists meetings."""

    @routes.route("", methods=["GET"])
    @routes.arguments(MeetingQuerySchema(), location="query", unknown=RAISE)
    @routes.response(200, MeetingPageSchema)
    def list_meetings(query: dict[str, Any]) -> dict[str, Any]:
        """List my meetings, and those where I am host, by start."""
        who, size = caller(), query["page_size"]
        found = ledger.read(
            lambda reading: reading.meetings_of(
                who,
                start=query["from_"],
                end=query["to"],
                after=_position(query["after"]),
                limit=size + 1,
            )
        )
        page = found[:size]
        unreadable = [one for one in page if isinstance(one, UnreadableMeeting)]
        _count_unreadable(ledger, unreadable)
        return {
            "meetings": [
                representation.of(one, with_block=False) for one in page if isinstance(one, Meeting)
            ],
            "unreadable": [_unreadable(one) for one in unreadable],
            "next": _cursor(page[-1]) if len(found) > size else None,
        }


def _count_unreadable(ledger: Ledger, found: Sequence[UnreadableMeeting]) -> None:
    if found:
        # The list can be answered all the same, and the log has each of them already.
        with suppress(LedgerUnavailable):
            ledger.write(lambda writing: writing.count_unreadable("meetings", len(found)))


def _unreadable(one: UnreadableMeeting) -> dict[str, Any]:
    return {
        "id": one.id,
        "start": one.start,
        "code": MEETING_UNREADABLE.code,
        "message": MEETING_UNREADABLE.title,
    }


def _cursor(last: Meeting | UnreadableMeeting) -> str:
    """Return where a page ends: the start of its last meeting in microseconds since 1970, and its id."""
    start = last.window.start if isinstance(last, Meeting) else last.start
    return f"{(start - _EPOCH) // timedelta(microseconds=1)}-{last.id}"


def _position(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    start, _, meeting_id = cursor.partition("-")
    return _EPOCH + timedelta(microseconds=int(start)), meeting_id
