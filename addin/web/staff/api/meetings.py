"""Meetings over HTTP: each route parses, calls one use case and dumps."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Response, jsonify, request

from addin.meetings import times
from addin.meetings.access import own_meeting
from addin.meetings.bindings import CopyAnswer
from addin.meetings.book import BookingRequest, BookMeeting
from addin.meetings.cancel import CancelMeeting
from addin.meetings.change import Change, ChangeMeeting
from addin.meetings.change_link import ChangeLink
from addin.meetings.click import BindItem
from addin.meetings.errors import IdempotencyKeyMissing
from addin.meetings.item_answers import ItemAnswers
from addin.meetings.ledger_port import Ledger
from addin.meetings.links import LinkChange
from addin.meetings.model import Meeting, MeetingState, Window
from addin.meetings.ports import Clock
from addin.web.problems import INVALID_REQUEST, RequestProblem
from addin.web.staff.api import meeting_schemas as schemas
from addin.web.staff.api.edge import ApiBlueprint, View, access_token, caller
from addin.web.staff.api.meeting_list import add_meeting_list
from addin.web.staff.api.representation import Representation
from addin.web.staff.api.revisions import (
    MAY_MATCH_HEADER,
    needs_revision,
    seen_revision,
    seen_revision_if_any,
)

PREFIX = "/api/v1/meetings"
RETRY_AFTER_SECONDS = 1
_KEY = re.compile(r"[\x21-\x7e]{1,128}")

_KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "maxLength": 128, "pattern": "^[!-~]+$"},
    "description": "Drawn at random once for each booking; a repeat gets the same meeting.",
}
_SEEN_HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "The revision, for If-Match"},
    "Location": {"schema": {"type": "string"}, "description": "Path of the meeting"},
}
_AGAIN_HEADER = {"schema": {"type": "integer"}, "description": "Seconds until it is worth asking again"}
_UNDER_WAY_HEADERS = {**_SEEN_HEADERS, "Retry-After": _AGAIN_HEADER}

Answer = tuple[Any, int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class MeetingUseCases:
    """What the routes call."""

    book: BookMeeting
    change: ChangeMeeting
    cancel: CancelMeeting
    bind_item: BindItem
    link: ChangeLink
    answers: ItemAnswers
    representation: Representation
    ledger: Ledger
    clock: Clock


def meetings_blueprint(use: MeetingUseCases) -> ApiBlueprint:
    """Return the routes under `/meetings`."""
    routes = ApiBlueprint("meetings", __name__, url_prefix=PREFIX, description="Protected meetings")
    _add_booking(routes, use)
    add_meeting_list(routes, use.ledger, use.representation)
    _add_meeting(routes, use)
    _add_link(routes, use)
    _add_calendar(routes, use)
    return routes


def _add_booking(routes: ApiBlueprint, use: MeetingUseCases) -> None:
    @routes.route("", methods=["POST"])
    @routes.doc(parameters=[_KEY_HEADER])
    @routes.arguments(schemas.BookingSchema())
    @routes.response(
        201, schemas.MeetingSchema, description="Booked; the room is made", headers=_SEEN_HEADERS
    )
    @routes.alt_response(
        200,
        schema=schemas.MeetingSchema,
        description="Booked before, or a person is needed",
        headers=_SEEN_HEADERS,
    )
    @_may_take_longer(
        routes, "The room is still being made: ask for the meeting until it is no longer `wanted`"
    )
    @routes.refuses(400)
    def book_meeting(booking: dict[str, Any]) -> Response:
        """Book a protected meeting."""
        key = request.headers.get("Idempotency-Key", "")
        if not _KEY.fullmatch(key):
            raise IdempotencyKeyMissing
        booked = use.book(_booking(booking, use.clock), caller(), key)
        created = booked.created and booked.meeting.state is MeetingState.LIVE
        return _answer(use, booked.meeting, 201 if created else 200)


def _add_meeting(routes: ApiBlueprint, use: MeetingUseCases) -> None:
    @routes.route("/<meeting_id>", methods=["GET"])
    @routes.response(200, schemas.MeetingSchema, headers=_SEEN_HEADERS)
    @routes.refuses(404)
    def show_meeting(meeting_id: str) -> Answer:
        """Show a meeting as it is now; somebody else's is not found."""
        who = caller()
        meeting = use.ledger.read(lambda reading: own_meeting(reading, meeting_id, who))
        return _shown(use, meeting)

    @routes.route("/<meeting_id>", methods=["PATCH"])
    @needs_revision(routes)
    @routes.arguments(schemas.ChangeSchema())
    @routes.response(200, schemas.MeetingSchema, headers=_SEEN_HEADERS)
    @_may_take_longer(routes, "The room is still being changed")
    @routes.refuses(404, 409)
    def change_meeting(change: dict[str, Any], meeting_id: str) -> Response:
        """Change time, type, variant or unit; link and code stay."""
        seen = seen_revision()
        changed = use.change(meeting_id, _change(change, use.clock), caller(), seen)
        return _answer(use, changed, 200)

    @routes.route("/<meeting_id>", methods=["DELETE"])
    @routes.doc(parameters=[MAY_MATCH_HEADER])
    @routes.response(204, description="The room is removed")
    @routes.alt_response(
        200,
        schema=schemas.MeetingSchema,
        description="Cancelled; the provider keeps the room, and `attention` says why",
    )
    @routes.alt_response(202, description="The room is being removed", headers={"Retry-After": _AGAIN_HEADER})
    @routes.refuses(404, 412)
    def cancel_meeting(meeting_id: str) -> Response:
        """Take the meeting back; a repeat answers as it is then. With If-Match only as it was seen."""
        seen = seen_revision_if_any()
        meeting = use.cancel(meeting_id, caller(), seen)
        if meeting.state is MeetingState.CANCELLED:
            return Response(status=204)
        if meeting.attention:
            return jsonify(use.representation.of(meeting))
        return Response(status=202, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _add_link(routes: ApiBlueprint, use: MeetingUseCases) -> None:
    """Another link, and with it another room."""

    @routes.route("/<meeting_id>/link-change", methods=["POST"])
    @needs_revision(routes)
    @routes.arguments(schemas.LinkChangeSchema())
    @routes.response(200, schemas.MeetingSchema, headers=_SEEN_HEADERS)
    @_may_take_longer(routes, "The link is exchanged, and its room is still being made")
    @routes.refuses(404, 409)
    def change_link(body: dict[str, str], meeting_id: str) -> Response:
        """Give the meeting another link and room: at once, or a series from its next occurrence on."""
        seen = seen_revision()
        return _answer(use, use.link(meeting_id, LinkChange(body["begins"]), caller(), seen), 200)

    @routes.route("/<meeting_id>/link-change", methods=["DELETE"])
    @needs_revision(routes)
    @routes.response(200, schemas.MeetingSchema, headers=_SEEN_HEADERS)
    @routes.refuses(404, 409)
    def keep_link(meeting_id: str) -> Answer:
        """Take another link back that is still to come; without one nothing is changed."""
        meeting = use.link.undo(meeting_id, caller(), seen_revision())
        return _shown(use, meeting)

    @routes.route("/<meeting_id>/block-written", methods=["POST"])
    @needs_revision(routes)
    @routes.response(200, schemas.MeetingSchema, headers=_SEEN_HEADERS)
    @routes.refuses(404)
    def note_block(meeting_id: str) -> Answer:
        """Note that the calendar item bears the block as it is in this revision, with the link that holds now."""
        meeting = use.link.block_written(meeting_id, caller(), seen_revision())
        return _shown(use, meeting)


def _add_calendar(routes: ApiBlueprint, use: MeetingUseCases) -> None:
    """What the pane says of the calendar item; each is carried out at the next look, which is due at once."""

    @routes.route("/<meeting_id>/item", methods=["POST"])
    @routes.arguments(schemas.ItemSchema())
    @routes.response(200, schemas.LookedAtSchema, headers=_SEEN_HEADERS)
    @routes.refuses(404)
    def bind_item(body: dict[str, str], meeting_id: str) -> Answer:
        """Have the calendar item looked at now; without calendar access nothing happens."""
        clicked = use.bind_item(meeting_id, body["item_id"], caller(), access_token())
        shown = {**use.representation.of(clicked.meeting), "sign_in_challenge": clicked.challenge}
        return shown, 200, _headers(clicked.meeting)

    @routes.route("/<meeting_id>/copies", methods=["POST"])
    @routes.arguments(schemas.CopiesSchema())
    @routes.response(200, schemas.MeetingSchema, headers=_SEEN_HEADERS)
    @routes.refuses(404, 409)
    def answer_copies(body: dict[str, str], meeting_id: str) -> Answer:
        """Say what the copies of the item shall get that were asked about, also when the meeting itself has ended."""
        meeting = use.answers.answer_copies(meeting_id, CopyAnswer(body["answer"]), caller())
        return _shown(use, meeting)

    @routes.route("/<meeting_id>/series", methods=["POST"])
    @routes.arguments(schemas.SeriesSchema())
    @routes.response(200, schemas.MeetingSchema, headers=_SEEN_HEADERS)
    @routes.refuses(404, 409)
    def answer_series(body: dict[str, bool], meeting_id: str) -> Answer:
        """Say whether one link leads to every occurrence; a meeting that is no series is not found."""
        meeting = use.answers.answer_series(meeting_id, one_link=body["one_link"], who=caller())
        return _shown(use, meeting)


def _may_take_longer(routes: ApiBlueprint, description: str) -> Callable[[View], View]:
    """Describe an answer that is given while the room is not as wished (`_answer`)."""
    described = routes.alt_response(
        202, schema=schemas.MeetingSchema, description=description, headers=_UNDER_WAY_HEADERS
    )
    return cast("Callable[[View], View]", described)


def _shown(use: MeetingUseCases, meeting: Meeting) -> Answer:
    """Return the meeting as it is now, for its schema."""
    return use.representation.of(meeting), 200, _headers(meeting)


def _answer(use: MeetingUseCases, meeting: Meeting, status: int) -> Response:
    """Return the meeting, as 202 while its room is not as wished.

    Whole, since a representation has the described shape already: taking it through the schema once more would be a
    twentieth of a booking. Tests hold the answers against the description.
    """
    response = jsonify(use.representation.of(meeting))
    response.status_code = status
    response.headers.update(_headers(meeting))
    if meeting.state is MeetingState.WANTED:
        response.status_code = 202
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _headers(meeting: Meeting) -> dict[str, str]:
    # Written out: asking Flask for it costs more than all else that stands in this answer's head.
    where = f"{request.script_root}{PREFIX}/{meeting.id}"
    return {"Location": where, "ETag": f'"{meeting.revision}"'}


def _booking(body: dict[str, Any], clock: Clock) -> BookingRequest:
    return BookingRequest(
        mailbox=body["mailbox"],
        type=body["type"],
        variant=body["variant"],
        unit=body["unit"],
        window=times.window(body["start"], body["end"], body["time_zone"], clock.now(), may_be_over=True),
        hosts=tuple(sorted({str(host) for host in body["hosts"]})),
        on_behalf_of=body["on_behalf_of"],
        item_id=body["item_id"],
        earlier_meeting=body["earlier_meeting"],
    )


def _change(body: dict[str, Any], clock: Clock) -> Change:
    return Change(
        window=_new_window(body, clock),
        type=body.get("type"),
        variant=body.get("variant"),
        unit=body.get("unit"),
    )


def _new_window(body: dict[str, Any], clock: Clock) -> Window | None:
    missing = [name for name in ("start", "end", "time_zone") if name not in body]
    if len(missing) == 3:
        return None
    if missing:
        raise RequestProblem(
            INVALID_REQUEST, {"json": {name: ["comes with the rest of the time"] for name in missing}}
        )
    return times.window(body["start"], body["end"], body["time_zone"], clock.now())
