"""Exchange Online through Microsoft Graph, as the port `calendar_sync.calendar.Calendar`.

Never asks for a calendar view, a delta, or a notification with content: those tell of everybody's appointments.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from calendar_sync import marks
from calendar_sync.block import rewritten
from calendar_sync.block_lines import Format
from calendar_sync.calendar import (
    CalendarUnreadable,
    Capabilities,
    Conflict,
    NotUnderstood,
    Pulled,
    Watch,
    WatchWish,
)
from calendar_sync.graph_items import OWN_MARK, ItemReader, Seen, expansion
from calendar_sync.graph_reading import ItemReading, Sight, body_of, item_path, mailbox_path, understood
from calendar_sync.items import Block, Found, ItemRef, Lookup, Snapshot, Tag, Unreadable
from calendar_sync.microsoft.graph_http import Graph, GraphAnswer, GraphRequest
from calendar_sync.microsoft.settings import MicrosoftSettings
from calendar_sync.microsoft.tokens import ApplicationTokens, Entra, PersonsTokens

# Older copies of Microsoft's page say 4,230 minutes, newer ones 10,080; the lower is granted everywhere.
LONGEST_WATCH_MINUTES: Final = 4230
_MISSING: Final = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSettings:
    """What one installation needs to follow calendars in Exchange Online.

    `instance` names the installation in tags, `add_in_id` is the add-in's id in its manifest. `writes`: the application
    was given the right to write. `home_zone` (IANA) is where most people are.
    """

    microsoft: MicrosoftSettings
    instance: str
    add_in_id: str
    writes: bool
    watch_minutes: int = LONGEST_WATCH_MINUTES
    page_size: int = 50
    home_zone: str = "Europe/Stockholm"


class GraphCalendar:
    """Mailboxes in Exchange Online (`calendar.Calendar`). Safe for use by many threads at once.

    Raises ValueError at once when the settings cannot be used.
    """

    name = "graph"

    def __init__(self, settings: GraphSettings) -> None:
        self._settings = settings
        self._entra = Entra(settings.microsoft)
        self._graph = Graph(settings.microsoft, ApplicationTokens(self._entra))
        self._reader = ItemReader(settings.instance, settings.add_in_id, settings.home_zone)
        self._reading = ItemReading(self._graph, self._reader, settings.instance, settings.page_size)

    def probe(self, mailbox: str) -> Capabilities:
        self._reading.check(mailbox)
        return Capabilities(pushes=True, pulls=False, writes=self._settings.writes)

    def look(self, refs: Sequence[ItemRef]) -> Mapping[ItemRef, Lookup]:
        """Read items by their ids; one from Office.js is taken, too, and the snapshot bears the immutable id."""
        asked = list(dict.fromkeys(refs))
        return dict(zip(asked, map(_lookup, self._reading.look(asked)), strict=True))

    def find_tagged(self, mailbox: str, meeting: str | None = None) -> Sequence[Snapshot]:
        return self._reading.tagged(mailbox, meeting)

    def find_uid(self, mailbox: str, uid: str) -> Sequence[Snapshot]:
        return self._reading.with_uid(mailbox, uid)

    def shared_with(self, mailbox: str) -> Collection[str]:
        """Return who owns the calendars of others in the mailbox's list that may be edited (*List calendars*)."""
        return self._reading.shared_with(mailbox)

    # --- writing ----------------------------------------------------------------------------------------------

    def write_tag(self, ref: ItemRef, tag: Tag | None, version: str) -> str:
        # The pane's mark would go on claiming the item.
        left = [] if tag else self._pane_changes(self._marked(ref, version, "id"), None)
        return self._write(ref, {"singleValueExtendedProperties": [_own_mark(tag), *left]}, version)

    def replace_block(
        self,
        ref: ItemRef,
        block: Block | None,
        tag: Tag | None,
        version: str,
        service_url: str,
        known: Sequence[Block] = (),
        *,
        adding: bool = False,
    ) -> str:
        item = self._marked(ref, version, "id,body")
        kind, body = Format(item["body"]["kind"].lower()), item["body"]["content"]
        fresh = rewritten(body, kind, block, known, service_url, adding=adding)
        changes: dict[str, Any] = {
            "singleValueExtendedProperties": [_own_mark(tag), *self._pane_changes(item, tag)]
        }
        if fresh != body:
            changes["body"] = {"contentType": kind.value, "content": fresh}
        return self._write(ref, changes, version)

    def _marked(self, ref: ItemRef, version: str, selected: str) -> Mapping[str, Any]:
        """Return an item with the pane's mark, as it is in that version; raises Conflict for any other."""
        query = {"$select": selected, "$expand": expansion(self._reader.pane)}
        answer = understood(self._graph.ask(GraphRequest("GET", item_path(ref), ref.mailbox, query)))
        if answer.is_missing_item:
            raise Conflict
        schema = _WITH_BODY if "body" in selected else _MARKED
        try:
            item: Mapping[str, Any] = schema.load(dict(body_of(answer)))
        except ValidationError:
            raise NotUnderstood from None
        if item["etag"] != version:
            raise Conflict
        return item

    def _pane_changes(self, item: Mapping[str, Any], tag: Tag | None) -> list[Mapping[str, str]]:
        pane = next((one["value"] for one in item["properties"]), None)
        changed = marks.pane_with(pane, tag)
        return [] if changed is None or changed == pane else [{"id": self._reader.pane, "value": changed}]

    def _write(self, ref: ItemRef, changes: dict[str, Any], version: str) -> str:
        """Change what is named and nothing else, if the item still has that version; returns its new one."""
        request = GraphRequest("PATCH", item_path(ref), ref.mailbox, body=changes, if_match=version)
        answer = self._graph.ask(request)
        if answer.is_missing_item:
            raise Conflict
        if failure := answer.failure():
            raise failure
        etag = body_of(answer).get("@odata.etag")
        if not isinstance(etag, str):
            raise NotUnderstood
        return etag

    # --- watching ---------------------------------------------------------------------------------------------

    def watch(self, mailbox: str, wish: WatchWish) -> Watch:
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": wish.url,
            "lifecycleNotificationUrl": wish.lifecycle_url,
            "resource": f"{mailbox_path(mailbox)}/events",
            "expirationDateTime": self._watched_until(),
            "clientState": wish.secret,
            "latestSupportedTlsVersion": "v1_2",
        }
        return _watch(understood(self._graph.ask(GraphRequest("POST", "/subscriptions", mailbox, body=body))))

    def renew(self, mailbox: str, watch_id: str) -> Watch | None:
        body = {"expirationDateTime": self._watched_until()}
        answer = self._graph.ask(GraphRequest("PATCH", _subscription(watch_id), mailbox, body=body))
        return None if answer.status == _MISSING else _watch(understood(answer))

    def unwatch(self, mailbox: str, watch_id: str) -> None:
        answer = self._graph.ask(GraphRequest("DELETE", _subscription(watch_id), mailbox))
        if answer.status != _MISSING:
            understood(answer)

    def pull(self, mailbox: str, watch: Watch) -> Pulled | None:  # noqa: ARG002
        """Return None: Graph pushes, and what it did not push only a sweep can find."""
        return None

    def _watched_until(self) -> str:
        until = datetime.now(UTC) + timedelta(minutes=self._settings.watch_minutes)
        return f"{until:%Y-%m-%dT%H:%M:%SZ}"

    # --- for a person -----------------------------------------------------------------------------------------

    def on_behalf_of(self, assertion: str, until: float = math.inf) -> GraphCalendar:
        """Return this calendar as a person sees it who has just clicked; `assertion` is the token of that click.

        To be used for one request and forgotten, with the tokens in it. Nothing is waited for after `until`
        (`time.monotonic()`). Raises SignInNeeded, ConsentMissing and whatever else keeps us from a token, at once.
        """
        tokens = PersonsTokens(self._entra.until(until), assertion)
        tokens.token()
        theirs = copy.copy(self)
        theirs._graph = self._graph.acting(tokens, until)  # noqa: SLF001 - a copy of our own
        theirs._reading = self._reading.through(theirs._graph)  # noqa: SLF001
        return theirs


