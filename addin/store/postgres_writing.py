"""What every click writes, on PostgreSQL: one statement for the booking, one for what came of the call.

A statement costs both sides a message and a turn of their processes, about as much as the rows themselves; and one
that stands alone is a transaction by itself (PostgreSQL, "WITH Queries", 7.8.4: its parts see one moment, and all of
them happen or none). SQLite has no such statement and no need of one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import psycopg
from sqlalchemy import CTE, BigInteger, Table, bindparam, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost
from addin.meetings.ledger_port import NewBooking, RoomResult, Saved
from addin.meetings.model import Claim, Meeting
from addin.store import tables
from addin.store.binding_writing import NEW_BINDING
from addin.store.ledger_now import LedgerNow
from addin.store.prepared import Executed, Prepared
from addin.store.rows import audit_row, to_time
from addin.store.writing import SAVE_ROOM, SET_STATE, SqlWriting, is_same_state


def _row(table: Table, but: Collection[str] = ()) -> dict[str, Any]:
    """Return a parameter, named after table and column, for each column."""
    return {
        column.name: bindparam(f"{table.name}_{column.name}", type_=column.type)
        for column in table.columns
        if column.name not in but
    }


def _only_after(key: CTE, table: Table, row: Mapping[str, Any]) -> Insert:
    """Return the insertion of a row that happens only when the key was new."""
    return insert(table).from_select(list(row), select(*row.values()).select_from(key))


def _add_booking(*, followed: bool) -> Prepared:
    """Return the statement of a booking; `followed`: its calendar item is followed, which is one row more."""
    keys, rooms, audit = tables.idempotency, tables.rooms, tables.audit
    key = (
        insert(keys)
        .values(_row(keys))
        .on_conflict_do_nothing()
        .returning(literal_column("1").label("new"))
        .cte("new_key")
    )
    meeting = _row(tables.meetings)
    leased = {
        "due_at": LedgerNow(),
        "lease_number": literal_column("1"),
        "lease_until": LedgerNow() + bindparam("rooms_lease", type_=BigInteger),
    }
    room = _row(rooms, but=leased) | leased
    entry = _row(audit, but=["id"])
    written = [
        _only_after(key, tables.meetings, meeting).cte("new_meeting"),
        _only_after(key, rooms, room).cte("new_room"),
        _only_after(key, audit, entry).cte("new_audit"),
    ]
    if followed:
        binding = _row(tables.bindings, but=NEW_BINDING) | NEW_BINDING
        written.append(_only_after(key, tables.bindings, binding).cte("new_binding"))
    return Prepared(select(func.count()).select_from(key).add_cte(*written))


def _save_step() -> Prepared:
    # The meeting first, as every use case does: in the other order the two would wait for each other. What UPDATE reads
    # from is locked before the row that it changes.
    meetings = tables.meetings.c
    locked = (
        select(meetings.id)
        .where(meetings.id == bindparam("meeting"))
        .with_for_update(key_share=True)
        .cte("locked_meeting")
    )
    room = SAVE_ROOM.where(tables.rooms.c.meeting_id == locked.c.id).cte("saved_room")
    wished = (room.c.wanted == bindparam("seen_wanted")) & (
        room.c.wanted_revision == bindparam("seen_revision")
    )
    meeting = (
        SET_STATE.where(exists().where(wished))
        .returning(literal_column("1").label("noted"))
        .cte("noted_meeting")
    )
    noted = select(func.count()).select_from(meeting).scalar_subquery().label("noted")
    return Prepared(select(room.c.wanted, room.c.wanted_revision, noted))


_ADD_BOOKING, _ADD_FOLLOWED, _SAVE_STEP = (
    _add_booking(followed=False),
    _add_booking(followed=True),
    _save_step(),
)


class PostgresWriting(SqlWriting):
    """Writes on one connection, which needs no transaction for one of the two methods below.

    Kept statements run on the driver's own connection: what SQLAlchemy readies for a result costs as much as they do.
    """

    def _run(self, statement: Prepared, values: Mapping[str, Any]) -> Executed:
        text = statement.text(self._connection.dialect)
        driver: Any = self._connection.connection.driver_connection
        try:
            executed: Executed = driver.execute(text.sql, text.parameters(values))
        except psycopg.Error as failure:
            if driver.closed:
                # The server went away, and with it all other connections.
                self._connection.invalidate(failure)
                self._connection.engine.dispose()
            raise DBAPIError.instance(None, None, failure, psycopg.Error, hide_parameters=True) from failure
        return executed

    def add_booking(self, booking: NewBooking, lease_seconds: float) -> Claim | None:
        claim = Claim(booking.room, booking.meeting, 1, Deadline.after(lease_seconds))
        statement = _ADD_FOLLOWED if booking.binding else _ADD_BOOKING
        if not self._run(statement, self._booking_values(booking, lease_seconds)).fetchone()[0]:
            return None
        self._add_hosts(booking.meeting)
        return claim

    def _booking_values(self, booking: NewBooking, lease_seconds: float) -> dict[str, Any]:
        meeting = booking.meeting
        followed = self._binding_values(booking.binding) if booking.binding else {}
        return {
            **_named(tables.bindings, followed),
            "of_mailbox": followed.get("of_mailbox"),
            **_named(tables.meetings, self._meeting_values(meeting, booking.item_id, booking.purge_at)),
            **_named(tables.rooms, self._room_values(booking.room, lease_seconds)),
            **_named(tables.audit, audit_row(booking.audit)),
            "idempotency_key": booking.key,
            "idempotency_fingerprint": booking.fingerprint,
            "idempotency_meeting_id": meeting.id,
            "idempotency_created_at": to_time(meeting.created_at),
        }

    def save_step(self, claim: Claim, result: RoomResult, after: Meeting) -> Saved:
        if is_same_state(claim.meeting, after):
            return super().save_step(claim, result, after)
        values = self._step_values(claim, result) | self._state_values(
            claim.meeting, after.state, after.attention
        )
        saved = self._run(_SAVE_STEP, values).fetchone()
        if saved is None:
            raise LeaseLost
        wanted, revision, noted = saved
        wished = (wanted, revision) == (result.room.wanted.value, result.room.wanted_revision)
        return Saved(still_wished=wished, state_noted=bool(noted))


def _named(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{table.name}_"
    return {prefix + name: value for name, value in row.items()}
