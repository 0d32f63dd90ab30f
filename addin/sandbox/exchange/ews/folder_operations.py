"""The operations on folders."""

from __future__ import annotations

from lxml.etree import _Element

from addin.sandbox.exchange.ews import restrictions
from addin.sandbox.exchange.ews.calls import Call, Handlers, each, folder_of, paged
from addin.sandbox.exchange.ews.folders import CALENDARS, Shelf, Tree, wanted_of
from addin.sandbox.exchange.ews.properties import property_of
from addin.sandbox.exchange.ews.soap import Failure, M, T, local_name, messages, success, types
from addin.sandbox.exchange.mailboxes import Mailboxes
from addin.sandbox.exchange.store import Store
from addin.sandbox.people import Mailbox


class FolderOperations:
    """Shows, makes and removes folders; only calendars can be made."""

    def __init__(self, store: Store, mailboxes: Mailboxes) -> None:
        self._store, self._mailboxes = store, mailboxes

    def named(self) -> Handlers:
        """Return the operations by their names."""
        return {
            "GetFolder": self.get_folder,
            "FindFolder": self.find_folder,
            "CreateFolder": self.create_folder,
            "DeleteFolder": self.delete_folder,
        }

    def get_folder(self, call: Call) -> _Element:
        """Show folders by id or well-known name; by this also those of others in whose mailboxes she has rights."""
        parts, own = wanted_of(call.part("FolderShape")), Tree(self._store, call.mailbox)

        def show(told: _Element) -> _Element:
            owner = told.findtext(f"{T}Mailbox/{T}EmailAddress")
            tree = (
                own if owner in {None, call.mailbox.address} else Tree(self._store, self._opened(call, owner))
            )
            return success(call.name, messages.Folders(tree.shown(tree.asked(told), parts)))

        return each(call, call.part("FolderIds"), show)

    def _opened(self, call: Call, address: str) -> Mailbox:
        """Return another's mailbox in which the caller has rights; raises Failure."""
        shared = {one.address: one for one in self._mailboxes.shared_with(call.mailbox)}
        if address.casefold() not in shared:
            raise Failure("ErrorItemNotFound", "The specified object was not found in the store.")
        return shared[address.casefold()]

    def find_folder(self, call: Call) -> _Element:
        """Show the folders in folders."""
        parts, tree = wanted_of(call.part("FolderShape")), Tree(self._store, call.mailbox)
        passes = restrictions.restriction(call.told.find(f"{M}Restriction"), _of_folder)
        deep = call.told.get("Traversal") == "Deep"

        def show(told: _Element) -> _Element:
            found = [one for one in tree.below(tree.asked(told), deep=deep) if passes(one)]
            view = call.told.find(f"{M}IndexedPageFolderView")
            page, attributes = paged(found, view)
            folders = types.Folders(*(tree.shown(one, parts) for one in page))
            return success(call.name, messages.RootFolder(folders, **attributes))

        return each(call, call.part("ParentFolderIds"), show)

    def create_folder(self, call: Call) -> _Element:
        """Make calendars."""

        def make(told: _Element) -> _Element:
            name = told.findtext(f"{T}DisplayName") or ""
            if local_name(told) != "CalendarFolder" and told.findtext(f"{T}FolderClass") != CALENDARS:
                raise Failure(
                    "ErrorCannotCreateCalendarItemInNonCalendarFolder", "Only calendars are made here."
                )
            made = self._store.add_calendar(call.mailbox, name)
            folder = types.CalendarFolder(types.FolderId(Id=made.folder_id, ChangeKey=made.change_key))
            return success(call.name, messages.Folders(folder))

        return each(call, call.part("Folders"), make)

    def delete_folder(self, call: Call) -> _Element:
        """Move calendars to Deleted Items, or remove them; then what lies in them goes there by itself."""

        def remove(told: _Element) -> _Element:
            folder = folder_of(self._store, call.mailbox, told)
            if call.told.get("DeleteType") == "MoveToDeletedItems":
                self._store.delete_calendar(call.mailbox, folder.folder_id)
            else:
                self._store.remove_calendar(call.mailbox, folder.folder_id)
            return success(call.name)

        return each(call, call.part("FolderIds"), remove)


def _of_folder(shelf: Shelf, path: _Element) -> str | None:
    if local_name(path) == "ExtendedFieldURI":
        property_of(path)
        return None
    return {"folder:FolderClass": shelf.kind, "folder:DisplayName": shelf.name}.get(path.get("FieldURI", ""))
