"""The join page: `/m` with a field for the code, `/m/<code>`, and the way on to the provider.

GET changes nothing, since link scanners follow links; the provider's address is only in the answer to
POST, and only while the meeting is open. Nothing here logs a code or a path.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from addin.meetings.codes import code_amid, code_in, grouped, is_like_a_code, parse_code
from addin.meetings.errors import LedgerUnavailable, MistypedCode, UnknownUnit
from addin.meetings.join import JoinMeeting
from addin.meetings.join_view import JoinView, PageState
from addin.meetings.model import Window
from addin.meetings.ports import Clock
from addin.meetings.units import Unit, Units
from addin.web.join.words import WORDS
from addin.web.pages import (
    STYLE,
    Environment,
    PageProtection,
    first_day_in_words,
    in_words,
    is_at_home,
    is_whole_days,
    moment_in_words,
    unbroken,
)
from addin.web.visitors import Guesses, Network, client_address
from templates_messages.vocabulary import Language

log = logging.getLogger(__name__)

_STATUS: Final = {PageState.UNKNOWN: 404, PageState.MISTYPED: 404}
_CLOSED: Final = 409
_ENTERABLE: Final = {PageState.TOO_EARLY, PageState.GETTING_READY, PageState.OPEN, PageState.FULL}
# A page that waits is asked for anew with so much spread, in seconds, so that not everybody comes at once; one that
# waits less than that, with as much as it waits.
_SPREAD: Final = 15.0
# When we have failed ourselves; whoever waits there would otherwise be left behind.
_PAUSE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class JoinPageSettings:
    """What the page varies by.

    `base_url` is where guests reach the service, without a slash at the end. `trusted_proxies` are the networks
    whose X-Forwarded-For is believed. `info_page` is an https address to read more at, or empty.
    """

    base_url: str
    environment: Environment
    trusted_proxies: Sequence[Network] = ()
    info_page: str = ""


def join_blueprint(join: JoinMeeting, units: Units, settings: JoinPageSettings, clock: Clock) -> Blueprint:
    """Return the blueprint that serves `/m` and what lies under it."""
    blueprint = Blueprint("join", __name__, template_folder="templates")
    page = _JoinPage(join, units, settings, Guesses(clock))
    protection = PageProtection(settings.environment)
    blueprint.add_app_template_filter(_dialled, "dialled")
    blueprint.add_app_template_filter(unbroken, "unbroken")
    blueprint.add_url_rule("/m", "ask", page.ask, methods=["GET"], strict_slashes=False)
    blueprint.add_url_rule("/m", "find", page.find, methods=["POST"], strict_slashes=False)
    blueprint.add_url_rule("/m/<typed>", "look", page.look, methods=["GET"], strict_slashes=False)
    # Written by hand on a telephone the address begins every word with a capital letter, or is all in capitals.
    blueprint.add_url_rule("/M", "ask_loudly", page.ask, methods=["GET"], strict_slashes=False)
    blueprint.add_url_rule("/M/<typed>", "look_loudly", page.look, methods=["GET"], strict_slashes=False)
    blueprint.add_url_rule("/m/<typed>/join", "back", page.back, methods=["GET"])
    blueprint.add_url_rule("/m/<typed>/join", "enter", page.enter, methods=["POST"])
    blueprint.register_error_handler(500, page.on_failure)
    blueprint.after_request(protection.apply)
    return blueprint


class _JoinPage:
    """The routes, over one use case."""

    def __init__(self, join: JoinMeeting, units: Units, settings: JoinPageSettings, guesses: Guesses) -> None:
        self._join = join
        self._units = units
        self._settings = settings
        self._guesses = guesses

    def ask(self) -> Response:
        """Show the field for the code."""
        return self._answer("ask", 200, asks=True)

    def find(self) -> AnyResponse:
        """Lead a typed code, or one in a pasted link, to its page, or say that it is not one."""
        typed = code_in(request.form.get("code", ""))
        try:
            code = parse_code(typed)
        except MistypedCode:
            return self._answer("mistyped", 422, asks=True, wrong=True, typed=_shown(typed))
        return redirect(url_for("join.look", typed=grouped(code), **_kept_choices()), 303)

    def look(self, typed: str) -> AnyResponse:
        """Show how things stand with one meeting; a link that a mail program has added to leads to its own page."""
        if code := code_amid(typed):
            return redirect(url_for("join.look", typed=grouped(code), **_kept_choices()), 303)
        try:
            view = self._join.look(typed)
        except LedgerUnavailable as failure:
            return self._unavailable(typed, failure)
        return self._page(view, typed, _STATUS.get(view.state, 200))

    def back(self, typed: str) -> AnyResponse:
        """Lead somebody who reloads, or goes back to, the address of the button to the page."""
        return redirect(url_for("join.look", typed=typed, **_kept_choices()), 303)

    def enter(self, typed: str) -> AnyResponse:
        """Lead on to the provider while the meeting is open; otherwise show how things stand."""
        try:
            view, address = self._join.enter(typed)
        except LedgerUnavailable as failure:
            return self._unavailable(typed, failure)
        if address is not None:
            return redirect(address, 303)
        return self._page(view, typed, _STATUS.get(view.state, _CLOSED))

    def on_failure(self, _: Exception) -> Response:
        """Say that we failed, in the visitor's own language; Flask has logged the failure itself."""
        return self._failed(500, (request.view_args or {}).get("typed", ""))

    def _page(self, view: JoinView, typed: str, status: int) -> Response:
        if view.state is PageState.UNKNOWN and self._has_guessed_too_often():
            answer = self._answer("too_many", 429, asks=True)
            answer.headers["Retry-After"] = "300"
            return answer
        asks = view.state in {PageState.UNKNOWN, PageState.MISTYPED}
        answer = self._answer(
            view.state.value,
            status,
            asks=asks,
            wrong=asks,
            typed=_shown(typed) if asks else "",
            **self._of_meeting(view),
            **_of_waiting(view, typed),
        )
        return answer if view.look_again_in is None else _asking_again(answer, typed, view.look_again_in)

    def _has_guessed_too_often(self) -> bool:
        forwarded = request.headers.get("X-Forwarded-For")
        visitor = client_address(request.remote_addr, forwarded, self._settings.trusted_proxies)
        return self._guesses.too_many(visitor)

    def _unavailable(self, typed: str, failure: LedgerUnavailable) -> Response:
        log.warning("ledger_failed", extra={"reason": str(failure)})
        answer = self._failed(503, typed)
        answer.headers["Retry-After"] = "60"
        return answer

    def _failed(self, status: int, typed: str) -> Response:
        """Say that the page does not work; somebody who waits there for the meeting is still taken along."""
        if not _shown(typed):
            return self._answer("unavailable", status)
        return _asking_again(self._answer("unavailable", status, **_ways_again(typed)), typed, _PAUSE)

    def _of_meeting(self, view: JoinView) -> dict[str, Any]:
        """Return what the page tells of the meeting itself."""
        meeting, language = view.meeting, _language()
        if meeting is None:
            return {"unit": self._unit(view.unit)} if view.unit else {}
        return {
            "when": in_words(meeting.window, language),
            "at_home": is_at_home(meeting.window),
            "opens": _opens(view, meeting.window, language),
            "has_no_clock": is_whole_days(meeting.window) and view.state in _ENTERABLE,
            "off": in_words(view.cancelled_occurrence, language) if view.cancelled_occurrence else None,
            "moved_from": in_words(view.moved_from, language) if view.moved_from else None,
            "unit": self._unit(meeting.unit),
            "code": grouped(meeting.join_code),
            "has_newer": view.has_newer and view.state in _ENTERABLE,
            "is_off": view.state is PageState.CANCELLED,
            "is_in_doubt": view.state is PageState.PERHAPS_CANCELLED,
            "is_open": view.state is PageState.OPEN,
            "may_enter": view.state in _ENTERABLE,
            "lobby": view.lobby.value,
            "guest_pin": view.guest_pin,
        }

    def _unit(self, unit_id: str) -> Unit | None:
        try:
            return self._units.of(unit_id)
        except UnknownUnit:
            return None

    def _answer(self, said: str, status: int, **more: Any) -> Response:
        language = _language()
        other = Language.ENGLISH if language is Language.SWEDISH else Language.SWEDISH
        words = WORDS[language]
        html = render_template(
            "join.html",
            **{"when": "", "opens": "", "typed": "", "wrong": False, **more},
            said=words[said],
            words=words,
            style=STYLE,
            language=language.value,
            other_language=other.value,
            other_language_url=_here(other),
            environment=self._settings.environment,
            info_page=self._settings.info_page,
            ask_url=url_for("join.find", **_kept_choices()),
            ask_address=f"{self._settings.base_url}/m".removeprefix("https://"),
        )
        return make_response(html, status)


