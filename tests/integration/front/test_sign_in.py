"""Sign-in against the sandbox's issuer: its tokens for the API, and its OpenID Connect for the start page."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from addin.meetings.model import Principal
from addin.sandbox import people
from addin.web.staff.auth.errors import (
    IdentityUnavailable,
    NotStaff,
    SignInFailed,
    TokenExpired,
    TokenInvalid,
)
from addin.web.staff.auth.openid import Attempt, OpenIdSettings, OpenIdSignIn
from addin.web.staff.auth.tokens import TokenSettings, TokenVerifier, TrustedTenant
from tests.integration.front.doors import RealClock, Region, browser, front_doors, signs_in, text_of

REDIRECT = "http://127.0.0.1:9/start/callback"
ANNA = Principal(people.TENANT, people.ANNA.object_id, people.ANNA.address)


def verifier(region: Region) -> TokenVerifier:
    settings = TokenSettings((region.tenant,), (people.API_CLIENT, people.API_URI), (people.PANE_CLIENT,))
    return TokenVerifier(settings, RealClock())


def open_id(region: Region, **changes: Any) -> OpenIdSignIn:
    settings = {
        "metadata_url": f"{region.base}/{people.TENANT}/v2.0/.well-known/openid-configuration",
        "client_id": people.WEB_CLIENT,
        "client_secret": people.WEB_SECRET,
        "redirect_uri": REDIRECT,
        "tenants": (region.tenant,),
    }
    return OpenIdSignIn(OpenIdSettings(**settings | changes), RealClock())


def comes_back(address: str, person: people.Person = people.ANNA) -> dict[str, str]:
    """Be `person` at the identity provider and return the query that the browser brings back."""
    url, _, query = address.partition("?")
    form = {**dict(parse_qsl(query)), "object_id": person.object_id}
    answer = browser().post(url, data=form, allow_redirects=False, timeout=10)
    assert answer.status_code in {302, 303}, text_of(answer)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


class TestTokensOfTheRegion:
    """What the Outlook host would be given, and what nobody should accept."""

    @pytest.mark.parametrize("version", ["1.0", "2.0"])
    def test_every_employee_is_known(self, region: Region, version: str) -> None:
        checks = verifier(region)
        for person in people.STAFF:
            token = region.token(object_id=person.object_id, ver=version)
            known = checks.principal(f"Bearer {token}")
            assert known == Principal(people.TENANT, person.object_id, person.address)

    @pytest.mark.parametrize(
        ("wish", "refusal"),
        [
            ({"stranger": True}, TokenInvalid),
            ({"overrides": {"aud": people.GRAPH_AUDIENCE}}, TokenInvalid),
            ({"audience": people.GRAPH_AUDIENCE}, TokenInvalid),
            ({"overrides": {"azp": people.WEB_CLIENT}}, TokenInvalid),
            ({"overrides": {"scp": None}}, TokenInvalid),
            ({"overrides": {"nonce": "abc"}}, TokenInvalid),
            ({"overrides": {"exp": 1_000_000_000}}, TokenExpired),
            ({"overrides": {"idtyp": "app"}}, NotStaff),
            ({"object_id": people.GUEST.object_id}, NotStaff),
            ({"object_id": people.STRANGER.object_id}, TokenInvalid),
        ],
    )
    def test_others_are_refused(self, region: Region, wish: dict[str, Any], refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            verifier(region).principal(f"Bearer {region.token(**wish)}")

    def test_an_id_token_is_no_access_token(self, region: Region) -> None:
        address, attempt = open_id(region).begin()
        form = {
            "grant_type": "authorization_code",
            "code": comes_back(address)["code"],
            "redirect_uri": REDIRECT,
            "client_id": people.WEB_CLIENT,
            "client_secret": people.WEB_SECRET,
            "code_verifier": attempt.verifier,
        }
        url = f"{region.base}/{people.TENANT}/oauth2/v2.0/token"
        tokens = requests.post(url, data=form, timeout=10).json()
        with pytest.raises(TokenInvalid):
            verifier(region).principal(f"Bearer {tokens['id_token']}")

    def test_an_applications_own_token_is_not_staff(self, region: Region) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": people.BACKGROUND_CLIENT,
            "client_secret": people.BACKGROUND_SECRET,
            "scope": f"{people.API_URI}/.default",
        }
        url = f"{region.base}/{people.TENANT}/oauth2/v2.0/token"
        token = requests.post(url, data=form, timeout=10).json()["access_token"]
        with pytest.raises((NotStaff, TokenInvalid)):
            verifier(region).principal(f"Bearer {token}")

    def test_the_issuers_keys_rotate(self, region: Region) -> None:
        url = f"{region.base}/sandbox/issuer/rotate"
        before = region.token()
        region.levers.post(url, json={"keep_old": True}, timeout=10).raise_for_status()
        checks = verifier(region)
        for token in [before, region.token()]:
            assert checks.principal(f"Bearer {token}") == ANNA

    def test_an_issuer_that_is_away_is_no_refusal(self, region: Region) -> None:
        token = region.token()
        region.fault("status", f"/{people.TENANT}/discovery", status=503, times=100)
        with pytest.raises(IdentityUnavailable):
            verifier(region).principal(f"Bearer {token}")


class TestOpenIdConnect:
    """The round trip of the start page, and every way in which it can come back wrong."""

    @pytest.mark.parametrize("person", people.STAFF, ids=lambda person: person.role)
    def test_employees_sign_in(self, region: Region, person: people.Person) -> None:
        signs = open_id(region)
        address, attempt = signs.begin()
        known = signs.finish(attempt, comes_back(address, person))
        assert known == Principal(people.TENANT, person.object_id, person.address)

    def test_a_guest_of_the_tenant_is_not_staff(self, region: Region) -> None:
        signs = open_id(region)
        address, attempt = signs.begin()
        with pytest.raises(NotStaff):
            signs.finish(attempt, comes_back(address, people.GUEST))

    def test_a_person_of_an_organisation_that_is_not_trusted_is_not_staff(self, region: Region) -> None:
        other = TrustedTenant(
            people.OTHER_TENANT, "https://a.example/v2.0", "https://a.example/", "https://a.example/k"
        )
        signs = open_id(region, tenants=(other,))
        address, attempt = signs.begin()
        with pytest.raises(NotStaff):
            signs.finish(attempt, comes_back(address))

    def test_a_regions_own_provider_names_people_in_its_own_way(self, region: Region) -> None:
        signs = open_id(region, sole_tenant="region-exempel", object_claim="sub", tenants=())
        address, attempt = signs.begin()
        known = signs.finish(attempt, comes_back(address))
        assert known.tenant == "region-exempel"
        assert known.object_id != people.ANNA.object_id

    def test_a_public_client_signs_in_without_a_secret(self, region: Region) -> None:
        signs = open_id(region, client_id=people.PANE_CLIENT, client_secret=None)
        address, attempt = signs.begin()
        assert signs.finish(attempt, comes_back(address)) == ANNA

    def test_an_answer_to_another_sign_in_is_refused(self, region: Region) -> None:
        signs = open_id(region)
        _, attempt = signs.begin()
        address, _ = signs.begin()
        with pytest.raises(SignInFailed):
            signs.finish(attempt, comes_back(address))

    def test_an_answer_without_our_state_is_refused(self, region: Region) -> None:
        signs = open_id(region)
        address, attempt = signs.begin()
        with pytest.raises(SignInFailed):
            signs.finish(attempt, {**comes_back(address), "state": "another"})

    def test_a_code_without_its_verifier_is_worth_nothing(self, region: Region) -> None:
        signs = open_id(region)
        address, attempt = signs.begin()
        stolen = Attempt(attempt.state, attempt.nonce, "v" * 43)
        with pytest.raises(SignInFailed):
            signs.finish(stolen, comes_back(address))

    def test_an_id_token_with_another_nonce_is_refused(self, region: Region) -> None:
        signs = open_id(region)
        address, attempt = signs.begin()
        with pytest.raises(SignInFailed):
            signs.finish(Attempt(attempt.state, "another", attempt.verifier), comes_back(address))

    def test_a_code_is_good_once(self, region: Region) -> None:
        signs = open_id(region)
        address, attempt = signs.begin()
        answer = comes_back(address)
        signs.finish(attempt, answer)
        with pytest.raises(SignInFailed):
            signs.finish(attempt, answer)

    @pytest.mark.parametrize("answer", [{"error": "access_denied"}, {}, {"code": ""}])
    def test_a_person_who_turns_back_is_no_failure_of_ours(
        self, region: Region, answer: dict[str, str]
    ) -> None:
        signs = open_id(region)
        _, attempt = signs.begin()
        with pytest.raises(SignInFailed):
            signs.finish(attempt, {**answer, "state": attempt.state})

    def test_a_wrong_secret_is_a_fault_of_the_set_up(self, region: Region) -> None:
        signs = open_id(region, client_secret="wrong")
        address, attempt = signs.begin()
        with pytest.raises(IdentityUnavailable):
            signs.finish(attempt, comes_back(address))

    @pytest.mark.parametrize("path", ["v2.0/.well-known", "oauth2/v2.0/token", "discovery"])
    def test_a_provider_that_is_away_may_be_tried_again(self, region: Region, path: str) -> None:
        signs = open_id(region)
        if path == "v2.0/.well-known":
            region.fault("status", f"/{people.TENANT}/{path}", status=503)
            with pytest.raises(IdentityUnavailable):
                signs.begin()
        address, attempt = signs.begin()
        answer = comes_back(address)
        if path != "v2.0/.well-known":
            region.fault("status", f"/{people.TENANT}/{path}", status=503, times=10)
            with pytest.raises(IdentityUnavailable):
                signs.finish(attempt, answer)

    def test_the_metadata_are_asked_for_once(self, region: Region) -> None:
        signs = open_id(region)
        signs.begin()
        region.fault("status", f"/{people.TENANT}/v2.0/.well-known", status=503, times=10)
        assert signs.begin()[0].startswith(region.base)


def test_the_start_page_says_so_when_sign_in_is_away(region: Region, tmp_path: Path) -> None:
    with front_doors(region, tmp_path) as doors:
        meeting = doors.books()
        region.fault("status", f"/{people.TENANT}/v2.0/.well-known", status=503)
        answer = browser().post(doors.start_url(meeting), allow_redirects=False, timeout=10)
        assert answer.status_code == 503
        assert "Inloggningen svarar inte" in text_of(answer)
        assert signs_in(browser(), doors.start_url(meeting), people.EVA).status_code == 200


def test_a_callback_that_nobody_waits_for_starts_nothing(region: Region, tmp_path: Path) -> None:
    with front_doors(region, tmp_path) as doors:
        answer = browser().get(f"{doors.url}/start/callback?code=x&state=y", timeout=10)
        assert (answer.status_code, answer.url) == (400, f"{doors.url}/start/sign-in/sign-in-failed")
        assert "Inloggningen blev inte klar" in text_of(answer)
        assert browser().get(f"{doors.url}/start/sign-in/anna-andersson", timeout=10).status_code == 404
