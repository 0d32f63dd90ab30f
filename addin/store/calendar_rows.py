"""From rows to what is known of calendars and back; seals and unseals what they hide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import RowMapping

from addin.meetings.bindings import (
    MOST_MAILBOXES,
    Copy,
    CopyOutcome,
    ItemBinding,
    OccurrenceRow,
    SeriesAnswer,
)
from addin.meetings.calendar_ledger_port import StoredHint
from addin.meetings.frozen import Frozen
from addin.meetings.hints import item_hash
from addin.meetings.keyring import Keyring
from addin.meetings.notices import Notice, NoticeKind
from addin.meetings.ports import HintKind
from addin.meetings.watches import MailboxWatch
from addin.store.rows import from_time, maybe_time, to_time
from calendar_sync.decide import Unusable
from calendar_sync.items import ItemRef, Unread
from calendar_sync.series import Occurrence, Series

Row = RowMapping

_MICROSECOND = timedelta(microseconds=1)


# --- bindings -----------------------------------------------------------------------------------------------


def binding_columns(binding: ItemBinding, keyring: Keyring) -> dict[str, Any]:
    """Return the columns that whoever holds the lease writes."""
    item = binding.item_id
    secret = {
        "mailbox": binding.mailbox,
        "item": item,
        "uid": binding.uid,
        "version": binding.version,
        "offered": binding.offered,
        "also": binding.also,
    }
    return {
        "backend": binding.backend,
        "mailbox_hash": keyring.lookup_hash("mailbox", binding.mailbox),
        "item_hash": item_hash(keyring, binding.mailbox, item) if item else None,
        "sealed": seal(secret, binding.meeting_id, keyring),
        "series": _series_text(binding.series) if binding.series else None,
        "series_answer": binding.series_answer.value if binding.series_answer else None,
        "occurrence": to_time(binding.occurrence),
        "ended_by_calendar": binding.ended_by_calendar,
        "gone_since": to_time(binding.gone_since),
        **_frozen_columns(binding.frozen),
        "held": binding.unusable.value if binding.unusable else None,
        "block_due": binding.block_due,
        "block_tells_time": binding.block_tells_time,
        "block_old_from": to_time(binding.block_old_from),
        "tag_written": binding.tag_written,
        "look_tagged": binding.look_tagged,
        "looked_at": to_time(binding.looked_at),
        "attempts": binding.attempts,
    }


def binding_of(row: Row, keyring: Keyring) -> ItemBinding:
    """Return what a row knows, with what it was asked; raises UnknownKey and SealBroken."""
    secret = unseal(row["sealed"], row["meeting_id"], keyring)
    known = ItemBinding(
        meeting_id=row["meeting_id"],
        mailbox=secret["mailbox"],
        created_at=from_time(row["created_at"]),
        backend=row["backend"],
        item_id=secret["item"],
        uid=secret["uid"],
        version=secret["version"],
        offered=secret["offered"],
        also=tuple(secret["also"]),
        series=_series_of(row["series"]) if row["series"] else None,
        series_answer=SeriesAnswer(row["series_answer"]) if row["series_answer"] else None,
        ended_by_calendar=row["ended_by_calendar"],
        gone_since=maybe_time(row["gone_since"]),
        frozen=_frozen_of(row),
        unusable=Unusable(row["held"]) if row["held"] else None,
        block_due=row["block_due"],
        block_tells_time=row["block_tells_time"],
        block_old_from=maybe_time(row["block_old_from"]),
        tag_written=row["tag_written"],
        # It was sealed at first, and is until the next look.
        occurrence=maybe_time(row["occurrence"] or secret.get("occurrence")),
        look_tagged=row["look_tagged"],
        looked_at=maybe_time(row["looked_at"]),
        attempts=row["attempts"],
    )
    return _as_asked(known, ask_of(row, keyring))


def _frozen_columns(frozen: Frozen | None) -> dict[str, Any]:
    return {
        "frozen": frozen.reason.value if frozen else None,
        "frozen_since": to_time(frozen.since) if frozen else None,
    }


def _frozen_of(row: Row) -> Frozen | None:
    return Frozen(Unread(row["frozen"]), from_time(row["frozen_since"])) if row["frozen"] else None


def ask_of(row: Row, keyring: Keyring) -> dict[str, Any]:
    """Return what was asked beside the lease: `offered` and `also`, where there are any."""
    return unseal(row["sealed_ask"], row["meeting_id"], keyring) if row["sealed_ask"] else {}


def _as_asked(known: ItemBinding, ask: Mapping[str, Any]) -> ItemBinding:
    also = [*known.also, *(one for one in ask.get("also", ()) if one not in known.also)]
    return replace(known, offered=ask.get("offered", known.offered), also=tuple(also[-MOST_MAILBOXES:]))


def _series_text(series: Series) -> str:
    return json.dumps(
        {
            "rule": series.rule,
            "first": to_time(series.first_start),
            "zone": series.zone,
            "length": series.length // _MICROSECOND,
            "cancelled": sorted(day.isoformat() for day in series.cancelled),
            "moved": [
                [to_time(one.original_start), to_time(one.start), to_time(one.end)] for one in series.moved
            ],
        },
        separators=(",", ":"),
    )


def _series_of(text: str) -> Series:
    told = json.loads(text)
    return Series(
        rule=told["rule"],
        first_start=from_time(told["first"]),
        zone=told["zone"],
        length=timedelta(microseconds=told["length"]),
        cancelled=frozenset(date.fromisoformat(day) for day in told["cancelled"]),
        moved=tuple(
            Occurrence(from_time(original), from_time(start), from_time(end))
            for original, start, end in told["moved"]
        ),
    )


# --- what hangs on a meeting --------------------------------------------------------------------------------


def sealed_ref(copy: Copy, keyring: Keyring) -> bytes | None:
    """Return where a copy is, as it is stored."""
    ref = copy.ref
    return seal({"mailbox": ref.mailbox, "item": ref.item_id}, copy.meeting_id, keyring) if ref else None


def copy_of(row: Row, keyring: Keyring) -> Copy:
    """Return the copy that a row holds; raises UnknownKey and SealBroken."""
    told = unseal(row["sealed"], row["meeting_id"], keyring) if row["sealed"] else None
    return Copy(
        meeting_id=row["meeting_id"],
        uid_hash=row["uid_hash"],
        outcome=CopyOutcome(row["outcome"]),
        at=from_time(row["at"]),
        copy_meeting_id=row["copy_meeting_id"],
        ref=ItemRef(told["mailbox"], told["item"]) if told else None,
        item_hash=row["item_hash"],
    )


def occurrence_of(row: Row) -> OccurrenceRow:
    """Return the occurrence that a row holds."""
    return OccurrenceRow(
        original_start=from_time(row["original_start"]),
        start=from_time(row["starts_at"]),
        end=from_time(row["ends_at"]),
        cancelled=row["cancelled"],
    )


def occurrence_columns(row: OccurrenceRow) -> dict[str, Any]:
    """Return the columns of an occurrence, without its meeting's id."""
    return {
        "original_start": to_time(row.original_start),
        "starts_at": to_time(row.start),
        "ends_at": to_time(row.end),
        "cancelled": row.cancelled,
    }


