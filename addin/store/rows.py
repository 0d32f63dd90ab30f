"""From rows to meetings and rooms and back; the only place that seals and unseals what the ledger hides."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from addin.meetings.keyring import Keyring
from addin.meetings.model import (
    Attention,
    AuditEntry,
    CalendarNote,
    Meeting,
    MeetingState,
    Room,
    Told,
    Wanted,
    Window,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = RowMapping

# The columns of a room that a step of the reconciler may change.
KNOWN_COLUMNS = (
    "reference",
    "applied_revision",
    "made_at",
    "verified_at",
    "gone_at",
    "must_look",
    "lookup_until",
    "attempts",
)


def to_time(value: datetime | None) -> int | None:
    """Return microseconds since 1970 UTC of an aware time."""
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def from_time(value: int) -> datetime:
    """Return the aware UTC time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def to_duration(seconds: float) -> int:
    """Return whole microseconds."""
    return int(seconds * 1_000_000)


def maybe_time(value: int | None) -> datetime | None:
    """Return the same, or None for no time."""
    return None if value is None else from_time(value)


def meeting_row(meeting: Meeting, keyring: Keyring) -> dict[str, Any]:
    """Return the columns of a new meeting, without `item_hash` and `purge_at`."""
    secret = {
        "join": meeting.join_code,
        "start": meeting.start_code,
        "mailbox": meeting.mailbox,
        "behalf": meeting.on_behalf_of,
        "hosts": meeting.hosts,
        "actor": meeting.actor_mailbox,
    }
    return {
        "id": meeting.id,
        "tenant": meeting.tenant,
        "actor": meeting.actor,
        "owner_hash": keyring.lookup_hash("mailbox", meeting.mailbox),
        "behalf_hash": _mailbox_hash(meeting.on_behalf_of, keyring),
        "actor_mailbox_hash": _mailbox_hash(meeting.actor_mailbox, keyring),
        "join_hash": keyring.lookup_hash("join", meeting.join_code),
        "start_hash": keyring.lookup_hash("start", meeting.start_code),
        "sealed": keyring.seal(json.dumps(secret, separators=(",", ":")).encode(), meeting.id),
        "created_at": to_time(meeting.created_at),
        "state": meeting.state.value,
        "attention": meeting.attention.value if meeting.attention else None,
        "unbound": meeting.unbound,
        "host_started_at": to_time(meeting.host_started_at),
        "calendar_notes": notes_text(meeting.calendar_notes),
        **wish_columns(meeting),
    }


def _mailbox_hash(mailbox: str | None, keyring: Keyring) -> bytes | None:
    return keyring.lookup_hash("mailbox", mailbox) if mailbox else None


def wish_columns(meeting: Meeting) -> dict[str, Any]:
    """Return the columns that a new wish may change."""
    previous = meeting.previous
    return {
        "type": meeting.type,
        "variant": meeting.variant,
        "unit": meeting.unit,
        "starts_at": to_time(meeting.window.start),
        "ends_at": to_time(meeting.window.end),
        "zone": meeting.window.zone,
        "previous_starts_at": to_time(previous.start) if previous else None,
        "previous_ends_at": to_time(previous.end) if previous else None,
        "previous_zone": previous.zone if previous else None,
        "revision": meeting.revision,
        "told": told_text(meeting.told),
        "cancelled_at": to_time(meeting.cancelled_at),
    }


def told_text(told: Mapping[str, Told]) -> str:
    """Return what each audience was told, as it is stored: revision, seconds of start and end, what else holds."""
    entries = {
        audience: [it.revision, _seconds(it.start), _seconds(it.end), _flags(it)]
        for audience, it in told.items()
    }
    return json.dumps(entries, separators=(",", ":"), sort_keys=True)


def _flags(told: Told) -> int:
    return told.cancelled + 2 * told.outdated + 4 * told.by_others


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _told(row: Row) -> dict[str, Told]:
    return {audience: _one_told(it, row) for audience, it in json.loads(row["told"]).items()}


def _one_told(entry: Any, row: Row) -> Told:
    if isinstance(entry, int):
        # As it was stored before the time was: true as long as the meeting has that revision.
        start, end = from_time(row["starts_at"]), from_time(row["ends_at"])
        return Told(entry, start, end, outdated=entry < row["revision"])
    revision, start, end, flags = entry
    return Told(
        revision,
        datetime.fromtimestamp(start, UTC),
        datetime.fromtimestamp(end, UTC),
        cancelled=bool(flags & 1),
        outdated=bool(flags & 2),
        by_others=bool(flags & 4),
    )