def _of_waiting(view: JoinView, typed: str) -> dict[str, Any]:
    """Return the page's own addresses: the button's, and those that ask anew."""
    if view.meeting is None:
        return {}
    join_url = url_for("join.enter", typed=typed, **_kept_choices())
    if view.look_again_in is None:
        return {"join_url": join_url}
    return {"join_url": join_url, **_ways_again(typed)}


def _ways_again(typed: str) -> dict[str, Any]:
    """Return what the page says of asking anew, by itself or by hand."""
    turned = None if _is_still() else "1"
    return {"refreshes": not _is_still(), "again_url": _url(typed), "still_url": _url(typed, still=turned)}


def _asking_again(answer: Response, typed: str, wait: timedelta) -> Response:
    """Have the browser ask for the page anew after `wait`, unless the visitor has told it to stand still."""
    if not _is_still():
        answer.headers["Refresh"] = f"{_spread(wait)}; url={_url(typed)}"
    return answer


def _language() -> Language:
    """Return what the visitor chose, else what the browser asks for, else Swedish."""
    chosen = request.args.get("lang")
    if chosen in set(Language):
        return Language(chosen)
    # By hand, since Werkzeug takes a plain `en` before `sv-FI`, however much less it is wanted.
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((Language(primary) for primary in wanted if primary in set(Language)), Language.SWEDISH)


