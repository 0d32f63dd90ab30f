"""Whose mailboxes there are, who may open which, and where each of them is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Final

from addin.sandbox.exchange.refusals import AccessDenied, MailboxMissing
from addin.sandbox.people import MAILBOXES, Home, Mailbox
from addin.sandbox.shelf import Json, Shelf

KIND: Final = "mailbox-state"


@dataclass(frozen=True, slots=True)
class State:
    """Where a mailbox is, whether the background application may open it, and whether it is there at all."""

    home: Home = "online"
    readable: bool = True
    exists: bool = True


class Mailboxes:
    """Every mailbox of the region. Where each is survives a restart."""

    def __init__(self, shelf: Shelf) -> None:
        self._lock = threading.Lock()
        self._shelf = shelf
        self._states = {key: State(**told) for key, told in shelf.documents(KIND).items()}

    def find(self, name: str) -> Mailbox:
        """Return a mailbox by address or object id; raises MailboxMissing."""
        found = mailbox_named(name)
        if found is None or not self.state(found).exists:
            raise MailboxMissing
        return found

    def state(self, mailbox: Mailbox) -> State:
        """Return what is told of a mailbox."""
        usual = State(mailbox.home, readable=mailbox.in_scope)
        with self._lock:
            return self._states.get(mailbox.object_id, usual)

    def shared_with(self, mailbox: Mailbox) -> list[Mailbox]:
        """Return the mailboxes whose calendars a person may open beside her own, in the same Exchange."""
        home = self.state(mailbox).home
        others = (box for box in MAILBOXES if mailbox.object_id in box.delegates)
        states = ((box, self.state(box)) for box in others)
        return [box for box, state in states if state.exists and state.home == home]

    def is_online(self, object_id: str) -> bool:
        """Whether a mailbox is where Graph reaches it."""
        mailbox = mailbox_named(object_id)
        return mailbox is None or self.state(mailbox).home == "online"

    def change(self, mailbox: Mailbox, changes: Json) -> State:
        """Move a mailbox, take away the application's access, or remove it; raises ValueError."""
        unknown = set(changes) - {"home", "readable", "exists"}
        if unknown:
            raise ValueError(f"unknown of a mailbox: {', '.join(sorted(unknown))}")
        if changes.get("home", "online") not in {"online", "on_premises"}:
            raise ValueError('home: "online" or "on_premises"')
        if not all(isinstance(changes.get(name, True), bool) for name in ("readable", "exists")):
            raise ValueError("readable and exists are booleans")
        state = replace(self.state(mailbox), **changes)
        with self._lock:
            self._states[mailbox.object_id] = state
            told = {"home": state.home, "readable": state.readable, "exists": state.exists}
            self._shelf.put(KIND, mailbox.object_id, told)
        return state

    def clear(self) -> None:
        """Let every mailbox be where and as it was at first."""
        with self._lock:
            self._states.clear()
            self._shelf.clear(KIND)


def mailbox_named(name: str) -> Mailbox | None:
    """Return a mailbox by address, whatever its case, or by object id."""
    wanted = name.casefold()
    found = (box for box in MAILBOXES if wanted in {box.address.casefold(), box.object_id})
    return next(found, None)


def may_open(object_id: str, mailbox: Mailbox) -> None:
    """Refuse a person who neither owns a mailbox nor is its delegate; raises AccessDenied."""
    if object_id != mailbox.object_id and object_id not in mailbox.delegates:
        raise AccessDenied
