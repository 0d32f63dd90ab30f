"""The words about a meeting over HTTP: texts by audience, the item block, and who has been told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response
from marshmallow import RAISE

from addin.meetings.change import ChangeMeeting
from addin.meetings.invitations import MeetingInvitations
from addin.meetings.read_texts import ReadTexts
from addin.web.staff.api import text_schemas as schemas
from addin.web.staff.api.edge import ApiBlueprint, caller
from addin.web.staff.api.meeting_schemas import MeetingSchema
from addin.web.staff.api.representation import Representation


@dataclass(frozen=True, slots=True)
class TextUseCases:
    """What the routes call. `copy_first` is `link` or `text`."""

    read: ReadTexts
    invitations: MeetingInvitations
    change: ChangeMeeting
    representation: Representation
    copy_first: str


def texts_blueprint(use: TextUseCases) -> ApiBlueprint:
    """Return the routes under `/meetings/<id>` that are about words."""
    routes = ApiBlueprint("texts", __name__, url_prefix="/api/v1/meetings", description="Texts to copy")
    _add_texts(routes, use)
    _add_files(routes, use)
    return routes


def _add_texts(routes: ApiBlueprint, use: TextUseCases) -> None:
    """The texts for an audience, and the word that it has got them."""

    @routes.route("/<meeting_id>/texts", methods=["GET"])
    @routes.arguments(schemas.TextQuerySchema(), location="query", unknown=RAISE)
    @routes.response(200, schemas.TextsSchema)
    @routes.refuses(404, 409)
    def list_texts(query: dict[str, str], meeting_id: str) -> dict[str, Any]:
        """Show link and texts for one audience, ready to be copied."""
        audience, language = query["audience"], query["language"]
        found = use.read.for_audience(
            meeting_id, audience, language, caller(), of_coming=query["link"] == "coming"
        )
        return {
            "audience": audience,
            "language": language,
            "copy_first": use.copy_first,
            "as_of": found.as_of,
            "link": {"url": found.join_link, "central_template": found.central_template},
            "texts": found.texts,
        }

    @routes.route("/<meeting_id>/copied", methods=["POST"])
    @routes.arguments(schemas.CopiedSchema())
    @routes.response(200, MeetingSchema)
    @routes.refuses(404, 409, 412)
    def note_copied(body: dict[str, Any], meeting_id: str) -> dict[str, Any]:
        """Note which audience has been told, as of which revision.

        Of an older one than the meeting's they must hear again: then `told_stale` names them.
        """
        of_coming = body["link"] == "coming"
        meeting = use.change.told(
            meeting_id, body["audience"], caller(), of_coming=of_coming, as_of=body["as_of"]
        )
        return use.representation.of(meeting)


def _add_files(routes: ApiBlueprint, use: TextUseCases) -> None:
    """What goes into calendars: the item's block, and the invitation for those outside."""

    @routes.route("/<meeting_id>/item-block", methods=["GET"])
    @routes.arguments(schemas.BlockQuerySchema(), location="query", unknown=RAISE)
    @routes.response(200, schemas.BlockSchema)
    @routes.refuses(404, 409)
    def show_block(query: dict[str, str], meeting_id: str) -> dict[str, str]:
        """Show the block that goes into the calendar item."""
        block = use.read.block(meeting_id, caller())
        return {
            "format": query["format"],
            "content": block.html if query["format"] == "html" else block.plain,
        }

    @routes.route("/<meeting_id>/invitation", methods=["GET"])
    @routes.arguments(schemas.InvitationQuerySchema(), location="query", unknown=RAISE)
    @routes.response(200, {"type": "string"}, content_type="text/calendar")
    @routes.refuses(404, 409)
    def show_invitation(query: dict[str, str], meeting_id: str) -> Response:
        """Show the meeting as a calendar file for external professionals or interpreters, as it is now."""
        written = use.invitations.write(meeting_id, query["audience"], caller())
        method = f"; method={written.method}" if written.method else ""
        answer = Response(written.content, content_type=f"text/calendar; charset=utf-8{method}")
        answer.headers.set("Content-Disposition", "attachment", filename="videomote.ics")
        return answer
