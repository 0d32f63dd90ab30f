"""`/sandbox/exchange/...`: the levers that move mailboxes, change Exchange's moods and show what was sent."""

from dataclasses import asdict
from typing import Final

from flask import Blueprint, Response, jsonify, request

from addin.sandbox.exchange.graph.turns import Turns
from addin.sandbox.exchange.mailboxes import Mailboxes, mailbox_named
from addin.sandbox.exchange.settings import ExchangeSettings
from addin.sandbox.exchange.store import Store
from addin.sandbox.people import MAILBOXES, Mailbox
from addin.sandbox.shelf import Json

LONGEST_WAIT: Final = 60.0


class ExchangeLevers:
    """Levers that have no likeness in a real Exchange."""

    def __init__(self, store: Store, mailboxes: Mailboxes, settings: ExchangeSettings, turns: Turns) -> None:
        self._store, self._mailboxes = store, mailboxes
        self._settings, self._turns = settings, turns

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("exchange_levers", __name__, url_prefix="/sandbox/exchange")
        routes.add_url_rule("/settings", view_func=self.settings, methods=["GET", "POST", "DELETE"])
        routes.add_url_rule("/mailboxes", view_func=self.mailboxes, methods=["GET", "POST"])
        routes.add_url_rule("/calls", view_func=self.calls, methods=["GET", "POST"])
        routes.add_url_rule("/letters", view_func=self.letters, methods=["GET", "DELETE"])
        routes.add_url_rule("/items", view_func=self.items, methods=["DELETE"])
        routes.register_error_handler(ValueError, lambda fault: (jsonify(error=str(fault)), 400))
        return routes

    def begin_anew(self) -> None:
        """Empty calendars, mailboxes where they were, the usual settings, and no call held."""
        self._turns.hold(held=False)
        self._store.empty()
        self._settings.reset()
        self._mailboxes.clear()

    def settings(self) -> Response:
        """Read or change Exchange's settings by name (`exchange/settings.py`); DELETE makes them usual again."""
        if request.method == "POST":
            self._settings.change(_wish())
        elif request.method == "DELETE":
            self._settings.reset()
        return jsonify(self._settings.told())

    def mailboxes(self) -> Response:
        """Tell where each mailbox is, or change it: `{"address" or "all": true, "home", "readable", "exists"}`.

        `home` is `online` or `on_premises`; `readable` whether the background application may open it. All are those
        of the people who use the service.
        """
        if request.method == "POST":
            told = _wish()
            named = [] if told.pop("all", False) else [str(told.pop("address", ""))]
            for mailbox in [_mailbox(name) for name in named] or [one for one in MAILBOXES if one.in_scope]:
                self._mailboxes.change(mailbox, told)
        return jsonify(mailboxes=[self._told(mailbox) for mailbox in MAILBOXES])

    def calls(self) -> Response:
        """Tell how many calls to Graph run, after waiting for `at_least`; `{"held": true}` lets them stand still."""
        if request.method == "POST":
            self._turns.hold(held=bool(_wish()["held"]))
        wait = min(float(request.args.get("wait", 0)), LONGEST_WAIT)
        return jsonify(running=self._turns.running(int(request.args.get("at_least", 0)), wait))

    def letters(self) -> Response:
        """Tell what attendees would have been sent (kind, UID, sequence, address), or forget it."""
        if request.method == "DELETE":
            self._store.forget_letters()
        return jsonify(letters=[asdict(letter) for letter in self._store.letters()])

    def items(self) -> Response:
        """Empty every calendar and Deleted Items; nobody is told, as if there had never been anything."""
        self._store.empty()
        return jsonify(emptied=True)

    def _told(self, mailbox: Mailbox) -> Json:
        return {
            "address": mailbox.address,
            "in_scope": mailbox.in_scope,
            **asdict(self._mailboxes.state(mailbox)),
        }


def _mailbox(name: str) -> Mailbox:
    found = mailbox_named(name)
    if found is None:
        raise ValueError(f"no such mailbox: {name}")
    return found


def _wish() -> Json:
    told = request.get_json(force=True)
    if not isinstance(told, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - answered as 400, like other bad values
    return told
