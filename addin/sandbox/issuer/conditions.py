"""What the organisation demands before a service may act for its people: consent, and a second factor.

Source: Microsoft identity platform, "On-Behalf-Of flow" (error response, `claims`), "Handle conditional access
challenges" (`interaction_required`), and the error codes AADSTS50076 and AADSTS65001.
"""

import json
from typing import Final

from addin.sandbox import people
from addin.sandbox.shelf import Json, Shelf

KIND: Final = "on-behalf-of"
ALLOWED: Final = "allowed"
# What Entra wants to hear in the next request for a token; the client hands it on unread.
CHALLENGE: Final = json.dumps(
    {"access_token": {"capolids": {"essential": True, "values": ["b6f1f1d1-5c2e-4c7a-9d4e-0f3a2b1c4d5e"]}}}
)
_REFUSALS: Final[dict[str, Json]] = {
    "consent": {
        "error": "invalid_grant",
        "error_description": "AADSTS65001: The user or administrator has not consented to use the application.",
        "error_codes": [65001],
        "suberror": "consent_required",
    },
    "second-factor": {
        "error": "interaction_required",
        "error_description": "AADSTS50076: You must use multi-factor authentication to access the resource.",
        "error_codes": [50076],
        "suberror": "basic_action",
        "claims": CHALLENGE,
    },
}


class Conditions:
    """What is demanded for each person; nothing at first."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def demand(self, object_id: str, what: str) -> None:
        """Demand `consent`, a `second-factor`, or (`allowed`) nothing; raises ValueError."""
        if object_id not in people.PEOPLE:
            raise ValueError("object_id: no such person")
        if what not in {ALLOWED, *_REFUSALS}:
            raise ValueError(f"demand: one of {ALLOWED}, {', '.join(_REFUSALS)}")
        self._shelf.put(KIND, object_id, {"demand": what})

    def clear(self) -> None:
        """Demand nothing any more."""
        self._shelf.clear(KIND)

    def refusal(self, claims: Json) -> Json | None:
        """Return Entra's answer to whoever wants to act for the person of that token; None when they may."""
        demand = self._shelf.documents(KIND).get(str(claims["oid"]), {}).get("demand", ALLOWED)
        if demand == "second-factor" and "mfa" in claims.get("amr", ()):
            return None
        return _REFUSALS.get(demand)
