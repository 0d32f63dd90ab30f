"""`POST /EWS/Exchange.asmx`: who asks, in whose mailbox, and what Exchange answers.

Callers sign in with Basic, after a 401 if they like. The service account may only impersonate; a person opens the own
mailbox. Served are the mailboxes whose home is on premises; of one that is Online nothing is known here.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final

from flask import Blueprint, Response, request

from addin.sandbox.exchange.ews import soap
from addin.sandbox.exchange.ews.calls import Call, told_failure
from addin.sandbox.exchange.ews.events import Events
from addin.sandbox.exchange.ews.levers import Levers
from addin.sandbox.exchange.ews.operations import Operations
from addin.sandbox.exchange.ews.soap import Failure, Fault
from addin.sandbox.exchange.mailboxes import Mailboxes
from addin.sandbox.exchange.refusals import MailboxMissing, Refusal
from addin.sandbox.exchange.store import Store
from addin.sandbox.exchange.zones import WINDOWS
from addin.sandbox.people import EWS_PASSWORD, EWS_USER, MAILBOX_PASSWORD, MAILBOXES, Mailbox

# Some clients write the path in small letters (DavMail); IIS does not mind.
PATHS: Final = ("/EWS/Exchange.asmx", "/ews/exchange.asmx")
OF_NO_MAILBOX: Final = frozenset({"ConvertId", "GetServerTimeZones", "ResolveNames"})
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="exchange.region.example"'}


class WebServices:
    """The endpoint."""

    def __init__(self, store: Store, mailboxes: Mailboxes) -> None:
        events = Events()
        store.listen(events.note)
        self._mailboxes = mailboxes
        self.levers = Levers(events)
        self._operations = Operations(store, mailboxes, events)

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("ews", __name__)
        for number, path in enumerate(PATHS):
            routes.add_url_rule(path, f"answer_{number}", self.answer, methods=["POST"])
            routes.add_url_rule(path, f"greet_{number}", self.greet, methods=["GET"])
        routes.add_url_rule(
            "/sandbox/exchange/ews", view_func=self.levers.route, methods=["GET", "POST", "DELETE"]
        )
        routes.register_error_handler(Fault, soap.fault)
        return routes

    def greet(self) -> Response:
        """Answer who looks whether there is anything."""
        return Response(status=200) if self._signed_in() else Response(status=401, headers=_CHALLENGE)

    def answer(self) -> Response:
        """Answer one request."""
        caller = self._signed_in()
        if caller is None:
            return Response(status=401, headers=_CHALLENGE)
        asked = soap.read(request.get_data())
        self.levers.refuse(asked.name)
        mailbox = MAILBOXES[0] if self._asks_of_none(asked) else self._opened(caller, asked.impersonated)
        call = Call(asked.operation, mailbox, asked.zone if asked.zone in WINDOWS else "UTC")
        try:
            body = self._operations.answer(call)
        except Failure as refused:
            # What is wrong with the request as a whole, such as its shape, is told for each thing that was asked.
            raise Fault(refused.code, refused.text) from refused
        except Refusal as refusal:
            told = told_failure(refusal)
            raise Fault(told.code, told.text) from refusal
        return soap.xml(soap.answer(self.levers.halved(asked.name, body)))

    def _signed_in(self) -> str | None:
        """Return the account that signed in: the service account, or a mailbox's address; None for nobody."""
        kind, _, told = request.headers.get("Authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(told, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        account = user.rpartition("\\")[2].casefold()
        known = {EWS_USER: EWS_PASSWORD} | {one.address: MAILBOX_PASSWORD for one in MAILBOXES}
        right = known.get(account)
        is_right = right is not None and hmac.compare_digest(right.encode(), password.encode())
        return account if kind.lower() == "basic" and is_right else None

    def _asks_of_none(self, asked: soap.Request) -> bool:
        """Whether the answer is the same whoever asks, so that no mailbox needs to be named."""
        return asked.impersonated is None and asked.name in OF_NO_MAILBOX

    def _opened(self, caller: str, impersonated: str | None) -> Mailbox:
        """Return the mailbox that is asked about; raises Fault."""
        if impersonated and caller != EWS_USER:
            text = "The account does not have permission to impersonate the requested user."
            raise Fault("ErrorImpersonateUserDenied", text)
        wanted = impersonated or caller
        try:
            mailbox = self._mailboxes.find(wanted)
        except MailboxMissing:
            mailbox = None
        if mailbox is None or self._mailboxes.state(mailbox).home != "on_premises":
            raise Fault("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        if impersonated and not self._mailboxes.state(mailbox).readable:
            # The management scope of the role does not hold this mailbox.
            text = "The account does not have permission to impersonate the requested user."
            raise Fault("ErrorImpersonateUserDenied", text)
        return mailbox
