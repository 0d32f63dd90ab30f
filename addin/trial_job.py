"""The main job without a screen: what the window and the pane do, done over HTTP with the same calls.

Books a meeting for a clinician, puts the block into a saved calendar item, and reads item and provider back.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import requests

from addin.privacy import AllowList, find_personal_data
from addin.sandbox import people
from manifest.source import SKYDDAT_VARDMOTE

ZONE: Final = "Europe/Stockholm"
PROPERTY: Final = f"String {{00020329-0000-0000-C000-000000000046}} Name cecp-{SKYDDAT_VARDMOTE.id}"
SECONDS: Final = 30
LONGEST_WAIT_SECONDS: Final = 30


class MainJobFailed(Exception):
    """A step of the main job did not come out as it should; says which."""


class MainJob:
    """One booking by one person."""

    def __init__(self, window_url: str, service_url: str, object_id: str) -> None:
        self._window = window_url
        self._service = service_url
        self._object_id = object_id
        self._address = next(person.address for person in people.STAFF if person.object_id == object_id)
        self._http = requests.Session()
        self._http.trust_env = False

    def run(self) -> dict[str, Any]:
        """Do it all; raises MainJobFailed and requests' own exceptions."""
        self._ask("GET", f"{self._service}/pane/settings.json")
        meeting = self._book()
        item = self._save_item(meeting)
        seen = self._graph("GET", f"/me/events/{item['id']}")
        page = self._ask("GET", meeting["join_url"])
        if "noindex" not in page.headers.get("X-Robots-Tag", ""):
            raise MainJobFailed("the join link does not lead to our join page")
        return {
            "meeting": meeting["id"],
            "join_url": meeting["join_url"],
            "service_url": self._service,
            "item_has_link": self._has_link(seen, meeting["join_url"]),
            "personal_data_in_item": self._personal_data(seen),
            "provider_rooms": self._rooms(),
            "text_1177": self._patient_text(meeting),
        }

    def token(self, audience: str | None = None) -> str:
        """Return the access token that the Outlook host would give the pane."""
        body = {"object_id": self._object_id} | ({"audience": audience} if audience else {})
        return str(self._ask("POST", f"{self._window}/sandbox/token", json=body).json()["access_token"])

    def _book(self) -> dict[str, Any]:
        types = self._api("GET", "/meeting-types")["meeting_types"]
        units = self._api("GET", f"/units?mailbox={self._address}")["units"]
        start = datetime.now(ZoneInfo(ZONE)).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        body = {
            "mailbox": self._address,
            "type": types[0]["id"],
            "variant": types[0]["variants"][0]["id"],
            "unit": next(unit["id"] for unit in units if unit["default"]),
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=30)).isoformat(),
            "time_zone": ZONE,
        }
        meeting = self._api(
            "POST", "/meetings", json=body, headers={"Idempotency-Key": secrets.token_urlsafe(16)}
        )
        return self._settled(meeting)

    def _settled(self, meeting: dict[str, Any]) -> dict[str, Any]:
        """Ask again while the room is being made, as the pane does."""
        latest = time.monotonic() + LONGEST_WAIT_SECONDS
        while meeting["state"] == "wanted" and time.monotonic() < latest:
            time.sleep(0.5)
            meeting = self._api("GET", f"/meetings/{meeting['id']}")
        if meeting["state"] != "live":
            raise MainJobFailed(f"the meeting is {meeting['state']}")
        return meeting

    def _save_item(self, meeting: Mapping[str, Any]) -> dict[str, Any]:
        """Save the appointment as the window does: our block, place, neutral subject and opaque id."""
        event = {
            "subject": meeting["neutral_subject"],
            "location": {"displayName": meeting["location"]},
            "body": {"contentType": "html", "content": meeting["item_block"]["html"]},
            "start": {"dateTime": meeting["start"][:19], "timeZone": ZONE},
            "end": {"dateTime": meeting["end"][:19], "timeZone": ZONE},
            "singleValueExtendedProperties": [
                {"id": PROPERTY, "value": json.dumps({"meeting": meeting["id"]})}
            ],
        }
        saved: dict[str, Any] = self._graph("POST", "/me/events", json=event)
        return saved

    def _has_link(self, event: Mapping[str, Any], link: str) -> bool:
        if link not in event["body"]["content"]:
            raise MainJobFailed("the saved item does not hold the join link")
        return True

    def _personal_data(self, event: Mapping[str, Any]) -> int:
        """Return how much personal data the saved item holds; the units' own numbers are not anybody's."""
        numbers = frozenset(unit["telephone"] for unit in self._api("GET", "/units")["units"])
        allow = AllowList(mail_domains=frozenset({"region.example"}), telephone_numbers=numbers)
        texts = (event["subject"], event["location"]["displayName"], event["body"]["content"])
        today = datetime.now(ZoneInfo(ZONE)).date()
        return sum(len(find_personal_data(text, today=today, allow=allow)) for text in texts)

    def _patient_text(self, meeting: Mapping[str, Any]) -> str:
        texts = self._api("GET", f"/meetings/{meeting['id']}/texts?audience=patient&language=sv")["texts"]
        text = str(next(text["plain"] for text in texts if text["occasion"] == "invitation"))
        if meeting["join_url"] not in text:
            raise MainJobFailed("the text for the patient does not hold the join link")
        self._api("POST", f"/meetings/{meeting['id']}/copied", json={"audience": "patient", "what": "text"})
        return text

    def _rooms(self) -> int:
        rooms = self._ask(
            "GET",
            f"{self._window}/api/admin/configuration/v1/conference/",
            auth=(people.PEXIP_USER, people.PEXIP_PASSWORD),
        )
        return int(rooms.json()["meta"]["total_count"])

    def _api(self, method: str, path: str, **options: Any) -> Any:
        headers = {**options.pop("headers", {}), "Authorization": f"Bearer {self.token()}"}
        return self._ask(method, f"{self._service}/api/v1{path}", headers=headers, **options).json()

    def _graph(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token(people.GRAPH_AUDIENCE)}"}
        return self._ask(method, f"{self._window}/v1.0{path}", headers=headers, **options).json()

    def _ask(self, method: str, url: str, **options: Any) -> requests.Response:
        answer = self._http.request(method, url, timeout=SECONDS, **options)
        if not answer.ok:
            raise MainJobFailed(f"{method} {_step(url)} answered {answer.status_code}")
        return answer


def _step(url: str) -> str:
    """Return which call it was, without anything that follows the second part of its path."""
    return "/".join(url.split("/")[:5])
