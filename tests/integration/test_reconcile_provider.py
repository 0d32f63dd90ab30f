"""What becomes of a booking when the provider fails: real service, real sockets, a provider that misbehaves on purpose.

Whatever happened on the way, the end is the same: one meeting, one room, and nothing shown as done before it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import uuid4

import pytest

from addin.meetings.book import INLINE_SECONDS
from tests.region import ROOMS, Json, Region

FOREIGN_TAG: Final = "annan-kund"
BEFORE_AND_AFTER: Final[Sequence[Json]] = [
    {"kind": "lost_response"},
    {"kind": "close_before_effect"},
    {"kind": "malformed_json"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 500, "effect": True},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429, "retry_after": 1},
    # A little longer than a click waits.
    {"kind": "slow", "seconds": INLINE_SECONDS + 0.5},
]
# Of a change and a removal the status alone is read.
WITHOUT_BODY: Final = [fault for fault in BEFORE_AND_AFTER if fault["kind"] != "malformed_json"]


def name_of(fault: Json) -> str:
    return " ".join(str(value) for value in fault.values())


def one_room(region: Region, meeting: Json) -> Json:
    """Return the meeting's room after everything has come to rest; there is exactly one."""
    region.settles()
    assert region.disagreements() == []
    (room,) = region.rooms_of(meeting["id"])
    return room


@pytest.mark.parametrize("fault", BEFORE_AND_AFTER, ids=name_of)
def test_a_create_that_fails_is_made_good(hasty: Region, fault: Json) -> None:
    hasty.fault(method="POST", **fault)

    answer = hasty.book()

    assert answer.status_code == 202, answer.text
    assert (answer.json()["state"], answer.json()["join_url"]) == ("wanted", None)
    assert int(answer.headers["Retry-After"]) > 0
    meeting = hasty.waits_for_state(answer.json()["id"], "live")
    assert meeting["join_url"]
    one_room(hasty, meeting)


@pytest.mark.parametrize("fault", WITHOUT_BODY, ids=name_of)
def test_a_removal_that_fails_is_made_good(hasty: Region, fault: Json) -> None:
    meeting = hasty.books()
    hasty.settles()
    hasty.fault(method="DELETE", **fault)

    assert hasty.cancel(meeting).status_code == 202
    hasty.waits_for_state(meeting["id"], "cancelled")

    assert hasty.cancel(meeting).status_code == 204
    assert hasty.rooms_of(meeting["id"]) == []


@pytest.mark.parametrize("fault", WITHOUT_BODY, ids=name_of)
def test_a_change_that_fails_is_made_good(hasty: Region, fault: Json) -> None:
    meeting = hasty.books()
    hasty.settles()
    hasty.fault(method="PATCH", **fault)

    answer = hasty.change(meeting, type="information-meeting-patient")

    assert answer.status_code == 202
    assert answer.json()["state"] == "wanted"
    now = hasty.waits_for_state(meeting["id"], "live")
    assert (now["type"], now["join_url"]) == ("information-meeting-patient", meeting["join_url"])
    one_room(hasty, meeting)


@pytest.mark.parametrize(("status", "reason"), [(401, "authentication_failed"), (403, "permission_denied")])
def test_a_provider_that_does_not_let_us_in_is_told_and_tried_again(
    hasty: Region, status: int, reason: str
) -> None:
    hasty.fault("status", "/api/admin/", status=status, times=1000)

    answer = hasty.book()

    assert answer.status_code == 200
    meeting = answer.json()
    assert (meeting["state"], meeting["attention"]["code"]) == ("needs_attention", reason)
    assert (meeting["join_url"], meeting["item_block"]) == (None, None)
    hasty.heal()
    one_room(hasty, hasty.waits_for_state(meeting["id"], "live"))


def test_a_provider_that_is_gone_is_told_and_the_room_made_when_it_is_back(hasty: Region) -> None:
    hasty.token()
    hasty.stop_sandbox()
    try:
        answer = hasty.book()
        assert answer.status_code == 202
        meeting = hasty.waits_for_state(answer.json()["id"], "needs_attention")
        assert meeting["attention"]["code"] == "provider_unreachable"
        assert meeting["join_url"] is None
    finally:
        hasty.start_sandbox()
    one_room(hasty, hasty.waits_for_state(meeting["id"], "live"))


