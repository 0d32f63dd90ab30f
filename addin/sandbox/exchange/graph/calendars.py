"""Calendars over HTTP: `/v1.0/me/...` and `/v1.0/users/{address or id}/...`, and the same for Outlook itself.

`/outlook/...` stands for the window's own line to the mailbox: the same words, but it works wherever the mailbox is, is
never throttled or struck by faults meant for Graph, and knows what Graph cannot do (`outlook_door`).
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from addin.sandbox.exchange.graph import event, query
from addin.sandbox.exchange.graph.admission import Admission
from addin.sandbox.exchange.graph.answers import (
    as_json,
    preferences,
    preferred,
    refusal,
    told_preferences,
    wish,
)
from addin.sandbox.exchange.graph.event import EXCEPTIONS, Preferences, etag_of
from addin.sandbox.exchange.graph.faults import NOT_FOUND, GraphFault, bad_request, fault_of
from addin.sandbox.exchange.graph.identifiers import rest, unrest
from addin.sandbox.exchange.graph.wish import wish_of
from addin.sandbox.exchange.items import Folder, Item
from addin.sandbox.exchange.refusals import ItemMissing, Refusal, Stale
from addin.sandbox.exchange.settings import ExchangeSettings
from addin.sandbox.exchange.store import Answer, Store
from addin.sandbox.people import Mailbox
from addin.sandbox.shelf import Json

ANSWERS: Final[dict[str, Answer]] = {
    "accept": "accepted",
    "tentativelyAccept": "tentativelyAccepted",
    "decline": "declined",
}


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: where its routes begin, and whether it is Graph or Outlook itself."""

    name: str
    prefix: str
    is_graph: bool


GRAPH: Final = Door("graph", "/v1.0", is_graph=True)
OUTLOOK: Final = Door("mailbox", "/outlook", is_graph=False)


