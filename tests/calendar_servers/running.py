"""Starts each kind of server once for a process of tests; SOGo only where the slow servers were asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.calendar_servers.radicale import Radicale
from tests.calendar_servers.server import CalendarServer
from tests.calendar_servers.sogo import Sogo
from tests.calendar_servers.xandikos import Xandikos

KINDS: Final[dict[str, Callable[[Path], CalendarServer]]] = {
    "radicale": Radicale,
    "xandikos": Xandikos,
    "sogo": Sogo,
}
EVERY_SERVER: Final = [
    "radicale",
    "xandikos",
    pytest.param("sogo", marks=pytest.mark.slow_servers),
]
ServerOf = Callable[[str], CalendarServer]


@pytest.fixture(scope="session")
def calendar_servers() -> Iterator[ServerOf]:
    """Return the running server of a kind, started when it is first asked for."""
    running: dict[str, CalendarServer] = {}
    with ExitStack() as stack:

        def server(name: str) -> CalendarServer:
            if name not in running:
                # Not pytest's own folder: as root some servers run as another user, who may not enter that.
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"vardmote-{name}-"))
                running[name] = KINDS[name](Path(folder))
                stack.callback(running[name].stop)
            return running[name]

        yield server
