"""What every call of the JSON interface goes through: request id, token, size, form; and how failures are answered."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from threading import Lock
from typing import Any, Final, TypeVar, cast

from flask import Flask, Request, Response, current_app, g, request
from flask_smorest import Api, Blueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from addin.meetings.errors import CareMeetingError, LedgerError
from addin.meetings.model import Principal
from addin.web import problems
from addin.web.problems import Problem, RequestProblem
from addin.web.staff.api.exact import ProblemSchema
from addin.web.staff.auth.errors import IdentityError
from addin.web.staff.auth.tokens import TokenVerifier

log = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., Any])

PREFIX: Final = "/api/v1"
LARGEST_BODY: Final = 64 * 1024

_HTTP: Final[Mapping[int, Problem]] = {
    400: problems.BAD_REQUEST,
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.BODY_TOO_LARGE,
    415: problems.NOT_JSON,
}


class _JsonBodies(FlaskParser):
    """Reads bodies; one that Python's own parser gives up on (nested too deep, an endless number) is malformed."""

    def _raw_load_json(self, req: Request) -> Any:
        try:
            return super()._raw_load_json(req)
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise  # webargs knows what to do with these
        except (RecursionError, ValueError):
            raise RequestProblem(problems.MALFORMED_JSON) from None


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A part of the interface."""

    ARGUMENTS_PARSER = _JsonBodies()

    def register_views_in_doc(self, api: ProblemApi, *of: Any, **named: Any) -> None:
        """Leave it for when somebody asks for the description: it is a third of what building the application costs."""
        api.describe_when_asked(partial(super().register_views_in_doc, api, *of, **named))

    def refuses(self, *statuses: int) -> Callable[[View], View]:
        """Describe with which statuses a route may refuse, beside those that any may answer."""

        def describe(view: View) -> View:
            for status in statuses:
                view = self.alt_response(status, HTTPStatus(status).name)(view)
            return view

        return describe


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's API, describing and answering failures as problem+json."""

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Callable[[], None]] = []
        self._one_describes = Lock()
        super().__init__(app)

    def describe_when_asked(self, describe: Callable[[], None]) -> None:
        """Keep a part of the description to be written before the first one is served."""
        self._undescribed.append(describe)

    def _openapi_json(self) -> Response:
        with self._one_describes:
            for describe in self._undescribed:
                describe()
            self._undescribed.clear()
        return cast("Response", super()._openapi_json())

    def _register_responses(self) -> None:
        """Describe what smorest describes with an error shape and a media type of its own."""
        described = {status.name: status.phrase for status in HTTPStatus}
        described[self.DEFAULT_ERROR_RESPONSE_NAME] = "Any other failure; its code stands in docs/errors.md"
        for name, words in described.items():
            response = {"description": words, "content": {problems.MEDIA_TYPE: {"schema": ProblemSchema}}}
            self.spec.components.response(name, response, lazy=True)

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer what Flask, webargs and smorest raise."""
        messages = getattr(error, "data", {}).get("messages")
        if messages is not None:
            malformed = error.code == 400
            problem = problems.MALFORMED_JSON if malformed else problems.INVALID_REQUEST
            return _answer_request(RequestProblem(problem, None if malformed else named(messages)))
        if error.code is not None and error.code < 500 and error.code not in _HTTP:
            # What only a browser's own asking for a file brings about, such as a part that is not there (416).
            return Response(status=error.code, headers=error.get_headers())
        problem = _HTTP.get(error.code or 500, problems.UNEXPECTED)
        # The pages of other surfaces come here, too; what they could not find is no event.
        if request.path.startswith(f"{PREFIX}/") or problem is problems.UNEXPECTED:
            _note(problem, getattr(error, "original_exception", None))
        answered = answer(problem)
        answered.headers.extend(_what_is_allowed(error))
        return answered


def make_api(app: Flask) -> ProblemApi:
    """Make `app` serve the interface and its description at `/api/v1/openapi.json`."""
    app.config.update(
        API_TITLE="Skyddat vårdmöte",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=LARGEST_BODY,
    )
    api = ProblemApi(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    api.spec.options["security"] = [{"bearer": []}]
    return api


def guard(blueprint: ApiBlueprint, verifier: TokenVerifier) -> ApiBlueprint:
    """Let nobody past who has not shown a token that was verified, and no body that is too large or not JSON.

    Failures are answered as problem+json in these routes alone: the pages for people answer with pages.
    """
    blueprint.register_error_handler(CareMeetingError, _answer_known)
    blueprint.register_error_handler(RequestProblem, _answer_request)

    @blueprint.before_request
    def verify() -> None:
        g.principal = verifier.principal(request.headers.get("Authorization"))
        if request.content_length is None:
            # A body that does not tell its length is cut off at the limit, without a word: one more tells.
            request.max_content_length = LARGEST_BODY + 1
        body = request.get_data()
        if len(body) > LARGEST_BODY:
            raise RequestProblem(problems.BODY_TOO_LARGE)
        if body and not request.is_json:
            raise RequestProblem(problems.NOT_JSON)

    @blueprint.after_request
    def keep_out_of_caches(response: Response) -> Response:
        # Answers hold links that let people in.
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def caller() -> Principal:
    """Return who made this call."""
    return cast("Principal", g.principal)


def access_token() -> str:
    """Return the token that `guard` has verified; for the one call that hands it on, and never for a log."""
    return request.headers.get("Authorization", "").partition(" ")[2]


def request_id() -> str:
    """Return the id of this request: ours, never one that was sent to us."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return cast("str", g.request_id)


def answer(problem: Problem, fields: Mapping[str, Any] | None = None) -> Response:
    """Return the problem as an answer."""
    content = current_app.json.dumps(problems.document(problem, request_id(), fields))
    response = Response(content, status=problem.status, mimetype=problems.MEDIA_TYPE)
    if problem.status == 401:  # it names the scheme (RFC 9110, 15.5.2)
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.retryable:
        response.headers["Retry-After"] = "2"
    return response


def _what_is_allowed(error: HTTPException) -> list[tuple[str, str]]:
    """Return the header that must say what the address knows instead (RFC 9110, 15.5.6); none but with 405."""
    return [(name, value) for name, value in error.get_headers() if name == "Allow"]


def named(messages: Any) -> Any:
    """Return marshmallow's messages without the names of fields that we do not know: somebody wrote those."""
    if not isinstance(messages, Mapping):
        return messages
    kept: dict[str, Any] = {}
    for name, inner in messages.items():
        unknown = inner == ["Unknown field."]
        kept["unknown" if unknown else str(name)] = inner if unknown else named(inner)
    return kept


def _answer_known(failure: CareMeetingError) -> Response:
    problem = problems.problem_of(failure)
    _note(problem, failure)
    return answer(problem)


def _answer_request(failure: RequestProblem) -> Response:
    _note(failure.problem)
    return answer(failure.problem, failure.fields)


def _note(problem: Problem, failure: BaseException | None = None) -> None:
    """Log what was refused, under the request's id, so that support can find what somebody tells them of."""
    known = {"code": problem.code, "status": problem.status, "request": request_id()}
    if isinstance(failure, LedgerError | IdentityError):
        # Their sentences are our own, and an operator needs them: which part of a token was not accepted.
        known["reason"] = str(failure)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        # A fault of ours, also when we know it by name (a sealed row that does not open): somebody must see where.
        log.error("unexpected", extra=known, exc_info=failure)
    else:
        # That the service cannot do its part is no refusal that somebody brought about.
        log.log(logging.WARNING if problem.status >= 500 else logging.INFO, "refused", extra=known)
