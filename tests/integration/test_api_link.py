"""Another link over the JSON interface: at once, from a series' next occurrence on, and taken back; pages included."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.integration.described_api import DescribedApi, Json, seen
from tests.integration.series_item import SeriesItem
from tests.region import Region


@pytest.fixture
def api(region: Region) -> DescribedApi:
    return DescribedApi(region)


def page(link: str) -> str:
    answer = requests.get(link, headers={"Accept-Language": "sv"}, timeout=10)
    assert answer.status_code == 200
    return answer.text


def press(link: str) -> int:
    return requests.post(f"{link}/join", allow_redirects=False, timeout=10).status_code


def test_another_link_at_once_is_another_room_and_leaves_a_page_that_says_so(api: DescribedApi) -> None:
    before = api.books()
    path = f"/meetings/{before['id']}"
    assert before["link_change"] == {
        "possible": ["now"],
        "next_start": None,
        "next_end": None,
        "coming": None,
    }
    api("POST", f"{path}/copied", json={"audience": "patient", "what": "link"})

    answer = api("POST", f"{path}/link-change", headers=seen(before), json={"begins": "now"})

    after = answer.json()
    assert answer.status_code == 200
    assert (after["revision"], after["told_stale"]) == (before["revision"] + 1, ["patient"])
    assert after["join_url"] != before["join_url"]
    assert after["join_code_spoken"] in after["join_url"]
    assert after["start_url"] == before["start_url"]
    assert after["join_url"] in after["item_block"]["html"]
    api.region.settles()
    assert len(api.region.rooms_of(before["id"])) == 1

    shown = page(before["join_url"])
    assert "Länken är bytt" in shown
    assert "08-465" in shown
    for secret in (after["join_code_spoken"], "10.00", "Möteskod", "Mötets kod"):
        assert secret not in shown
    assert press(before["join_url"]) == 409
    assert "inte öppnat än" in page(after["join_url"])
    assert "This link has been replaced" in requests.get(f"{before['join_url']}?lang=en", timeout=10).text


def test_what_cannot_be_is_refused_and_changes_nothing(api: DescribedApi) -> None:
    before = api.books()
    path = f"/meetings/{before['id']}/link-change"
    body = {"begins": "now"}
    api.refuses(428, "precondition-required", "POST", path, json=body)
    api.refuses(428, "precondition-required", "DELETE", path)
    api.refuses(412, "meeting-changed", "POST", path, json=body, headers={"If-Match": '"7"'})
    api.refuses(409, "no-next-occurrence", "POST", path, json={"begins": "next"}, headers=seen(before))
    api.refuses(422, "invalid-request", "POST", path, json={"begins": "later"}, headers=seen(before))
    nobody = f"/meetings/{'0' * 32}"
    api.refuses(404, "meeting-not-found", "POST", f"{nobody}/link-change", json=body, headers=seen(before))
    api.refuses(404, "meeting-not-found", "DELETE", f"{nobody}/link-change", headers=seen(before))
    api.refuses(404, "meeting-not-found", "POST", f"{nobody}/block-written", headers=seen(before))
    assert api("DELETE", path, headers=seen(before)).json() == before
    assert api("POST", f"/meetings/{before['id']}/block-written", headers=seen(before)).json() == before


def test_a_meeting_that_has_begun_keeps_its_link(api: DescribedApi) -> None:
    start = datetime.now(ZoneInfo("Europe/Stockholm")) - timedelta(minutes=1)
    begun = api.books(start=start.isoformat(), end=(start + timedelta(hours=1)).isoformat())
    assert begun["link_change"]["possible"] == []
    path = f"/meetings/{begun['id']}/link-change"
    api.refuses(409, "meeting-has-begun", "POST", path, headers=seen(begun), json={"begins": "now"})


def test_a_series_gets_it_from_its_next_occurrence_on_and_keeps_it_when_taken_back(api: DescribedApi) -> None:
    item = SeriesItem(api.region)
    before = item.has_one_link()
    assert before["link_change"]["possible"] == ["now", "next"]
    assert _days_between(before["start"], before["link_change"]["next_start"]) == 1
    path = f"/meetings/{before['id']}"
    api("POST", f"{path}/copied", json={"audience": "patient", "what": "link"})

    asked = api("POST", f"{path}/link-change", headers=seen(before), json={"begins": "next"}).json()

    coming = asked["link_change"]["coming"]
    assert asked["join_url"] == before["join_url"]
    assert asked["told_stale"] == ["patient"]
    assert asked["link_change"]["possible"] == ["now"]
    assert "link_coming" in [note["code"] for note in asked["calendar_notes"]]
    assert before["join_url"] in asked["item_block"]["html"]
    _is_to_come(api, asked, coming)
    again = api("POST", f"{path}/link-change", headers=seen(asked), json={"begins": "next"}).json()
    assert again == asked

    told = {"audience": "patient", "what": "link", "link": "coming"}
    assert api("POST", f"{path}/copied", json=told).json()["told_stale"] == []
    undone = api("DELETE", f"{path}/link-change", headers=seen(asked)).json()
    assert (undone["join_url"], undone["link_change"]["coming"]) == (before["join_url"], None)
    assert undone["told_stale"] == ["patient"], "she holds a link that never came"
    assert "Länken är bytt" in page(coming["join_url"])


def _is_to_come(api: DescribedApi, asked: Json, coming: Json) -> None:
    """Hold that the coming link has words and a page of its own, which let nobody in, and the old one keeps its own."""
    path = f"/meetings/{asked['id']}/texts"
    then = api("GET", path, params={"audience": "patient", "link": "coming"}).json()
    now = api("GET", path, params={"audience": "patient"}).json()
    assert (then["link"]["url"], now["link"]["url"]) == (coming["join_url"], asked["join_url"])
    (invitation,) = [text for text in then["texts"] if text["occasion"] == "invitation"]
    next_day = datetime.fromisoformat(asked["link_change"]["next_start"])
    assert coming["join_url"] in invitation["plain"]
    assert f" {next_day.day} " in invitation["plain"]
    assert asked["join_url"] not in invitation["plain"]
    shown = page(coming["join_url"])
    assert "inte öppnat än" in shown
    assert asked["join_code_spoken"] not in shown
    assert press(coming["join_url"]) == 409
    assert "inte öppnat än" in page(asked["join_url"])


def _days_between(one: str, other: str) -> int:
    return (datetime.fromisoformat(other).date() - datetime.fromisoformat(one).date()).days
