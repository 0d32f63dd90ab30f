"""`translateExchangeIds`: from one kind of id to another, at most 1,000 at once (outlook-immutable-id)."""

from typing import Any, Final

from flask import Blueprint, Response

from addin.sandbox.exchange.graph.admission import Admission
from addin.sandbox.exchange.graph.answers import as_json, wish
from addin.sandbox.exchange.graph.calendars import prepare
from addin.sandbox.exchange.graph.faults import bad_request
from addin.sandbox.exchange.graph.identifiers import rest, unrest
from addin.sandbox.exchange.items import Item
from addin.sandbox.exchange.refusals import ItemMissing
from addin.sandbox.exchange.settings import ExchangeSettings
from addin.sandbox.exchange.store import Store
from addin.sandbox.people import Mailbox
from addin.sandbox.shelf import Json

AT_ONCE: Final = 1000
KINDS: Final = ("ewsId", "restId", "restImmutableEntryId")


class Translation:
    """Answers `/v1.0/me/translateExchangeIds` and the same of a user."""

    def __init__(self, store: Store, admission: Admission, settings: ExchangeSettings, base: str) -> None:
        self._store, self._admission, self._settings, self._base = store, admission, settings, base

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("translation", __name__, url_prefix="/v1.0")
        prepare(routes, self._admission, self._settings)
        for owner, end in (("/me", "me"), ("/users/<user>", "user")):
            path = f"{owner}/translateExchangeIds"
            routes.add_url_rule(path, f"translate_{end}", self.translate, methods=["POST"])
        return routes

    def translate(self, user: str | None = None) -> Response:
        """Translate ids of items that the mailbox has; each result stands for itself."""
        mailbox, told = self._admission.opened(user), wish()
        ids, source, target = told.get("inputIds"), told.get("sourceIdType"), told.get("targetIdType")
        if not isinstance(ids, list) or not 0 < len(ids) <= AT_ONCE:
            raise bad_request(f"inputIds is a list of 1 to {AT_ONCE} ids.")
        if source not in KINDS or target not in KINDS:
            raise bad_request("Only ewsId, restId and restImmutableEntryId are known here.")
        context = f"{self._base}/v1.0/$metadata#Collection(microsoft.graph.convertIdResult)"
        return as_json({"@odata.context": context, "value": [self._one(mailbox, one, target) for one in ids]})

    def _one(self, mailbox: Mailbox, source_id: Any, target: str) -> Json:
        try:
            found = self._store.find(mailbox, unrest(str(source_id)))
        except ItemMissing:
            details = {"code": "ErrorInvalidId", "message": "The id is malformed or not of this mailbox."}
            return {"sourceId": source_id, "errorDetails": details}
        return {"sourceId": source_id, "targetId": _as(found, target)}


def _as(item: Item, kind: str) -> str:
    if kind == "ewsId":
        return item.item_id
    return rest(item.item_id if kind == "restId" else item.immutable_id)
