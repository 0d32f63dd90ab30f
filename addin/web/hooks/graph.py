"""`/hooks/graph/...`: where Microsoft Graph tells of changes in mailboxes, and of its subscriptions.

Anybody on the internet can post here. Nothing is believed without the secret of the subscription that it names, and
the status of an answer does not say whether that was right. An answer must come within three seconds, or
Graph drops notifications for every mailbox; so the hints are stored, and all else happens later.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from addin.meetings.errors import LedgerError
from addin.meetings.ports import Hints
from addin.web.hooks.notifications import Malformed, hints_in

log = logging.getLogger(__name__)

# Some hundred notifications in one post; Graph sends far fewer.
LARGEST_BODY: Final = 256 * 1024
_TOKEN: Final = re.compile(r"[\x20-\x7e]{1,2048}")
_RETRY_AFTER_SECONDS: Final = 5


def graph_blueprint(hints: Hints) -> Blueprint:
    """Return the routes that subscriptions name as their `notificationUrl` and `lifecycleNotificationUrl`."""
    routes = Blueprint("graph_hooks", __name__, url_prefix="/hooks/graph")
    routes.before_request(_limit)
    routes.after_request(_protected)
    routes.register_error_handler(Malformed, lambda _: _plain("", 400))
    routes.register_error_handler(HTTPException, lambda failure: _plain("", failure.code or 400))
    routes.register_error_handler(LedgerError, _not_stored)

    @routes.post("/notifications")
    def notifications() -> Response:
        return _answer(hints)

    @routes.post("/lifecycle")
    def lifecycle() -> Response:
        return _answer(hints)

    return routes


def _answer(hints: Hints) -> Response:
    token = request.args.get("validationToken")
    if token is not None:
        return _handshake(token)
    received, dropped = hints_in(request.get_data())
    if dropped:
        log.warning("notifications_dropped", extra={"count": dropped})
    hints.receive(received)
    return _plain("", 202)


def _handshake(token: str) -> Response:
    """Give the token back, by which Graph proves that the address wants its notifications (Graph, "webhooks").

    Whoever has somebody follow a link with a token of his own gets it back as plain text that no browser interprets.
    """
    return _plain(token, 200) if _TOKEN.fullmatch(token) else _plain("", 400)


def _not_stored(failure: LedgerError) -> Response:
    log.warning("ledger_failed", extra={"reason": str(failure)})
    answer = _plain("", 503)
    answer.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return answer


def _limit() -> None:
    request.max_content_length = LARGEST_BODY


def _plain(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")


def _protected(answer: Response) -> Response:
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "no-store"
    return answer
