"""The ledger on PostgreSQL: any number of processes, each unit a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import IntegrityError, OperationalError

from addin.meetings.keyring import Keyring
from addin.meetings.ports import Reading, Writing
from addin.store.failures import ledger_failures
from addin.store.reading import SqlReading
from addin.store.writing import SqlWriting

T = TypeVar("T")

# Deadlock and serialization failure (PostgreSQL, "Error Codes", class 40): the unit was undone, run it again.
_RUN_AGAIN = ("40001", "40P01")
_MOST_RUNS = 3


class PostgresLedger:
    """Implements `ports.Ledger`.

    When the connection breaks during COMMIT nobody can know what became of it; LedgerUnavailable is raised, and the
    idempotency keys and leases make a repeat harmless.
    """

    def __init__(self, url: URL, keyring: Keyring, *, pool_size: int = 16) -> None:
        self.engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=5,
            pool_pre_ping=False,
            connect_args={"connect_timeout": 5, "options": "-c statement_timeout=10000 -c lock_timeout=5000"},
        )
        # One view for all statements of a unit; for reading alone, PostgreSQL never asks to begin again.
        self._reading = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._keyring = keyring

    def read(self, unit: Callable[[Reading], T]) -> T:
        with ledger_failures(), self._reading.connect() as connection:
            return unit(SqlReading(connection, self._keyring))

    def write(self, unit: Callable[[Writing], T]) -> T:
        with ledger_failures():
            for _ in range(_MOST_RUNS - 1):
                try:
                    return self._run(unit)
                except IntegrityError:
                    # Two units wrote the same key or item at once: the second run sees the first one's row.
                    continue
                except OperationalError as failure:
                    if getattr(failure.orig, "sqlstate", None) not in _RUN_AGAIN:
                        raise
            return self._run(unit)

    def _run(self, unit: Callable[[Writing], T]) -> T:
        with self.engine.begin() as connection:
            return unit(SqlWriting(connection, self._keyring))

    def take_up_leases(self) -> None:
        """Leave leases alone: their holders may well be alive, and a dead one's run out by themselves."""

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
