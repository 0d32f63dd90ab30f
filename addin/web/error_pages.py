"""The page for what no route of ours answers: an address that leads nowhere, a form that is too large, a fault of ours.

It says nothing of what was asked for, since that may be half a code or a name in the wrong place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from flask import Response, make_response, render_template_string, request
from werkzeug.exceptions import HTTPException

from addin.web.pages import STYLE, Environment, PageProtection

PROGRAMS: Final = "/api/"
_FOLDER: Final = Path(__file__).parent
_PAGE: Final = (_FOLDER / "error_page.html").read_text(encoding="utf-8")
_WORDS: Final[Mapping[str, Any]] = tomllib.loads((_FOLDER / "error_words.toml").read_text(encoding="utf-8"))
_KEPT_HEADERS: Final = ("Allow", "Content-Range", "Retry-After")

FailureAnswer = Callable[[HTTPException], Response]


def error_page(base_url: str, environment: Environment) -> FailureAnswer:
    """Return what answers people; `base_url` is where guests reach the service, without a slash at the end."""
    protection = PageProtection(environment)

    def answer(failure: HTTPException) -> Response:
        status = failure.code or 500
        html = render_template_string(
            _PAGE,
            style=STYLE,
            said=_words(status),
            environment=environment,
            environments=_WORDS["environment"],
            join_url=f"{base_url}/m",
        )
        response = make_response(html, status)
        for name, value in failure.get_headers():
            if name in _KEPT_HEADERS:
                response.headers[name] = value
        return protection.apply(response)

    return answer


def by_reader(people: FailureAnswer, programs: FailureAnswer) -> FailureAnswer:
    """Return what answers people under every address but those of the interface, where programs ask."""

    def answer(failure: HTTPException) -> Response:
        return programs(failure) if request.path.startswith(PROGRAMS) else people(failure)

    return answer


def _words(status: int) -> Mapping[str, str]:
    """Return title and lead for a status, or for its class, where that has none of its own."""
    words: Mapping[str, Mapping[str, str]] = _WORDS["status"]
    return words.get(str(status), words["500" if status >= 500 else "400"])
