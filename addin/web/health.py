"""Is the process alive, and can it reach its ledger: for load balancers and operators, on every surface."""

from __future__ import annotations

from flask import Blueprint

from addin.meetings.calendar_ledger_port import RightsLimit
from addin.meetings.errors import LedgerError
from addin.meetings.ledger_port import Ledger, Reading


def health_blueprint(ledger: Ledger) -> Blueprint:
    """Return `/healthz` (200 while the process lives) and `/readyz` (200 while meetings can be read, else 503).

    `/readyz` also says what an operator must see, though the service goes on: a frozen ledger, too wide rights.
    """
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def alive() -> dict[str, bool]:
        return {"alive": True}

    @routes.get("/readyz")
    def ready() -> tuple[dict[str, bool], int]:
        try:
            return ledger.read(_stand), 200
        except LedgerError:
            return {"ready": False}, 503

    return routes


def _stand(reading: Reading) -> dict[str, bool]:
    reading.look_in()
    too_wide = RightsLimit.TOO_WIDE in reading.rights().values()
    return {"ready": True, "frozen": reading.frozen(), "rights_too_wide": too_wide}
