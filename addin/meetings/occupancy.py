"""Who is in a room, remembered for some seconds, so that what many ask at once costs its provider one call."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from addin.meetings.deadline import Deadline
from addin.meetings.errors import NotSupported, ProviderError, ProviderUnavailable
from addin.meetings.ports import Clock, ConferencingProvider, Occupancy, RoomWish

log = logging.getLogger(__name__)

OCCUPANCY_SECONDS: Final = 2.0
OCCUPANCY_KEPT: Final = timedelta(seconds=5)


class Unseen(Enum):
    """Why it is not known who is in a room."""

    UNREACHABLE = auto()
    UNSUPPORTED = auto()


Glimpse = Occupancy | Unseen


@dataclass(slots=True)
class _Seen:
    asking: threading.Lock = field(default_factory=threading.Lock)
    at: datetime | None = None
    glimpse: Glimpse = Unseen.UNREACHABLE


@dataclass(frozen=True, slots=True)
class _Away:
    """A provider that has not answered since then, and who asks it again."""

    since: datetime
    asking: threading.Lock = field(default_factory=threading.Lock)


class OccupancyMemory:
    """Remembers for some seconds who is in which room, so that a full waiting room costs the provider one call.

    A provider that does not answer is let alone as long, and then asked by one page at first: each page that waits for
    it keeps a thread from everybody else.
    """

    def __init__(self, clock: Clock, kept: timedelta = OCCUPANCY_KEPT, most: int = 1000) -> None:
        self._clock = clock
        self._kept = kept
        self._most = most
        self._rooms: dict[str, _Seen] = {}
        self._away: dict[str, _Away] = {}
        self._changing = threading.Lock()

    def glimpse(self, provider: ConferencingProvider, wish: RoomWish) -> Glimpse:
        """Return who is in the room; those who ask at once share one call, and its failure."""
        seen = self._entry(wish.name)
        with seen.asking:
            now = self._clock.now()
            if seen.at is None or abs(now - seen.at) >= self._kept:
                told = self._ask_unless_away(provider, wish, now)
                if told is None:
                    return Unseen.UNREACHABLE
                seen.glimpse, seen.at = told, now
            return seen.glimpse

    def _ask_unless_away(
        self, provider: ConferencingProvider, wish: RoomWish, now: datetime
    ) -> Glimpse | None:
        """Return what the provider says; None when it was let alone."""
        away = self._away.get(provider.name)
        if away is None:
            return self._ask(provider, wish, now)
        if abs(now - away.since) < self._kept or not away.asking.acquire(blocking=False):
            return None
        try:
            return self._ask(provider, wish, now)
        finally:
            away.asking.release()

    def _ask(self, provider: ConferencingProvider, wish: RoomWish, now: datetime) -> Glimpse:
        try:
            seen: Glimpse = provider.occupancy(wish, Deadline.after(OCCUPANCY_SECONDS))
        except NotSupported:
            seen = Unseen.UNSUPPORTED
        except ProviderError as failure:
            known = {"provider": provider.name, "failure": type(failure).__name__}
            log.warning("occupancy_unknown", extra=known)
            if isinstance(failure, ProviderUnavailable):
                self._away[provider.name] = _Away(now)
            return Unseen.UNREACHABLE
        self._away.pop(provider.name, None)
        return seen

    def _entry(self, name: str) -> _Seen:
        with self._changing:
            entry = self._rooms.setdefault(name, _Seen())
            while len(self._rooms) > self._most:
                del self._rooms[next(iter(self._rooms))]
            return entry
