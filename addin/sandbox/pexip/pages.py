"""Pexip's web app, as far as two people need it to meet: name, PIN, lobby, who is there. In Swedish."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from addin.sandbox.pexip.calls import (
    ENDED_BY_HOST,
    HOST,
    HOSTS_LEFT,
    LEFT,
    NO_HOST_CAME,
    REMOVED,
    SILENT,
    Call,
    Calls,
    Full,
    InvalidPin,
    NotFound,
    Participant,
    PinRequired,
)

Page = Response | str | tuple[str, int]

GONE: Final = {
    NO_HOST_CAME: "Ingen värd kom, så du kopplades från.",
    HOSTS_LEFT: "Värden har lämnat mötet, så du kopplades från.",
    ENDED_BY_HOST: "Mötet är avslutat.",
    REMOVED: "Värden har kopplat bort dig från mötet.",
    LEFT: "Du har lämnat mötet.",
    SILENT: "Förbindelsen bröts.",
}


class WebApp:
    """Answers requests to `/webapp3/m/<alias>`. The seat's token stands in the address, so that two windows of one
    browser can be two people; the real web app keeps it in memory.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("pexip_web_app", __name__, url_prefix="/webapp3/m/<alias>")
        for path in ("/", "/express"):
            name = path.strip("/") or "start"
            routes.add_url_rule(path, f"ask_{name}", self.ask, methods=["GET"], strict_slashes=False)
            routes.add_url_rule(path, f"join_{name}", self.join, methods=["POST"], strict_slashes=False)
        routes.add_url_rule("/<token>", "seat", self.seat, methods=["GET"])
        routes.add_url_rule("/<token>", "act", self.act, methods=["POST"])
        return routes

    def ask(self, alias: str) -> Page:
        """Ask for a name; `express` with `name` and `pin` in the query goes straight in, as the real one does."""
        if request.path.endswith("/express") and "name" in request.args:
            return self._enter(alias, request.args["name"], request.args.get("pin"))
        return self._form(alias, name=request.args.get("name", ""))

    def join(self, alias: str) -> Page:
        """Take name and PIN and go in."""
        return self._enter(alias, request.form.get("name", "").strip(), request.form.get("pin"))

    def seat(self, alias: str, token: str) -> Page:
        """Show the lobby, the meeting, or why one is no longer in."""
        self._calls.refresh(token)
        found = self._calls.seat_of(token)
        if found is None:
            why = self._calls.why_gone(token)
            said = GONE.get(why or "", "Den här platsen i mötet finns inte.")
            return render_template("pexip_gone.html", alias=alias, said=said), 200 if why else 404
        call, me = found
        return render_template(
            "pexip_call.html", alias=alias, token=token, me=me, call=call, state=_state(call, me)
        )

    def act(self, alias: str, token: str) -> Page:
        """Leave, or as host: admit, remove, lock, unlock, end for all."""
        found = self._calls.seat_of(token)
        if found:
            call, me = found
            action, person = request.form.get("action", ""), request.form.get("participant", "")
            if action == "leave":
                self._calls.leave(token)
            elif me.role == HOST:
                self._act_as_host(call, action, person)
        return redirect(url_for(".seat", alias=alias, token=token, role=request.args.get("role")), 303)

    def _act_as_host(self, call: Call, action: str, person: str) -> None:
        belongs = any(one.id == person for one in call.participants)
        if action in {"lock", "unlock"}:
            self._calls.set_lock(call.id, locked=action == "lock")
        elif action == "end":
            self._calls.end(call.id)
        elif action == "admit" and belongs:
            self._calls.admit(person)
        elif action == "remove" and belongs:
            self._calls.throw_out(person)

    def _enter(self, alias: str, name: str, pin: str | None) -> Page:
        if not name:
            return self._form(alias, name="", fault="Skriv ett namn.")
        try:
            me = self._join(alias, name, pin)
        except NotFound:
            return render_template("pexip_not_found.html", alias=alias), 404
        except PinRequired as needed:
            return self._form(alias, name=name, pin=_asked(needed.guest_pin))
        except InvalidPin as wrong:
            pin_asked = _asked(wrong.guest_pin)
            return self._form(alias, name=name, pin=pin_asked, fault="Fel pinkod. Försök igen.")
        except Full:
            return self._form(alias, name=name, fault="Mötet är fullt: högsta antalet deltagare är nått.")
        return redirect(url_for(".seat", alias=alias, token=me.token, role=request.args.get("role")), 303)

    def _join(self, alias: str, name: str, pin: str | None) -> Participant:
        # `role=guest` lets a guest past the PIN question, but only where guests have no PIN (Pexip, "URLs").
        came_as_guest = request.args.get("role") == "guest" and not pin
        as_guest = came_as_guest or request.form.get("as") == "guest"
        try:
            return self._calls.join(alias, name, None if as_guest else pin or None)[1]
        except PinRequired as needed:
            if not as_guest or needed.guest_pin != "none":
                raise
            return self._calls.join(alias, name, "none")[1]

    def _form(self, alias: str, *, name: str, pin: str = "unasked", fault: str | None = None) -> Page:
        page = render_template("pexip_join.html", alias=alias, name=name, pin=pin, fault=fault)
        return page, 400 if fault else 200


def _asked(guest_pin: str) -> str:
    return "optional" if guest_pin == "none" else "required"


def _state(call: Call, me: Participant) -> str:
    if me.admitted:
        return "in"
    return "locked" if call.hosts else "waiting"
