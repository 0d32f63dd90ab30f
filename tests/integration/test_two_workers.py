"""Several processes on one PostgreSQL ledger: services, workers, one that dies, one that sleeps too long."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final
from uuid import uuid4

import psutil
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from addin.sandbox import people
from addin.trial import wait_until_ready
from tests.integration.kill.halts import launched
from tests.postgres import Postgres
from tests.region import ROOMS, SECONDS, Json, Region

LEASE: Final = {"LEASE_SECONDS": 3.0, "LEASE_RESERVE_SECONDS": 0.5}
WORKER: Final = launched("worker", pace=LEASE)
# Whose leases no machine is too slow for.
PATIENT_WORKER: Final = launched("worker")


@pytest.fixture(scope="module")
def _without_worker(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    command = launched("serve", "--no-worker", pace=LEASE)
    folder = tmp_path_factory.mktemp("postgres")
    region = Region(folder, ledger_url=postgres.new_ledger(), command=command)
    region.replace_setting("[server]", "[server]\nprocesses = 2")
    with region:
        yield region


@pytest.fixture
def served(_without_worker: Region) -> Iterator[Region]:
    """A service of two server processes on PostgreSQL, without a worker."""
    if _without_worker.service is None:
        _without_worker.start()
    yield _without_worker
    _without_worker.end_others()
    _without_worker.heal()


def one_room(region: Region, meeting: Json) -> None:
    region.settles()
    assert region.disagreements() == []
    assert len(region.rooms_of(meeting["id"])) == 1


def test_many_clicks_at_once_with_one_key_are_one_meeting(served: Region) -> None:
    served.spawn(WORKER)
    key, before = uuid4().hex, served.booked()
    served.token()
    with ThreadPoolExecutor(16) as hands:
        answers = list(hands.map(lambda _: served.book(key=key), range(16)))

    assert {answer.status_code for answer in answers} <= {200, 201, 202}, [one.text for one in answers]
    assert {answer.json()["id"] for answer in answers} == set(served.booked()) - set(before)
    assert len(served.booked()) == len(before) + 1
    one_room(served, answers[0].json())


def test_two_tabs_of_one_saved_item_are_one_meeting(served: Region) -> None:
    served.spawn(WORKER)
    item = uuid4().hex
    served.token()
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda _: served.book(item_id=item), range(8)))

    assert {answer.status_code for answer in answers} <= {200, 201, 202}, [one.text for one in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    one_room(served, answers[0].json())


def test_two_workers_share_the_work_and_do_nothing_twice(served: Region) -> None:
    served.fault("status", method="POST", status=503, times=24)
    meetings = [served.book().json() for _ in range(24)]
    assert {meeting["state"] for meeting in meetings} == {"wanted"}
    served.forget_requests()

    for worker in (PATIENT_WORKER, PATIENT_WORKER):
        served.spawn(worker)
    served.settles()

    assert served.disagreements() == []
    assert {served.meeting(meeting["id"])["state"] for meeting in meetings} == {"live"}
    created = Counter(call["body"] for call in served.requests_made("POST", ROOMS))
    assert (len(created), set(created.values())) == (24, {1})
    names = {json.loads(body)["name"] for body in created}
    rooms = {room["resource_uri"] for room in served.pexip_rooms() if room["name"] in names}
    read_back = Counter(call["path"] for call in served.requests_made("GET", ROOMS) if call["path"] in rooms)
    assert (len(read_back), set(read_back.values())) == (24, {1})


@pytest.mark.parametrize("stage", ["before", "after"])
def test_what_a_killed_worker_left_is_taken_up_when_its_lease_has_run_out(served: Region, stage: str) -> None:
    served.fault("status", method="POST", status=503)
    meeting = served.book().json()
    served.fault("hold", method="POST", stage=stage)
    worker = served.spawn(WORKER)
    served.wait_until_held()
    worker.kill()
    worker.wait(SECONDS)
    served.release(drop=True)

    served.spawn(WORKER)

    served.waits_for_state(meeting["id"], "live")
    one_room(served, meeting)


def test_a_lease_holder_that_wakes_up_too_late_changes_nothing(served: Region) -> None:
    """The holder is stopped (SIGSTOP) in the middle of its call, and its call takes effect after another one's."""
    served.fault("hold", method="POST")
    with ThreadPoolExecutor(1) as hand:
        click = hand.submit(served.book)
        served.wait_until_held()
        served.signal(signal.SIGSTOP)
        served.spawn(WORKER)
        # Another process looks, finds nothing, makes the room and reads it back.
        served.settles()
        served.release()
        served.requests_made("POST", ROOMS, at_least=2)
        served.signal(signal.SIGCONT)
        answer = click.result()

    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["state"] == "live"
    assert "lease_lost" in served.logs()
    one_room(served, answer.json())


