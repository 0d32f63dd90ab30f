"""Microsoft Graph v1.0 over HTTP, for calendars: `/v1.0/me/...` and `/v1.0/users/{address or id}/...`."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request

from addin.sandbox.exchange import event, query
from addin.sandbox.exchange.faults import DENIED, GraphFault, bad_request
from addin.sandbox.exchange.mailboxes import Mailboxes, may_open
from addin.sandbox.exchange.times import window_edge, zone_of
from addin.sandbox.issuer.bearer import BadToken, Bearer
from addin.sandbox.people import GRAPH_AUDIENCE, Mailbox
from addin.sandbox.shelf import Json

PERMISSION: Final = "Calendars.ReadWrite"
PREFERENCE: Final = re.compile(r'([\w.-]+)\s*=\s*"?([^",;]*)"?')


class Graph:
    """Answers requests to `/v1.0/`; every one bears a token for Graph from the region's own issuer."""

    def __init__(self, mailboxes: Mailboxes, bearer: Bearer, base: str) -> None:
        self._mailboxes, self._bearer, self._base = mailboxes, bearer, base

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("graph", __name__, url_prefix="/v1.0")
        routes.before_request(self._admit)
        routes.after_request(_told_preferences)
        routes.register_error_handler(GraphFault, _refusal)
        for owner, end in (("/me", "me"), ("/users/<user>", "user")):
            for calendar, name in (("", ""), ("/calendar", "_calendar")):
                root = f"{owner}{calendar}"
                add = routes.add_url_rule
                add(f"{root}/events", f"list_{end}{name}", self.list_events, methods=["GET"])
                add(f"{root}/events", f"create_{end}{name}", self.create, methods=["POST"])
                add(f"{root}/calendarView", f"view_{end}{name}", self.view, methods=["GET"])
                add(f"{root}/events/<item>", f"get_{end}{name}", self.get, methods=["GET"])
                add(f"{root}/events/<item>", f"change_{end}{name}", self.change, methods=["PATCH"])
                add(f"{root}/events/<item>", f"remove_{end}{name}", self.remove, methods=["DELETE"])
        return routes

    def list_events(self, user: str | None = None) -> Response:
        """List a calendar's items."""
        mailbox = self._opened(user)
        items = [item for item in self._mailboxes.items(mailbox) if query.filter_of(request.args)(item)]
        return self._page(items, mailbox)

    def view(self, user: str | None = None) -> Response:
        """List the items that touch a window of time, by start."""
        mailbox = self._opened(user)
        start = window_edge(request.args.get("startDateTime"), "startDateTime")
        end = window_edge(request.args.get("endDateTime"), "endDateTime")
        inside, wanted = query.touches(start, end), query.filter_of(request.args)
        items = [item for item in self._mailboxes.items(mailbox) if inside(item) and wanted(item)]
        return self._page(sorted(items, key=lambda item: str(item["start"])), mailbox)

    def create(self, user: str | None = None) -> Response:
        """Make an item: 201; the same transactionId again gives the same item."""
        mailbox = self._opened(user)
        return self._entity(self._mailboxes.create(mailbox, _wish()), mailbox, 201)

    def get(self, item: str, user: str | None = None) -> Response:
        """Show one item."""
        mailbox = self._opened(user)
        return self._entity(self._mailboxes.get(mailbox, item), mailbox, 200)

    def change(self, item: str, user: str | None = None) -> Response:
        """Change named properties; If-Match is optional, and 412 when it does not match."""
        mailbox = self._opened(user)
        changed = self._mailboxes.change(mailbox, item, _wish(), request.headers.get("If-Match"))
        return self._entity(changed, mailbox, 200)

    def remove(self, item: str, user: str | None = None) -> Response:
        """Delete an item: 204."""
        self._mailboxes.remove(self._opened(user), item, request.headers.get("If-Match"))
        return Response(status=204)

    def _admit(self) -> None:
        try:
            g.caller = self._bearer.claims(request.headers.get("Authorization", ""), GRAPH_AUDIENCE)
        except BadToken as fault:
            raise GraphFault(401, "InvalidAuthenticationToken", str(fault)) from fault
        if PERMISSION not in [*str(g.caller.get("scp", "")).split(), *g.caller.get("roles", [])]:
            raise DENIED

    def _opened(self, user: str | None) -> Mailbox:
        is_application = g.caller.get("idtyp") == "app"
        if user is None and is_application:
            raise bad_request("/me request is only valid with delegated authentication flow.", "BadRequest")
        mailbox = self._mailboxes.find(user or g.caller["oid"])
        if not is_application:
            may_open(g.caller["oid"], mailbox)
        return mailbox

    def _entity(self, stored: Json, mailbox: Mailbox, status: int) -> Response:
        body = {"@odata.context": f"{self._context(mailbox)}/$entity"} | self._shown(stored, mailbox)
        answer = _json(body, status)
        answer.headers["ETag"] = event.etag_of(stored)
        return answer

    def _page(self, items: list[Json], mailbox: Mailbox) -> Response:
        preferred = _preferences().get("odata.maxpagesize", "")
        skip, top = query.page_edges(request.args, int(preferred) if preferred.isdecimal() else None)
        items = query.ordered(items, request.args)
        body: Json = {"@odata.context": self._context(mailbox)}
        body["value"] = [self._shown(item, mailbox) for item in items[skip : skip + top]]
        if len(items) > skip + top:
            following = {**request.args.to_dict(), "$skip": str(skip + top), "$top": str(top)}
            body["@odata.nextLink"] = f"{self._base}{request.path}?{urlencode(following)}"
        return _json(body, 200)

    def _shown(self, stored: Json, mailbox: Mailbox) -> Json:
        wishes = _preferences()
        item_id = stored["immutableId" if wishes.get("idtype", "").lower() == "immutableid" else "id"]
        zone = wishes.get("outlook.timezone", "UTC")
        zone_of(zone)
        whole = event.shown(stored, mailbox, item_id, zone, wishes.get("outlook.body-content-type"))
        names, ids = query.selection_of(request.args), query.expanded_ids(request.args)
        return query.selected(query.with_properties(whole, stored, ids), names)

    def _context(self, mailbox: Mailbox) -> str:
        return f"{self._base}/v1.0/$metadata#users('{mailbox.object_id}')/events"


def _preferences() -> dict[str, str]:
    told = ",".join(request.headers.getlist("Prefer"))
    return {name.lower(): value.strip() for name, value in PREFERENCE.findall(told)}


def _told_preferences(answer: Response) -> Response:
    told = request.headers.getlist("Prefer")
    if told and answer.status_code < 300:
        answer.headers["Preference-Applied"] = ", ".join(told)
    answer.headers["request-id"] = str(uuid.uuid4())
    return answer


def _wish() -> Json:
    try:
        wish = json.loads(request.get_data())
    except ValueError as fault:
        raise bad_request("Unable to read JSON request payload.", "BadRequest") from fault
    if not isinstance(wish, dict):
        raise bad_request("Unable to read JSON request payload.", "BadRequest")
    return wish


def _refusal(fault: GraphFault) -> Response:
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": str(uuid.uuid4()),
        "client-request-id": request.headers.get("client-request-id", str(uuid.uuid4())),
    }
    answer = _json(
        {"error": {"code": fault.code, "message": fault.message, "innerError": inner}}, fault.status
    )
    if fault.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm=""'
    return answer


def _json(body: Json, status: int) -> Response:
    return Response(
        json.dumps(body), status, content_type="application/json; odata.metadata=minimal; charset=utf-8"
    )
