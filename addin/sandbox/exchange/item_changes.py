"""What Exchange makes of a client's wish: a new item, a changed one, a copy, and what it refuses to write.

It keeps nothing; the store keeps what comes of it.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from addin.sandbox.exchange import series
from addin.sandbox.exchange.items import (
    KEPT_BY_EXCHANGE,
    NO_DAY,
    UID_BEGINNING,
    WRITABLE,
    Address,
    Body,
    Folder,
    Item,
    Wish,
)
from addin.sandbox.exchange.refusals import EndsBeforeItStarts, NotChangeable
from addin.sandbox.exchange.shelved import new_change_key, new_immutable_id, new_item_id
from addin.sandbox.exchange.zones import zone
from addin.sandbox.people import Mailbox

COPY_PREFIX: Final = "Kopia: "
DOCUMENT: Final = (
    '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>\r\n'
)


def now() -> datetime:
    """Return this moment; the sandbox's Exchange has no other clock than the machine's."""
    return datetime.now(UTC)


def touched(item: Item) -> Item:
    """Return the item as changed just now."""
    return replace(item, modified=now(), change_key=new_change_key())


def _new_uid(created: datetime) -> str:
    filetime = int((created - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000)
    time_first = filetime.to_bytes(8, "little").hex().upper()
    return f"{UID_BEGINNING}{NO_DAY}{time_first}{'0' * 16}10000000{uuid.uuid4().hex.upper()}"


def _identity(mailbox: Mailbox, folder: Folder, created: datetime) -> dict[str, Any]:
    """Return the fields in which an item that has just been made is no other: where it is, its ids, its times."""
    return {
        "mailbox": mailbox.object_id,
        "folder": folder.folder_id,
        "item_id": new_item_id(),
        "immutable_id": new_immutable_id(),
        "uid": _new_uid(created),
        "change_key": new_change_key(),
        "created": created,
        "modified": created,
    }


def new_item(mailbox: Mailbox, folder: Folder, wish: Wish) -> Item:
    """Return a new item of the mailbox as wished; its rule is applied by `ruled`."""
    created = now()
    blank = Item(
        **_identity(mailbox, folder, created),
        organiser=Address(mailbox.name, mailbox.address),
        start=wish.fields["start"],
        end=wish.fields["end"],
    )
    return replace(changed(blank, wish), created=created, modified=created)


def changed(item: Item, wish: Wish) -> Item:
    """Return the item with the wished fields and properties."""
    merged = {**item.properties, **wish.properties}
    kept = {name: value for name, value in merged.items() if value is not None}
    fields = dict(wish.fields)
    if "body" in fields:
        fields["body"] = _as_document(fields["body"])
    return touched(item).with_fields({**fields, "properties": kept})


def _as_document(body: Body) -> Body:
    """Return a body as Exchange keeps it: HTML is always a whole document."""
    if body.kind == "text" or not body.content or "<html" in body.content[:200].lower():
        return body
    return Body("html", f"{DOCUMENT}{body.content}\r\n</body></html>")


def ruled(item: Item, wish: Wish, before: Item | None = None) -> Item:
    """Return the item with its rule applied: a series begins on the first day of its rule."""
    if item.recurrence is None:
        return replace(item, cancelled_days=frozenset(), exceptions={})
    rule = item.recurrence
    if before and before.recurrence and not _is_new_pattern(wish, before):
        return item
    where = zone(rule.zone)
    wall = item.start.astimezone(where)
    if "recurrence" not in wish.fields:
        rule = replace(rule, first=wall.date())
    day = series.first_day(rule)
    start = datetime.combine(day, wall.time(), where).astimezone(UTC)
    return replace(
        item,
        recurrence=rule,
        start=start,
        end=start + item.length,
        cancelled_days=frozenset(),
        exceptions={},
    )


def _is_new_pattern(wish: Wish, before: Item) -> bool:
    told = {name: value for name, value in wish.fields.items() if name in {"recurrence", "start", "end"}}
    return any(getattr(before, name) != value for name, value in told.items())


def copied(source: Item, target: Mailbox, folder: Folder) -> Item:
    """Return a copy for another folder: all of the source but its identity; see `Store.copy`."""
    created = now()
    own = Address(target.name, target.address)
    item = replace(
        source,
        **_identity(target, folder, created),
        transaction_id=None,
        master_id=None,
        master_immutable_id=None,
        original_start=None,
        is_exception=False,
    )
    if not source.is_meeting:
        return replace(item, organiser=own, is_organiser=True)
    return replace(
        item,
        subject=f"{COPY_PREFIX}{source.subject}",
        is_copied=True,
        is_received=True,
        response="notResponded",
        is_organiser=source.organiser.address.casefold() == target.address.casefold(),
    )


def check_writable(wish: Wish) -> None:
    """Refuse what only Exchange writes; raises NotChangeable, and ValueError where a translation is at fault."""
    unknown = set(wish.fields) - WRITABLE
    if unknown:
        raise ValueError(f"not for clients to write: {', '.join(sorted(unknown))}")
    if set(wish.properties) & KEPT_BY_EXCHANGE:
        raise NotChangeable


def check_order(item: Item) -> None:
    """Refuse an item that ends before it starts; raises EndsBeforeItStarts."""
    if item.end < item.start:
        raise EndsBeforeItStarts
