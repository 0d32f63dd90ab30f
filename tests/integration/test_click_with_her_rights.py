"""From the pane's click to an item that only she may see: her token is exchanged, and nothing of it stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from addin.sandbox import people
from addin.trial_job import PROPERTY
from tests.region import ZONE, Json, Region

DAVID = people.DAVID


@pytest.fixture
def closed(region: Region) -> Iterator[Region]:
    """The shared region, in which the service is not let into David's mailbox."""
    scope = {"address": DAVID.address, "readable": False}
    region.sandbox("POST", "/sandbox/exchange/mailboxes", json=scope)
    yield region
    region.sandbox("POST", "/sandbox/exchange/mailboxes", json={**scope, "readable": True})
    demands(region, "allowed")


def demands(region: Region, what: str) -> None:
    region.sandbox("POST", "/sandbox/issuer/conditions", json={"object_id": DAVID.object_id, "demand": what})


def books(region: Region) -> Json:
    answer = region.book(person=DAVID, unit="habilitering", mailbox=DAVID.address)
    meeting: Json = answer.json()
    region.waits_until(
        lambda: "calendar_denied" in notes(region.meeting(meeting["id"], DAVID)),
        "it is told that nobody is let in",
    )
    return meeting


def notes(meeting: Json) -> set[str]:
    return {note["code"] for note in meeting["calendar_notes"]}


def saves(region: Region, meeting: Json, start: datetime) -> str:
    """Save David's item, at another time than was booked."""
    asked = {"object_id": DAVID.object_id, "audience": people.GRAPH_AUDIENCE}
    token = region.sandbox("POST", "/sandbox/token", json=asked).json()["access_token"]
    kept = json.dumps({"meeting": meeting["id"], "instance": "sandlada"})
    body: dict[str, Any] = {
        "subject": f"Kanarie {uuid4().hex}",
        "singleValueExtendedProperties": [{"id": PROPERTY, "value": kept}],
    }
    for name, at in (("start", start), ("end", start + timedelta(minutes=30))):
        body[name] = {"dateTime": at.isoformat()[:19], "timeZone": ZONE}
    headers = {"Authorization": f"Bearer {token}"}
    return str(region.sandbox("POST", "/outlook/me/events", json=body, headers=headers).json()["id"])


def clicks(region: Region, meeting: Json, item: str) -> Json:
    answer = region.api("POST", f"/meetings/{meeting['id']}/item", person=DAVID, json={"item_id": item})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counted(region: Region, outcome: str) -> float:
    line = f'vardmote_click_looks_total{{outcome="{outcome}"}} '
    told = requests.get(f"{region.service_url}/metrics", timeout=20).text.splitlines()
    return sum(float(one.removeprefix(line)) for one in told if one.startswith(line))


def opens_the_pane(region: Region, meeting: Json, item: str, outcome: str) -> Json:
    """Click until the look has come to `outcome`: on a busy machine one may run out of the seconds that a click has."""
    before, shown = counted(region, outcome), dict[str, Any]()

    def has_looked() -> bool:
        shown.update(clicks(region, meeting, item))
        return counted(region, outcome) == before + 1

    region.waits_until(has_looked, f"the look comes to {outcome}")
    return shown


def test_a_click_finds_the_item_where_only_she_is_let_in(closed: Region) -> None:
    meeting = books(closed)
    start = datetime.fromisoformat(meeting["start"]) + timedelta(hours=3)
    item = saves(closed, meeting, start)

    # What Entra refuses is counted, and told to her only where it is hers to mend.
    for demand, outcome, is_hers in (
        ("second-factor", "sign_in_needed", True),
        ("consent", "no_consent", False),
    ):
        demands(closed, demand)
        shown = opens_the_pane(closed, meeting, item, outcome)
        assert (shown["unbound"], shown["sign_in_challenge"] is not None) == (True, is_hers)

    demands(closed, "allowed")
    shown = opens_the_pane(closed, meeting, item, "seen")
    assert datetime.fromisoformat(shown["start"]) == start
    assert (shown["unbound"], shown["sign_in_challenge"]) == (False, None)
    assert closed.token(DAVID) not in closed.log.read_text(encoding="utf-8")
