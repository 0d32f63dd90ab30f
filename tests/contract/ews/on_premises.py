"""A simulated Exchange on premises in this process, whose every request and answer is held to Microsoft's own schema.

Knows no rules: what is asked and what is answered goes past it, and what the schema does not allow is kept.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import requests
from flask import Flask
from lxml import etree
from werkzeug.wrappers import Request, Response

from addin.sandbox import people
from addin.sandbox.exchange.ews.server import WebServices
from addin.sandbox.exchange.mailboxes import Mailboxes
from addin.sandbox.exchange.store import Store
from addin.sandbox.faults import Faults
from addin.sandbox.journal import Journal
from addin.sandbox.server import bound
from addin.sandbox.shelf import Shelf
from addin.sandbox.wire import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SOAP: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
PATH: Final = "/EWS/Exchange.asmx"


class Schema:
    """Microsoft's schema, and what has passed that it does not allow."""

    def __init__(self, folder: Path) -> None:
        self._schema = etree.XMLSchema(etree.parse(str(folder / "ews" / "messages.xsd")))
        self._lock = threading.Lock()
        self.violations: list[str] = []
        self.operations: list[str] = []

    def check(self, envelope: bytes, what: str) -> None:
        """Hold what stands in an envelope's body to the schema; a SOAP fault is none of its business."""
        try:
            found = etree.fromstring(envelope).findall(f"{SOAP}Body/*")
        except etree.XMLSyntaxError as mistake:
            self.violations.append(f"{what}: {mistake}")
            return
        with self._lock:
            for element in found:
                name = etree.QName(element).localname
                self.operations.append(name)
                if name == "Fault":
                    continue
                # The schema's own parser wants a document, not a part of one.
                alone = etree.fromstring(etree.tostring(element))
                if not self._schema.validate(alone):
                    self.violations.append(f"{what} {name}: {self._schema.error_log}")


class _Held:
    """A WSGI application whose traffic with the endpoint is held to the schema."""

    def __init__(self, application: WSGIApplication, schema: Schema) -> None:
        self._application, self._schema = application, schema

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.method != "POST" or request.path.lower() != PATH.lower():
            return self._application(environ, start_response)
        asked = request.get_data()
        environ["wsgi.input"] = io.BytesIO(asked)
        answer = Response.from_app(self._application, environ, buffered=True)
        if asked:
            self._schema.check(asked, "request")
        if answer.status_code in {200, 500} and answer.content_type.startswith("text/xml"):
            self._schema.check(answer.get_data(), "answer")
        return answer(environ, start_response)


class OnPremises:
    """The running endpoint; `faults` are the sandbox's own, `levers` those of Exchange Web Services."""

    def __init__(self, state: Path, schema: Schema) -> None:
        self.schema = schema
        shelf = Shelf(state)
        self.store, self.mailboxes = Store(shelf), Mailboxes(shelf)
        for mailbox in people.MAILBOXES:
            self.mailboxes.change(mailbox, {"home": "on_premises"})
        services = WebServices(self.store, self.mailboxes)
        self.levers = services.levers
        application = Flask(__name__)
        application.register_blueprint(services.blueprint())
        self.faults, self.journal = Faults(lambda *_: None), Journal()
        self._server = bound(0)
        # Faults strike outside: what they break is not Exchange's answer.
        self._server.app = Wire(_Held(application.wsgi_app, schema), self.faults, self.journal)
        self.url = f"http://127.0.0.1:{self._server.port}{PATH}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def mailbox(self, address: str = people.ANNA.address) -> people.Mailbox:
        """Return a mailbox of the region."""
        return self.mailboxes.find(address)

    @staticmethod
    def now() -> datetime:
        """Return the time, UTC."""
        return datetime.now(UTC)

    def empty(self) -> None:
        """Remove every item, calendar and fault."""
        self.faults.clear()
        self.levers.clear()
        for mailbox in people.MAILBOXES:
            self.mailboxes.change(mailbox, {"home": "on_premises", "readable": True, "exists": True})
        self.store.empty()
        self.journal.clear()
        self.schema.operations.clear()

    def posted(
        self, body: str, user: str = people.EWS_USER, password: str = people.EWS_PASSWORD
    ) -> requests.Response:
        """Post an envelope as it stands."""
        return requests.post(
            self.url,
            data=body.encode(),
            auth=(user, password),
            headers={"Content-Type": "text/xml"},
            timeout=30,
        )


@contextmanager
def on_premises(state: Path, contracts: Path) -> Iterator[OnPremises]:
    """Yield a running endpoint."""
    with OnPremises(state, Schema(contracts)) as running:
        yield running
