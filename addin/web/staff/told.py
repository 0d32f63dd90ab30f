"""The page *Lämna besked*, where a mail leads: who has old facts, what to send them, and the word that it is done.

Only signed-in employees see anything; what the page shows is of use to nobody else's meeting. GET changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from addin.meetings.access import belongs_to
from addin.meetings.cancel import CancelMeeting
from addin.meetings.codes import parse_code
from addin.meetings.errors import MeetingChanged, MeetingNotFound, MistypedCode, UnknownAudience
from addin.meetings.model import CalendarNote, Meeting, Told, Window
from addin.meetings.tell import TellOthers, TimeToTell, ToBeTold
from addin.web.pages import in_words, is_foreign
from addin.web.staff.auth.errors import IdentityUnavailable
from addin.web.staff.sign_in import SignInRoutes
from addin.web.staff.start_cookie import SignedIn, StartCookie
from addin.web.staff.start_pages import StartPages
from templates_messages.vocabulary import Language, Occasion

_TITLES: Final[Mapping[str, str]] = {
    "patient": "Till invånare",
    "staff": "Instruktion medarbetare",
    "external": "Extern professionell part",
    "interpreter": "Tolk",
}
_AS_OF: Final = re.compile(r"([1-9]\d{0,8})-(\d{1,10})-(\d{1,10})-([01])")
_WAYS: Final[Mapping[str, str]] = {
    "patient": "Skickas i ett ärende till inkorgen på 1177.",
    "staff": "För dig och kollegor.",
    "external": "Skickas till en adress i den andra organisationen.",
    "interpreter": "Skickas via Outlook till tolkförmedlingen. Skriv inget om patienten.",
}


@dataclass(frozen=True, slots=True)
class ToldPageParts:
    """What the page is made of."""

    tell: TellOthers
    cancel: CancelMeeting
    sign_in: SignInRoutes
    cookie: StartCookie
    pages: StartPages


def add_told_page(blueprint: Blueprint, parts: ToldPageParts) -> None:
    """Serve `/start/<code>/told` in the start pages' blueprint."""
    page = _ToldPage(parts)
    blueprint.add_url_rule("/start/<typed>/told", "told", page.look, methods=["GET"])
    blueprint.add_url_rule("/start/<typed>/told", "tell", page.act, methods=["POST"])


class _ToldPage:
    def __init__(self, parts: ToldPageParts) -> None:
        self._parts = parts

    def look(self, typed: str) -> AnyResponse:
        """Show who must hear; somebody who is not signed in is offered to."""
        session = self._parts.cookie.signed_in(request)
        if session is None:
            return self._offer_sign_in(typed)
        return self._who_must_hear(typed, session)

    def _who_must_hear(self, typed: str, session: SignedIn, *, is_another: bool = False) -> Response:
        """Show who must hear; `is_another`: the meeting has changed since the page was last shown."""
        try:
            meeting, others = self._parts.tell.look(typed, session.who)
        except MeetingNotFound:
            return self._page("told_unknown.html", 404, session=session)
        facts, shown = _facts(meeting, others), [_shown(other, meeting.window) for other in others]
        facts |= {"as_of": _as_of_text(meeting.as_told_now), "is_another": is_another}
        facts |= {"revision": meeting.revision, "is_hers": belongs_to(meeting, session.who)}
        status = 409 if is_another else 200
        return self._page("told.html", status, typed=typed, session=session, others=shown, **facts)

    def act(self, typed: str) -> AnyResponse:
        """Begin the sign-in, note that an audience has been told, or remove a meeting that has lost its item."""
        session = self._parts.cookie.signed_in(request)
        if session is None and not is_foreign(request):
            return self._begin(typed)
        if session is None or not session.sent(request):
            return redirect(url_for("start.told", typed=typed), 303)
        try:
            if "remove" in request.form:
                return self._remove(typed, request.form.get("revision", type=int), session)
            audience = request.form.get("audience", "")
            is_noted = self._parts.tell.told(typed, audience, _as_of(request.form), session.who)
        except (MeetingNotFound, UnknownAudience):
            return self._page("told_unknown.html", 404, session=session)
        if not is_noted:
            return self._who_must_hear(typed, session, is_another=True)
        return redirect(url_for("start.told", typed=typed), 303)

    def _remove(self, typed: str, seen: int | None, session: SignedIn) -> AnyResponse:
        meeting = self._parts.tell.removable(typed, session.who)
        try:
            if meeting and seen is not None:
                self._parts.cancel(meeting.id, session.who, seen)
        except MeetingChanged:
            return self._who_must_hear(typed, session, is_another=True)
        return redirect(url_for("start.told", typed=typed), 303)

    def _offer_sign_in(self, typed: str) -> Response:
        try:
            parse_code(typed)
        except MistypedCode:
            # It may be anything, such as a name in the wrong place, and is not repeated.
            return self._page("told_unknown.html", 404)
        return self._page("told_sign_in.html", 200, typed=typed)

    def _begin(self, typed: str) -> AnyResponse:
        try:
            return self._parts.sign_in.begin(parse_code(typed), leads_to="start.told")
        except MistypedCode:
            return self._page("told_unknown.html", 404)
        except IdentityUnavailable:
            return self._page("told_sign_in.html", 503, typed=typed, is_down=True)

    def _page(self, template: str, status: int, **more: Any) -> Response:
        return self._parts.pages.render(template, status, titles=_TITLES, ways=_WAYS, **more)


def _as_of_text(told: Told) -> str:
    """Return how the meeting stands that the page tells of, as its forms say it again: numbers, times since 1970."""
    numbers = (told.revision, int(told.start.timestamp()), int(told.end.timestamp()), int(told.cancelled))
    return "-".join(map(str, numbers))


def _as_of(form: Mapping[str, str]) -> Told | None:
    """Return what `_as_of_text` wrote; None where it was not that."""
    found = _AS_OF.fullmatch(form.get("as_of", ""))
    if found is None:
        return None
    revision, start, end, cancelled = map(int, found.groups())
    return Told(
        revision, datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), bool(cancelled)
    )


def _shown(other: ToBeTold, window: Window) -> dict[str, Any]:
    return {
        "audience": other.audience,
        "text": other.text,
        "is_same_time": other.text is not None and other.text.occasion is Occasion.INVITATION,
        "is_among_times": other.is_among_times(window),
        "times": [_shown_time(one) for one in other.times],
    }


def _shown_time(one: TimeToTell) -> dict[str, Any]:
    window = one.changed.now or one.changed.was
    news = "Inställt"
    if one.changed.now:
        news = "Ny tid" if one.changed.was else "Blir av igen"
    return {"news": news, "when": in_words(window, Language.SWEDISH) if window else "", "text": one.text}


def _facts(meeting: Meeting, others: Sequence[ToBeTold]) -> dict[str, Any]:
    elsewhere = [one.changed.was for other in others for one in other.times]
    # A time of a series that is off has not moved to the next one.
    earlier = None if meeting.earlier_time_of_others in elsewhere else meeting.earlier_time_of_others
    return {
        "when": in_words(meeting.window, Language.SWEDISH),
        "moved_from": in_words(earlier, Language.SWEDISH) if earlier else None,
        "is_cancelled": meeting.is_cancelled,
        "is_taken": CalendarNote.ITEM_TAKEN in meeting.calendar_notes and not meeting.is_cancelled,
        "is_awaited": CalendarNote.ITEM_AWAITED in meeting.calendar_notes and not meeting.is_cancelled,
        "is_series": CalendarNote.SERIES in meeting.calendar_notes,
    }
