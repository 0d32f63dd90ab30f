"""A browser without scripts for guests, one with scripts for hosts, and the two pages over the sandbox."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from tests.browser_contexts import DESK, Contexts
from tests.integration.front.doors import _region_of_all, doors, region

__all__ = ["_region_of_all", "doors", "guest", "host", "region"]


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
