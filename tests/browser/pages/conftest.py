"""A browser without scripts for guests, one with scripts for hosts, and the two pages over the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

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
def guest(browser: Browser) -> Iterator[BrowserContext]:
    """Yield a small telephone whose browser runs no scripts."""
    made = browser.new_context(
        viewport={"width": 320, "height": 640}, locale="sv-SE", java_script_enabled=False
    )
    yield made
    made.close()


@pytest.fixture
def host(browser: Browser) -> Iterator[BrowserContext]:
    """Yield a host's browser on a desk."""
    made = browser.new_context(viewport={"width": 1100, "height": 800}, locale="sv-SE")
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()
