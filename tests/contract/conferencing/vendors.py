"""The vendors as the contract sees them: an adapter to test, and levers on the simulated vendor behind it.

A new adapter joins the contract by a class like `PexipVendor` and its name in `conftest.VENDORS`.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

import requests

from addin.conferencing.pexip import PexipProvider, PexipSettings
from addin.meetings.deadline import Deadline
from addin.meetings.model import LobbyLevel, Window
from addin.meetings.ports import ConferencingProvider, RoomWish
from tests.sandbox_process import SandboxProcess

WINDOW = Window(
    datetime(2027, 3, 1, 9, 0, tzinfo=UTC), datetime(2027, 3, 1, 10, 0, tzinfo=UTC), "Europe/Stockholm"
)


# Where every vendor's adapter under test sends people.
JOIN = "https://video.region.example"


def soon() -> Deadline:
    """Return a deadline that a healthy simulator never comes near."""
    return Deadline.after(20)


def new_wish(**changes: Any) -> RoomWish:
    """Return a wish for a patient's meeting, with names of its own."""
    room = secrets.token_hex(16)
    wish = RoomWish(
        name=f"svm-test-{room}",
        alias=secrets.token_hex(8),
        tag=f"v1.test.{room}.k1.mac",
        title="Vårdmöte",
        window=WINDOW,
        participant_limit=15,
        host_pin="482913",
        guest_pin=None,
        lobby=LobbyLevel.WAIT_FOR_HOST,
        chat=False,
        guests_can_present=False,
    )
    return replace(wish, **changes)


class Vendor(Protocol):
    """A simulated vendor and the adapter that speaks with it. Faults strike the next matching calls."""

    provider: ConferencingProvider

    def reset(self) -> None:
        """Begin the next test as if nothing had happened."""

    def stop(self) -> None:
        """End the simulator."""

    def another(self, **settings: Any) -> ConferencingProvider:
        """Return an adapter on the same vendor with other settings, by the common names.

        They are `name`, `base_url`, `username`, `password`, `join_base_url` (JOIN), `timeout_seconds` and `page_size`.
        """

    def fault(self, kind: str, action: str, **more: Any) -> None:
        """Switch on a fault for the next `create`, `change`, `remove` or `read`."""

    def release_held(self) -> None:
        """Let every call that a `hold` stopped go on, and wait until it has been carried out."""

    def calls(self, action: str) -> int:
        """Return how many calls of that kind the vendor has been sent."""

    def rooms(self) -> set[str]:
        """Return the names of all rooms that stand at the vendor, whoever owns them."""

    def plant_foreign(self, *, name: str, alias: str) -> str:
        """Make somebody else's room; returns its reference."""

    def tamper(self, reference: str, wish: RoomWish) -> str:
        """Weaken the protection of a room behind our back; returns the setting's name in the adapter's words."""

    def join(self, wish: RoomWish, *, host: bool) -> int:
        """Enter the room from a browser; returns the HTTP status."""


class PexipVendor:
    """Pexip's management API in the sandbox."""

    ACTIONS: ClassVar = {"create": "POST", "change": "PATCH", "remove": "DELETE", "read": "GET"}

    def __init__(self, state: Path) -> None:
        # The sandbox is one program for all simulated systems; its service address is of no use here.
        self._sandbox = SandboxProcess(state, "http://127.0.0.1:9", "--replication-seconds", "0")
        self.base = self._sandbox.base
        self.levers = requests.Session()
        self.levers.trust_env = False
        self.admin = requests.Session()
        self.admin.trust_env = False
        self.admin.auth = ("vardmote", "sandbox-pexip-password")
        self.provider: ConferencingProvider = self.another()

    def another(self, **settings: Any) -> PexipProvider:
        usual = {
            "name": "pexip",
            "base_url": self.base,
            "username": "vardmote",
            "password": "sandbox-pexip-password",
            "join_base_url": JOIN,
        }
        return PexipProvider(PexipSettings(**usual | settings))

    def reset(self) -> None:
        """Begin the next test as if nothing had happened."""
        self.levers.delete(f"{self.base}/sandbox/faults").raise_for_status()
        self.settings(
            rate_limit=1_000_000,
            min_pin_length=4,
            pins_are_write_only=False,
            nested_errors=True,
            duplicate_status=400,
            change_status=202,
            absolute_location=True,
            licensed=True,
        )
        self.admin.delete(f"{self.base}/api/admin/configuration/v1/conference/").raise_for_status()
        self.levers.delete(f"{self.base}/sandbox/log").raise_for_status()

    def settings(self, **changes: Any) -> None:
        """Change what an administrator of Pexip could have set, or what differs between its versions."""
        self.levers.post(f"{self.base}/sandbox/pexip/settings", json=changes).raise_for_status()

    def stop(self) -> None:
        self._sandbox.stop()

    def fault(self, kind: str, action: str, **more: Any) -> None:
        match = {"method": self.ACTIONS[action], "path_prefix": "/api/admin/"}
        fault = {"fault": kind, "match": match, **more}
        self.levers.post(f"{self.base}/sandbox/faults", json=fault).raise_for_status()

    def release_held(self) -> None:
        held = self.levers.get(f"{self.base}/sandbox/holds", params={"wait": 60}).json()["holds"]
        assert held, "nothing is held"
        self.levers.post(f"{self.base}/sandbox/release", json={}).raise_for_status()
        for hold in held:
            query = {"method": hold["method"], "path_prefix": "/api/admin/", "at_least": 1, "wait": 60}
            self.levers.get(f"{self.base}/sandbox/log", params=query).raise_for_status()

    def journal(self, action: str) -> list[dict[str, Any]]:
        """Return the calls of one kind as the vendor got them."""
        query = {"method": self.ACTIONS[action], "path_prefix": "/api/admin/"}
        found: list[dict[str, Any]] = self.levers.get(f"{self.base}/sandbox/log", params=query).json()[
            "requests"
        ]
        return found

    def calls(self, action: str) -> int:
        return len(self.journal(action))

    def rooms(self) -> set[str]:
        path = "/api/admin/configuration/v1/conference/"
        objects = self.admin.get(self.base + path, params={"limit": 10_000}).json()["objects"]
        return {room["name"] for room in objects}

    def room(self, reference: str) -> dict[str, Any]:
        """Return a room as an administrator sees it."""
        path = f"/api/admin/configuration/v1/conference/{reference}/"
        found: dict[str, Any] = self.admin.get(self.base + path).json()
        return found

    def plant_foreign(self, *, name: str, alias: str) -> str:
        wish = {"name": name, "aliases": [{"alias": alias}], "tag": "annan-kund"}
        answer = self.admin.post(f"{self.base}/api/admin/configuration/v1/conference/", json=wish)
        assert answer.status_code == 201
        return answer.headers["Location"].rstrip("/").rsplit("/", 1)[1]

    def change(self, reference: str, **fields: Any) -> None:
        """Change a room as its administrator."""
        path = f"/api/admin/configuration/v1/conference/{reference}/"
        self.admin.patch(self.base + path, json=fields).raise_for_status()

    def tamper(self, reference: str, wish: RoomWish) -> str:
        self.change(reference, participant_limit=wish.participant_limit + 100)
        return "participant_limit"

    def join(self, wish: RoomWish, *, host: bool) -> int:
        seat = {"display_name": "Gäst", "pin": wish.host_pin if host else wish.guest_pin or "none"}
        path = f"/api/client/v2/conferences/{wish.alias}/request_token"
        return self.levers.post(self.base + path, json=seat).status_code