@pytest.mark.parametrize("bears", ["name", "alias"])
def test_another_tenants_room_is_never_touched(hasty: Region, bears: str) -> None:
    before = foreign_rooms(hasty)
    hasty.fault("foreign_room", method="POST", bears=bears)

    meeting = hasty.book().json()

    assert (meeting["state"], meeting["attention"]["code"]) == ("needs_attention", "foreign_room")
    (foreign,) = [room for room in foreign_rooms(hasty) if room not in before]
    assert hasty.cancel(meeting).status_code == 204
    assert foreign in foreign_rooms(hasty)
    touched = [call for call in hasty.requests_made() if f"/{foreign['id']}/" in call["path"]]
    assert [call for call in touched if call["method"] != "GET"] == []


def foreign_rooms(region: Region) -> list[Json]:
    return [room for room in region.pexip_rooms() if room["tag"] == FOREIGN_TAG]


def test_a_create_that_lands_late_is_not_a_second_room(hasty: Region) -> None:
    hasty.fault("hold", method="POST", disconnect=True)
    answer = hasty.book()
    assert answer.status_code == 202
    hasty.waits_for_state(answer.json()["id"], "live")

    lands(hasty)

    one_room(hasty, answer.json())


def test_a_create_that_lands_after_the_meeting_was_removed_is_removed_too(hasty: Region) -> None:
    hasty.settles()
    hasty.forget_requests()
    hasty.fault("hold", method="POST", disconnect=True)
    meeting = hasty.book().json()
    hasty.waits_for_state(meeting["id"], "live")
    assert hasty.cancel(meeting).status_code == 202
    hasty.waits_until(lambda: not hasty.rooms_of(meeting["id"]), "the room is removed")

    hasty.release()

    hasty.waits_until(
        lambda: len({call["path"] for call in hasty.requests_made("DELETE")}) == 2,
        "the room that landed late is removed after the first one",
    )
    hasty.rests()
    assert hasty.meeting(meeting["id"])["state"] == "cancelled"
    assert hasty.rooms_of(meeting["id"]) == []
    assert hasty.disagreements() == []


def test_a_meeting_that_is_removed_while_its_room_is_being_made_leaves_none(hasty: Region) -> None:
    hasty.fault("hold", method="POST")
    item = uuid4().hex
    with ThreadPoolExecutor(1) as hand:
        click = hand.submit(hasty.book, item_id=item)
        hasty.wait_until_held()
        meeting = hasty.book(item_id=item).json()
        assert hasty.cancel(meeting).status_code == 202
        lands(hasty)
        assert click.result().json()["state"] in {"cancelling", "cancelled"}
    hasty.rests()
    assert hasty.meeting(meeting["id"])["state"] == "cancelled"
    assert hasty.rooms_of(meeting["id"]) == []


def lands(region: Region) -> None:
    """Let the held create take effect, and return when it has."""
    answered = len([one for one in region.requests_made("POST", ROOMS) if one["status"] is not None])
    region.release()
    region.requests_made("POST", ROOMS, at_least=answered + 1)


def test_many_clicks_at_once_with_one_key_are_one_meeting(hasty: Region) -> None:
    before = hasty.booked()
    answers = at_once(hasty, [{"key": "the-same-key-" + uuid4().hex}] * 12)

    assert {answer["id"] for answer in answers} == set(hasty.booked()) - set(before)
    assert len({answer["id"] for answer in answers}) == 1
    one_room(hasty, answers[0])


def test_two_tabs_of_one_saved_item_are_one_meeting(hasty: Region) -> None:
    item = uuid4().hex
    answers = at_once(hasty, [{"key": uuid4().hex, "item_id": item} for _ in range(4)])

    assert len({answer["id"] for answer in answers}) == 1
    one_room(hasty, answers[0])


def test_two_items_are_two_meetings_with_a_room_each(hasty: Region) -> None:
    answers = at_once(hasty, [{"item_id": uuid4().hex} for _ in range(4)])

    assert len({answer["id"] for answer in answers}) == 4
    assert len({one_room(hasty, answer)["name"] for answer in answers}) == 4


def at_once(region: Region, clicks: Sequence[dict[str, Any]]) -> list[Json]:
    """Click in as many threads at once, and return the meetings; every click is answered with one."""
    region.token()
    with ThreadPoolExecutor(len(clicks)) as hands:
        answers = list(hands.map(lambda click: region.book(**click), clicks))
    assert {answer.status_code for answer in answers} <= {200, 201, 202}, [one.text for one in answers]
    return [answer.json() for answer in answers]
