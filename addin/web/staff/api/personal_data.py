"""The server's look for personal data: text in, kinds and places out; the text lives for this request only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from addin.privacy import AllowList, find_personal_data
from addin.web.staff.api import personal_data_schemas as schemas
from addin.web.staff.api.edge import ApiBlueprint


def personal_data_blueprint(allow: AllowList, today: Callable[[], date]) -> ApiBlueprint:
    """Return the route `/personal-data-checks`; `today` is the date where the organisation is."""
    routes = ApiBlueprint(
        "personal_data", __name__, url_prefix="/api/v1", description="Looks for personal data"
    )

    @routes.route("/personal-data-checks", methods=["POST"])
    @routes.arguments(schemas.PersonalDataCheckSchema())
    @routes.response(200, schemas.FindingsSchema)
    def check_personal_data(body: dict[str, Any]) -> dict[str, Any]:
        """Find personal data in texts, which are forgotten with the answer."""
        found = [
            {
                "field": checked["field"],
                "kind": finding.kind.value,
                "tier": finding.tier.value,
                "start": finding.start,
                "end": finding.end,
            }
            for checked in body["fields_"]
            for finding in find_personal_data(checked["text"], today=today(), allow=allow)
        ]
        return {"findings": found}

    return routes
