"""Change notifications: written for each subscription that wants them, and delivered in the background.

At least once: an address that does not answer 2xx in time is tried again, with longer and longer pauses. What the real
service does at its worst can be ordered through `ExchangeSettings`: duplicates, disorder, loss, delay.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

import requests

from addin.sandbox.exchange.changes import Change
from addin.sandbox.exchange.graph.event import etag_of
from addin.sandbox.exchange.graph.identifiers import id_of
from addin.sandbox.exchange.graph.subscriptions import Subscription, Subscriptions
from addin.sandbox.exchange.mailboxes import Mailboxes
from addin.sandbox.exchange.settings import ExchangeSettings
from addin.sandbox.people import TENANT
from addin.sandbox.shelf import Json

Lifecycle = Literal["missed", "subscriptionRemoved", "reauthorizationRequired"]
WORKERS: Final = 4
REMEMBERED: Final = 5_000
LONGEST_PAUSE: Final = 600.0


@dataclass(slots=True)
class Notification:
    """One notification on its way; `due` and `first_due` are seconds of the monotonic clock."""

    url: str
    content: Json
    due: float
    first_due: float
    attempt: int = 0


@dataclass(slots=True)
class Posted:
    """One delivery that was tried: how many notifications, and what the address answered (0: nothing in time)."""

    url: str
    content: list[Json] = field(repr=False)
    status: int
    seconds: float

    def shown(self) -> Json:
        """Return it as JSON."""
        return {
            "url": self.url,
            "notifications": self.content,
            "status": self.status,
            "seconds": self.seconds,
        }


class Notifications:
    """The post: takes changes from the store, and delivers until told to hold."""

    def __init__(
        self, subscriptions: Subscriptions, mailboxes: Mailboxes, settings: ExchangeSettings
    ) -> None:
        self._subscriptions, self._mailboxes, self._settings = subscriptions, mailboxes, settings
        self._changed = threading.Condition()
        self._waiting: list[Notification] = []
        self._under_way = 0
        self._held = False
        self._posted: deque[Posted] = deque(maxlen=REMEMBERED)
        self._dice = random.Random(0)
        self._workers = 0

    def note(self, change: Change) -> None:
        """Write a notification for each subscription that wants this change; some are lost when that is ordered.

        Graph hears nothing of what happens on premises.
        """
        if not self._mailboxes.is_online(change.item.mailbox):
            return
        if change.by_occurrence and self._settings.notify_occurrence_alone:
            return
        for subscription in self._subscriptions.all():
            if subscription.mailbox != change.item.mailbox or not subscription.wants(change.kind):
                continue
            for _ in range(self._settings.notify_times):
                if self._dice.random() * 100 >= self._settings.notify_lost_percent:
                    self._queue(subscription.url, _change_notification(subscription, change))

    def lifecycle(self, subscription: Subscription, event: Lifecycle) -> None:
        """Tell an application what has become of its subscription, where it wanted to be told."""
        if subscription.lifecycle_url:
            self._queue(subscription.lifecycle_url, _common(subscription) | {"lifecycleEvent": event})

    def hold(self, *, held: bool) -> None:
        """Let notifications wait, or let them go on."""
        with self._changed:
            self._held = held
            self._changed.notify_all()

    def hurry(self) -> None:
        """Let everything that waits, for its time or for another try, be delivered now."""
        with self._changed:
            for one in self._waiting:
                one.due = 0.0
            self._changed.notify_all()

    def settled(self, wait: float, tries: int | None = None) -> bool:
        """Return whether nothing is on its way any more, as soon as that is so, or after `wait` seconds.

        With `tries`, wait only until so many deliveries have been tried.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_empty() or self._has_tried(tries), timeout=wait)
            return self._is_empty()

    def _is_empty(self) -> bool:
        return not self._waiting and not self._under_way

    def _has_tried(self, tries: int | None) -> bool:
        return tries is not None and len(self._posted) >= tries

    def waiting(self) -> int:
        """Return how many notifications are still to be delivered."""
        with self._changed:
            return len(self._waiting) + self._under_way

    def posted(self) -> list[Posted]:
        """Return what was delivered, or tried to be."""
        with self._changed:
            return list(self._posted)

    def forget(self) -> None:
        """Drop what waits and what is remembered, deliver again, and let chance begin anew."""
        with self._changed:
            self._waiting.clear()
            self._posted.clear()
            self._held = False
            self._dice.seed(0)
            self._changed.notify_all()

    def _queue(self, url: str, content: Json) -> None:
        due = time.monotonic() + self._settings.notify_after_seconds
        with self._changed:
            while self._workers < WORKERS:
                threading.Thread(target=self._work, daemon=True).start()
                self._workers += 1
            at = (
                self._dice.randint(0, len(self._waiting))
                if self._settings.notify_shuffled
                else len(self._waiting)
            )
            self._waiting.insert(at, Notification(url, content, due, due))
            self._changed.notify_all()

    def _work(self) -> None:
        http = requests.Session()
        http.trust_env = False
        while True:
            batch = self._next_batch()
            again = self._post(http, batch)
            with self._changed:
                self._waiting += again
                self._under_way -= len(batch)
                self._changed.notify_all()

    def _next_batch(self) -> list[Notification]:
        """Wait for notifications that are due, and take those for one address."""
        with self._changed:
            while True:
                due = self._due()
                if due:
                    url = due[0].url
                    batch = [one for one in due if one.url == url][: self._settings.notify_batch]
                    for one in batch:
                        self._waiting.remove(one)
                    self._under_way += len(batch)
                    return batch
                self._changed.wait(timeout=self._pause())

    def _due(self) -> list[Notification]:
        now = time.monotonic()
        return [] if self._held else [one for one in self._waiting if one.due <= now]

    def _pause(self) -> float | None:
        if self._held or not self._waiting:
            return None
        return max(0.0, min(one.due for one in self._waiting) - time.monotonic())

    def _post(self, http: requests.Session, batch: list[Notification]) -> list[Notification]:
        """Deliver to one address; returns what must be tried again."""
        begun, content = time.monotonic(), [one.content for one in batch]
        try:
            answer = http.post(
                batch[0].url,
                json={"value": content},
                timeout=self._settings.ack_seconds,
                allow_redirects=False,
            )
            status = answer.status_code
        except requests.RequestException:
            status = 0
        ended = time.monotonic()
        with self._changed:
            self._posted.append(Posted(batch[0].url, content, status, round(ended - begun, 4)))
        # An answer that took too long counts as none, though it came.
        if 200 <= status < 300 and ended - begun <= self._settings.ack_seconds:
            return []
        return [one for one in batch if self._tries_again(one, ended)]

    def _tries_again(self, one: Notification, now: float) -> bool:
        pause = min(self._settings.retry_seconds * 2**one.attempt, LONGEST_PAUSE)
        one.attempt += 1
        one.due = now + pause
        return one.due - one.first_due < self._settings.give_up_seconds


def _common(subscription: Subscription) -> Json:
    return {
        "subscriptionId": subscription.subscription_id,
        "subscriptionExpirationDateTime": subscription.expires,
        "clientState": subscription.secret,
        "tenantId": TENANT,
    }


def _change_notification(subscription: Subscription, change: Change) -> Json:
    item_id = id_of(change.item, immutable=subscription.immutable)
    resource = f"Users/{subscription.mailbox}/Events/{item_id}"
    return _common(subscription) | {
        "id": str(uuid.uuid4()),
        "changeType": change.kind,
        "resource": resource,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": etag_of(change.item),
            "id": item_id,
        },
    }