def notice_of(row: Row) -> Notice:
    """Return the notice that a row holds."""
    return Notice(
        meeting_id=row["meeting_id"],
        mail_id=row["mail_id"],
        kind=NoticeKind(row["kind"]),
        due_at=maybe_time(row["due_at"]),
        sent_at=maybe_time(row["sent_at"]),
        reminded=row["reminded"],
        asked_revision=row["asked_revision"],
        said=row["said"],
        attempts=row["attempts"],
    )


# --- watches and hints --------------------------------------------------------------------------------------


def watch_columns(watch: MailboxWatch, keyring: Keyring) -> dict[str, Any]:
    """Return the columns that whoever holds the lease writes."""
    secret = {
        "mailbox": watch.mailbox,
        "subscription": watch.subscription,
        "secret": watch.secret,
        "watermark": watch.watermark,
    }
    subscription = watch.subscription
    return {
        "mailbox_hash": keyring.lookup_hash("mailbox", watch.mailbox),
        "backend": watch.backend,
        "subscription_hash": keyring.lookup_hash("subscription", subscription) if subscription else None,
        "sealed": seal(secret, watch.id, keyring),
        "pushes": watch.pushes,
        "pulls": watch.pulls,
        "writes": watch.writes,
        "expires_at": to_time(watch.expires_at),
        **_frozen_columns(watch.frozen),
        "attempts": watch.attempts,
    }


def watch_from(row: Row, keyring: Keyring) -> MailboxWatch:
    """Return the watch that a row holds; raises UnknownKey and SealBroken."""
    secret = unseal(row["sealed"], row["id"], keyring)
    return MailboxWatch(
        id=row["id"],
        mailbox=secret["mailbox"],
        backend=row["backend"],
        pushes=row["pushes"],
        pulls=row["pulls"],
        writes=row["writes"],
        subscription=secret["subscription"],
        secret=secret["secret"],
        watermark=secret["watermark"],
        expires_at=maybe_time(row["expires_at"]),
        renew_at=maybe_time(row["renew_at"]),
        scan_due_at=maybe_time(row["scan_due_at"]),
        frozen=_frozen_of(row),
        attempts=row["attempts"],
    )


def hint_row(hint: StoredHint) -> dict[str, Any]:
    """Return the columns of a hint."""
    return {
        "key": hint.key,
        "watch_id": hint.watch_id,
        "kind": hint.kind.value,
        "item_hash": hint.item,
        "received_at": to_time(hint.received_at),
    }


def hint_of(row: Row) -> StoredHint:
    """Return the hint that a row holds."""
    return StoredHint(
        row["key"],
        row["watch_id"],
        HintKind(row["kind"]),
        row["item_hash"],
        from_time(row["received_at"]),
    )


def seal(secret: Mapping[str, Any], row: str, keyring: Keyring) -> bytes:
    """Seal plain values for one row."""
    return keyring.seal(json.dumps(secret, separators=(",", ":")).encode(), row)


def unseal(sealed: bytes, row: str, keyring: Keyring) -> dict[str, Any]:
    """Return the values that were sealed for a row."""
    opened: dict[str, Any] = json.loads(keyring.unseal(sealed, row))
    return opened
