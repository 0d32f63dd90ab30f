"""The test's end of the halting service: chooses a commit, waits until the service stands there, lets it go on."""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.region import NeverHappened

LAUNCHER: Final = Path(__file__).with_name("halting_service.py")
SECONDS: Final = 60.0

# Times that a test need not wait for, and one that it must not outrun: as long as it holds the ledger locked, a click
# waits. The lease stays the product's own unless a test is about it, as do the time that a click has for its room and
# the minutes in which a lost call may still take effect (`Region.lands_nothing_more`).
PACE: Final[Mapping[str, float]] = {
    "VERIFY_AFTER_SECONDS": 0.05,
    "VERIFY_AGAIN_SECONDS": 1.0,
    "POLL_SECONDS": 0.05,
    "FIRST_PAUSE_SECONDS": 0.05,
    "LONGEST_PAUSE_SECONDS": 0.3,
    "REFUSED_PAUSE_SECONDS": 0.5,
    "MARK_SECONDS": 0.1,
    "BUSY_TIMEOUT_MS": 4000,
}


class Halts:
    """Where the service is to stand still. One at a time; the service asks here at every commit it names."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wanted: str | None = None
        self._standing: str | None = None
        self._go_on = threading.Event()
        self.passed: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", 0), self._answering())
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def close(self) -> None:
        """Let everybody go on, now and later."""
        self.go_on()
        self._server.shutdown()
        self._server.server_close()

    def at(self, point: str) -> None:
        """Stop the service when it is next at `point`, e.g. `before commit of wish`."""
        with self._changed:
            self._wanted, self._standing = point, None
            self._go_on.clear()

    def wait(self) -> None:
        """Return when the service stands at the point; raises NeverHappened."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._standing, timeout=SECONDS):
                raise NeverHappened(f"the service never came to {self._wanted}")

    def go_on(self) -> None:
        """Let the service go on, and stop it nowhere until `at` is called again."""
        with self._changed:
            self._wanted = None
            self._go_on.set()

    def _arrived(self, point: str) -> bool:
        with self._changed:
            self.passed[point] += 1
            if point != self._wanted or self._standing:
                return False
            self._standing = point
            self._changed.notify_all()
            return True

    def _answering(self) -> type[socketserver.StreamRequestHandler]:
        halts = self

        class Asked(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                if halts._arrived(self.rfile.readline().decode().strip()):
                    halts._go_on.wait()
                # A service that was killed meanwhile does not hear the answer.
                self.connection.settimeout(1)
                try:
                    self.wfile.write(b"go on\n")
                except OSError:
                    return

        return Asked


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


def launched(
    command: str = "serve",
    *options: str,
    halts: Halts | None = None,
    pace: Mapping[str, float] | None = None,
) -> Callable[[Path], list[str]]:
    """Return how to start the service through the launcher, for `Region(command=...)`."""
    ours = ["--pace", json.dumps({**PACE, **(pace or {})})]
    if halts:
        ours += ["--halts", str(halts.port)]
    return lambda settings: [
        sys.executable,
        str(LAUNCHER),
        *ours,
        command,
        *options,
        "--settings",
        str(settings),
    ]
