"""What may be written of calendars inside one unit (the last part of `ports.Writing`), on either database.

Rows of `bindings` and `watches` are claimed and fenced as rooms are. Their `asked` counts how often somebody made them
due: a look that was under way meanwhile may have seen too little, and is followed by another at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    text,
    tuple_,
    update,
)

from addin.meetings.bindings import (
    MOST_MAILBOXES,
    BindingClaim,
    Copy,
    ItemBinding,
    OccurrenceRow,
    SeriesAnswer,
)
from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost, MeetingChanged
from addin.meetings.model import CalendarNote, Meeting
from addin.meetings.notices import Notice, NoticeClaim, NoticeKind
from addin.meetings.ports import RightsLimit, StoredHint
from addin.meetings.watches import KEPT_AFTER, MailboxWatch, WatchClaim
from addin.store import tables
from addin.store.calendar_reading import SqlCalendarReading
from addin.store.calendar_rows import (
    ask_of,
    binding_columns,
    binding_of,
    hint_of,
    hint_row,
    notice_of,
    seal,
    sealed_ref,
    unseal,
    watch_columns,
    watch_from,
)
from addin.store.leases import is_claimable, is_free
from addin.store.ledger_now import LedgerNow
from addin.store.prepared import Prepared
from addin.store.rows import (
    from_time,
    maybe_time,
    meeting_of,
    meeting_row,
    notes_text,
    to_time,
    wish_columns,
)
from calendar_sync.items import Unread

_bindings, _watches, _hints, _notices = tables.bindings, tables.watches, tables.hints, tables.notices
_m, _b, _w, _h, _n = tables.meetings.c, _bindings.c, _watches.c, _hints.c, _notices.c

# Both databases say it so; the expression language has it for each of them alone.
_INSERT_HINT = text(
    "INSERT INTO hints (key, watch_id, kind, item_hash, received_at) "
    "VALUES (:key, :watch_id, :kind, :item_hash, :received_at) ON CONFLICT DO NOTHING"
)
_INSERT_WATCH = text(
    "INSERT INTO watches (id, mailbox_hash, sealed, pushes, pulls, writes, attempts, asked, due_at, lease_number) "
    "VALUES (:id, :mailbox_hash, :sealed, false, false, false, 0, 0, :due_at, 0) ON CONFLICT DO NOTHING"
)
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


class SqlCalendarWriting(SqlCalendarReading):
    """Writes on one connection; the caller holds the transaction and commits."""

    # --- bindings -------------------------------------------------------------------------------------------

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
            .values(lease_number=_b.lease_number + 1, lease_until=_from_now(lease_seconds))
            .returning(_bindings)
        )
        claims = self._binding_claims(self._connection.execute(statement).mappings().all(), until)
        return claims[0] if claims else None

    def release_binding(self, claim: BindingClaim) -> None:
        mine = (_b.meeting_id == claim.binding.meeting_id) & (_b.lease_number == claim.number)
        self._connection.execute(update(_bindings).where(mine).values(lease_until=null(), due_at=LedgerNow()))

    def _binding_claims(self, rows: Sequence[Any], until: Deadline) -> list[BindingClaim]:
        query = select(tables.meetings).where(_m.id.in_({row["meeting_id"] for row in rows}))
        meetings = {
            row["id"]: meeting_of(row, self._keyring) for row in self._connection.execute(query).mappings()
        }
        return [
            BindingClaim(
                binding=binding_of(row, self._keyring),
                meeting=meetings[row["meeting_id"]],
                number=row["lease_number"],
                asked=row["asked"],
                hinted_at=maybe_time(row["hinted_at"]),
                until=until,
            )
            for row in rows
        ]

    def save_binding(self, claim: BindingClaim, binding: ItemBinding, due_in: float | None) -> None:
        unasked = _b.asked == claim.asked
        statement = (
            update(_bindings)
            .where(_b.meeting_id == binding.meeting_id, _b.lease_number == claim.number)
            .values(
                **binding_columns(binding, self._keyring),
                due_at=case((unasked, _from_now(due_in)), else_=LedgerNow()),
                hinted_at=case((unasked, null()), else_=_b.hinted_at),
                sealed_ask=case((unasked, null()), else_=_b.sealed_ask),
                lease_until=null(),
            )
        )
        if self._connection.execute(statement).rowcount != 1:
            raise LeaseLost

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
        columns: dict[str, Any] = {"look_tagged": True, **_asked(_b), **_hinted(_b, hinted_at)}
        if also or offered:
            columns["sealed_ask"] = self._more_asked(meeting_id, also, offered)
        self._connection.execute(update(_bindings).where(_b.meeting_id == meeting_id).values(**columns))

    def _more_asked(self, meeting_id: str, also: str | None, offered: str | None) -> bytes:
        query = select(_bindings).where(_b.meeting_id == meeting_id).with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        ask = ask_of(row, self._keyring) if row else {}
        if also:
            others = [one for one in ask.get("also", ()) if one != also]
            ask["also"] = [*others, also][-MOST_MAILBOXES:]
        if offered:
            ask["offered"] = offered
        return seal(ask, meeting_id, self._keyring)

    def answer_series(self, meeting_id: str, answer: SeriesAnswer) -> bool:
        # Whoever looks at it now knows the old answer: the fence moves.
        moved = {"lease_number": _b.lease_number + 1, "lease_until": null(), **_asked(_b)}
        statement = update(_bindings).where(_b.meeting_id == meeting_id, _b.series.is_not(None))
        return self._connection.execute(statement.values(series_answer=answer.value, **moved)).rowcount == 1

    def block_is_old(self, meeting_id: str, since: datetime | None) -> None:
        # Whoever looks at it now would write back what it has read: the fence moves.
        moved = {"lease_number": _b.lease_number + 1, "lease_until": null(), **_asked(_b)}
        statement = update(_bindings).where(_b.meeting_id == meeting_id)
        self._connection.execute(statement.values(block_old_from=to_time(since), **moved))

    def end_for_good(self, meeting_id: str) -> bool:
        # Whoever looks at it now might revive it: the fence moves.
        moved = {"lease_number": _b.lease_number + 1, "lease_until": null(), **_asked(_b)}
        statement = update(_bindings).where(_b.meeting_id == meeting_id, _b.ended_by_calendar.is_(True))
        return self._connection.execute(statement.values(ended_by_calendar=False, **moved)).rowcount == 1

    def ask_items(self, items: Collection[bytes], hinted_at: datetime) -> set[bytes]:
        statement = (
            update(_bindings)
            .where(_b.item_hash.in_(items))
            .values(**_asked(_b), **_hinted(_b, hinted_at))
            .returning(_b.item_hash)
        )
        return set(self._connection.execute(statement).scalars())

    def ask_series(self, watches: Collection[str], hinted_at: datetime, wait: float) -> None:
        mailboxes = select(_w.mailbox_hash).where(_w.id.in_(watches))
        is_series = or_(_b.series.is_not(None), _b.occurrence.is_not(None))
        wanted = _from_now(wait)
        sooner = case((_b.due_at <= wanted, _b.due_at), else_=wanted)
        statement = update(_bindings).where(_b.mailbox_hash.in_(mailboxes), _b.due_at.is_not(None), is_series)
        asked = {"due_at": sooner, "asked": _b.asked + 1, **_hinted(_b, hinted_at)}
        self._connection.execute(statement.values(**asked))

    def ask_mailbox(self, watch_id: str) -> None:
        mailbox = select(_w.mailbox_hash).where(_w.id == watch_id).scalar_subquery()
        followed = update(_bindings).where(_b.mailbox_hash == mailbox, _b.due_at.is_not(None))
        self._connection.execute(followed.values(look_tagged=True, **_asked(_b)))

    def reroute(self, mailbox: str, backend: str) -> None:
        query = select(_bindings).where(_b.mailbox_hash.in_(self._mailbox_hashes(mailbox))).with_for_update()
        for row in self._connection.execute(query).mappings().all():
            if row["backend"] == backend:
                continue
            self._reroute_one(row, backend)

    def _reroute_one(self, row: Any, backend: str | None) -> None:
        columns: dict[str, Any] = {"backend": backend, **_asked(_b)}
        secret = unseal(row["sealed"], row["meeting_id"], self._keyring)
        if row["backend"] and secret["item"]:
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
        columns |= {"lease_number": _b.lease_number + 1, "lease_until": null()}
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
            .where(followed, unwatched, wanted, _m.ends_at > LedgerNow() - _micro(KEPT_AFTER))
            .limit(limit)
        )
        rows = self._connection.execute(query).mappings().all()
        mailboxes = {binding_of(row, self._keyring).mailbox for row in rows}
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
        self._connection.execute(update(_watches).where(idle, waits).values(**_asked(_w)))

    def watch_mailbox(self, mailbox: str, due_in: float) -> bool:
        # Under an older key its hash is another one.
        if found := self.watch_by_mailbox(mailbox):
            self._probe_sooner(found, due_in)
            return False
        watch = MailboxWatch(id=secrets.token_hex(16), mailbox=mailbox)
        now = self._connection.execute(select(LedgerNow())).scalar_one()
        columns = watch_columns(watch, self._keyring)
        values = {
            "id": watch.id,
            "due_at": now + int(due_in * 1_000_000),
            **{name: columns[name] for name in ("mailbox_hash", "sealed")},
        }
        return self._connection.execute(_INSERT_WATCH, values).rowcount == 1

    def _probe_sooner(self, watch: MailboxWatch, due_in: float) -> None:
        """Bring forward the first probe of a mailbox that waits for its turn to be taken in."""
        if watch.backend is None and not watch.attempts:
            wanted = _from_now(due_in)
            later = (_w.id == watch.id) & _w.backend.is_(None) & (_w.due_at > wanted)
            self._connection.execute(update(_watches).where(later).values(due_at=wanted))

    def follow_all(self, limit: int) -> int:
        query = (
            select(tables.meetings)
            .where(_m.cancelled_at.is_(None), ~exists().where(_b.meeting_id == _m.id))
            .limit(limit)
        )
        now = self._connection.execute(select(LedgerNow())).scalar_one()
        found = [meeting_of(row, self._keyring) for row in self._connection.execute(query).mappings().all()]
        for meeting in found:
            self.add_binding(ItemBinding(meeting.id, meeting.mailbox, from_time(now)))
        return len(found) + self._watch_mailboxes(_b.due_at.is_not(None), limit)

    # --- the meeting ----------------------------------------------------------------------------------------

    def note_calendar(self, meeting_id: str, notes: Collection[CalendarNote]) -> None:
        self._connection.execute(
            update(tables.meetings).where(_m.id == meeting_id).values(calendar_notes=notes_text(notes))
        )

    def note_bound(self, meeting_id: str, mailbox: str) -> None:
        row = self._connection.execute(select(tables.meetings).where(_m.id == meeting_id)).mappings().one()
        meeting = meeting_of(row, self._keyring)
        columns: dict[str, Any] = {"unbound": False}
        if meeting.mailbox != mailbox:
            moved = meeting_row(replace(meeting, mailbox=mailbox), self._keyring)
            columns |= {"owner_hash": moved["owner_hash"], "sealed": moved["sealed"]}
        self._connection.execute(update(tables.meetings).where(_m.id == meeting_id).values(**columns))

    def release_item(self, meeting_id: str) -> None:
        self._connection.execute(update(tables.meetings).where(_m.id == meeting_id).values(item_hash=None))

    def revive(self, meeting: Meeting, seen_revision: int, purge_at: datetime) -> bool:
        mine, other = tables.meetings, tables.meetings.alias("other")
        item = select(mine.c.item_hash).where(mine.c.id == meeting.id).scalar_subquery()
        taken = exists().where(
            other.c.tenant == meeting.tenant, other.c.item_hash == item, other.c.cancelled_at.is_(None)
        )
        if self._connection.execute(select(taken)).scalar_one():
            return False
        columns = {"state": meeting.state.value, "attention": None, **wish_columns(meeting)}
        statement = (
            update(mine)
            .where(_m.id == meeting.id, _m.revision == seen_revision)
            .values(**columns, purge_at=to_time(purge_at))
        )
        if self._connection.execute(statement).rowcount != 1:
            raise MeetingChanged
        return True

    def put_copy(self, copy: Copy) -> None:
        columns = tables.copies.c
        mine = (columns.meeting_id == copy.meeting_id) & (columns.uid_hash == copy.uid_hash)
        self._connection.execute(delete(tables.copies).where(mine))
        self._connection.execute(
            insert(tables.copies).values(
                meeting_id=copy.meeting_id,
                uid_hash=copy.uid_hash,
                outcome=copy.outcome.value,
                copy_meeting_id=copy.copy_meeting_id,
                at=to_time(copy.at),
                sealed=sealed_ref(copy, self._keyring),
            )
        )

    def put_occurrences(self, meeting_id: str, rows: Sequence[OccurrenceRow]) -> None:
        table = tables.occurrences
        self._connection.execute(delete(table).where(table.c.meeting_id == meeting_id))
        if rows:
            self._connection.execute(
                insert(table),
                [
                    {
                        "meeting_id": meeting_id,
                        "original_start": to_time(row.original_start),
                        "starts_at": to_time(row.start),
                        "ends_at": to_time(row.end),
                        "cancelled": row.cancelled,
                    }
                    for row in rows
                ],
            )

    # --- notices and counts ---------------------------------------------------------------------------------

    def owe_notice(self, meeting_id: str, revision: int, kind: NoticeKind, due_in: float) -> None:
        values = {
            "kind": kind.value,
            "revision": revision,
            "sent_at": null(),
            "reminded": False,
            "attempts": 0,
            "due_at": _from_now(due_in),
            # Whoever is sending the older one now does not mark this one as sent.
            "lease_number": _n.lease_number + 1,
            "lease_until": null(),
        }
        mine = (_n.meeting_id == meeting_id) & (_n.about == kind.about)
        if not self._connection.execute(update(_notices).where(mine).values(**values)).rowcount:
            row = {**values, "lease_number": 1}
            self._connection.execute(insert(_notices).values(meeting_id=meeting_id, about=kind.about, **row))

    def drop_notice(self, meeting_id: str, about: str) -> bool:
        statement = delete(_notices).where(
            _n.meeting_id == meeting_id, _n.about == about, _n.sent_at.is_(None), _n.due_at.is_not(None)
        )
        return self._connection.execute(statement).rowcount == 1

    def claim_notices(self, lease_seconds: float, limit: int) -> Sequence[NoticeClaim]:
        until = Deadline.after(lease_seconds)
        chosen = (
            select(_n.meeting_id, _n.about)
            .where(is_claimable(_n))
            .order_by(_n.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(_notices)
            .where(tuple_(_n.meeting_id, _n.about).in_(chosen))
            .values(lease_number=_n.lease_number + 1, lease_until=_from_now(lease_seconds))
            .returning(_notices)
        )
        rows = self._connection.execute(statement).mappings().all()
        query = select(tables.meetings).where(_m.id.in_({row["meeting_id"] for row in rows}))
        meetings = {
            row["id"]: meeting_of(row, self._keyring) for row in self._connection.execute(query).mappings()
        }
        return [
            NoticeClaim(notice_of(row), meetings[row["meeting_id"]], row["lease_number"], until)
            for row in rows
        ]

    def note_asked(self, claim: NoticeClaim, revision: int | None) -> None:
        mine = (_n.meeting_id == claim.notice.meeting_id) & (_n.about == claim.notice.kind.about)
        statement = update(_notices).where(mine, _n.lease_number == claim.number)
        if self._connection.execute(statement.values(asked_revision=revision)).rowcount != 1:
            raise LeaseLost

    def save_notice(self, claim: NoticeClaim, notice: Notice, due_in: float | None) -> None:
        statement = (
            update(_notices)
            .where(
                _n.meeting_id == notice.meeting_id,
                _n.about == notice.kind.about,
                _n.lease_number == claim.number,
            )
            .values(
                sent_at=to_time(notice.sent_at),
                reminded=notice.reminded,
                attempts=notice.attempts,
                due_at=_from_now(due_in),
                lease_until=null(),
            )
        )
        if self._connection.execute(statement).rowcount != 1:
            raise LeaseLost

    def count_found(self, found_by: str) -> None:
        counter = tables.calendar_changes
        counted = update(counter).where(counter.c.found_by == found_by).values(changes=counter.c.changes + 1)
        if not self._connection.execute(counted).rowcount:
            self._connection.execute(insert(counter).values(found_by=found_by, changes=1))

    def count_click_look(self, outcome: str) -> None:
        counter = tables.click_looks
        counted = update(counter).where(counter.c.outcome == outcome).values(looks=counter.c.looks + 1)
        if not self._connection.execute(counted).rowcount:
            self._connection.execute(insert(counter).values(outcome=outcome, looks=1))

    def note_rights(self, calendar: str, limit: RightsLimit) -> None:
        table = tables.calendar_rights
        values = {"found": limit.value, "found_at": LedgerNow()}
        noted = update(table).where(table.c.calendar == calendar).values(**values)
        if not self._connection.execute(noted).rowcount:
            self._connection.execute(insert(table).values(calendar=calendar, **values))

    def forget_rights(self, followed: Collection[str]) -> None:
        table = tables.calendar_rights
        self._connection.execute(delete(table).where(table.c.calendar.not_in(followed)))

    # --- hints ----------------------------------------------------------------------------------------------

    def add_hints(self, hints: Sequence[StoredHint]) -> None:
        self._connection.execute(_INSERT_HINT, [hint_row(hint) for hint in hints])

    def take_hints(self, limit: int) -> Sequence[StoredHint]:
        chosen = select(_h.key).order_by(_h.received_at).limit(limit).with_for_update(skip_locked=True)
        statement = delete(_hints).where(_h.key.in_(chosen.scalar_subquery())).returning(_hints)
        return [hint_of(row) for row in self._connection.execute(statement).mappings().all()]

    # --- watches --------------------------------------------------------------------------------------------

    def claim_watches(self, backend: str | None, lease_seconds: float, limit: int) -> Sequence[WatchClaim]:
        until = Deadline.after(lease_seconds)
        whose = _w.backend.is_(None) if backend is None else _w.backend == backend
        rows = self._claim_rows(_watches, _w.id, whose, lease_seconds, limit)
        return [
            WatchClaim(
                watch_from(row, self._keyring),
                row["lease_number"],
                row["asked"],
                maybe_time(row["hinted_at"]),
                until,
            )
            for row in rows
        ]

    def save_watch(self, claim: WatchClaim, watch: MailboxWatch, due_in: float) -> None:
        unasked = _w.asked == claim.asked
        statement = (
            update(_watches)
            .where(_w.id == watch.id, _w.lease_number == claim.number)
            .values(
                **watch_columns(watch, self._keyring),
                due_at=case((unasked, _from_now(due_in)), else_=LedgerNow()),
                renew_at=case((unasked, to_time(watch.renew_at)), else_=_w.renew_at),
                scan_due_at=case((unasked, to_time(watch.scan_due_at)), else_=_w.scan_due_at),
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

    def renew_watch(self, watch_id: str) -> None:
        self._connection.execute(
            update(_watches).where(_w.id == watch_id).values(renew_at=LedgerNow(), **_asked(_w))
        )

    def scan_watch(self, watch_id: str, hinted_at: datetime | None, wait: float) -> None:
        wanted = _from_now(wait)
        sooner = case((_w.scan_due_at <= wanted, _w.scan_due_at), else_=wanted)
        statement = (
            update(_watches)
            .where(_w.id == watch_id)
            .values(
                scan_due_at=sooner,
                due_at=case((_w.due_at <= wanted, _w.due_at), else_=wanted),
                asked=_w.asked + 1,
                **_hinted(_w, hinted_at),
            )
        )
        self._connection.execute(statement)

    def probe_again(self, mailbox: str) -> None:
        # Whoever looks after it now looks in the wrong place: the fence moves.
        served = _w.mailbox_hash.in_(self._mailbox_hashes(mailbox)) & _w.backend.is_not(None)
        self._probe_watches(served)

    def _probe_watches(self, which: ColumnElement[bool]) -> None:
        moved = {"backend": null(), "lease_number": _w.lease_number + 1, "lease_until": null(), "attempts": 0}
        self._connection.execute(update(_watches).where(which).values(**moved, **_asked(_w)))

    def leave_backends(self, known: Collection[str], limit: int) -> int:
        self._probe_watches(_w.backend.not_in(known))
        query = select(_bindings).where(_b.backend.not_in(known)).limit(limit).with_for_update()
        rows = self._connection.execute(query).mappings().all()
        for row in rows:
            self._reroute_one(row, None)
        return len(rows)

    def freeze_mailbox(self, mailbox: str, reason: Unread, at: datetime, *, lost: bool) -> None:
        followed = _b.mailbox_hash.in_(self._mailbox_hashes(mailbox)) & _b.due_at.is_not(None)
        unserved = followed if lost else followed & _b.backend.is_(None)
        # The meetings first, as every use case does; else what somebody notes meanwhile is lost.
        held = (
            select(tables.meetings)
            .where(_m.id.in_(select(_b.meeting_id).where(unserved)))
            .order_by(_m.id)
            .with_for_update(key_share=True)
        )
        rows = self._connection.execute(held).mappings().all()
        notes = {row["id"]: meeting_of(row, self._keyring).calendar_notes for row in rows}
        since = func.coalesce(_b.frozen_since, to_time(at))
        statement = (
            update(_bindings)
            .where(unserved, _b.meeting_id.in_(notes))
            .values(frozen=reason, frozen_since=since)
            .returning(_b.meeting_id)
        )
        for meeting_id in self._connection.execute(statement).scalars().all():
            if CalendarNote.FROZEN not in notes[meeting_id]:
                self.note_calendar(meeting_id, notes[meeting_id] | {CalendarNote.FROZEN})

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
                lease_until=LedgerNow() + int(lease * 1_000_000),
            )
            .returning(table)
        )
        return sorted(self._connection.execute(statement).mappings().all(), key=lambda row: row["due_at"])


def _asked(columns: Any) -> dict[str, Any]:
    """Return what makes a row due at once, and says so to whoever is looking at it now."""
    return {"due_at": LedgerNow(), "asked": columns.asked + 1}


def _micro(period: timedelta) -> int:
    return int(period.total_seconds() * 1_000_000)


def _hinted(columns: Any, hinted_at: datetime | None) -> dict[str, Any]:
    """Return what notes when a notification first asked, when one did."""
    return {"hinted_at": func.coalesce(columns.hinted_at, to_time(hinted_at))} if hinted_at else {}


def _from_now(seconds: float | None) -> ColumnElement[Any]:
    if seconds is None:
        return null()
    return LedgerNow() + bindparam(None, int(seconds * 1_000_000), type_=BigInteger)
