"""The operations on items: each reads its request, asks the store, and shows what it got."""

from __future__ import annotations

from functools import partial
from itertools import islice

from lxml.etree import _Element

from addin.sandbox.exchange import series
from addin.sandbox.exchange.ews import restrictions
from addin.sandbox.exchange.ews.calls import LARGEST_PAGE, STALE, Call, Handlers, each, folder_of, paged
from addin.sandbox.exchange.ews.folders import COMMON_VIEWS, Shelf, Tree
from addin.sandbox.exchange.ews.shapes import bare, shape_of, shown
from addin.sandbox.exchange.ews.shortcuts import shortcuts
from addin.sandbox.exchange.ews.soap import Failure, M, T, local_name, messages, success, types
from addin.sandbox.exchange.ews.times import instant
from addin.sandbox.exchange.ews.wishes import changed, created
from addin.sandbox.exchange.items import Item
from addin.sandbox.exchange.mailboxes import Mailboxes, mailbox_named
from addin.sandbox.exchange.refusals import ItemMissing
from addin.sandbox.exchange.store import Store
from addin.sandbox.people import Mailbox


class ItemOperations:
    """Finds, shows, makes and changes items."""

    def __init__(self, store: Store, mailboxes: Mailboxes) -> None:
        self._store, self._mailboxes = store, mailboxes

    def named(self) -> Handlers:
        """Return the operations by their names."""
        return {
            "FindItem": self.find_item,
            "GetItem": self.get_item,
            "CreateItem": self.create_item,
            "UpdateItem": self.update_item,
            "DeleteItem": self.delete_item,
            "MoveItem": self.move_item,
            "CopyItem": self.copy_item,
        }

    def find_item(self, call: Call) -> _Element:
        """Show the items in folders, as a table has them; with a calendar view, occurrences instead of series."""
        shape = shape_of(call.part("ItemShape"), in_table=True)
        passes = restrictions.restriction(call.told.find(f"{M}Restriction"), restrictions.of_item)
        tree = Tree(self._store, call.mailbox)

        view = call.told.find(f"{M}IndexedPageItemView")

        def show(told: _Element) -> _Element:
            found = [one for one in self._lying_in(call, tree.asked(told)) if passes(one)]
            page, attributes = paged(_ordered(call, found), view)
            items = types.Items(*(shown(one, shape) for one in page))
            return success(call.name, messages.RootFolder(items, **attributes))

        def show_hidden(told: _Element) -> _Element:
            is_hiding = tree.asked(told).name == COMMON_VIEWS
            opened = self._mailboxes.shared_with(call.mailbox)
            page, attributes = paged(shortcuts(call.mailbox, opened, shape) if is_hiding else [], view)
            return success(call.name, messages.RootFolder(types.Items(*page), **attributes))

        is_hidden = call.told.get("Traversal") == "Associated"
        return each(call, call.part("ParentFolderIds"), show_hidden if is_hidden else show)

    def get_item(self, call: Call) -> _Element:
        """Show items by id."""
        shape = shape_of(call.part("ItemShape"))

        def show(told: _Element) -> _Element:
            return success(call.name, messages.Items(shown(self._item(call.mailbox, told), shape)))

        return each(call, call.part("ItemIds"), show, messages.Items)

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
            folder = folder_of(self._store, call.mailbox, saved[0]) if saved is not None else None
            wish, uid = created(told, call.zone)
            made = self._store.create(call.mailbox, wish, folder, send=send != "SendToNone", uid=uid)
            return success(call.name, messages.Items(bare(made)))

        return each(call, call.part("Items"), make, messages.Items)

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

        return each(call, call.part("ItemChanges"), change, messages.Items)

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

        return each(call, call.part("ItemIds"), delete)

    def move_item(self, call: Call) -> _Element:
        """Move items to another folder, out of Deleted Items, too; they get new ids and keep their UIDs."""
        target = folder_of(self._store, call.mailbox, call.part("ToFolderId")[0])

        def move(told: _Element) -> _Element:
            item = self._item(call.mailbox, told)
            if self._is_deleted(item):
                moved = self._store.restore(call.mailbox, item.item_id, target)
            else:
                moved = self._store.move(call.mailbox, item.item_id, target)
            return success(call.name, messages.Items(bare(moved)))

        return each(call, call.part("ItemIds"), move, messages.Items)

    def copy_item(self, call: Call) -> _Element:
        """Copy items to a folder: new ids and new UIDs."""
        target = folder_of(self._store, call.mailbox, call.part("ToFolderId")[0])

        def copy(told: _Element) -> _Element:
            item = self._item(call.mailbox, told)
            made = self._store.copy(call.mailbox, item.item_id, call.mailbox, target)
            return success(call.name, messages.Items(bare(made)))

        return each(call, call.part("ItemIds"), copy, messages.Items)

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
            raise Failure("ErrorCalendarCannotUseIdForOccurrenceId", "The item is not a recurring master.")
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
        return mailbox is not None and self._store.folder(mailbox, item.folder).kind != "calendar"

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


def _check_form(item_id: str) -> None:
    """Refuse what cannot be an id of Exchange Web Services, as an immutable id of Graph's; raises Failure."""
    if not item_id.startswith("AAMkA"):
        raise Failure("ErrorInvalidIdMalformed", "Id is malformed.")
