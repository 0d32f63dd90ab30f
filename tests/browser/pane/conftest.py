"""A browser; the pane's page and modules alone; and a whole region with the pane in its Outlook window."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from flask import Flask, Response, send_from_directory
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from addin.web.staff.pane import PaneSettings, SignIn, Support, pane_blueprint
from tests.browser.pane.steps import Pane
from tests.browser.window.outlook import Outlook
from tests.browser_contexts import DESK, Contexts, NewWindow
from tests.region import Region, _shared_region, fresh_region, region
from tests.weeks import coming_mondays

__all__ = ["_shared_region", "fresh_region", "region"]

MONDAYS: Final = coming_mondays()
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


@pytest.fixture
def context(contexts: Contexts) -> BrowserContext:
    """Return an empty browser context for a window on a desk."""
    return contexts.of(**DESK)


@pytest.fixture(scope="session")
def pane_alone() -> Iterator[str]:
    """Return the address of a server whose Office.js cannot be had: the pane outside Outlook."""
    server = make_server(
        "127.0.0.1", 0, pane_application("/static/office-that-is-not-there.js"), threaded=True
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def modules(browser: Browser, pane_alone: str) -> Iterator[Page]:
    """Return a page from which the pane's modules can be imported and called; each test leaves it as it was."""
    page = browser.new_page()
    page.goto(f"{pane_alone}/pane/")
    yield page
    page.close()


@pytest.fixture
def monday() -> date:
    """Return a Monday of a week that no other test uses."""
    return next(MONDAYS)


@pytest.fixture
def open_outlook(
    new_window: NewWindow, context: BrowserContext, region: Region, monday: date
) -> Callable[..., Outlook]:
    """Open the window as somebody, in this test's week."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def opened(person: str = "anna.lindgren", calendar: str | None = None) -> Outlook:
        outlook = Outlook(new_window(context), region.window_url)
        outlook.visit(monday, person, calendar or person)
        return outlook

    return opened


@pytest.fixture
def pane(open_outlook: Callable[..., Outlook]) -> Iterator[Pane]:
    """Return Anna's pane beside a new appointment, not yet opened."""
    outlook = open_outlook()
    outlook.new_meeting()
    yield Pane(outlook)
    assert outlook.failures == []
