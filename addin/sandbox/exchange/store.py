"""The calendars of the region: what may happen to an item, as Outlook, Graph and Exchange Web Services let it happen.

Protocols only translate; what they share of Exchange's rules stands here and in what this puts together: `series`,
`item_changes` (what becomes of an item), `changes` (who is told of it) and `post` (what attendees get).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from addin.sandbox.exchange import series
from addin.sandbox.exchange.changes import Change, Changes, Listener
from addin.sandbox.exchange.delivery import is_sent
from addin.sandbox.exchange.item_changes import (
    changed,
    check_order,
    check_writable,
    copied,
    new_item,
    now,
    ruled,
    touched,
)
from addin.sandbox.exchange.items import Folder, Item, Wish
from addin.sandbox.exchange.post import Letter, Post
from addin.sandbox.exchange.refusals import ItemMissing, NotChangeable, NotOrganiser, Stale
from addin.sandbox.exchange.shelved import Shelved, new_change_key, new_item_id
from addin.sandbox.people import Mailbox
from addin.sandbox.shelf import Shelf

Answer = Literal["accepted", "tentativelyAccepted", "declined"]


class Store:
    """Every calendar of the region; safe to be used by many threads.

    Methods raise a kind of Refusal. `change_key`, where it is given, must be the item's. `send`: tell attendees.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._lock = threading.RLock()
        self._kept = Shelved(shelf)
        self._changes = Changes(self._kept)
        self._post = Post(self._kept, self._changes)

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every change from now on; it must be quick, and must not call back."""
        with self._lock:
            self._changes.listen(listener)

    def letters(self) -> list[Letter]:
        """Return what would have been sent to attendees since the start or since they were forgotten."""
        with self._lock:
            return self._post.letters()

    def forget_letters(self) -> None:
        """Forget what would have been sent."""
        with self._lock:
            self._post.forget_letters()

    def empty(self) -> None:
        """Forget every item and every further calendar; nobody is told."""
        with self._lock:
            self._kept.clear()
            self._post.forget_letters()

    # --- folders --------------------------------------------------------------------------------------------

    def folders(self, mailbox: Mailbox) -> list[Folder]:
        """Return the calendars and Deleted Items of a mailbox, its own calendar first."""
        with self._lock:
            return self._kept.folders(mailbox)

    def folder(self, mailbox: Mailbox, folder_id: str) -> Folder:
        """Return one folder of a mailbox."""
        with self._lock:
            return self._kept.folder(mailbox, folder_id)

    def calendar(self, mailbox: Mailbox) -> Folder:
        """Return the mailbox's own calendar."""
        with self._lock:
            return self._kept.own_calendar(mailbox)

    def add_calendar(self, mailbox: Mailbox, name: str) -> Folder:
        """Make one more calendar."""
        with self._lock:
            return self._kept.add_calendar(mailbox, name)

    def remove_calendar(self, mailbox: Mailbox, folder_id: str) -> None:
        """Remove a calendar that somebody made; what lies in it goes to Deleted Items."""
        with self._lock:
            folder = self.folder(mailbox, folder_id)
            if folder.is_default or folder.kind == "deleted":
                raise NotChangeable
            for item in self.items(mailbox, folder):
                self.delete(mailbox, item.item_id)
            self._kept.drop_folder(folder)

    def delete_calendar(self, mailbox: Mailbox, folder_id: str) -> None:
        """Put a calendar that somebody made into Deleted Items; what lies in it stays in it, under the same ids."""
        with self._lock:
            folder = self.folder(mailbox, folder_id)
            if folder.is_default or folder.kind != "calendar":
                raise NotChangeable
            items = self.items(mailbox, folder)
            self._kept.file_folder_as_deleted(folder)
            for item in items:
                self._changes.tell(Change("deleted", item))

    # --- reading --------------------------------------------------------------------------------------------

    def items(self, mailbox: Mailbox, folder: Folder | None = None) -> list[Item]:
        """Return single items and masters of one calendar, or of all, oldest first."""
        with self._lock:
            wanted = {folder.folder_id} if folder else self._kept.calendars(mailbox)
            return [item for item in self._kept.items(mailbox) if item.folder in wanted]

    def deleted_items(self, mailbox: Mailbox) -> list[Item]:
        """Return what lies in Deleted Items, in deleted calendars, too."""
        with self._lock:
            calendars = self._kept.calendars(mailbox)
            return [item for item in self._kept.items(mailbox) if item.folder not in calendars]

    def find(self, mailbox: Mailbox, item_id: str) -> Item:
        """Return a living item, or an occurrence, by either of its ids, in which the case of letters matters."""
        with self._lock:
            return self._find(self.items(mailbox), item_id)

    def find_deleted(self, mailbox: Mailbox, item_id: str) -> Item:
        """Return an item out of Deleted Items by either of its ids."""
        with self._lock:
            return self._find(self.deleted_items(mailbox), item_id)

    def instances(self, master: Item, start: datetime, end: datetime) -> list[Item]:
        """Return the occurrences of a series that touch a window of time."""
        return [one for one in series.occurrences(master, end) if _touches(one, start, end)]

    def view(
        self, mailbox: Mailbox, start: datetime, end: datetime, folder: Folder | None = None
    ) -> list[Item]:
        """Return what touches a window of time, occurrences instead of their series, by start."""
        found: list[Item] = []
        for item in self.items(mailbox, folder):
            if item.kind == "master":
                found += self.instances(item, start, end)
            elif _touches(item, start, end):
                found.append(item)
        return sorted(found, key=lambda item: (item.start, item.created))

    def exceptions(self, master: Item) -> list[Item]:
        """Return the occurrences of a series that differ from its rule."""
        return [series.occurrence_on(master, day) for day in sorted(master.exceptions)]

    # --- writing --------------------------------------------------------------------------------------------

    def create(
        self,
        mailbox: Mailbox,
        wish: Wish,
        folder: Folder | None = None,
        *,
        send: bool = True,
        uid: str | None = None,
    ) -> Item:
        """Make an item, or return the one that was made with the same transaction id; `uid` None makes a new one."""
        check_writable(wish)
        with self._lock:
            earlier = self._by_transaction(mailbox, wish.fields.get("transaction_id"))
            if earlier:
                return earlier
            calendar = folder or self.calendar(mailbox)
            item = ruled(new_item(mailbox, calendar, wish), wish)
            item = replace(item, uid=uid or item.uid)
            check_order(item)
            self._changes.keep(item, "created")
            if send:
                self._post.send(None, item)
            return item

    def change(
        self,
        mailbox: Mailbox,
        item_id: str,
        wish: Wish,
        change_key: str | None = None,
        *,
        send: bool = True,
    ) -> Item:
        """Change the named fields and properties of a single item, a whole series, or one occurrence.

        Another rule, time or length of a series takes its exceptions and cancelled days away. Properties alone are
        never sent to attendees.
        """
        check_writable(wish)
        with self._lock:
            before = self.find(mailbox, item_id)
            _check_key(before, change_key)
            if "transaction_id" in wish.fields and wish.fields["transaction_id"] != before.transaction_id:
                raise NotChangeable
            tells = send and bool(wish.fields)
            if before.original_start is not None:
                return self._change_occurrence(mailbox, before, wish, send=tells)
            after = ruled(changed(before, wish), wish, before)
            check_order(after)
            return self._replaced(before, after, send=tells)

    def copy(
        self,
        mailbox: Mailbox,
        item_id: str,
        target: Mailbox,
        folder: Folder | None = None,
        start: datetime | None = None,
    ) -> Item:
        """Copy an item as Outlook does: all of it but its identity ([MS-OXOCAL], section 3.1.4.3); tells nobody.

        An occurrence becomes a single item; of an exception, so does what its master has. A copied meeting is marked
        as one and counts as received, whoever organised it.
        """
        with self._lock:
            source = self.find(mailbox, item_id)
            if start is not None and source.kind == "master":
                raise NotChangeable
            item = copied(source, target, folder or self.calendar(target))
            if start is not None:
                item = replace(item, start=start, end=start + source.length)
            self._changes.keep(item, "created")
            return item

    def move(self, mailbox: Mailbox, item_id: str, folder: Folder) -> Item:
        """Move an item to another calendar of the mailbox: a new id, the same immutable id.

        Moved to Deleted Items, it is deleted.
        """
        with self._lock:
            before = self.find(mailbox, item_id)
            if folder.kind == "deleted":
                return self.delete(mailbox, item_id)
            if before.original_start is not None:
                raise NotChangeable
            after = self._refiled(before, folder)
            self._changes.tell(Change("deleted", before))
            self._changes.keep(after, "created")
            return after

    def delete(
        self, mailbox: Mailbox, item_id: str, change_key: str | None = None, *, send: bool = True
    ) -> Item:
        """Move an item to Deleted Items, where it gets a new id; the organiser's meeting is cancelled for attendees.

        One occurrence is taken out of its series and leaves nothing in Deleted Items.
        """
        with self._lock:
            item = self.find(mailbox, item_id)
            _check_key(item, change_key)
            return self._discard(mailbox, item, send=send)

    def cancel(self, mailbox: Mailbox, item_id: str) -> Item:
        """Cancel a meeting for everybody, and move it to Deleted Items; only its organiser may."""
        with self._lock:
            item = self.find(mailbox, item_id)
            if not item.is_organiser:
                raise NotOrganiser
            if item.original_start is None:
                item = replace(item, is_cancelled=True, modified=now(), change_key=new_change_key())
                self._kept.put(item)
            return self._discard(mailbox, item, send=True)

    def restore(self, mailbox: Mailbox, item_id: str, folder: Folder | None = None) -> Item:
        """Take an item back out of Deleted Items; an organiser's meeting goes out to its attendees again."""
        with self._lock:
            before = self.find_deleted(mailbox, item_id)
            lives = before.is_organiser and before.is_cancelled
            after = self._refiled(before, folder or self.calendar(mailbox))
            after = replace(after, is_cancelled=before.is_cancelled and not lives)
            self._changes.keep(after, "created")
            self._post.send(None, after)
            return after

    def purge(self, mailbox: Mailbox, item_id: str) -> None:
        """Delete an item for good, out of a calendar or out of Deleted Items; tells nobody."""
        with self._lock:
            item = self._find([*self.items(mailbox), *self.deleted_items(mailbox)], item_id)
            if item.original_start is not None:
                self._discard(mailbox, item, send=False)
                return
            self._kept.drop(item)
            if item.folder in self._kept.calendars(mailbox):
                self._changes.tell(Change("deleted", item))

    def respond(self, mailbox: Mailbox, item_id: str, response: Answer) -> None:
        """Answer an invitation; a declined one goes to Deleted Items, and the organiser's copy knows the answer."""
        with self._lock:
            item = self.find(mailbox, item_id)
            if item.is_organiser or item.original_start is not None:
                raise NotOrganiser
            show_as = "tentative" if response == "tentativelyAccepted" else "busy"
            answered = replace(
                item, response=response, show_as=show_as, modified=now(), change_key=new_change_key()
            )
            self._changes.keep(answered, "updated")
            self._post.note_response(mailbox, item, response)
            if response == "declined":
                self._discard(mailbox, answered, send=False)

    # --- one occurrence ---------------------------------------------------------------------------------------

    def _change_occurrence(self, mailbox: Mailbox, before: Item, wish: Wish, *, send: bool) -> Item:
        if "recurrence" in wish.fields:
            raise NotChangeable
        master = self._master(mailbox, before)
        after = changed(before, wish)
        check_order(after)
        if (after.start, after.end) != (before.start, before.end):
            series.check_neighbours(master, after)
        day = before.original_day
        # As they are kept, not as they were told: a body is a whole document here, too.
        told = {name: getattr(after, name) for name in wish.fields}
        differing = dict(master.exceptions.get(day, {})) | told
        differing |= {"modified": after.modified, "change_key": after.change_key}
        if wish.properties:
            own = {**differing.get("properties", {}), **wish.properties}
            differing["properties"] = {name: value for name, value in own.items() if value is not None}
        series_now = replace(master, exceptions={**master.exceptions, day: differing})
        self._changes.tell(Change("updated", series.occurrence_on(series_now, day)))
        self._replaced(master, touched(series_now), send=send, by_occurrence=True)
        return series.occurrence_on(series_now, day)

    def _master(self, mailbox: Mailbox, occurrence: Item) -> Item:
        return self._find(self.items(mailbox), occurrence.master_immutable_id or "")

    # --- parts ------------------------------------------------------------------------------------------------

    def _find(self, items: Iterable[Item], item_id: str) -> Item:
        told = series.series_of(item_id)
        for item in items:
            if item_id in {item.item_id, item.immutable_id}:
                return item
            ids = (item.item_id.rstrip("="), item.immutable_id.rstrip("="))
            if told and told[0] in ids and series.has_day(item, told[1]):
                return series.occurrence_on(item, told[1])
        raise ItemMissing

    def _by_transaction(self, mailbox: Mailbox, transaction: str | None) -> Item | None:
        if transaction is None:
            return None
        return next((one for one in self.items(mailbox) if one.transaction_id == transaction), None)

    def _replaced(self, before: Item, after: Item, *, send: bool, by_occurrence: bool = False) -> Item:
        if send and is_sent(after):
            after = replace(after, sequence=after.sequence + 1)
        self._changes.keep(after, "updated", by_occurrence=by_occurrence)
        if send:
            self._post.send(before, after)
        return after

    def _refiled(self, item: Item, folder: Folder) -> Item:
        return replace(touched(item), folder=folder.folder_id, item_id=new_item_id())

    def _discard(self, mailbox: Mailbox, item: Item, *, send: bool) -> Item:
        if item.original_start is not None:
            return self._discard_occurrence(mailbox, item, send=send)
        deleted = next(folder for folder in self.folders(mailbox) if folder.kind == "deleted")
        after = self._refiled(item, deleted)
        self._kept.put(after)
        self._changes.tell(Change("deleted", item))
        if send and is_sent(item):
            self._post.cancel_for(item.attendees, item)
        return after

    def _discard_occurrence(self, mailbox: Mailbox, item: Item, *, send: bool) -> Item:
        master, day = self._master(mailbox, item), item.original_day
        left = {other: differing for other, differing in master.exceptions.items() if other != day}
        series_now = replace(master, cancelled_days=master.cancelled_days | {day}, exceptions=left)
        self._changes.tell(Change("deleted", item))
        self._replaced(master, touched(series_now), send=send, by_occurrence=True)
        return item


def _touches(item: Item, start: datetime, end: datetime) -> bool:
    return item.start < end and (item.end > start or item.start == item.end == start)


def _check_key(item: Item, change_key: str | None) -> None:
    if change_key not in {None, item.change_key}:
        raise Stale
