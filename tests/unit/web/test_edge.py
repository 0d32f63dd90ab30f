"""How failures are answered where the JSON interface and a page for people stand in one application."""

from __future__ import annotations

import logging
from typing import cast

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from addin.meetings.errors import CareMeetingError, LedgerUnavailable, MeetingNotFound, SealBroken
from addin.meetings.model import Principal
from addin.web.staff.api.edge import ApiBlueprint, guard, make_api
from addin.web.staff.auth.tokens import TokenVerifier


class EverybodyIsAnna:
    """Takes every token for Anna's."""

    def principal(self, _: str | None) -> Principal:
        return Principal("tenant", "anna")


def failing_with(failure: CareMeetingError) -> FlaskClient:
    """Return a visitor of an application whose interface and whose page meet the same failure."""
    app = Flask("addin.web", static_folder=None)
    api = make_api(app)
    routes = ApiBlueprint("routes", __name__, url_prefix="/api/v1")
    page = Blueprint("page", __name__)

    def fails() -> str:
        raise failure

    routes.add_url_rule("/fails", "fails", fails)
    page.add_url_rule("/page", "page", fails)
    page.register_error_handler(500, lambda _: ("<p>Något gick fel hos oss.</p>", 500))
    api.register_blueprint(guard(routes, cast("TokenVerifier", EverybodyIsAnna())))
    app.register_blueprint(page)
    return app.test_client()


def test_a_page_for_people_answers_a_failure_as_a_page() -> None:
    answer = failing_with(SealBroken()).get("/page")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")


def test_the_interface_answers_a_failure_as_a_problem() -> None:
    answer = failing_with(MeetingNotFound()).get("/api/v1/fails")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json
    assert answer.json["code"] == "meeting-not-found"


def test_a_failure_that_is_ours_is_an_error_with_its_place_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = failing_with(SealBroken("a sealed row does not open")).get("/api/v1/fails")
    assert answer.status_code == 500
    (logged,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert logged.getMessage() == "unexpected"
    assert logged.exc_info
    assert logged.exc_info[0] is SealBroken


def test_a_failure_that_is_the_callers_is_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    failing_with(MeetingNotFound()).get("/api/v1/fails")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_that_the_service_cannot_do_its_part_is_a_warning_with_its_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing_with(LedgerUnavailable("OperationalError SQLITE_FULL")).get("/api/v1/fails")
    (logged,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (logged.getMessage(), logged.__dict__["reason"]) == ("refused", "OperationalError SQLITE_FULL")
