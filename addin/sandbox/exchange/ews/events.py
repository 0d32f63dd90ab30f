"""What has happened in the mailboxes, for those who pull it: subscriptions with watermarks, and folders' sync states.

Kept in memory: after a restart every subscription and every sync state is lost, as after a failover of the real one.
"""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

from addin.sandbox.exchange.changes import Change
from addin.sandbox.exchange.ews.soap import Failure
from addin.sandbox.exchange.items import Item

EventKind = Literal["CreatedEvent", "ModifiedEvent", "DeletedEvent", "MovedEvent"]
# As many as one answer holds; the rest is told by MoreEvents.
LARGEST_ANSWER: Final = 5
_KINDS: Final[dict[str, EventKind]] = {
    "created": "CreatedEvent",
    "updated": "ModifiedEvent",
    "deleted": "DeletedEvent",
}


@dataclass(frozen=True)
class Happening:
    """One change of an item; of one that was moved, `before` is where it was. `number` counts all that happened."""

    number: int
    at: datetime
    kind: EventKind
    item: Item
    before: Item | None = None

    @property
    def watermark(self) -> str:
        """Return what a subscriber goes on from."""
        return watermark(self.number)

    def touches(self, folders: frozenset[str] | None) -> bool:
        """Whether it happened in one of the folders, which are None for all of them."""
        ends = [self.item.folder, *([self.before.folder] if self.before else [])]
        return folders is None or any(folder in folders for folder in ends)


@dataclass(frozen=True)
class Subscription:
    """Who wants to know what. `seconds` is how long it lives without being pulled, None for a streaming one."""

    subscription_id: str
    mailbox: str
    folders: frozenset[str] | None
    kinds: frozenset[str]
    seconds: float | None
    start: int
    pulled_at: float


class Events:
    """Everything that has happened since the start, and who is subscribed. Safe to be used by many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._changed = threading.Condition()
        self._happened: list[Happening] = []
        self._subscriptions: dict[str, Subscription] = {}
        self._clock = clock
        self._lost = 0

    def note(self, change: Change) -> None:
        """Write a change down; the store calls this, in order."""
        with self._changed:
            last = self._happened[-1] if self._happened else None
            number = last.number + 1 if last else 1
            kind = _KINDS[change.kind]
            happening = Happening(number, datetime.now(UTC), kind, change.item)
            if last and last.kind == "DeletedEvent" and _is_same(last.item, change.item):
                # The store tells of a move as of a deletion and a creation, one right after the other.
                # Its number is new, since whoever was told of the deletion has yet to hear that the item was restored.
                happening = replace(happening, kind="MovedEvent", before=last.item)
                self._happened.pop()
            if self._lost > 0:
                self._lost -= 1
                # Its number stays empty, so that whoever pulls later cannot get it either.
                happening = replace(happening, item=replace(change.item, mailbox=""), before=None)
            self._happened.append(happening)
            self._changed.notify_all()

    def lose(self, count: int) -> None:
        """Let the next changes be told to nobody."""
        with self._changed:
            self._lost = count

    def forget_subscriptions(self) -> None:
        """End all subscriptions, as a failover does."""
        with self._changed:
            self._subscriptions.clear()

    def subscribe(
        self, mailbox: str, folders: frozenset[str] | None, kinds: Iterable[str], minutes: int | None
    ) -> Subscription:
        """Begin a subscription: pulled within `minutes` each time, or (None) streaming."""
        with self._changed:
            seconds = None if minutes is None else minutes * 60.0
            told = base64.b64encode(secrets.token_bytes(24)).decode()
            start = self.latest
            found = Subscription(told, mailbox, folders, frozenset(kinds), seconds, start, self._clock())
            self._subscriptions[told] = found
            return found

    def unsubscribe(self, mailbox: str, subscription_id: str) -> None:
        """End a subscription; raises Failure when there is none."""
        with self._changed:
            self._subscription(mailbox, subscription_id)
            del self._subscriptions[subscription_id]

    def pull(self, mailbox: str, subscription_id: str, told: str) -> tuple[list[Happening], bool]:
        """Return what has happened after a watermark, and whether there is more; raises Failure."""
        number = number_of(told)
        with self._changed:
            subscription = self._subscription(mailbox, subscription_id)
            if number is None or number < subscription.start or number > self.latest:
                raise Failure("ErrorInvalidWatermark", "The watermark is invalid.")
            self._subscriptions[subscription_id] = replace(subscription, pulled_at=self._clock())
            found = self._for(subscription, number)
            return found[:LARGEST_ANSWER], len(found) > LARGEST_ANSWER

    def wait(
        self, mailbox: str, subscription_ids: Sequence[str], seconds: float
    ) -> dict[str, list[Happening]]:
        """Return what happens to streaming subscriptions, as soon as something does; nothing after `seconds`."""
        with self._changed:
            some = [self._subscription(mailbox, one) for one in subscription_ids]
            start = {one.subscription_id: one.start for one in some}

            def found() -> dict[str, list[Happening]]:
                told = {one.subscription_id: self._for(one, start[one.subscription_id]) for one in some}
                return {key: happened for key, happened in told.items() if happened}

            self._changed.wait_for(lambda: bool(found()), timeout=seconds)
            for one in some:
                # A streaming connection tells each event once.
                self._subscriptions[one.subscription_id] = replace(one, start=self.latest)
            return found()

    @property
    def latest(self) -> int:
        """Return the number of what happened last."""
        with self._changed:
            return self._happened[-1].number if self._happened else 0

    def since(self, mailbox: str, folder: str, number: int) -> list[Happening]:
        """Return what has happened in a folder after a number."""
        with self._changed:
            folders = frozenset({folder})
            found = (one for one in self._happened if one.number > number and one.item.mailbox == mailbox)
            return [one for one in found if one.touches(folders)]

    def _for(self, subscription: Subscription, number: int) -> list[Happening]:
        found = (one for one in self._happened if one.number > number)
        return [
            one
            for one in found
            if one.item.mailbox == subscription.mailbox
            and one.kind in subscription.kinds
            and one.touches(subscription.folders)
        ]

    def _subscription(self, mailbox: str, subscription_id: str) -> Subscription:
        found = self._subscriptions.get(subscription_id)
        if found is None or found.mailbox != mailbox:
            raise Failure("ErrorSubscriptionNotFound", "The specified subscription was not found.")
        if found.seconds is not None and self._clock() - found.pulled_at > found.seconds:
            del self._subscriptions[subscription_id]
            raise Failure("ErrorExpiredSubscription", "The specified subscription has expired.")
        return found


def watermark(number: int) -> str:
    """Return a number as it is told."""
    return base64.b64encode(f"{number:020}".encode()).decode()


def number_of(told: str) -> int | None:
    """Return the number that a watermark tells, None when it is none."""
    try:
        return int(base64.b64decode(told, validate=True))
    except ValueError:
        return None


def _is_same(earlier: Item, later: Item) -> bool:
    return earlier.immutable_id == later.immutable_id and earlier.item_id != later.item_id
