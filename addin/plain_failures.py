"""The failures that an operator can mend, as one sentence each; everything else is a fault of ours and stays loud."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from addin.config.settings import SettingsFaulty
from addin.meetings.errors import CareMeetingError, MeetingNotFound
from addin.store.failures import LedgerInUse, MarkNotWritten
from addin.store.schema import SchemaDiffers


def sentence_of(failure: Exception) -> str | None:
    """Return what to tell the operator (for settings: every fault on a line of its own), or None."""
    if isinstance(failure, SettingsFaulty):
        return "\n".join(failure.faults)
    if isinstance(failure, LedgerInUse | MarkNotWritten | SchemaDiffers):
        return str(failure)
    if isinstance(failure, MeetingNotFound):
        return "There is no meeting with that id, or not any more. vardmote audit prints the ids."
    if isinstance(failure, CareMeetingError):
        return f"{type(failure).__name__}: {failure}"
    if isinstance(failure, SQLAlchemyError):
        return f"The ledger cannot be used ({type(failure).__name__}). Check ledger.url and that the database runs."
    return None
