"""The folders of a mailbox as Exchange Web Services show them: the calendars' among all those that a mailbox has.

Only calendars and Deleted Items hold anything here; the others are there because clients look for them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lxml.etree import _Element

from addin.sandbox.exchange.ews.soap import Failure, T, local_name, text, types
from addin.sandbox.exchange.items import Folder
from addin.sandbox.exchange.store import Store
from addin.sandbox.people import Mailbox

CALENDARS: Final = "IPF.Appointment"
ROOT: Final = "root"
TOP: Final = "msgfolderroot"
# Well-known name, class, and the name that Swedish Outlook shows.
_OTHERS: Final = (
    ("inbox", "IPF.Note", "Inkorgen"),
    ("drafts", "IPF.Note", "Utkast"),
    ("outbox", "IPF.Note", "Utkorgen"),
    ("sentitems", "IPF.Note", "Skickat"),
    ("junkemail", "IPF.Note", "Skräppost"),
    ("contacts", "IPF.Contact", "Kontakter"),
    ("tasks", "IPF.Task", "Uppgifter"),
    ("notes", "IPF.StickyNote", "Anteckningar"),
)
# What was deleted in earnest lies outside what people see.
_HIDDEN: Final = (
    ("recoverableitemsroot", "IPF.Note", "Recoverable Items"),
    ("recoverableitemsdeletions", "IPF.Note", "Deletions"),
)
_ELEMENTS: Final = {
    "IPF.Appointment": "CalendarFolder",
    "IPF.Contact": "ContactsFolder",
    "IPF.Task": "TasksFolder",
}
_ORDER: Final = (
    *("FolderId", "ParentFolderId", "FolderClass", "DisplayName", "TotalCount", "ChildFolderCount"),
    *("EffectiveRights", "DistinguishedFolderId", "UnreadCount"),
)
_DEFAULT: Final = frozenset({"FolderId", "DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"})
_EVERY: Final = frozenset(_ORDER) - {"DistinguishedFolderId", "EffectiveRights"}


@dataclass(frozen=True)
class Shelf:
    """One folder: `well_known` is its distinguished name, `held` the store's folder of items, if it holds any."""

    folder_id: str
    parent_id: str | None
    kind: str
    name: str
    well_known: str | None = None
    held: Folder | None = None

    @property
    def element(self) -> str:
        """Return the name of the element that shows it."""
        return _ELEMENTS.get(self.kind, "Folder")


class Tree:
    """The folders of one mailbox."""

    def __init__(self, store: Store, mailbox: Mailbox) -> None:
        self._store, self.mailbox = store, mailbox
        self.every = tuple(self._shelves())

    def asked(self, told: _Element) -> Shelf:
        """Return the folder that a `t:FolderId` or `t:DistinguishedFolderId` names; raises Failure."""
        name, wanted = local_name(told), told.get("Id", "")
        for shelf in self.every:
            if wanted == (shelf.well_known if name == "DistinguishedFolderId" else shelf.folder_id):
                return shelf
        raise Failure("ErrorFolderNotFound", "The specified folder could not be found in the store.")

    def below(self, shelf: Shelf, *, deep: bool) -> Iterator[Shelf]:
        """Yield the folders in a folder, with `deep` those in them, too."""
        for one in self.every:
            if one.parent_id == shelf.folder_id:
                yield one
                if deep:
                    yield from self.below(one, deep=True)

    def shown(self, shelf: Shelf, wanted: Iterable[str]) -> _Element:
        """Return a folder with the parts that are wanted."""
        count = 0
        if shelf.held:
            count = len(self._store.items(self.mailbox, shelf.held)) if shelf.kind == CALENDARS else 0
        told = types(shelf.element)
        parts = {
            "FolderId": types.FolderId(Id=shelf.folder_id, ChangeKey=_change_key(shelf)),
            "FolderClass": types.FolderClass(shelf.kind),
            "DisplayName": types.DisplayName(shelf.name),
            "TotalCount": types.TotalCount(str(count)),
            "ChildFolderCount": types.ChildFolderCount(str(len(list(self.below(shelf, deep=False))))),
            "EffectiveRights": _rights(),
        }
        if shelf.parent_id:
            parts["ParentFolderId"] = types.ParentFolderId(Id=shelf.parent_id, ChangeKey="AQAAAA==")
        if shelf.well_known:
            parts["DistinguishedFolderId"] = types.DistinguishedFolderId(shelf.well_known)
        if shelf.element != "CalendarFolder" and shelf.element != "ContactsFolder":
            parts["UnreadCount"] = types.UnreadCount("0")
        chosen = set(wanted)
        told.extend(parts[name] for name in _ORDER if name in chosen and name in parts)
        return told

    def _shelves(self) -> Iterator[Shelf]:
        root, top = (_fixed_id(self.mailbox, name) for name in (ROOT, TOP))
        yield Shelf(root, None, "", "", ROOT)
        yield Shelf(top, root, "IPF.Note", "Början av informationsarkivet", TOP)
        for name, kind, shown in _OTHERS:
            yield Shelf(_fixed_id(self.mailbox, name), top, kind, shown, name)
        for name, kind, shown in _HIDDEN:
            yield Shelf(_fixed_id(self.mailbox, name), root, kind, shown, name)
        for folder in self._store.folders(self.mailbox):
            if folder.kind == "deleted":
                yield Shelf(folder.folder_id, top, "IPF.Note", folder.name, "deleteditems", folder)
            else:
                well_known = "calendar" if folder.is_default else None
                yield Shelf(folder.folder_id, top, CALENDARS, folder.name, well_known, folder)


def wanted_parts(shape: _Element) -> frozenset[str]:
    """Return the names of the parts that a `m:FolderShape` asks for."""
    base = {"IdOnly": frozenset({"FolderId"}), "Default": _DEFAULT, "AllProperties": _EVERY}
    paths = shape.iterfind(f"{T}AdditionalProperties/{T}FieldURI")
    return base[shape.findtext(f"{T}BaseShape", "IdOnly")] | {
        path.get("FieldURI", "").partition(":")[2] for path in paths
    }


def _rights() -> _Element:
    names = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read")
    return types.EffectiveRights(*(types(name, text(value=True)) for name in names))


def _change_key(shelf: Shelf) -> str:
    return shelf.held.change_key if shelf.held else "AQAAAA=="


def _fixed_id(mailbox: Mailbox, name: str) -> str:
    digest = hashlib.sha512(f"{mailbox.object_id} {name}".encode()).digest()
    return "AAMkAD" + base64.b64encode(digest[:60]).decode() + "="
