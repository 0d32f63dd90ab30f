"""Opens the ledger that a URL names; the rest of the service knows only `ledger_port.Ledger`.

What it takes to speak with one database is loaded only where that one is used: memory, and a driver that is not there.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import URL, Engine, create_engine, make_url

from addin.meetings.errors import LedgerUnavailable
from addin.meetings.keyring import Keyring
from addin.meetings.ports import Clock

if TYPE_CHECKING:
    from addin.store.postgres import PostgresLedger
    from addin.store.sqlite import SqliteLedger

SqlLedger: TypeAlias = "SqliteLedger | PostgresLedger"


def is_sqlite(url: str) -> bool:
    """Whether the URL names a SQLite file, which serves one process only."""
    return make_url(url).get_backend_name() == "sqlite"


def open_ledger(
    url: str, keyring: Keyring, clock: Clock, *, writes: bool = True, pool_size: int = 16
) -> SqlLedger:
    """Return the ledger; on SQLite raises LedgerInUse when another process writes it.

    `writes=False` opens beside a running service, for commands that only read.
    """
    address = _with_driver(make_url(url))
    if address.get_backend_name() == "sqlite":
        from addin.store.sqlite import SqliteLedger

        return SqliteLedger(address, keyring, clock, writes=writes)
    from addin.store.postgres import PostgresLedger

    return PostgresLedger(address, keyring, pool_size=pool_size)


def open_engine(url: str) -> Engine:
    """Return a bare engine, for migrations and checks."""
    address = _with_driver(make_url(url))
    if address.get_backend_name() == "sqlite":
        from addin.store.sqlite import sqlite_engine

        return sqlite_engine(address, _NoClock())
    return create_engine(address, hide_parameters=True, pool_size=1, connect_args={"connect_timeout": 5})


class _NoClock:
    """A bare engine is for schema and checks, which ask nothing of the ledger's time."""

    def now(self) -> datetime:
        raise LedgerUnavailable("a bare engine has no clock")


def mark_path(url: str, state_directory: Path) -> Path:
    """Return where the mark of a ledger stands: beside a SQLite file, else in the state directory."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return Path(f"{address.database}.mark")
    return state_directory / "ledger.mark"


def _with_driver(address: URL) -> URL:
    """Let people write the plain `postgresql://`; psycopg 3 is the driver that we install."""
    return address.set(drivername="postgresql+psycopg") if address.drivername == "postgresql" else address
