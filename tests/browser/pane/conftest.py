"""A browser, and the pane's own page and modules served as in production, without API or Outlook behind them."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from flask import Flask, Response, send_from_directory
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from addin.web.staff.pane import PaneSettings, SignIn, Support, pane_blueprint

ROOT: Final = Path(__file__).resolve().parents[3]
OUTLOOK_SCRIPTS: Final = ROOT / "addin" / "sandbox" / "window" / "js"


def settings(office_js_url: str) -> PaneSettings:
    """Return settings of an invented organisation."""
    return PaneSettings(
        sign_in=SignIn("client", "api://client/access_as_user", "https://login.example/tenant"),
        support=Support("Hjälp med videomöten:", "08-465 004 10"),
        environment="test",
        office_js_url=office_js_url,
        frame_ancestors=("https://outlook.example",),
        internal_mail_domains=("region.example",),
    )


def pane_application(office_js_url: str) -> Flask:
    """Return the pane's pages alone, and beside them the scripts that rewrite bodies as Outlook does."""
    application = Flask("pane-alone", static_folder=None)
    application.register_blueprint(pane_blueprint(settings(office_js_url)))

    @application.get("/outlook/<path:name>")
    def outlook_script(name: str) -> Response:
        return send_from_directory(OUTLOOK_SCRIPTS, name)

    return application


@pytest.fixture(scope="session")
def browser(requires_chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(requires_chromium), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900}, locale="sv-SE")
    yield made
    made.close()


@pytest.fixture(scope="session")
def pane_alone() -> Iterator[str]:
    """Return the address of a server whose Office.js cannot be had: the pane outside Outlook."""
    server = make_server("127.0.0.1", 0, pane_application("/static/office-that-is-not-there.js"), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def modules(browser: Browser, pane_alone: str) -> Iterator[Page]:
    """Return a page from which the pane's modules can be imported and called."""
    page = browser.new_page()
    page.goto(f"{pane_alone}/pane/")
    yield page
    page.close()
