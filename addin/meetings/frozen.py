"""That nothing is concluded of a meeting's item, or of a mailbox, since its calendar cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from calendar_sync.items import Unread


@dataclass(frozen=True, slots=True)
class Frozen:
    """`reason` is why the last look failed, `since` (UTC) when the first one did after which none has succeeded."""

    reason: Unread
    since: datetime


def frozen_by(reason: Unread, at: datetime, before: Frozen | None) -> Frozen:
    """Return what a failure at `at` (UTC) begins, or goes on with where it was frozen `before`."""
    return Frozen(reason, before.since if before else at)
