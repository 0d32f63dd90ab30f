"""What may be done inside one unit (`ledger_port.Writing`), on either database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, bindparam, case, delete, insert, null, select, text, update

from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost, MeetingChanged
from addin.meetings.ledger_port import NewBooking, RoomResult, Saved
from addin.meetings.model import Attention, AuditEntry, Claim, Meeting, MeetingState, Room, Told, Wanted
from addin.store import tables
from addin.store.calendar_writing import SqlCalendarWriting
from addin.store.counters import add_to
from addin.store.leases import is_claimable, is_free
from addin.store.ledger_now import LedgerNow
from addin.store.links import SqlLinkWriting
from addin.store.notice_writing import SqlNoticeWriting
from addin.store.prepared import Executed, Prepared
from addin.store.reading import SqlReading
from addin.store.rows import (
    KNOWN_COLUMNS,
    Row,
    audit_row,
    known_columns,
    meeting_row,
    room_of,
    room_row,
    to_duration,
    to_time,
    told_text,
    wish_columns,
)
from addin.store.unreadable import claimed

_m, _r = tables.meetings.c, tables.rooms.c

# On SQLite, where there is one writer, the lock is left out. It is the lock that UPDATE itself takes, so that rooms
# may be added to the meeting meanwhile.
_MEETING_TO_CHANGE = select(tables.meetings).where(_m.id == bindparam("id")).with_for_update(key_share=True)
_INSERT_MEETING = Prepared(insert(tables.meetings), _m.keys())
_INSERT_HOST = insert(tables.meeting_hosts)
_INSERT_AUDIT = Prepared(
    insert(tables.audit).inline(), ["at", "tenant", "actor", "action", "meeting_id", "reason"]
)
# Both databases say it so; the expression language has it for each of them alone.
_INSERT_KEY = Prepared(
    text(
        "INSERT INTO idempotency (key, fingerprint, meeting_id, created_at) "
        "VALUES (:key, :fingerprint, :meeting_id, :created_at) ON CONFLICT DO NOTHING"
    )
)
# A new room is due at once, and claimed by the one who asked for it.
_INSERT_ROOM = Prepared(
    insert(tables.rooms).values(
        due_at=LedgerNow(), lease_number=1, lease_until=LedgerNow() + bindparam("lease", type_=BigInteger)
    ),
    _r.keys(),
)
_INSERT_DUE_ROOM = insert(tables.rooms).values(due_at=LedgerNow(), lease_number=0)
_STILL_WISHED = (_r.wanted == bindparam("seen_wanted")) & (_r.wanted_revision == bindparam("seen_revision"))
SAVE_ROOM = (
    update(tables.rooms)
    .where(_r.id == bindparam("room"), _r.lease_number == bindparam("fence"))
    .values({name: bindparam(f"new_{name}", type_=_r[name].type) for name in KNOWN_COLUMNS})
    .values(
        # A wish that has changed meanwhile makes the room due at once.
        due_at=case((_STILL_WISHED, LedgerNow() + bindparam("due_in", type_=BigInteger)), else_=LedgerNow()),
        lease_until=case(
            (_STILL_WISHED & ~bindparam("release", type_=Boolean), _r.lease_until), else_=null()
        ),
    )
    .returning(_r.wanted, _r.wanted_revision)
)
_LOOK_FOR_ROOM = (
    update(tables.rooms)
    .where(_r.id == bindparam("room"))
    .values(must_look=True, applied_revision=0, verified_at=None, due_at=LedgerNow())
)
SET_STATE = (
    update(tables.meetings)
    .where(_m.id == bindparam("meeting"), _m.revision == bindparam("seen_meeting_revision"))
    .values(state=bindparam("new_state"), attention=bindparam("new_attention"))
)
_SAVE_ROOM, _SET_STATE = Prepared(SAVE_ROOM), Prepared(SET_STATE)


class SqlWriting(SqlReading, SqlCalendarWriting, SqlNoticeWriting, SqlLinkWriting):
    """Writes on one connection; the caller holds the transaction and commits."""

    def _run(self, statement: Prepared, values: Mapping[str, Any]) -> Executed:
        return statement.run(self._connection, values)

    def meeting(self, meeting_id: str) -> Meeting | None:
        """Return the meeting, locked against other writers until the unit ends: what is read here is changed next."""
        return self._one_meeting(_MEETING_TO_CHANGE, {"id": meeting_id})

    def add_booking(self, booking: NewBooking, lease_seconds: float) -> Claim | None:
        meeting = booking.meeting
        if not self.remember(booking.key, booking.fingerprint, meeting.id, meeting.created_at):
            return None
        self.add_meeting(meeting, booking.item_id, booking.purge_at)
        claim = self.add_room(booking.room, meeting, lease_seconds)
        if booking.binding:
            self.add_binding(booking.binding)
        self.audit(booking.audit)
        return claim

    def add_meeting(self, meeting: Meeting, item_id: str | None, purge_at: datetime) -> None:
        self._run(_INSERT_MEETING, self._meeting_values(meeting, item_id, purge_at))
        self._add_hosts(meeting)

    def _meeting_values(self, meeting: Meeting, item_id: str | None, purge_at: datetime) -> dict[str, Any]:
        row = meeting_row(meeting, self._keyring)
        row["purge_at"] = to_time(purge_at)
        row["item_hash"] = self._item_hash(meeting, item_id)
        return row

    def _item_hash(self, meeting: Meeting, item_id: str | None) -> bytes | None:
        return self._keyring.lookup_hash("item", f"{meeting.mailbox}\x1f{item_id}") if item_id else None

    def _add_hosts(self, meeting: Meeting) -> None:
        if meeting.hosts:
            hosts = [
                {"meeting_id": meeting.id, "object_id": host, "tenant": meeting.tenant}
                for host in meeting.hosts
            ]
            self._connection.execute(_INSERT_HOST, hosts)

    def add_room(self, room: Room, meeting: Meeting, lease_seconds: float) -> Claim:
        claim = Claim(room, meeting, 1, Deadline.after(lease_seconds))
        self._run(_INSERT_ROOM, self._room_values(room, lease_seconds))
        return claim

    def _room_values(self, room: Room, lease_seconds: float) -> dict[str, Any]:
        return {**room_row(room, self._keyring), "lease": to_duration(lease_seconds)}

    def add_due_room(self, room: Room) -> None:
        self._connection.execute(_INSERT_DUE_ROOM, room_row(room, self._keyring))

    def remember(self, key: bytes, fingerprint: bytes, meeting_id: str, at: datetime) -> bool:
        values = {"key": key, "fingerprint": fingerprint, "meeting_id": meeting_id, "created_at": to_time(at)}
        return self._run(_INSERT_KEY, values).rowcount == 1

    def change_meeting(self, meeting: Meeting, seen_revision: int, purge_at: datetime | None = None) -> None:
        columns = {"state": meeting.state.value, "attention": meeting.attention, **wish_columns(meeting)}
        if purge_at:
            columns["purge_at"] = to_time(purge_at)
        statement = (
            update(tables.meetings).where(_m.id == meeting.id, _m.revision == seen_revision).values(**columns)
        )
        if self._connection.execute(statement).rowcount != 1:
            raise MeetingChanged

    def want_rooms(self, meeting_id: str, wanted: Wanted, revision: int) -> None:
        statement = update(tables.rooms).where(_r.meeting_id == meeting_id, _r.gone_at.is_(None))
        if wanted is Wanted.PRESENT:
            newest = select(_r.id).where(_r.meeting_id == meeting_id).order_by(_r.generation.desc()).limit(1)
            statement = statement.where(_r.id == newest.scalar_subquery())
        self._connection.execute(
            statement.values(wanted=wanted.value, wanted_revision=revision, due_at=LedgerNow(), attempts=0)
        )

    def set_state(self, seen: Meeting, state: MeetingState, attention: Attention | None) -> bool:
        values = self._state_values(seen, state, attention)
        return self._run(_SET_STATE, values).rowcount == 1

    def _state_values(
        self, seen: Meeting, state: MeetingState, attention: Attention | None
    ) -> dict[str, Any]:
        return {
            "meeting": seen.id,
            "seen_meeting_revision": seen.revision,
            "new_state": state.value,
            "new_attention": attention.value if attention else None,
        }

    def host_started(self, meeting_id: str, at: datetime) -> None:
        self._change(meeting_id, host_started_at=to_time(at))

    def tell(self, meeting_id: str, audience: str, told: Told) -> None:
        meeting = self.meeting(meeting_id)
        if meeting:
            self._change(meeting_id, told=told_text({**meeting.told, audience: told}))

    def _change(self, meeting_id: str, **columns: Any) -> None:
        self._connection.execute(update(tables.meetings).where(_m.id == meeting_id).values(**columns))

    def claim(self, room_id: str, lease_seconds: float) -> Claim | None:
        chosen = select(_r.id).where(_r.id == room_id, is_free(_r)).with_for_update(skip_locked=True)
        claims = self._claim(chosen, lease_seconds)
        return claims[0] if claims else None

    def claim_due(self, provider: str, lease_seconds: float, limit: int) -> Sequence[Claim]:
        chosen = (
            select(_r.id)
            .where(_r.provider == provider, is_claimable(_r))
            .order_by(_r.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return self._claim(chosen, lease_seconds)

    def _claim(self, chosen: Any, lease_seconds: float) -> list[Claim]:
        until = Deadline.after(lease_seconds)
        statement = (
            update(tables.rooms)
            .where(_r.id.in_(chosen.scalar_subquery()))
            .values(
                lease_number=_r.lease_number + 1,
                lease_until=LedgerNow() + to_duration(lease_seconds),
                # A lease that was never given back: its holder may have acted unseen.
                must_look=case((_r.lease_until.is_not(None), True), else_=_r.must_look),
            )
            .returning(tables.rooms)
        )
        rows = self._connection.execute(statement).mappings().all()
        meetings = self._meetings_by_id({row["meeting_id"] for row in rows})

        def claim_of(row: Row) -> Claim:
            return Claim(room_of(row, self._keyring), meetings[row["meeting_id"]], row["lease_number"], until)

        return claimed(self._connection, tables.rooms, rows, claim_of, meetings)

    def save_room(self, claim: Claim, result: RoomResult) -> bool:
        saved = self._run(_SAVE_ROOM, self._step_values(claim, result)).fetchone()
        if saved is None:
            raise LeaseLost
        return tuple(saved) == (result.room.wanted.value, result.room.wanted_revision)

    def _step_values(self, claim: Claim, result: RoomResult) -> dict[str, Any]:
        room = result.room
        return {
            **{f"new_{name}": value for name, value in known_columns(room).items()},
            "room": room.id,
            "fence": claim.number,
            "seen_wanted": room.wanted.value,
            "seen_revision": room.wanted_revision,
            "due_in": None if result.due_in is None else to_duration(result.due_in),
            "release": result.release,
        }

    def save_step(self, claim: Claim, result: RoomResult, after: Meeting) -> Saved:
        if not self.save_room(claim, result):
            return Saved(still_wished=False, state_noted=False)
        if is_same_state(claim.meeting, after):
            return Saved(still_wished=True, state_noted=True)
        noted = self.set_state(claim.meeting, after.state, after.attention)
        return Saved(still_wished=True, state_noted=noted)

    def room_found(self, room_id: str, reference: str) -> bool:
        statement = (
            update(tables.rooms)
            .where(_r.id == room_id)
            .values(
                reference=reference,
                gone_at=None,
                applied_revision=0,
                verified_at=None,
                due_at=LedgerNow(),
            )
        )
        return self._connection.execute(statement).rowcount == 1

    def rooms_missed(self, provider: str, found: Collection[str]) -> int:
        wanted = select(_r.id).where(
            _r.provider == provider, _r.wanted == Wanted.PRESENT.value, _r.gone_at.is_(None)
        )
        known = self._connection.execute(wanted).scalars()
        missed = [{"room": room_id} for room_id in known if room_id not in found]
        if missed:
            self._connection.execute(_LOOK_FOR_ROOM, missed)
        return len(missed)

    def purge(self, meeting_id: str) -> None:
        meeting = self.meeting(meeting_id)
        if meeting is None:
            return
        ended_in = f"{meeting.window.end:%Y-%m}"
        add_to(self._connection, tables.purged, {"month": ended_in, "type": meeting.type})
        self._connection.execute(
            delete(tables.idempotency).where(tables.idempotency.c.meeting_id == meeting_id)
        )
        self._connection.execute(delete(tables.meetings).where(_m.id == meeting_id))

    def unfreeze(self) -> None:
        self._connection.execute(update(tables.ledger_state).values(frozen_at=None))

    def forget_idempotency(self, before: datetime) -> int:
        statement = delete(tables.idempotency).where(tables.idempotency.c.created_at < to_time(before))
        return self._connection.execute(statement).rowcount

    def audit(self, entry: AuditEntry) -> None:
        self._run(_INSERT_AUDIT, audit_row(entry))


def is_same_state(before: Meeting, after: Meeting) -> bool:
    """Whether a step left the meeting's state as it was, so that there is nothing to write."""
    return (before.state, before.attention) == (after.state, after.attention)
