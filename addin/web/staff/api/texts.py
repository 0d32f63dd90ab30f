"""The words about a meeting over HTTP: texts by audience, the item block, and who has been told."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import RAISE

from addin.meetings.access import made_meeting
from addin.meetings.change import ChangeMeeting
from addin.meetings.invitations import MeetingInvitations
from addin.meetings.model import Meeting
from addin.meetings.ports import Ledger
from addin.meetings.texts import MeetingTexts
from addin.web.staff.api import schemas
from addin.web.staff.api.edge import ApiBlueprint, caller
from addin.web.staff.api.representation import Representation


def texts_blueprint(
    texts: MeetingTexts,
    invitations: MeetingInvitations,
    change: ChangeMeeting,
    ledger: Ledger,
    representation: Representation,
    copy_first: str,
) -> ApiBlueprint:
    """Return the routes under `/meetings/<id>` that are about words. `copy_first` is `link` or `text`."""
    routes = ApiBlueprint("texts", __name__, url_prefix="/api/v1/meetings", description="Texts to copy")

    def made(meeting_id: str) -> Meeting:
        who = caller()
        return ledger.read(lambda reading: made_meeting(reading, meeting_id, who))

    @routes.route("/<meeting_id>/texts", methods=["GET"])
    @routes.arguments(schemas.TextQuerySchema(), location="query", unknown=RAISE)
    @routes.response(200, schemas.TextsSchema)
    @routes.alt_response(404, "NOT_FOUND")
    @routes.alt_response(409, "CONFLICT")
    def list_texts(query: dict[str, str], meeting_id: str) -> dict[str, Any]:
        """Show link and texts for one audience, ready to be copied."""
        meeting = made(meeting_id)
        coming = query.pop("link") == "coming"
        meeting = ledger.read(
            lambda reading: (
                (change.then(reading, meeting) or meeting) if coming else change.until_then(reading, meeting)
            )
        )
        rendered = texts.for_audience(meeting, query["audience"], query["language"])
        template = texts.central_template(rendered)
        return {
            **query,
            "copy_first": copy_first,
            "link": {"url": texts.join_link(meeting), "central_template": template},
            "texts": rendered,
        }

    @routes.route("/<meeting_id>/item-block", methods=["GET"])
    @routes.arguments(schemas.BlockQuerySchema(), location="query", unknown=RAISE)
    @routes.response(200, schemas.BlockSchema)
    @routes.alt_response(404, "NOT_FOUND")
    @routes.alt_response(409, "CONFLICT")
    def show_block(query: dict[str, str], meeting_id: str) -> dict[str, str]:
        """Show the block that goes into the calendar item."""
        block = texts.block(made(meeting_id))
        return {
            "format": query["format"],
            "content": block.html if query["format"] == "html" else block.plain,
        }

    @routes.route("/<meeting_id>/invitation", methods=["GET"])
    @routes.arguments(schemas.InvitationQuerySchema(), location="query", unknown=RAISE)
    @routes.response(200, {"type": "string"}, content_type="text/calendar")
    @routes.alt_response(404, "NOT_FOUND")
    @routes.alt_response(409, "CONFLICT")
    def show_invitation(query: dict[str, str], meeting_id: str) -> Response:
        """Show the meeting as a calendar file for external professionals or interpreters, as it is now."""
        written = invitations.write(meeting_id, query["audience"], caller())
        method = f"; method={written.method}" if written.method else ""
        answer = Response(written.content, content_type=f"text/calendar; charset=utf-8{method}")
        answer.headers.set("Content-Disposition", "attachment", filename="videomote.ics")
        return answer

    @routes.route("/<meeting_id>/copied", methods=["POST"])
    @routes.arguments(schemas.CopiedSchema())
    @routes.response(200, schemas.MeetingSchema)
    @routes.alt_response(404, "NOT_FOUND")
    @routes.alt_response(409, "CONFLICT")
    def note_copied(body: dict[str, str], meeting_id: str) -> dict[str, Any]:
        """Note which audience has been told of the meeting as it is now."""
        return representation.of(
            change.told(meeting_id, body["audience"], caller(), of_coming=body["link"] == "coming")
        )

    return routes