def test_a_server_process_that_is_killed_is_replaced(served: Region) -> None:
    assert served.service is not None
    served.waits_until(partial(are_two, served), "both run")
    for process in server_processes(served):
        process.kill()
        served.waits_until(partial(are_two, served, without=process), "another one is in its place")

    wait_until_ready(served.service, f"{served.service_url}/readyz", served.log)
    served.spawn(WORKER)
    one_room(served, served.book().json())


def server_processes(region: Region) -> set[psutil.Process]:
    """Return the processes that answer, without the one that supervises them."""
    assert region.service is not None
    return set(psutil.Process(region.service.pid).children())


def are_two(region: Region, without: psutil.Process | None = None) -> bool:
    """Whether two processes answer, neither of them the one that was killed."""
    return len(server_processes(region) - {without}) == 2


def test_a_service_that_is_killed_while_another_works_on_leaves_one_room(served: Region) -> None:
    served.fault("hold", method="POST", stage="after")
    key = uuid4().hex
    with ThreadPoolExecutor(1) as hand:
        click = hand.submit(served.book, key=key)
        served.wait_until_held()
        served.spawn(WORKER)
        served.kill()
        assert isinstance(click.exception(), requests.RequestException)
    served.heal()
    served.start()

    meeting = served.waits_for_state(served.book(key=key).json()["id"], "live")

    one_room(served, meeting)


def test_rights_that_reach_too_far_are_told_by_every_process_until_they_are_limited(served: Region) -> None:
    reach(served, readable=True)
    served.spawn(WORKER)
    served.waits_until(lambda: rights(served) == {"graph": "too_wide", "ews": "too_wide"}, "it is found")
    assert requests.get(f"{served.service_url}/readyz", timeout=SECONDS).json()["rights_too_wide"]
    lines = [line for line in served.logs().splitlines() if "rights_too_wide" in line]
    assert {json.loads(line)["calendar"] for line in lines} == {"graph", "ews"}
    assert not [line for line in lines if "@" in line or "docs/permissions.md" not in line]
    served.end_others()

    reach(served, readable=False)
    served.spawn(WORKER)
    served.waits_until(lambda: rights(served) == {"graph": "held", "ews": "held"}, "the limit is proven")


def reach(region: Region, *, readable: bool) -> None:
    """Let the service's rights reach the mailboxes that they must not reach, or not."""
    for address in (box.address for box in people.MAILBOXES if not box.in_scope):
        lever = {"address": address, "readable": readable}
        region.sandbox("POST", "/sandbox/exchange/mailboxes", json=lever)


def rights(region: Region) -> dict[str, str]:
    """Return what the serving process tells of each calendar."""
    told = requests.get(f"{region.service_url}/metrics", timeout=SECONDS).text
    families = [one for one in text_string_to_metric_families(told) if one.name == "vardmote_calendar_rights"]
    return {
        sample.labels["calendar"]: sample.labels["found"]
        for family in families
        for sample in family.samples
        if sample.value
    }
