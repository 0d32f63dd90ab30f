"""Puts the region together: every simulated system in one Flask application, behind one wire."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask

from addin.sandbox.clock import Clock
from addin.sandbox.control import Levers
from addin.sandbox.exchange.graph import Graph
from addin.sandbox.exchange.mailboxes import Mailboxes
from addin.sandbox.faults import Faults
from addin.sandbox.issuer.bearer import Bearer
from addin.sandbox.issuer.keys import SigningKeys
from addin.sandbox.issuer.provider import Issuer
from addin.sandbox.issuer.tokens import Claims
from addin.sandbox.journal import Journal
from addin.sandbox.outlook import Outlook
from addin.sandbox.pexip.calls import Calls
from addin.sandbox.pexip.client import ConferencingNode
from addin.sandbox.pexip.management import ManagementNode
from addin.sandbox.pexip.pages import WebApp
from addin.sandbox.pexip.rooms import Refused, Rooms
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.shelf import Shelf
from addin.sandbox.wire import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True)
class Options:
    """What the command line said. `base` is the address that this process answers at, without a slash at the end."""

    base: str
    service_url: str
    manifest: Path | None
    state: Path
    settings: PexipSettings


def region(options: Options) -> "WSGIApplication":
    """Return the whole region as one WSGI application."""
    shelf, clock, journal = Shelf(options.state), Clock(), Journal()
    rooms = Rooms(shelf, clock, options.settings)
    calls = Calls(rooms, clock, options.settings)
    keys, claims = SigningKeys(shelf), Claims(options.base)
    faults = Faults(lambda body, bears: plant_foreign_room(rooms, body, bears))
    levers = Levers(
        faults=faults,
        journal=journal,
        clock=clock,
        settings=options.settings,
        keys=keys,
        claims=claims,
        service_origin=_origin(options.service_url),
    )
    application = Flask(__name__, static_folder=None)
    application.url_map.merge_slashes = False
    for part in (
        levers,
        ManagementNode(rooms, calls, clock, options.settings),
        ConferencingNode(calls, options.settings),
        WebApp(calls),
        Issuer(claims, keys, options.base),
        Graph(Mailboxes(shelf), Bearer(keys, claims), options.base),
        Outlook(options.service_url, options.manifest),
    ):
        application.register_blueprint(part.blueprint())
    return Wire(application.wsgi_app, faults, journal)


def plant_foreign_room(rooms: Rooms, body: str, bears: str) -> None:
    """Make another tenant's room that already has what a create request asks for: its name, or its first alias."""
    wish = json.loads(body)
    theirs = {"name": "annan-kund", "tag": "annan-kund", "aliases": [{"alias": "annan-kund"}]}
    if bears == "alias":
        theirs["aliases"] = [{"alias": wish["aliases"][0]["alias"]}]
    else:
        theirs["name"] = wish["name"]
    try:
        rooms.create(theirs)
    except Refused as fault:
        if not fault.duplicate:
            raise


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
