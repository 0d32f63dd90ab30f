"""From a drag in the calendar to the mail that says whom to tell: service, simulated Exchange and mail server."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from addin.sandbox import people
from addin.trial_job import PROPERTY
from tests.region import Json, Region, booking


def graph(region: Region, method: str, path: str, **more: Any) -> Json:
    """Ask Graph as Anna's Outlook does."""
    wish = {"object_id": people.ANNA.object_id, "audience": people.GRAPH_AUDIENCE}
    token = region.sandbox("POST", "/sandbox/token", json=wish).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = region.sandbox(method, f"/v1.0/me/{path}", headers=headers, **more)
    return dict(answer.json()) if answer.content else {}


def at(text: str, *, days: int = 0) -> Json:
    moment = datetime.fromisoformat(text).replace(tzinfo=None) + timedelta(days=days)
    return {"dateTime": moment.isoformat(), "timeZone": "Europe/Stockholm"}


def saves_item(region: Region, meeting: Json) -> str:
    """Save a calendar item as the pane and Outlook do, have the service see it, and return its id."""
    kept = json.dumps({"meeting": meeting["id"], "instance": "sandlada"})
    event = {
        "subject": meeting["neutral_subject"],
        "body": {"contentType": "html", "content": meeting["item_block"]["html"]},
        "start": at(meeting["start"]),
        "end": at(meeting["end"]),
        "singleValueExtendedProperties": [{"id": PROPERTY, "value": kept}],
    }
    item = graph(region, "POST", "events", json=event)["id"]
    region.api("POST", f"/meetings/{meeting['id']}/item", json={"item_id": item})
    region.waits_until(lambda: not region.meeting(meeting["id"])["unbound"], "the item is bound")
    return str(item)


def mails(region: Region) -> list[Json]:
    return list(region.sandbox("GET", "/sandbox/mail").json()["mails"])


def test_two_quick_drags_move_the_meeting_and_are_told_by_one_mail(fresh_region: Region) -> None:
    region = fresh_region
    region.replace_setting("quiet_seconds = 10", "quiet_seconds = 3")
    region.stop()
    region.start()
    meeting = region.api(
        "POST", "/meetings", json=booking(mailbox=people.ANNA.address), headers={"Idempotency-Key": "k"}
    ).json()
    path = f"/meetings/{meeting['id']}"
    region.api("POST", f"{path}/copied", json={"audience": "patient", "what": "text"})
    item = saves_item(region, meeting)

    for days in (1, 2):
        time = {"start": at(meeting["start"], days=days), "end": at(meeting["end"], days=days)}
        graph(region, "PATCH", f"events/{item}", json=time)
    moved = at(meeting["start"], days=2)["dateTime"]
    region.waits_until(lambda: region.meeting(meeting["id"])["start"].startswith(moved), "it has moved")
    region.waits_until(lambda: mails(region), "a mail has come")

    (mail,) = mails(region)
    assert "Tidigare tid: " in mail["plain"]
    assert mail["to"] == [people.ANNA.address]
    assert "ny tid" in mail["subject"]
    assert "De här behöver få besked: patient." in mail["plain"].replace("*", "")
    assert re.search(r"/start/[0-9A-Z-]+/told", mail["plain"])
    assert "/m/" not in mail["plain"]
