"""A verifier that trusts one tenant, and the socket where that tenant's keys are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from addin.web.staff.auth.tokens import TokenVerifier
from tests.unit.auth.issuing import KeySetServer, ManualClock, key_set_server, settings


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def key_set() -> Iterator[KeySetServer]:
    with key_set_server() as server:
        server.publish("first")
        yield server


@pytest.fixture
def verifier(key_set: KeySetServer, clock: ManualClock) -> TokenVerifier:
    return TokenVerifier(settings(key_set.url), clock)