def notes_text(notes: Collection[CalendarNote]) -> str | None:
    """Return what the calendar side knows, as it is stored."""
    return ",".join(sorted(notes)) or None


def notes_of(text: str | None) -> frozenset[CalendarNote]:
    """Return what `notes_text` wrote."""
    return frozenset(CalendarNote(note) for note in text.split(",")) if text else frozenset()


def meeting_of(row: Row, keyring: Keyring) -> Meeting:
    """Return the meeting that a row holds; raises UnknownKey and SealBroken."""
    secret = json.loads(keyring.unseal(row["sealed"], row["id"]))
    previous = None
    if row["previous_starts_at"] is not None:
        previous = Window(
            from_time(row["previous_starts_at"]), from_time(row["previous_ends_at"]), row["previous_zone"]
        )
    return Meeting(
        id=row["id"],
        tenant=row["tenant"],
        actor=row["actor"],
        mailbox=secret["mailbox"],
        on_behalf_of=secret["behalf"],
        hosts=tuple(secret["hosts"]),
        # Not there in what was sealed before it was kept.
        actor_mailbox=secret.get("actor"),
        type=row["type"],
        variant=row["variant"],
        unit=row["unit"],
        window=Window(from_time(row["starts_at"]), from_time(row["ends_at"]), row["zone"]),
        previous=previous,
        revision=row["revision"],
        state=MeetingState(row["state"]),
        attention=Attention(row["attention"]) if row["attention"] else None,
        unbound=row["unbound"],
        join_code=secret["join"],
        start_code=secret["start"],
        created_at=from_time(row["created_at"]),
        host_started_at=maybe_time(row["host_started_at"]),
        cancelled_at=maybe_time(row["cancelled_at"]),
        told=_told(row),
        calendar_notes=notes_of(row["calendar_notes"]),
    )


def room_row(room: Room, keyring: Keyring) -> dict[str, Any]:
    """Return the columns of a new room, without its due time and lease."""
    return {
        "id": room.id,
        "meeting_id": room.meeting_id,
        "provider": room.provider,
        "generation": room.generation,
        "name": room.name,
        "sealed_alias": keyring.seal(room.alias.encode(), room.id),
        "key_id": room.key_id,
        "wanted": room.wanted.value,
        "wanted_revision": room.wanted_revision,
        **known_columns(room),
    }


def known_columns(room: Room) -> dict[str, Any]:
    """Return the values of `KNOWN_COLUMNS`."""
    return {
        "reference": room.reference,
        "applied_revision": room.applied_revision,
        "made_at": to_time(room.made_at),
        "verified_at": to_time(room.verified_at),
        "gone_at": to_time(room.gone_at),
        "must_look": room.must_look,
        "lookup_until": to_time(room.lookup_until),
        "attempts": room.attempts,
    }


def room_of(row: Row, keyring: Keyring) -> Room:
    """Return the room that a row holds; raises UnknownKey and SealBroken."""
    return Room(
        id=row["id"],
        meeting_id=row["meeting_id"],
        provider=row["provider"],
        generation=row["generation"],
        name=row["name"],
        alias=keyring.unseal(row["sealed_alias"], row["id"]).decode(),
        key_id=row["key_id"],
        wanted=Wanted(row["wanted"]),
        wanted_revision=row["wanted_revision"],
        reference=row["reference"],
        applied_revision=row["applied_revision"],
        made_at=maybe_time(row["made_at"]),
        verified_at=maybe_time(row["verified_at"]),
        must_look=row["must_look"],
        lookup_until=maybe_time(row["lookup_until"]),
        attempts=row["attempts"],
        gone_at=maybe_time(row["gone_at"]),
    )


def audit_row(entry: AuditEntry) -> dict[str, Any]:
    """Return the columns of an audit entry; its number comes from the database."""
    return {
        "at": to_time(entry.at),
        "tenant": entry.tenant,
        "actor": entry.actor,
        "action": entry.action,
        "meeting_id": entry.meeting_id,
        "reason": entry.reason,
    }


def audit_of(row: Row) -> AuditEntry:
    """Return the audit entry that a row holds."""
    return AuditEntry(
        at=from_time(row["at"]),
        tenant=row["tenant"],
        actor=row["actor"],
        action=row["action"],
        meeting_id=row["meeting_id"],
        reason=row["reason"],
    )
