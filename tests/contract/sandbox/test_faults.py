"""The faults, holds and journal that other tests lean on."""

import threading
from typing import Any

import pytest
import requests

from tests.contract.sandbox.running import ROOMS, Json, Sandbox

CREATE = {"method": "POST", "path_prefix": ROOMS}


def switch(region: Sandbox, fault: str, **more: Any) -> None:
    region.lever("faults", [{"match": CREATE, "fault": fault, **more}])


def create(region: Sandbox, name: str = "n") -> requests.Response:
    return region.pexip("POST", ROOMS, {"name": name})


def rooms(region: Sandbox) -> list[str]:
    return [room["name"] for room in region.pexip("GET", ROOMS).json()["objects"]]


class Later:
    """A request on a thread and a connection of its own; `answer()` waits for what became of it."""

    def __init__(self, region: Sandbox, name: str) -> None:
        self._became: requests.Response | None = None
        self._thread = threading.Thread(target=self._run, args=(region, name))
        self._thread.start()

    def _run(self, region: Sandbox, name: str) -> None:
        account = ("vardmote", "sandbox-pexip-password")
        try:
            self._became = requests.post(region.base + ROOMS, json={"name": name}, auth=account, timeout=30)
        except requests.ConnectionError:
            self._became = None

    def answer(self) -> requests.Response | None:
        """Return the answer, or None for a connection that was closed without one."""
        self._thread.join(timeout=30)
        return self._became


def test_a_lost_response_leaves_the_effect(region: Sandbox) -> None:
    switch(region, "lost_response")

    with pytest.raises(requests.ConnectionError):
        create(region)

    assert rooms(region) == ["n"]


def test_a_connection_closed_before_the_effect_leaves_nothing(region: Sandbox) -> None:
    switch(region, "close_before_effect")

    with pytest.raises(requests.ConnectionError):
        create(region)

    assert rooms(region) == []


def test_a_fault_strikes_as_often_as_told_and_where_told(region: Sandbox) -> None:
    switch(region, "status", status=503, times=2, skip=1)

    assert [create(region, name).status_code for name in ("a", "b", "c", "d")] == [201, 503, 503, 201]
    assert rooms(region) == ["a", "d"]


@pytest.mark.parametrize(
    ("status", "headers"), [(500, {}), (401, {}), (429, {"Retry-After": "7"}), (503, {})]
)
def test_a_status_stands_in_for_the_effect(region: Sandbox, status: int, headers: dict[str, str]) -> None:
    switch(
        region, "status", status=status, body="<h1>kanarie</h1>", **({"retry_after": 7} if headers else {})
    )

    answer = create(region)

    assert (answer.status_code, answer.text) == (status, "<h1>kanarie</h1>")
    assert headers.items() <= answer.headers.items()
    assert rooms(region) == []


def test_an_error_may_also_come_after_the_effect(region: Sandbox) -> None:
    switch(region, "status", status=502, effect=True)

    assert create(region).status_code == 502
    assert rooms(region) == ["n"]


def test_malformed_json_comes_instead_of_the_answer(region: Sandbox) -> None:
    region.lever("faults", [{"match": {"path_prefix": ROOMS}, "fault": "malformed_json", "times": 2}])

    made, read = create(region), region.pexip("GET", ROOMS)

    assert "Location" not in made.headers
    with pytest.raises(requests.exceptions.JSONDecodeError):
        read.json()
    assert rooms(region) == ["n"]


def test_another_tenant_can_be_first_with_the_name(region: Sandbox) -> None:
    switch(region, "foreign_room", times=2)

    assert [create(region, name).status_code for name in ("n", "m")] == [400, 400]
    for name in ("n", "m"):
        assert [room["tag"] for room in region.pexip("GET", ROOMS, name=name).json()["objects"]] == [
            "annan-kund"
        ]


def test_another_tenant_can_be_first_with_the_alias(region: Sandbox) -> None:
    switch(region, "foreign_room", bears="alias")

    answer = region.pexip("POST", ROOMS, {"name": "n", "aliases": [{"alias": "a1"}]})

    assert "aliases" in answer.json()["conference"]
    assert rooms(region) != ["n"]
    assert [room["tag"] for room in region.pexip("GET", ROOMS).json()["objects"]] == ["annan-kund"]


def test_a_slow_answer_is_a_right_answer(region: Sandbox) -> None:
    switch(region, "slow", seconds=0.05)

    answer = create(region)

    assert answer.status_code == 201
    assert answer.elapsed.total_seconds() >= 0.05


def test_a_create_can_land_after_its_caller_has_given_up(region: Sandbox) -> None:
    switch(region, "timeout_then_create", delay_effect_seconds=1.5, seconds=1.5)

    with pytest.raises(requests.ReadTimeout):
        requests.post(
            region.base + ROOMS,
            json={"name": "n"},
            auth=("vardmote", "sandbox-pexip-password"),
            timeout=(30, 0.1),
        )

    landed = region.lever("log", path_prefix=ROOMS, method="POST", at_least=1, wait=60)["requests"]
    assert [entry["status"] for entry in landed] == [201]
    assert rooms(region) == ["n"]


def test_a_request_can_be_held_before_its_effect(region: Sandbox) -> None:
    switch(region, "hold")
    later = Later(region, "n")

    held = region.lever("holds", wait=60)["holds"]

    assert [(hold["method"], hold["path"], hold["stage"]) for hold in held] == [("POST", ROOMS, "before")]
    assert rooms(region) == []
    assert region.lever("release", {"id": held[0]["id"]}) == {"released": 1}
    answer = later.answer()
    assert answer is not None
    assert answer.status_code == 201
    assert region.lever("holds") == {"holds": []}


