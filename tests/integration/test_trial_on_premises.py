"""The trial with its mailboxes in the region's own Exchange, where the window's switch puts them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

from addin.sandbox import people
from addin.trial_job import PROPERTY
from tests.region import ZONE, Region

SECONDS: Final = 60


def test_a_meeting_follows_its_item_in_the_region_s_own_exchange(fresh_region: Region) -> None:
    region = fresh_region
    region.sandbox("POST", "/sandbox/exchange/mailboxes", json={"all": True, "home": "on_premises"})
    meeting = region.books()
    start = datetime.fromisoformat(meeting["start"])
    item = _outlook(region, "POST", "/events", _times(start) | _marked(meeting["id"]))
    later = start + timedelta(hours=2)

    _outlook(region, "PATCH", f"/events/{item['id']}", _times(later))

    region.waits_until(
        lambda: datetime.fromisoformat(region.meeting(meeting["id"])["start"]) == later,
        "the meeting is where its item is",
        SECONDS,
    )


def _times(start: datetime) -> dict[str, Any]:
    """Return half an hour from `start`, which is in the region's own time zone."""
    ends = {"start": start, "end": start + timedelta(minutes=30)}
    return {name: {"dateTime": at.isoformat()[:19], "timeZone": ZONE} for name, at in ends.items()}


def _marked(meeting_id: str) -> dict[str, Any]:
    """Return what the pane stores in an item."""
    return {
        "subject": "Vårdmöte",
        "singleValueExtendedProperties": [{"id": PROPERTY, "value": json.dumps({"meeting": meeting_id})}],
    }


def _outlook(region: Region, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Do something in Anna's mailbox as Outlook does, wherever it is."""
    asked = {"object_id": people.ANNA.object_id, "audience": people.GRAPH_AUDIENCE}
    token = region.sandbox("POST", "/sandbox/token", json=asked).json()["access_token"]
    answer = region.sandbox(
        method, f"/outlook/me{path}", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    found: dict[str, Any] = answer.json()
    return found
