"""Signing in for the pages below `/start`: to the identity provider and back, and out again.

Nothing of what the provider has answered stays in an address, and nothing here logs a code, a path or a claim.
"""

from __future__ import annotations

import logging
import secrets
from typing import Final

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from addin.meetings.codes import grouped, is_like_a_code
from addin.web.staff.auth.errors import IdentityUnavailable, NotStaff, SignInFailed
from addin.web.staff.auth.openid import OpenIdSignIn
from addin.web.staff.start_cookie import LeadsTo, SignedIn, SigningIn, StartCookie
from addin.web.staff.start_pages import StartPages

log = logging.getLogger(__name__)

# Why somebody is not signed in, with the status of the page that says so.
_TURNED_AWAY: Final = {"sign_in_failed": 400, "identity_unavailable": 503, "not_staff": 403}


class SignInRoutes:
    """The routes of signing in and out; `cookie` is what the browser remembers of it."""

    def __init__(self, sign_in: OpenIdSignIn, cookie: StartCookie, pages: StartPages) -> None:
        self._sign_in = sign_in
        self._cookie = cookie
        self._pages = pages

    def begin(self, start_code: str, *, leads_to: LeadsTo) -> AnyResponse:
        """Send the browser to sign in, and from there to that endpoint. Raises IdentityUnavailable."""
        address, attempt = self._sign_in.begin()
        answer = redirect(address, 303)
        self._cookie.begin(request, answer, SigningIn(attempt, start_code, leads_to))
        return answer

    def callback(self) -> AnyResponse:
        """Take in who came back from the identity provider, and lead on to the meeting.

        Nobody stays at this address, however it went: it holds what the provider has answered, and would stand in the
        browser's history.
        """
        under_way = self._cookie.signing_in(request, request.args.get("state", ""))
        if under_way is None:
            return redirect(url_for("start.turned_away", said=_in_address("sign_in_failed")), 303)
        typed = grouped(under_way.start_code)
        try:
            who = self._sign_in.finish(under_way.attempt, request.args)
        except SignInFailed as fault:
            # The sentence is one of our own and names no person, claim or code.
            log.warning("sign_in_failed", extra={"reason": str(fault)})
            return self._turn_away(under_way, "sign_in_failed")
        except IdentityUnavailable:
            return self._turn_away(under_way, "identity_unavailable")
        except NotStaff:
            log.warning("sign_in_refused", extra={"reason": "not_staff"})
            return self._turn_away(under_way, "not_staff")
        answer = redirect(url_for(under_way.leads_to, typed=typed), 303)
        before = self._cookie.signed_in(request)
        # The same person came back in another tab: the form that stands open there must still be ours.
        form_token = before.form_token if before and before.who == who else secrets.token_urlsafe(32)
        self._cookie.finish(request, answer, under_way, SignedIn(who, form_token))
        return answer

    def turned_away(self, said: str, typed: str = "", *, of_told: bool = False) -> Response:
        """Say why somebody is not signed in, at an address that holds nothing of the sign-in."""
        name = said.replace("-", "_")
        status = _TURNED_AWAY.get(name)
        if status is None:
            abort(404)
        if name == "not_staff":
            return self._pages.notice(name, status, of_told=of_told, leads_to_join=True)
        came_from = "start.told" if of_told else "start.look"
        back_url = url_for(came_from, typed=typed) if is_like_a_code(typed) else None
        return self._pages.notice(name, status, of_told=of_told, back_url=back_url)

    def sign_out(self) -> AnyResponse:
        """Have this browser forget who signed in; for computers that people share."""
        session = self._cookie.signed_in(request)
        if session is not None and not session.sent(request):
            return self._pages.notice("form_too_old", 403)
        answer = self._pages.notice("signed_out", 200)
        if session is not None:
            # Without a session it may be another site that sends the form, and the browser holds the cookie back.
            self._cookie.forget(answer)
        return answer

    def _turn_away(self, under_way: SigningIn, said: str) -> AnyResponse:
        """End a sign-in without a session, and lead to the words of the page that it was for."""
        of_told = under_way.leads_to == "start.told"
        page = "start.turned_away_of_told" if of_told else "start.turned_away"
        address = url_for(page, said=_in_address(said), typed=grouped(under_way.start_code))
        answer = redirect(address, 303)
        self._cookie.finish(request, answer, under_way)
        return answer


def _in_address(said: str) -> str:
    return said.replace("_", "-")