class Calendars:
    """Answers requests for calendars and their events; every one bears a token from the region's own issuer."""

    def __init__(
        self, store: Store, admission: Admission, settings: ExchangeSettings, door: Door, base: str
    ) -> None:
        self._store, self._admission, self._settings = store, admission, settings
        self._door, self._base = door, base

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint(self._door.name, __name__, url_prefix=self._door.prefix)
        prepare(routes, self._admission, self._settings)
        for owner, end in (("/me", "me"), ("/users/<user>", "user")):
            self._add_events(routes, owner, end)
            self._add_events(routes, f"{owner}/calendar", f"{end}_calendar")
            self._add_events(routes, f"{owner}/calendars/<calendar>", f"{end}_calendars")
            add = routes.add_url_rule
            add(f"{owner}/calendars", f"calendars_{end}", self.calendars, methods=["GET"])
            add(f"{owner}/calendars", f"add_calendar_{end}", self.add_calendar, methods=["POST"])
            add(f"{owner}/calendar", f"own_calendar_{end}", self.show_calendar, methods=["GET"])
            one = f"{owner}/calendars/<calendar>"
            add(one, f"show_calendar_{end}", self.show_calendar, methods=["GET"])
            add(one, f"remove_calendar_{end}", self.remove_calendar, methods=["DELETE"])
        return routes

    def _add_events(self, routes: Blueprint, root: str, end: str) -> None:
        add = routes.add_url_rule
        add(f"{root}/events", f"list_{end}", self.list_events, methods=["GET"])
        add(f"{root}/events", f"create_{end}", self.create, methods=["POST"])
        add(f"{root}/calendarView", f"view_{end}", self.view, methods=["GET"])
        one = f"{root}/events/<item>"
        add(one, f"get_{end}", self.get, methods=["GET"])
        add(one, f"change_{end}", self.change, methods=["PATCH"])
        add(one, f"remove_{end}", self.remove, methods=["DELETE"])
        add(f"{one}/instances", f"instances_{end}", self.instances, methods=["GET"])
        add(f"{one}/cancel", f"cancel_{end}", self.cancel, methods=["POST"])
        add(f"{one}/permanentDelete", f"purge_{end}", self.purge, methods=["POST"])
        answers = f"any({', '.join(ANSWERS)})"
        add(f"{one}/<{answers}:answer>", f"respond_{end}", self.respond, methods=["POST"])

    # --- calendars ------------------------------------------------------------------------------------------

    def calendars(self, user: str | None = None) -> Response:
        """List the calendars of a mailbox, its own first, then those of others that its owner may write in.

        A delegate has opened what she was given. What lies in another Exchange is not in the list.
        """
        mailbox = self._opened(user)
        found = [folder for folder in self._store.folders(mailbox) if folder.kind == "calendar"]
        shared = ((self._store.calendar(other), other) for other in self._admission.shared_with(mailbox))
        told = [_calendar(one, mailbox) for one in found]
        told += [_calendar(one, other, is_shared=True) for one, other in shared]
        context = f"{self._base}/v1.0/$metadata#users('{mailbox.object_id}')/calendars"
        return as_json({"@odata.context": context, "value": told})

    def add_calendar(self, user: str | None = None) -> Response:
        """Make a calendar: 201."""
        mailbox = self._opened(user)
        name = wish().get("name")
        if not isinstance(name, str) or not name:
            raise bad_request("name is required.")
        return as_json(_calendar(self._store.add_calendar(mailbox, name), mailbox), 201)

    def show_calendar(self, user: str | None = None, calendar: str | None = None) -> Response:
        """Show one calendar, the mailbox's own when none is named."""
        mailbox = self._opened(user)
        folder = self._folder(mailbox, calendar) or self._store.calendar(mailbox)
        return as_json(_calendar(folder, mailbox))

    def remove_calendar(self, calendar: str, user: str | None = None) -> Response:
        """Remove a calendar that somebody made: 204."""
        mailbox = self._opened(user)
        self._store.remove_calendar(mailbox, unrest(calendar))
        return Response(status=204)

    # --- events ---------------------------------------------------------------------------------------------

    def list_events(self, user: str | None = None, calendar: str | None = None) -> Response:
        """List single items and masters, of one calendar or of the whole mailbox."""
        mailbox, folder = self._place(user, calendar)
        wanted = query.filter_of(request.args)
        items = [item for item in self._store.items(mailbox, folder) if wanted(item)]
        return self._page(items, mailbox)

    def view(self, user: str | None = None, calendar: str | None = None) -> Response:
        """List what touches a window of time, occurrences instead of their series, by start."""
        mailbox, folder = self._place(user, calendar)
        if self._door.is_graph and folder is None:
            # Where no calendar is named, Graph's view is that of the mailbox's own one.
            folder = self._store.calendar(mailbox)
        start, end = query.window_of(request.args)
        wanted = query.filter_of(request.args)
        found = self._store.view(mailbox, start, end, folder)
        return self._page([item for item in found if wanted(item)], mailbox)

    def instances(self, item: str, user: str | None = None, calendar: str | None = None) -> Response:
        """List the occurrences of a series in a window of time."""
        mailbox, master = self._item(user, calendar, item)
        start, end = query.window_of(request.args)
        if master.kind != "master":
            message = "Your request can't be completed. The event is not a recurring master."
            raise bad_request(message, "ErrorInvalidRequest")
        return self._page(self._store.instances(master, start, end), mailbox)

    def create(self, user: str | None = None, calendar: str | None = None) -> Response:
        """Make an item: 201; the same transactionId again gives the same item."""
        mailbox, folder = self._place(user, calendar)
        asked = wish_of(wish())
        if not {"start", "end"} <= set(asked.fields):
            raise bad_request("start and end are required.")
        made = self._store.create(mailbox, asked, folder)
        return self._entity(made, mailbox, 201)

    def get(self, item: str, user: str | None = None, calendar: str | None = None) -> Response:
        """Show one item or occurrence; one in Deleted Items, too, where the settings say so."""
        mailbox, found = self._item(user, calendar, item)
        return self._entity(found, mailbox, 200)

    def change(self, item: str, user: str | None = None, calendar: str | None = None) -> Response:
        """Change named properties; If-Match is optional, and 412 (at times 409) when it does not match."""
        mailbox, before = self._item(user, calendar, item)
        asked = wish_of(wish(), before.start_zone)
        changed = self._store.change(mailbox, before.item_id, asked, _told_key(before))
        return self._entity(changed, mailbox, 200)

    def remove(self, item: str, user: str | None = None, calendar: str | None = None) -> Response:
        """Delete an item, or one occurrence: 204."""
        mailbox, found = self._item(user, calendar, item)
        self._store.delete(mailbox, found.item_id, _told_key(found))
        return Response(status=204)

    def cancel(self, item: str, user: str | None = None, calendar: str | None = None) -> Response:
        """Cancel a meeting, or one occurrence, for everybody: 202; only its organiser may."""
        mailbox, found = self._item(user, calendar, item)
        if set(wish()) - {"comment", "Comment"}:
            raise bad_request("Only a comment goes with a cancellation.", "BadRequest")
        self._store.cancel(mailbox, found.item_id)
        return Response(status=202)

    def purge(self, item: str, user: str | None = None, calendar: str | None = None) -> Response:
        """Delete an item for good: 204."""
        mailbox, found = self._item(user, calendar, item)
        self._store.purge(mailbox, found.item_id)
        return Response(status=204)

    def respond(
        self, item: str, answer: str, user: str | None = None, calendar: str | None = None
    ) -> Response:
        """Answer an invitation: 202."""
        mailbox, found = self._item(user, calendar, item)
        self._store.respond(mailbox, found.item_id, ANSWERS[answer])
        return Response(status=202)

    # --- parts ------------------------------------------------------------------------------------------------

    def _opened(self, user: str | None) -> Mailbox:
        return self._admission.opened(user, through_graph=self._door.is_graph)

    def _place(self, user: str | None, calendar: str | None) -> tuple[Mailbox, Folder | None]:
        """Return the mailbox in which what is asked for lies, which is another one's where its calendar is shared."""
        mailbox = self._opened(user)
        if calendar is not None:
            for other in self._admission.shared_with(mailbox):
                shared = self._store.calendar(other)
                if shared.folder_id == unrest(calendar):
                    return other, shared
        return mailbox, self._folder(mailbox, calendar)

    def _folder(self, mailbox: Mailbox, calendar: str | None) -> Folder | None:
        if calendar is not None:
            folder = self._store.folder(mailbox, unrest(calendar))
            if folder.kind != "calendar":
                raise NOT_FOUND
            return folder
        named_own = request.url_rule is not None and "/calendar/" in request.url_rule.rule
        return self._store.calendar(mailbox) if named_own else None

    def _item(self, user: str | None, calendar: str | None, item: str) -> tuple[Mailbox, Item]:
        mailbox, folder = self._place(user, calendar)
        found = self._found(mailbox, unrest(item))
        if folder is not None and found.folder != folder.folder_id:
            raise NOT_FOUND
        return mailbox, found

    def _found(self, mailbox: Mailbox, item_id: str) -> Item:
        try:
            return self._store.find(mailbox, item_id)
        except ItemMissing:
            if not self._settings.finds_deleted or request.method != "GET":
                raise
            return self._store.find_deleted(mailbox, item_id)

    def _entity(self, item: Item, mailbox: Mailbox, status: int) -> Response:
        body = {"@odata.context": f"{self._context(mailbox)}/$entity"} | self._shown(item)
        answer = as_json(body, status)
        answer.headers["ETag"] = etag_of(item)
        return answer

    def _page(self, items: list[Item], mailbox: Mailbox) -> Response:
        largest = preferred().get("odata.maxpagesize", "")
        skip, top = query.page_edges(request.args, int(largest) if largest.isdecimal() else None)
        items = query.ordered(items, request.args)
        body: Json = {"@odata.context": self._context(mailbox)}
        body["value"] = [self._shown(item) for item in items[skip : skip + top]]
        if len(items) > skip + top:
            following = {**request.args.to_dict(), "$skip": str(skip + top), "$top": str(top)}
            body["@odata.nextLink"] = f"{self._base}{request.path}?{urlencode(following)}"
        return as_json(body)

    def _shown(self, item: Item) -> Json:
        wanted, expansion = preferences(), query.expansion_of(request.args)
        told = query.selected(event.shown(item, wanted), query.selection_of(request.args))
        if expansion.exceptions and item.kind == "master":
            told[EXCEPTIONS] = self._exceptions(item, wanted, expansion)
        return told | query.properties_shown(item, expansion.properties)

    def _exceptions(self, master: Item, wanted: Preferences, expansion: query.Expansion) -> list[Json]:
        # What is selected of the master counts for its exceptions, too, unless they have a selection of their own.
        names = expansion.exceptions_selection or query.selection_of(request.args)
        found = (event.shown(one, wanted) for one in self._store.exceptions(master))
        return [query.selected(one, names) for one in found]

    def _context(self, mailbox: Mailbox) -> str:
        return f"{self._base}/v1.0/$metadata#users('{mailbox.object_id}')/events"


