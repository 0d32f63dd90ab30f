"""What may be written inside one unit of how meetings stand with calendars: notes, copies, occurrences, counts.

Which items are followed, and when, stands in `binding_writing`; the mailboxes in `watch_writing`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update

from addin.meetings.bindings import Copy, OccurrenceRow
from addin.meetings.calendar_ledger_port import RightsLimit
from addin.meetings.calendar_notes import unread_note
from addin.meetings.changed_times import FormerSeries
from addin.meetings.errors import MeetingChanged
from addin.meetings.model import UNREAD_NOTES, CalendarNote, Meeting
from addin.store import tables
from addin.store.binding_writing import SqlBindingWriting
from addin.store.calendar_rows import binding_of, occurrence_columns, sealed_ref
from addin.store.counters import add_to
from addin.store.ledger_now import LedgerNow
from addin.store.rows import meeting_of, meeting_row, notes_of, notes_text, to_time, wish_columns
from addin.store.unreadable import count_unread, readable
from calendar_sync.items import Unread

_m, _b = tables.meetings.c, tables.bindings.c


class SqlCalendarWriting(SqlBindingWriting):
    """Writes on one connection; the caller holds the transaction and commits."""

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
            # What was mailed went to another address, which may be nobody's by now.
            told = tables.notices.c.meeting_id == meeting_id
            self._connection.execute(update(tables.notices).where(told).values(said=None))
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

    def freeze_mailbox(self, mailbox: str, reason: Unread, at: datetime, *, lost: bool) -> None:
        followed = _b.mailbox_hash.in_(self._mailbox_hashes(mailbox)) & _b.due_at.is_not(None)
        unserved = followed if lost else followed & _b.backend.is_(None)
        # The meetings first, as every use case does; else what somebody notes meanwhile is lost.
        locked = (
            select(tables.meetings)
            .where(_m.id.in_(select(_b.meeting_id).where(unserved)))
            .order_by(_m.id)
            .with_for_update(key_share=True)
        )
        rows = self._connection.execute(locked).mappings().all()
        notes = {row["id"]: notes_of(row["calendar_notes"]) for row in rows}
        since = func.coalesce(_b.frozen_since, to_time(at))
        statement = (
            update(tables.bindings)
            .where(unserved, _b.meeting_id.in_(notes))
            .values(frozen=reason, frozen_since=since)
            .returning(tables.bindings)
        )
        frozen = self._connection.execute(statement).mappings().all()
        for binding in readable(frozen, lambda row: binding_of(row, self._keyring), tables.bindings)[0]:
            before = notes[binding.meeting_id]
            now = before - UNREAD_NOTES | {unread_note(binding)}
            if now != before:
                self.note_calendar(binding.meeting_id, now)

    # --- copies and occurrences -----------------------------------------------------------------------------

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
                item_hash=copy.item_hash,
            )
        )

    def put_occurrences(self, meeting_id: str, rows: Sequence[OccurrenceRow]) -> None:
        table = tables.occurrences
        self._connection.execute(delete(table).where(table.c.meeting_id == meeting_id))
        if rows:
            self._connection.execute(
                insert(table),
                [{"meeting_id": meeting_id} | occurrence_columns(row) for row in rows],
            )

    def note_former_series(self, meeting_id: str, former: FormerSeries) -> None:
        times = [{"revision": one.revision} | occurrence_columns(one.known) for one in former.times]
        patterns = [{"revision": one.revision, "pattern": one.pattern} for one in former.patterns]
        for table, rows in ((tables.former_times, times), (tables.former_patterns, patterns)):
            if rows:
                self._connection.execute(insert(table), [{"meeting_id": meeting_id} | row for row in rows])

    # --- counts and rights ----------------------------------------------------------------------------------

    def count_found(self, found_by: str) -> None:
        add_to(self._connection, tables.calendar_changes, {"found_by": found_by})

    def count_unreadable(self, kind: str, times: int) -> None:
        count_unread(self._connection, kind, times)

    def count_click_look(self, outcome: str) -> None:
        add_to(self._connection, tables.click_looks, {"outcome": outcome})

    def note_rights(self, calendar: str, limit: RightsLimit) -> None:
        table = tables.calendar_rights
        values = {"found": limit.value, "found_at": LedgerNow()}
        noted = update(table).where(table.c.calendar == calendar).values(**values)
        if not self._connection.execute(noted).rowcount:
            self._connection.execute(insert(table).values(calendar=calendar, **values))

    def forget_rights(self, followed: Collection[str]) -> None:
        table = tables.calendar_rights
        self._connection.execute(delete(table).where(table.c.calendar.not_in(followed)))
