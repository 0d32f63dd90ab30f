"""Tells whether this ledger was restored from a backup since it was last in service.

Rooms that were made after the backup are unknown to a restored ledger, and meetings that it takes for live may have
been cancelled; so it starts frozen, removes nothing, and waits for `vardmote rebuild` (docs/adr/0009).

Two signs tell: the audit is append-only, and a mark beside the ledger remembers how far it had come; and the
database says who it is (on PostgreSQL: the server's system identifier and the database's oid).
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from errno import errorcode
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from addin.meetings.errors import LedgerUnavailable
from addin.store import tables
from addin.store.failures import MarkNotWritten, ledger_failures

_state = tables.ledger_state.c
_POSTGRES_IDENTITY = text(
    "SELECT (SELECT system_identifier FROM pg_control_system())::text || '.' || oid::text "
    "FROM pg_database WHERE datname = current_database()"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the ledger had come when it was last seen: its identity and the newest audit id."""

    identity: str
    newest: int

    @classmethod
    def read(cls, path: Path) -> Mark | None:
        """Return the mark, or None when there is none that can be read."""
        try:
            said = json.loads(path.read_text(encoding="ascii"))
            return cls(str(said["identity"]), int(said["newest"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Replace the mark in one step; several processes may do so at once. Raises OSError, and leaves the old one."""
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            with fresh.open("w", encoding="ascii") as file:
                json.dump({"identity": self.identity, "newest": self.newest}, file)
                file.flush()
                # On the disk before it has the name: an empty mark after a power failure would look like a restore.
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            # On a full disk it is tried again and again, and each try would leave a file.
            fresh.unlink(missing_ok=True)


def begin_service(engine: Engine, path: Path, *, now: int) -> bool:
    """Note that the service starts on this ledger, freeze it when it was restored; returns whether it is frozen.

    `now` in microseconds since 1970. Several processes may start at once. Raises MarkNotWritten.
    """
    try:
        frozen, mark = _begin(engine, path, now)
    except IntegrityError:
        # Another process began the ledger at the same time; now it is there for both.
        frozen, mark = _begin(engine, path, now)
    try:
        mark.write(path)
    except OSError as failure:
        raise MarkNotWritten(path, failure) from None
    return frozen


def _begin(engine: Engine, path: Path, now: int) -> tuple[bool, Mark]:
    with engine.connect() as connection, connection.begin():
        state = connection.execute(select(tables.ledger_state)).one_or_none()
        if state is None:
            _first_start(connection)
        elif state.frozen_at is None and _was_restored(
            connection, state.identity, state.starts, Mark.read(path)
        ):
            connection.execute(
                update(tables.ledger_state).values(frozen_at=now, identity=_identity(connection, None))
            )
        connection.execute(update(tables.ledger_state).values(starts=_state.starts + 1))
        frozen = connection.execute(select(_state.frozen_at)).scalar_one() is not None
        return frozen, _mark(connection)


def note_progress(engine: Engine, path: Path) -> None:
    """Bring the mark up to date; called now and then while the service runs.

    Raises LedgerUnavailable where the ledger cannot be read or the mark beside it not be written.
    """
    with ledger_failures(), engine.connect() as connection:
        mark = _mark(connection)
    if Mark.read(path) != mark:
        try:
            mark.write(path)
        except OSError as failure:
            raise LedgerUnavailable(f"mark {errorcode.get(failure.errno or 0, 'OSError')}") from None


def _first_start(connection: Connection) -> None:
    values = {"id": 1, "starts": 0, "identity": _identity(connection, None), "frozen_at": None}
    connection.execute(insert(tables.ledger_state).values(**values))


def _was_restored(connection: Connection, identity: str, starts: int, mark: Mark | None) -> bool:
    if mark is None:
        # On PostgreSQL a new machine has no mark yet; a SQLite file without one came from somewhere else.
        return starts > 0 and _is_sqlite(connection)
    if mark.newest > _mark(connection).newest:
        return True
    return _identity(connection, identity) != identity or mark.identity != identity


def _mark(connection: Connection) -> Mark:
    identity = connection.execute(select(_state.identity)).scalar_one()
    newest = connection.execute(select(func.max(tables.audit.c.id))).scalar_one() or 0
    return Mark(identity, newest)


def _identity(connection: Connection, known: str | None) -> str:
    """Return who the database says it is; SQLite knows nothing of itself but what was written into it."""
    if _is_sqlite(connection):
        return known or secrets.token_hex(8)
    return str(connection.execute(_POSTGRES_IDENTITY).scalar_one())


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
