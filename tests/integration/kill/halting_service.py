"""Starts the service as `vardmote serve` and `vardmote worker` do, but so that a test can stop it at any commit.

Only this process knows of it: before and after each commit that does something it says where it is to a socket of the
test's (`halts.py`), and goes on when the test answers. Times that would make a test wait (lease, pauses) can be
shortened here, since the product has no switch for them.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

import granian
from flask import Flask
from sqlalchemy.engine.default import DefaultDialect

from addin import cli

_Server: Final[Any] = granian.Granian

HALTS: Final = "VARDMOTE_TEST_HALTS"
PACE: Final = "VARDMOTE_TEST_PACE"

# What a unit of work is called in a test; a unit that is not named here passes unseen.
UNITS: Final = {
    "_Attempt": "wish",
    "ChangeMeeting.__call__.<locals>.unit": "wish",
    "CancelMeeting.__call__.<locals>.unit": "wish",
    "ChangeLink.__call__.<locals>.unit": "wish",
    "Worker.work_once.<locals>.<lambda>": "claim",
    "record_step.<locals>.<lambda>": "record",
    "SqliteLedger.add_booking.<locals>.<lambda>": "wish",
    "SqliteLedger.save_step.<locals>.<lambda>": "record",
    "PostgresLedger.add_booking.<locals>.<lambda>": "wish",
    "PostgresLedger.save_step.<locals>.<lambda>": "record",
}

_committing = threading.local()


def halting_server(_target: str, **options: Any) -> Any:
    """Return the same server with the same flags, whose process loads `app` below around the service's own."""
    return _Server("halting_service:app", **options)


def app() -> Flask:
    """Return the service's own application, with the halts and the pace put in."""
    prepare()
    from addin import serving

    return serving.app()


def prepare() -> None:
    """Put in the pace and the halts that the environment tells of."""
    set_pace(json.loads(os.environ[PACE]))
    if os.environ[HALTS]:
        halt_at_commits(int(os.environ[HALTS]))


def set_pace(pace: dict[str, float]) -> None:
    """Replace the named times in every module that knows them."""
    from addin import worker
    from addin.meetings import book, cancel, change, change_link, reconcile, room_steps
    from addin.store import sqlite

    for name, value in pace.items():
        knowing = [
            module
            for module in (reconcile, room_steps, book, change, change_link, cancel, worker, sqlite)
            if hasattr(module, name)
        ]
        assert knowing, f"no module has {name}"
        for module in knowing:
            setattr(module, name, value)


def halt_at_commits(port: int) -> None:
    """Ask at `port` before and after each commit, and wait there for the answer."""
    from addin.store.postgres import PostgresLedger
    from addin.store.sqlite import SqliteLedger

    commit_together, run, run_alone, commit = (
        SqliteLedger._commit_together,
        PostgresLedger._run,
        PostgresLedger._run_alone,
        DefaultDialect.do_commit,
    )

    def noted_together(self: Any, connection: Any, units: Any) -> None:
        _committing.names = lambda: [_name(unit.work, unit.result) for unit in units]
        commit_together(self, connection, units)

    def noted_run(self: Any, unit: Callable[[Any], Any]) -> Any:
        results: list[Any] = []
        _committing.names = lambda: [_name(unit, result) for result in results]
        return run(self, _remembering(unit, results))

    def halting_alone(self: Any, unit: Callable[[Any], Any]) -> Any:
        # One statement is its own commit.
        _ask(port, f"before commit of {_name(unit, None)}")
        result = run_alone(self, unit)
        _ask(port, f"after commit of {_name(unit, result)}")
        return result

    def halting_commit(self: Any, connection: Any) -> None:
        names = [name for name in getattr(_committing, "names", list)() if name]
        _committing.names = list
        for name in names:
            _ask(port, f"before commit of {name}")
        commit(self, connection)  # type: ignore[no-untyped-call]
        for name in names:
            _ask(port, f"after commit of {name}")

    SqliteLedger._commit_together = noted_together  # type: ignore[method-assign]
    PostgresLedger._run = noted_run  # type: ignore[method-assign]
    PostgresLedger._run_alone = halting_alone  # type: ignore[method-assign]
    DefaultDialect.do_commit = halting_commit  # type: ignore[method-assign]


def _remembering(unit: Callable[[Any], Any], results: list[Any]) -> Callable[[Any], Any]:
    def remembered(writing: Any) -> Any:
        results.append(unit(writing))
        return results[-1]

    return remembered


def _name(work: Any, result: Any) -> str | None:
    name = UNITS.get(getattr(work, "__qualname__", type(work).__name__))
    # A worker that finds nothing to do commits, too, many times a second.
    return None if name == "claim" and not result else name


def _ask(port: int, where: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"{where}\n".encode())
        line.recv(16)


def main() -> None:
    """Take what is ours from the command line and leave the rest to `vardmote`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--halts", default="")
    parser.add_argument("--pace", default="{}")
    told, rest = parser.parse_known_args()
    os.environ[HALTS], os.environ[PACE] = told.halts, told.pace
    if rest[0] == "worker":
        prepare()
    granian.Granian = halting_server  # type: ignore[assignment]
    sys.argv = ["vardmote", *rest]
    cli.main()


if __name__ == "__main__":
    main()
