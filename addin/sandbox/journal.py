"""What the sandbox has been asked, all but `/sandbox/`, so that tests can count calls and look for canaries."""

import threading
from collections import deque
from typing import Final

from addin.sandbox.shelf import Json

KEPT: Final = 20_000
DROPPED: Final = "dropped"  # the status of a request whose connection was closed without an answer


class Journal:
    """Keeps the last requests in memory; an entry stands from arrival, its status from the answer on."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: deque[Json] = deque(maxlen=KEPT)
        self._last = 0

    def begin(self, method: str, path: str, query: str, body: str) -> Json:
        """Write down a request that has arrived."""
        with self._changed:
            self._last += 1
            entry: Json = {
                "number": self._last,
                "method": method,
                "path": path,
                "query": query,
                "body": body,
                "status": None,
            }
            self._entries.append(entry)
            self._changed.notify_all()
            return entry

    def finish(self, entry: Json, status: int | str) -> None:
        """Write down how it was answered."""
        with self._changed:
            entry["status"] = status
            self._changed.notify_all()

    def read(self, method: str | None, path_prefix: str, at_least: int, wait: float) -> list[Json]:
        """Return matching entries as soon as `at_least` have been answered, or all there are after `wait` seconds."""

        def matching() -> list[Json]:
            found = [entry for entry in self._entries if entry["path"].startswith(path_prefix)]
            return [dict(entry) for entry in found if method in {None, entry["method"]}]

        def enough() -> bool:
            return sum(entry["status"] is not None for entry in matching()) >= at_least

        with self._changed:
            self._changed.wait_for(enough, timeout=wait)
            return matching()

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self._entries.clear()
