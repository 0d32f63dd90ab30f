"""The routes of the Outlook window: its static files, the Office.js stand-in, the manifest and what it must know."""

import hashlib
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, jsonify, send_file, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from addin.sandbox import people
from addin.sandbox.shelf import Json

FILES: Final = Path(__file__).parent / "window"
FOR_GOOD_SECONDS: Final = 365 * 24 * 3600


class Outlook:
    """Serves the window; `manifest` is read for each request, so that a new build shows at once."""

    def __init__(self, service_url: str, manifest: Path | None) -> None:
        self._service_url, self._manifest = service_url, manifest

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("outlook", __name__)
        routes.add_url_rule("/", view_func=_window, endpoint="window")
        routes.add_url_rule("/office.js", view_func=lambda: _file("office.js"), endpoint="office")
        routes.add_url_rule("/window/manifest.xml", view_func=self.manifest)
        routes.add_url_rule("/window/config.json", view_func=self.config)
        routes.add_url_rule("/window/edition-<edition>/<path:name>", view_func=_file_of, endpoint="file_of")
        routes.add_url_rule("/window/<path:name>", view_func=_file, endpoint="file")
        return routes

    def manifest(self) -> AnyResponse:
        """Return the add-in's manifest."""
        if self._manifest is None or not self._manifest.is_file():
            return Response("Inget manifest: starta sandlådan med --manifest.", 404, mimetype="text/plain")
        return send_file(self._manifest.absolute(), mimetype="application/xml", max_age=0)

    def config(self) -> Response:
        """Return who is who: users, mailboxes, tenant, client ids, audiences. All of it is invented."""
        return jsonify(
            service_url=self._service_url,
            tenant=people.TENANT,
            api_client=people.API_CLIENT,
            api_uri=people.API_URI,
            scope=f"{people.API_URI}/{people.API_SCOPE}",
            pane_client=people.PANE_CLIENT,
            web_client=people.WEB_CLIENT,
            background_client=people.BACKGROUND_CLIENT,
            graph_audience=people.GRAPH_AUDIENCE,
            users=[_person(person) for person in people.STAFF],
            outsiders=[_person(person) for person in people.OUTSIDERS],
            mailboxes=[_mailbox(mailbox) for mailbox in people.MAILBOXES],
        )


def _window() -> AnyResponse:
    """Return the page; it names its files by their edition, so that only a changed one makes the browser ask again."""
    page = (FILES / "index.html").read_text(encoding="utf-8")
    for folder in ("css", "js"):
        page = page.replace(f'"/window/{folder}/', f'"/window/edition-{_edition()}/{folder}/')
    return Response(page, mimetype="text/html", headers={"Cache-Control": "no-cache"})


def _file_of(edition: str, name: str) -> AnyResponse:
    answer = _file(name)
    if edition == _edition():
        answer.headers["Cache-Control"] = f"max-age={FOR_GOOD_SECONDS}, immutable"
    return answer


def _edition() -> str:
    """Return what tells the window's files from those before they were changed."""
    digest = hashlib.sha256()
    for path in sorted(path for path in FILES.rglob("*") if path.is_file()):
        told = path.stat()
        digest.update(f"{path}\0{told.st_mtime_ns}\0{told.st_size}\0".encode())
    return digest.hexdigest()[:16]


def _file(name: str) -> AnyResponse:
    return send_from_directory(FILES, name, max_age=0)


def _person(person: people.Person) -> Json:
    return {
        "object_id": person.object_id,
        "name": person.name,
        "address": person.address,
        "role": person.role,
        "title": person.title,
    }


def _mailbox(mailbox: people.Mailbox) -> Json:
    return {
        "object_id": mailbox.object_id,
        "name": mailbox.name,
        "address": mailbox.address,
        "shared": mailbox.shared,
        "delegates": list(mailbox.delegates),
    }
