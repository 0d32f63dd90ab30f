"""Puts the region together: every simulated system in one Flask application, behind one wire."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from addin.sandbox.clock import Clock
from addin.sandbox.control import Levers, PexipLevers, Reset, TokenLevers
from addin.sandbox.exchange.ews.server import WebServices
from addin.sandbox.exchange.graph.admission import Admission
from addin.sandbox.exchange.graph.batch import Batch
from addin.sandbox.exchange.graph.calendars import GRAPH, OUTLOOK, Calendars
from addin.sandbox.exchange.graph.notifications import Notifications
from addin.sandbox.exchange.graph.outlook_door import OutlookDoor
from addin.sandbox.exchange.graph.subscriptions import Subscriptions
from addin.sandbox.exchange.graph.translation import Translation
from addin.sandbox.exchange.graph.turns import Turns
from addin.sandbox.exchange.graph.watch_levers import WatchLevers
from addin.sandbox.exchange.graph.watching import Watching
from addin.sandbox.exchange.levers import ExchangeLevers
from addin.sandbox.exchange.mailboxes import Mailboxes
from addin.sandbox.exchange.settings import ExchangeSettings
from addin.sandbox.exchange.store import Store
from addin.sandbox.faults import Faults
from addin.sandbox.issuer.bearer import Bearer
from addin.sandbox.issuer.conditions import Conditions
from addin.sandbox.issuer.credentials import Credentials
from addin.sandbox.issuer.keys import SigningKeys
from addin.sandbox.issuer.provider import Issuer
from addin.sandbox.issuer.tokens import Claims
from addin.sandbox.journal import Journal
from addin.sandbox.mail import Inbox
from addin.sandbox.outlook import Outlook
from addin.sandbox.pexip.calls import Calls
from addin.sandbox.pexip.client import ConferencingNode
from addin.sandbox.pexip.gate import Gate
from addin.sandbox.pexip.management import ManagementNode
from addin.sandbox.pexip.pages import WebApp
from addin.sandbox.pexip.rooms import Refused, Rooms
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.pexip.status import LiveNode
from addin.sandbox.shelf import Shelf
from addin.sandbox.wire import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FOREIGN_TAG: Final = "annan-kund"


@dataclass(frozen=True)
class Options:
    """What the command line said. `base` is the address that this process answers at, without a slash at the end."""

    base: str
    service_url: str
    manifest: Path | None
    state: Path
    settings: PexipSettings
    inbox: Inbox = field(default_factory=Inbox)


class Part(Protocol):
    """A simulated system, or a part of one: it has routes."""

    def blueprint(self) -> Blueprint:
        """Return the routes."""


def region(options: Options) -> "WSGIApplication":
    """Return the whole region as one WSGI application."""
    shelf, clock, settings = Shelf(options.state), Clock(), options.settings
    rooms, gate = Rooms(shelf, clock, settings), Gate(clock, settings)
    calls = Calls(rooms, clock, settings)
    keys, claims = SigningKeys(shelf), Claims(options.base)
    bearer, credentials = Bearer(keys, claims), Credentials(shelf)
    conditions = Conditions(shelf)
    faults, journal = Faults(lambda body, bears: plant_foreign_room(rooms, body, bears)), Journal()
    levers = Levers(
        faults,
        journal,
        PexipLevers(clock, settings, rooms),
        TokenLevers(keys, claims, credentials, conditions, options.service_url),
    )
    parts: tuple[Part, ...] = (
        levers,
        ManagementNode(rooms, gate, settings),
        LiveNode(calls, gate),
        ConferencingNode(calls, settings),
        WebApp(calls),
        Issuer(claims, keys, credentials, conditions, options.base),
        *exchange(shelf, bearer, options.base),
        Outlook(options.service_url, options.manifest),
        options.inbox,
    )
    application = Flask(__name__, static_folder=None)
    application.url_map.merge_slashes = False
    application.register_error_handler(HTTPException, _plainly)
    wire = Wire(application.wsgi_app, faults, journal)
    for part in (*parts, Reset(parts), Batch(bearer, wire.carried)):
        application.register_blueprint(part.blueprint())
    return wire


def exchange(shelf: Shelf, bearer: Bearer, base: str) -> tuple[Part, ...]:
    """Return the simulated Exchange: calendars through Graph, Outlook and EWS, and their levers."""
    store, mailboxes, settings = Store(shelf), Mailboxes(shelf), ExchangeSettings()
    subscriptions = Subscriptions(shelf, settings)
    notifications = Notifications(subscriptions, mailboxes, settings)
    store.listen(notifications.note)
    turns = Turns(settings)
    admission = Admission(mailboxes, bearer, turns)
    return (
        ExchangeLevers(store, mailboxes, settings, turns),
        Calendars(store, admission, settings, GRAPH, base),
        Calendars(store, admission, settings, OUTLOOK, base),
        OutlookDoor(store, admission, settings),
        WatchLevers(subscriptions, notifications),
        Watching(subscriptions, admission, settings, base),
        Translation(store, admission, settings, base),
        WebServices(store, mailboxes),
    )


def plant_foreign_room(rooms: Rooms, body: str, bears: str) -> None:
    """Make another tenant's room that already has what a create request asks for: its name, or its first alias."""
    wish = json.loads(body)
    alias = wish["aliases"][0]["alias"] if bears == "alias" else f"annan-{uuid4().hex}"
    name = wish["name"] if bears == "name" else f"annan-{uuid4().hex}"
    try:
        rooms.create({"name": name, "tag": FOREIGN_TAG, "aliases": [{"alias": alias}]})
    except Refused as fault:
        # Somebody has it already, which is what was wanted.
        if not fault.duplicate:
            raise


def _plainly(fault: HTTPException) -> Response:
    # Flask's own pages would be HTML that does not say where one is.
    return Response(
        f"Sandlåda – inga riktiga möten: {fault.code} {fault.name}.\n", fault.code, mimetype="text/plain"
    )
