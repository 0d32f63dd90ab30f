"""The operations by which a client learns what has happened: subscriptions and synchronisation."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Final

from lxml.etree import _Element

from addin.sandbox.exchange.ews.calls import Call, Handlers, answered, folder_of
from addin.sandbox.exchange.ews.events import Events, Happening, watermark
from addin.sandbox.exchange.ews.folders import Tree
from addin.sandbox.exchange.ews.shapes import shape_of, shown
from addin.sandbox.exchange.ews.soap import (
    Failure,
    M,
    T,
    failure,
    local_name,
    messages,
    response,
    success,
    text,
    types,
)
from addin.sandbox.exchange.ews.times import stamp
from addin.sandbox.exchange.items import Folder, Item
from addin.sandbox.exchange.store import Store
from addin.sandbox.people import Mailbox

# The real one waits for minutes; whoever asks here asks again.
LONGEST_STREAM_SECONDS: Final = 2.0


class EventOperations:
    """Tells what has happened."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events

    def named(self) -> Handlers:
        """Return the operations by their names."""
        return {
            "SyncFolderItems": self.sync_folder_items,
            "Subscribe": self.subscribe,
            "Unsubscribe": self.unsubscribe,
            "GetEvents": self.get_events,
            "GetStreamingEvents": self.get_streaming_events,
        }

    def sync_folder_items(self, call: Call) -> _Element:
        """Tell what has changed in a folder since a sync state; masters, never occurrences."""
        shape = shape_of(call.part("ItemShape"), in_table=True)
        most = int(call.part("MaxChangesReturned").text or 1)
        try:
            folder = folder_of(self._store, call.mailbox, call.part("SyncFolderId")[0])
            state = _SyncState.read(call.told.findtext(f"{M}SyncState"), folder, self._events.latest)
        except Failure as refused:
            return response(call.name, [failure(call.name, refused)])
        changes = self._changes(call.mailbox, folder, state)
        told = [
            types(kind, shown(item, shape) if kind != "Delete" else types.ItemId(Id=item.item_id))
            for kind, item in changes[state.given : state.given + most]
        ]
        last = len(changes) <= state.given + most
        following = state.after(len(told), is_last=last)
        parts = (
            messages.SyncState(following.told()),
            messages.IncludesLastItemInRange(text(last)),
            messages.Changes(*told),
        )
        return response(call.name, [success(call.name, *parts)])

    def subscribe(self, call: Call) -> _Element:
        """Begin a pull or a streaming subscription."""
        wish = call.told[0]
        if local_name(wish) == "PushSubscriptionRequest":
            refused = Failure("ErrorInvalidSubscriptionRequest", "Push is not simulated.")
            return response(call.name, [failure(call.name, refused)])
        tree, asked = Tree(self._store, call.mailbox), wish.find(f"{T}FolderIds")
        try:
            folders = None if asked is None else frozenset(tree.asked(one).folder_id for one in asked)
        except Failure as refused:
            return response(call.name, [failure(call.name, refused)])
        kinds = [one.text or "" for one in wish.iterfind(f"{T}EventTypes/{T}EventType")]
        minutes = wish.findtext(f"{T}Timeout")
        found = self._events.subscribe(
            call.mailbox.object_id, folders, kinds, int(minutes) if minutes is not None else None
        )
        parts = [messages.SubscriptionId(found.subscription_id)]
        if minutes is not None:
            parts.append(messages.Watermark(watermark(found.start)))
        return response(call.name, [success(call.name, *parts)])

    def unsubscribe(self, call: Call) -> _Element:
        """End a subscription."""

        def end() -> _Element:
            self._events.unsubscribe(call.mailbox.object_id, call.part("SubscriptionId").text or "")
            return success(call.name)

        return response(call.name, [answered(call, end)])

    def get_events(self, call: Call) -> _Element:
        """Tell what has happened since a watermark."""
        subscription = call.part("SubscriptionId").text or ""
        since = call.part("Watermark").text or ""

        def tell() -> _Element:
            found, is_more = self._events.pull(call.mailbox.object_id, subscription, since)
            status = types.StatusEvent(types.Watermark(since))
            told = [self._event(call.mailbox, one) for one in found] or [status]
            head = (
                types.SubscriptionId(subscription),
                types.PreviousWatermark(since),
                types.MoreEvents(text(is_more)),
            )
            return success(call.name, messages.Notification(*head, *told))

        return response(call.name, [answered(call, tell)])

    def get_streaming_events(self, call: Call) -> _Element:
        """Wait a little for something to happen, tell it, and close the connection."""
        wanted = [one.text or "" for one in call.part("SubscriptionIds")]

        def tell() -> _Element:
            found = self._events.wait(call.mailbox.object_id, wanted, LONGEST_STREAM_SECONDS)
            told = [
                types.Notification(
                    types.SubscriptionId(one), *(self._event(call.mailbox, happening) for happening in some)
                )
                for one, some in found.items()
            ]
            parts = [messages.Notifications(*told)] if told else []
            return success(call.name, *parts, messages.ConnectionStatus("Closed"))

        return response(call.name, [answered(call, tell)])

    def _changes(self, mailbox: Mailbox, folder: Folder, state: _SyncState) -> list[tuple[str, Item]]:
        """Return what to tell: everything at first, later each item once, as it is now."""
        living = {one.item_id: one for one in self._store.items(mailbox, folder)}
        if state.since is None:
            return [("Create", one) for one in living.values()]
        told: dict[str, tuple[str, Item]] = {}
        for happening in self._events.since(mailbox.object_id, folder.folder_id, state.since):
            for item in (happening.before, happening.item):
                if item is None or item.original_start is not None:
                    continue
                kind = "Create" if happening.kind != "ModifiedEvent" and item is happening.item else "Update"
                if item.item_id in living:
                    earlier = told.get(item.item_id, (kind,))[0]
                    told[item.item_id] = (earlier, living[item.item_id])
                elif item.folder == folder.folder_id:
                    told[item.item_id] = ("Delete", item)
        return list(told.values())

    def _event(self, mailbox: Mailbox, happening: Happening) -> _Element:
        """Return what happened as an event; an item that now lies in Deleted Items was moved there."""
        item, before, kind = happening.item, happening.before, happening.kind
        if kind == "DeletedEvent":
            trashed = [
                one for one in self._store.deleted_items(mailbox) if one.immutable_id == item.immutable_id
            ]
            if trashed:
                item, before, kind = trashed[0], item, "MovedEvent"
        parts = [
            types.Watermark(happening.watermark),
            types.TimeStamp(stamp(happening.at)),
            types.ItemId(Id=item.item_id, ChangeKey=item.change_key),
            types.ParentFolderId(Id=item.folder, ChangeKey="AQAAAA=="),
        ]
        if before is not None:
            parts += [
                types.OldItemId(Id=before.item_id, ChangeKey=before.change_key),
                types.OldParentFolderId(Id=before.folder, ChangeKey="AQAAAA=="),
            ]
        return types(kind, *parts)


