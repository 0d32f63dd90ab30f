"""Who has a mailbox, who may open whose, and what lies in their calendars."""

import secrets
import threading
import uuid
from datetime import UTC, datetime
from typing import Final

from addin.sandbox.exchange import event
from addin.sandbox.exchange.faults import DENIED, NO_MAILBOX, NOT_FOUND, STALE, bad_request
from addin.sandbox.exchange.times import stamp
from addin.sandbox.exchange.wish import changes_of, properties_of
from addin.sandbox.people import MAILBOXES, Mailbox
from addin.sandbox.shelf import Json, Shelf

KIND: Final = "event"


class Mailboxes:
    """Every calendar of the region. Items are JSON documents; `immutableId` is their key."""

    def __init__(self, shelf: Shelf) -> None:
        self._lock = threading.RLock()
        self._shelf = shelf
        self._items = shelf.documents(KIND)

    def find(self, name: str) -> Mailbox:
        """Return a mailbox by address or object id; raises GraphFault."""
        wanted = name.casefold()
        found = [box for box in MAILBOXES if wanted in {box.address.casefold(), box.object_id}]
        if not found:
            raise NO_MAILBOX
        return found[0]

    def items(self, mailbox: Mailbox) -> list[Json]:
        """Return a calendar's items, oldest first."""
        with self._lock:
            return [item for item in self._items.values() if item["mailbox"] == mailbox.object_id]

    def get(self, mailbox: Mailbox, item_id: str) -> Json:
        """Return an item by either of its ids, which are case-sensitive; raises GraphFault."""
        found = [item for item in self.items(mailbox) if item_id in {item["id"], item["immutableId"]}]
        if not found:
            raise NOT_FOUND
        return found[0]

    def create(self, mailbox: Mailbox, wish: Json) -> Json:
        """Make an item, or return the one that was made with the same transactionId; raises GraphFault."""
        changes, properties = changes_of(wish), properties_of(wish)
        if not {"start", "end"} <= set(changes):
            raise bad_request("start and end are required.")
        with self._lock:
            earlier = self._by_transaction(mailbox, changes.get("transactionId"))
            if earlier:
                return earlier
            item = event.DEFAULTS | {"transactionId": None} | _identity(mailbox) | changes
            return self._keep(item, properties)

    def change(self, mailbox: Mailbox, item_id: str, wish: Json, if_match: str | None) -> Json:
        """Change the named properties; raises GraphFault, 412 when the item has another change key."""
        changes, properties = changes_of(wish), properties_of(wish)
        with self._lock:
            before = self.get(mailbox, item_id)
            _check_version(before, if_match)
            if changes.get("transactionId", before["transactionId"]) != before["transactionId"]:
                raise bad_request("transactionId cannot be changed.", "ErrorPropertyUpdate")
            return self._keep(before | changes, properties)

    def remove(self, mailbox: Mailbox, item_id: str, if_match: str | None) -> None:
        """Delete an item; raises GraphFault."""
        with self._lock:
            item = self.get(mailbox, item_id)
            _check_version(item, if_match)
            del self._items[item["immutableId"]]
            self._shelf.remove(KIND, item["immutableId"])

    def _keep(self, item: Json, properties: dict[str, str | None]) -> Json:
        event.check_order(item)
        merged = item["properties"] | properties
        item["properties"] = {name: value for name, value in merged.items() if value is not None}
        item["modified"] = stamp(datetime.now(UTC))
        item["changeKey"] = secrets.token_urlsafe(15)
        self._items[item["immutableId"]] = item
        self._shelf.put(KIND, item["immutableId"], item)
        return item

    def _by_transaction(self, mailbox: Mailbox, transaction: str | None) -> Json | None:
        same = (item for item in self.items(mailbox) if transaction and item["transactionId"] == transaction)
        return next(same, None)


def may_open(object_id: str, mailbox: Mailbox) -> None:
    """Refuse a person who neither owns a mailbox nor is its delegate; raises GraphFault."""
    if object_id != mailbox.object_id and object_id not in mailbox.delegates:
        raise DENIED


def _identity(mailbox: Mailbox) -> Json:
    return {
        "mailbox": mailbox.object_id,
        "id": f"AAMkA{secrets.token_urlsafe(60)}=",
        "immutableId": f"AAkALg{secrets.token_urlsafe(42)}=",
        "iCalUId": f"040000008200E00074C5B7101A82E008{uuid.uuid4().hex.upper()}",
        "created": stamp(datetime.now(UTC)),
        "properties": {},
    }


def _check_version(item: Json, if_match: str | None) -> None:
    if if_match not in {None, "*", event.etag_of(item), f'"{item["changeKey"]}"'}:
        raise STALE
