"""A booked meeting whose calendar item is a series in Anna's mailbox, made as Outlook makes it, and followed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from addin.sandbox import people
from addin.trial_job import PROPERTY, ZONE
from tests.region import Json, Region


class SeriesItem:
    """One series; `first` is its first start by the rule, daily from then on. `kept` is the first one's time now."""

    def __init__(self, region: Region, first: datetime | None = None) -> None:
        self.region = region
        self.meeting = region.books()
        start = first or datetime.fromisoformat(self.meeting["start"])
        # Where it stands in a calendar: a day later is the same time of day, also when clocks are changed.
        self.first = start.astimezone(ZoneInfo(ZONE))
        self._token = region.sandbox(
            "POST",
            "/sandbox/token",
            json={"object_id": people.ANNA.object_id, "audience": people.GRAPH_AUDIENCE},
        ).json()["access_token"]
        self.id = str(self.outlook("POST", "events", json=self._event())["id"])

    def outlook(self, method: str, path: str, **more: Any) -> Any:
        """Do something as Anna's Outlook does."""
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self.region.sandbox(method, f"/v1.0/me/{path}", headers=headers, **more)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def occurrence(self, number: int) -> str:
        """Return the id of an occurrence, counted from 0."""
        day = self.first + timedelta(days=number)
        span = {"startDateTime": day.isoformat(), "endDateTime": (day + timedelta(hours=1)).isoformat()}
        return str(self.outlook("GET", f"events/{self.id}/instances", params=span)["value"][0]["id"])

    def has_one_link(self) -> Json:
        """Say that the same people meet each time, and return the meeting when the service knows it."""
        self._until(lambda meeting: "series_asked" in _notes(meeting))
        answer = self.region.api("POST", self.path("series"), json={"one_link": True})
        assert answer.status_code == 200, answer.text
        return self._until(lambda meeting: "series_asked" not in _notes(meeting))

    def reads(self) -> Json:
        return self.region.meeting(self.meeting["id"])

    def path(self, below: str) -> str:
        return f"/meetings/{self.meeting['id']}/{below}"

    def _until(self, holds: Any) -> Json:
        self.region.waits_until(lambda: holds(self.reads()), "the series is followed")
        return self.reads()

    def _event(self) -> Json:
        return {
            "subject": "Skyddat möte",
            "body": {"contentType": "html", "content": self.meeting["item_block"]["html"]},
            **times(self.first),
            "recurrence": {
                "pattern": {"type": "daily", "interval": 1},
                "range": {
                    "type": "numbered",
                    "startDate": f"{self.first:%Y-%m-%d}",
                    "numberOfOccurrences": 5,
                },
            },
            "singleValueExtendedProperties": [
                {"id": PROPERTY, "value": json.dumps({"meeting": self.meeting["id"]})}
            ],
        }


def times(start: datetime) -> Json:
    """Return start and end as Graph takes them; half an hour."""
    ends = {"start": start, "end": start + timedelta(minutes=30)}
    return {
        name: {"dateTime": f"{moment.astimezone(ZoneInfo(ZONE)):%Y-%m-%dT%H:%M:%S}", "timeZone": ZONE}
        for name, moment in ends.items()
    }


def _notes(meeting: Json) -> list[str]:
    return [note["code"] for note in meeting["calendar_notes"]]
