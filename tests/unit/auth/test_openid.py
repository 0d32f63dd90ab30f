"""The metadata of the start page's provider, which everybody who signs in needs; over real sockets."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from addin.web.staff.auth.errors import IdentityUnavailable
from addin.web.staff.auth.openid import OpenIdSettings, OpenIdSignIn
from tests.unit.auth.issuing import KeySetServer, ManualClock


@pytest.fixture
def sign_in(key_set: KeySetServer, clock: ManualClock) -> OpenIdSignIn:
    """Return a sign-in whose provider's metadata that server gives."""
    endpoints = dict.fromkeys(("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"), key_set.url)
    key_set.body = json.dumps(endpoints).encode()
    return OpenIdSignIn(OpenIdSettings(key_set.url, "client", "https://we.example/start/callback", ()), clock)


def test_nobody_queues_up_for_a_provider_that_does_not_answer(
    sign_in: OpenIdSignIn, key_set: KeySetServer
) -> None:
    key_set.status = 503
    key_set.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        asking = pool.submit(sign_in.begin)
        assert key_set.arrived.wait(10)
        key_set.gate.set()
        assert isinstance(asking.exception(10), IdentityUnavailable)

        key_set.arrived.clear()
        key_set.gate.clear()
        asking = pool.submit(sign_in.begin)
        assert key_set.arrived.wait(10)
        assert isinstance(pool.submit(sign_in.begin).exception(10), IdentityUnavailable)
        assert not asking.done()
        key_set.status = 200
        key_set.gate.set()
        assert asking.result(10)[0].startswith(key_set.url)
    assert key_set.fetches == 2
    assert sign_in.begin()
