"""`kill -9` of the real service at every point between a click and its answer, and what a restart makes of it.

The points are the commits of the click and of the worker after it, and each call to the provider, before and after it
takes effect. `test_these_are_all_the_points...` holds the lists below against what an undisturbed click passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

import pytest
import requests

from tests.integration.conftest import Halting
from tests.integration.kill.halting_service import named_units
from tests.region import Json, Region

COMMITS: Final = [f"{side} commit of {unit}" for unit in ("wish", "record") for side in ("before", "after")]
CLICKS: Final[dict[str, list[str]]] = {
    "book": ["POST"],
    "change": ["GET", "PATCH"],
    "cancel": ["GET", "DELETE"],
}
WORKER: Final = ["before commit of claim", "after commit of claim", "before effect of GET"]


def test_what_is_committed_at_these_points_is_still_called_so() -> None:
    """The launcher, too, says at its start which name is not there; here one need not look for its words."""
    assert set(named_units().values()) == {point.rpartition(" ")[2] for point in [*COMMITS, *WORKER[:2]]}


def points(click: str) -> list[str]:
    """Return every point of a click at which the service can be stopped."""
    effects = [f"{side} effect of {method}" for method in CLICKS[click] for side in ("before", "after")]
    return COMMITS[:2] + effects + COMMITS[2:]


@contextmanager
def killed_at(halting: Halting, point: str, click: Callable[[], requests.Response]) -> Iterator[None]:
    """Click, kill the service when it stands at the point, run the block, and start the service again."""
    region, halts = halting.region, halting.halts
    when, _, what = point.partition(" effect of ")
    if what:
        region.fault("hold", "/api/admin/", method=what, stage=when)
    else:
        halts.at(point)
    with ThreadPoolExecutor(1) as hand:
        answer: Future[requests.Response] = hand.submit(click)
        if what:
            region.wait_until_held()
        else:
            halts.wait()
        region.kill()
        if point.endswith("of claim") or what == "GET":
            # The worker's steps come after the answer, which may have been given.
            answer.exception()
        else:
            assert isinstance(answer.exception(), requests.RequestException), (
                "the click had its answer already"
            )
    halts.go_on()
    yield
    region.heal()
    region.start()


def reconciled(region: Region) -> None:
    """Wait until the service is content, and hold it against what really stands at the provider."""
    region.rests()
    assert region.disagreements() == []


@pytest.mark.parametrize("point", points("book") + WORKER)
def test_a_booking_that_was_killed_gives_one_meeting_and_one_room(halting: Halting, point: str) -> None:
    region, key, before = halting.region, uuid4().hex, halting.region.booked()
    with killed_at(halting, point, lambda: region.book(key=key)):
        pass
    reconciled(region)

    again = region.book(key=key)

    assert again.status_code in {200, 201}, again.text
    meeting = again.json()
    assert meeting["state"] == "live"
    assert [meeting["id"]] == [one for one in region.booked() if one not in before]
    reconciled(region)
    assert len(region.rooms_of(meeting["id"])) == 1
    assert requests.get(meeting["join_url"], timeout=10).status_code == 200


@pytest.mark.parametrize("point", points("cancel"))
def test_a_removal_that_was_killed_leaves_no_room_behind(halting: Halting, point: str) -> None:
    region = halting.region
    meeting = region.books()
    region.settles()
    with killed_at(halting, point, lambda: region.cancel(meeting)):
        pass

    assert region.cancel(meeting).status_code in {202, 204}
    reconciled(region)

    assert region.cancel(meeting).status_code == 204
    assert region.rooms_of(meeting["id"]) == []


@pytest.mark.parametrize("point", points("change"))
def test_a_change_that_was_killed_is_made_once_or_not_at_all(halting: Halting, point: str) -> None:
    region = halting.region
    meeting = region.books()
    region.settles()
    with killed_at(halting, point, lambda: changed_to_group(region, meeting)):
        pass

    # The worker passes the record's commits, too, and may have been the one that was struck there.
    written = region.meeting(meeting["id"])["revision"] == 2
    assert not (written and point == "before commit of wish")
    again = changed_to_group(region, meeting)

    assert again.status_code in ({412} if written else {200, 202}), again.text
    reconciled(region)
    now = region.meeting(meeting["id"])
    assert (now["variant"], now["revision"], now["state"]) == ("group", 2, "live")
    assert now["join_url"] == meeting["join_url"]
    assert len(region.rooms_of(meeting["id"])) == 1


@pytest.mark.parametrize("point", [*COMMITS[:2], "before effect of POST", "after effect of POST"])
def test_a_link_whose_exchange_was_killed_is_exchanged_once_or_not_at_all(
    halting: Halting, point: str
) -> None:
    region = halting.region
    meeting = region.books()
    region.settles()
    with killed_at(halting, point, lambda: with_another_link(region, meeting)):
        pass

    written = region.meeting(meeting["id"])["revision"] == 2
    assert written == (point != "before commit of wish")
    again = with_another_link(region, meeting)

    assert again.status_code in ({412} if written else {200, 202}), again.text
    reconciled(region)
    now = region.waits_for_state(meeting["id"], "live")
    assert now["join_url"] != meeting["join_url"]
    assert len(region.rooms_of(meeting["id"])) == 1
    assert "bytt" in requests.get(meeting["join_url"], timeout=10).text
    assert "bytt" not in requests.get(now["join_url"], timeout=10).text


def with_another_link(region: Region, meeting: Json) -> requests.Response:
    headers = {"If-Match": f'"{meeting["revision"]}"'}
    path = f"/meetings/{meeting['id']}/link-change"
    return region.api("POST", path, headers=headers, json={"begins": "now"})


def changed_to_group(region: Region, meeting: Json) -> requests.Response:
    return region.change(meeting, variant="group")


@pytest.mark.parametrize("click", CLICKS)
def test_these_are_all_the_points_between_a_click_and_its_answer(halting: Halting, click: str) -> None:
    region = halting.region
    meeting = region.books()
    region.rests()
    region.forget_requests()
    halting.halts.passed.clear()
    clicks: dict[str, Callable[[], requests.Response]] = {
        "book": region.book,
        "change": lambda: changed_to_group(region, meeting),
        "cancel": lambda: region.cancel(meeting),
    }

    assert clicks[click]().status_code in {200, 201, 204}
    region.settles()

    calls = {call["method"] for call in region.requests_made()}
    passed = {f"{side} effect of {method}" for method in calls for side in ("before", "after")}
    afterwards = set() if click == "cancel" else {*WORKER, "after effect of GET"}
    assert set(halting.halts.passed) | passed == {*points(click), *afterwards}


def test_a_create_that_outlives_its_killed_process_and_the_removed_meeting_is_removed(
    halting: Halting,
) -> None:
    region, key = halting.region, uuid4().hex
    region.settles()
    region.forget_requests()
    region.fault("hold", method="POST")
    with ThreadPoolExecutor(1) as hand:
        click = hand.submit(region.book, key=key)
        region.wait_until_held()
        region.kill()
        assert isinstance(click.exception(), requests.RequestException)
    # What the dead process sent is still under way; the new one makes the room, and then it is removed.
    region.start()
    meeting = region.waits_for_state(region.book(key=key).json()["id"], "live")
    assert region.cancel(meeting).status_code == 202
    region.waits_until(lambda: not region.rooms_of(meeting["id"]), "the room is removed")

    region.release()

    region.waits_until(
        lambda: len({call["path"] for call in region.requests_made("DELETE")}) == 2,
        "the room that landed late is removed after that of the new process",
    )
    region.rests()
    assert region.meeting(meeting["id"])["state"] == "cancelled"
    assert region.rooms_of(meeting["id"]) == []
    assert region.disagreements() == []
