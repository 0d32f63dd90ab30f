"""What may be written inside one unit of which calendar items are followed, where, and when they are looked at.

Rows of `bindings` are claimed and fenced as rooms are. Their `asked` counts how often somebody made them due: a look
that was under way meanwhile may have seen too little, and is followed by another at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    exists,
    false,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)

from addin.meetings.bindings import MOST_MAILBOXES, BindingClaim, ItemBinding, SeriesAnswer
from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost
from addin.meetings.watches import KEPT_AFTER
from addin.store import tables
from addin.store.calendar_rows import ask_of, binding_columns, binding_of, seal, unseal
from addin.store.leases import asked, fence_moved, from_now, hinted, is_free
from addin.store.ledger_now import LedgerNow
from addin.store.prepared import Prepared
from addin.store.rows import Row, from_time, maybe_time, meeting_of, to_duration, to_time
from addin.store.unreadable import claimed, readable
from addin.store.watch_writing import SqlWatchWriting

_bindings, _watches = tables.bindings, tables.watches
_m, _b, _w = tables.meetings.c, _bindings.c, _watches.c

# A new binding is due at once, and a mailbox that is known already is not probed again.
NEW_BINDING = {
    "backend": select(_w.backend).where(_w.mailbox_hash == bindparam("of_mailbox")).scalar_subquery(),
    "due_at": LedgerNow(),
    "asked": literal_column("0"),
    "lease_number": literal_column("0"),
}
_INSERT_BINDING = Prepared(
    insert(_bindings).values(NEW_BINDING), [column.name for column in _b if column.name not in NEW_BINDING]
)


class SqlBindingWriting(SqlWatchWriting):
    """Writes on one connection; the caller holds the transaction and commits."""

    def add_binding(self, binding: ItemBinding) -> None:
        _INSERT_BINDING.run(self._connection, self._binding_values(binding))

    def _binding_values(self, binding: ItemBinding) -> dict[str, Any]:
        """Return the values of a new row, but for those that the ledger gives it itself."""
        columns = binding_columns(binding, self._keyring)
        return {
            **columns,
            "meeting_id": binding.meeting_id,
            "created_at": to_time(binding.created_at),
            "sealed_ask": None,
            "hinted_at": None,
            "lease_until": None,
            "of_mailbox": columns["mailbox_hash"],
        }

    # --- claims ---------------------------------------------------------------------------------------------

    def claim_bindings(self, backend: str, lease_seconds: float, limit: int) -> Sequence[BindingClaim]:
        until = Deadline.after(lease_seconds)
        rows = self._claim_rows(_bindings, _b.meeting_id, _b.backend == backend, lease_seconds, limit)
        return self._binding_claims(rows, until)

    def claim_binding(self, meeting_id: str, lease_seconds: float) -> BindingClaim | None:
        until = Deadline.after(lease_seconds)
        mine = (_b.meeting_id == meeting_id) & _b.due_at.is_not(None)
        statement = (
            update(_bindings)
            .where(mine, is_free(_b))
            .values(lease_number=_b.lease_number + 1, lease_until=from_now(lease_seconds))
            .returning(_bindings)
        )
        claims = self._binding_claims(self._connection.execute(statement).mappings().all(), until)
        return claims[0] if claims else None

    def release_binding(self, claim: BindingClaim) -> None:
        mine = (_b.meeting_id == claim.binding.meeting_id) & (_b.lease_number == claim.number)
        self._connection.execute(update(_bindings).where(mine).values(lease_until=null(), due_at=LedgerNow()))

    def _binding_claims(self, rows: Sequence[Any], until: Deadline) -> list[BindingClaim]:
        meetings = self._meetings_by_id({row["meeting_id"] for row in rows})

        def claim_of(row: Row) -> BindingClaim:
            return BindingClaim(
                binding=binding_of(row, self._keyring),
                meeting=meetings[row["meeting_id"]],
                number=row["lease_number"],
                asked=row["asked"],
                hinted_at=maybe_time(row["hinted_at"]),
                until=until,
            )

        return claimed(self._connection, _bindings, rows, claim_of, meetings)

    def save_binding(self, claim: BindingClaim, binding: ItemBinding, due_in: float | None) -> None:
        unasked = _b.asked == claim.asked
        columns = binding_columns(binding, self._keyring)
        if not binding.look_tagged:
            # Whoever asked meanwhile may have asked for a search, too, and this look's was made before.
            columns["look_tagged"] = case((unasked, false()), else_=_b.look_tagged)
        statement = (
            update(_bindings)
            .where(_b.meeting_id == binding.meeting_id, _b.lease_number == claim.number)
            .values(
                **columns,
                due_at=case((unasked, from_now(due_in)), else_=LedgerNow()),
                hinted_at=case((unasked, null()), else_=_b.hinted_at),
                sealed_ask=case((unasked, null()), else_=_b.sealed_ask),
                lease_until=null(),
            )
        )
        if self._connection.execute(statement).rowcount != 1:
            raise LeaseLost

    # --- what makes them due --------------------------------------------------------------------------------

    def ask_bindings(
        self, meetings: Collection[str], *, also: str | None = None, hinted_at: datetime | None = None
    ) -> None:
        for meeting_id in sorted(meetings):
            self._ask(meeting_id, also=also, hinted_at=hinted_at)

    def offer_item(self, meeting_id: str, item_id: str) -> None:
        self._ask(meeting_id, offered=item_id)

    def _ask(
        self,
        meeting_id: str,
        *,
        also: str | None = None,
        offered: str | None = None,
        hinted_at: datetime | None = None,
    ) -> None:
        columns: dict[str, Any] = {"look_tagged": True, **asked(_b), **hinted(_b, hinted_at)}
        if also or offered:
            columns["sealed_ask"] = self._more_asked(meeting_id, also, offered)
        self._connection.execute(update(_bindings).where(_b.meeting_id == meeting_id).values(**columns))

    def _more_asked(self, meeting_id: str, also: str | None, offered: str | None) -> bytes:
        query = select(_bindings).where(_b.meeting_id == meeting_id).with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        # What was asked before and cannot be read is asked no more; the next search finds what it was about.
        asks, _ = readable([row] if row else [], lambda row: ask_of(row, self._keyring), _bindings)
        ask = asks[0] if asks else {}
        if also:
            others = [one for one in ask.get("also", ()) if one != also]
            ask["also"] = [*others, also][-MOST_MAILBOXES:]
        if offered:
            ask["offered"] = offered
        return seal(ask, meeting_id, self._keyring)

    def answer_series(self, meeting_id: str, answer: SeriesAnswer) -> bool:
        # Whoever looks at it now knows the old answer: the fence moves.
        moved = {**fence_moved(_b), **asked(_b)}
        statement = update(_bindings).where(_b.meeting_id == meeting_id, _b.series.is_not(None))
        return self._connection.execute(statement.values(series_answer=answer.value, **moved)).rowcount == 1

    def block_is_old(self, meeting_id: str, since: datetime | None) -> None:
        self._note_block(meeting_id, {"block_old_from": to_time(since)})

    def item_is_overwritten(self, meeting_id: str, since: datetime) -> None:
        self._note_block(meeting_id, {"block_old_from": to_time(since), "tag_written": False})

    def _note_block(self, meeting_id: str, values: Mapping[str, Any]) -> None:
        # Whoever looks at it now would write back what it has read: the fence moves.
        moved = {**fence_moved(_b), **asked(_b)}
        statement = update(_bindings).where(_b.meeting_id == meeting_id)
        self._connection.execute(statement.values(**values, **moved))

    def end_for_good(self, meeting_id: str) -> bool:
        # Whoever looks at it now might revive it: the fence moves.
        moved = {**fence_moved(_b), **asked(_b)}
        statement = update(_bindings).where(_b.meeting_id == meeting_id, _b.ended_by_calendar.is_(True))
        return self._connection.execute(statement.values(ended_by_calendar=False, **moved)).rowcount == 1

    def ask_items(self, items: Collection[bytes], hinted_at: datetime) -> set[bytes]:
        statement = (
            update(_bindings)
            .where(_b.item_hash.in_(items))
            .values(**asked(_b), **hinted(_b, hinted_at))
            .returning(_b.item_hash)
        )
        known = set(self._connection.execute(statement).scalars())
        copies = select(tables.copies.c.meeting_id).where(tables.copies.c.item_hash.in_(items))
        followed = update(_bindings).where(_b.meeting_id.in_(copies), _b.due_at.is_not(None))
        self._connection.execute(followed.values(**asked(_b), **hinted(_b, hinted_at)))
        return known

    def ask_candidates(self, watches: Collection[str], hinted_at: datetime, wait: float) -> None:
        mailboxes = select(_w.mailbox_hash).where(_w.id.in_(watches))
        may_be = or_(_b.series.is_not(None), _b.occurrence.is_not(None), _b.item_hash.is_(None))
        wanted = from_now(wait)
        sooner = case((_b.due_at <= wanted, _b.due_at), else_=wanted)
        statement = update(_bindings).where(_b.mailbox_hash.in_(mailboxes), _b.due_at.is_not(None), may_be)
        asked = {"due_at": sooner, "asked": _b.asked + 1, **hinted(_b, hinted_at)}
        self._connection.execute(statement.values(**asked))

    def ask_mailbox(self, watch_id: str, *, searching: bool = True) -> None:
        mailbox = select(_w.mailbox_hash).where(_w.id == watch_id).scalar_subquery()
        followed = update(_bindings).where(_b.mailbox_hash == mailbox, _b.due_at.is_not(None))
        more = {"look_tagged": True} if searching else {}
        self._connection.execute(followed.values(**more, **asked(_b)))

    # --- which calendar serves them -------------------------------------------------------------------------

    def reroute(self, mailbox: str, backend: str) -> None:
        query = select(_bindings).where(_b.mailbox_hash.in_(self._mailbox_hashes(mailbox))).with_for_update()
        for row in self._connection.execute(query).mappings().all():
            if row["backend"] == backend:
                continue
            self._reroute_one(row, backend)

    def _reroute_one(self, row: Any, backend: str | None) -> None:
        columns: dict[str, Any] = {"backend": backend, **asked(_b)}
        opened, _ = readable(
            [row], lambda row: unseal(row["sealed"], row["meeting_id"], self._keyring), _bindings
        )
        secret = opened[0] if opened else {}
        if row["backend"] and secret.get("item"):
            # Another calendar gives its items other ids; UID and tag are what stays.
            secret |= {"item": None, "version": None}
            columns |= {
                "sealed": seal(secret, row["meeting_id"], self._keyring),
                "item_hash": None,
                "tag_written": False,
            }
        if row["due_at"] is None:
            columns["due_at"] = null()
        # Whoever looks at it now looks in the wrong place: the fence moves.
        columns |= fence_moved(_b)
        self._connection.execute(
            update(_bindings).where(_b.meeting_id == row["meeting_id"]).values(**columns)
        )

    def route_bindings(self, limit: int) -> int:
        known = select(_w.backend).where(_w.mailbox_hash == _b.mailbox_hash).scalar_subquery()
        lost = _b.backend.is_(None) & _b.due_at.is_not(None)
        routed = self._connection.execute(
            update(_bindings)
            .where(lost, known.is_not(None))
            .values(backend=known, due_at=LedgerNow(), look_tagged=True)
        ).rowcount
        self._wake_unserved()
        return routed + self._watch_mailboxes(lost, limit)

    def _watch_mailboxes(self, followed: ColumnElement[bool], limit: int) -> int:
        """Add a watch for each mailbox of these bindings that has none; returns how many."""
        unwatched = ~exists().where(_w.mailbox_hash == _b.mailbox_hash)
        wanted = or_(_m.cancelled_at.is_(None), _b.ended_by_calendar.is_(True))
        query = (
            select(_bindings)
            .join(tables.meetings, _m.id == _b.meeting_id)
            # Those that are long over are looked at without a watch.
            .where(
                followed,
                unwatched,
                wanted,
                _m.ends_at > LedgerNow() - to_duration(KEPT_AFTER.total_seconds()),
            )
            .limit(limit)
        )
        rows = self._connection.execute(query).mappings().all()
        found, _ = readable(rows, lambda row: binding_of(row, self._keyring), _bindings)
        mailboxes = {one.mailbox for one in found}
        return sum(self.watch_mailbox(mailbox, 0.0) for mailbox in sorted(mailboxes))

    def _wake_unserved(self) -> None:
        """Ask at once which calendar serves a mailbox that nobody asked about with a meeting in it before."""
        waits = exists().where(
            _b.mailbox_hash == _w.mailbox_hash,
            _b.backend.is_(None),
            _b.frozen.is_(None),
            _b.due_at.is_not(None),
        )
        idle = _w.backend.is_(None) & _w.frozen.is_(None) & (_w.due_at > LedgerNow())
        self._connection.execute(update(_watches).where(idle, waits).values(**asked(_w)))

    def follow_all(self, limit: int) -> int:
        query = (
            select(tables.meetings)
            .where(_m.cancelled_at.is_(None), ~exists().where(_b.meeting_id == _m.id))
            .limit(limit)
        )
        now = self._connection.execute(select(LedgerNow())).scalar_one()
        rows = self._connection.execute(query).mappings().all()
        found, _ = readable(rows, lambda row: meeting_of(row, self._keyring), tables.meetings)
        for meeting in found:
            self.add_binding(ItemBinding(meeting.id, meeting.mailbox, from_time(now)))
        return len(found) + self._watch_mailboxes(_b.due_at.is_not(None), limit)

    def leave_backends(self, known: Collection[str], limit: int) -> int:
        self._probe_watches(_w.backend.not_in(known))
        query = select(_bindings).where(_b.backend.not_in(known)).limit(limit).with_for_update()
        rows = self._connection.execute(query).mappings().all()
        for row in rows:
            self._reroute_one(row, None)
        return len(rows)
