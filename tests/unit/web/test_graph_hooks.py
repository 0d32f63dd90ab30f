"""What Microsoft Graph posts: the handshake, good and bad items in one batch, limits, and a full ledger."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from addin.meetings.errors import LedgerUnavailable
from addin.meetings.ports import HintKind, ReceivedHint
from addin.web.hooks.graph import LARGEST_BODY, graph_blueprint
from addin.web.hooks.notifications import Malformed, hints_in

ROUTES: Final = ("/hooks/graph/notifications", "/hooks/graph/lifecycle")
ITEM: Final = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0AhYXZ"
# Half a surrogate pair is JSON, and yet no text that a ledger can store.
UNPRINTABLE: Final = ("\ud800", "\0", "\n", "\x7f", "å")
Json = dict[str, Any]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)


@dataclass
class Inbox:
    """Takes in hints, or cannot."""

    full: bool = False
    received: list[ReceivedHint] = field(default_factory=list)

    def receive(self, hints: Sequence[ReceivedHint]) -> None:
        if self.full:
            raise LedgerUnavailable
        self.received += hints


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def graph(inbox: Inbox) -> FlaskClient:
    app = Flask("addin.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024  # as the whole service has it
    app.register_blueprint(graph_blueprint(inbox))
    return app.test_client()


def change(**changes: Any) -> Json:
    """Return a notification as Graph sends it."""
    usual: Json = {
        "id": "lsgTZMr9KwAAA",
        "subscriptionId": "s-1",
        "subscriptionExpirationDateTime": "2027-03-01T11:00:00+00:00",
        "clientState": "secret-1",
        "changeType": "updated",
        "resource": f"Users/0a7d7f5e/Events/{ITEM}",
        "tenantId": "5a1d0b0e",
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": f"Users/0a7d7f5e/Events/{ITEM}",
            "@odata.etag": 'W/"DwAAABYAAAD1"',
            "id": ITEM,
        },
    }
    return usual | changes


def event(kind: str) -> Json:
    """Return a lifecycle notification as Graph sends it."""
    return {
        "subscriptionId": "s-1",
        "subscriptionExpirationDateTime": "2027-03-01T11:00:00+00:00",
        "tenantId": "5a1d0b0e",
        "clientState": "secret-1",
        "lifecycleEvent": kind,
    }


@pytest.mark.parametrize("route", ROUTES)
def test_the_handshake_gives_the_token_back_as_plain_text(graph: FlaskClient, route: str) -> None:
    answer = graph.post(
        f"{route}?validationToken=Validation%3a+%3Cscript%3E+a%2bb", content_type="text/plain"
    )
    assert answer.status_code == 200
    assert answer.get_data(as_text=True) == "Validation: <script> a+b"
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("token", ["", "x" * 2049, "a%0d%0aSet-Cookie: b", "%00", "å"])
def test_a_token_that_is_none_is_not_given_back(graph: FlaskClient, token: str) -> None:
    answer = graph.post(f"{ROUTES[0]}?validationToken={token}")
    assert (answer.status_code, answer.get_data()) == (400, b"")


def test_a_change_is_stored_before_it_is_answered(graph: FlaskClient, inbox: Inbox) -> None:
    answer = graph.post(
        ROUTES[0], json={"value": [change(), change(changeType="deleted", resourceData=None)]}
    )
    assert (answer.status_code, answer.get_data()) == (202, b"")
    assert inbox.received == [
        ReceivedHint("s-1", "secret-1", HintKind.UPDATED, ITEM, 'W/"DwAAABYAAAD1"'),
        ReceivedHint("s-1", "secret-1", HintKind.DELETED),
    ]


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("reauthorizationRequired", HintKind.REAUTHORIZATION_REQUIRED),
        ("subscriptionRemoved", HintKind.SUBSCRIPTION_REMOVED),
        ("missed", HintKind.MISSED),
    ],
)
@pytest.mark.parametrize("route", ROUTES)
def test_what_becomes_of_a_subscription_is_told_on_either_route(
    graph: FlaskClient, inbox: Inbox, route: str, told: str, kind: HintKind
) -> None:
    assert graph.post(route, json={"value": [event(told)]}).status_code == 202
    assert inbox.received == [ReceivedHint("s-1", "secret-1", kind)]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "text",
        {},
        change(subscriptionId=None),
        change(subscriptionId=""),
        change(subscriptionId=7),
        change(changeType="moved"),
        change(changeType=None),
        change(clientState=["secret-1"]),
        change(clientState="x" * 1025),
        change(resourceData="AAk"),
        change(resourceData={"id": "x" * 1025}),
        event("renamed"),
        *(
            change(**{name: f"s-1{unprintable}"})
            for name in ("subscriptionId", "clientState")
            for unprintable in UNPRINTABLE
        ),
        *(
            change(resourceData={"id": ITEM} | {name: f"AAk{unprintable}"})
            for name in ("id", "@odata.etag")
            for unprintable in UNPRINTABLE
        ),
    ],
    ids=ascii,
)
def test_a_bad_item_is_dropped_and_the_good_ones_are_kept(
    graph: FlaskClient, inbox: Inbox, caplog: pytest.LogCaptureFixture, bad: Any
) -> None:
    caplog.set_level(logging.INFO)
    assert graph.post(ROUTES[0], json={"value": [change(), bad, change()]}).status_code == 202
    assert len(inbox.received) == 2
    (record,) = caplog.records
    assert (record.getMessage(), record.__dict__["count"]) == ("notifications_dropped", 1)


def test_a_notification_without_a_secret_is_left_to_be_disproved(graph: FlaskClient, inbox: Inbox) -> None:
    told = change()
    del told["clientState"]
    assert graph.post(ROUTES[0], json={"value": [told, change(clientState=None)]}).status_code == 202
    assert [hint.secret for hint in inbox.received] == ["", ""]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"value": 1}', b"\xff", b"[" * 100_000], ids=len)
def test_what_is_no_collection_is_refused(graph: FlaskClient, inbox: Inbox, body: bytes) -> None:
    assert graph.post(ROUTES[0], data=body).status_code == 400
    assert inbox.received == []


def test_a_post_may_be_larger_than_others_and_has_its_own_limit(graph: FlaskClient, inbox: Inbox) -> None:
    many = json.dumps({"value": [change()] * 400}).encode()
    assert 64 * 1024 < len(many) < LARGEST_BODY
    assert graph.post(ROUTES[0], data=many).status_code == 202
    assert len(inbox.received) == 400
    answer = graph.post(ROUTES[0], data=many + b" " * LARGEST_BODY)
    assert (answer.status_code, answer.get_data()) == (413, b"")


def test_of_more_than_graph_ever_sends_at_once_no_more_is_read(
    graph: FlaskClient, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    tiny = {"subscriptionId": "s", "changeType": "updated"}
    told = json.dumps({"value": [{}] * 999 + [tiny] * 4000}).encode()
    assert len(told) < LARGEST_BODY
    assert graph.post(ROUTES[0], data=told).status_code == 202
    assert len(inbox.received) == 1
    (record,) = caplog.records
    assert record.__dict__["count"] == 4998


def test_what_cannot_be_stored_is_asked_for_again_and_noted(
    graph: FlaskClient, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.full = True
    answer = graph.post(ROUTES[0], json={"value": [change()]})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert [record.getMessage() for record in caplog.records] == ["ledger_failed"]


def test_only_posts_are_answered(graph: FlaskClient) -> None:
    assert {graph.get(route).status_code for route in ROUTES} == {405}


@given(st.lists(anything, max_size=6) | anything)
def test_nothing_that_anybody_posts_makes_it_fail(told: Any) -> None:
    body = json.dumps({"value": told}).encode()
    if isinstance(told, list):
        hints, dropped = hints_in(body)
        assert len(hints) + dropped == len(told)
    else:
        with pytest.raises(Malformed):
            hints_in(body)


def test_no_secret_stands_in_a_repr() -> None:
    hints, _ = hints_in(json.dumps({"value": [change()]}).encode())
    assert "secret-1" not in repr(hints)
