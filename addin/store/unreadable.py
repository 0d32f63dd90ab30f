"""Rows that cannot be read, since what is sealed in them does not open: told, counted, and no hindrance to the others.

Which one it is says the log, by the meeting's id; nothing of what the row holds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table, null, update

from addin.meetings.errors import SealBroken, UnknownKey
from addin.store import tables
from addin.store.counters import add_to
from addin.store.leases import from_now
from addin.store.rows import Row

log = logging.getLogger(__name__)

T = TypeVar("T")

# The key is gone, the seal is broken, or what stands in the row is no value that we ever wrote.
UNREADABLE: Final = (UnknownKey, SealBroken, KeyError, ValueError)
# A person must mend it, so that it need not be tried often; others' turn must not be spent on it.
TRIED_AGAIN_AFTER: Final = timedelta(minutes=15)


def note_unreadable(kind: str, meeting_id: str | None, failure: Exception) -> None:
    """Tell the log of a row that could not be read, and where: it may be a fault of ours; `kind` is its table."""
    known = {"meeting": meeting_id} if meeting_id else {}
    log.error("row_unreadable", extra={"table": kind, **known}, exc_info=failure)


def readable(rows: Iterable[Row], read: Callable[[Row], T], table: Table) -> tuple[list[T], list[Row]]:
    """Return what was read, and the rows that could not be."""
    found, unread = list[T](), list[Row]()
    for row in rows:
        try:
            found.append(read(row))
        except UNREADABLE as failure:
            note_unreadable(table.name, meeting_of_row(row, table), failure)
            unread.append(row)
    return found, unread


def meeting_of_row(row: Row, table: Table) -> str | None:
    """Return the id of the meeting that a row is about; None where it is about none."""
    name = "id" if table is tables.meetings else "meeting_id"
    return row[name] if name in table.c else None


def claimed(
    connection: Connection,
    table: Table,
    rows: Iterable[Row],
    read: Callable[[Row], T],
    meetings: Collection[str] | None = None,
) -> list[T]:
    """Return what was read of claimed rows; what cannot be is given back, due only after a while, and counted.

    `meetings`: those that could be read, without which a row about one is of no use; None where it is about none.
    """
    known, lost = list[Row](), list[Row]()
    for row in rows:
        (known if meetings is None or row["meeting_id"] in meetings else lost).append(row)
    found, unread = readable(known, read, table)
    _put_off(connection, table, [*unread, *lost])
    return found


def _put_off(connection: Connection, table: Table, rows: Collection[Row]) -> None:
    keys = list(table.primary_key.columns)
    later: dict[str, Any] = {"due_at": from_now(TRIED_AGAIN_AFTER.total_seconds()), "lease_until": null()}
    for row in rows:
        mine = [key == row[key.name] for key in keys]
        connection.execute(update(table).where(*mine).values(later))
    count_unread(connection, table.name, len(rows))


def count_unread(connection: Connection, kind: str, times: int) -> None:
    """Count rows of that table that could not be read."""
    if times:
        add_to(connection, tables.unreadable, {"kind": kind}, times)
