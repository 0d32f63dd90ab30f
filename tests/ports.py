"""Ports for servers that tests start: free ones, which no other test process on this machine takes meanwhile.

They lie below the range from which systems number outgoing connections, so that one stays free while its server is
not up yet, or is down, and a lock file keeps the other test processes away from it.
"""

from __future__ import annotations

import random
import socket
import tempfile
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

RANGE: Final = (18_000, 30_000)
_kept: Final[list[HeldPorts]] = []


class HeldPorts:
    """So many ports in a row, from `first` on, until they are released."""

    def __init__(self, count: int = 1) -> None:
        while True:
            self.first = random.randrange(RANGE[0], RANGE[1] - count)
            self._locks: list[FileLock] = []
            if all(map(self._holds, range(self.first, self.first + count))):
                return
            self.release()

    def release(self) -> None:
        """Give them back."""
        for lock in self._locks:
            lock.release()

    def _holds(self, port: int) -> bool:
        folder = Path(tempfile.gettempdir()) / "vardmote-test-ports"
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / str(port))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._locks.append(lock)
        return _is_free(port)


def kept_port() -> int:
    """Return a port that is this test process's to its end."""
    _kept.append(HeldPorts())
    return _kept[-1].first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
