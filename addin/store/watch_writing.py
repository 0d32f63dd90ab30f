"""What may be written of mailboxes that are watched, and of what calendars tell, inside one unit; on either database.

Rows of `watches` are claimed and fenced as rooms are. Their `asked` counts how often somebody made them due: who was
looking after a mailbox meanwhile may have seen too little, and another does so at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, case, delete, insert, null, or_, select, text, update

from addin.meetings.calendar_ledger_port import StoredHint
from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost
from addin.meetings.watches import MailboxWatch, WatchClaim
from addin.store import tables
from addin.store.calendar_reading import SqlCalendarReading, served_by
from addin.store.calendar_rows import hint_of, hint_row, watch_columns, watch_from
from addin.store.leases import asked, fence_moved, from_now, hinted, is_claimable
from addin.store.ledger_now import LedgerNow
from addin.store.rows import Row, maybe_time, to_duration, to_time
from addin.store.unreadable import claimed, count_unread

_watches, _shared, _hints = tables.watches, tables.shared_calendars, tables.hints
_w, _s, _h = _watches.c, _shared.c, _hints.c

# Both databases say it so; the expression language has it for each of them alone.
_INSERT_HINT = text(
    "INSERT INTO hints (key, watch_id, kind, item_hash, received_at) "
    "VALUES (:key, :watch_id, :kind, :item_hash, :received_at) ON CONFLICT DO NOTHING"
)
_INSERT_WATCH = text(
    "INSERT INTO watches (id, mailbox_hash, sealed, pushes, pulls, writes, attempts, asked, due_at, lease_number) "
    "VALUES (:id, :mailbox_hash, :sealed, false, false, false, 0, 0, :due_at, 0) ON CONFLICT DO NOTHING"
)


class SqlWatchWriting(SqlCalendarReading):
    """Writes on one connection; the caller holds the transaction and commits."""

    def watch_mailbox(self, mailbox: str, due_in: float) -> bool:
        # Under an older key its hash is another one.
        known, unread = self._watches_of_mailbox(mailbox)
        for found in known:
            self._probe_sooner(found, due_in)
            return False
        for row in unread:
            # All that it holds but the mailbox is found out anew, which somebody knows who asks for it.
            self._connection.execute(delete(_watches).where(_w.id == row["id"]))
            count_unread(self._connection, _watches.name, 1)
        watch = MailboxWatch(id=secrets.token_hex(16), mailbox=mailbox)
        now = self._connection.execute(select(LedgerNow())).scalar_one()
        columns = watch_columns(watch, self._keyring)
        values = {
            "id": watch.id,
            "due_at": now + to_duration(due_in),
            **{name: columns[name] for name in ("mailbox_hash", "sealed")},
        }
        return self._connection.execute(_INSERT_WATCH, values).rowcount == 1

    def _probe_sooner(self, watch: MailboxWatch, due_in: float) -> None:
        """Bring forward the first probe of a mailbox that waits for its turn to be taken in."""
        if watch.backend is None and not watch.attempts:
            wanted = from_now(due_in)
            later = (_w.id == watch.id) & _w.backend.is_(None) & (_w.due_at > wanted)
            self._connection.execute(update(_watches).where(later).values(due_at=wanted))

    def claim_watches(self, backend: str | None, lease_seconds: float, limit: int) -> Sequence[WatchClaim]:
        until = Deadline.after(lease_seconds)
        rows = self._claim_rows(_watches, _w.id, served_by(backend), lease_seconds, limit)

        def claim_of(row: Row) -> WatchClaim:
            watch, hinted_at = watch_from(row, self._keyring), maybe_time(row["hinted_at"])
            return WatchClaim(watch, row["lease_number"], row["asked"], hinted_at, until)

        return claimed(self._connection, _watches, rows, claim_of)

    def save_watch(self, claim: WatchClaim, watch: MailboxWatch, due_in: float) -> None:
        unasked = _w.asked == claim.asked
        statement = (
            update(_watches)
            .where(_w.id == watch.id, _w.lease_number == claim.number)
            .values(
                **watch_columns(watch, self._keyring),
                due_at=case((unasked, from_now(due_in)), else_=LedgerNow()),
                renew_at=_no_later(_w.renew_at, watch.renew_at, unasked),
                scan_due_at=_no_later(_w.scan_due_at, watch.scan_due_at, unasked),
                hinted_at=case((unasked, null()), else_=_w.hinted_at),
                lease_until=null(),
            )
        )
        if self._connection.execute(statement).rowcount != 1:
            raise LeaseLost

    def remove_watch(self, claim: WatchClaim) -> None:
        statement = delete(_watches).where(
            _w.id == claim.watch.id, _w.lease_number == claim.number, _w.asked == claim.asked
        )
        if self._connection.execute(statement).rowcount != 1:
            raise LeaseLost

    def note_shared(self, watch_id: str, mailboxes: Collection[str]) -> None:
        wanted = {self._keyring.lookup_hash("mailbox", one) for one in mailboxes}
        of_watch = _s.watch_id == watch_id
        noted = set(self._connection.execute(select(_s.mailbox_hash).where(of_watch)).scalars())
        # Mostly it is as it was an hour ago.
        if over := noted - wanted:
            self._connection.execute(delete(_shared).where(of_watch, _s.mailbox_hash.in_(over)))
        if fresh := wanted - noted:
            rows = [{"watch_id": watch_id, "mailbox_hash": one} for one in sorted(fresh)]
            self._connection.execute(insert(_shared), rows)

    def renew_watch(self, watch_id: str) -> None:
        self._connection.execute(
            update(_watches).where(_w.id == watch_id).values(renew_at=LedgerNow(), **asked(_w))
        )

    def scan_watch(self, watch_id: str, hinted_at: datetime | None, wait: float) -> None:
        wanted = from_now(wait)
        sooner = case((_w.scan_due_at <= wanted, _w.scan_due_at), else_=wanted)
        statement = (
            update(_watches)
            .where(_w.id == watch_id)
            .values(
                scan_due_at=sooner,
                due_at=case((_w.due_at <= wanted, _w.due_at), else_=wanted),
                asked=_w.asked + 1,
                **hinted(_w, hinted_at),
            )
        )
        self._connection.execute(statement)

    def retry_unread(self, backend: str | None, limit: int) -> None:
        waiting = (served_by(backend), _w.frozen.is_not(None), _w.due_at > LedgerNow())
        chosen = select(_w.id).where(*waiting).order_by(_w.due_at).limit(limit)
        for watch_id in sorted(self._connection.execute(chosen).scalars()):
            self.scan_watch(watch_id, None, 0.0)

    def probe_again(self, mailbox: str) -> None:
        # Whoever looks after it now looks in the wrong place: the fence moves.
        served = _w.mailbox_hash.in_(self._mailbox_hashes(mailbox)) & _w.backend.is_not(None)
        self._probe_watches(served)

    def _probe_watches(self, which: ColumnElement[bool]) -> None:
        moved = {"backend": null(), "attempts": 0, **fence_moved(_w)}
        self._connection.execute(update(_watches).where(which).values(**moved, **asked(_w)))

    def _claim_rows(
        self, table: Table, key: ColumnElement[str], whose: ColumnElement[bool], lease: float, limit: int
    ) -> list[Any]:
        """Claim due rows and return them, longest due first."""
        columns = table.c
        chosen = (
            select(key)
            .where(whose, is_claimable(columns))
            .order_by(columns.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(table)
            .where(key.in_(chosen.scalar_subquery()))
            .values(
                lease_number=columns.lease_number + 1,
                lease_until=from_now(lease),
            )
            .returning(table)
        )
        return sorted(self._connection.execute(statement).mappings().all(), key=lambda row: row["due_at"])

    # --- hints ----------------------------------------------------------------------------------------------

    def add_hints(self, hints: Sequence[StoredHint]) -> None:
        self._connection.execute(_INSERT_HINT, [hint_row(hint) for hint in hints])

    def take_hints(self, limit: int) -> Sequence[StoredHint]:
        chosen = select(_h.key).order_by(_h.received_at).limit(limit).with_for_update(skip_locked=True)
        statement = delete(_hints).where(_h.key.in_(chosen.scalar_subquery())).returning(_hints)
        return [hint_of(row) for row in self._connection.execute(statement).mappings().all()]


def _no_later(
    column: ColumnElement[int | None], moment: datetime | None, unasked: ColumnElement[bool]
) -> ColumnElement[int | None] | ColumnElement[None]:
    """Return when something is due (None: at once): at `moment`, or sooner where somebody has asked meanwhile."""
    if moment is None:
        return null()
    wanted = to_time(moment)
    return case((or_(unasked, column > wanted), wanted), else_=column)
