"""The queues of work that lies in the ledger until somebody claims it: which kind, and with whom it is done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Work(StrEnum):
    """What is to be done; each kind is claimed by a method of `ledger_port.Writing`."""

    ROOMS = "rooms"
    """Rooms at one provider (`claim_due`)."""
    NOTICES = "notices"
    """Mails (`claim_notices`)."""
    HINTS = "hints"
    """What calendars have told (`take_hints`)."""
    ROUTES = "routes"
    """Followed items of which no calendar is known yet (`route_bindings`)."""
    MAILBOXES = "mailboxes"
    """Watched mailboxes of one calendar, or of none that is known yet (`claim_watches`)."""
    ITEMS = "items"
    """Followed items of one calendar (`claim_bindings`)."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One kind of work at one provider or calendar: one that is down starves nobody else."""

    work: Work
    whose: str | None = None
