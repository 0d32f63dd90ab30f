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
from collections.abc import Callable, Mapping
from functools import partial
from types import CodeType
from typing import Any, Final

import granian
from flask import Flask
from sqlalchemy.engine.default import DefaultDialect

from addin import cli

_Server: Final[Any] = granian.Granian

HALTS: Final = "VARDMOTE_TEST_HALTS"
PACE: Final = "VARDMOTE_TEST_PACE"

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
    """Replace the named times where they are defined, and in every module that has taken them from there.

    Raises LookupError for a name that none of those modules defines any more.
    """
    from addin import worker
    from addin.meetings import reconcile, room_steps
    from addin.store import sqlite

    for name, value in pace.items():
        defining = next((one for one in (room_steps, reconcile, worker, sqlite) if name in vars(one)), None)
        if defining is None:
            raise LookupError(
                f"none of those modules defines {name} any more: see who does, and name it here"
            )
        before = vars(defining)[name]
        for module in [one for known, one in sys.modules.items() if known.startswith("addin.")]:
            # Another module may have a time of its own under that name.
            if vars(module).get(name) is before:
                setattr(module, name, value)


def named_units() -> dict[str, str]:
    """Return what a unit of work is called in a test, by qualified name; one that is not named here passes unseen.

    Raises LookupError where there is no such unit any more.
    """
    from addin.meetings.book import _Attempt
    from addin.meetings.cancel import CancelMeeting
    from addin.meetings.change import ChangeMeeting
    from addin.meetings.change_link import ChangeLink
    from addin.meetings.room_record import record_step
    from addin.store.postgres import PostgresLedger
    from addin.store.sqlite import SqliteLedger
    from addin.worker import Worker

    wishes = (ChangeMeeting.__call__, CancelMeeting.__call__, ChangeLink.__call__)
    return {
        _Attempt.__qualname__: "wish",
        **{_inner(wish, "unit"): "wish" for wish in wishes},
        _inner(SqliteLedger.add_booking, "<lambda>"): "wish",
        _inner(PostgresLedger.add_booking, "<lambda>"): "wish",
        _inner(Worker.work_once, "<lambda>"): "claim",
        _inner(record_step, "<lambda>"): "record",
        _inner(SqliteLedger.save_step, "<lambda>"): "record",
        _inner(PostgresLedger.save_step, "<lambda>"): "record",
    }


def _inner(function: Any, name: str) -> str:
    """Return the qualified name of what a function defines within itself; raises LookupError if it does not."""
    codes = [one for one in function.__code__.co_consts if isinstance(one, CodeType)]
    for code in codes:
        if code.co_name == name:
            return code.co_qualname
    raise LookupError(f"{function.__qualname__} has no {name} any more: see what is committed there now")


def halt_at_commits(port: int) -> None:
    """Ask at `port` before and after each commit, and wait there for the answer."""
    from addin.store.postgres import PostgresLedger
    from addin.store.sqlite import SqliteLedger

    name_of = partial(_name, named_units())
    commit_together, run, run_alone, commit = (
        SqliteLedger._commit_together,
        PostgresLedger._run,
        PostgresLedger._run_alone,
        DefaultDialect.do_commit,
    )

    def noted_together(self: Any, connection: Any, units: Any) -> None:
        _committing.names = lambda: [name_of(unit.work, unit.result) for unit in units]
        commit_together(self, connection, units)

    def noted_run(self: Any, unit: Callable[[Any], Any]) -> Any:
        results: list[Any] = []
        _committing.names = lambda: [name_of(unit, result) for result in results]
        return run(self, _remembering(unit, results))

    def halting_alone(self: Any, unit: Callable[[Any], Any]) -> Any:
        # One statement is its own commit.
        _ask(port, f"before commit of {name_of(unit, None)}")
        result = run_alone(self, unit)
        _ask(port, f"after commit of {name_of(unit, result)}")
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


def _name(named: Mapping[str, str], work: Any, result: Any) -> str | None:
    name = named.get(getattr(work, "__qualname__", type(work).__name__))
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
