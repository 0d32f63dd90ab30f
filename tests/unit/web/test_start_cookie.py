"""What the start page's cookie keeps, for how long, and that nobody else can make one."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from werkzeug.http import parse_cookie
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from addin.meetings.keyring import Keyring
from addin.meetings.model import Principal
from addin.web.staff.auth.openid import Attempt
from addin.web.staff.start_cookie import (
    CLOCKS_APART,
    LARGEST,
    MOST_UNDER_WAY,
    SIGNED_IN,
    SIGNING_IN,
    SignedIn,
    SigningIn,
    StartCookie,
)
from tests.unit.auth.issuing import ManualClock

OLD, NEW = b"o" * 32, b"n" * 32
WHO = SignedIn(
    Principal("tenant", "person", "anna.lindgren@region.example", ("mottagningen@region.example",)),
    "form-token",
)
WHERE = SigningIn(Attempt("state", "nonce", "verifier"), "7K3M9QXP2RTWHD")


def cookie(clock: ManualClock, keyring: Keyring | None = None) -> StartCookie:
    return StartCookie(keyring or Keyring({"k1": OLD}, "k1"), clock, secure=True)


def brought_back(response: Response, name: str = "__Host-start") -> Request:
    """Return the browser's next request."""
    return bringing(parse_cookie(response.headers["Set-Cookie"])[name], name)


def bringing(value: str, name: str = "__Host-start") -> Request:
    """Return a request with that cookie."""
    return Request(EnvironBuilder(environ_overrides={"HTTP_COOKIE": f"{name}={value}"}).get_environ())


def kept(jar: StartCookie, session: SignedIn | SigningIn, before: Request | None = None) -> Request:
    """Return the browser's next request after `session` was begun, or had come back as the end of `WHERE`."""
    response, request = Response(), before or bringing("")
    if isinstance(session, SignedIn):
        jar.finish(request, response, WHERE, session)
    else:
        jar.begin(request, response, session)
    return brought_back(response)


def sign_in(state: str) -> SigningIn:
    return SigningIn(Attempt(state, "nonce", "verifier"), "7K3M9QXP2RTWHD")


def test_what_is_kept_comes_back() -> None:
    jar = cookie(ManualClock())
    assert jar.signed_in(kept(jar, WHO)) == WHO
    assert jar.signing_in(kept(jar, WHERE), "state") == WHERE
    assert jar.signing_in(kept(jar, WHERE), "another") is None


def test_a_sign_in_that_comes_back_leaves_that_of_another_tab() -> None:
    jar, other = cookie(ManualClock()), sign_in("other tab")
    request = kept(jar, WHO, kept(jar, other, kept(jar, WHERE)))
    assert jar.signed_in(request) == WHO
    assert jar.signing_in(request, "state") is None
    assert jar.signing_in(request, "other tab") == other


def test_one_that_fails_signs_nobody_out() -> None:
    jar = cookie(ManualClock())
    response = Response()
    jar.finish(kept(jar, WHO), response, sign_in("other tab"))
    assert jar.signed_in(brought_back(response)) == WHO


def test_of_many_sign_ins_the_newest_are_kept_and_the_cookie_stays_small() -> None:
    jar, request = cookie(ManualClock()), bringing("")
    states = [str(number) * 43 for number in range(MOST_UNDER_WAY + 1)]
    for state in states:
        request = kept(jar, sign_in(state), request)
    request = kept(jar, WHO, request)
    assert [jar.signing_in(request, state) is not None for state in states] == [False] + [
        True
    ] * MOST_UNDER_WAY
    assert len(request.cookies["__Host-start"]) < LARGEST


@pytest.mark.parametrize(("shared", "are_kept"), [(100, True), (1000, False)])
def test_who_shares_very_many_mailboxes_is_signed_in_all_the_same(shared: int, *, are_kept: bool) -> None:
    jar = cookie(ManualClock())
    mailboxes = tuple(f"mottagning-{one * 7919 % 100_003}@region.example" for one in range(shared))
    many = SignedIn(replace(WHO.who, shared_mailboxes=mailboxes), WHO.form_token)
    request = kept(jar, many, kept(jar, sign_in("other tab")))
    expected = many if are_kept else SignedIn(replace(WHO.who, shared_mailboxes=()), WHO.form_token)
    assert jar.signed_in(request) == expected
    assert len(request.cookies["__Host-start"]) <= LARGEST


def test_a_sign_in_under_way_is_not_a_sign_in() -> None:
    jar = cookie(ManualClock())
    assert jar.signed_in(kept(jar, WHERE)) is None
    assert jar.signing_in(kept(jar, WHO), "state") is None


@pytest.mark.parametrize(("session", "lasts"), [(WHO, SIGNED_IN), (WHERE, SIGNING_IN)])
def test_it_ends_by_itself_whatever_the_browser_thinks(
    session: SignedIn | SigningIn, lasts: timedelta
) -> None:
    clock = ManualClock()
    jar = cookie(clock)
    request = kept(jar, session)
    clock.move(lasts - timedelta(seconds=1))
    assert jar.signed_in(request) or jar.signing_in(request, "state")
    clock.move(timedelta(seconds=1))
    assert jar.signed_in(request) is None
    assert jar.signing_in(request, "state") is None


def test_one_from_a_machine_whose_clock_is_ahead_is_believed_and_one_from_the_future_is_not() -> None:
    clock = ManualClock()
    jar = cookie(clock)
    request = kept(jar, WHO)
    clock.move(-CLOCKS_APART)
    assert jar.signed_in(request) == WHO
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
    StartCookie(keyring, ManualClock(), secure=False).finish(bringing("", "start"), response, WHERE, WHO)
    value = parse_cookie(response.headers["Set-Cookie"])["start"]
    assert "person" not in value
    other = urlsafe_b64encode(keyring.seal(b"{}", "a-row-of-the-ledger")).decode()
    assert cookie(ManualClock()).signed_in(bringing(other)) is None
