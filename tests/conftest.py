"""What the whole test run shares: what it does when a tool is missing, and how hypothesis behaves.

A missing tool never passes for a green test: on a user's machine the test is skipped and the summary names it under
"NOT PROVED"; where `CI` is set it fails.
"""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final, NoReturn

import pytest
from _pytest.terminal import TerminalReporter
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser_contexts import Contexts, NewWindow
from tests.examples import register_profiles

TESTS: Final = Path(__file__).parent
ROOT: Final = TESTS.parent
NOT_PROVED: Final = "NOT PROVED: "
SEEN_WITHIN_MS: Final = 60_000

# Hundreds of processes of ours are started; without bytecode each would compile the service and its libraries anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Python looks for cycles after every 700 new objects, through all that was loaded: a seventh of collecting's time.
gc.set_threshold(100_000, 10, 10)

# What `nohup` has ignored would be ignored by all that is started from here, too, and tests hang up on some of that. A
# handler does as well for this process, and none is inherited.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

register_profiles()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that short ones fill the gaps at the end of a run in many processes.

    Integration waits and a browser works, so their files take turns.
    """
    files: dict[str, list[Path]] = {"integration": [], "browser": []}
    for path in dict.fromkeys(item.path for item in items):
        folder = path.relative_to(TESTS).parts[0]
        if folder in files:
            files[folder].append(path)
    turns = [path for pair in zip_longest(*files.values()) for path in pair if path]
    place = {path: turn for turn, path in enumerate(turns)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what is there for the whole run."""
    gc.collect()
    gc.freeze()


def cannot_prove(reason: str) -> NoReturn:
    """End the running test: as a failure where `CI` is set, otherwise as a skip that the summary repeats."""
    if os.environ.get("CI"):
        pytest.fail(NOT_PROVED + reason, pytrace=False)
    pytest.skip(NOT_PROVED + reason)


@pytest.fixture(scope="session")
def requires_node() -> Path:
    """Return the folder of the pinned Node programs (`tsc`, `office-addin-manifest`, ...)."""
    programs = ROOT / "tests" / "node" / "node_modules" / ".bin"
    if not shutil.which("node"):
        cannot_prove("Node is not installed, so Microsoft's own manifest tools and types did not run.")
    if not programs.is_dir():
        cannot_prove("tests/node/node_modules is missing; run ./test, which installs it with npm.")
    return programs


@pytest.fixture(scope="session")
def requires_chromium() -> Path:
    """Return the browser to drive: `VARDMOTE_CHROMIUM`, or the system's own Chromium, without windows if it can be."""
    programs = ("chromium-headless-shell", "chromium", "chromium-browser")
    found = os.environ.get("VARDMOTE_CHROMIUM") or next(filter(None, map(shutil.which, programs)), None)
    if not found or not Path(found).is_file():
        cannot_prove("there is no Chromium, so nothing was tried in a browser; install the package chromium.")
    return Path(found)


@pytest.fixture(scope="session")
def browser(requires_chromium: Path) -> Iterator[Browser]:
    """Return the one browser of this process: Playwright allows one synchronous driver in each."""
    with sync_playwright() as playwright:
        # How long a test waits for what a person would see; how fast that comes on a busy machine is not its subject.
        expect.set_options(timeout=SEEN_WITHIN_MS)
        # All pages of a site in one process; see `Contexts`.
        arguments = ["--no-sandbox", "--process-per-site"]
        started = playwright.chromium.launch(
            executable_path=str(requires_chromium), args=arguments, timeout=2 * SEEN_WITHIN_MS
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def _contexts(browser: Browser) -> Iterator[Contexts]:
    made = Contexts(browser)
    yield made
    made.close()


@pytest.fixture
def contexts(_contexts: Contexts) -> Iterator[Contexts]:
    """Return the browser's contexts, all of them empty."""
    yield _contexts
    _contexts.empty()


@pytest.fixture
def new_window(contexts: Contexts, request: pytest.FixtureRequest) -> NewWindow:
    """Return what opens a blank page: a new one for tests that change the page itself, such as its size or scripts."""
    if request.node.get_closest_marker("changes_the_page"):
        return BrowserContext.new_page
    return contexts.window


@pytest.fixture(scope="session")
def requires_contracts() -> Path:
    """Return the folder of Microsoft's schemas: `VARDMOTE_CONTRACTS`, or `shared/contracts` beside this checkout."""
    folder = Path(os.environ.get("VARDMOTE_CONTRACTS") or ROOT.parent / "shared" / "contracts")
    if not folder.is_dir():
        cannot_prove("Microsoft's schemas are not at hand; set VARDMOTE_CONTRACTS to their folder.")
    return folder


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Repeat at the end, where it is read, what this run could not prove."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {
        report.longrepr[2].partition(NOT_PROVED)[2]
        for report in skipped
        if NOT_PROVED in str(report.longrepr)
    }
    for reason in sorted(reasons):
        terminalreporter.write_line(NOT_PROVED + reason, red=True, bold=True)
