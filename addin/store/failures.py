"""From what a database driver raises to the two failures that the meetings know.

The driver's own words never travel on: they may quote a statement's values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from addin.meetings.errors import LedgerUnavailable


class LedgerInUse(Exception):
    """Another process writes this SQLite ledger; several processes need PostgreSQL."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: another process already uses this ledger. SQLite serves one process; "
            "stop the other one, or set ledger.url to a PostgreSQL database to run several."
        )


class MarkNotWritten(Exception):
    """The mark beside the ledger, by which a restore is noticed, cannot be written."""

    def __init__(self, path: Path, failure: OSError) -> None:
        super().__init__(
            f"{path}: cannot be written ({type(failure).__name__}). On SQLite it stands beside the ledger; "
            "on PostgreSQL set ledger.state_directory to a folder that the service may write in."
        )


@contextmanager
def ledger_failures() -> Iterator[None]:
    """Turn a driver's failure into LedgerUnavailable that names only its kind, e.g. `OperationalError: locked`."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as failure:
        raise LedgerUnavailable(kind_of(failure)) from None


def kind_of(failure: Exception) -> str:
    """Return the failure's class and, where the driver gives one, its symbolic code (never its text)."""
    original = getattr(failure, "orig", failure)
    symbol = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return f"{type(failure).__name__} {symbol}" if symbol else type(failure).__name__