def _is_still() -> bool:
    return request.args.get("still") == "1"


def _kept_choices() -> dict[str, Any]:
    """Return the visitor's choices, which live in the page's own address, since there is no cookie."""
    kept = {"lang": _language().value} if "lang" in request.args else {}
    return {**kept, "still": "1"} if _is_still() else kept


def _url(typed: str, **changes: str | None) -> str:
    return url_for("join.look", typed=typed, **{**_kept_choices(), **changes})


def _shown(typed: str) -> str:
    """Return what may stand in the page of what somebody typed: a code with its faults, and nothing else."""
    return typed if is_like_a_code(typed) else ""


def _here(language: Language) -> str:
    """Return this page's address in another language; never the address of the button."""
    typed = _shown((request.view_args or {}).get("typed", ""))
    kept = {**_kept_choices(), "lang": language.value}
    return url_for("join.look", typed=typed, **kept) if typed else url_for("join.ask", **kept)


def _opens(view: JoinView, window: Window, language: Language) -> str:
    """Return from when one can enter: the day alone where there is no time of day to come a quarter before."""
    if view.opens_at is None:
        return ""
    if is_whole_days(window):
        return first_day_in_words(window, language)
    return moment_in_words(view.opens_at, window.zone, language)


def _spread(wait: timedelta) -> int:
    seconds = wait.total_seconds()
    return round(seconds + random.uniform(0, min(seconds, _SPREAD)))  # noqa: S311 - spreads load, protects nothing


def _dialled(telephone: str) -> str:
    """Return a telephone number as `tel:` wants it (RFC 3966): digits and a leading plus."""
    return "".join(character for character in telephone if character.isdigit() or character == "+")
