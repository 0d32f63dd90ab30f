"""From a failure to its answer: the nearest named ancestor, the shape of RFC 9457, and nothing of what failed."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from addin.meetings import errors
from addin.meetings.model import Attention
from addin.web import problems
from addin.web.problems import PROBLEMS, Problem, attention_sentence, document, problem_of
from addin.web.staff.api.edge import make_api

NAME = "Åke Kanariefågelsson"


class NewProviderFailure(errors.NotSupported):
    """A failure that an adapter brings along and the table has never heard of."""


@pytest.fixture
def faulty() -> FlaskClient:
    """Return a visitor of an application in which something goes wrong that nobody foresaw."""
    app = Flask("addin.web", static_folder=None)
    make_api(app)

    @app.get("/api/v1/fails/<name>")
    def fails(name: str) -> str:
        raise LookupError(name)

    return app.test_client()


def test_a_failure_is_answered_as_its_nearest_named_ancestor() -> None:
    assert problem_of(NewProviderFailure()) == PROBLEMS[errors.NotSupported]


def test_what_nobody_named_is_our_own_fault() -> None:
    assert problem_of(LookupError(NAME)).status == 500


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=[problem.code for problem in PROBLEMS.values()])
def test_a_problem_is_as_the_specification_wants_it(problem: Problem) -> None:
    said = document(problem, "0123456789abcdef")
    assert said["type"] == f"urn:skyddat-vardmote:problem:{problem.code}"
    assert (said["title"], said["status"]) == (problem.title, problem.status)
    assert said["request_id"] == "0123456789abcdef"
    assert "errors" not in said


@pytest.mark.parametrize("reason", Attention)
def test_why_a_person_is_needed_is_told_of_the_room_that_is_made_and_of_the_one_that_is_removed(
    reason: Attention,
) -> None:
    making = attention_sentence(reason, cancelled=False)
    removing = attention_sentence(reason, cancelled=True)
    assert "inställt" in removing
    assert "är inställt" not in making
    assert "länken kan skickas" not in removing


def test_refused_fields_are_told_only_where_there_are_any() -> None:
    fields = {"json": {"start": ["Missing data for required field."]}}
    assert document(problems.INVALID_REQUEST, "id", fields)["errors"] == fields


def test_a_repeat_is_worth_it_only_where_time_or_sign_in_mends_it() -> None:
    worth_it = {problem.code for problem in PROBLEMS.values() if problem.retryable}
    passing = {problem.code for problem in PROBLEMS.values() if problem.status == 503}
    assert passing
    assert worth_it == {*passing, "token-expired", "meeting-not-ready"}


def test_a_fault_of_ours_is_answered_without_a_word_of_it(faulty: FlaskClient) -> None:
    answer = faulty.get(f"/api/v1/fails/{NAME}")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert answer.headers["Retry-After"]
    assert NAME not in json.dumps(answer.get_json(), ensure_ascii=False)


def test_a_fault_of_ours_can_be_found_in_the_log_by_its_request_id(
    faulty: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = faulty.get(f"/api/v1/fails/{NAME}")
    assert answer.json
    (logged,) = [record for record in caplog.records if record.getMessage() == "unexpected"]
    assert logged.levelno == logging.ERROR
    assert vars(logged)["request"] == answer.json["request_id"]
    assert logged.exc_info
    assert logged.exc_info[0] is LookupError
