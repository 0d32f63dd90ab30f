"""What must happen without anybody pressing a button: kept days run out, old keys are forgotten.

Nothing is swept while the ledger is frozen after a restore.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from addin.meetings.cancel import withdraw
from addin.meetings.errors import LedgerError
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.model import SERVICE, AuditEntry, Meeting, MeetingState
from addin.meetings.ports import Clock

log = logging.getLogger(__name__)

IDEMPOTENCY_KEPT = timedelta(days=2)
_BATCH = 50


@dataclass(slots=True)
class Sweep:
    """One round over what is overdue."""

    ledger: Ledger
    clock: Clock
    _is_told_frozen: bool = False

    def __call__(self) -> None:
        """Do one round; raises LedgerUnavailable."""
        if self.ledger.read(lambda reading: reading.frozen()):
            self._tell_frozen()
            return
        self._end_kept_days()
        before = self.clock.now() - IDEMPOTENCY_KEPT
        self.ledger.write(lambda writing: writing.forget_idempotency(before))

    def _tell_frozen(self) -> None:
        """Say once in a process what only the operator can end: all else looks as usual, and removed rooms stay."""
        if not self._is_told_frozen:
            self._is_told_frozen = True
            log.error("ledger_frozen")

    def _end_kept_days(self) -> None:
        """Have the rooms of old meetings removed, and purge those whose rooms are gone."""
        now = self.clock.now()
        old = self.ledger.read(lambda reading: reading.due_for_retention(now, _BATCH))
        self._withdraw([meeting for meeting in old if not meeting.is_cancelled], "kept_days_over")
        for meeting in old:
            if meeting.state is MeetingState.CANCELLED:
                self._purge_guarded(meeting)

    def _withdraw(self, meetings: Sequence[Meeting], reason: str) -> None:
        for meeting in meetings:
            self.ledger.write(partial(self._withdraw_one, meeting, reason))
            log.info("withdrawn", extra={"meeting": meeting.id, "reason": reason})

    def _withdraw_one(self, seen: Meeting, reason: str, writing: Writing) -> None:
        """Withdraw it unless it has changed since it was found overdue."""
        now = writing.meeting(seen.id)
        if now and now.revision == seen.revision and now.unbound == seen.unbound:
            withdraw(writing, now, self.clock, actor=SERVICE, reason=reason)

    def _purge_guarded(self, meeting: Meeting) -> None:
        try:
            self.ledger.write(partial(self._purge, meeting))
        except LedgerError:
            raise
        except Exception:
            # One that cannot be purged, such as for a room that cannot be read, must not keep the others for good.
            log.exception("purge_failed", extra={"meeting": meeting.id})

    def _purge(self, meeting: Meeting, writing: Writing) -> None:
        if any(room.gone_at is None for room in writing.rooms(meeting.id)):
            # Found again after a restore: with its row gone, nobody would know that the room is ours.
            return
        writing.purge(meeting.id)
        writing.audit(AuditEntry(self.clock.now(), meeting.tenant, SERVICE, "purged", meeting.id))