def prepare(routes: Blueprint, admission: Admission, settings: ExchangeSettings) -> None:
    """Let a blueprint admit its callers and answer refusals as Graph does."""
    routes.before_request(admission.admit)
    routes.after_request(told_preferences)
    routes.teardown_request(admission.leave)
    routes.register_error_handler(GraphFault, refusal)
    routes.register_error_handler(Refusal, lambda fault: refusal(fault_of(fault, settings.stale_status)))


def _calendar(folder: Folder, mailbox: Mailbox, *, is_shared: bool = False) -> Json:
    return {
        "id": rest(folder.folder_id),
        "name": mailbox.name if is_shared else folder.name,
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": folder.is_default and not is_shared,
        "changeKey": folder.change_key,
        "canShare": not is_shared,
        "canViewPrivateItems": True,
        "canEdit": True,
        "isTallyingResponses": folder.is_default,
        "isRemovable": is_shared or not folder.is_default,
        "allowedOnlineMeetingProviders": [],
        "defaultOnlineMeetingProvider": "unknown",
        "owner": {"name": mailbox.name, "address": mailbox.address},
    }


def _told_key(item: Item) -> str | None:
    """Return the change key that If-Match tells, None when it tells none or any."""
    told = request.headers.get("If-Match")
    if told in {None, "*"}:
        return None
    if told in {etag_of(item), f'"{item.change_key}"'}:
        return item.change_key
    raise Stale