class _Body(Schema):
    kind = fields.String(
        required=True, data_key="contentType", validate=lambda told: told.lower() in {"html", "text"}
    )
    content = fields.String(required=True)


class _Mark(Schema):
    id = fields.String(required=True)
    value = fields.String(load_default=None, allow_none=True)


class _MarkedItem(Schema):
    etag = fields.String(required=True, data_key="@odata.etag")
    properties = fields.List(
        fields.Nested(_Mark, unknown=EXCLUDE), load_default=list, data_key="singleValueExtendedProperties"
    )


class _MarkedItemWithBody(_MarkedItem):
    body = fields.Nested(_Body, required=True, unknown=EXCLUDE)


class _Subscription(Schema):
    id = fields.String(required=True, validate=validate.Length(min=1))
    expires = fields.AwareDateTime(required=True, data_key="expirationDateTime")


_MARKED: Final = _MarkedItem(unknown=EXCLUDE)
_WITH_BODY: Final = _MarkedItemWithBody(unknown=EXCLUDE)
_SUBSCRIPTION: Final = _Subscription(unknown=EXCLUDE)


def _lookup(sight: Sight) -> Lookup:
    """Return a sight as the port tells it."""
    if isinstance(sight, Seen):
        return Found(sight.snapshot)
    return Unreadable(sight.reason, sight.retry_after) if isinstance(sight, CalendarUnreadable) else sight


def _own_mark(tag: Tag | None) -> Mapping[str, str]:
    # How a property is taken away is not documented; an empty one is no tag, and no filter finds it.
    return {"id": OWN_MARK, "value": str(tag) if tag else ""}


def _subscription(watch_id: str) -> str:
    return f"/subscriptions/{quote(watch_id, safe='')}"


def _watch(answer: GraphAnswer) -> Watch:
    try:
        told = _SUBSCRIPTION.load(dict(body_of(answer)))
    except ValidationError:
        raise NotUnderstood from None
    return Watch(told["id"], told["expires"].astimezone(UTC))
