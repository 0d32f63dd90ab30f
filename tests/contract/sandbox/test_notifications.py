"""Subscriptions to a mailbox's events, and what is delivered to them, at the real one's best and worst."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from addin.sandbox import people
from tests.contract.sandbox.conftest import Check
from tests.contract.sandbox.graph import IMMUTABLE, WISH, Send, application_token, at, attendee, code, made
from tests.contract.sandbox.receiver import Receiver
from tests.contract.sandbox.running import Json, Sandbox
from tests.contract.sandbox.test_series import weekly

SECRET = "a-secret-of-this-subscription"
Background = Callable[..., requests.Response]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


@pytest.fixture
def background(region: Sandbox) -> Background:
    """Graph as the background application calls it."""
    bearer = application_token(region)
    return lambda method, path, body=None, **more: region.graph(method, path, body, bearer=bearer, **more)


def wish(receiver: Receiver, **changes: Any) -> Json:
    return {
        "changeType": "created,updated,deleted",
        "notificationUrl": f"{receiver.url}/changes",
        "lifecycleNotificationUrl": f"{receiver.url}/lifecycle",
        "resource": f"/users/{people.ANNA.object_id}/events",
        "expirationDateTime": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
        "clientState": SECRET,
    } | changes


def subscribed(background: Background, receiver: Receiver, **changes: Any) -> Json:
    answer = background("POST", "/subscriptions", wish(receiver, **changes), headers=IMMUTABLE)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def delivered(region: Sandbox) -> list[Json]:
    """Wait until nothing is on its way and return what was posted."""
    told = region.lever("exchange/notifications", wait=30)
    assert told["settled"]
    posted: list[Json] = told["posted"]
    return posted


def order(region: Sandbox, **settings: Any) -> None:
    region.lever("exchange/settings", settings)


# --- subscriptions ----------------------------------------------------------------------------------------------


def test_both_addresses_prove_themselves_before_there_is_a_subscription(
    background: Background, receiver: Receiver, conforms: Check
) -> None:
    made_one = subscribed(background, receiver)

    assert sorted(receiver.shaken) == ["/changes", "/lifecycle"]
    conforms("subscription", made_one)
    assert made_one["clientState"] is None
    assert background("GET", f"/subscriptions/{made_one['id']}").json()["resource"] == made_one["resource"]
    assert [one["id"] for one in background("GET", "/subscriptions").json()["value"]] == [made_one["id"]]


@pytest.mark.parametrize(
    "echo",
    [
        lambda text: (404, "text/plain", text),
        lambda text: (202, "text/plain", text),
        lambda text: (200, "text/html", text),
        lambda text: (200, "text/plain", text.replace(" ", "+")),
        lambda text: (200, "text/plain", f'"{text}"'),
    ],
    ids=["404", "202", "html", "not decoded", "as JSON"],
)
def test_an_address_that_does_not_give_the_text_back_gets_nothing(
    background: Background, receiver: Receiver, echo: Any
) -> None:
    receiver.echo = echo

    assert code(background("POST", "/subscriptions", wish(receiver))) == (400, "ValidationError")
    assert background("GET", "/subscriptions").json()["value"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"changeType": "moved"},
        {"changeType": None},
        {"resource": "/users/anna/messages"},
        {"resource": None},
        {"notificationUrl": "ftp://127.0.0.1/"},
        {"notificationUrl": "https://vardmote.example/hooks"},
        {"clientState": "x" * 129},
        {"expirationDateTime": "2020-01-01T00:00:00Z"},
        {"expirationDateTime": "2099-01-01T00:00:00Z"},
        {"expirationDateTime": "soon"},
        {"includeResourceData": True},
        {"secret": "x"},
    ],
)
def test_a_subscription_that_graph_would_refuse_is_refused(
    background: Background, receiver: Receiver, changes: Json
) -> None:
    assert background("POST", "/subscriptions", wish(receiver, **changes)).status_code == 400
    assert receiver.shaken == []


@pytest.mark.parametrize(
    ("lever", "expected"),
    [
        ({"home": "on_premises"}, (404, "ExtensionError")),
        ({"readable": False}, (403, "ExtensionError")),
        ({"exists": False}, (404, "ExtensionError")),
    ],
)
def test_a_mailbox_that_graph_cannot_reach_cannot_be_watched(
    region: Sandbox, background: Background, receiver: Receiver, lever: Json, expected: tuple[int, str]
) -> None:
    region.lever("exchange/mailboxes", {"address": people.ANNA.address, **lever})

    assert code(background("POST", "/subscriptions", wish(receiver))) == expected


def test_a_subscription_is_renewed_and_ended(background: Background, receiver: Receiver) -> None:
    first = subscribed(background, receiver)
    path = f"/subscriptions/{first['id']}"
    later = {"expirationDateTime": (datetime.now(UTC) + timedelta(days=6)).isoformat()}

    assert background("PATCH", path, later).json()["expirationDateTime"] > first["expirationDateTime"]
    assert background("POST", f"{path}/reauthorize").status_code == 200
    late = {"lifecycleNotificationUrl": f"{receiver.url}/other"}
    assert background("PATCH", path, late).status_code == 400
    too_late = {"expirationDateTime": (datetime.now(UTC) + timedelta(days=8)).isoformat()}
    assert background("PATCH", path, too_late).status_code == 400
    assert background("DELETE", path).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert code(background(method, path, later)) == (404, "ResourceNotFound")


def test_a_short_life_is_raised_to_three_quarters_of_an_hour(
    background: Background, receiver: Receiver
) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)

    told = subscribed(background, receiver, expirationDateTime=soon.isoformat())

    assert datetime.fromisoformat(told["expirationDateTime"][:26] + "+00:00") > soon + timedelta(minutes=39)


def test_an_application_sees_only_its_own(
    region: Sandbox, background: Background, receiver: Receiver
) -> None:
    theirs = subscribed(background, receiver)

    assert region.graph("GET", "/subscriptions").json()["value"] == []
    assert region.graph("DELETE", f"/subscriptions/{theirs['id']}").status_code == 404


def test_a_person_watches_the_own_mailbox_and_no_strangers(
    region: Sandbox, receiver: Receiver, anna: Send
) -> None:
    assert region.graph("POST", "/subscriptions", wish(receiver, resource="me/events")).status_code == 201
    refused = region.graph("POST", "/subscriptions", wish(receiver), who=people.BO)
    assert code(refused) == (403, "ExtensionError")


# --- notifications ----------------------------------------------------------------------------------------------


def test_each_change_is_told_with_secret_id_and_etag(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver, conforms: Check
) -> None:
    subscription = subscribed(background, receiver)

    item = made(anna)
    immutable = anna("GET", f"/me/events/{item['id']}", headers=IMMUTABLE).json()["id"]
    delivered(region)
    changed = anna("PATCH", f"/me/events/{item['id']}", {"subject": "Nytt"}).json()
    delivered(region)
    anna("DELETE", f"/me/events/{item['id']}")
    delivered(region)

    assert [one["changeType"] for one in receiver.items] == ["created", "updated", "deleted"]
    for one in receiver.items:
        assert one["clientState"] == SECRET
        assert one["subscriptionId"] == subscription["id"]
        assert one["resource"] == f"Users/{people.ANNA.object_id}/Events/{immutable}"
        assert one["resourceData"]["id"] == immutable
    assert receiver.items[1]["resourceData"]["@odata.etag"] == changed["@odata.etag"]
    for batch in receiver.batches:
        told = copy.deepcopy({"value": batch})
        for one in told["value"]:
            # `resourceData` is an open type: what it holds besides annotations is the resource's own.
            assert set(one["resourceData"]) - {"id"} == {"@odata.type", "@odata.id", "@odata.etag"}
            del one["resourceData"]["id"]
        conforms("changeNotificationCollection", told)
    assert not any(word in str(receiver.batches) for word in ("vårdmöte", "Nytt"))


def test_a_subscription_without_immutable_ids_tells_the_other_kind(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    background("POST", "/subscriptions", wish(receiver))

    item = made(anna)

    delivered(region)
    assert [one["resourceData"]["id"] for one in receiver.items] == [item["id"]]


def test_only_wanted_changes_of_the_watched_mailbox_are_told(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    subscribed(background, receiver, changeType="deleted")
    item = made(anna)
    anna("PATCH", f"/me/events/{item['id']}", {"subject": "x"})
    bos = anna("POST", "/me/events", WISH, who=people.BO).json()
    anna("DELETE", f"/me/events/{bos['id']}", who=people.BO)

    anna("DELETE", f"/me/events/{item['id']}")

    delivered(region)
    assert [one["changeType"] for one in receiver.items] == ["deleted"]


def test_a_move_is_told_as_deleted_and_created_with_the_same_immutable_id(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    item = made(anna)
    calendar = anna("POST", "/me/calendars", {"name": "Grupper"}).json()["id"]
    subscribed(background, receiver)

    region.outlook("POST", f"/me/events/{item['id']}/move", {"calendar": calendar})

    delivered(region)
    assert sorted(one["changeType"] for one in receiver.items) == ["created", "deleted"]
    assert len({one["resourceData"]["id"] for one in receiver.items}) == 1


@pytest.mark.parametrize("alone", [False, True])
def test_a_change_of_one_occurrence_is_told_under_its_own_id_and_perhaps_of_its_series_too(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver, alone: bool
) -> None:
    order(region, notify_occurrence_alone=alone)
    master = made(anna, recurrence=weekly())
    span = {"startDateTime": "2027-03-01T00:00:00Z", "endDateTime": "2027-04-01T00:00:00Z"}
    path, ids = f"/me/events/{master['id']}", {"headers": IMMUTABLE}
    first, second, *_ = anna("GET", f"{path}/instances", params=span, **ids).json()["value"]
    series = anna("GET", path, **ids).json()["id"]
    subscribed(background, receiver)

    anna("PATCH", f"/me/events/{first['id']}", {"subject": "Nytt"})
    anna("DELETE", f"/me/events/{second['id']}")

    delivered(region)
    told = [(one["changeType"], one["resourceData"]["id"]) for one in receiver.items]
    own = {("updated", first["id"]), ("deleted", second["id"])}
    assert set(told) == (own if alone else {*own, ("updated", series)})


def test_attendees_mailboxes_tell_what_the_organiser_does(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    subscribed(background, receiver, resource=f"/users/{people.BO.address}/events")

    item = made(anna, attendees=[attendee(people.BO)])
    anna("PATCH", f"/me/events/{item['id']}", {"start": at("2027-03-01", "10:30")})

    delivered(region)
    assert sorted(one["changeType"] for one in receiver.items) == ["created", "updated"]


def test_nothing_is_told_of_a_mailbox_on_premises(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    item = made(anna)
    subscribed(background, receiver)
    region.lever("exchange/mailboxes", {"address": people.ANNA.address, "home": "on_premises"})

    region.outlook("PATCH", f"/me/events/{item['id']}", {"subject": "x"})

    assert delivered(region) == []


# --- the post at its worst --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_taken_is_tried_again(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver, status: int
) -> None:
    order(region, retry_seconds=0.05)
    subscribed(background, receiver)
    receiver.statuses = [status, status]

    made(anna)

    assert [one["status"] for one in delivered(region)] == [status, status, 202]
    assert len({one["id"] for one in receiver.items}) == 1


def test_an_answer_that_comes_too_late_counts_as_none(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    order(region, ack_seconds=0.2, retry_seconds=0.01)
    subscribed(background, receiver)
    receiver.open.clear()
    made(anna)
    waited = region.lever("exchange/notifications", tries=2, wait=30)
    assert (waited["settled"], [one["status"] for one in waited["posted"]][:2]) == (False, [0, 0])

    receiver.open.set()

    assert delivered(region)[-1]["status"] == 202


def test_what_nobody_takes_is_given_up(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    order(region, retry_seconds=0.02, give_up_seconds=2)
    subscribed(background, receiver)
    receiver.statuses = [503] * 100

    made(anna)

    assert 2 <= len(delivered(region)) < 10


def test_every_notification_can_come_three_times_in_any_order(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    order(region, notify_times=3, notify_shuffled=True)
    subscribed(background, receiver)
    region.lever("exchange/notifications", {"held": True})
    items = [made(anna) for _ in range(8)]
    region.lever("exchange/notifications", {"held": False})

    delivered(region)

    told = [one["resourceData"]["@odata.etag"] for one in receiver.items]
    assert Counter(told) == {item["@odata.etag"]: 3 for item in items}
    assert told != [item["@odata.etag"] for item in items for _ in range(3)]
    assert len({one["id"] for one in receiver.items}) == 24


def test_some_notifications_can_be_lost(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    order(region, notify_lost_percent=30)
    subscribed(background, receiver)

    for _ in range(20):
        made(anna)

    delivered(region)
    assert 8 <= len(receiver.items) < 20


def test_notifications_can_be_late_and_be_hurried(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    order(region, notify_after_seconds=3600)
    subscribed(background, receiver)
    made(anna)
    assert region.lever("exchange/notifications")["waiting"] == 1
    assert receiver.items == []

    region.lever("exchange/notifications", {"hurry": True})

    delivered(region)
    assert len(receiver.items) == 1


def test_one_request_bears_the_notifications_of_several_subscriptions(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    mine = subscribed(background, receiver, clientState="one")
    theirs = subscribed(
        background, receiver, clientState="two", resource=f"/users/{people.BO.address}/events"
    )
    region.lever("exchange/notifications", {"held": True})

    made(anna, attendees=[attendee(people.BO)])
    region.lever("exchange/notifications", {"held": False})

    delivered(region)
    [batch] = receiver.batches
    states = {one["subscriptionId"]: one["clientState"] for one in batch}
    assert states == {mine["id"]: "one", theirs["id"]: "two"}


@pytest.mark.parametrize(
    ("event", "remains"), [("missed", 1), ("reauthorizationRequired", 1), ("subscriptionRemoved", 0)]
)
def test_what_becomes_of_a_subscription_is_told_at_its_lifecycle_address(
    region: Sandbox, background: Background, receiver: Receiver, conforms: Check, event: str, remains: int
) -> None:
    subscription = subscribed(background, receiver)

    region.lever("exchange/subscriptions", {"address": people.ANNA.address, "event": event})

    [posted] = delivered(region)
    assert posted["url"].endswith("/lifecycle")
    [told] = receiver.items
    assert (told["lifecycleEvent"], told["clientState"]) == (event, SECRET)
    assert told["subscriptionId"] == subscription["id"]
    conforms("changeNotificationCollection", {"value": [told]})
    assert len(background("GET", "/subscriptions").json()["value"]) == remains


def test_an_expired_subscription_is_gone_and_nobody_is_told(
    region: Sandbox, anna: Send, background: Background, receiver: Receiver
) -> None:
    subscription = subscribed(background, receiver)

    region.lever("exchange/subscriptions", {"event": "expired"})
    made(anna)

    assert delivered(region) == []
    assert background("PATCH", f"/subscriptions/{subscription['id']}", {}).status_code == 404


def test_a_lever_of_the_post_that_is_misspelt_is_refused(region: Sandbox) -> None:
    for path, body in (("subscriptions", {"event": "vanished"}), ("notifications", {"hold": True})):
        assert region.call("POST", f"/sandbox/exchange/{path}", json=body).status_code == 400


def test_subscriptions_survive_a_restart(tmp_path: Any, receiver: Receiver) -> None:
    with Sandbox(tmp_path / "state.db") as first:
        made_one = first.graph("POST", "/subscriptions", wish(receiver)).json()
        first.process.kill()
        first.process.wait()

    with Sandbox(tmp_path / "state.db") as again:
        made(again.graph)
        delivered(again)

    assert [one["subscriptionId"] for one in receiver.items] == [made_one["id"]]
