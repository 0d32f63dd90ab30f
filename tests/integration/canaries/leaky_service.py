"""Starts the service as `vardmote serve` does, but so that it leaks on purpose: the search must find each leak.

Only this process is patched; the product has no switch for it. `LEAKS` names the kinds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import granian
from flask import Flask, request
from prometheus_client.core import GaugeMetricFamily, Metric

from addin import cli, logs
from addin.meetings.hints import HintInbox
from addin.meetings.model import AuditEntry
from addin.meetings.ports import ReceivedHint
from addin.store.writing import SqlWriting
from addin.web import metrics, problems
from addin.web.staff.api import edge
from calendar_sync import graph_reading
from calendar_sync.graph_items import ItemReader
from calendar_sync.microsoft.graph_http import GraphAnswer

KIND: Final = "VARDMOTE_TEST_LEAK"
# Set where a command of an operator's leaks, whose output is what it tells.
KIND_OF_COMMAND: Final = "VARDMOTE_TEST_LEAKING_COMMAND"
_Server: Final[Any] = granian.Granian
log: Final = logging.getLogger("addin.web")


def leaking_server(_target: str, **options: Any) -> Any:
    """Return the same server with the same flags, whose process loads `app` below."""
    return _Server(f"{__spec__.name if __spec__ else __name__}:app", **options)


def app() -> Flask:
    """Return the service's own application, with the leaks put in."""
    from addin import serving

    leaks = [LEAKS[name] for name in json.loads(os.environ[KIND])]
    for leak in leaks:
        if leak in EARLY:
            leak(None)
    made = serving.app()
    for leak in leaks:
        if leak not in EARLY:
            leak(made)
    return made


def _before_each(made: Flask, use: Callable[[str], object]) -> None:
    """Have `use` called with the body of each request."""

    def look() -> None:
        body = request.get_data(as_text=True)
        if body:
            use(body)

    made.before_request_funcs.setdefault(None, []).insert(0, look)


def log_filter(_: Any) -> None:
    """Let every record through as it is, and have somebody log what was asked."""
    from addin import serving

    logs._only_listed = lambda _logger, _method, event: event

    asked: Callable[..., Flask] = vars(serving)["app_of"]

    def talkative(service: Any, surfaces: Any) -> Flask:
        made = asked(service, surfaces)
        _before_each(made, lambda body: log.info("asked %s", body))
        return made

    vars(serving)["app_of"] = talkative


def log_field(made: Flask) -> None:
    """Write the body into a field that may be logged."""
    _before_each(made, lambda body: log.info("asked", extra={"reason": body}))


def log_encoded(made: Flask) -> None:
    """Write the body into the log so that nobody sees it at a glance."""
    _before_each(
        made, lambda body: log.info("asked", extra={"code": base64.b64encode(body.encode()).decode()})
    )


def log_hashed(made: Flask) -> None:
    """Write hashes of the body's words: whoever knows a personal number finds it."""

    def hashed(body: str) -> None:
        words = [part.strip(' {}[]":,') for part in body.split('"')]
        sums = [hashlib.sha256(word.encode()).hexdigest() for word in words if word]
        log.info("asked", extra={"code": " ".join(sums)})

    _before_each(made, hashed)


def database(made: Flask) -> None:
    """Write what was last asked as the reason of the next entry in the audit."""
    asked: list[str] = [""]
    _before_each(made, asked.append)
    written = SqlWriting.audit

    def leaking(self: SqlWriting, entry: AuditEntry) -> None:
        written(self, replace(entry, reason=asked[-1]))

    SqlWriting.audit = leaking  # type: ignore[method-assign]


def error_answer(_: Any) -> None:
    """Repeat in an error what was sent, to be helpful."""
    documented = problems.document

    def helpful(problem: Any, request_id: str, fields: Any = None) -> dict[str, Any]:
        return documented(problem, request_id, fields) | {"detail": request.get_data(as_text=True)}

    problems.document = helpful


def error_name(_: Any) -> None:
    """Name the unknown field, as libraries do by themselves."""
    edge.named = lambda messages: messages


def temporary_file(made: Flask) -> None:
    """Keep the body in a file for later."""

    def keep(body: str) -> None:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", delete=False) as file:
            file.write(body)

    _before_each(made, keep)


def item_subject(_: Any) -> None:
    """Ask Graph for the subjects of items, too, and tell of them wherever something is told of following."""
    vars(graph_reading)["SELECTED"] += ",subject"
    read, audited, collected = ItemReader.seen, SqlWriting.audit, metrics._Calendars.collect
    subjects: list[str] = []

    def talkative(self: ItemReader, mailbox: str, event: Any) -> Any:
        subjects.append(str(event.get("subject")))
        log.info("followed", extra={"reason": subjects[-1]})
        if KIND_OF_COMMAND in os.environ:
            sys.stdout.write(subjects[-1])
        return read(self, mailbox, event)

    def noting(self: SqlWriting, entry: AuditEntry) -> None:
        audited(self, replace(entry, reason=subjects[-1] if subjects else entry.reason))

    def counting(self: Any) -> Iterator[Metric]:
        yield from collected(self)
        yield GaugeMetricFamily("last_item", subjects[-1] if subjects else "none", value=1)

    ItemReader.seen = talkative  # type: ignore[method-assign]
    SqlWriting.audit = noting  # type: ignore[method-assign]
    metrics._Calendars.collect = counting  # type: ignore[method-assign]


def calendar_error(_: Any) -> None:
    """Tell in the log what Graph said of a failure."""
    named = GraphAnswer.failure

    def talkative(self: GraphAnswer) -> Any:
        if not self.is_success:
            log.warning("calendar_failed", extra={"reason": json.dumps(self.body)})
        return named(self)

    GraphAnswer.failure = talkative  # type: ignore[method-assign]


def notification(_: Any) -> None:
    """Tell in the log what a notification was about, when it is taken in."""
    taken = HintInbox.receive

    def talkative(self: HintInbox, hints: Sequence[ReceivedHint]) -> None:
        for hint in hints:
            log.info("hint_taken", extra={"reason": hint.item_id})
        taken(self, hints)

    HintInbox.receive = talkative  # type: ignore[method-assign]


LEAKS: Final[Mapping[str, Callable[[Any], None]]] = {
    "log filter": log_filter,
    "log field": log_field,
    "log, encoded": log_encoded,
    "log, hashed": log_hashed,
    "database": database,
    "error answer": error_answer,
    "error's field name": error_name,
    "temporary file": temporary_file,
    "item's subject": item_subject,
    "calendar's error": calendar_error,
    "notification": notification,
}
# These replace what the application is made with.
EARLY: Final = (log_filter, error_answer, error_name, item_subject, calendar_error, notification)


def main() -> None:
    """Take what is ours from the command line and leave the rest to `vardmote`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--leak", required=True, action="append")
    told, rest = parser.parse_known_args()
    os.environ[KIND] = json.dumps(told.leak)
    granian.Granian = leaking_server  # type: ignore[assignment]
    if "serve" not in rest:
        os.environ[KIND_OF_COMMAND] = "1"
        for leak in told.leak:
            LEAKS[leak](None)
    sys.argv = ["vardmote", *rest]
    cli.main()


if __name__ == "__main__":
    main()
