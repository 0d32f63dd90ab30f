"""Whose turn a row is, and what makes it somebody's: the same for all tables whose rows are claimed.

One condition holds for those who claim, and for who asks whether there is anything to claim.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, null, or_

from addin.store.ledger_now import LedgerNow
from addin.store.rows import to_duration, to_time


def is_free(columns: Any) -> ColumnElement[bool]:
    """Whether nobody holds a row of the table with these columns: it has no lease, or one that has run out."""
    free: ColumnElement[bool] = or_(columns.lease_until.is_(None), columns.lease_until <= LedgerNow())
    return free


def is_claimable(columns: Any) -> ColumnElement[bool]:
    """Whether a row of the table with these columns is due and free."""
    due: ColumnElement[bool] = columns.due_at <= LedgerNow()
    return due & is_free(columns)


def asked(columns: Any) -> dict[str, Any]:
    """Return what makes a row due at once, and says so to whoever is looking at it now."""
    return {"due_at": LedgerNow(), "asked": columns.asked + 1}


def hinted(columns: Any, hinted_at: datetime | None) -> dict[str, Any]:
    """Return what notes when a notification first asked, when one did."""
    return {"hinted_at": func.coalesce(columns.hinted_at, to_time(hinted_at))} if hinted_at else {}


def fence_moved(columns: Any) -> dict[str, Any]:
    """Return what takes a row from whoever holds it: what they write next is refused (LeaseLost)."""
    return {"lease_number": columns.lease_number + 1, "lease_until": null()}


def from_now(seconds: float | None) -> ColumnElement[Any]:
    """Return the moment in so many seconds, by the ledger's own time; None: no moment at all."""
    if seconds is None:
        return null()
    return LedgerNow() + bindparam(None, to_duration(seconds), type_=BigInteger)
