"""A sandbox process, a service that serves nothing but a test pane, and a browser that looks at the window."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize

from manifest.build import build
from manifest.icons import FOLDER as ICONS
from tests.browser.window.outlook import Outlook
from tests.browser_contexts import Contexts, NewWindow
from tests.weeks import coming_mondays

HERE: Final = Path(__file__).parent
SIZE: Final[ViewportSize] = {"width": 1280, "height": 800}
MONDAYS: Final = coming_mondays()


class TestService:
    """Stands where the service stands: its own origin, with the test pane at the path that the manifest names."""

    __test__ = False

    def __init__(self) -> None:
        self.office_js_url = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, content = service.file(self.path)
                self.send_response(200 if content else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Keep the test run quiet."""

        return Handler

    def file(self, path: str) -> tuple[str, bytes]:
        """Return content type and content; empty when there is no such file."""
        if path.startswith("/pane/"):
            page = (HERE / "pane.html").read_text(encoding="utf-8")
            return "text/html; charset=utf-8", page.replace("OFFICE_JS_URL", self.office_js_url).encode()
        icon = ICONS / Path(path).name
        return "image/png", icon.read_bytes() if path.startswith("/icons/") and icon.is_file() else b""


@pytest.fixture(scope="session")
def service() -> Iterator[TestService]:
    started = TestService()
    yield started
    started.close()


@pytest.fixture(scope="session")
def sandbox(service: TestService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the sandbox as its users do; return its address."""
    folder = tmp_path_factory.mktemp("sandbox")
    build(service.url, folder, allow_loopback_http=True)
    arguments = ["--port", "0", "--service-url", service.url, "--manifest", str(folder / "manifest.xml")]
    command = [sys.executable, "-m", "addin.sandbox", *arguments, "--state", str(folder / "state.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        service.office_js_url = f"{address}/office.js"
        yield address
        process.terminate()


@pytest.fixture
def context(contexts: Contexts) -> BrowserContext:
    """Return an empty browser context; each test has a week of its own, so nothing else is shared."""
    return contexts.of(viewport=SIZE, locale="sv-SE", reduced_motion="reduce")


@pytest.fixture
def monday() -> date:
    """Return a Monday of a week that no other test uses."""
    return next(MONDAYS)


@pytest.fixture
def open_outlook(
    new_window: NewWindow, context: BrowserContext, sandbox: str, monday: date
) -> Callable[..., Outlook]:
    """Open the window as somebody, in this test's week."""

    def opened(
        person: str = "anna.lindgren", calendar: str | None = None, page: Page | None = None
    ) -> Outlook:
        outlook = Outlook(page or new_window(context), sandbox)
        outlook.visit(monday, person, calendar or person)
        return outlook

    return opened


@pytest.fixture
def outlook(open_outlook: Callable[..., Outlook]) -> Outlook:
    """Return Anna's window, in this test's week."""
    return open_outlook()
