"""Join codes that are not a meeting's own: the part of `Reading` and `Writing` about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, insert, null, select, update

from addin.meetings.keyring import Keyring
from addin.meetings.links import LinkState, MeetingLink
from addin.meetings.model import Meeting
from addin.store import tables
from addin.store.rows import from_time, maybe_time, meeting_row, to_time

_m, _l = tables.meetings.c, tables.links.c
_COMING: Final = _l.state == LinkState.COMING.value


class SqlLinkReading:
    """Reads on one connection; the caller holds the transaction."""

    _connection: Connection
    _keyring: Keyring

    def link(self, code: str) -> MeetingLink | None:
        query = select(tables.links).where(_l.join_hash.in_(self._keyring.lookup_hashes("join", code)))
        row = self._connection.execute(query).mappings().one_or_none()
        return replace(_link_of(row), code=code) if row else None

    def coming_link(self, meeting_id: str) -> MeetingLink | None:
        query = select(tables.links).where(_l.meeting_id == meeting_id, _COMING)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        code = self._keyring.unseal(row["sealed_code"], _sealed_for(meeting_id)).decode()
        return replace(_link_of(row), code=code)


class SqlLinkWriting(SqlLinkReading):
    """Writes on one connection; the caller holds the transaction and commits."""

    def add_coming_link(self, link: MeetingLink) -> None:
        code = link.code or ""
        self._insert_link(
            link,
            join_hash=self._keyring.lookup_hash("join", code),
            key_id=self._keyring.current,
            sealed_code=self._keyring.seal(code.encode(), _sealed_for(link.meeting_id)),
        )

    def _insert_link(
        self, link: MeetingLink, *, join_hash: bytes, key_id: str | None, sealed_code: bytes | None
    ) -> None:
        row = {
            "join_hash": join_hash,
            "meeting_id": link.meeting_id,
            "state": link.state.value,
            "unit": link.unit,
            "asked_at": to_time(link.asked_at),
            "revision": link.revision,
            "key_id": key_id,
            "sealed_code": sealed_code,
            "keeps": to_time(link.keeps),
            "made_outdated": ",".join(link.made_outdated),
        }
        self._connection.execute(insert(tables.links).values(**row))

    def keep_own_link(self, meeting_id: str, keeps: datetime) -> None:
        statement = update(tables.links).where(_l.meeting_id == meeting_id, _COMING)
        self._connection.execute(statement.values(keeps=to_time(keeps)))

    def withdraw_coming_link(self, meeting_id: str) -> None:
        statement = update(tables.links).where(_l.meeting_id == meeting_id, _COMING)
        self._connection.execute(
            statement.values(
                state=LinkState.REPLACED.value, sealed_code=null(), keeps=null(), made_outdated=""
            )
        )

    def exchange_link(self, meeting: Meeting, code: str, asked_at: datetime) -> None:
        old = MeetingLink(meeting.id, LinkState.REPLACED, meeting.unit, asked_at, meeting.revision)
        # As it is stored: under an older key of ours it is found all the same.
        stored = select(_m.join_hash).where(_m.id == meeting.id)
        old_hash = self._connection.execute(stored).scalar_one()
        self._connection.execute(delete(tables.links).where(_l.meeting_id == meeting.id, _COMING))
        self._insert_link(old, join_hash=old_hash, key_id=None, sealed_code=None)
        row = meeting_row(replace(meeting, join_code=code), self._keyring)
        # Sealed anew, and so is looked for what was sealed with it: all of them under the current key.
        again = {
            name: row[name] for name in ("join_hash", "start_hash", "owner_hash", "behalf_hash", "sealed")
        }
        self._connection.execute(update(tables.meetings).where(_m.id == meeting.id).values(**again))


def _sealed_for(meeting_id: str) -> str:
    """Return what a coming code is bound to: neither its meeting's own secrets nor another meeting's link."""
    return f"link {meeting_id}"


def _link_of(row: RowMapping) -> MeetingLink:
    told: dict[str, Any] = dict(row)
    return MeetingLink(
        meeting_id=told["meeting_id"],
        state=LinkState(told["state"]),
        unit=told["unit"],
        asked_at=from_time(told["asked_at"]),
        revision=told["revision"],
        keeps=maybe_time(told["keeps"]),
        made_outdated=tuple(filter(None, told["made_outdated"].split(","))),
    )
