"""Many requests to Graph in one: each answered, struck and journaled for itself."""

from typing import Any

import pytest

from addin.sandbox import people
from tests.contract.sandbox.graph import IMMUTABLE, WISH, Send, application_token, code, made
from tests.contract.sandbox.running import Json, Sandbox

EVENTS = f"/users/{people.ANNA.address}/events"


def batch(region: Sandbox, *asked: Json) -> dict[str, Json]:
    wish = {"requests": [{"id": str(number), "method": "GET", **one} for number, one in enumerate(asked)]}
    answer = region.graph("POST", "/$batch", wish, bearer=application_token(region))
    assert answer.status_code == 200, answer.text
    return {told["id"]: told for told in answer.json()["responses"]}


def test_each_request_is_answered_for_itself(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    body = {"method": "PATCH", "body": {"subject": "Nytt"}, "headers": {"Content-Type": "application/json"}}

    told = batch(
        region,
        {"url": f"{EVENTS}/{item['id']}?$select=start", "headers": IMMUTABLE},
        {"url": f"{EVENTS}/AAMkAnothing"},
        {"url": f"{EVENTS}/{item['id']}", **body},
        {"url": "/users/diarium@region.example/events"},
    )

    assert {key: one["status"] for key, one in told.items()} == {"0": 200, "1": 404, "2": 200, "3": 403}
    assert told["0"]["body"]["id"] != item["id"]
    assert "subject" not in told["0"]["body"]
    assert told["1"]["body"]["error"]["code"] == "ErrorItemNotFound"
    assert anna("GET", f"{EVENTS}/{item['id']}").json()["subject"] == "Nytt"


def test_answers_do_not_come_in_the_order_of_the_requests(region: Sandbox, anna: Send) -> None:
    wish = {"requests": [{"id": one, "method": "GET", "url": EVENTS} for one in "abc"]}

    told = region.graph("POST", "/$batch", wish).json()["responses"]

    assert [one["id"] for one in told] != ["a", "b", "c"]
    assert sorted(one["id"] for one in told) == ["a", "b", "c"]


def test_one_throttled_request_leaves_the_others(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    path = f"{EVENTS}/{item['id']}"
    match = {"method": "GET", "path_prefix": f"/v1.0{path}"}
    region.lever("faults", {"match": match, "fault": "graph", "status": 429, "retry_after": 5, "skip": 1})

    told = batch(region, {"url": path}, {"url": path}, {"url": path})

    assert sorted(one["status"] for one in told.values()) == [200, 200, 429]
    [refused] = [one for one in told.values() if one["status"] == 429]
    assert refused["headers"]["Retry-After"] == "5"


def test_a_batch_can_be_half_answered(region: Sandbox, anna: Send) -> None:
    item = made(anna)
    path = f"{EVENTS}/{item['id']}"
    match = {"method": "GET", "path_prefix": f"/v1.0{path}"}
    region.lever("faults", {"match": match, "fault": "lost_response", "skip": 1})

    assert set(batch(region, {"url": path}, {"url": path}, {"url": path})) == {"0", "2"}


def test_one_answer_of_a_batch_can_be_no_json(region: Sandbox, anna: Send) -> None:
    path = f"{EVENTS}/{made(anna)['id']}"
    match = {"method": "GET", "path_prefix": f"/v1.0{path}"}
    region.lever("faults", {"match": match, "fault": "malformed_json"})

    told = batch(region, {"url": path}, {"url": path})

    assert isinstance(told["0"]["body"], str)
    assert told["1"]["body"]["id"]


def test_what_depends_on_a_failure_is_not_done(region: Sandbox, anna: Send) -> None:
    create = {"method": "POST", "url": EVENTS, "body": WISH, "headers": {"Content-Type": "application/json"}}

    told = batch(
        region,
        {"url": f"{EVENTS}/AAMkAnothing"},
        create | {"dependsOn": ["0"]},
        create,
        {"url": EVENTS, "dependsOn": ["2"]},
    )

    assert {key: one["status"] for key, one in told.items()} == {"0": 404, "1": 424, "2": 201, "3": 200}
    assert len(anna("GET", EVENTS).json()["value"]) == 1


def test_each_request_stands_in_the_journal(region: Sandbox) -> None:
    batch(region, {"url": EVENTS}, {"url": EVENTS})

    told = region.lever("log", path_prefix="/v1.0")["requests"]

    assert [one["path"] for one in told] == ["/v1.0/$batch", f"/v1.0{EVENTS}", f"/v1.0{EVENTS}"]


@pytest.mark.parametrize(
    "asked",
    [
        [],
        [{"id": "1", "method": "GET", "url": EVENTS}] * 2,
        [{"id": str(number), "method": "GET", "url": EVENTS} for number in range(21)],
        [{"id": "1", "method": "GET"}],
        [{"id": 1, "method": "GET", "url": EVENTS}],
        [{"id": "1", "method": "GET", "url": "https://elsewhere.example/"}],
        [{"id": "1", "method": "POST", "url": EVENTS, "body": {}}],
        [{"id": "1", "method": "GET", "url": EVENTS, "dependsOn": ["2"]}],
        None,
    ],
)
def test_a_batch_that_graph_would_refuse_is_refused(region: Sandbox, asked: Any) -> None:
    assert region.graph("POST", "/$batch", {"requests": asked}).status_code == 400


def test_a_batch_without_a_token_is_refused_as_a_whole(region: Sandbox) -> None:
    wish = {"requests": [{"id": "1", "method": "GET", "url": EVENTS}]}

    assert code(region.call("POST", "/v1.0/$batch", json=wish)) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (401, "InvalidAuthenticationToken"),
        (403, "ErrorAccessDenied"),
        (404, "ErrorInvalidUser"),
        (409, "ErrorIrresolvableConflict"),
        (412, "ErrorIrresolvableConflict"),
        (429, "ApplicationThrottled"),
        (503, "ServiceUnavailable"),
    ],
)
def test_every_refusal_of_graphs_can_be_ordered(region: Sandbox, status: int, name: str) -> None:
    region.lever("faults", {"match": {"path_prefix": "/v1.0"}, "fault": "graph", "status": status})

    assert code(region.graph("GET", EVENTS)) == (status, name)
    assert region.graph("GET", EVENTS).status_code == 200
