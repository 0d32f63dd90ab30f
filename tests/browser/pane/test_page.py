"""The pane's page as it is served: who may frame it, and what may run in it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from addin.web.editions import edition_of
from addin.web.staff.pane import STATIC_FOLDER, content_security_policy, pane_blueprint
from tests.browser.pane.conftest import pane_application, settings

OFFICE_JS = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js"


@pytest.fixture
def client() -> FlaskClient:
    return pane_application(OFFICE_JS).test_client()


def test_the_policy_lets_only_our_scripts_and_office_run_and_only_outlook_frame(client: FlaskClient) -> None:
    policy = client.get("/pane/").headers["Content-Security-Policy"]
    assert "script-src 'self' https://appsforoffice.microsoft.com;" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert policy.endswith("frame-ancestors https://outlook.example")


def test_without_hosts_nobody_may_frame_the_pane() -> None:
    assert "frame-ancestors 'none'" in content_security_policy(
        replace(settings(OFFICE_JS), frame_ancestors=())
    )


@pytest.mark.parametrize("path", ["/pane/", "/pane/settings.json", "/static/pane.js", "/static/pane.css"])
def test_nothing_is_guessed_or_referred(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_is_never_stored_and_scripts_are_asked_for_anew(client: FlaskClient) -> None:
    assert client.get("/pane/").headers["Cache-Control"] == "no-store"
    assert client.get("/static/pane.js").headers["Cache-Control"] == "no-cache"


def test_what_the_page_names_is_kept_until_it_changes(client: FlaskClient) -> None:
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/pane/").text)
    assert [Path(path).name for path in named] == ["pane.css", "pane.js"]
    for path in [*named, str(Path(named[0]).with_name("personal_data_rules.json"))]:
        answer = client.get(path)
        assert answer.data == (STATIC_FOLDER / Path(path).name).read_bytes()
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    # Asked by a page of another edition, as while several machines are upgraded.
    other = client.get("/static/edition-0123456789abcdef/pane.js")
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-cache")


def test_an_edition_is_told_by_what_the_files_hold(tmp_path: Path) -> None:
    editions = set()
    for written in ("a", "bb", "ccc", "a"):
        (tmp_path / "pane.js").write_text(written)
        editions.add(edition_of(tmp_path))
    assert len(editions) == 3


def test_nothing_in_the_page_is_inline(client: FlaskClient) -> None:
    page = client.get("/pane/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []


def test_the_settings_hold_what_the_pane_needs_and_no_more(client: FlaskClient) -> None:
    found = client.get("/pane/settings.json").json
    assert found is not None
    assert set(found) == {
        "office_js_url",
        "sign_in",
        "support",
        "environment",
        "copy_first",
        "calendar_access",
        "instance",
        "internal_mail_domains",
        "language",
    }


def test_the_sandbox_says_that_it_is_one() -> None:
    application = Flask("sandboxed", static_folder=None)
    application.register_blueprint(pane_blueprint(replace(settings(OFFICE_JS), environment="sandbox")))
    assert "Övningsmiljö" in application.test_client().get("/pane/").text
    production = Flask("production", static_folder=None)
    production.register_blueprint(pane_blueprint(replace(settings(OFFICE_JS), environment="production")))
    assert "miljö." not in production.test_client().get("/pane/").text


def test_no_sentence_for_people_stands_outside_the_list_of_words() -> None:
    swedish = re.compile(r'"[^"\n]*[åäöÅÄÖ][^"\n]*"')
    modules = [
        path for path in STATIC_FOLDER.glob("*.js") if path.name not in {"words.js", "personal_data.js"}
    ]
    assert len(modules) > 15
    assert [
        (path.name, found) for path in modules if (found := swedish.findall(path.read_text("utf-8")))
    ] == []
