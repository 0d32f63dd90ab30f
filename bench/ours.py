"""The service under the bench, started as an organisation starts it: settings file, a ledger made ready, `serve`."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, exists, select

from addin.store import tables
from addin.store.ledger import open_engine
from addin.store.schema import migrate
from bench.loader import Job
from bench.processes import Running, Size, free_port, server

TENANT: Final = "6f1f0f1e-5f0e-4d53-9a5e-0f0a5d3b7c10"
OBJECT_ID: Final = "0a7d7f5e-11c4-4a55-8b1c-0d6d6f4f1a01"
MAILBOX: Final = "anna.lindgren@region.example"
CLIENT: Final = "9c0f2b3d-8d24-4f3b-8a54-30b2f5a7e201"
AUDIENCE: Final = "2b6c7f0a-1d95-4c0e-9f3e-6a4d1c8e5f02"
ISSUER: Final = f"https://login.region.example/{TENANT}/v2.0"
LONGEST_READING_BACK_SECONDS: Final = 120.0
COMMAND: Final = (sys.executable, "-m", "addin.cli")

_SETTINGS: Final = """\
[service]
base_url = "http://127.0.0.1:{port}"
instance = "bench"
environment = "sandbox"
mail_domains = ["region.example"]

[server]
port = {port}
threads = {threads}
processes = {processes}

[ledger]
url = {ledger}

[keys]
current = "k1"
known.k1 = {{ env = "BENCH_KEY" }}

[sign_in]
audiences = ["{audience}"]
authorised_parties = ["{client}"]

[[sign_in.tenants]]
id = "{tenant}"
issuer_v2 = "{issuer}"
issuer_v1 = "https://sts.region.example/{tenant}/"
jwks_url = "{provider}/keys"

[start_sign_in]
metadata_url = "{provider}/metadata"
client_id = "{client}"
client_secret = {{ env = "BENCH_PASSWORD" }}

[providers.pexip]
kind = "pexip"
management_url = "{provider}"
join_url = "https://video.region.example"
username = "vardmote"
password = {{ env = "BENCH_PASSWORD" }}

[meetings]
providers = {{ internal-meeting = "pexip" }}

[pane]
client_id = "{client}"

[[units]]
id = "psykiatri"
name = "Psykiatriska mottagningen"
telephone = "08-465 004 10"
hours = "vardagar 8-16"
contact_without_speech = "Skriv i 1177"
data_controller = "Region Exempel"
mailboxes = ["{mailbox}"]
"""


@dataclass(frozen=True)
class Issuer:
    """The bench's own token issuer: its public key in `keys`, a file, and one employee's token."""

    keys: Path
    token: str = field(repr=False)

    @classmethod
    def create(cls, folder: Path) -> Issuer:
        """Make a key and a token that holds for some hours."""
        key = RSAKey.generate_key(2048, {"kid": "bench", "use": "sig", "alg": "RS256"})
        keys = folder / "keys.json"
        keys.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "azp": CLIENT,
            "tid": TENANT,
            "oid": OBJECT_ID,
            "sub": OBJECT_ID,
            "scp": "access_as_user",
            "ver": "2.0",
            "acct": 0,
            "preferred_username": MAILBOX,
            "iat": now,
            "nbf": now,
            "exp": now + 6 * 3600,
        }
        return cls(keys, jwt.encode({"alg": "RS256", "kid": "bench"}, claims, key))


@dataclass(frozen=True)
class Installation:
    """One installation of the service: its settings file and its secrets, which only its processes see."""

    settings: Path
    port: int
    secrets: dict[str, str] = field(repr=False)

    @classmethod
    def create(cls, folder: Path, provider: str, ledger: str, size: Size) -> Installation:
        """Write the settings and bring the ledger's schema up; `ledger` is a URL."""
        folder.mkdir(parents=True, exist_ok=True)
        port, settings = free_port(), folder / "settings.toml"
        postgresql = ledger.startswith("postgresql")
        settings.write_text(
            _SETTINGS.format(
                port=port,
                threads=size.threads,
                processes=size.processes,
                ledger='{ env = "BENCH_LEDGER" }' if postgresql else json.dumps(ledger),
                provider=provider,
                tenant=TENANT,
                issuer=ISSUER,
                audience=AUDIENCE,
                client=CLIENT,
                mailbox=MAILBOX,
            )
        )
        hidden = {"BENCH_KEY": secrets.token_hex(32), "BENCH_PASSWORD": "bench", "BENCH_LEDGER": ledger}
        # In this process, which has loaded what that takes: no start of `vardmote migrate` is measured.
        engine = open_engine(ledger)
        try:
            migrate(engine)
        finally:
            engine.dispose()
        return cls(settings, port, hidden)

    @contextmanager
    def serve(self) -> Iterator[Running]:
        """Run the service, its worker inside."""
        command = [*COMMAND, "serve", "--settings", str(self.settings), "--surface", "join,staff"]
        log = self.settings.with_name("service.log")
        with server(command, self.secrets, self.port, "/readyz", log) as running:
            yield running


class RoomsMade:
    """Looks into the ledger of a running service for rooms that have been made and not yet read back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wait_until_read_back(self) -> bool:
        """Return True when there is none left; False when that takes too long."""
        until = time.monotonic() + LONGEST_READING_BACK_SECONDS
        while time.monotonic() < until:
            if not self._left():
                return True
            time.sleep(0.25)
        return False

    def _left(self) -> bool:
        rooms = tables.rooms.c
        left = select(exists().where(rooms.made_at.is_not(None), rooms.verified_at.is_(None)))
        with self._engine.connect() as connection:
            return bool(connection.execute(left).scalar_one())


@contextmanager
def rooms_made(ledger: str) -> Iterator[RoomsMade]:
    """Open the ledger, a URL, beside the service."""
    engine = open_engine(ledger)
    try:
        yield RoomsMade(engine)
    finally:
        engine.dispose()


def booking(port: int, token: str, seconds: float, clients: int = 1, rate: float = 0.0) -> Job:
    """Return the job of booking; ours and the floor are sent the same requests."""
    day = datetime.now(UTC).date() + timedelta(days=30)
    wish: dict[str, Any] = {
        "mailbox": MAILBOX,
        "type": "care-meeting-patient",
        "variant": "one-patient",
        "unit": "psykiatri",
        "start": f"{day}T10:00:00+00:00",
        "end": f"{day}T11:00:00+00:00",
        "time_zone": "Etc/UTC",
    }
    return Job(
        port=port,
        method="POST",
        path="/api/v1/meetings",
        headers={"Authorization": f"Bearer {token}"},
        body=json.dumps(wish),
        expected=201,
        seconds=seconds,
        clients=clients,
        rate=rate,
    )
