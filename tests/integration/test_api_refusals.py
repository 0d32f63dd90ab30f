"""What the JSON interface refuses, and that no refusal repeats a word of what was sent."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import uuid4

import pytest
import requests

from addin.sandbox import people
from tests.integration.described_api import PROBLEM, DescribedApi, Json, booking
from tests.region import Region

# A word that stands nowhere else, in the place of somebody's name.
WORD: Final = "Kanariefågelsson"
KIB: Final = 1024
MEMBERS: Final = {"type", "title", "status", "code", "retryable", "request_id"}

BODIES: Final = {
    "/meetings": booking(),
    "/personal-data-checks": {"fields": [{"field": "subject", "text": "Skyddat vårdmöte"}]},
}
QUERIES: Final = ("/meetings", "/units")


@pytest.fixture
def api(region: Region) -> DescribedApi:
    return DescribedApi(region)


def _sends(
    api: DescribedApi, path: str, body: bytes, content_type: str = "application/json"
) -> requests.Response:
    headers = {"Idempotency-Key": uuid4().hex, "Content-Type": content_type}
    return api("POST", path, headers=headers, data=body)


def _problem(answer: requests.Response, status: int, code: str) -> Json:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    return dict(answer.json())


# --- the shape ----------------------------------------------------------------------------------------------


def test_a_problem_has_its_members_and_a_request_id_of_its_own(api: DescribedApi) -> None:
    path = f"/meetings/{'0' * 32}"
    first, second = (api.refuses(404, "meeting-not-found", "GET", path) for _ in range(2))
    assert set(first) == MEMBERS
    assert first["title"].startswith("Mötet finns inte")
    assert first["retryable"] is False
    assert first["request_id"] != second["request_id"]


def test_a_request_id_that_is_sent_is_not_taken_over(api: DescribedApi) -> None:
    sent = {"X-Request-Id": "f" * 16, "Request-Id": "f" * 16}
    problem = api.refuses(404, "meeting-not-found", "GET", f"/meetings/{'0' * 32}", headers=sent)
    assert problem["request_id"] != "f" * 16


@pytest.mark.parametrize(
    ("status", "code", "method", "path"),
    [
        (404, "meeting-not-found", "GET", f"/meetings/{'0' * 32}"),
        (422, "invalid-request", "GET", "/meetings?page_size=0"),
        (415, "not-json", "POST", "/personal-data-checks"),
    ],
)
def test_the_request_id_leads_to_the_log(
    api: DescribedApi, status: int, code: str, method: str, path: str
) -> None:
    headers = {"Content-Type": "text/plain"} if method == "POST" else {}
    problem = api.refuses(status, code, method, path, headers=headers, data=b"?" if headers else None)
    logged = [json.loads(line) for line in api.region.logs().splitlines() if problem["request_id"] in line]
    assert [(line["code"], line["status"]) for line in logged] == [(code, status)]


def test_an_address_that_is_not_there_is_a_problem_too(api: DescribedApi) -> None:
    _problem(api.region.api("GET", f"/{WORD}"), 404, "not-found")


def test_a_method_that_an_address_does_not_know_is_a_problem_too(api: DescribedApi) -> None:
    answer = api.region.api("PUT", "/meetings", json={})
    _problem(answer, 405, "method-not-allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


# --- the caller ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token-missing"),
        ("", "token-missing"),
        (f"Basic {WORD}", "token-missing"),
        ("Bearer", "token-invalid"),
        ("Bearer kanarie", "token-invalid"),
        ("Bearer a.b.c", "token-invalid"),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", "token-invalid"),
    ],
)
def test_who_does_not_say_who_they_are_gets_no_answer(
    api: DescribedApi, header: str | None, code: str
) -> None:
    headers: Any = {"Authorization": header and header.encode()}  # None leaves it out
    answer = api.region.api("GET", "/meetings", headers=headers)
    _problem(answer, 401, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("person", people.OUTSIDERS, ids=lambda person: person.role)
def test_a_guest_of_the_organisation_and_a_stranger_are_kept_out(
    api: DescribedApi, person: people.Person
) -> None:
    answer = api("GET", "/meetings", person=person)
    assert answer.status_code in {401, 403}
    assert answer.json()["code"] in {"not-staff", "token-invalid"}


# --- fields -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BODIES)
def test_an_unknown_field_is_refused_and_its_name_kept_to_ourselves(api: DescribedApi, path: str) -> None:
    body = json.dumps({**BODIES[path], WORD: WORD}).encode()
    answer = _sends(api, path, body)
    problem = _problem(answer, 422, "invalid-request")
    assert problem["errors"] == {"json": {"unknown": ["Unknown field."]}}


@pytest.mark.parametrize("path", QUERIES)
def test_an_unknown_part_of_a_query_is_refused_and_kept_to_ourselves(api: DescribedApi, path: str) -> None:
    problem = api.refuses(422, "invalid-request", "GET", path, params={WORD: WORD})
    assert problem["errors"] == {"query": {"unknown": ["Unknown field."]}}


def test_an_unknown_field_within_a_field_is_refused(api: DescribedApi) -> None:
    body = {"fields": [{"field": "subject", "text": "Möte", WORD: WORD}]}
    problem = api.refuses(422, "invalid-request", "POST", "/personal-data-checks", json=body)
    assert problem["errors"] == {"json": {"fields": {"0": {"unknown": ["Unknown field."]}}}}


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_an_unknown_field_of_a_change_and_of_a_copy_is_refused(api: DescribedApi, method: str) -> None:
    path = f"/meetings/{api.books()['id']}" + ("/copied" if method == "POST" else "")
    body = {"unit": "vardcentral"} if method == "PATCH" else {"audience": "patient", "what": "link"}
    headers = {"If-Match": '"1"'}
    api.refuses(422, "invalid-request", method, path, headers=headers, json={**body, "subject": WORD})


@pytest.mark.parametrize("field", [name for name in booking() if name != "time_zone"])
def test_a_field_of_the_wrong_form_is_named_and_not_repeated(api: DescribedApi, field: str) -> None:
    wrongs: tuple[Any, ...] = (WORD * 20, {"a": WORD}, [WORD], 17, None)
    for wrong in wrongs:
        answer = _sends(api, "/meetings", json.dumps(booking() | {field: wrong}).encode())
        assert answer.status_code == 422, answer.text
        assert WORD not in _unescaped(answer)


def test_every_missing_field_is_named_at_once(api: DescribedApi) -> None:
    problem = _problem(_sends(api, "/meetings", b"{}"), 422, "invalid-request")
    assert set(problem["errors"]["json"]) == set(booking())


# --- bodies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b'{"mailbox": "' + WORD.encode() + b'"',
        b"\xff\xfe\x00",
        '{"a": "ä"}'.encode("latin-1"),
        b"[" * 30_000,
        b'{"a":' * 9_000,
        b'{"start": ' + b"9" * 5000 + b"}",
    ],
    ids=["torn", "empty", "torn with a name", "binary", "latin-1", "lists", "objects", "number"],
)
def test_a_body_that_is_not_json_is_refused_in_few_words(api: DescribedApi, body: bytes) -> None:
    answer = _sends(api, "/meetings", body)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["code"] in {"malformed-json", "invalid-request"}
    assert WORD not in _unescaped(answer)


@pytest.mark.parametrize("body", [b"[]", b"17", b'"' + WORD.encode() + b'"', b"null", b"NaN", b"true"])
def test_json_that_is_no_object_is_refused(api: DescribedApi, body: bytes) -> None:
    answer = _sends(api, "/meetings", body)
    _problem(answer, 422, "invalid-request")
    assert WORD not in _unescaped(answer)


@pytest.mark.parametrize(
    "field", ["mailbox", "type", "unit", "start", "time_zone", "item_id", "on_behalf_of"]
)
@pytest.mark.parametrize("text", ["\ud800", "a\ud800@region.example", "\x00", "a" * 600], ids=ascii)
def test_a_text_that_no_text_can_hold_is_refused_or_taken_but_never_breaks(
    api: DescribedApi, field: str, text: str
) -> None:
    answer = _sends(api, "/meetings", json.dumps(booking() | {field: text}).encode())
    assert answer.status_code in {201, 422}, answer.text


def test_half_a_character_in_a_checked_text_does_not_break_the_check(api: DescribedApi) -> None:
    body = json.dumps({"fields": [{"field": "body", "text": "\ud800 20120229-2384"}]}).encode()
    answer = _sends(api, "/personal-data-checks", body)
    assert answer.status_code in {200, 422}, answer.text


@pytest.mark.parametrize("path", BODIES)
def test_a_body_over_64_kib_is_refused_and_one_of_just_that_is_looked_at(
    api: DescribedApi, path: str
) -> None:
    body = json.dumps(BODIES[path]).encode()
    _problem(_sends(api, path, body.ljust(64 * KIB + 1)), 413, "body-too-large")
    assert _sends(api, path, body.ljust(64 * KIB)).status_code in {200, 201}


def test_a_body_without_a_length_is_measured_too(api: DescribedApi) -> None:
    def sends(size: int) -> requests.Response:
        pieces = (piece for piece in (body, b" " * (size - len(body))))
        return api("POST", "/personal-data-checks", headers={"Content-Type": "application/json"}, data=pieces)

    body = json.dumps(BODIES["/personal-data-checks"]).encode()
    assert sends(64 * KIB).status_code == 200
    _problem(sends(64 * KIB + 1), 413, "body-too-large")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_that_does_not_say_it_is_json_is_refused(api: DescribedApi, content_type: str) -> None:
    body = json.dumps(BODIES["/meetings"]).encode()
    _problem(_sends(api, "/meetings", body, content_type), 415, "not-json")


# --- headers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Idempotency-Key": f"{WORD} {WORD}"},
        {"If-Match": WORD},
        {"X-Forwarded-For": WORD},
        {"User-Agent": WORD},
        {"Accept": WORD},
        {"Accept-Language": WORD},
        {"Content-Type": f"application/{WORD}"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_comes_back_in_an_error(api: DescribedApi, headers: dict[str, Any]) -> None:
    sent: Any = {name: value.encode() for name, value in headers.items()}
    answer = api.region.api("POST", "/meetings", headers=sent, data=b"{}")
    assert answer.status_code >= 400
    assert WORD not in _unescaped(answer)
    assert WORD not in str(answer.headers)


@pytest.mark.parametrize(
    "path",
    [
        f"/meetings/{WORD}",
        f"/meetings/{WORD}/texts?audience=patient",
        f"/meetings?from={WORD}",
        f"/units?mailbox={WORD}",
    ],
)
def test_no_part_of_an_address_comes_back_in_an_error(api: DescribedApi, path: str) -> None:
    answer = api("GET", path)
    assert answer.status_code in {404, 422}
    assert WORD not in _unescaped(answer)


def _unescaped(answer: requests.Response) -> str:
    """Return an answer's text as a reader sees it, whatever JSON made of its letters."""
    return json.dumps(answer.json(), ensure_ascii=False)
