"""What the pages for people share: one small style sheet, the security headers, and how times are written.

No page has inline script, cookies of others, or anything from another host. The style sheet stands in the page,
let through by its hash, so that a page is one answer.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from flask import Request, Response
from markupsafe import Markup, escape

from addin.meetings.model import Window
from addin.meetings.times import time_zone
from templates_messages.times import (
    day_in_words,
    is_by_swedish_clock,
    window_in_words,
    zone_of_whole_days,
)
from templates_messages.times import moment_in_words as words_of_moment
from templates_messages.vocabulary import Language

Environment = Literal["sandbox", "test", "production"]

# The style sheet is ours and constant, so it may stand in a page unescaped.
STYLE: Final = Markup(Path(__file__).with_name("pages.css").read_text(encoding="utf-8"))  # noqa: S704
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_YEAR_SECONDS: Final = 365 * 24 * 3600
_CLOCK: Final = re.compile(r"\d{1,2}(?:[.:]\d\d)?–\d{1,2}(?:[.:]\d\d)?|\d\d[.:]\d\d")


@dataclass(frozen=True, slots=True)
class PageProtection:
    """The headers of every page. Only the sandbox speaks plain http; `own_scripts` lets our own script files run."""

    environment: Environment
    own_scripts: bool = False

    def apply(self, response: Response) -> Response:
        """Put the headers on and return the same response."""
        headers = response.headers
        headers["Content-Security-Policy"] = self._policy()
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"  # for browsers older than frame-ancestors
        headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        headers.setdefault("Cache-Control", "no-store")
        if self.environment != "sandbox":
            headers["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"
        return response

    def _policy(self) -> str:
        # Browsers hold form-action against the redirect after a form, too. The provider's address may not stand
        # in an answer to GET, so any https address is let through; no foreign form can stand in our pages.
        onward = "'self' https: http:" if self.environment == "sandbox" else "'self' https:"
        directives = {
            "default-src": "'none'",
            "script-src": "'self'" if self.own_scripts else "'none'",
            "style-src": f"'sha256-{_STYLE_HASH}'",
            "img-src": "data:",
            "form-action": onward,
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        return "; ".join(f"{name} {value}" for name, value in directives.items())


def is_foreign(request: Request) -> bool:
    """Whether a browser says that another site's page sent this form (W3C, "Fetch Metadata Request Headers").

    Such a form comes without our cookie (SameSite=Lax), so that the answer would replace it with an emptier one.
    """
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}


def is_whole_days(window: Window) -> bool:
    """Whether a window is whole days, so that it tells nobody when to come."""
    return zone_of_whole_days(window.start, window.end, time_zone(window.zone)) is not None


def in_words(window: Window, language: Language) -> Markup:
    """Return the window as people read it, in Swedish time first: `torsdag 25 april 2024 kl. 15.30–16.00`."""
    return unbroken(window_in_words(window.start, window.end, language, time_zone(window.zone)))


def first_day_in_words(window: Window, language: Language) -> str:
    """Return the date on which the window begins: `torsdag 25 april 2024`."""
    return day_in_words(window.start, window.end, language, time_zone(window.zone))


def moment_in_words(at: datetime, zone: str, language: Language) -> Markup:
    """Return a moment of an item in `zone` as people read it: `torsdag 25 april 2024 kl. 15.15`."""
    return unbroken(words_of_moment(at, language, time_zone(zone)))


def unbroken(words: str) -> Markup:
    """Return words for a page in which no line ends within a clock time, as after its dash, or just before it."""
    whole = _CLOCK.sub(r'<span class="whole">\g<0></span>', str(escape(words)))
    return Markup(whole.replace("kl. ", "kl.\u00a0"))  # noqa: S704 - escaped above


def is_at_home(window: Window) -> bool:
    """Whether the window's words are in Swedish time without saying so, which a reader elsewhere must be told."""
    return is_by_swedish_clock(window.start, window.end, time_zone(window.zone))
