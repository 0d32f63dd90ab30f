"""The add-in's icons, which Outlook fetches by the addresses in the manifest."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory


def icons_blueprint(folder: Path) -> Blueprint:
    """Return `/icons/<name>`; without Cache-Control, as Outlook wants it for icons."""
    routes = Blueprint("icons", __name__)

    @routes.get("/icons/<name>")
    def icon(name: str) -> Response:
        response = send_from_directory(folder, name, mimetype="image/png")
        response.headers.pop("Cache-Control", None)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return routes
