"""A mailbox that is followed: which calendar serves it, and how that calendar tells of changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from addin.meetings.deadline import Deadline
from addin.meetings.frozen import Frozen
from calendar_sync.items import Unread

# How long a mailbox is looked after when its last meeting is over.
KEPT_AFTER: Final = timedelta(hours=24)
# How young a meeting must be for its people's mailboxes to be taken in at its first look, one by one.
TAKEN_IN_AT_ONCE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class MailboxWatch:
    """A followed mailbox. All times UTC.

    `backend` is None until the mailbox was probed; `pushes`, `pulls` and `writes` are what its calendar can do.
    `subscription` is the calendar's own id of it, `secret` what each notification must bear, `watermark` where a pull
    goes on. `scan_due_at` is when the mailbox is next searched for items that bear a tag of ours.
    """

    id: str
    mailbox: str
    backend: str | None = None
    pushes: bool = False
    pulls: bool = False
    writes: bool = False
    subscription: str | None = None
    secret: str | None = field(default=None, repr=False)
    watermark: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    renew_at: datetime | None = None
    scan_due_at: datetime | None = None
    frozen: Frozen | None = None
    attempts: int = 0

    @property
    def unread(self) -> Unread | None:
        """Why its calendar cannot be read; None when it can."""
        return self.frozen.reason if self.frozen else None


@dataclass(frozen=True, slots=True)
class WatchClaim:
    """The right to look after one mailbox until `until`, fenced by `number`.

    `asked` and `hinted_at` as in `BindingClaim`.
    """

    watch: MailboxWatch
    number: int
    asked: int
    hinted_at: datetime | None
    until: Deadline


class PulledMailboxes(NamedTuple):
    """How many mailboxes of one calendar are asked what has changed: those with a meeting, and the others."""

    followed: int
    others: int
