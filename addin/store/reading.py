"""What may be read inside one unit (`ledger_port.Reading`), on either database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, or_, select, union

from addin.meetings.due import Queue
from addin.meetings.keyring import Keyring
from addin.meetings.model import (
    AuditEntry,
    Meeting,
    MeetingState,
    Principal,
    Room,
    UnreadableMeeting,
)
from addin.store import tables
from addin.store.calendar_reading import SqlCalendarReading
from addin.store.due import due_among
from addin.store.ledger_now import LedgerNow
from addin.store.links import SqlLinkReading
from addin.store.rows import Row, audit_of, from_time, meeting_of, room_of, to_time
from addin.store.unreadable import UNREADABLE, note_unreadable, readable

_m, _r = tables.meetings.c, tables.rooms.c

_MEETING = select(tables.meetings).where(_m.id == bindparam("id"))
_ROOMS = select(tables.rooms).where(_r.meeting_id == bindparam("id")).order_by(_r.generation)
_REMEMBERED = select(tables.idempotency).where(tables.idempotency.c.key == bindparam("key"))
_NOW = select(LedgerNow())
# Whole rows: where they lie on damaged pages, or may not be read, their keys alone may still be found in an index.
_LOOKS = [select(table).limit(1) for table in (tables.meetings, tables.rooms, tables.idempotency)]
_MAILBOXES = (_m.owner_hash, _m.behalf_hash)
# Of mailboxes, each under every key, so many are looked into one by one, in the order of the index. Each is a part of
# the query, of which SQLite takes no more than 500.
_MOST_LOOKS = 32
_FROZEN = select(tables.ledger_state.c.frozen_at)


class SqlReading(SqlCalendarReading, SqlLinkReading):
    """Reads on one connection; the caller holds the transaction."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def now(self) -> datetime:
        return from_time(self._connection.execute(_NOW).scalar_one())

    def due(self, queues: tuple[Queue, ...]) -> frozenset[Queue]:
        return due_among(self._connection, queues)

    def meeting(self, meeting_id: str) -> Meeting | None:
        return self._one_meeting(_MEETING, {"id": meeting_id})

    def meeting_by_join_code(self, code: str) -> Meeting | None:
        return self._one_meeting(
            select(tables.meetings).where(_m.join_hash.in_(self._keyring.lookup_hashes("join", code)))
        )

    def meeting_by_start_code(self, code: str) -> Meeting | None:
        return self._one_meeting(
            select(tables.meetings).where(_m.start_hash.in_(self._keyring.lookup_hashes("start", code)))
        )

    def meeting_by_item(self, tenant: str, mailbox: str, item_id: str) -> Meeting | None:
        hashes = self._keyring.lookup_hashes("item", f"{mailbox}\x1f{item_id}")
        return self._one_meeting(
            select(tables.meetings).where(
                _m.tenant == tenant,
                _m.item_hash.in_(hashes),
                _m.item_hash.is_not(None),
                _m.cancelled_at.is_(None),
            )
        )

    def meetings_of(
        self,
        who: Principal,
        *,
        start: datetime | None,
        end: datetime | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Meeting | UnreadableMeeting]:
        within = self._within(start, end, after)
        # One ordered, limited look into each index; the union of four short lists is then sorted.
        parts = [
            select(
                select(_m.id)
                .where(and_(mine, *within))
                .order_by(_m.starts_at, _m.id)
                .limit(limit)
                .subquery()
                .c.id
            )
            for mine in self._mine(who)
        ]
        chosen = union(*parts).subquery()
        query = (
            select(tables.meetings)
            .where(_m.id.in_(select(chosen.c.id)))
            .order_by(_m.starts_at, _m.id)
            .limit(limit)
        )
        return [self._meeting_or_not(row) for row in self._connection.execute(query).mappings()]

    def _meeting_or_not(self, row: Row) -> Meeting | UnreadableMeeting:
        try:
            return meeting_of(row, self._keyring)
        except UNREADABLE as failure:
            note_unreadable(tables.meetings.name, row["id"], failure)
            return UnreadableMeeting(row["id"], from_time(row["starts_at"]))

    def _mine(self, who: Principal) -> list[ColumnElement[bool]]:
        tenant, host = _m.tenant == who.tenant, tables.meeting_hosts.c
        hosted = select(host.meeting_id).where(host.tenant == who.tenant, host.object_id == who.object_id)
        mine: list[ColumnElement[bool]] = [and_(tenant, _m.actor == who.object_id), _m.id.in_(hosted)]
        hashes = [one for mailbox in who.mailboxes for one in self._keyring.lookup_hashes("mailbox", mailbox)]
        if len(hashes) > _MOST_LOOKS:
            return [*mine, *(and_(tenant, column.in_(hashes)) for column in _MAILBOXES)]
        return [*mine, *(and_(tenant, column == one) for one in hashes for column in _MAILBOXES)]

    def _within(
        self, start: datetime | None, end: datetime | None, after: tuple[datetime, str] | None
    ) -> list[ColumnElement[bool]]:
        bounds: list[ColumnElement[bool]] = []
        if start:
            bounds.append(_m.starts_at >= to_time(start))
        if end:
            bounds.append(_m.starts_at < to_time(end))
        if after:
            begun, seen = to_time(after[0]), after[1]
            bounds += [_m.starts_at >= begun, or_(_m.starts_at > begun, _m.id > seen)]
        return bounds

    def rooms(self, meeting_id: str) -> Sequence[Room]:
        rows = self._connection.execute(_ROOMS, {"id": meeting_id}).mappings()
        return [room_of(row, self._keyring) for row in rows]

    def remembered(self, key: bytes) -> tuple[bytes, str] | None:
        row = self._connection.execute(_REMEMBERED, {"key": key}).one_or_none()
        return (row.fingerprint, row.meeting_id) if row else None

    def look_in(self) -> None:
        for query in _LOOKS:
            self._connection.execute(query).first()

    def frozen(self) -> bool:
        return self._connection.execute(_FROZEN).scalar_one_or_none() is not None

    def due_for_retention(self, now: datetime, limit: int) -> Sequence[Meeting]:
        query = (
            select(tables.meetings)
            # One whose rooms cannot be removed just now must not stand in the way of the others' turn.
            .where(_m.purge_at <= to_time(now), _m.state != MeetingState.CANCELLING.value)
            .order_by(_m.purge_at, _m.id)
            .limit(limit)
        )
        # Those that cannot be read stay for good; were they the oldest, nobody else would have a turn.
        seen = 0
        while True:
            rows = self._connection.execute(query.offset(seen)).mappings().all()
            found, _ = readable(rows, self._meeting_from, tables.meetings)
            if found or len(rows) < limit:
                return found
            seen += limit

    def audit_entries(
        self, meeting_id: str | None, since: datetime | None, *, after: int = 0, limit: int | None = None
    ) -> Mapping[int, AuditEntry]:
        number = tables.audit.c.id
        query = select(tables.audit).where(number > after).order_by(number).limit(limit)
        if meeting_id:
            query = query.where(tables.audit.c.meeting_id == meeting_id)
        if since:
            query = query.where(tables.audit.c.at >= to_time(since))
        return {row["id"]: audit_of(row) for row in self._connection.execute(query).mappings()}

    def _one_meeting(self, query: Select[Any], values: dict[str, Any] | None = None) -> Meeting | None:
        row = self._connection.execute(query, values or {}).mappings().one_or_none()
        return meeting_of(row, self._keyring) if row else None

    def _meeting_from(self, row: Row) -> Meeting:
        return meeting_of(row, self._keyring)
