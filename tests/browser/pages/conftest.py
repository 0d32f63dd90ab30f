"""A browser without scripts for guests, one with scripts for hosts, and the two pages over the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser_contexts import DESK, Contexts
from tests.integration.front_doors import FrontDoors, Region, front_doors


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    running = Region(tmp_path_factory.mktemp("region") / "state.db")
    yield running
    running.stop()


@pytest.fixture
def doors(region: Region, tmp_path: Path) -> Iterator[FrontDoors]:
    with front_doors(region, tmp_path) as served:
        yield served


@pytest.fixture
def guest(contexts: Contexts) -> BrowserContext:
    """Return a small telephone whose browser runs no scripts."""
    return contexts.of(viewport={"width": 320, "height": 640}, locale="sv-SE", java_script_enabled=False)


@pytest.fixture
def host(contexts: Contexts) -> BrowserContext:
    """Return a host's browser on a desk."""
    browser = contexts.of(**DESK)
    browser.grant_permissions(["clipboard-read", "clipboard-write"])
    return browser
