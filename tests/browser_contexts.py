"""Contexts of the browser that tests share: made once for each set of options, and empty when a test begins."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, ViewportSize

# The site of every server that tests start; a site has no port. What stays open there is answered by the test itself.
_STAYING: Final = "http://127.0.0.1/staying"


# How many pages are left blank before they are closed.
_MOST_LEFT: Final = 12

# For what a test does, as `tests.conftest` has it for what a test sees.
LONGEST_WAIT_MS: Final = 60_000

# A desk in Sweden, where nothing moves, so that nothing is drawn while a test waits.
DESK: Final[dict[str, Any]] = {
    "viewport": {"width": 1280, "height": 900},
    "locale": "sv-SE",
    "reduced_motion": "reduce",
}


NewWindow = Callable[[BrowserContext], Page]


class Contexts:
    """The shared contexts of one browser; what a test opened, was granted or left behind goes with `empty`.

    Scripts stay in their caches, so that not every test loads all of them anew. One page of each is no test's: as long
    as it is open the browser keeps the process for our site, and starting that costs more than most tests do.

    A page that is closed takes with it all that its process has loaded, so that the next would fetch each of a window's
    and a pane's eighty files through three processes. What a test has opened is therefore left blank, and closed with
    that of some others. And to open a page costs as much as to load a window in it, so a window that a test has left
    is the next test's, unless it has changed the page itself.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._made: dict[str, BrowserContext] = {}
        self._used: set[str] = set()
        self._staying: list[Page] = []
        self._left: list[Page] = []
        self._windows: list[Page] = []
        self._free: list[Page] = []

    def of(self, **options: Any) -> BrowserContext:
        """Return the context with these options (those of `Browser.new_context`)."""
        named = json.dumps(options, sort_keys=True)
        if named not in self._made:
            self._made[named] = self._new(options)
        self._used.add(named)
        return self._made[named]

    def page(self, *, viewport: ViewportSize | None = None, locale: str = "sv-SE", **media: Any) -> Page:
        """Return a new page of that size which shows itself so (`media` as for `Page.emulate_media`).

        Size and look are the page's own, so that all looks share a context, with its process and its caches.
        """
        page = self.of(**{**DESK, "locale": locale}).new_page()
        if viewport:
            page.set_viewport_size(viewport)
        if media:
            page.emulate_media(**media)
        return page

    def window(self, context: BrowserContext) -> Page:
        """Return a blank page of that context, perhaps one that another test has had.

        For tests that leave the page itself as it was: its size, its looks, what runs in it before any script.
        """
        page = next((one for one in self._free if one.context == context), None)
        if page:
            self._free.remove(page)
        else:
            page = context.new_page()
            self._windows.append(page)
        return page

    def _new(self, options: dict[str, Any]) -> BrowserContext:
        made = self._browser.new_context(**options)
        made.set_default_timeout(LONGEST_WAIT_MS)
        staying = made.new_page()
        staying.route(_STAYING, lambda route: route.fulfill(body=""))
        staying.goto(_STAYING)
        self._staying.append(staying)
        return made

    def empty(self) -> None:
        """Leave what the last test opened, and take back what it was granted and what was remembered."""
        for context in map(self._made.__getitem__, self._used):
            context.set_offline(False)
            context.clear_permissions()
            for page in context.pages:
                if page not in (*self._staying, *self._left, *self._free):
                    _forget_choices(page)
                    self._leave(page)
            context.clear_cookies()
        self._used.clear()
        if len(self._left) > _MOST_LEFT:
            for page in self._left:
                page.close()
            self._left.clear()

    def _leave(self, page: Page) -> None:
        page.unroute_all()
        try:
            page.goto("about:blank")
        except Error:
            # One that has crashed, or is on its way to another page, cannot be led away.
            page.close()
        else:
            (self._free if page in self._windows else self._left).append(page)

    def close(self) -> None:
        """Close all contexts."""
        for context in self._made.values():
            context.close()


def _forget_choices(page: Page) -> None:
    """Empty what the page and the frames in it have put into the browser's own storage."""
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(frame.url)) for frame in page.frames}
    devtools = page.context.new_cdp_session(page)
    for origin in origins:
        devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})
