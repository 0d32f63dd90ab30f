"""The operations on folders, items and notifications: each reads its request, asks the store, and shows what it got."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from lxml.etree import _Element

from addin.sandbox.exchange import series
from addin.sandbox.exchange.ews import restrictions
from addin.sandbox.exchange.ews.events import Events, Happening, watermark
from addin.sandbox.exchange.ews.folders import Shelf, Tree, wanted_parts
from addin.sandbox.exchange.ews.properties import property_of
from addin.sandbox.exchange.ews.shapes import bare, shape_of, shown
from addin.sandbox.exchange.ews.soap import (
    Failure,
    Fault,
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
from addin.sandbox.exchange.ews.times import definition, instant, known_zone, stamp
from addin.sandbox.exchange.ews.wishes import changed, created
from addin.sandbox.exchange.items import Folder, Item
from addin.sandbox.exchange.mailboxes import mailbox_named
from addin.sandbox.exchange.refusals import (
    CrossesNeighbour,
    EndsBeforeItStarts,
    ItemMissing,
    NoOccurrence,
    NotChangeable,
    NotOrganiser,
    Refusal,
    Stale,
)
from addin.sandbox.exchange.store import Store
from addin.sandbox.exchange.zones import WINDOWS
from addin.sandbox.people import MAILBOXES, Mailbox

# The real one waits for minutes; whoever asks here asks again.
LONGEST_STREAM_SECONDS: Final = 2.0
LARGEST_PAGE: Final = 1000
STALE: Final = Failure(
    "ErrorIrresolvableConflict",
    "The send or update operation could not be performed because the change key passed in the request does not match "
    "the current change key for the item.",
)
_NOT_FOUND: Final = Failure("ErrorItemNotFound", "The specified object was not found in the store.")
_REFUSALS: Final[tuple[tuple[type[Refusal], Failure], ...]] = (
    (ItemMissing, _NOT_FOUND),
    (Stale, STALE),
    (
        EndsBeforeItStarts,
        Failure("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate."),
    ),
    (
        CrossesNeighbour,
        Failure(
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        ),
    ),
    (
        NotOrganiser,
        Failure("ErrorCalendarIsNotOrganizer", "You must be the organizer to perform this action."),
    ),
    (NotChangeable, Failure("ErrorInvalidPropertySet", "Set action is invalid for property.")),
    (NoOccurrence, Failure("ErrorRecurrenceHasNoOccurrence", "The recurrence has no occurrences.")),
)


Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Call:
    """One request: what is asked, in whose mailbox, and the zone that counts where none is told."""

    told: _Element
    mailbox: Mailbox
    zone: str

    @property
    def name(self) -> str:
        """Return the operation's name."""
        return local_name(self.told)

    def part(self, name: str) -> _Element:
        """Return a part of the request; raises Fault."""
        found = self.told.find(f"{M}{name}")
        if found is None:
            raise Fault("ErrorSchemaValidation", "The request failed schema validation.")
        return found


def told_failure(refusal: Refusal) -> Failure:
    """Return a refusal of the store in the words of Exchange Web Services."""
    found = (told for kind, told in _REFUSALS if isinstance(refusal, kind))
    return next(found, Failure("ErrorInternalServerError", "An internal server error occurred."))


