"""Who may call, and which mailbox is meant: tokens, rights, where a mailbox is, and how many calls run at once."""

from typing import Final

from flask import g, request

from addin.sandbox.exchange.graph.faults import (
    DENIED,
    ELSEWHERE,
    OUT_OF_SCOPE,
    GraphFault,
    bad_request,
)
from addin.sandbox.exchange.graph.turns import Turns
from addin.sandbox.exchange.mailboxes import Mailboxes, may_open
from addin.sandbox.issuer.bearer import BadToken, Bearer
from addin.sandbox.people import GRAPH_AUDIENCE, Mailbox
from addin.sandbox.shelf import Json

READ: Final = "Calendars.Read"
WRITE: Final = "Calendars.ReadWrite"
READING: Final = frozenset({"GET", "HEAD"})


class Admission:
    """Admits a request, and finds the mailbox that it means. The state of one request stands in flask's `g`."""

    def __init__(self, mailboxes: Mailboxes, bearer: Bearer, turns: Turns) -> None:
        self._mailboxes, self._bearer, self._turns = mailboxes, bearer, turns

    def admit(self) -> None:
        """Check the token and what it permits; raises GraphFault."""
        g.running = []
        g.caller = caller(self._bearer)
        permitted = {*str(g.caller.get("scp", "")).split(), *g.caller.get("roles", [])}
        # A subscription needs no more than the right to read what it tells of.
        reads = request.method in READING or request.path.endswith("translateExchangeIds") or _is_watch()
        if not permitted & ({READ, WRITE} if reads else {WRITE}):
            raise DENIED

    def leave(self, _: BaseException | None) -> None:
        """Count the request's calls as over."""
        self._turns.end(g.pop("running", []))

    def opened(self, user: str | None, *, through_graph: bool = True) -> Mailbox:
        """Return the mailbox that a request means, `None` being the caller's own; raises GraphFault or Refusal.

        Outlook itself (`through_graph` false) opens mailboxes on premises, too, and is never throttled.
        """
        if user is None and is_application():
            raise bad_request("/me request is only valid with delegated authentication flow.", "BadRequest")
        mailbox = self._mailboxes.find(user or g.caller["oid"])
        if through_graph:
            key = (application(), mailbox.object_id)
            self._turns.take(key)
            g.running.append(key)
            self.check_state(mailbox)
        if not is_application():
            may_open(g.caller["oid"], mailbox)
        return mailbox

    def shared_with(self, mailbox: Mailbox) -> list[Mailbox]:
        """Return the mailboxes whose calendars somebody has opened, and that the caller can reach by way of hers."""
        return [other for other in self._mailboxes.shared_with(mailbox) if self._is_reached(other)]

    def _is_reached(self, mailbox: Mailbox) -> bool:
        state = self._mailboxes.state(mailbox)
        return state.home == "online" and (state.readable or not is_application())

    def check_state(self, mailbox: Mailbox) -> None:
        """Refuse a mailbox that Graph cannot reach, or that this application may not; raises GraphFault."""
        state = self._mailboxes.state(mailbox)
        if state.home == "on_premises":
            raise ELSEWHERE
        if is_application() and not state.readable:
            raise OUT_OF_SCOPE


def caller(bearer: Bearer) -> Json:
    """Return the claims of the request's token, which must be for Graph; raises GraphFault."""
    try:
        return bearer.claims(request.headers.get("Authorization", ""), GRAPH_AUDIENCE)
    except BadToken as fault:
        raise GraphFault(401, "InvalidAuthenticationToken", str(fault)) from fault


def is_application() -> bool:
    """Whether an application calls, and not a person through one."""
    return bool(g.caller.get("idtyp") == "app")


def application() -> str:
    """Return the client id of the calling application."""
    return str(g.caller.get("azp") or g.caller.get("appid") or "")


def _is_watch() -> bool:
    return "/subscriptions" in request.path
