"""What may be read of calendars inside one unit (the last part of `ledger_port.Reading`), on either database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, exists, func, or_, select, true

from addin.meetings.bindings import Copy, ItemBinding, OccurrenceRow
from addin.meetings.calendar_ledger_port import RightsLimit
from addin.meetings.changed_times import FormerPattern, FormerSeries, FormerTime
from addin.meetings.hints import item_hashes
from addin.meetings.keyring import Keyring
from addin.meetings.links import LinkState
from addin.meetings.model import Meeting
from addin.meetings.notices import Notice
from addin.meetings.watches import KEPT_AFTER, MailboxWatch, PulledMailboxes
from addin.store import tables
from addin.store.calendar_rows import binding_of, copy_of, notice_of, occurrence_of, watch_from
from addin.store.ledger_now import LedgerNow
from addin.store.rows import Row, maybe_time, meeting_of
from addin.store.unreadable import readable
from calendar_sync.items import ItemRef

_m, _b, _w = tables.meetings.c, tables.bindings.c, tables.watches.c
_BATCH = 500


def served_by(backend: str | None) -> ColumnElement[bool]:
    """Whether a watched mailbox is served by that calendar; None: by none that is known yet."""
    return _w.backend.is_(None) if backend is None else _w.backend == backend


def _batches(mailboxes: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(mailboxes), _BATCH):
        yield mailboxes[first : first + _BATCH]


class SqlCalendarReading:
    """Reads on one connection; the caller holds the transaction."""

    _connection: Connection
    _keyring: Keyring

    def binding(self, meeting_id: str) -> ItemBinding | None:
        query = select(tables.bindings).where(_b.meeting_id == meeting_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return binding_of(row, self._keyring) if row else None

    def copies(self, meeting_id: str) -> Sequence[Copy]:
        query = select(tables.copies).where(tables.copies.c.meeting_id == meeting_id)
        return [copy_of(row, self._keyring) for row in self._connection.execute(query).mappings()]

    def copied_from(self, meeting_id: str) -> Meeting | None:
        copied = tables.copies.c
        query = select(tables.meetings).join(tables.copies, copied.meeting_id == _m.id)
        row = self._connection.execute(query.where(copied.copy_meeting_id == meeting_id)).mappings().first()
        return meeting_of(row, self._keyring) if row else None

    def meetings_in_item(self, item: ItemRef) -> Sequence[Meeting]:
        hashes = item_hashes(self._keyring, item.mailbox, item.item_id)
        query = select(tables.meetings).join(tables.bindings, _b.meeting_id == _m.id)
        query = query.where(_b.item_hash.in_(hashes), _m.cancelled_at.is_(None)).order_by(_m.id)
        rows = self._connection.execute(query).mappings().all()
        found, _ = readable(rows, lambda row: meeting_of(row, self._keyring), tables.meetings)
        return found

    def former_series(self, meeting_id: str) -> FormerSeries:
        query = select(tables.former_times).where(tables.former_times.c.meeting_id == meeting_id)
        rows = self._connection.execute(query).mappings()
        times = [FormerTime(row["revision"], occurrence_of(row)) for row in rows]
        columns = tables.former_patterns.c
        rules = select(columns.revision, columns.pattern).where(columns.meeting_id == meeting_id)
        return FormerSeries(times, [FormerPattern(*row) for row in self._connection.execute(rules)])

    def occurrences(self, meeting_id: str) -> Sequence[OccurrenceRow]:
        columns = tables.occurrences.c
        query = (
            select(tables.occurrences)
            .where(columns.meeting_id == meeting_id)
            .order_by(columns.starts_at, columns.original_start)
        )
        return [occurrence_of(row) for row in self._connection.execute(query).mappings()]

    def notices(self, meeting_id: str) -> Sequence[Notice]:
        query = select(tables.notices).where(tables.notices.c.meeting_id == meeting_id)
        return [notice_of(row) for row in self._connection.execute(query).mappings()]

    def watches_of(self, subscriptions: Collection[str]) -> Mapping[str, MailboxWatch]:
        asked = {
            found: name
            for name in subscriptions
            for found in self._keyring.lookup_hashes("subscription", name)
        }
        query = select(tables.watches).where(_w.subscription_hash.in_(asked))
        rows = self._connection.execute(query).mappings()
        found, _ = readable(
            rows,
            lambda row: (asked[row["subscription_hash"]], watch_from(row, self._keyring)),
            tables.watches,
        )
        return dict(found)

    def watch_by_mailbox(self, mailbox: str) -> MailboxWatch | None:
        found, _ = self._watches_of_mailbox(mailbox)
        return next(iter(found), None)

    def _watches_of_mailbox(self, mailbox: str) -> tuple[list[MailboxWatch], list[Row]]:
        """Return how a mailbox is looked after, and rows of it that cannot be read; of both there is one at most."""
        query = select(tables.watches).where(_w.mailbox_hash.in_(self._mailbox_hashes(mailbox))).limit(1)
        rows = self._connection.execute(query).mappings().all()
        return readable(rows, lambda row: watch_from(row, self._keyring), tables.watches)

    def following(self, meetings: Collection[str]) -> Mapping[str, tuple[Meeting, ItemBinding]]:
        rows = self._connection.execute(select(tables.bindings).where(_b.meeting_id.in_(meetings))).mappings()
        bindings, _ = readable(rows, lambda row: binding_of(row, self._keyring), tables.bindings)
        known = {one.meeting_id: one for one in bindings}
        return {found: (meeting, known[found]) for found, meeting in self._meetings_by_id(known).items()}

    def follows_until(self, mailbox: str) -> datetime | None:
        query = (
            select(func.max(_m.ends_at))
            .join(tables.bindings, _b.meeting_id == _m.id)
            .where(
                _b.mailbox_hash.in_(self._mailbox_hashes(mailbox)),
                or_(_m.cancelled_at.is_(None), _b.ended_by_calendar.is_(True)),
            )
        )
        return maybe_time(self._connection.execute(query).scalar_one_or_none())

    def knows_mailbox(self, mailbox: str) -> bool:
        hashes = self._mailbox_hashes(mailbox)
        # Three questions, each with an index of its own; a binding is where its meeting's item is or was.
        known = or_(
            exists().where(_b.mailbox_hash.in_(hashes)),
            exists().where(_m.behalf_hash.in_(hashes)),
            exists().where(_m.actor_mailbox_hash.in_(hashes)),
        )
        return bool(self._connection.execute(select(known)).scalar_one())

    def is_shared(self, mailbox: str) -> bool:
        shared = exists().where(tables.shared_calendars.c.mailbox_hash.in_(self._mailbox_hashes(mailbox)))
        return bool(self._connection.execute(select(shared)).scalar_one())

    def unwatched_mailboxes(self, after: str, limit: int) -> tuple[Sequence[str], str | None]:
        told = (_b.mailbox_hash, _m.behalf_hash, _m.actor_mailbox_hash)
        unwatched = [one.is_not(None) & ~exists().where(_w.mailbox_hash == one) for one in told]
        query = (
            select(tables.meetings)
            .join(tables.bindings, _b.meeting_id == _m.id)
            .where(_m.id > after, or_(*unwatched))
            .order_by(_m.id)
            .limit(limit)
        )
        rows = self._connection.execute(query).mappings().all()
        found, _ = readable(rows, lambda row: meeting_of(row, self._keyring), tables.meetings)
        mailboxes = {
            mailbox
            for meeting in found
            for mailbox in (meeting.mailbox, meeting.on_behalf_of, meeting.actor_mailbox)
            if mailbox
        }
        return self.unwatched_among(mailboxes), rows[-1]["id"] if len(rows) == limit else None

    def unwatched_among(self, mailboxes: Collection[str]) -> Sequence[str]:
        return [one for some in _batches(sorted(mailboxes)) for one in self._unwatched_of(some)]

    def _unwatched_of(self, mailboxes: Sequence[str]) -> list[str]:
        hashes = {one: self._mailbox_hashes(one) for one in mailboxes}
        asked = {found for some in hashes.values() for found in some}
        query = select(_w.mailbox_hash).where(_w.mailbox_hash.in_(asked))
        watched = set(self._connection.execute(query).scalars())
        return [one for one, found in hashes.items() if watched.isdisjoint(found)]

    def pulled_mailboxes(self, backend: str) -> PulledMailboxes:
        ends_after = LedgerNow() - int(KEPT_AFTER.total_seconds() * 1_000_000)
        is_followed = (
            exists()
            .where(_b.mailbox_hash == _w.mailbox_hash, _m.id == _b.meeting_id, _m.ends_at > ends_after)
            .where(or_(_m.cancelled_at.is_(None), _b.ended_by_calendar.is_(True)))
        )
        query = select(func.count(), func.count(case((is_followed, 1))))
        pulled = query.where(_w.backend == backend, _w.pulls.is_(True))
        every, followed = self._connection.execute(pulled).one()
        return PulledMailboxes(followed, every - followed)

    def unread_mailboxes(self, backend: str | None) -> int:
        unread = select(func.count()).where(served_by(backend), _w.frozen.is_not(None))
        return int(self._connection.execute(unread).scalar_one())

    def unread_items(self, backend: str) -> int:
        is_down = exists().where(_w.mailbox_hash == _b.mailbox_hash, _w.frozen.is_not(None))
        unread = select(func.count()).where(_b.backend == backend, _b.frozen.is_not(None))
        # One that is looked at no more keeps why it could not be read last. Said so that SQLite does not go through all
        # that are due in the place of the few that cannot be read.
        asked_for = unread.where(_b.due_at.is_not(None).is_(true()), ~is_down)
        return int(self._connection.execute(asked_for).scalar_one())

    def rights(self) -> Mapping[str, RightsLimit]:
        found = tables.calendar_rights.c
        rows = self._connection.execute(select(found.calendar, found.found)).all()
        return {calendar: RightsLimit(told) for calendar, told in rows}

    def calendar_counts(self) -> Mapping[str, int]:
        changes = tables.calendar_changes.c
        found = self._connection.execute(select(changes.found_by, changes.changes)).all()
        counts = {f"changes_found_by_{name}": number for name, number in found}
        clicks = tables.click_looks.c
        told = self._connection.execute(select(clicks.outcome, clicks.looks)).all()
        counts |= {f"click_looks_{name}": number for name, number in told}
        unread = tables.unreadable.c
        seen = self._connection.execute(select(unread.kind, unread.times)).all()
        counts |= {f"unreadable_{name}": number for name, number in seen}
        questions = {
            "watches": select(func.count()).select_from(tables.watches),
            "watches_with_push": select(func.count()).where(_w.subscription_hash.is_not(None)),
            "mailboxes_frozen": select(func.count()).where(_w.frozen.is_not(None)),
            "items_followed": select(func.count()).where(_b.due_at.is_not(None)),
            # One that is looked at no more keeps why it could not be read last.
            "items_frozen": select(func.count()).where(_b.due_at.is_not(None), _b.frozen.is_not(None)),
            "hints_waiting": select(func.count()).select_from(tables.hints),
            "links_coming": select(func.count()).where(tables.links.c.state == LinkState.COMING.value),
            "links_replaced": select(func.count()).where(tables.links.c.state == LinkState.REPLACED.value),
            "blocks_old": select(func.count()).where(_b.block_old_from.is_not(None)),
        }
        return counts | {
            name: self._connection.execute(query).scalar_one() for name, query in questions.items()
        }

    def _meetings_by_id(self, meetings: Collection[str]) -> dict[str, Meeting]:
        query = select(tables.meetings).where(_m.id.in_(meetings))
        rows = self._connection.execute(query).mappings()
        found, _ = readable(rows, lambda row: meeting_of(row, self._keyring), tables.meetings)
        return {meeting.id: meeting for meeting in found}

    def _mailbox_hashes(self, mailbox: str) -> list[bytes]:
        return self._keyring.lookup_hashes("mailbox", mailbox)
