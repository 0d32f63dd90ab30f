"""`/sandbox/exchange/notifications` and `/subscriptions`: the post's levers, and what may become of a subscription."""

from typing import Final, get_args

from flask import Blueprint, Response, jsonify, request

from addin.sandbox.exchange.graph.notifications import Lifecycle, Notifications
from addin.sandbox.exchange.graph.subscriptions import Subscription, Subscriptions, shown
from addin.sandbox.exchange.mailboxes import mailbox_named

LONGEST_WAIT: Final = 60.0


class WatchLevers:
    """Levers that have no likeness in Graph."""

    def __init__(self, subscriptions: Subscriptions, notifications: Notifications) -> None:
        self._subscriptions, self._notifications = subscriptions, notifications

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("watch_levers", __name__, url_prefix="/sandbox/exchange")
        methods = ["GET", "POST", "DELETE"]
        routes.add_url_rule("/notifications", view_func=self.notifications, methods=methods)
        routes.add_url_rule("/subscriptions", view_func=self.subscriptions, methods=methods)
        routes.register_error_handler(ValueError, lambda fault: (jsonify(error=str(fault)), 400))
        return routes

    def begin_anew(self) -> None:
        """No subscriptions, and nothing waits or was delivered."""
        self._subscriptions.clear()
        self._notifications.forget()

    def notifications(self) -> Response:
        """Tell what was delivered, once nothing is on its way, `tries` were made, or `wait` seconds have gone.

        `{"held": true}` lets notifications wait, false lets them go on, `{"hurry": true}` makes all due at once. DELETE
        forgets what waits and what was delivered.
        """
        if request.method == "POST":
            told = request.get_json(force=True)
            if set(told) - {"held", "hurry"}:
                raise ValueError("held or hurry")
            if "held" in told:
                self._notifications.hold(held=bool(told["held"]))
            if told.get("hurry"):
                self._notifications.hurry()
        elif request.method == "DELETE":
            self._notifications.forget()
        wait, tries = min(float(request.args.get("wait", 0)), LONGEST_WAIT), request.args.get("tries")
        settled = self._notifications.settled(wait, None if tries is None else int(tries))
        posted = [one.shown() for one in self._notifications.posted()]
        return jsonify(settled=settled, waiting=self._notifications.waiting(), posted=posted)

    def subscriptions(self) -> Response:
        """List all subscriptions; DELETE forgets all.

        `{"address"?, "event"}` lets the subscriptions of a mailbox, or all, meet one of `missed`,
        `subscriptionRemoved` (they are gone), `reauthorizationRequired`, and `expired` (gone, and nobody is told).
        """
        if request.method == "POST":
            told = request.get_json(force=True)
            if told.get("event") not in {*get_args(Lifecycle), "expired"} or set(told) - {"address", "event"}:
                raise ValueError(f"event: one of {', '.join(get_args(Lifecycle))}, expired")
            for subscription in self._of(told.get("address")):
                self._befall(subscription, told["event"])
        elif request.method == "DELETE":
            self._subscriptions.clear()
        return jsonify(subscriptions=[shown(one) for one in self._subscriptions.all()])

    def _of(self, address: str | None) -> list[Subscription]:
        if address is None:
            return self._subscriptions.all()
        mailbox = mailbox_named(address)
        if mailbox is None:
            raise ValueError(f"no such mailbox: {address}")
        return [one for one in self._subscriptions.all() if one.mailbox == mailbox.object_id]

    def _befall(self, subscription: Subscription, event: Lifecycle | str) -> None:
        if event == "expired":
            self._subscriptions.expire(subscription)
            return
        if event == "subscriptionRemoved":
            self._subscriptions.remove(subscription)
        self._notifications.lifecycle(subscription, _lifecycle(event))


def _lifecycle(event: str) -> Lifecycle:
    found: Lifecycle = next(one for one in get_args(Lifecycle) if one == event)
    return found
