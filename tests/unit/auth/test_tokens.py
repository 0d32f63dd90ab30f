"""Which access tokens are good, and that every bad kind is refused under its own name."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt

from addin.meetings.model import Principal
from addin.web.staff.auth import claims as rules
from addin.web.staff.auth.errors import NotStaff, TokenExpired, TokenInvalid, TokenMissing
from addin.web.staff.auth.tokens import TokenVerifier
from tests.unit.auth.issuing import (
    API,
    ISSUER_V1,
    ISSUER_V2,
    NOW,
    PANE,
    PERSON,
    TENANT,
    KeySetServer,
    ManualClock,
    bearer,
    claims_v1,
    claims_v2,
    rsa_key,
    settings,
    sign,
)

AT = int(NOW.timestamp())
OTHER = "00000000-1111-4222-8333-444444444444"
ANNA = Principal(TENANT, PERSON, "anna.lindgren@region.example")


@pytest.mark.parametrize("claims", [claims_v1(), claims_v2()], ids=["version 1", "version 2"])
def test_an_employee_is_known_by_tenant_and_object_id(
    verifier: TokenVerifier, claims: dict[str, Any]
) -> None:
    assert verifier.principal(bearer(sign(claims))) == ANNA


@pytest.mark.parametrize(
    "changes",
    [
        {"scp": "openid access_as_user profile"},
        {"idp": ISSUER_V1},
        {"acct": 0},
        {"nbf": None},
        {"oid": PERSON.upper()},
        {"roles": ["reader"]},
    ],
)
def test_what_entra_may_add_does_no_harm(verifier: TokenVerifier, changes: dict[str, Any]) -> None:
    assert verifier.principal(bearer(sign(claims_v2(**changes)))) == ANNA


def test_a_token_of_the_newer_header_type_is_good(verifier: TokenVerifier) -> None:
    assert verifier.principal(bearer(sign(claims_v2(), header={"typ": "at+jwt"}))) == ANNA


def test_a_name_that_is_no_address_gives_no_mailbox(verifier: TokenVerifier) -> None:
    who = verifier.principal(bearer(sign(claims_v2(preferred_username="anna"))))
    assert who == Principal(TENANT, PERSON, None)


def test_a_person_s_id_is_the_same_however_a_provider_writes_it() -> None:
    written = "AAAABBBB-CCCC-4DDD-8EEE-FFFF00001111"
    assert rules.person({"sub": written}, "sub") == written.lower()
    assert rules.person({"sub": "SE2321000016-1ABC"}, "sub") == "SE2321000016-1ABC"


CLINIC = "11111111-2222-4333-8444-555555555501"
SHARED = rules.SharedMailboxes(
    {CLINIC: ("mottagningen@region.example",), OTHER: ("avdelningen@region.example",)}
)


@pytest.mark.parametrize(
    ("groups", "mailboxes"),
    [
        ([CLINIC], ("mottagningen@region.example",)),
        ([CLINIC.upper(), CLINIC, 7, PERSON], ("mottagningen@region.example",)),
        ([], ()),
        (None, ()),
        (CLINIC, ()),
        ({CLINIC: True}, ()),
    ],
    ids=[
        "a member",
        "twice, and strange ones",
        "of no group",
        "no claim, as with too many groups",
        "text",
        "object",
    ],
)
def test_who_is_in_a_group_shares_its_mailboxes(
    key_set: KeySetServer, clock: ManualClock, groups: Any, mailboxes: tuple[str, ...]
) -> None:
    sharing = TokenVerifier(settings(key_set.url, shared=SHARED), clock)
    who = sharing.principal(bearer(sign(claims_v2(groups=groups))))
    assert who.shared_mailboxes == mailboxes


def test_the_mail_claim_never_becomes_the_mailbox(verifier: TokenVerifier) -> None:
    claims = claims_v2(preferred_username=None, email="chief@region.example")
    assert verifier.principal(bearer(sign(claims))).mailbox is None


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Bearer", "Token abc"])
def test_without_a_bearer_token_it_is_missing(verifier: TokenVerifier, header: str | None) -> None:
    expected = TokenInvalid if header == "Bearer" else TokenMissing
    with pytest.raises(expected):
        verifier.principal(header)


@pytest.mark.parametrize(
    "token",
    ["x", "a.b", "a.b.c", "....", "å.ä.ö", "a" * 20_000, "e30.e30.", "e30.W10.e30", "bnVsbA.bnVsbA.eA"],
)
def test_what_is_no_token_is_invalid(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(TokenInvalid):
        verifier.principal(bearer(token))


INVALID: dict[str, dict[str, Any]] = {
    "another tenant's issuer": {"iss": ISSUER_V2.replace(TENANT, OTHER)},
    "an issuer that only begins like ours": {"iss": ISSUER_V2 + "/"},
    "no issuer": {"iss": None},
    "version 1 from the issuer of version 2": {"ver": "1.0", "appid": PANE},
    "no version": {"ver": None},
    "another audience": {"aud": OTHER},
    "a list of audiences": {"aud": [API]},
    "no audience": {"aud": None},
    "another tenant under our issuer": {"tid": OTHER},
    "no tenant": {"tid": None},
    "a tenant that is no GUID": {"tid": "common"},
    "no object id": {"oid": None},
    "an object id that is no GUID": {"oid": "anna"},
    "no scope": {"scp": None},
    "another scope": {"scp": "Mail.Read"},
    "a scope that only contains ours": {"scp": "access_as_user2 not_access_as_user"},
    "a scope in a list": {"scp": ["access_as_user"]},
    "another application": {"azp": OTHER},
    "no application": {"azp": None},
    "an ID token": {"nonce": "n-0S6_WzA2Mj"},
    "an ID token with a hash": {"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"},
    "from the future": {"iat": AT + 120, "nbf": AT + 120},
    "not valid yet": {"nbf": AT + 61},
    "no end": {"exp": None},
    "no beginning": {"iat": None},
    "an end in words": {"exp": "tomorrow"},
    "an end that is true": {"exp": True},
    "an end without end": {"exp": float("inf")},
}


@pytest.mark.parametrize("changes", INVALID.values(), ids=INVALID)
def test_a_token_with_a_wrong_claim_is_invalid(verifier: TokenVerifier, changes: dict[str, Any]) -> None:
    token = sign(claims_v2(**changes))
    for _ in range(2):  # the second time must not be remembered as good
        with pytest.raises(TokenInvalid):
            verifier.principal(bearer(token))


NOT_STAFF: dict[str, dict[str, Any]] = {
    "a guest by account type": {"acct": 1},
    "a guest by identity provider": {"idp": f"https://sts.windows.net/{OTHER}/"},
    "a guest by consumer account": {"idp": "live.com"},
    "a guest by name": {"preferred_username": "filip_kommun.example#EXT#@region.example"},
    "an account type of unknown form": {"acct": "0"},
    "an identity provider of unknown form": {"idp": {"name": "x"}},
    "an application": {"idtyp": "app", "roles": ["all"], "scp": None},
    "an application that says it has a scope": {"idtyp": "app"},
    "an application with roles only": {"roles": ["all"], "scp": None},
}


@pytest.mark.parametrize("changes", NOT_STAFF.values(), ids=NOT_STAFF)
def test_a_genuine_token_of_somebody_else_is_not_staff(
    verifier: TokenVerifier, changes: dict[str, Any]
) -> None:
    with pytest.raises(NotStaff):
        verifier.principal(bearer(sign(claims_v2(**changes))))


def test_a_guest_in_version_1_is_not_staff(verifier: TokenVerifier) -> None:
    with pytest.raises(NotStaff):
        verifier.principal(bearer(sign(claims_v1(upn="filip_kommun.example#EXT#@region.example"))))


def test_a_tenant_that_sends_the_account_type_can_demand_it(
    key_set: KeySetServer, clock: ManualClock
) -> None:
    strict = TokenVerifier(settings(key_set.url, account_type_required=True), clock)
    assert strict.principal(bearer(sign(claims_v2(acct=0)))) == ANNA
    with pytest.raises(NotStaff):
        strict.principal(bearer(sign(claims_v2())))


class TestSignatures:
    """Forgeries, each by its own trick."""

    def test_signed_with_somebody_elses_key(self, verifier: TokenVerifier) -> None:
        with pytest.raises(TokenInvalid):
            verifier.principal(bearer(sign(claims_v2(), key="stranger", header={"kid": "first"})))

    def test_changed_after_signing(self, verifier: TokenVerifier) -> None:
        header, _, signature = sign(claims_v2()).split(".")
        body = base64.urlsafe_b64encode(json.dumps(claims_v2(oid=OTHER)).encode()).rstrip(b"=").decode()
        with pytest.raises(TokenInvalid):
            verifier.principal(bearer(f"{header}.{body}.{signature}"))

    def test_without_a_signature(self, verifier: TokenVerifier) -> None:
        header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"first"}').rstrip(b"=").decode()
        _, body, _ = sign(claims_v2()).split(".")
        with pytest.raises(TokenInvalid):
            verifier.principal(bearer(f"{header}.{body}."))

    def test_the_public_key_used_as_a_shared_secret(self, verifier: TokenVerifier) -> None:
        header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=").decode()
        _, body, _ = sign(claims_v2()).split(".")
        mac = hmac.digest(rsa_key("first").as_pem(private=False), f"{header}.{body}".encode(), "sha256")
        signature = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
        with pytest.raises(TokenInvalid):
            verifier.principal(bearer(f"{header}.{body}.{signature}"))

    @pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
    def test_another_algorithm_with_the_right_key(self, verifier: TokenVerifier, algorithm: str) -> None:
        header = {"alg": algorithm, "kid": "first"}
        token = jwt.encode(header, claims_v2(), rsa_key("first"), algorithms=[algorithm])
        with pytest.raises(TokenInvalid):
            verifier.principal(bearer(token))

    @pytest.mark.parametrize(
        "header",
        [{"kid": ""}, {"typ": "logout+jwt"}, {"typ": "JOSE"}, {"crit": ["b64"], "b64": True}],
    )
    def test_a_header_that_is_not_an_access_tokens(
        self, verifier: TokenVerifier, header: dict[str, str]
    ) -> None:
        with pytest.raises(TokenInvalid):
            verifier.principal(bearer(sign(claims_v2(), header=header)))

    def test_a_key_brought_along_in_the_header(self, verifier: TokenVerifier) -> None:
        own = {"kid": "mine", "jwk": rsa_key("stranger").as_dict(private=False)}
        with pytest.raises(TokenInvalid):
            verifier.principal(bearer(sign(claims_v2(), key="stranger", header=own)))


class TestTime:
    """A token begins and ends, with a minute for clocks that disagree, and is remembered no longer."""

    def test_good_until_it_ends_and_a_minute_more(self, verifier: TokenVerifier, clock: ManualClock) -> None:
        token = bearer(sign(claims_v2()))
        clock.move(timedelta(seconds=3659))
        assert verifier.principal(token) == ANNA
        clock.move(timedelta(seconds=1))
        with pytest.raises(TokenExpired):
            verifier.principal(token)

    def test_a_token_that_ended_before_we_saw_it(self, verifier: TokenVerifier, clock: ManualClock) -> None:
        token = bearer(sign(claims_v2()))
        clock.move(timedelta(hours=2))
        with pytest.raises(TokenExpired):
            verifier.principal(token)

    def test_a_token_is_as_short_lived_when_it_was_not_remembered(
        self, verifier: TokenVerifier, clock: ManualClock
    ) -> None:
        token = bearer(sign(claims_v2()))
        clock.move(timedelta(seconds=3660))
        with pytest.raises(TokenExpired):
            verifier.principal(token)

    def test_a_clock_a_little_behind_is_borne_with(self, verifier: TokenVerifier, clock: ManualClock) -> None:
        clock.move(timedelta(seconds=-60))
        assert verifier.principal(bearer(sign(claims_v2()))) == ANNA


def test_a_verified_token_is_good_without_the_issuer(verifier: TokenVerifier, key_set: KeySetServer) -> None:
    token = bearer(sign(claims_v2()))
    verifier.principal(token)
    key_set.status = 503
    assert verifier.principal(token) == ANNA
    assert key_set.fetches == 1


def test_the_memory_of_tokens_is_bounded(key_set: KeySetServer, clock: ManualClock) -> None:
    small = TokenVerifier(settings(key_set.url, remembered=2), clock)
    tokens = [bearer(sign(claims_v2(uti=str(number)))) for number in range(4)]
    for token in tokens:
        small.principal(token)
    assert len(small._memory._known) == 2
    assert small.principal(tokens[0]) == ANNA


def test_no_error_tells_what_the_token_said(verifier: TokenVerifier) -> None:
    for changes in [*INVALID.values(), *NOT_STAFF.values()]:
        token = sign(claims_v2(**changes, name="Kanariefågel Ett"))
        with pytest.raises((TokenInvalid, NotStaff)) as caught:
            verifier.principal(bearer(token))
        assert caught.value.__cause__ is None
        for value in [token, *map(str, changes.values()), "Kanariefågel"]:
            assert len(value) < 8 or value not in str(caught.value)
