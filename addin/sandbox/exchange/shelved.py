"""Folders and items as they lie on the shelf: found by mailbox, folder and either id. Knows no rule of calendars."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from addin.sandbox.exchange.documents import folder_document, folder_of, item_document, item_of
from addin.sandbox.exchange.items import Folder, Item
from addin.sandbox.exchange.refusals import ItemMissing
from addin.sandbox.people import MAILBOXES, Mailbox
from addin.sandbox.shelf import Shelf

ITEMS: Final = "exchange-item"
FOLDERS: Final = "exchange-folder"
# How Swedish Outlook names the folders that every mailbox has.
CALENDAR: Final = "Kalender"
DELETED: Final = "Borttaget"

# Of the 152 letters that an id has, these are drawn.
_ID_BYTES: Final = 109


class Shelved:
    """All folders and items; not safe for threads by itself, the store holds the lock."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._items = {key: item_of(told) for key, told in shelf.documents(ITEMS).items()}
        self._folders = {key: folder_of(told) for key, told in shelf.documents(FOLDERS).items()}
        self._add_usual_folders()

    def _add_usual_folders(self) -> None:
        for mailbox in MAILBOXES:
            for folder in _usual_folders(mailbox):
                self._folders.setdefault(folder.folder_id, folder)

    def clear(self) -> None:
        """Forget every item, and every folder but the usual ones."""
        self._items.clear()
        self._folders.clear()
        self._add_usual_folders()
        for kind in (ITEMS, FOLDERS):
            self._shelf.clear(kind)

    def put(self, item: Item) -> None:
        """Keep an item, in place of what was under its immutable id."""
        self._items[item.immutable_id] = item
        self._shelf.put(ITEMS, item.immutable_id, item_document(item))

    def drop(self, item: Item) -> None:
        """Forget an item."""
        del self._items[item.immutable_id]
        self._shelf.remove(ITEMS, item.immutable_id)

    def items(self, mailbox: Mailbox) -> Iterator[Item]:
        """Yield the items of a mailbox, in all folders, oldest first."""
        return (item for item in list(self._items.values()) if item.mailbox == mailbox.object_id)

    def living_items(self, mailbox: Mailbox) -> Iterator[Item]:
        """Yield the items that lie in a calendar of the mailbox, and not in Deleted Items, oldest first."""
        calendars = self.calendars(mailbox)
        return (item for item in self.items(mailbox) if item.folder in calendars)

    def calendars(self, mailbox: Mailbox) -> frozenset[str]:
        """Return the ids of a mailbox's calendars, deleted ones left out."""
        return frozenset(folder.folder_id for folder in self.folders(mailbox) if folder.kind == "calendar")

    def own_calendar(self, mailbox: Mailbox) -> Folder:
        """Return the calendar that every mailbox has."""
        return next(folder for folder in self.folders(mailbox) if folder.is_default)

    def add_calendar(self, mailbox: Mailbox, name: str) -> Folder:
        """Make one more calendar."""
        folder = Folder(new_item_id(), mailbox.object_id, "calendar", name, new_change_key())
        self._folders[folder.folder_id] = folder
        self._shelf.put(FOLDERS, folder.folder_id, folder_document(folder))
        return folder

    def file_folder_as_deleted(self, folder: Folder) -> None:
        """Put a calendar into Deleted Items, with what lies in it."""
        deleted = replace(folder, kind="deleted_calendar", change_key=new_change_key())
        self._folders[folder.folder_id] = deleted
        self._shelf.put(FOLDERS, folder.folder_id, folder_document(deleted))

    def drop_folder(self, folder: Folder) -> None:
        """Forget a folder."""
        del self._folders[folder.folder_id]
        self._shelf.remove(FOLDERS, folder.folder_id)

    def folders(self, mailbox: Mailbox) -> list[Folder]:
        """Return the folders of a mailbox, its own calendar first."""
        found = [folder for folder in self._folders.values() if folder.mailbox == mailbox.object_id]
        return sorted(found, key=lambda folder: (not folder.is_default, folder.kind, folder.name))

    def folder(self, mailbox: Mailbox, folder_id: str) -> Folder:
        """Return a folder of the mailbox; raises ItemMissing."""
        found = self._folders.get(folder_id)
        if found is None or found.mailbox != mailbox.object_id:
            raise ItemMissing
        return found


def new_item_id() -> str:
    """Return an id in the form of Exchange Web Services: base64, in which letters' case matters."""
    return ews_id(secrets.token_bytes(_ID_BYTES))


def ews_id(told: bytes) -> str:
    """Return an id as long as Exchange's own, and beginning like them: clients know ids by that."""
    return base64.b64encode(b"\x00\x03\x24\x00" + bytes([0x30 | told[0] & 0x0F]) + told[1:_ID_BYTES]).decode()


def fixed_id(name: str) -> str:
    """Return the id that is always the same for a name."""
    return ews_id(hashlib.sha512(name.encode()).digest() * 2)


def new_immutable_id() -> str:
    """Return an immutable id; the same alphabet, another beginning."""
    return "AAkALg" + base64.b64encode(secrets.token_bytes(42)).decode() + "="


def new_change_key() -> str:
    """Return a change key."""
    return base64.b64encode(secrets.token_bytes(18)).decode()


def _usual_folders(mailbox: Mailbox) -> tuple[Folder, Folder]:
    return (
        Folder(
            _fixed_id(mailbox, "calendar"),
            mailbox.object_id,
            "calendar",
            CALENDAR,
            "AQAAAA==",
            is_default=True,
        ),
        Folder(_fixed_id(mailbox, "deleted"), mailbox.object_id, "deleted", DELETED, "AQAAAA=="),
    )


def _fixed_id(mailbox: Mailbox, name: str) -> str:
    return fixed_id(f"{mailbox.object_id} {name}")
