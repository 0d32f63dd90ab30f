"""The few places where SQLite and PostgreSQL differ in what the ledger asks of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Insert, Table, cast, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from addin.meetings.ports import Clock
from addin.store.rows import from_time, to_time


@dataclass(frozen=True, slots=True)
class Dialect:
    """`now` is the ledger's own time as an expression in microseconds, `read_now` the same as a value."""

    now: Callable[[], ColumnElement[Any]]
    read_now: Callable[[Connection], datetime]
    insert_or_ignore: Callable[[Table], Insert]


def sqlite_dialect(clock: Clock) -> Dialect:
    """One process writes, so its clock is the ledger's."""
    return Dialect(
        now=lambda: literal(to_time(clock.now()), BigInteger),
        read_now=lambda _: clock.now(),
        insert_or_ignore=lambda table: sqlite.insert(table).on_conflict_do_nothing(),
    )


def postgres_dialect() -> Dialect:
    """Several machines write, so only the database's clock counts (design section 4)."""

    def now() -> ColumnElement[Any]:
        return cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)

    return Dialect(
        now=now,
        read_now=lambda connection: from_time(connection.execute(select(now())).scalar_one()),
        insert_or_ignore=lambda table: postgresql.insert(table).on_conflict_do_nothing(),
    )
