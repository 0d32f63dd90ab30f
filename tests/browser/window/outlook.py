"""The Outlook window as a person uses it: what tests do there, in a person's words."""

from datetime import date
from typing import Any

from playwright.sync_api import Frame, Locator, Page

Result = dict[str, Any]
"""An AsyncResult: `status`, and `value` or `error`."""


class Outlook:
    """One open window. `pane` is the test pane's frame while a pane is open."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.failures: list[str] = []
        page.on("pageerror", lambda error: self.failures.append(str(error)))

    def visit(self, monday: date, person: str, calendar: str) -> None:
        """Load the window at a week, as a person of the sandbox, with somebody's calendar shown."""
        ends = "@region.example"
        self.page.goto(f"{self.address}/?person={person}{ends}&calendar={calendar}{ends}&week={monday}")
        # Not `expect`: each of its looks that finds nothing yet describes the whole week, for a message nobody reads.
        self.page.locator("html[data-ready=true]").wait_for(state="attached")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    def slot(self, day: date, clock: str) -> Locator:
        """Return the half hour that begins then."""
        return self.page.locator(f'[data-slot="{day}T{clock}"]')

    def entry(self, subject: str) -> Locator:
        """Return the appointment in the week."""
        return self.page.get_by_test_id("entry").filter(has_text=subject)

    @property
    def form(self) -> Locator:
        return self.page.locator("#form-view")

    @property
    def body(self) -> Locator:
        return self.page.get_by_test_id("body")

    def new_meeting(self, subject: str = "") -> None:
        """Open a blank appointment: Monday at nine of the shown week."""
        self.button("Nytt möte").click()
        if subject:
            self.field("Ämne").fill(subject)

    def save(self) -> None:
        """Save or send, and see the week again."""
        self.page.get_by_test_id("save").click()
        self.form.wait_for(state="hidden")
        self.rests()

    def rests(self) -> None:
        """Wait until the week has been read again: what is drawn anew under a double click is not opened by it."""
        self.page.locator(".week-scroll[aria-busy]").wait_for(state="detached")

    def open(self, subject: str) -> None:
        """Open a saved appointment from the week."""
        self.entry(subject).dblclick()
        self.form.wait_for()

    def open_series(self, subject: str) -> None:
        """Open the whole series of an occurrence in the week."""
        self._open_part(subject, "Hela serien")

    def open_occurrence(self, subject: str) -> None:
        """Open the one occurrence of a series that stands in the week."""
        self._open_part(subject, "Bara den här gången")

    def _open_part(self, subject: str, answer: str) -> None:
        self.entry(subject).dblclick()
        self.page.get_by_role("dialog").get_by_role("button", name=answer).click()
        self.form.wait_for()

    def open_pane(self) -> Frame:
        """Press the add-in's button and wait until Office.js is ready in the pane."""
        self.button("Skyddat vårdmöte").click()
        self.page.frame_locator("[data-testid=task-pane]").locator("output", has_text="Outlook").wait_for()
        handle = self.page.get_by_test_id("task-pane").element_handle()
        assert handle
        frame = handle.content_frame()
        assert frame
        return frame


def ask(pane: Frame, path: str, *args: Any) -> Result:
    """Call one asynchronous member of the item and return its AsyncResult."""
    result: Result = pane.evaluate("([path, args]) => ask(path, ...args)", [path, list(args)])
    return result


def value(pane: Frame, path: str, *args: Any) -> Any:
    """Call one asynchronous member that must succeed, and return its value."""
    result = ask(pane, path, *args)
    assert result["status"] == "succeeded", result
    return result["value"]
