"""An identity provider for these tests: real keys, a real socket for its key set, and tokens of any shape."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from addin.web.staff.auth.tokens import TokenSettings, TrustedTenant

TENANT = "11111111-2222-4333-8444-555555555555"
PERSON = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
API = "99999999-8888-4777-8666-555555555555"
PANE = "77777777-6666-4555-8444-333333333333"
ISSUER_V1 = f"https://sts.issuer.example/{TENANT}/"
ISSUER_V2 = f"https://login.issuer.example/{TENANT}/v2.0"
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, step: timedelta) -> None:
        self._now += step


@cache
def rsa_key(name: str) -> RSAKey:
    """Return a key that is made once for the whole run: making one takes a tenth of a second."""
    return RSAKey.generate_key(2048, {"kid": name})


class KeySetServer:
    """Serves a JWK set; counts the fetches; can fail, answer nonsense or wait."""

    def __init__(self) -> None:
        self.keys: list[Mapping[str, Any]] = []
        self.status = 200
        self.body: bytes | None = None
        self.fetches = 0
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Event()
        self.url = ""

    def publish(self, *names: str) -> None:
        self.keys = [dict(rsa_key(name).as_dict(private=False), use="sig", alg="RS256") for name in names]

    def answer(self) -> tuple[int, bytes]:
        self.fetches += 1
        self.arrived.set()
        self.gate.wait(20)
        return self.status, self.body if self.body is not None else json.dumps({"keys": self.keys}).encode()


@contextmanager
def key_set_server() -> Iterator[KeySetServer]:
    """Yield a server on a free port of 127.0.0.1."""
    state = KeySetServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = state.answer()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", state.url + "?again")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/keys"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


def settings(jwks_url: str, **other: Any) -> TokenSettings:
    """Return settings that trust one tenant, whose keys are at `jwks_url`."""
    tenant = TrustedTenant(TENANT, issuer_v2=ISSUER_V2, issuer_v1=ISSUER_V1, jwks_url=jwks_url)
    return TokenSettings((tenant,), (API, f"api://{API}"), (PANE,), **other)


def claims_v2(now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good version 2.0 access token; a change to None leaves the claim out."""
    at = int(now.timestamp())
    good = {
        "ver": "2.0",
        "iss": ISSUER_V2,
        "aud": API,
        "tid": TENANT,
        "oid": PERSON,
        "sub": "pairwise",
        "scp": "access_as_user",
        "azp": PANE,
        "preferred_username": "Anna.Lindgren@region.example",
        "iat": at,
        "nbf": at,
        "exp": at + 3600,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def claims_v1(now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good version 1.0 access token."""
    older = {"ver": "1.0", "iss": ISSUER_V1, "aud": f"api://{API}", "azp": None, "appid": PANE}
    names = {"preferred_username": None, "upn": "anna.lindgren@region.example"}
    return claims_v2(now, **(older | names | changes))


def sign(claims: Mapping[str, Any], key: str = "first", header: Mapping[str, Any] | None = None) -> str:
    """Return a token signed with the key of that name."""
    return jwt.encode(
        {"alg": "RS256", "typ": "JWT", "kid": key, **(header or {})}, dict(claims), rsa_key(key)
    )


def bearer(token: str) -> str:
    """Return the header that carries the token."""
    return f"Bearer {token}"


def wait_until(holds: Any, seconds: float = 60) -> None:
    """Wait for another thread to reach a state; fails when it does not."""
    latest = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < latest, "the other thread never came that far"
        time.sleep(0.002)
