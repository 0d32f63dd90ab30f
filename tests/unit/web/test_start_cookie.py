"""What the start page's cookie keeps, for how long, and that nobody else can make one."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from werkzeug.http import parse_cookie
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from addin.meetings.keyring import Keyring
from addin.meetings.model import Principal
from addin.web.staff.auth.openid import Attempt
from addin.web.staff.start_cookie import SIGNED_IN, SIGNING_IN, SignedIn, SigningIn, StartCookie
from tests.unit.auth.issuing import ManualClock

OLD, NEW = b"o" * 32, b"n" * 32
WHO = SignedIn(Principal("tenant", "person", "anna.lindgren@region.example"), "form-token")
WHERE = SigningIn(Attempt("state", "nonce", "verifier"), "7K3M9QXP2RTWHD")


def cookie(clock: ManualClock, keyring: Keyring | None = None) -> StartCookie:
    return StartCookie(keyring or Keyring({"k1": OLD}, "k1"), clock, secure=True)


def brought_back(response: Response, name: str = "__Host-start") -> Request:
    """Return the browser's next request."""
    return bringing(parse_cookie(response.headers["Set-Cookie"])[name], name)


def bringing(value: str, name: str = "__Host-start") -> Request:
    """Return a request with that cookie."""
    return Request(EnvironBuilder(environ_overrides={"HTTP_COOKIE": f"{name}={value}"}).get_environ())


def kept(cookie: StartCookie, session: SignedIn | SigningIn) -> Request:
    response = Response()
    cookie.keep(response, session)
    return brought_back(response)


def test_what_is_kept_comes_back() -> None:
    jar = cookie(ManualClock())
    assert jar.signed_in(kept(jar, WHO)) == WHO
    assert jar.signing_in(kept(jar, WHERE)) == WHERE


def test_a_sign_in_under_way_is_not_a_sign_in() -> None:
    jar = cookie(ManualClock())
    assert jar.signed_in(kept(jar, WHERE)) is None
    assert jar.signing_in(kept(jar, WHO)) is None


@pytest.mark.parametrize(("session", "lasts"), [(WHO, SIGNED_IN), (WHERE, SIGNING_IN)])
def test_it_ends_by_itself_whatever_the_browser_thinks(
    session: SignedIn | SigningIn, lasts: timedelta
) -> None:
    clock = ManualClock()
    jar = cookie(clock)
    request = kept(jar, session)
    clock.move(lasts - timedelta(seconds=1))
    assert jar.signed_in(request) or jar.signing_in(request)
    clock.move(timedelta(seconds=1))
    assert jar.signed_in(request) is None
    assert jar.signing_in(request) is None


def test_one_from_the_future_is_not_believed() -> None:
    clock = ManualClock()
    jar = cookie(clock)
    request = kept(jar, WHO)
    clock.move(timedelta(seconds=-1))
    assert jar.signed_in(request) is None


def test_keys_rotate_without_signing_anybody_out() -> None:
    clock = ManualClock()
    request = kept(cookie(clock), WHO)
    rotated = cookie(clock, Keyring({"k1": OLD, "k2": NEW}, "k2"))
    assert rotated.signed_in(request) == WHO
    assert cookie(clock, Keyring({"k2": NEW}, "k2")).signed_in(request) is None


@pytest.mark.parametrize("forged", ["", "x", "åäö", "e30=", "azEA", "a" * 5000])
def test_what_we_did_not_make_is_nothing(forged: str) -> None:
    assert cookie(ManualClock()).signed_in(bringing(forged)) is None


def test_something_else_that_we_sealed_is_nothing_either() -> None:
    keyring = Keyring({"k1": OLD}, "k1")
    response = Response()
    StartCookie(keyring, ManualClock(), secure=False).keep(response, WHO)
    value = parse_cookie(response.headers["Set-Cookie"])["start"]
    assert "person" not in value
    other = urlsafe_b64encode(keyring.seal(b"{}", "a-row-of-the-ledger")).decode()
    assert cookie(ManualClock()).signed_in(bringing(other)) is None
