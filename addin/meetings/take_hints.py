"""Turns hints into looks: many about one item make it due once, and one about an unknown item a search for our tags.

What is told of an unknown item is never read itself: it is most likely somebody's other appointment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from addin.meetings.calendar_ledger_port import StoredHint
from addin.meetings.hints import is_about_items
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.ports import HintKind

HINTS_A_TAKE: Final = 500
# What one keystroke in Outlook tells comes in several notifications; one search does for all of them.
SCAN_WAIT_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class TakeHints:
    """Takes stored hints away and makes what they are about due, in the same unit."""

    ledger: Ledger

    def work_once(self) -> bool:
        """Take some hints; False when there were none. Raises LedgerUnavailable."""
        return self.ledger.write(self._take) > 0

    def _take(self, writing: Writing) -> int:
        taken = writing.take_hints(HINTS_A_TAKE)
        self._about_items([hint for hint in taken if is_about_items(hint.kind)], writing)
        for hint in taken:
            if hint.kind in (HintKind.REAUTHORIZATION_REQUIRED, HintKind.SUBSCRIPTION_REMOVED):
                writing.renew_watch(hint.watch_id)
            if hint.kind in (HintKind.MISSED, HintKind.SUBSCRIPTION_REMOVED):
                writing.ask_mailbox(hint.watch_id)
                writing.scan_watch(hint.watch_id, None, 0.0)
        return len(taken)

    def _about_items(self, hints: Sequence[StoredHint], writing: Writing) -> None:
        if not hints:
            return
        first = min(hint.received_at for hint in hints)
        known = writing.ask_items({hint.item for hint in hints if hint.item}, first)
        # Not one of ours, or one of ours under an id that we do not know: new, moved or copied. What was deleted
        # under an unknown id was none of ours.
        unknown = {
            hint.watch_id for hint in hints if hint.item not in known and hint.kind is not HintKind.DELETED
        }
        for watch_id in sorted(unknown):
            writing.scan_watch(watch_id, first, SCAN_WAIT_SECONDS)
        # Or it is one time of a series of ours: what its id is a calendar may say otherwise than where it was read. Or
        # one whose meeting was booked before it was saved, which a search for our tag need not find.
        strange = {hint.watch_id for hint in hints if hint.item not in known}
        if strange:
            writing.ask_candidates(strange, first, SCAN_WAIT_SECONDS)
