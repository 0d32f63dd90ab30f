"""Many clicks to a commit on SQLite: one that fails harms no other, and a commit that fails reaches everyone in it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from addin.meetings.errors import LedgerUnavailable, MeetingNotFound
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import Writing
from addin.store.failures import LedgerInUse
from addin.store.ledger import open_ledger
from addin.store.sqlite import SqliteLedger
from tests.ledgers import new_ledger
from tests.unit.meetings import doors
from tests.unit.meetings.doors import ManualClock

KEYS = Keyring({"k1": b"k" * 32}, "k1")


class Clicks:
    """Units of work that reach the writer together: it is kept busy until all of them wait."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self.ledger = ledger
        self.commits = 0
        self.failing_commit = 0
        event.listen(ledger.engine, "commit", self._at_commit)

    def _at_commit(self, _connection: object) -> None:
        self.commits += 1
        if self.commits == self.failing_commit:
            raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk I/O error"))

    def together(self, *units: Callable[[Writing], Any]) -> list[Future[Any]]:
        """Hand all units in while the writer is busy, and return what became of each."""
        busy, go_on = threading.Event(), threading.Event()

        def keep_busy(_: Writing) -> None:
            busy.set()
            go_on.wait()

        with ThreadPoolExecutor(len(units) + 1) as hands:
            hands.submit(self.ledger.write, keep_busy)
            busy.wait()
            futures = [hands.submit(self.ledger.write, unit) for unit in units]
            while len(self.ledger._queue) < len(units):
                threading.Event().wait(0.001)
            self.commits = 0
            go_on.set()
        return futures

    def stored(self, number: int) -> bool:
        return self.ledger.read(lambda reading: reading.meeting(f"m-{number}")) is not None


def adds(number: int) -> Callable[[Writing], int]:
    """Return the unit of a click that adds a meeting."""
    meeting = doors.meeting(id=f"m-{number}")

    def unit(writing: Writing) -> int:
        writing.add_meeting(meeting, None, meeting.window.end)
        return number

    return unit


def adds_and_fails(number: int) -> Callable[[Writing], int]:
    def unit(writing: Writing) -> int:
        adds(number)(writing)
        raise MeetingNotFound

    return unit


@pytest.fixture
def file(tmp_path: Path) -> Path:
    new_ledger(tmp_path)
    return tmp_path / "ledger.db"


@pytest.fixture
def clicks(file: Path) -> Iterator[Clicks]:
    ledger = open_ledger(f"sqlite:///{file}", KEYS, ManualClock())
    assert isinstance(ledger, SqliteLedger)
    yield Clicks(ledger)
    ledger.close()


def test_clicks_that_arrive_together_go_into_one_commit(clicks: Clicks) -> None:
    futures = clicks.together(*map(adds, range(8)))

    assert [future.result() for future in futures] == list(range(8))
    # The one that kept the writer busy has a commit of its own.
    assert clicks.commits == 2
    assert all(map(clicks.stored, range(8)))


def test_a_click_that_fails_is_undone_alone(clicks: Clicks) -> None:
    futures = clicks.together(adds(0), adds_and_fails(1), adds(2))

    assert isinstance(futures[1].exception(), MeetingNotFound)
    assert [clicks.stored(number) for number in range(3)] == [True, False, True]


def test_a_click_that_breaks_a_rule_of_the_schema_is_undone_alone(clicks: Clicks) -> None:
    futures = clicks.together(adds(0), adds(0), adds(1))

    failures = [future.exception() for future in futures]
    assert [type(failure) for failure in failures] == [type(None), LedgerUnavailable, type(None)]
    assert all(map(clicks.stored, range(2)))


def test_a_commit_that_fails_reaches_everyone_in_it_and_leaves_nothing(clicks: Clicks) -> None:
    clicks.failing_commit = 2
    futures = clicks.together(*map(adds, range(5)))

    assert {type(future.exception()) for future in futures} == {LedgerUnavailable}
    assert not any(map(clicks.stored, range(5)))
    assert clicks.ledger.write(adds(7)) == 7
    assert clicks.stored(7)


def test_a_disk_that_is_full_in_the_middle_of_a_batch_undoes_all_of_it(clicks: Clicks) -> None:
    def fill_the_disk(writing: Writing) -> None:
        pages = writing._connection.exec_driver_sql("PRAGMA page_count").scalar()  # type: ignore[attr-defined]
        writing._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    many = [adds(number) for number in range(1, 40)]
    futures = clicks.together(adds(0), fill_the_disk, *many)

    assert {type(future.exception()) for future in futures} == {LedgerUnavailable}
    assert not any(map(clicks.stored, range(40)))
    # The connection that was limited has been given up; there is room again.
    assert clicks.ledger.write(adds(50)) == 50


def test_an_error_of_the_database_says_its_kind_and_nothing_of_the_values(clicks: Clicks) -> None:
    clicks.ledger.write(adds(3))

    with pytest.raises(LedgerUnavailable) as failure:
        clicks.ledger.write(adds(3))

    assert str(failure.value) == "IntegrityError SQLITE_CONSTRAINT_PRIMARYKEY"
    assert failure.value.__cause__ is None


def test_a_second_process_is_told_that_the_ledger_is_in_use(clicks: Clicks, file: Path) -> None:
    with pytest.raises(LedgerInUse, match="PostgreSQL"):
        open_ledger(f"sqlite:///{file}", KEYS, ManualClock())


def test_a_command_that_only_reads_may_open_the_ledger_beside_and_cannot_write(
    clicks: Clicks, file: Path
) -> None:
    clicks.ledger.write(adds(1))
    beside = open_ledger(f"sqlite:///{file}", KEYS, ManualClock(), writes=False)

    assert beside.read(lambda reading: reading.meeting("m-1")) is not None
    with pytest.raises(LedgerUnavailable):
        beside.write(adds(2))
    beside.close()


def test_what_was_handed_in_before_closing_is_finished_and_nothing_after(clicks: Clicks) -> None:
    assert clicks.ledger.write(adds(1)) == 1
    clicks.ledger.close()

    with pytest.raises(LedgerUnavailable):
        clicks.ledger.write(adds(2))
