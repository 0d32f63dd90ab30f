"""The ledger on SQLite: one process, one writer thread, many units to a commit.

A commit that reaches the disk costs about 0.4 ms whatever it holds (docs/adr/0013), so units that arrive while one is
being written go together into the next. Each has a savepoint: its own failure undoes it alone, a failed commit
undoes them all and reaches every waiter.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from addin.meetings.errors import LedgerUnavailable
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import NewBooking, Reading, RoomResult, Saved, Writing
from addin.meetings.model import Claim, Meeting
from addin.meetings.ports import Clock
from addin.store import tables
from addin.store.failures import LedgerInUse, kind_of, ledger_failures
from addin.store.ledger_now import SQLITE_FUNCTION
from addin.store.prepared import Executed, Prepared
from addin.store.reading import SqlReading
from addin.store.rows import to_time
from addin.store.writing import SqlWriting

T = TypeVar("T")

BUSY_TIMEOUT_MS = 2000
MOST_UNITS_A_COMMIT = 64


def sqlite_engine(url: URL, clock: Clock) -> Engine:
    """Return an engine whose connections are durable on power loss and begin transactions only when told."""
    engine = create_engine(url, hide_parameters=True, pool_size=8, max_overflow=32, pool_timeout=5)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.create_function(SQLITE_FUNCTION, 0, lambda: to_time(clock.now()))
        # The driver's own BEGIN comes too late and too weak; ours are written out.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Straight to the driver, for SQLAlchemy readies a result for it. A mere BEGIN does nothing yet that could fail.
        driver: Any = connection.connection.driver_connection
        driver.execute(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


@dataclass(eq=False, slots=True)
class _Unit:
    """One waiter's unit of work and what came of it.

    `gate` is held until it is done: a bare lock, since an event costs more than one of the ledger's statements.
    """

    work: Callable[[Writing], Any]
    gate: threading.Lock = field(default_factory=threading.Lock)
    result: Any = None
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self.gate.acquire()

    def finish(self, failure: BaseException | None = None) -> None:
        self.failure = self.failure or failure
        self.gate.release()

    def outcome(self) -> Any:
        """Wait until it is done; return its result or raise its failure."""
        with self.gate:
            if self.failure:
                raise self.failure
            return self.result


class SqliteLedger:
    """Implements `ledger_port.Ledger`; `close` ends the writer and gives the file back."""

    def __init__(self, url: URL, keyring: Keyring, clock: Clock, *, writes: bool = True) -> None:
        self.engine = sqlite_engine(url, clock)
        self._keyring = keyring
        self._queue: list[_Unit] = []
        self._arrived = threading.Condition()
        self._closing = False
        self._lock = _taken(Path(url.database or "")) if writes else None
        self._writer = threading.Thread(target=self._write_for_ever, name="ledger-writer", daemon=True)
        if writes:
            self._writer.start()

    def read(self, unit: Callable[[Reading], T]) -> T:
        with ledger_failures(), self.engine.connect() as connection:
            return unit(SqlReading(connection, self._keyring))

    def write(self, unit: Callable[[Writing], T]) -> T:
        waiting = _Unit(unit)
        with self._arrived:
            if self._closing or self._lock is None:
                raise LedgerUnavailable("closed" if self._lock else "opened for reading only")
            self._queue.append(waiting)
            self._arrived.notify()
        return cast("T", waiting.outcome())

    def add_booking(self, booking: NewBooking, lease_seconds: float) -> Claim | None:
        return self.write(lambda writing: writing.add_booking(booking, lease_seconds))

    def save_step(self, claim: Claim, result: RoomResult, after: Meeting) -> Saved:
        return self.write(lambda writing: writing.save_step(claim, result, after))

    def take_up_leases(self) -> None:
        """End the leases of the process before us, which is gone since we hold its lock; look before changing."""
        rooms = tables.rooms
        statement = update(rooms).where(rooms.c.lease_until.is_not(None))
        with ledger_failures(), self.engine.begin() as connection:
            connection.execute(statement.values(lease_until=None, must_look=True))
            for table in (tables.bindings, tables.watches, tables.notices):
                leased = update(table).where(table.c.lease_until.is_not(None))
                connection.execute(leased.values(lease_until=None))

    def close(self) -> None:
        """Finish what was handed in, then give the file back."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        if self._writer.is_alive():
            self._writer.join()
        self.engine.dispose()
        if self._lock:
            self._lock.release()

    def _write_for_ever(self) -> None:
        connection: Connection | None = None
        while units := self._next_units():
            try:
                if connection is None:
                    connection = self.engine.connect().execution_options(begin="BEGIN IMMEDIATE")
                self._commit_together(connection, units)
            except (SQLAlchemyError, sqlite3.Error) as failure:
                _abandon(connection)
                connection = None
                _fail(units, LedgerUnavailable(kind_of(failure)))
            except BaseException as failure:  # noqa: BLE001 - no waiter may wait for ever, whatever happened
                _abandon(connection)
                connection = None
                _fail(units, failure)
        _abandon(connection)

    def _next_units(self) -> list[_Unit]:
        """Wait for work and take it; empty when the ledger closes."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._queue or self._closing)
            units, self._queue = self._queue[:MOST_UNITS_A_COMMIT], self._queue[MOST_UNITS_A_COMMIT:]
            return units

    def _commit_together(self, connection: Connection, units: list[_Unit]) -> None:
        with connection.begin():
            writing = _SqliteWriting(connection, self._keyring)
            for unit in units:
                _run(writing, unit)
        for unit in units:
            unit.finish()


class _SqliteWriting(SqlWriting):
    """Runs kept statements and savepoints on the driver's own connection: the writer thread knows its failures, too."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        super().__init__(connection, keyring)
        self.driver: Any = connection.connection.driver_connection

    def _run(self, statement: Prepared, values: Mapping[str, Any]) -> Executed:
        text = statement.text(self._connection.dialect)
        executed: Executed = self.driver.execute(text.sql, text.parameters(values))
        return executed


def _run(writing: _SqliteWriting, unit: _Unit) -> None:
    """Run one unit inside its own savepoint; raises what makes the whole transaction unsafe."""
    driver = writing.driver
    driver.execute("SAVEPOINT unit")
    try:
        unit.result = unit.work(writing)
    except (IntegrityError, sqlite3.IntegrityError) as failure:
        unit.failure = LedgerUnavailable(kind_of(failure))
        driver.execute("ROLLBACK TO unit")
    except (SQLAlchemyError, sqlite3.Error):
        # A full or broken disk may have ended the whole transaction: nobody's work is safe.
        raise
    except Exception as failure:  # noqa: BLE001 - it is the waiter's, and is raised there
        unit.failure = failure
        driver.execute("ROLLBACK TO unit")
    driver.execute("RELEASE unit")


def _taken(path: Path) -> FileLock:
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LedgerInUse(path) from None
    return lock


def _fail(units: list[_Unit], failure: BaseException) -> None:
    for unit in units:
        unit.finish(failure)


def _abandon(connection: Connection | None) -> None:
    """Close the connection for good, so that no half transaction is ever reused."""
    if connection is not None:
        connection.invalidate()
        connection.close()
