"""A copied item bears the original's properties and block; it must never touch the original's meeting."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from addin.sandbox import people
from addin.trial_job import PROPERTY
from tests.browser.pane.steps import Pane
from tests.browser.window.outlook import Outlook
from tests.region import Region

EXPAND: Final = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
COPIED: Final = ("body", "singleValueExtendedProperties")


def graph(region: Region, method: str, path: str, **more: Any) -> Any:
    """Ask Graph as Anna's Outlook does."""
    wish = {"object_id": people.ANNA.object_id, "audience": people.GRAPH_AUDIENCE}
    token = region.sandbox("POST", "/sandbox/token", json=wish).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = region.sandbox(method, f"/v1.0/me/{path}", headers=headers, **more)
    return answer.json() if answer.content else None


def saved_original(region: Region, monday: date) -> dict[str, Any]:
    """Return the saved item of this test's week, with our properties."""
    week = {"startDateTime": f"{monday}T00:00:00Z", "endDateTime": f"{monday + timedelta(days=5)}T00:00:00Z"}
    listed = graph(region, "GET", "calendarView", params=week)["value"]
    path = "events/" + next(event["id"] for event in listed if event["subject"] == "Original")
    found: dict[str, Any] = graph(region, "GET", path, params={"$expand": EXPAND})
    return found


def copy_original(region: Region, monday: date) -> None:
    """Copy the item to the next day, as Outlook does: with everything in it.

    The copy has an attendee, so the service asks before it takes the link out of it.
    """
    found = saved_original(region, monday)
    event: dict[str, Any] = {name: found[name] for name in COPIED}
    event["subject"] = "Kopia"
    event["attendees"] = [{"emailAddress": {"address": people.BO.address}, "type": "required"}]
    event["location"] = {"displayName": found["location"]["displayName"]}
    for edge in ("start", "end"):
        moment = datetime.fromisoformat(found[edge]["dateTime"][:19]) + timedelta(days=1)
        event[edge] = {"dateTime": moment.isoformat(), "timeZone": found[edge]["timeZone"]}
    graph(region, "POST", "events", json=event)


def time_of(region: Region, original: dict[str, Any]) -> tuple[str, ...]:
    """Return what must not change about the original's meeting when a copy is made of its item."""
    meeting = region.meeting(original["meeting"])
    return meeting["state"], meeting["start"], meeting["end"], meeting["join_url"]


def notes(region: Region, meeting: str) -> list[str]:
    """Return what following the meeting's item has come to."""
    return [note["code"] for note in region.meeting(meeting)["calendar_notes"]]


@pytest.fixture
def original(pane: Pane) -> dict[str, Any]:
    """Return the meeting's id and link of a saved item that has been opened once since."""
    pane.outlook.field("Ämne").fill("Original")
    pane.open()
    link, meeting = pane.book(), pane.properties()["meeting"]
    pane.outlook.save()
    pane.outlook.open("Original")
    pane.open()
    pane.expect_booked()
    pane.outlook.save()
    return {"link": link, "meeting": meeting}


def open_copy(region: Region, open_outlook: Callable[..., Outlook], monday: date) -> Pane:
    """Copy the original and open the copy with its pane, in a window of its own."""
    copy_original(region, monday)
    copy = Pane(open_outlook())
    copy.outlook.open("Kopia")
    copy.open()
    return copy


def test_opaque_ids_and_the_installation_are_all_that_the_item_keeps(
    region: Region, original: dict[str, Any], monday: date
) -> None:
    found = saved_original(region, monday)
    kept = json.loads(found["singleValueExtendedProperties"][0]["value"])
    outlooks_id = found["id"].replace("-", "/").replace("_", "+")  # Graph writes the same id for URLs
    assert kept == {"meeting": original["meeting"], "instance": "sandlada", "item": outlooks_id}


def test_a_copy_gets_a_room_of_its_own_and_leaves_the_originals_time_alone(
    region: Region, original: dict[str, Any], open_outlook: Callable[..., Outlook], monday: date
) -> None:
    before = time_of(region, original)
    copy = open_copy(region, open_outlook, monday)
    copy.says("Två bokningar kan inte dela rum.")
    assert time_of(region, original) == before
    copy.action("create-new").click()
    copy.expect_view("choose")
    assert copy.book() != original["link"]
    assert time_of(region, original) == before


def test_a_copy_can_give_up_the_link_and_the_original_keeps_it(
    region: Region, original: dict[str, Any], open_outlook: Callable[..., Outlook], monday: date
) -> None:
    before = time_of(region, original)
    copy = open_copy(region, open_outlook, monday)
    copy.action("strip-copy").click()
    copy.says("Länken är borttagen ur kopian.")
    assert "/m/" not in copy.body_text()
    assert copy.properties()["meeting"] is None
    assert time_of(region, original) == before


def test_a_copy_is_known_as_one_though_the_original_was_not_opened_since_it_was_booked(
    pane: Pane, region: Region, open_outlook: Callable[..., Outlook], monday: date
) -> None:
    pane.outlook.field("Ämne").fill("Original")
    pane.open()
    pane.book()
    meeting = pane.properties()["meeting"]
    pane.outlook.save()
    before = time_of(region, {"meeting": meeting})
    copy_original(region, monday)
    region.waits_until(lambda: "copy_asked" in notes(region, meeting), "the copy is asked about", seconds=60)

    copy = Pane(open_outlook())
    copy.outlook.open("Kopia")
    copy.open()
    copy.says("Två bokningar kan inte dela rum.")
    expect(copy.action("use-item-time")).to_have_count(0)
    # Also where it is said to be the item itself, it does not move the original.
    copy.action("same-item").click()
    copy.says("Bokningen och mötet har olika tid")
    assert time_of(region, {"meeting": meeting}) == before


def test_the_original_asks_what_a_copy_with_an_attendee_shall_get_and_it_is_done(
    region: Region, original: dict[str, Any], open_outlook: Callable[..., Outlook], monday: date
) -> None:
    copy_original(region, monday)
    meeting = original["meeting"]
    region.waits_until(lambda: "copy_asked" in notes(region, meeting), "the copy is asked about", seconds=60)
    pane = Pane(open_outlook())
    pane.outlook.open("Original")
    pane.open()
    pane.says("Välj vad kopian ska få.")
    pane.action("copies-strip").click()
    pane.says("Det ordnas inom en minut. Originalet är som förut.")
    # What has been answered is not asked again while the worker sees to it.
    expect(pane.action("copies-strip")).to_have_count(0)
    region.waits_until(lambda: not notes(region, meeting), "the copy has given up the link", seconds=60)
    assert pane.link() == original["link"]
