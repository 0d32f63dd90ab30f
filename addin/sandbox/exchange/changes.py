"""Keeps items and tells of it: whoever listens hears of every change, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from addin.sandbox.exchange.items import Item
from addin.sandbox.exchange.shelved import Shelved

ChangeKind = Literal["created", "updated", "deleted"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to an item of a mailbox; of a deleted one, `item` is as it was last.

    `by_occurrence`: it is a series that changed because one of its occurrences did, of which was told by itself.
    """

    kind: ChangeKind
    item: Item
    by_occurrence: bool = False


Listener = Callable[[Change], None]


class Changes:
    """What is kept, and who is told; not safe for threads by itself, the store holds the lock."""

    def __init__(self, kept: Shelved) -> None:
        self._kept = kept
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every change from now on."""
        self._listeners.append(listener)

    def keep(self, item: Item, kind: ChangeKind, *, by_occurrence: bool = False) -> None:
        """Keep an item as it is now, and tell of it."""
        self._kept.put(item)
        self.tell(Change(kind, item, by_occurrence))

    def tell(self, change: Change) -> None:
        """Tell of a change that leaves nothing to keep, or is kept otherwise."""
        for listener in self._listeners:
            listener(change)
