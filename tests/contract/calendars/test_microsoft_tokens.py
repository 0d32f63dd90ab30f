"""Tokens from Entra: asked for once, proven by certificate, renewed when refused, and never another's words."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs

import pytest

from addin.sandbox import people
from calendar_sync.calendar import (
    CalendarUnavailable,
    CalendarUnreadable,
    ConsentMissing,
    CredentialsRefused,
    SignInNeeded,
)
from calendar_sync.microsoft.settings import Certificate, ClientSecret, MicrosoftSettings
from calendar_sync.microsoft.tokens import ApplicationTokens, Entra, PersonsTokens
from tests.contract.calendars.certificates import new_certificate
from tests.contract.sandbox.running import Json, Sandbox

TOKENS: Final = f"/{people.TENANT}/oauth2/v2.0/token"


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return new_certificate()


def settings(region: Sandbox, **changes: Any) -> MicrosoftSettings:
    usual = MicrosoftSettings(
        authority=f"{region.base}/{people.TENANT}",
        client_id=people.BACKGROUND_CLIENT,
        credential=ClientSecret(people.BACKGROUND_SECRET),
        base_url=f"{region.base}/v1.0",
        timeout_seconds=30,
    )
    return replace(usual, **changes)


def application(region: Sandbox, **changes: Any) -> ApplicationTokens:
    return ApplicationTokens(Entra(settings(region, **changes)))


def asked(region: Sandbox) -> list[Json]:
    """Return the forms that were sent to the token endpoint."""
    told = region.lever("log", method="POST", path_prefix=TOKENS)["requests"]
    return [{name: values[0] for name, values in parse_qs(one["body"]).items()} for one in told]


def fault(region: Sandbox, **wish: Any) -> None:
    region.lever("faults", {"match": {"path_prefix": TOKENS}, **wish})


def accepted(region: Sandbox, token: str) -> int:
    return region.call(
        "GET", "/v1.0/users/" + people.ANNA.address + "/events", headers=bearer(token)
    ).status_code


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_is_asked_for_once_and_graph_takes_it(region: Sandbox) -> None:
    tokens = application(region)
    assert {tokens.token() for _ in range(3)} == {tokens.token()}
    assert accepted(region, tokens.token()) == 200
    assert [form["grant_type"] for form in asked(region)] == ["client_credentials"]


def test_a_certificate_proves_who_we_are_and_no_secret_travels(
    region: Sandbox, certificate: Certificate
) -> None:
    region.lever(
        "issuer/certificates", {"client": people.BACKGROUND_CLIENT, "certificate": certificate.certificate}
    )
    assert accepted(region, application(region, credential=certificate).token()) == 200
    (form,) = asked(region)
    assert "client_secret" not in form
    header = json.loads(_padded(form["client_assertion"].split(".")[0]))
    assert header["alg"] == "PS256"


def test_a_certificate_that_is_not_registered_is_denied(region: Sandbox) -> None:
    with pytest.raises(CredentialsRefused):
        application(region, credential=new_certificate()).token()


def test_a_refused_token_is_renewed(region: Sandbox) -> None:
    tokens = application(region)
    first = tokens.token()
    tokens.refuse(first)
    second = tokens.token()
    assert second != first
    tokens.refuse(first)  # by a call that began before: the new one stays
    assert tokens.token() == second


@pytest.mark.parametrize(
    ("wish", "failure"),
    [
        ({"fault": "status", "status": 500}, CalendarUnavailable),
        ({"fault": "status", "status": 503, "retry_after": 30}, CalendarUnavailable),
        ({"fault": "malformed_json"}, CalendarUnavailable),
        ({"fault": "lost_response"}, CalendarUnavailable),
        ({"fault": "status", "status": 400, "body": '{"error": "unauthorized_client"}'}, CredentialsRefused),
        (
            {"fault": "status", "status": 400, "body": '{"error": "temporarily_unavailable"}'},
            CalendarUnavailable,
        ),
    ],
    ids=lambda told: told.get("body", told["fault"]) if isinstance(told, dict) else told.__name__,
)
def test_every_trouble_of_entra_is_one_of_ours_without_its_words(
    region: Sandbox, wish: Json, failure: type[CalendarUnreadable]
) -> None:
    fault(region, **wish)
    with pytest.raises(failure) as raised:
        application(region).token()
    assert str(raised.value) == failure.reason.value


def test_while_entra_is_away_it_is_not_asked_again_by_everybody(region: Sandbox) -> None:
    fault(region, fault="status", status=500)
    tokens = application(region)
    for _ in range(5):
        with pytest.raises(CalendarUnavailable):
            tokens.token()
    assert len(asked(region)) == 1


def test_a_person_s_token_is_exchanged_and_acts_as_that_person(region: Sandbox) -> None:
    anna = persons(region, region.token(people.ANNA))
    assert accepted(region, anna.token()) == 200
    assert region.call("GET", "/v1.0/me/events", headers=bearer(anna.token())).status_code == 200
    stranger = persons(region, region.token(people.DAVID))
    assert accepted(region, stranger.token()) == 403


@pytest.mark.parametrize("error", ["interaction_required", "invalid_grant"])
def test_a_person_who_must_sign_in_again_is_told_so(region: Sandbox, error: str) -> None:
    told = {"error": error, "error_description": "Anna", "claims": '{"access_token": {}}'}
    fault(region, fault="status", status=400, body=json.dumps(told))
    with pytest.raises(SignInNeeded) as raised:
        persons(region, region.token(people.ANNA)).token()
    assert raised.value.claims == told["claims"]


@pytest.mark.parametrize("refresh", ["consent_required", None], ids=["consent", "bad grant"])
def test_a_lacking_consent_is_not_hers_to_give(region: Sandbox, refresh: str | None) -> None:
    told = {"error": "invalid_grant", **({"suberror": refresh} if refresh else {})}
    fault(region, fault="status", status=400, body=json.dumps(told))
    with pytest.raises(ConsentMissing if refresh else SignInNeeded):
        persons(region, region.token(people.ANNA)).token()


def test_a_second_factor_is_demanded_and_then_enough(region: Sandbox) -> None:
    region.lever("issuer/conditions", {"object_id": people.ANNA.object_id, "demand": "second-factor"})
    with pytest.raises(SignInNeeded) as raised:
        persons(region, region.token(people.ANNA)).token()
    assert "capolids" in (raised.value.claims or "")
    again = region.token(people.ANNA, overrides={"amr": ["pwd", "mfa"]})
    assert accepted(region, persons(region, again).token()) == 200


def test_nobody_waits_for_entra_beyond_the_click(region: Sandbox) -> None:
    fault(region, fault="hold")
    hurried = Entra(settings(region, **API)).until(time.monotonic() + 1.5)
    with pytest.raises(CalendarUnavailable):
        PersonsTokens(hurried, region.token(people.ANNA)).token()
    assert region.lever("holds", wait=60)["holds"]


def test_no_error_of_an_answer_that_is_none_reaches_anybody(region: Sandbox) -> None:
    fault(region, fault="status", status=400, body='{"error": {"code": "unauthorized_client"}, "claims": 1}')
    with pytest.raises(CredentialsRefused):
        application(region).token()
    fault(region, fault="status", status=400, body='{"error": ["invalid_grant"], "claims": ["x"]}')
    with pytest.raises(CredentialsRefused):
        persons(region, region.token(people.ANNA)).token()
    fault(region, fault="status", status=400, body='{"error": "invalid_grant", "claims": {"x": 1}}')
    with pytest.raises(SignInNeeded) as raised:
        persons(region, region.token(people.ANNA)).token()
    assert raised.value.claims is None


API: Final = {"client_id": people.API_CLIENT, "credential": ClientSecret(people.API_SECRET)}


def persons(region: Sandbox, assertion: str) -> PersonsTokens:
    return PersonsTokens(Entra(settings(region, **API)), assertion)


@pytest.mark.parametrize(
    "make",
    [
        lambda region: settings(region, authority="http://login.region.example/t"),
        lambda region: settings(region, credential=Certificate("no key", "no certificate")),
        lambda region: settings(
            region,
            credential=Certificate(new_certificate().private_key, new_certificate().certificate),
        ),
    ],
    ids=["clear text", "no PEM", "another's key"],
)
def test_settings_that_cannot_work_are_refused_at_once(
    region: Sandbox, make: Callable[[Sandbox], MicrosoftSettings]
) -> None:
    with pytest.raises(ValueError):
        Entra(make(region))


def test_no_secret_stands_in_a_repr(region: Sandbox, certificate: Certificate) -> None:
    told = repr(settings(region)) + repr(settings(region, credential=certificate))
    assert people.BACKGROUND_SECRET not in told
    assert "PRIVATE KEY" not in told


def _padded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
