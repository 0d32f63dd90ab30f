"""`/v1.0/subscriptions` over HTTP, with the handshake that proves an address wants notifications."""

import uuid
from typing import Final

import requests
from flask import Blueprint, Response

from addin.sandbox.exchange.graph.admission import Admission, application
from addin.sandbox.exchange.graph.answers import as_json, preferences, wish
from addin.sandbox.exchange.graph.calendars import prepare
from addin.sandbox.exchange.graph.faults import GraphFault, bad_request, fault_of
from addin.sandbox.exchange.graph.subscriptions import Subscriptions, check_names, owner_of, shown
from addin.sandbox.exchange.refusals import Refusal
from addin.sandbox.exchange.settings import ExchangeSettings
from addin.sandbox.people import Mailbox

REASONS: Final = {403: "Forbidden", 404: "NotFound"}


class Watching:
    """Answers requests for subscriptions; each application sees its own."""

    def __init__(
        self, subscriptions: Subscriptions, admission: Admission, settings: ExchangeSettings, base: str
    ) -> None:
        self._subscriptions, self._admission = subscriptions, admission
        self._settings, self._base = settings, base

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("subscriptions", __name__, url_prefix="/v1.0/subscriptions")
        prepare(routes, self._admission, self._settings)
        routes.add_url_rule("", view_func=self.make, methods=["POST"])
        routes.add_url_rule("", view_func=self.list, methods=["GET"])
        routes.add_url_rule("/<key>", view_func=self.show, methods=["GET"])
        routes.add_url_rule("/<key>", view_func=self.renew, methods=["PATCH"])
        routes.add_url_rule("/<key>", view_func=self.remove, methods=["DELETE"])
        routes.add_url_rule("/<key>/reauthorize", view_func=self.reauthorize, methods=["POST"])
        return routes

    def make(self) -> Response:
        """Make a subscription, once both its addresses have proved themselves during this call: 201."""
        told = wish()
        check_names(told)
        mailbox = self._watched(owner_of(told.get("resource")))
        made = self._subscriptions.make(
            told, application(), mailbox, self._shake_hands, immutable=preferences().immutable
        )
        return as_json({"@odata.context": f"{self._context()}/$entity"} | shown(made), 201)

    def list(self) -> Response:
        """List the application's subscriptions."""
        found = [shown(one) for one in self._subscriptions.of(application())]
        return as_json({"@odata.context": self._context(), "value": found})

    def show(self, key: str) -> Response:
        """Show one subscription."""
        return as_json(shown(self._subscriptions.find(application(), key)))

    def renew(self, key: str) -> Response:
        """Give a subscription another end: 200; it also authorises it anew."""
        subscription = self._subscriptions.find(application(), key)
        told = wish()
        check_names(told)
        if "notificationUrl" in told:
            self._shake_hands(str(told["notificationUrl"]))
        return as_json(shown(self._subscriptions.renew(subscription, told)))

    def remove(self, key: str) -> Response:
        """End a subscription: 204."""
        self._subscriptions.remove(self._subscriptions.find(application(), key))
        return Response(status=204)

    def reauthorize(self, key: str) -> Response:
        """Authorise a subscription anew: 200, nothing told."""
        self._subscriptions.find(application(), key)
        return Response(status=200)

    def _watched(self, user: str | None) -> Mailbox:
        try:
            return self._admission.opened(user)
        except (GraphFault, Refusal) as caught:
            fault = fault_of(caught, 412) if isinstance(caught, Refusal) else caught
            if fault.status not in REASONS:
                raise
            reason = f"Status Code: {REASONS[fault.status]}; Reason: {fault.message}"
            message = f"Operation: Create; Exception: [{reason}]"
            raise GraphFault(fault.status, "ExtensionError", message) from caught

    def _shake_hands(self, url: str) -> None:
        """Let an address prove that it wants notifications: it must give back a text in time; raises GraphFault."""
        text = (
            f"Validation: Testing client application reachability for subscription Request-Id: {uuid.uuid4()}"
        )
        try:
            with requests.Session() as http:
                http.trust_env = False
                answer = http.post(
                    url,
                    params={"validationToken": text},
                    headers={"Content-Type": "text/plain; charset=utf-8"},
                    timeout=self._settings.handshake_seconds,
                    allow_redirects=False,
                )
        except requests.RequestException as fault:
            raise bad_request("Subscription validation request timed out.", "ValidationError") from fault
        is_plain = answer.headers.get("Content-Type", "").startswith("text/plain")
        if answer.status_code != 200 or not is_plain or answer.text != text:
            message = (
                "Subscription validation request failed. "
                "Notification endpoint must respond with 200 OK to validation request."
            )
            raise bad_request(message, "ValidationError")

    def _context(self) -> str:
        return f"{self._base}/v1.0/$metadata#subscriptions"
