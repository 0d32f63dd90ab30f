"""The task pane's page: a small server-rendered shell, its settings and its static files.

It knows nothing of meetings or sign-in: the pane's JavaScript calls the API for both. Every answer carries a
content security policy that allows our own scripts and Office.js, no inline script or style, and framing only by
the listed Outlook hosts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, render_template

from addin.web.editions import edition_of, sent_of_edition
from addin.web.pages import Environment

STATIC_FOLDER: Final = Path(__file__).resolve().parent.parent / "static"


@dataclass(frozen=True)
class SignIn:
    """What the pane needs to ask for an access token: public names only, never a secret."""

    client_id: str
    scope: str
    authority: str


@dataclass(frozen=True)
class Support:
    """Whom the clinician turns to: a Swedish sentence and a telephone number, either may be empty."""

    text: str
    telephone: str


@dataclass(frozen=True)
class PaneSettings:
    """Everything the pane's page varies by.

    `office_js_url` is absolute. `frame_ancestors` are origins (`https://host[:port]`). `internal_mail_domains` are
    lower-case domains whose addresses pass the check of attendees. `instance` names this installation in what the pane
    keeps in an item; `calendar_access` is how much of calendars the service sees by itself.
    """

    sign_in: SignIn
    support: Support
    environment: Environment
    office_js_url: str
    frame_ancestors: tuple[str, ...]
    copy_first: Literal["link", "text"] = "link"
    internal_mail_domains: tuple[str, ...] = ()
    instance: str = ""
    calendar_access: Literal["none", "read", "read_and_write"] = "none"
    language: str = "sv"


def pane_blueprint(settings: PaneSettings) -> Blueprint:
    """Return the blueprint that serves `/pane/`, `/pane/settings.json` and `/static/`."""
    blueprint = Blueprint(
        "pane", __name__, template_folder="templates", static_folder=STATIC_FOLDER, static_url_path="/static"
    )
    policy = content_security_policy(settings)

    @blueprint.get("/pane/", strict_slashes=False)
    def page() -> str:
        return render_template("pane.html", settings=settings, edition=edition_of(STATIC_FOLDER))

    @blueprint.get("/static/edition-<edition>/<path:filename>")
    def of_edition(edition: str, filename: str) -> Response:
        return sent_of_edition(STATIC_FOLDER, edition, filename)

    @blueprint.get("/pane/settings.json")
    def page_settings() -> Response:
        return jsonify(public_settings(settings))

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if response.mimetype in {"text/html", "application/json"} and not response.cache_control.immutable:
            response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def public_settings(settings: PaneSettings) -> dict[str, object]:
    """Return the JSON object of `/pane/settings.json`; readable without sign-in, so nothing in it is secret."""
    return {
        "office_js_url": settings.office_js_url,
        "sign_in": {
            "client_id": settings.sign_in.client_id,
            "scope": settings.sign_in.scope,
            "authority": settings.sign_in.authority,
        },
        "support": {"text": settings.support.text, "telephone": settings.support.telephone},
        "environment": settings.environment,
        "copy_first": settings.copy_first,
        "instance": settings.instance,
        "calendar_access": settings.calendar_access,
        "internal_mail_domains": list(settings.internal_mail_domains),
        "language": settings.language,
    }


def content_security_policy(settings: PaneSettings) -> str:
    """Return the policy (CSP level 3): ours and Office.js may run, nothing inline, only Outlook may frame us."""
    parts = urlsplit(settings.office_js_url)
    office = f"{parts.scheme}://{parts.netloc}"
    ancestors = " ".join(settings.frame_ancestors) or "'none'"
    directives = {
        "default-src": "'none'",
        "script-src": f"'self' {office}",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": ancestors,
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
