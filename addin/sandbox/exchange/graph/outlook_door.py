"""What Outlook does with a mailbox and Graph cannot: copying, moving between calendars, Deleted Items."""

from flask import Blueprint, Response

from addin.sandbox.exchange.graph import event
from addin.sandbox.exchange.graph.admission import Admission
from addin.sandbox.exchange.graph.answers import as_json, preferences, wish
from addin.sandbox.exchange.graph.calendars import prepare
from addin.sandbox.exchange.graph.faults import bad_request
from addin.sandbox.exchange.graph.identifiers import unrest
from addin.sandbox.exchange.graph.times import instant
from addin.sandbox.exchange.items import Item
from addin.sandbox.exchange.settings import ExchangeSettings
from addin.sandbox.exchange.store import Store
from addin.sandbox.people import Mailbox


class OutlookDoor:
    """Routes under `/outlook/`; tokens and delegates' rights as for Graph."""

    def __init__(self, store: Store, admission: Admission, settings: ExchangeSettings) -> None:
        self._store, self._admission, self._settings = store, admission, settings

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("outlook_door", __name__, url_prefix="/outlook")
        prepare(routes, self._admission, self._settings)
        for owner, end in (("/me", "me"), ("/users/<user>", "user")):
            add = routes.add_url_rule
            add(f"{owner}/events/<item>/copy", f"copy_{end}", self.copy, methods=["POST"])
            add(f"{owner}/events/<item>/move", f"move_{end}", self.move, methods=["POST"])
            deleted = f"{owner}/deletedItems"
            add(deleted, f"deleted_{end}", self.deleted, methods=["GET"])
            add(f"{deleted}/<item>", f"purge_{end}", self.purge, methods=["DELETE"])
            add(f"{deleted}/<item>/restore", f"restore_{end}", self.restore, methods=["POST"])
        return routes

    def copy(self, item: str, user: str | None = None) -> Response:
        """Copy an item, `{"mailbox"?, "start"?}`: into a mailbox that the caller may open, to another start: 201."""
        mailbox, told = self._opened(user), wish()
        if set(told) - {"mailbox", "start"}:
            raise bad_request("A copy has a mailbox and a start.")
        target = self._opened(told["mailbox"]) if "mailbox" in told else mailbox
        start = instant(told["start"]) if "start" in told else None
        return _told(self._store.copy(mailbox, unrest(item), target, start=start), 201)

    def move(self, item: str, user: str | None = None) -> Response:
        """Move an item to the calendar of the mailbox that `{"calendar"}` names: 200."""
        mailbox, calendar = self._opened(user), wish().get("calendar")
        folder = self._store.folder(mailbox, unrest(str(calendar)))
        return _told(self._store.move(mailbox, unrest(item), folder))

    def deleted(self, user: str | None = None) -> Response:
        """List Deleted Items, what was deleted last first."""
        items = self._store.deleted_items(self._opened(user))
        newest_first = sorted(items, key=lambda item: item.modified, reverse=True)
        return as_json({"value": [event.shown(item, preferences()) for item in newest_first]})

    def restore(self, item: str, user: str | None = None) -> Response:
        """Take an item back into the calendar: 200."""
        return _told(self._store.restore(self._opened(user), unrest(item)))

    def purge(self, item: str, user: str | None = None) -> Response:
        """Delete an item for good: 204."""
        mailbox = self._opened(user)
        self._store.purge(mailbox, self._store.find_deleted(mailbox, unrest(item)).item_id)
        return Response(status=204)

    def _opened(self, user: str | None) -> Mailbox:
        return self._admission.opened(user, through_graph=False)


def _told(item: Item, status: int = 200) -> Response:
    return as_json(event.shown(item, preferences()), status)