def test_a_request_can_be_held_after_its_effect_and_then_dropped(region: Sandbox) -> None:
    switch(region, "hold", stage="after")
    later = Later(region, "n")

    region.lever("holds", wait=60)

    assert rooms(region) == ["n"]
    region.lever("release", {"drop": True})
    assert later.answer() is None


def test_a_held_request_that_is_dropped_before_its_effect_has_none(region: Sandbox) -> None:
    switch(region, "hold")
    later = Later(region, "n")
    region.lever("holds", wait=60)

    region.lever("release", {"drop": True})

    assert later.answer() is None
    assert rooms(region) == []


def test_a_caller_can_be_cut_off_at_once_and_the_effect_held_back(region: Sandbox) -> None:
    switch(region, "hold", disconnect=True)
    with pytest.raises(requests.ConnectionError):
        create(region)
    region.lever("holds", wait=60)
    assert rooms(region) == []

    region.lever("release", {})

    region.lever("log", path_prefix=ROOMS, method="POST", at_least=1, wait=60)
    assert rooms(region) == ["n"]


def test_clearing_the_faults_lets_go_what_is_held(region: Sandbox) -> None:
    switch(region, "hold", times=5)
    later = Later(region, "n")
    region.lever("holds", wait=60)

    region.call("DELETE", "/sandbox/faults")

    assert later.answer() is not None
    assert create(region, "m").status_code == 201
    assert region.lever("faults") == {"faults": []}


@pytest.mark.parametrize(
    "wish",
    [{"fault": "earthquake"}, {"fault": "slow", "secnods": 1}, {"fault": "slow", "match": {"url": "/"}}, 7],
)
def test_a_fault_that_is_misspelt_is_refused(region: Sandbox, wish: Any) -> None:
    assert region.call("POST", "/sandbox/faults", json=[wish]).status_code == 400
    assert region.lever("faults") == {"faults": []}


def test_the_journal_tells_each_request_with_its_body_and_answer(region: Sandbox) -> None:
    create(region)
    create(region)

    entries = region.lever("log", method="POST", path_prefix=ROOMS)["requests"]

    assert [entry["status"] for entry in entries] == [201, 400]
    assert all('"name": "n"' in entry["body"] for entry in entries)


def test_the_journal_tells_what_was_dropped(region: Sandbox) -> None:
    switch(region, "lost_response")
    with pytest.raises(requests.ConnectionError):
        create(region)

    assert [entry["status"] for entry in region.lever("log", path_prefix=ROOMS)["requests"]] == ["dropped"]


def told(region: Sandbox) -> Json:
    """Return what is to be seen of the whole region."""
    calendars = region.outlook("GET", "/me/calendars").json()["value"]
    return {
        "faults": region.lever("faults")["faults"],
        "pexip": region.lever("pexip/settings"),
        "rooms": rooms(region),
        "calendars": [calendar["name"] for calendar in calendars],
        "mailboxes": region.lever("exchange/mailboxes"),
        "exchange": region.lever("exchange/settings"),
    }


def test_a_region_that_is_reset_is_as_it_was_at_first(region: Sandbox) -> None:
    region.lever("reset", {})
    first = told(region)
    switch(region, "status", skip=9)
    region.set(replication_seconds=60)
    create(region)
    region.outlook("POST", "/me/calendars", {"name": "Mottagningen"})
    region.lever("exchange/mailboxes", {"all": True, "home": "on_premises"})
    region.lever("exchange/settings", {"stale_status": 409})
    changed = told(region)
    assert [name for name in first if changed[name] == first[name]] == []
    region.set(rate_limit=1)
    assert create(region).status_code == 429

    region.lever("reset", {})

    assert region.lever("log")["requests"] == []
    # Among others what was asked before counts no more: a second request within a minute would be refused.
    region.set(rate_limit=1)
    assert told(region) == {**first, "pexip": {**first["pexip"], "rate_limit": 1}}


def test_pexips_clock_never_goes_back(region: Sandbox) -> None:
    before = region.lever("clock")["now"]

    assert region.call("POST", "/sandbox/clock", json={"advance_seconds": -1}).status_code == 400
    assert region.lever("clock")["now"] >= before


@pytest.mark.parametrize("wish", [{"replication_secs": 1}, {"replication_seconds": "soon"}, {"licensed": 1}])
def test_a_setting_that_is_misspelt_is_refused(region: Sandbox, wish: Any) -> None:
    assert region.call("POST", "/sandbox/pexip/settings", json=wish).status_code == 400


def test_connections_are_kept_alive_and_survive_bodies_of_every_kind(region: Sandbox) -> None:
    url = region.base + ROOMS
    account = ("vardmote", "sandbox-pexip-password")
    with requests.Session() as session:
        session.auth = account
        statuses = [
            session.post(url, json={"name": "a"}, timeout=30).status_code,
            session.post(url, data=iter([b'{"name":', b' "b"}']), timeout=30).status_code,
            session.head(region.base + "/", timeout=30).status_code,
            session.delete(url, data="unread", timeout=30).status_code,
            session.get(url, timeout=30).status_code,
        ]
        pools = session.get_adapter(url).poolmanager.pools  # type: ignore[attr-defined]
        opened = [pools[key].num_connections for key in pools.keys()]  # noqa: SIM118 - not a dict

    assert statuses == [201, 201, 200, 204, 200]
    assert opened == [1]
