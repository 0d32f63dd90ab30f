"""What axe-core finds in a page or a frame of one."""

from __future__ import annotations

from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

# Only what is asked for comes back: what axe lets pass is as long as the page itself.
_RUN: Final = """async (options) => {
  const { violations, passes } = await axe.run({ resultTypes: ["violations"], ...options });
  return { violations, passes: passes.length };
}"""
_COLOURS: Final = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def faults_in(page: Page | Frame, *, colours_alone: bool = False) -> list[str]:
    """Return what axe-core finds, best practices included, one line each.

    With `colours_alone` only what depends on colours is looked at: for another look of what has been looked at whole.
    """
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(_RUN, _COLOURS if colours_alone else {})
    assert found["passes"], "axe saw nothing"
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


def faults_in_light_and_dark(page: Page) -> list[str]:
    """Return what axe-core finds in either colour scheme; the light one stays."""
    page.emulate_media(color_scheme="dark")
    in_the_dark = faults_in(page, colours_alone=True)
    page.emulate_media(color_scheme="light")
    return in_the_dark + faults_in(page)