@dataclass(frozen=True)
class _SyncState:
    """How far a client is: `since` (None: nothing yet), and how much of the present list it was `given`."""

    folder: str
    since: int | None
    upto: int
    given: int = 0

    @classmethod
    def read(cls, told: str | None, folder: Folder, latest: int) -> _SyncState:
        """Return the state that was told; raises Failure for one that is not ours, or from before a restart."""
        if not told:
            return cls(folder.folder_id, None, latest)
        try:
            state = cls(*json.loads(base64.b64decode(told, validate=True)))
        except (ValueError, TypeError) as mistake:
            raise Failure("ErrorInvalidSyncStateData", "Synchronization state data is corrupt.") from mistake
        if state.folder != folder.folder_id or state.upto > latest:
            raise Failure("ErrorInvalidSyncStateData", "Synchronization state data is corrupt.")
        return state if state.given else cls(state.folder, state.since, latest)

    def after(self, count: int, *, is_last: bool) -> _SyncState:
        """Return the state after `count` more have been told."""
        if is_last:
            return _SyncState(self.folder, self.upto, self.upto)
        return _SyncState(self.folder, self.since, self.upto, self.given + count)

    def told(self) -> str:
        """Return it as text."""
        return base64.b64encode(
            json.dumps([self.folder, self.since, self.upto, self.given]).encode()
        ).decode()
