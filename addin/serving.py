"""What the supervising process looks at before it starts the processes that serve."""

from __future__ import annotations

import socket

from addin.config import Settings, SettingsFaulty
from addin.store.ledger import is_sqlite, open_engine
from addin.store.schema import is_current
from addin.store.sqlite import hold_for_a_moment


def hold_start(settings: Settings) -> int:
    """Return how many processes to start; raises SettingsFaulty or LedgerInUse when a start cannot succeed."""
    engine = open_engine(settings.ledger.url)
    try:
        if not is_current(engine):
            raise SettingsFaulty(["The ledger is not prepared for this version. Run: vardmote migrate"])
    finally:
        engine.dispose()
    if is_sqlite(settings.ledger.url):
        hold_for_a_moment(settings.ledger.url)
    _hold_port(settings.server.host, settings.server.port)
    return settings.server.processes


def _hold_port(host: str, port: int) -> None:
    """Say now, in one sentence, what the server would say in many."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            sentence = f"server.port: {host}:{port} cannot be used ({fault.strerror}); choose another in the settings"
            raise SettingsFaulty([sentence]) from None
