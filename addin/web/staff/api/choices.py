"""What there is to choose from: meeting types and units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE

from addin.meetings.meeting_types import MeetingType, MeetingTypes
from addin.meetings.units import Units
from addin.web.staff.api import choice_schemas as schemas
from addin.web.staff.api.edge import ApiBlueprint
from templates_messages.titles import Titles


def choices_blueprint(
    types: MeetingTypes, units: Units, titles: Titles, provider_notes: Mapping[str, str]
) -> ApiBlueprint:
    """Return the routes `/meeting-types` and `/units`. `provider_notes`: a Swedish sentence by type id."""
    routes = ApiBlueprint("choices", __name__, url_prefix="/api/v1", description="Meeting types and units")

    @routes.route("/meeting-types", methods=["GET"])
    @routes.response(200, schemas.MeetingTypesSchema)
    def list_meeting_types() -> dict[str, Any]:
        """List the meeting types and their variants."""
        return {"meeting_types": [_describe(kind) for kind in types]}

    @routes.route("/units", methods=["GET"])
    @routes.arguments(schemas.UnitQuerySchema(), location="query", unknown=RAISE)
    @routes.response(200, schemas.UnitsSchema)
    def list_units(query: dict[str, Any]) -> dict[str, Any]:
        """List the units, and which is the mailbox's own."""
        own = units.default_for(query["mailbox"]) if query["mailbox"] else None
        return {"units": [{**_fields(unit), "default": unit == own} for unit in units]}

    def _describe(kind: MeetingType) -> dict[str, Any]:
        return {
            "id": kind.id,
            "name": kind.name,
            "when_to_use": kind.when_to_use,
            "provider": kind.provider,
            "provider_note": provider_notes.get(kind.id),
            "copy_rule": kind.copy_rule,
            "series_rule": kind.series_rule,
            "participant_limit": kind.participant_limit,
            "neutral_subject": {
                variant.id: titles.of(kind.id, variant.id).subject for variant in kind.variants
            },
            "audiences": kind.audiences,
            "variants": kind.variants,
        }

    def _fields(unit: Any) -> dict[str, Any]:
        names = ("id", "name", "telephone", "hours", "contact_without_speech")
        return {name: getattr(unit, name) for name in names}

    return routes
