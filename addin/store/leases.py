"""Whose turn a row is: one condition for those who claim, and for who asks whether there is anything to claim."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_

from addin.store.ledger_now import LedgerNow


def is_free(columns: Any) -> ColumnElement[bool]:
    """Whether nobody holds a row of the table with these columns: it has no lease, or one that has run out."""
    free: ColumnElement[bool] = or_(columns.lease_until.is_(None), columns.lease_until <= LedgerNow())
    return free


def is_claimable(columns: Any) -> ColumnElement[bool]:
    """Whether a row of the table with these columns is due and free."""
    due: ColumnElement[bool] = columns.due_at <= LedgerNow()
    return due & is_free(columns)
