"""Sign-in: discovery, keys, the code flow, application tokens, and tokens as the Outlook host gets them."""

import base64
import hashlib
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet

from addin.sandbox import people
from tests.contract.sandbox.running import SERVICE, Json, Sandbox

ROOT = f"/{people.TENANT}"
AUTHORIZE = f"{ROOT}/oauth2/v2.0/authorize"
TOKEN = f"{ROOT}/oauth2/v2.0/token"
REDIRECT = f"{SERVICE}/start/signed-in"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
REQUEST: Json = {
    "client_id": people.WEB_CLIENT,
    "response_type": "code",
    "redirect_uri": REDIRECT,
    "scope": "openid profile",
    "state": "the-state",
    "nonce": "the-nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def keys(region: Sandbox) -> Json:
    found: Json = region.call("GET", f"{ROOT}/discovery/v2.0/keys").json()
    return found


def opened(region: Sandbox, token: str) -> Json:
    """Return a token's claims, once its signature has been verified with a published key."""
    return dict(jwt.decode(token, KeySet.import_key_set(keys(region)), algorithms=["RS256"]).claims)  # type: ignore[arg-type]


def minted(region: Sandbox, person: people.Person = people.ANNA, **wish: Any) -> Json:
    return opened(region, region.token(person, **wish))


def sign_in(region: Sandbox, person: people.Person = people.ANNA, **changes: Any) -> dict[str, list[str]]:
    """Choose a person on the sign-in page and return what the browser carries back."""
    answer = region.call("POST", AUTHORIZE, data=REQUEST | changes | {"object_id": person.object_id})
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(REDIRECT)
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def redeem(region: Sandbox, granted: str, **changes: Any) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": granted,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "client_id": people.WEB_CLIENT,
        "client_secret": people.WEB_SECRET,
    }
    return region.call("POST", TOKEN, data=form | changes)


def test_discovery_points_at_endpoints_that_answer(region: Sandbox) -> None:
    told = region.call("GET", f"{ROOT}/v2.0/.well-known/openid-configuration").json()

    assert told["issuer"] == f"{region.base}{ROOT}/v2.0"
    assert region.call("GET", told["jwks_uri"]).status_code == 200
    assert region.call("GET", told["authorization_endpoint"], params=REQUEST).status_code == 200
    assert region.call("POST", told["token_endpoint"]).status_code == 401


def test_only_the_public_half_of_a_key_is_published(region: Sandbox) -> None:
    for key in keys(region)["keys"]:
        assert {"kty", "kid", "n", "e", "use"} <= set(key)
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key)


def test_an_unknown_tenant_is_not_there(region: Sandbox) -> None:
    assert region.call("GET", "/common/v2.0/.well-known/openid-configuration").status_code == 404


def test_the_sign_in_page_offers_staff_and_outsiders(region: Sandbox) -> None:
    page = region.call("GET", AUTHORIZE, params=REQUEST).text

    assert set(re.findall(r'name="object_id" value="([^"]+)"', page)) == set(people.PEOPLE)
    assert "Sandlåda – inga riktiga möten" in page


def test_whoever_is_chosen_comes_back_with_code_state_and_nonce(region: Sandbox) -> None:
    back = sign_in(region, people.DAVID)
    assert back["state"] == ["the-state"]

    answer = redeem(region, back["code"][0])

    assert answer.headers["Cache-Control"] == "no-store"
    claims = opened(region, answer.json()["id_token"])
    expected = {
        "iss": f"{region.base}{ROOT}/v2.0",
        "aud": people.WEB_CLIENT,
        "tid": people.TENANT,
        "oid": people.DAVID.object_id,
        "name": people.DAVID.name,
        "preferred_username": people.DAVID.address,
        "nonce": "the-nonce",
        "ver": "2.0",
        "acct": 0,
    }
    assert expected.items() <= claims.items()
    assert claims["iat"] <= time.time() < claims["exp"]


