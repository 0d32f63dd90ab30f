"""The start page: a look at the meeting, *är det rätt person?*, and the host's way in; who it is says `sign_in`.

GET changes nothing; starting is a POST by a signed-in employee with a form of ours. The host's PIN stands in the
answer to that POST and nowhere else: not in an address, a cookie, a log or the browser's history. Nothing here
logs a code or a path.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from addin.meetings.cancel import CancelMeeting
from addin.meetings.codes import code_amid, grouped, is_like_a_code, parse_code
from addin.meetings.errors import LedgerUnavailable, NotAllowedToStart, UnknownUnit
from addin.meetings.keyring import Keyring
from addin.meetings.ports import Clock
from addin.meetings.start import (
    HostEntry,
    StartMeeting,
    StartState,
    StartView,
    TakeoverReason,
    may_start,
    may_take_over,
)
from addin.meetings.tell import TellOthers
from addin.meetings.units import Unit, Units
from addin.web.pages import Environment, PageProtection, in_words, is_foreign, moment_in_words
from addin.web.staff.auth.errors import IdentityUnavailable
from addin.web.staff.auth.openid import OpenIdSignIn
from addin.web.staff.sign_in import SignInRoutes
from addin.web.staff.start_cookie import SignedIn, StartCookie
from addin.web.staff.start_pages import StartPages
from addin.web.staff.told import ToldPageParts, add_told_page
from addin.web.visitors import Guesses, Network, client_address
from templates_messages.vocabulary import Language

log = logging.getLogger(__name__)

_FOLDER: Final = Path(__file__).parent
_STATUS: Final[Mapping[StartState, int]] = {StartState.UNKNOWN: 404, StartState.MISTYPED: 404}
_REASONS: Final[Mapping[TakeoverReason, str]] = {
    TakeoverReason.HOST_ABSENT: "Värden är frånvarande",
    TakeoverReason.HOST_CANNOT_CONNECT: "Värden kan inte ansluta",
    TakeoverReason.PATIENT_HANDED_OVER: "Jag har tagit över mötet från värden",
    TakeoverReason.SUPPORT: "Värden har bett mig om hjälp",
}


@dataclass(frozen=True, slots=True)
class StartPageSettings:
    """What the page varies by.

    `base_url` is where guests reach the service, without a slash at the end. `trusted_proxies` are the networks
    whose X-Forwarded-For is believed.
    """

    base_url: str
    environment: Environment
    trusted_proxies: Sequence[Network] = ()


@dataclass(frozen=True, slots=True)
class StartPageParts:
    """What the page is made of."""

    start: StartMeeting
    tell: TellOthers
    cancel: CancelMeeting
    units: Units
    sign_in: OpenIdSignIn
    keyring: Keyring
    clock: Clock


def start_blueprint(parts: StartPageParts, settings: StartPageSettings) -> Blueprint:
    """Return the blueprint that serves `/start/<code>` and what lies under it."""
    blueprint = Blueprint(
        "start",
        __name__,
        template_folder="templates",
        static_folder=_FOLDER.parent / "static" / "start",
        static_url_path="/start/static",
    )
    cookie = StartCookie(parts.keyring, parts.clock, secure=settings.environment != "sandbox")
    pages = StartPages(settings.environment, join_url=f"{settings.base_url}/m")
    sign_in = SignInRoutes(parts.sign_in, cookie, pages)
    page = _StartPage(parts, settings, sign_in, cookie, pages)
    add = blueprint.add_url_rule
    add("/start/callback", "callback", sign_in.callback, methods=["GET"])
    add("/start/sign-in/<said>", "turned_away", sign_in.turned_away, methods=["GET"])
    add("/start/<typed>/sign-in/<said>", "turned_away", sign_in.turned_away, methods=["GET"])
    of_told = partial(sign_in.turned_away, of_told=True)
    add("/start/<typed>/told/sign-in/<said>", "turned_away_of_told", of_told, methods=["GET"])
    add("/start/sign-out", "sign_out", sign_in.sign_out, methods=["POST"])
    add("/start/<typed>", "look", page.look, methods=["GET"], strict_slashes=False)
    add("/start/<typed>", "begin", page.begin, methods=["POST"], strict_slashes=False)
    add("/start/<typed>/host", "confirm", page.confirm, methods=["GET"])
    add("/start/<typed>/host", "host", page.host, methods=["POST"])
    told = ToldPageParts(parts.tell, parts.cancel, sign_in, cookie, pages)
    add_told_page(blueprint, told)
    blueprint.register_error_handler(LedgerUnavailable, page.on_ledger_unavailable)
    blueprint.register_error_handler(500, page.on_failure)
    blueprint.after_request(PageProtection(settings.environment, own_scripts=True).apply)
    return blueprint


class _StartPage:
    """The routes, in the order in which a host meets them."""

    def __init__(
        self,
        parts: StartPageParts,
        settings: StartPageSettings,
        sign_in: SignInRoutes,
        cookie: StartCookie,
        pages: StartPages,
    ) -> None:
        self._start = parts.start
        self._units = parts.units
        self._clock = parts.clock
        self._settings = settings
        self._sign_in = sign_in
        self._cookie = cookie
        self._pages = pages
        self._guesses = Guesses(parts.clock)

    def look(self, typed: str) -> AnyResponse:
        """Tell which meeting it is, and offer to sign in; open to anybody who holds the link."""
        if code := code_amid(typed):
            return redirect(url_for("start.look", typed=grouped(code)), 303)
        view = self._start.look(typed)
        if view.state is not StartState.READY:
            return self._not_startable(view, typed)
        return self._pages.render("start.html", 200, typed=typed, **self._facts(view))

    def begin(self, typed: str) -> AnyResponse:
        """Send the browser to sign in, or straight on when it has."""
        view = self._start.look(typed)
        if view.state is not StartState.READY:
            return self._not_startable(view, typed)
        if self._cookie.signed_in(request):
            return redirect(url_for("start.confirm", typed=typed), 303)
        if is_foreign(request):
            return redirect(url_for("start.look", typed=typed), 303)
        try:
            return self._sign_in.begin(parse_code(typed), leads_to="start.confirm")
        except IdentityUnavailable:
            return self._pages.notice(
                "identity_unavailable", 503, back_url=url_for("start.look", typed=typed)
            )

    def confirm(self, typed: str) -> AnyResponse:
        """Ask whether it is the right meeting and the right person, before anybody is let in."""
        session = self._cookie.signed_in(request)
        if session is None:
            return redirect(url_for("start.look", typed=typed), 303)
        view = self._start.look(typed)
        if view.state is not StartState.READY:
            return self._not_startable(view, typed)
        return self._confirm_page(view, typed, session, 200)

    def host(self, typed: str) -> AnyResponse:
        """Start the meeting and show the way in, once; a reload asks the browser to send the form again."""
        session = self._cookie.signed_in(request)
        if session is None or not session.sent(request):
            # What is no code may be anything, such as a name in the wrong place, and is not repeated.
            back_url = url_for("start.look", typed=typed) if is_like_a_code(typed) else None
            return self._pages.notice("form_too_old", 403, back_url=back_url)
        try:
            reason, empties = _reason(), "empties_lobby" in request.form
            view, entry = self._start.start(typed, session.who, reason, empties_lobby=empties)
        except NotAllowedToStart:
            view = self._start.look(typed)
            return self._confirm_page(view, typed, session, 422, reason_missing=True)
        if entry is None:
            return self._not_startable(view, typed, status=409)
        return self._host_page(view, entry, typed, session)

    def on_ledger_unavailable(self, failure: LedgerUnavailable) -> Response:
        """Say that the booking cannot be read; nothing was written."""
        log.warning("ledger_failed", extra={"reason": str(failure)})
        typed = (request.view_args or {}).get("typed", "")
        of_told = _is_told_page()
        leads_back = "start.told" if of_told else "start.look"
        back_url = url_for(leads_back, typed=typed) if is_like_a_code(typed) else None
        answer = self._pages.notice("unavailable", 503, of_told=of_told, back_url=back_url)
        answer.headers["Retry-After"] = "60"
        return answer

    def on_failure(self, _: Exception) -> Response:
        """Say that we failed, and that it is not known how far it came; Flask has logged the failure itself."""
        return self._pages.notice("failure", 500, of_told=_is_told_page())

    # --- pages ----------------------------------------------------------------------------------------------

    def _confirm_page(
        self, view: StartView, typed: str, session: SignedIn, status: int, *, reason_missing: bool = False
    ) -> Response:
        if view.meeting and not may_take_over(view.meeting, session.who):
            return self._pages.notice("not_staff", 403, leads_to_join=True)
        must_take_over = bool(
            view.meeting and view.kind and not may_start(view.meeting, view.kind, session.who)
        )
        return self._pages.render(
            "start_confirm.html",
            status,
            typed=typed,
            session=session,
            must_take_over=must_take_over,
            reason_missing=reason_missing,
            reasons=[(reason.value, label) for reason, label in _REASONS.items()],
            opens=self._opens_later(view),
            **self._facts(view),
        )

    def _host_page(self, view: StartView, entry: HostEntry, typed: str, session: SignedIn) -> Response:
        return self._pages.render(
            "start_host.html",
            200,
            typed=typed,
            session=session,
            entry=entry,
            reason=_reason(),
            **self._facts(view),
        )

    def _not_startable(self, view: StartView, typed: str, status: int = 200) -> Response:
        """Say why the meeting cannot be started; one that is being made is asked for again by itself."""
        if view.state is StartState.UNKNOWN and self._has_guessed_too_often():
            answer = self._pages.notice("too_many", 429)
            answer.headers["Retry-After"] = "300"
            return answer
        answer = self._pages.notice(view.state.value, _STATUS.get(view.state, status), **self._facts(view))
        if view.look_again_in is not None:
            again = url_for("start.look", typed=typed)
            answer.headers["Refresh"] = f"{view.look_again_in.total_seconds():.0f}; url={again}"
        return answer

    def _facts(self, view: StartView) -> dict[str, Any]:
        """Return what the start link's holder may know: time, type and unit; neither people nor the join code."""
        meeting = view.meeting
        if meeting is None:
            return {}
        earlier = meeting.earlier_time_of_others
        return {
            "when": in_words(meeting.window, Language.SWEDISH),
            "moved_from": in_words(earlier, Language.SWEDISH) if earlier else None,
            "type_name": view.kind.name if view.kind else meeting.type,
            "unit": self._unit(meeting.unit),
        }

    def _opens_later(self, view: StartView) -> str | None:
        """Return when the guests' page will open by itself, which a start now would make it do at once."""
        if view.meeting is None or view.kind is None:
            return None
        opens_at = view.kind.door_opens(view.meeting.window)
        if self._clock.now() >= opens_at:
            return None
        return moment_in_words(opens_at, view.meeting.window.zone, Language.SWEDISH)

    def _unit(self, unit_id: str) -> Unit | None:
        try:
            return self._units.of(unit_id)
        except UnknownUnit:
            return None

    # --- guards ---------------------------------------------------------------------------------------------

    def _has_guessed_too_often(self) -> bool:
        forwarded = request.headers.get("X-Forwarded-For")
        visitor = client_address(request.remote_addr, forwarded, self._settings.trusted_proxies)
        return self._guesses.too_many(visitor)


def _is_told_page() -> bool:
    return request.endpoint in {"start.told", "start.tell"}


def _reason() -> TakeoverReason | None:
    sent = request.form.get("reason", "")
    return TakeoverReason(sent) if sent in set(TakeoverReason) else None