class Operations:
    """What can be asked; each method returns the body of the answer."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events
        self._named: dict[str, Callable[[Call], _Element]] = {
            "GetFolder": self.get_folder,
            "FindFolder": self.find_folder,
            "FindItem": self.find_item,
            "GetItem": self.get_item,
            "CreateItem": self.create_item,
            "UpdateItem": self.update_item,
            "DeleteItem": self.delete_item,
            "MoveItem": self.move_item,
            "CopyItem": self.copy_item,
            "SyncFolderItems": self.sync_folder_items,
            "Subscribe": self.subscribe,
            "Unsubscribe": self.unsubscribe,
            "GetEvents": self.get_events,
            "GetStreamingEvents": self.get_streaming_events,
            "ConvertId": self.convert_id,
            "GetServerTimeZones": self.get_server_time_zones,
            "ResolveNames": self.resolve_names,
        }

    def answer(self, call: Call) -> _Element:
        """Return the body of the answer; raises Fault."""
        if call.name not in self._named:
            raise Fault("ErrorInvalidRequest", "The request is invalid.")
        return self._named[call.name](call)

    # --- folders ----------------------------------------------------------------------------------------------

    def get_folder(self, call: Call) -> _Element:
        """Show folders by id or well-known name."""
        parts, tree = wanted_parts(call.part("FolderShape")), Tree(self._store, call.mailbox)

        def show(told: _Element) -> _Element:
            return success(call.name, messages.Folders(tree.shown(tree.asked(told), parts)))

        return _each(call, call.part("FolderIds"), show)

    def find_folder(self, call: Call) -> _Element:
        """Show the folders in folders."""
        parts, tree = wanted_parts(call.part("FolderShape")), Tree(self._store, call.mailbox)
        passes = restrictions.restriction(call.told.find(f"{M}Restriction"), _of_folder)
        deep = call.told.get("Traversal") == "Deep"

        def show(told: _Element) -> _Element:
            found = [one for one in tree.below(tree.asked(told), deep=deep) if passes(one)]
            view = call.told.find(f"{M}IndexedPageFolderView")
            page, attributes = _page(found, view)
            folders = types.Folders(*(tree.shown(one, parts) for one in page))
            return success(call.name, messages.RootFolder(folders, **attributes))

        return _each(call, call.part("ParentFolderIds"), show)

    # --- items ------------------------------------------------------------------------------------------------

    def find_item(self, call: Call) -> _Element:
        """Show the items in folders, as a table has them; with a calendar view, occurrences instead of series."""
        shape = shape_of(call.part("ItemShape"), in_table=True)
        passes = restrictions.restriction(call.told.find(f"{M}Restriction"), restrictions.of_item)
        tree = Tree(self._store, call.mailbox)

        def show(told: _Element) -> _Element:
            found = [one for one in self._lying_in(call, tree.asked(told)) if passes(one)]
            page, attributes = _page(_ordered(call, found), call.told.find(f"{M}IndexedPageItemView"))
            items = types.Items(*(shown(one, shape) for one in page))
            return success(call.name, messages.RootFolder(items, **attributes))

        return _each(call, call.part("ParentFolderIds"), show)

    def get_item(self, call: Call) -> _Element:
        """Show items by id."""
        shape = shape_of(call.part("ItemShape"))

        def show(told: _Element) -> _Element:
            return success(call.name, messages.Items(shown(self._item(call.mailbox, told), shape)))

        return _each(call, call.part("ItemIds"), show, messages.Items)

    def create_item(self, call: Call) -> _Element:
        """Make items, or answer to one: cancel it, accept it."""
        saved = call.told.find(f"{M}SavedItemFolderId")
        send = call.told.get("SendMeetingInvitations")

        def make(told: _Element) -> _Element:
            if local_name(told) == "CancelCalendarItem":
                return self._cancel(call, told)
            if local_name(told) != "CalendarItem":
                raise Failure("ErrorUnsupportedTypeForConversion", "Only calendar items are kept here.")
            if send is None:
                code = "ErrorSendMeetingInvitationsRequired"
                raise Failure(code, "SendMeetingInvitations attribute is required for calendar items.")
            folder = self._folder(call.mailbox, saved[0]) if saved is not None else None
            wish, uid = created(told, call.zone)
            made = self._store.create(call.mailbox, wish, folder, send=send != "SendToNone", uid=uid)
            return success(call.name, messages.Items(bare(made)))

        return _each(call, call.part("Items"), make, messages.Items)

    def update_item(self, call: Call) -> _Element:
        """Change named fields of items."""
        send = call.told.get("SendMeetingInvitationsOrCancellations")
        resolution = call.told.get("ConflictResolution")

        def change(told: _Element) -> _Element:
            if send is None:
                code = "ErrorSendMeetingInvitationsOrCancellationsRequired"
                raise Failure(code, "SendMeetingInvitationsOrCancellations attribute is required.")
            item = self._item(call.mailbox, told[0])
            key = told[0].get("ChangeKey")
            if key is None and resolution != "AlwaysOverwrite":
                raise Failure("ErrorChangeKeyRequired", "The change key is required for this operation.")
            updates = told.find(f"{T}Updates")
            if updates is None:
                raise Failure("ErrorInvalidChangeKey", "Nothing to change.")
            # AutoResolve merges what does not conflict; here nothing ever does.
            key = key if resolution == "NeverOverwrite" else None
            wish = changed(updates, item, call.zone)
            after = self._store.change(call.mailbox, item.item_id, wish, key, send=send != "SendToNone")
            conflicts = messages.ConflictResults(types.Count("0"))
            return success(call.name, messages.Items(bare(after)), conflicts)

        return _each(call, call.part("ItemChanges"), change, messages.Items)

    def delete_item(self, call: Call) -> _Element:
        """Delete items: into Deleted Items, or for good."""
        send, how = call.told.get("SendMeetingCancellations"), call.told.get("DeleteType")

        def delete(told: _Element) -> _Element:
            if send is None:
                code = "ErrorSendMeetingCancellationsRequired"
                raise Failure(code, "SendMeetingCancellations attribute is required for calendar items.")
            item = self._item(call.mailbox, told)
            if self._is_deleted(item):
                self._store.purge(call.mailbox, item.item_id)
                return success(call.name)
            deleted = self._store.delete(call.mailbox, item.item_id, send=send != "SendToNone")
            if how != "MoveToDeletedItems" and item.original_start is None:
                self._store.purge(call.mailbox, deleted.item_id)
            return success(call.name)

        return _each(call, call.part("ItemIds"), delete)

    def move_item(self, call: Call) -> _Element:
        """Move items to another folder, out of Deleted Items, too; they get new ids and keep their UIDs."""
        target = self._folder(call.mailbox, call.part("ToFolderId")[0])

        def move(told: _Element) -> _Element:
            item = self._item(call.mailbox, told)
            if self._is_deleted(item):
                moved = self._store.restore(call.mailbox, item.item_id, target)
            else:
                moved = self._store.move(call.mailbox, item.item_id, target)
            return success(call.name, messages.Items(bare(moved)))

        return _each(call, call.part("ItemIds"), move, messages.Items)

    def copy_item(self, call: Call) -> _Element:
        """Copy items to a folder: new ids and new UIDs."""
        target = self._folder(call.mailbox, call.part("ToFolderId")[0])

        def copy(told: _Element) -> _Element:
            item = self._item(call.mailbox, told)
            made = self._store.copy(call.mailbox, item.item_id, call.mailbox, target)
            return success(call.name, messages.Items(bare(made)))

        return _each(call, call.part("ItemIds"), copy, messages.Items)

    def sync_folder_items(self, call: Call) -> _Element:
        """Tell what has changed in a folder since a sync state; masters, never occurrences."""
        shape = shape_of(call.part("ItemShape"), in_table=True)
        most = int(call.part("MaxChangesReturned").text or 1)
        try:
            folder = self._folder(call.mailbox, call.part("SyncFolderId")[0])
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

    # --- notifications ----------------------------------------------------------------------------------------

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

        return response(call.name, [_told(call, end)])

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

        return response(call.name, [_told(call, tell)])

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

        return response(call.name, [_told(call, tell)])

    # --- the rest ---------------------------------------------------------------------------------------------

    def convert_id(self, call: Call) -> _Element:
        """Give back ids: there is but one format here."""
        wanted = call.told.get("DestinationFormat", "EwsId")

        def convert(told: _Element) -> _Element:
            same = types.AlternateId(Format=wanted, Id=told.get("Id", ""), Mailbox=told.get("Mailbox", ""))
            same.tag = f"{M}AlternateId"
            same.set("{http://www.w3.org/2001/XMLSchema-instance}type", "t:AlternateIdType")
            return success(call.name, same)

        return _each(call, call.part("SourceIds"), convert)

    def get_server_time_zones(self, call: Call) -> _Element:
        """Show the zones, those asked for or all."""
        asked = call.told.find(f"{M}Ids")
        names = [one.text or "" for one in asked] if asked is not None else list(WINDOWS)
        is_full = call.told.get("ReturnFullTimeZoneData", "true") != "false"
        try:
            told = [definition(known_zone(name), full=is_full) for name in names]
        except Failure as refused:
            empty = messages.TimeZoneDefinitions()
            return response(call.name, [failure(call.name, refused, empty)])
        return response(call.name, [success(call.name, messages.TimeZoneDefinitions(*told))])

    def resolve_names(self, call: Call) -> _Element:
        """Find a mailbox by name or address."""
        entry = (call.part("UnresolvedEntry").text or "").casefold().removeprefix("smtp:")
        found = [one for one in MAILBOXES if entry in one.address.casefold() or entry in one.name.casefold()]
        if not found:
            refused = Failure("ErrorNameResolutionNoResults", "No results were found.")
            return response(call.name, [failure(call.name, refused)])
        told = [
            types.Resolution(
                types.Mailbox(
                    types.Name(one.name),
                    types.EmailAddress(one.address),
                    types.RoutingType("SMTP"),
                    types.MailboxType("Mailbox"),
                )
            )
            for one in found
        ]
        whole = messages.ResolutionSet(*told, TotalItemsInView=str(len(told)), IncludesLastItemInRange="true")
        return response(call.name, [success(call.name, whole)])

    # --- parts ------------------------------------------------------------------------------------------------

    def _item(self, mailbox: Mailbox, told: _Element) -> Item:
        """Return the item that an id names, wherever it lies; raises Failure or Refusal."""
        kind = local_name(told)
        if kind == "OccurrenceItemId":
            return self._occurrence(mailbox, told)
        if kind == "RecurringMasterItemId":
            occurrence = self._store.find(mailbox, told.get("OccurrenceId", ""))
            return self._store.find(mailbox, occurrence.master_id or "")
        wanted = told.get("Id", "")
        _check_form(wanted)
        try:
            return self._store.find(mailbox, wanted)
        except ItemMissing:
            return self._store.find_deleted(mailbox, wanted)

    def _occurrence(self, mailbox: Mailbox, told: _Element) -> Item:
        master = self._store.find(mailbox, told.get("RecurringMasterId", ""))
        index = int(told.get("InstanceIndex", "0"))
        if master.recurrence is None:
            raise Failure("ErrorCalendarIsNotRecurringMaster", "The item is not a recurring master.")
        day = next(islice(series.days_of(master.recurrence), index - 1, None), None) if index > 0 else None
        if day is None:
            code = "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"
            raise Failure(code, "Occurrence index is out of recurrence range.")
        if day in master.cancelled_days:
            code = "ErrorCalendarOccurrenceIsDeletedFromRecurrence"
            raise Failure(code, "Occurrence with this index was previously deleted from the recurrence.")
        return series.occurrence_on(master, day)

    def _cancel(self, call: Call, told: _Element) -> _Element:
        reference = told.find(f"{T}ReferenceItemId")
        if reference is None:
            raise Failure(
                "ErrorInvalidReferenceItem", "The reference item does not support the requested operation."
            )
        item = self._item(call.mailbox, reference)
        if reference.get("ChangeKey", item.change_key) != item.change_key:
            raise STALE
        return success(call.name, messages.Items(bare(self._store.cancel(call.mailbox, item.item_id))))

    def _is_deleted(self, item: Item) -> bool:
        mailbox = mailbox_named(item.mailbox)
        return mailbox is not None and self._store.folder(mailbox, item.folder).kind == "deleted"

    def _folder(self, mailbox: Mailbox, told: _Element) -> Folder:
        shelf = Tree(self._store, mailbox).asked(told)
        if shelf.held is None:
            raise Failure(
                "ErrorInvalidFolderTypeForOperation", "Only calendars and Deleted Items hold anything here."
            )
        return shelf.held

    def _lying_in(self, call: Call, shelf: Shelf) -> list[Item]:
        if shelf.held is None:
            return []
        if shelf.held.kind == "deleted":
            return [one for one in self._store.deleted_items(call.mailbox) if one.folder == shelf.folder_id]
        view = call.told.find(f"{M}CalendarView")
        if view is None:
            return self._store.items(call.mailbox, shelf.held)
        start, end = (instant(view.get(name)) for name in ("StartDate", "EndDate"))
        most = int(view.get("MaxEntriesReturned", LARGEST_PAGE))
        return self._store.view(call.mailbox, start, end, shelf.held)[:most]

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


def _each(
    call: Call,
    asked: _Element,
    do: Callable[[_Element], _Element],
    *wanted: Callable[[], _Element],
) -> _Element:
    """Return the answer to a list of things: a response message for each; `wanted` parts a failure must have, too."""
    return response(call.name, [_told(call, partial(do, one), *wanted) for one in asked])


def _told(call: Call, do: Callable[[], _Element], *wanted: Callable[[], _Element]) -> _Element:
    try:
        return do()
    except Refusal as refusal:
        return failure(call.name, told_failure(refusal), *(part() for part in wanted))
    except Failure as refused:
        return failure(call.name, refused, *(part() for part in wanted))


def _page(found: list[Thing], view: _Element | None) -> tuple[list[Thing], dict[str, str]]:
    """Return the part of a list that a view wants, and what `m:RootFolder` says of it."""
    offset = int(view.get("Offset", "0")) if view is not None else 0
    most = int(view.get("MaxEntriesReturned", LARGEST_PAGE)) if view is not None else LARGEST_PAGE
    page = found[offset : offset + most]
    following = offset + len(page)
    attributes = {
        "TotalItemsInView": str(len(found)),
        "IncludesLastItemInRange": text(following >= len(found)),
    }
    if view is not None:
        attributes["IndexedPagingOffset"] = str(following)
    return page, attributes


def _ordered(call: Call, found: list[Item]) -> list[Item]:
    for order in reversed(call.told.findall(f"{M}SortOrder/{T}FieldOrder")):
        path = order[0]
        found = sorted(
            found,
            key=partial(_key, path),
            reverse=order.get("Order") == "Descending",
        )
    return found


def _key(path: _Element, item: Item) -> str:
    return restrictions.of_item(item, path) or ""


def _of_folder(shelf: Shelf, path: _Element) -> str | None:
    if local_name(path) == "ExtendedFieldURI":
        property_of(path)
        return None
    return {"folder:FolderClass": shelf.kind, "folder:DisplayName": shelf.name}.get(path.get("FieldURI", ""))


def _check_form(item_id: str) -> None:
    """Refuse what cannot be an id of Exchange Web Services, as an immutable id of Graph's; raises Failure."""
    if not item_id.startswith("AAMkA"):
        raise Failure("ErrorInvalidIdMalformed", "Id is malformed.")
