"""Renders the pages around a start, and the short ones that say one thing: why it cannot be, or that it is done."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from flask import Response, make_response, render_template

from addin.web.pages import STYLE, Environment

_FOLDER: Final = Path(__file__).parent
_SAID: Final = tomllib.loads((_FOLDER / "start_words.toml").read_text(encoding="utf-8"))
_SAID_OF_TOLD: Final = tomllib.loads((_FOLDER / "told_words.toml").read_text(encoding="utf-8"))


class StartPages:
    """Renders pages below `/start`; `join_url` is where guests type their code."""

    def __init__(self, environment: Environment, join_url: str) -> None:
        self._environment = environment
        self._join_url = join_url

    def notice(self, said: str, status: int, *, of_told: bool = False, **more: Any) -> Response:
        """Say it; `of_told`: to somebody who came to tell others of a change, and starts nothing."""
        words = _SAID_OF_TOLD[said] if of_told else _SAID[said]
        return self.render("start_notice.html", status, said=words, of_told=of_told, **more)

    def render(self, template: str, status: int, **more: Any) -> Response:
        """Return a page from one of the folder's templates."""
        html = render_template(
            template,
            style=STYLE,
            environment=self._environment,
            join_url=self._join_url,
            **more,
        )
        return make_response(html, status)