def test_a_code_is_good_once(region: Sandbox) -> None:
    code = sign_in(region)["code"][0]

    assert redeem(region, code).status_code == 200
    again = redeem(region, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code": "made-up"}, 400, "invalid_grant"),
        ({"code_verifier": "another"}, 400, "invalid_grant"),
        ({"redirect_uri": f"{SERVICE}/elsewhere"}, 400, "invalid_grant"),
        ({"client_id": people.PANE_CLIENT, "client_secret": ""}, 400, "invalid_grant"),
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_code_is_worth_nothing_to_others(region: Sandbox, changes: Json, status: int, error: str) -> None:
    answer = redeem(region, sign_in(region)["code"][0], **changes)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "id_token" not in answer.json()


def test_the_secret_may_be_sent_as_basic(region: Sandbox) -> None:
    form = {"grant_type": "authorization_code", "code": sign_in(region)["code"][0], "redirect_uri": REDIRECT}
    account = (people.WEB_CLIENT, people.WEB_SECRET)

    answer = region.call("POST", TOKEN, data=form | {"code_verifier": VERIFIER}, auth=account)

    assert answer.status_code == 200


def test_a_public_client_proves_itself_by_pkce_alone(region: Sandbox) -> None:
    code = sign_in(region, client_id=people.PANE_CLIENT)["code"][0]

    answer = redeem(region, code, client_id=people.PANE_CLIENT, client_secret="")

    assert opened(region, answer.json()["access_token"])["scp"] == people.API_SCOPE


@pytest.mark.parametrize(
    "changes",
    [{"redirect_uri": "https://evil.example/"}, {"redirect_uri": ""}, {"client_id": "nobody"}],
)
def test_a_request_from_a_stranger_is_never_sent_on(region: Sandbox, changes: Json) -> None:
    for method, place in (("GET", "params"), ("POST", "data")):
        wish = REQUEST | changes | {"object_id": people.ANNA.object_id}
        answer = region.call(method, AUTHORIZE, **{place: wish})
        assert answer.status_code == 400
        assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"scope": "profile"},
    ],
)
def test_a_request_without_what_the_flow_needs_goes_back_as_an_error(region: Sandbox, changes: Json) -> None:
    answer = region.call("GET", AUTHORIZE, params=REQUEST | changes)

    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (told["error"], told["state"]) == (["invalid_request"], ["the-state"])


def test_a_person_of_another_organisation_cannot_sign_in_here(region: Sandbox) -> None:
    answer = region.call("POST", AUTHORIZE, data=REQUEST | {"object_id": people.STRANGER.object_id})

    assert answer.status_code == 403
    assert "Location" not in answer.headers
    assert "AADSTS50020" in answer.text


def test_a_guest_of_the_organisation_signs_in_and_is_marked_as_one(region: Sandbox) -> None:
    answer = redeem(region, sign_in(region, people.GUEST)["code"][0]).json()

    for token in (answer["id_token"], answer["access_token"]):
        claims = opened(region, token)
        assert (claims["tid"], claims["acct"]) == (people.TENANT, 1)
        assert people.OTHER_TENANT in claims["idp"]


def test_an_application_gets_a_token_for_graph_with_its_secret(region: Sandbox) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": people.BACKGROUND_CLIENT,
        "client_secret": people.BACKGROUND_SECRET,
        "scope": f"{people.GRAPH_AUDIENCE}/.default",
    }
    token = region.call("POST", TOKEN, data=form).json()["access_token"]

    claims = opened(region, token)
    assert (claims["aud"], claims["idtyp"], claims["roles"]) == (
        people.GRAPH_AUDIENCE,
        "app",
        ["Calendars.ReadWrite"],
    )
    assert "scp" not in claims
    wrong = region.call("POST", TOKEN, data=form | {"scope": "https://elsewhere.example/.default"})
    assert wrong.json()["error"] == "invalid_scope"
    guess = region.call("POST", TOKEN, data=form | {"client_secret": "guess"})
    assert guess.status_code == 401


