"""How many clicks may wait for a provider that is slow: never so many that nobody else gets an answer.

A click that is not let in is told at once that the room is still being made, and the worker makes it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# A provider that answers within this is not slow, however many wait for it.
SLOW_AFTER_SECONDS = 2.0


class Crowd:
    """Counts the clicks that have waited long; safe for many threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._since: dict[int, float] = {}

    def size(self) -> int:
        """Return how many clicks wait at this moment, slow or not."""
        return len(self._since)

    @contextmanager
    def waiting(self) -> Iterator[bool]:
        """Yield whether this click may wait."""
        now = time.monotonic()
        # A copy in one step: other threads come and go meanwhile.
        slow = sum(now - since > SLOW_AFTER_SECONDS for since in list(self._since.values()))
        if slow >= self._most:
            yield False
            return
        self._since[threading.get_ident()] = now
        try:
            yield True
        finally:
            self._since.pop(threading.get_ident(), None)
