"""The page for an address that leads nowhere: a link that was cut off, or one that somebody guessed.

It says nothing of what was asked for, since that may be half a code or a name in the wrong place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Response, make_response, render_template_string, request
from werkzeug.exceptions import NotFound

from addin.web.pages import STYLE, Environment, PageProtection

PROGRAMS: Final = "/api/"
_PAGE: Final = Path(__file__).with_name("lost.html").read_text(encoding="utf-8")

NotFoundAnswer = Callable[[NotFound], Response]


def lost_page(base_url: str, environment: Environment) -> NotFoundAnswer:
    """Return what answers people; `base_url` is where guests reach the service, without a slash at the end."""
    protection = PageProtection(environment)

    def answer(_: NotFound) -> Response:
        html = render_template_string(_PAGE, style=STYLE, join_url=f"{base_url}/m")
        return protection.apply(make_response(html, 404))

    return answer


def by_reader(people: NotFoundAnswer, programs: NotFoundAnswer) -> NotFoundAnswer:
    """Return what answers people under every address but those of the interface, where programs ask."""

    def answer(failure: NotFound) -> Response:
        return programs(failure) if request.path.startswith(PROGRAMS) else people(failure)

    return answer
