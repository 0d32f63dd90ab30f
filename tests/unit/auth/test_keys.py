"""Keys rotate, identity providers go away, and neither may be turned against the other; over real sockets."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from addin.web.staff.auth.errors import IdentityUnavailable, TokenInvalid
from addin.web.staff.auth.keys import REFETCH_AFTER, RETRY_EMPTY_AFTER, STALE_AFTER, SigningKeys
from addin.web.staff.auth.outbound import Outbound
from tests.unit.auth.issuing import KeySetServer, ManualClock, rsa_key, wait_until


@pytest.fixture
def keys(key_set: KeySetServer, clock: ManualClock) -> SigningKeys:
    return SigningKeys(key_set.url, Outbound(), clock)


def test_a_new_key_is_found_when_the_first_token_bears_it(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    keys.key("first")
    key_set.publish("first", "second")
    clock.move(REFETCH_AFTER)
    assert keys.key("second").key_type == "RSA"
    assert keys.key("first").key_type == "RSA"
    assert key_set.fetches == 2


def test_forged_key_ids_make_one_fetch_a_minute(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    keys.key("first")
    for minute in range(3):
        clock.move(REFETCH_AFTER)
        for forged in range(20):
            with pytest.raises(TokenInvalid):
                keys.key(f"forged-{minute}-{forged}")
    assert key_set.fetches == 4


def test_many_who_need_a_new_key_share_one_fetch(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    key_set.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(keys.key, "first") for _ in range(8)]
        assert key_set.arrived.wait(10)
        key_set.gate.set()
        assert {found.result(10).key_type for found in waiting} == {"RSA"}
    assert key_set.fetches == 1


def test_known_keys_go_on_while_the_provider_is_away(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    keys.key("first")
    key_set.status = 503
    clock.move(STALE_AFTER)
    assert keys.key("first").key_type == "RSA"
    assert key_set.fetches == 2
    with pytest.raises(IdentityUnavailable):
        keys.key("second")
    key_set.status = 200
    key_set.publish("second")
    clock.move(REFETCH_AFTER)
    assert keys.key("second").key_type == "RSA"


def test_a_withdrawn_key_is_gone_within_a_day(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    keys.key("first")
    key_set.publish("second")
    clock.move(STALE_AFTER)
    with pytest.raises(TokenInvalid):
        keys.key("first")


def test_nobody_waits_while_another_refreshes(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    keys.key("first")
    clock.move(STALE_AFTER)
    key_set.arrived.clear()
    key_set.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(keys.key, "first")
        assert key_set.arrived.wait(10)
        assert keys.key("first").key_type == "RSA"
        assert not refreshing.done()
        key_set.gate.set()
        assert refreshing.result(10).key_type == "RSA"


def test_a_provider_that_was_away_at_the_start_is_asked_again_soon(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    key_set.status = 500
    for _ in range(5):
        with pytest.raises(IdentityUnavailable):
            keys.key("first")
    assert key_set.fetches == 1
    key_set.status = 200
    clock.move(RETRY_EMPTY_AFTER)
    assert keys.key("first").key_type == "RSA"


def test_nobody_queues_up_for_a_provider_that_does_not_answer(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    key_set.status = 503
    key_set.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(keys.key, "first") for _ in range(3)]
        assert key_set.arrived.wait(10)
        clock.move(RETRY_EMPTY_AFTER * 2)
        key_set.gate.set()
        assert {type(one.exception(10)) for one in waiting} == {IdentityUnavailable}
        assert key_set.fetches == 1

        clock.move(RETRY_EMPTY_AFTER)
        key_set.arrived.clear()
        key_set.gate.clear()
        asking = pool.submit(keys.key, "first")
        assert key_set.arrived.wait(10)
        assert isinstance(pool.submit(keys.key, "first").exception(10), IdentityUnavailable)
        assert not asking.done()
        key_set.gate.set()


def test_a_clock_that_is_set_back_does_not_stop_the_fetching(
    keys: SigningKeys, key_set: KeySetServer, clock: ManualClock
) -> None:
    keys.key("first")
    key_set.publish("first", "second")
    clock.move(timedelta(hours=-3))
    assert keys.key("second").key_type == "RSA"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": 7}',
        b'{"keys": []}',
        b'{"keys": [7, {}, {"kid": 7}]}',
        b"x" * 600_000,
        b"[" * 100_000,
    ],
    ids=["nothing", "html", "a list", "no keys", "a number", "empty", "nonsense", "endless", "deep"],
)
def test_what_is_no_key_set_is_an_unavailable_provider(
    keys: SigningKeys, key_set: KeySetServer, body: bytes
) -> None:
    key_set.body = body
    with pytest.raises(IdentityUnavailable):
        keys.key("first")


def test_a_redirect_to_elsewhere_is_not_followed(keys: SigningKeys, key_set: KeySetServer) -> None:
    key_set.status = 302
    with pytest.raises(IdentityUnavailable):
        keys.key("first")
    assert key_set.fetches == 1


def test_nothing_listens_at_the_provider(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/keys"
    with pytest.raises(IdentityUnavailable) as caught:
        SigningKeys(url, Outbound(), clock).key("first")
    assert caught.value.__cause__ is None
    assert url not in str(caught.value)


def test_only_signature_keys_of_our_kind_are_taken(keys: SigningKeys, key_set: KeySetServer) -> None:
    good: dict[str, str] = {**json.loads(json.dumps(rsa_key("first").as_dict(private=False))), "kid": "good"}
    weak = dict(good, kid="weak", n=good["n"][:172])
    others = [
        dict(good, kid="encryption", use="enc"),
        dict(good, kid="other-algorithm", alg="RS512"),
        {"kid": "shared", "kty": "oct", "k": "c2VjcmV0"},
        {"kid": "broken", "kty": "RSA", "n": good["n"]},
        weak,
    ]
    key_set.body = json.dumps({"keys": [*others, good]}).encode()
    assert keys.key("good").key_type == "RSA"
    for entry in others:
        with pytest.raises(TokenInvalid):
            keys.key(str(entry["kid"]))


def test_the_environment_has_no_say_in_the_way_out(
    key_set: KeySetServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert SigningKeys(key_set.url, Outbound(), clock).key("first").key_type == "RSA"


def test_a_proxy_from_the_settings_is_used(key_set: KeySetServer, clock: ManualClock) -> None:
    through = Outbound(proxies={"http": key_set.url})
    assert SigningKeys("http://login.issuer.example/keys", through, clock).key("first").key_type == "RSA"
    wait_until(lambda: key_set.fetches == 1)
