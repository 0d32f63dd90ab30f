"""How many calls of one application run on one mailbox at once (throttling guidance: four), and a lever for them."""

import threading
import time
from collections import Counter
from collections.abc import Iterable

from addin.sandbox.exchange.graph.faults import too_many
from addin.sandbox.exchange.settings import ExchangeSettings

Key = tuple[str, str]
LONGEST_HOLD_SECONDS = 60.0


class Turns:
    """Counts running calls by application and mailbox."""

    def __init__(self, settings: ExchangeSettings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._running: Counter[Key] = Counter()
        self._held = False

    def take(self, key: Key) -> None:
        """Let a call run, for as long as calls take and are held; raises GraphFault when it is one too many."""
        with self._changed:
            if self._running[key] >= self._settings.concurrent_calls:
                raise too_many(self._settings.retry_after)
            self._running[key] += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._held, timeout=LONGEST_HOLD_SECONDS)
        time.sleep(self._settings.answer_seconds)

    def end(self, keys: Iterable[Key]) -> None:
        """Count calls as over."""
        with self._changed:
            self._running.subtract(keys)
            self._changed.notify_all()

    def hold(self, *, held: bool) -> None:
        """Let every call stand still that has a turn, or let them go on."""
        with self._changed:
            self._held = held
            self._changed.notify_all()

    def running(self, at_least: int, wait: float) -> int:
        """Return how many calls run, as soon as there are `at_least`, or after `wait` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._running.total() >= at_least, timeout=wait)
            return self._running.total()
