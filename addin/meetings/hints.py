"""Takes in what calendars tell: proves that it comes from them, stores it in one unit, and concludes nothing.

A hint only ever causes a fresh look (docs/adr/0018), so a bad one is dropped, a repeated one costs nothing, and the
caller may be answered as soon as the unit is committed. Nothing here calls a calendar.
"""

from __future__ import annotations

import hmac
import logging
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.calendar_ledger_port import StoredHint
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import Ledger
from addin.meetings.ports import Clock, HintKind, ReceivedHint
from addin.meetings.watches import MailboxWatch

log = logging.getLogger(__name__)

# How long a secret is believed without asking the ledger, and how many are remembered.
REMEMBERED: Final = timedelta(minutes=10)
MOST_REMEMBERED: Final = 50_000
# Something to compare with when no such subscription is known, so that the answer takes as long.
_NOBODYS: Final = "-" * 43


@dataclass(frozen=True, slots=True)
class _Known:
    watch_id: str
    mailbox: str
    secret: str = field(repr=False)
    read_at: datetime


class HintInbox:
    """The use case behind the calendars' notifications (`ports.Hints`)."""

    def __init__(self, ledger: Ledger, keyring: Keyring, clock: Clock) -> None:
        self._ledger = ledger
        self._keyring = keyring
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._changing = threading.Lock()

    def receive(self, hints: Sequence[ReceivedHint]) -> None:
        """Store what is proven, in one unit; raises LedgerUnavailable, and then nothing of it is stored."""
        stored = list(self._proven(hints))
        if stored:
            self._ledger.write(lambda writing: writing.add_hints(stored))

    def _proven(self, hints: Sequence[ReceivedHint]) -> Iterator[StoredHint]:
        known = self._known_of({hint.subscription for hint in hints})
        now, dropped = self._clock.now(), Counter[str]()
        for hint in hints:
            found = known.get(hint.subscription)
            expected = found.secret if found else _NOBODYS
            if not hmac.compare_digest(expected.encode(), hint.secret.encode()) or found is None:
                dropped["secret" if found else "subscription"] += 1
                continue
            yield self._stored(hint, found, now)
        for reason, number in dropped.items():
            log.warning("hints_dropped", extra={"reason": reason, "count": number})

    def _stored(self, hint: ReceivedHint, known: _Known, now: datetime) -> StoredHint:
        told = "\x1f".join((hint.subscription, hint.item_id or "", hint.version or "", hint.kind.value))
        item = item_hash(self._keyring, known.mailbox, hint.item_id) if hint.item_id else None
        return StoredHint(self._keyring.lookup_hash("hint", told), known.watch_id, hint.kind, item, now)

    def _known_of(self, subscriptions: Collection[str]) -> Mapping[str, _Known]:
        """Return what is known of the subscriptions, from memory where that is fresh; one reading for the rest."""
        oldest = self._clock.now() - REMEMBERED
        known = {name: self._known[name] for name in subscriptions if name in self._known}
        stale = [name for name in subscriptions if name not in known or known[name].read_at < oldest]
        if not stale:
            return known
        read = self._ledger.read(lambda reading: reading.watches_of(stale))
        fresh = {name: self._of_watch(read.get(name)) for name in stale}
        self._remember(fresh)
        return {name: found for name, found in {**known, **fresh}.items() if found}

    def _of_watch(self, watch: MailboxWatch | None) -> _Known | None:
        if watch is None or watch.secret is None:
            return None
        return _Known(watch.id, watch.mailbox, watch.secret, self._clock.now())

    def _remember(self, fresh: Mapping[str, _Known | None]) -> None:
        with self._changing:
            for name, found in fresh.items():
                self._known.pop(name, None)
                # What is not known is asked for again: its row may be on its way.
                if found:
                    self._known[name] = found
            while len(self._known) > MOST_REMEMBERED:
                del self._known[next(iter(self._known))]


def item_hash(keyring: Keyring, mailbox: str, item_id: str) -> bytes:
    """Return the keyed hash under which an item is looked up."""
    return item_hashes(keyring, mailbox, item_id)[0]


def item_hashes(keyring: Keyring, mailbox: str, item_id: str) -> Sequence[bytes]:
    """Return the same under each of the keys, the present one's first: a row may be of an earlier one."""
    return keyring.lookup_hashes("calendar-item", f"{mailbox}\x1f{item_id}")


def is_about_items(kind: HintKind) -> bool:
    """Whether the hint says that an item changed, not how the subscription fares."""
    return kind in (HintKind.CREATED, HintKind.UPDATED, HintKind.DELETED)