def test_outlook_gets_version_2_tokens_for_our_api(region: Sandbox) -> None:
    claims = minted(region)

    expected = {
        "aud": people.API_CLIENT,
        "iss": f"{region.base}{ROOT}/v2.0",
        "tid": people.TENANT,
        "oid": people.ANNA.object_id,
        "scp": "access_as_user",
        "azp": people.PANE_CLIENT,
        "ver": "2.0",
        "preferred_username": people.ANNA.address,
        "name": people.ANNA.name,
    }
    assert expected.items() <= claims.items()
    assert "idtyp" not in claims
    assert claims["sub"] != claims["oid"]


def test_outlook_may_get_version_1_tokens(region: Sandbox) -> None:
    claims = minted(region, ver="1.0")

    expected = {
        "aud": people.API_URI,
        "iss": f"https://sts.windows.net/{people.TENANT}/",
        "appid": people.PANE_CLIENT,
        "upn": people.ANNA.address,
        "ver": "1.0",
    }
    assert expected.items() <= claims.items()
    assert not {"azp", "preferred_username"} & set(claims)


def test_tests_can_spoil_any_claim(region: Sandbox) -> None:
    claims = minted(region, overrides={"exp": 1, "scp": None, "idtyp": "app", "aud": "somebody-else"})

    assert (claims["exp"], claims["idtyp"], claims["aud"]) == (1, "app", "somebody-else")
    assert "scp" not in claims


def test_a_person_of_another_organisation_has_that_organisations_token(region: Sandbox) -> None:
    claims = minted(region, people.STRANGER)

    assert claims["tid"] == people.OTHER_TENANT
    assert claims["iss"] == f"{region.base}/{people.OTHER_TENANT}/v2.0"


def test_tests_can_have_a_token_that_nobody_signed(region: Sandbox) -> None:
    token = region.token(people.ANNA, stranger=True)

    with pytest.raises(BadSignatureError):
        opened(region, token)


def test_an_unknown_person_gets_no_token(region: Sandbox) -> None:
    assert region.call("POST", "/sandbox/token", json={"object_id": "nobody"}).status_code == 400


def test_keys_rotate_and_old_tokens_stay_good_until_the_old_key_is_withdrawn(region: Sandbox) -> None:
    before = region.token(people.ANNA)

    kid = region.lever("issuer/rotate", {})["kid"]

    assert opened(region, before)["oid"] == people.ANNA.object_id
    assert jwt.decode(region.token(people.ANNA), KeySet.import_key_set(keys(region))).header["kid"] == kid  # type: ignore[arg-type]
    region.lever("issuer/rotate", {"keep_old": False})
    assert len(keys(region)["keys"]) == 1
    with pytest.raises(InvalidKeyIdError):
        opened(region, before)


def test_only_the_pane_may_fetch_tokens_from_another_origin(region: Sandbox) -> None:
    headers = {"Origin": SERVICE, "Access-Control-Request-Method": "POST"}

    asked = region.call("OPTIONS", "/sandbox/token", headers=headers)
    given = region.call("POST", "/sandbox/token", json={"object_id": people.ANNA.object_id})

    assert asked.status_code == 204
    for answer in (asked, given):
        assert answer.headers["Access-Control-Allow-Origin"] == SERVICE
    for path in ("/window/config.json", "/sandbox/log", f"{ROOT}/discovery/v2.0/keys"):
        assert "Access-Control-Allow-Origin" not in region.call("GET", path).headers


def test_keys_survive_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "state.db") as first:
        token, published = first.token(people.ANNA), keys(first)

    with Sandbox(tmp_path / "state.db") as second:
        assert keys(second) == published
        assert opened(second, token)["oid"] == people.ANNA.object_id
