"""A ledger that cannot be written while the real service runs: locked by another process, or on a disk that is full."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from uuid import uuid4

import psutil
import pytest
import requests

from tests.integration.conftest import Halting
from tests.region import ROOMS, Json, Region

UNLIMITED = (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY)


@contextmanager
def locked(region: Region) -> Iterator[None]:
    """Hold the ledger's write lock, as a backup tool or an administrator's shell may."""
    with closing(sqlite3.connect(region.folder / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def disk_full(region: Region) -> Iterator[None]:
    """Let no process of the service write beyond the first bytes of any file, as when the disk is full."""
    processes = region.processes()
    for process in processes:
        process.rlimit(psutil.RLIMIT_FSIZE, (512, psutil.RLIM_INFINITY))
    yield
    for process in processes:
        process.rlimit(psutil.RLIMIT_FSIZE, UNLIMITED)


def assert_refused(answer: requests.Response) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["retryable"]) == (503, "ledger-unavailable", True)


def assert_made_once(region: Region, meetings: list[Json]) -> None:
    region.settles()
    assert region.disagreements() == []
    assert {len(region.rooms_of(meeting["id"])) for meeting in meetings} == {1}
    assert {region.meeting(meeting["id"])["state"] for meeting in meetings} == {"live"}


def test_a_click_while_another_process_locks_the_ledger_is_refused_and_can_be_repeated(hasty: Region) -> None:
    key, before = uuid4().hex, hasty.booked()
    hasty.settles()
    hasty.forget_requests()

    with locked(hasty):
        assert_refused(hasty.book(key=key))

    assert hasty.requests_made("POST", ROOMS) == []
    assert hasty.booked() == before
    assert_made_once(hasty, [hasty.books(key=key)])


def test_a_lock_that_is_soon_gone_is_waited_for(hasty: Region) -> None:
    hasty.rests()
    hasty.token()
    with ThreadPoolExecutor(1) as hand:
        with locked(hasty):
            click = hand.submit(hasty.book)
            with pytest.raises(TimeoutError):
                click.result(timeout=0.3)
        assert click.result().status_code == 201
    assert_made_once(hasty, [click.result().json()])


def test_clicks_in_a_batch_on_a_full_disk_are_all_refused_and_none_is_half_made(halting: Halting) -> None:
    region, halts = halting.region, halting.halts
    keys, before = [uuid4().hex for _ in range(8)], region.booked()
    region.settles()
    region.forget_requests()
    with ThreadPoolExecutor(len(keys)) as hands:
        # The first click's commit is stopped, so that the others wait for the next one together.
        halts.at("before commit of wish")
        first = hands.submit(region.book, key=keys[0])
        halts.wait()
        others = [hands.submit(region.book, key=key) for key in keys[1:]]
        with disk_full(region):
            halts.go_on()
            answers = [click.result() for click in (first, *others)]

    for answer in answers:
        assert_refused(answer)
    assert region.requests_made("POST", ROOMS) == []
    assert region.booked() == before

    assert_made_once(region, [region.books(key=key) for key in keys])


def test_a_room_whose_record_found_no_place_on_the_disk_is_found_again(halting: Halting) -> None:
    region, halts, key = halting.region, halting.halts, uuid4().hex
    region.rests()
    halts.at("before commit of record")
    with ThreadPoolExecutor(1) as hand:
        click = hand.submit(region.book, key=key)
        halts.wait()
        with disk_full(region):
            halts.go_on()
            assert_refused(click.result())
    # The lease of the click runs until the service is started again.
    region.restart()

    meeting = region.waits_for_state(region.book(key=key).json()["id"], "live")

    assert_made_once(region, [meeting])
