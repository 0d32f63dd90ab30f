"""Logging: one JSON object a line, and only fields on the list, so that nothing personal can slip in.

What a message says is an event's name; what an exception says is never written, since libraries quote values in
theirs: its type and the places it passed through are.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, Final

import structlog

_FIELDS: Final = frozenset(
    (
        "calendar",
        "code",
        "count",
        "event",
        "failure",
        "level",
        "logger",
        "meeting",
        "provider",
        "reason",
        "request",
        "settings",
        "status",
        "table",
        "timestamp",
        "trace",
        "type",
    )
)
# What we write is an event's name. Frameworks log under our names, too: Flask's own record of a failure is
# "Exception on /m/<code> [GET]".
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]*")
_OURS: Final = ("addin", "calendar_sync")
_ROOT: Final = Path(__file__).resolve().parent.parent

_PLACES: Final = 12
_PLACES_OF_OURS: Final = 4

log = logging.getLogger(__name__)

# Libraries whose own records may name addresses or values; only what we write ourselves is kept below this level.
_QUIET: Final = {"urllib3": logging.CRITICAL, "sqlalchemy": logging.CRITICAL, "authlib": logging.CRITICAL}


def set_up_logging(level: int = logging.INFO) -> None:
    """Send every record of this process to standard error as JSON, with listed fields only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False),
            ],
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _only_listed,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(quiet)
    # Python would print a record that cannot be written, with its message and arguments.
    logging.raiseExceptions = False
    threading.excepthook = _thread_failed


def _thread_failed(ended: threading.ExceptHookArgs) -> None:
    """Log what ended a thread; Python itself would print the exception's own words."""
    failure = ended.exc_value
    log.critical(
        "thread_failed", exc_info=(ended.exc_type, failure, ended.exc_traceback) if failure else None
    )


def _only_listed(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Keep the listed fields; replace messages that are not ours by their logger's name, exceptions by their places."""
    record: logging.LogRecord = event["_record"]
    if record.exc_info and record.exc_info[1]:
        event["type"] = type(record.exc_info[1]).__name__
        event["trace"] = _places(record.exc_info[1])
    if not record.name.startswith(_OURS) or not _EVENT.fullmatch(str(event["event"])):
        event["event"] = f"library:{record.name}"
    kept = {key: value for key, value in event.items() if key in _FIELDS or key.startswith("_")}
    # The formatter would append the exception's own words.
    record.exc_info = record.exc_text = None
    return kept


def _places(failure: BaseException) -> str:
    """Return where an exception has been, innermost first, as `file:line function`; never what it says.

    What libraries do among themselves can fill all of it, and then our own places tell more.
    """
    frames = traceback.extract_tb(failure.__traceback__)
    ours = [frame for frame in frames[:-_PLACES] if _is_ours(Path(frame.filename))]
    kept = [*ours[-_PLACES_OF_OURS:], *frames[-_PLACES:]]
    return " < ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(kept))


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(_ROOT) and "site-packages" not in path.parts


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else path.name
