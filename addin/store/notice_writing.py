"""What may be written of the mails that are owed to meetings' people, inside one unit; on either database."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, insert, null, select, tuple_, update

from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost
from addin.meetings.notices import Notice, NoticeClaim, NoticeKind
from addin.store import tables
from addin.store.calendar_reading import SqlCalendarReading
from addin.store.calendar_rows import notice_of
from addin.store.leases import fence_moved, from_now, is_claimable
from addin.store.rows import Row, to_time
from addin.store.unreadable import claimed

_notices = tables.notices
_n = _notices.c


class SqlNoticeWriting(SqlCalendarReading):
    """Writes on one connection; the caller holds the transaction and commits."""

    def owe_notice(self, meeting_id: str, kind: NoticeKind, due_in: float) -> None:
        values = {
            "kind": kind.value,
            "mail_id": secrets.token_hex(8),
            "sent_at": null(),
            "reminded": False,
            "attempts": 0,
            "due_at": from_now(due_in),
            # Whoever is sending the older one now does not mark this one as sent.
            **fence_moved(_n),
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
            .values(lease_number=_n.lease_number + 1, lease_until=from_now(lease_seconds))
            .returning(_notices)
        )
        rows = self._connection.execute(statement).mappings().all()
        meetings = self._meetings_by_id({row["meeting_id"] for row in rows})

        def claim_of(row: Row) -> NoticeClaim:
            return NoticeClaim(notice_of(row), meetings[row["meeting_id"]], row["lease_number"], until)

        return claimed(self._connection, _notices, rows, claim_of, meetings)

    def note_asked(self, claim: NoticeClaim, revision: int | None, said: str | None) -> None:
        mine = (_n.meeting_id == claim.notice.meeting_id) & (_n.about == claim.notice.kind.about)
        statement = update(_notices).where(mine, _n.lease_number == claim.number)
        if self._connection.execute(statement.values(asked_revision=revision, said=said)).rowcount != 1:
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
                due_at=from_now(due_in),
                lease_until=null(),
            )
        )
        if self._connection.execute(statement).rowcount != 1:
            raise LeaseLost
