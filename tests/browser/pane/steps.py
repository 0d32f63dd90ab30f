"""The pane as a clinician uses it, beside the Outlook window that hosts it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import APIResponse, FrameLocator, Locator, Page, Route, expect

from tests.browser.window.outlook import Outlook

PROPERTIES: Final = """() => new Promise((done) =>
  Office.context.mailbox.item.loadCustomPropertiesAsync(({ value }) =>
    done({ meeting: value.get("meeting") ?? null, draft: value.get("draft") ?? null })))"""
SET_PROPERTY: Final = """(id) => new Promise((done) =>
  Office.context.mailbox.item.loadCustomPropertiesAsync(({ value }) => {
    value.set("meeting", id);
    value.saveAsync(done);
  }))"""
ALL_REFUSED: Final = """() => new Promise((done) => {
  const look = () => (sandboxFaults.failing.size ? setTimeout(look, 10) : done());
  look();
})"""
LINK: Final = re.compile(r"http://127\.0\.0\.1:\d+/m/[0-9A-Z-]+")


class Pane:
    """The task pane in the open appointment."""

    def __init__(self, outlook: Outlook) -> None:
        self.outlook, self.page = outlook, outlook.page
        self.frame: FrameLocator = self.page.frame_locator('[data-testid="task-pane"]')

    # What is seen

    def view(self, name: str) -> Locator:
        return self.frame.locator(f'[data-view="{name}"]')

    def expect_view(self, name: str) -> Locator:
        # As in `Outlook.visit`: what is waited for most often is waited for without `expect`.
        self.view(name).wait_for()
        return self.view(name)

    def says(self, text: str) -> None:
        """Expect a sentence to be seen."""
        self.frame.locator("#view").get_by_text(text).wait_for()

    def audience(self, name: str) -> Locator:
        return self.frame.locator(f'section[data-audience="{name}"]')

    def action(self, name: str) -> Locator:
        return self.frame.locator(f'[data-action="{name}"]')

    # What is done

    def open(self) -> None:
        """Press the add-in's button."""
        self.outlook.button("Skyddat vårdmöte").click()
        self.frame.locator("#view[aria-busy=false]").wait_for()

    def reopen(self) -> None:
        """Close the pane and press the button again, as somebody who has second thoughts."""
        self.outlook.button("Stäng Skyddat vårdmöte").click()
        expect(self.page.get_by_test_id("task-pane")).to_have_count(0)
        self.outlook.button("Skyddat vårdmöte").click()

    def book(self) -> str:
        """Book what is preselected; return the link that stands in the item."""
        self.action("create").click()
        self.expect_booked()
        return self.link()

    def expect_booked(self) -> None:
        self.expect_view("meeting")
        self.frame.locator("section[data-audience]").first.wait_for()

    def set_time(self, start: str, end: str) -> None:
        """Change the times in the open appointment; Outlook takes the end along when the start is left."""
        for label, clock in (("Starttid", start), ("Sluttid", end)):
            self.outlook.field(label).fill(clock)
            self.outlook.field(label).blur()

    def choose(self, label: str) -> None:
        self.frame.get_by_text(label, exact=True).click()

    # What has become of the item

    def body_text(self) -> str:
        return str(self.outlook.body.inner_text())

    def link(self) -> str:
        """Return the one join link in the body."""
        links = set(LINK.findall(self.body_text()))
        assert len(links) == 1, links
        return str(links.pop())

    def properties(self) -> dict[str, Any]:
        """Return our custom properties as the item has them."""
        found: dict[str, Any] = self._in_frame(PROPERTIES)
        return found

    def plant_meeting(self, meeting_id: str) -> None:
        """Put another meeting's id into the item's custom properties."""
        self._in_frame(SET_PROPERTY, meeting_id)

    def outlook_fails(self, call: str, times: int = 1) -> None:
        """Make Outlook refuse the next calls of that name."""
        self.page.evaluate("([name, times]) => sandboxFaults.fail(name, { times })", [call, times])

    def outlook_has_failed(self) -> None:
        """Wait until Outlook has refused all that it was to refuse."""
        self.page.evaluate(ALL_REFUSED)

    def clipboard(self, kind: str = "text/plain") -> str:
        read = "async (kind) => (await (await navigator.clipboard.read())[0].getType(kind)).text()"
        return str(self.page.evaluate(read, kind))

    def _in_frame(self, script: str, *args: Any) -> Any:
        handle = self.page.get_by_test_id("task-pane").element_handle()
        frame = handle.content_frame() if handle else None
        assert frame
        return frame.evaluate(script, *args)


@contextmanager
def late_answer(page: Page, pattern: str | re.Pattern[str]) -> Iterator[Callable[[], None]]:
    """Keep the next answer to such a request until the given function is called: older than all that came since."""
    kept: list[tuple[Route, APIResponse]] = []
    page.route(pattern, lambda route: kept.append((route, route.fetch())), times=1)

    def come() -> None:
        route, answer = kept.pop()
        with page.expect_response(pattern):
            route.fulfill(response=answer)

    yield come


@contextmanager
def watched_requests(page: Page, method: str, path: str) -> Iterator[list[dict[str, Any]]]:
    """Yield a list that fills with the bodies of the requests that the pane sends there."""
    seen: list[dict[str, Any]] = []

    def note(request: Any) -> None:
        if request.method == method and request.url.endswith(path):
            seen.append(request.post_data_json)

    page.on("request", note)
    try:
        yield seen
    finally:
        page.remove_listener("request", note)
