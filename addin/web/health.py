"""Is the process alive, and can it reach its ledger: for load balancers and operators, on every surface."""

from __future__ import annotations

from flask import Blueprint

from addin.meetings.errors import LedgerError
from addin.meetings.ports import Ledger


def health_blueprint(ledger: Ledger) -> Blueprint:
    """Return `/healthz` (200 while the process lives) and `/readyz` (200 while the ledger answers, else 503)."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def alive() -> dict[str, bool]:
        return {"alive": True}

    @routes.get("/readyz")
    def ready() -> tuple[dict[str, bool], int]:
        try:
            frozen = ledger.read(lambda reading: reading.frozen())
        except LedgerError:
            return {"ready": False}, 503
        return {"ready": True, "frozen": frozen}, 200

    return routes
