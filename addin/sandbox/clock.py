"""The clock of the simulated Pexip: real time, plus whatever a test has moved it on."""

import threading
import time
from datetime import UTC, datetime


class Clock:
    """Tells the time in seconds since 1970; `advance` moves it, so that no test has to wait 900 s."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = 0.0

    def now(self) -> float:
        """Return the simulated time in seconds since 1970, UTC."""
        with self._lock:
            return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move on; time never goes back."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        with self._lock:
            self._ahead += seconds

    def timestamp(self) -> str:
        """Return the time as Pexip writes it: ISO 8601, UTC, microseconds, no offset."""
        return datetime.fromtimestamp(self.now(), UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
