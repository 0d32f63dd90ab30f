"""The ledger on PostgreSQL: any number of processes, each unit a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from psycopg import RawCursor
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import IntegrityError, OperationalError

from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import NewBooking, Reading, RoomResult, Saved, Writing
from addin.meetings.model import Claim, Meeting
from addin.store.failures import ledger_failures
from addin.store.postgres_writing import PostgresWriting
from addin.store.reading import SqlReading

T = TypeVar("T")

# Deadlock and serialization failure (PostgreSQL, "Error Codes", class 40): the unit was undone, run it again.
_RUN_AGAIN = ("40001", "40P01")
_MOST_RUNS = 3


class PostgresLedger:
    """Implements `ledger_port.Ledger`.

    When the connection breaks during COMMIT nobody can know what became of it; LedgerUnavailable is raised, and the
    idempotency keys and leases make a repeat harmless.
    """

    def __init__(self, url: URL, keyring: Keyring, *, pool_size: int = 16) -> None:
        # A statement that stands alone is a transaction by itself; where there are more, BEGIN is written out. Values
        # are named as PostgreSQL names them ($1), so that the driver need not look for them in each text anew.
        self._alone = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            paramstyle="numeric_dollar",
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=5,
            # The one used last is the one whose process still has tables and plans at hand: with 32 clients a fifth of
            # what the database costs a booking. The others are idle for long, and `keepalives` keeps them alive.
            pool_use_lifo=True,
            pool_pre_ping=False,
            # Every transaction here is ended by the unit that began it; what stands alone has none to be undone.
            pool_reset_on_return=None,
            connect_args={
                "connect_timeout": 5,
                # What lies between forgets a connection on which nothing is said, mostly without a word to us.
                "keepalives_idle": 60,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "options": "-c statement_timeout=10000 -c lock_timeout=5000",
                "cursor_factory": RawCursor,
            },
        )
        self.engine = self._alone.execution_options()
        event.listen(self.engine, "begin", _begin)
        # One view for all statements of a unit; for reading alone, PostgreSQL never asks to begin again.
        self._reading = self.engine.execution_options(begin="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._keyring = keyring

    def read(self, unit: Callable[[Reading], T]) -> T:
        with ledger_failures(), self._reading.connect() as connection:
            return unit(SqlReading(connection, self._keyring))

    def write(self, unit: Callable[[Writing], T]) -> T:
        return self._repeated(self._run, unit)

    def add_booking(self, booking: NewBooking, lease_seconds: float) -> Claim | None:
        # Hosts are rows, and so a second statement.
        run = self._run if booking.meeting.hosts else self._run_alone
        return self._repeated(run, lambda writing: writing.add_booking(booking, lease_seconds))

    def save_step(self, claim: Claim, result: RoomResult, after: Meeting) -> Saved:
        return self._repeated(self._run_alone, lambda writing: writing.save_step(claim, result, after))

    def _repeated(self, run: Callable[[Callable[[Writing], T]], T], unit: Callable[[Writing], T]) -> T:
        with ledger_failures():
            for _ in range(_MOST_RUNS - 1):
                try:
                    return run(unit)
                except IntegrityError:
                    # Two units wrote the same key or item at once: the second run sees the first one's row.
                    continue
                except OperationalError as failure:
                    if getattr(failure.orig, "sqlstate", None) not in _RUN_AGAIN:
                        raise
            return run(unit)

    def _run(self, unit: Callable[[Writing], T]) -> T:
        with self.engine.begin() as connection:
            return unit(PostgresWriting(connection, self._keyring))

    def _run_alone(self, unit: Callable[[Writing], T]) -> T:
        """Run a unit that is one statement, without a transaction around it."""
        with self._alone.connect() as connection:
            return unit(PostgresWriting(connection, self._keyring))

    def take_up_leases(self) -> None:
        """Leave leases alone: their holders may well be alive, and a dead one's run out by themselves."""

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
