"""A started sandbox, as its tests speak to it. Knows addresses and forms, no rules."""

from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import requests

from addin.sandbox import people
from tests.sandbox_process import SandboxProcess

Json = dict[str, Any]

SERVICE: Final = "http://127.0.0.1:18998"
ROOMS: Final = "/api/admin/configuration/v1/conference/"
ALIASES: Final = "/api/admin/configuration/v1/conference_alias/"
CALLS: Final = "/api/admin/status/v1/conference/"
PARTICIPANTS: Final = "/api/admin/status/v1/participant/"


class Sandbox:
    """One process of `python -m addin.sandbox`."""

    def __init__(self, state: Path, *more: str) -> None:
        self._running = SandboxProcess(state, SERVICE, "--replication-seconds", "0", *more)
        self.process, self.base = self._running.process, self._running.base
        self.http = requests.Session()
        # To look for a proxy costs as much as a call to this machine.
        self.http.trust_env = False
        self._tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self.http.close()
        self._running.stop()

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send one request, without following redirects."""
        url = path if path.startswith("http") else self.base + path
        return self.http.request(method, url, allow_redirects=False, timeout=30, **more)

    def lever(self, path: str, wish: Any = None, **query: Any) -> Json:
        """Read a lever of `/sandbox/`, or pull it when there is a wish."""
        method = "GET" if wish is None else "POST"
        answer = self.call(method, f"/sandbox/{path}", json=wish, params=query)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def set(self, **settings: Any) -> None:
        """Change settings of Pexip."""
        self.lever("pexip/settings", settings)

    def advance(self, seconds: float) -> None:
        """Move Pexip's clock on."""
        self.lever("clock", {"advance_seconds": seconds})

    def fresh(self) -> None:
        """Begin anew, with Pexip's nodes at once of one mind."""
        self._tokens.clear()
        self.lever("reset", {})
        # A test's own receiver may be slower than Graph would wait for, unless that is what it is about.
        self.lever("exchange/settings", {"ack_seconds": 30, "handshake_seconds": 30})

    # Pexip

    def pexip(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """Call the management API as the service would."""
        account = (people.PEXIP_USER, people.PEXIP_PASSWORD)
        return self.call(method, path, json=body, params=query, auth=account)

    def room(self, alias: str, **fields: Any) -> str:
        """Make a room and return its address."""
        wish = {"name": f"name-{alias}", "aliases": [{"alias": alias}], **fields}
        answer = self.pexip("POST", ROOMS, wish)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"])

    def lobby_room(self, alias: str, **fields: Any) -> str:
        """Make a room where guests need no PIN and wait for a host, whose PIN is 1234."""
        return self.room(alias, pin="1234", allow_guests=True, **fields)

    def join(self, alias: str, name: str = "Någon", pin: str | None = None) -> requests.Response:
        """Ask for a token on the conferencing node."""
        body = {"display_name": name} | ({} if pin is None else {"pin": pin})
        return self.call("POST", f"/api/client/v2/conferences/{alias}/request_token", json=body)

    def seat(self, alias: str, pin: str | None = None) -> Json:
        """Take a seat and return what the node says."""
        answer = self.join(alias, pin=pin)
        assert answer.status_code == 200, answer.text
        result: Json = answer.json()["result"]
        return result

    def client(self, method: str, alias: str, what: str, token: str) -> requests.Response:
        """Make a client API request with a token."""
        return self.call(method, f"/api/client/v2/conferences/{alias}/{what}", headers={"token": token})

    def people_in(self, alias: str, token: str) -> dict[str, str]:
        """Return the kind of service that each participant of a call is in, by id."""
        answer = self.client("GET", alias, "participants", token)
        assert answer.status_code == 200, answer.text
        return {person["uuid"]: person["service_type"] for person in answer.json()["result"]}

    # Graph

    def token(self, person: people.Person, **more: Any) -> str:
        """Return an access token as the Outlook host would get it."""
        return str(self.lever("token", {"object_id": person.object_id, **more})["access_token"])

    def outlook(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """Call the mailbox as Outlook itself does, on a line of its own."""
        return self.graph(method, path, body, door="/outlook", **more)

    def graph(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """Call Graph as a person (`who`, Anna when not told)."""
        person, door = more.pop("who", people.ANNA), more.pop("door", "/v1.0")
        bearer = more.pop("bearer", None) or self._graph_token(person)
        headers = {"Authorization": f"Bearer {bearer}", **more.pop("headers", {})}
        return self.call(method, f"{door}{path}", json=body, headers=headers, **more)

    def _graph_token(self, person: people.Person) -> str:
        """Return a person's token for Graph, the same for a whole test."""
        if person.object_id not in self._tokens:
            self._tokens[person.object_id] = self.token(person, audience=people.GRAPH_AUDIENCE)
        return self._tokens[person.object_id]
