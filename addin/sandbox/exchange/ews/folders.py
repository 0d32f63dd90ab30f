"""The folders of a mailbox as Exchange Web Services show them: the calendars' among all those that a mailbox has.

Only calendars and Deleted Items hold anything here; the others are there because clients look for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml.etree import _Element

from addin.sandbox.exchange.ews.properties import TAGGED, property_of, told_property
from addin.sandbox.exchange.ews.soap import Failure, T, local_name, text, types
from addin.sandbox.exchange.ews.times import stamp
from addin.sandbox.exchange.items import Folder, Item, PropertyId
from addin.sandbox.exchange.shelved import fixed_id
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
# What lies outside what people see: what was deleted in earnest, and what Outlook keeps for itself.
_HIDDEN: Final = (
    ("recoverableitemsroot", "IPF.Note", "Recoverable Items"),
    ("recoverableitemsdeletions", "IPF.Note", "Deletions"),
)
COMMON_VIEWS: Final = "Common Views"
_ELEMENTS: Final = {
    "IPF.Appointment": "CalendarFolder",
    "IPF.Contact": "ContactsFolder",
    "IPF.Task": "TasksFolder",
}
_ORDER: Final = (
    *("FolderId", "ParentFolderId", "FolderClass", "DisplayName", "TotalCount", "ChildFolderCount"),
    *("ExtendedProperty", "EffectiveRights", "DistinguishedFolderId", "UnreadCount"),
)
_DEFAULT: Final = frozenset({"FolderId", "DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"})
_EVERY: Final = frozenset(_ORDER) - {"DistinguishedFolderId", "EffectiveRights", "ExtendedProperty"}


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

    def shown(self, shelf: Shelf, wanted: Wanted) -> _Element:
        """Return a folder with what is wanted of it and what it has."""
        kept = self._properties(shelf)
        parts = self._parts(shelf)
        told = types(shelf.element)
        for name in _ORDER:
            if name == "ExtendedProperty":
                told.extend(told_property(one, kept[one]) for one in wanted.properties if one in kept)
            elif name in wanted.parts and name in parts:
                told.append(parts[name])
        return told

    def _parts(self, shelf: Shelf) -> dict[str, _Element]:
        parts = {
            "FolderId": types.FolderId(Id=shelf.folder_id, ChangeKey=_change_key(shelf)),
            "FolderClass": types.FolderClass(shelf.kind),
            "DisplayName": types.DisplayName(shelf.name),
            "TotalCount": types.TotalCount(str(len(self._items(shelf)))),
            "ChildFolderCount": types.ChildFolderCount(str(len(list(self.below(shelf, deep=False))))),
            "EffectiveRights": _rights(),
        }
        if shelf.parent_id:
            parts["ParentFolderId"] = types.ParentFolderId(Id=shelf.parent_id, ChangeKey="AQAAAA==")
        if shelf.well_known:
            parts["DistinguishedFolderId"] = types.DistinguishedFolderId(shelf.well_known)
        if shelf.element not in {"CalendarFolder", "ContactsFolder"}:
            parts["UnreadCount"] = types.UnreadCount("0")
        return parts

    def _properties(self, shelf: Shelf) -> dict[PropertyId, str]:
        """Return PidTagContainerClass, -ContentCount, -Subfolders, and when something was last committed in it."""
        items = self._items(shelf)
        told = {
            PropertyId("String", TAGGED, 0x3613): shelf.kind,
            PropertyId("Integer", TAGGED, 0x3602): str(len(items)),
            PropertyId("Boolean", TAGGED, 0x360A): text(any(self.below(shelf, deep=False))),
        }
        if items:
            latest = max(item.modified for item in items)
            told[PropertyId("SystemTime", TAGGED, 0x670A)] = stamp(latest)
        return told

    def _items(self, shelf: Shelf) -> list[Item]:
        if shelf.held is None:
            return []
        if shelf.held.kind == "deleted":
            return [one for one in self._store.deleted_items(self.mailbox) if one.folder == shelf.folder_id]
        return self._store.items(self.mailbox, shelf.held)

    def _shelves(self) -> Iterator[Shelf]:
        root, top = (_fixed_id(self.mailbox, name) for name in (ROOT, TOP))
        yield Shelf(root, None, "", "", ROOT)
        yield Shelf(top, root, "IPF.Note", "Början av informationsarkivet", TOP)
        for name, kind, shown in _OTHERS:
            yield Shelf(_fixed_id(self.mailbox, name), top, kind, shown, name)
        for name, kind, shown in _HIDDEN:
            yield Shelf(_fixed_id(self.mailbox, name), root, kind, shown, name)
        # It has no well-known name, and is called the same in every language.
        yield Shelf(_fixed_id(self.mailbox, COMMON_VIEWS), root, "", COMMON_VIEWS)
        folders = self._store.folders(self.mailbox)
        bin_id = next(folder.folder_id for folder in folders if folder.kind == "deleted")
        for folder in folders:
            if folder.kind == "deleted_calendar":
                yield Shelf(folder.folder_id, bin_id, CALENDARS, folder.name, None, folder)
            elif folder.kind == "deleted":
                yield Shelf(folder.folder_id, top, "IPF.Note", folder.name, "deleteditems", folder)
            else:
                well_known = "calendar" if folder.is_default else None
                yield Shelf(folder.folder_id, top, CALENDARS, folder.name, well_known, folder)


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a folder: parts by name, and properties."""

    parts: frozenset[str]
    properties: tuple[PropertyId, ...]


def wanted_of(shape: _Element) -> Wanted:
    """Return what a `m:FolderShape` asks for; raises Failure."""
    base = {"IdOnly": frozenset({"FolderId"}), "Default": _DEFAULT, "AllProperties": _EVERY}
    paths = shape.findall(f"{T}AdditionalProperties/{T}FieldURI")
    parts = base[shape.findtext(f"{T}BaseShape", "IdOnly")] | {
        path.get("FieldURI", "").partition(":")[2] for path in paths
    }
    named = shape.iterfind(f"{T}AdditionalProperties/{T}ExtendedFieldURI")
    return Wanted(parts, tuple(property_of(path) for path in named))


def _rights() -> _Element:
    names = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read")
    return types.EffectiveRights(*(types(name, text(value=True)) for name in names))


def _change_key(shelf: Shelf) -> str:
    return shelf.held.change_key if shelf.held else "AQAAAA=="


def _fixed_id(mailbox: Mailbox, name: str) -> str:
    return fixed_id(f"{mailbox.object_id} {name}")
