"""The Outlook window as a person uses it: what tests do there, in a person's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Frame, Locator, Page, ViewportSize

from tests.browser_contexts import Contexts

# So far one goes on from week to week; beyond that, and back, the window is loaded anew.
_WEEKS_TO_TURN: Final = 4
ANNA: Final = "anna.lindgren"
_SHOWN_WEEK: Final = "new URLSearchParams(location.search).get('week')"
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

    def discard(self) -> None:
        """Close what is open and lose what was changed in it."""
        if self.form.is_visible():
            self.button("Släng").click()
            # Where something would be lost the question stands there as soon as the button has been pressed.
            question = self.page.get_by_role("dialog").get_by_role("button", name="Släng")
            if question.count():
                question.click()
            self.form.wait_for(state="hidden")

    def turns_to(self, monday: date) -> bool:
        """Show a week to come in the same calendar; False when it is too far from what is shown."""
        weeks = (monday - date.fromisoformat(self.page.evaluate(_SHOWN_WEEK))).days // 7
        for _ in range(weeks if weeks <= _WEEKS_TO_TURN else 0):
            self.button("Nästa vecka").click()
        self.rests()
        return 0 <= weeks <= _WEEKS_TO_TURN

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


class KeptWindow:
    """Anna's window that stays open from one test of a file to the next, as hers does all day.

    Loading it costs more than most of what is done in it. Whoever reloads it, has scripts run in it before its own or
    asks for it as somebody else opens one of their own; and so does the test after one that failed.
    """

    def __init__(self, contexts: Contexts, address: str) -> None:
        self._contexts, self._address = contexts, address
        self._outlook: Outlook | None = None
        self._size: ViewportSize | None = None

    @contextmanager
    def at(self, monday: date, context: BrowserContext, session: pytest.Session) -> Iterator[Outlook]:
        """Yield the window at a week, with nothing open in it."""
        failed = session.testsfailed
        outlook = self._outlook or self._opened(monday, context)
        self._outlook = None
        if not outlook.turns_to(monday):
            outlook.visit(monday, ANNA, ANNA)
        outlook.failures.clear()
        yield outlook
        if session.testsfailed == failed:
            self._outlook = outlook
        else:
            self._contexts.give_up(outlook.page)

    def _opened(self, monday: date, context: BrowserContext) -> Outlook:
        outlook = Outlook(context.new_page(), self._address)
        outlook.visit(monday, ANNA, ANNA)
        self._size = outlook.page.viewport_size
        self._contexts.keep(outlook.page, lambda: self._is_put_in_order(outlook))
        return outlook

    def _is_put_in_order(self, outlook: Outlook) -> bool:
        page = outlook.page
        page.unroute_all()
        page.evaluate("sandboxFaults.clear()")
        # A question that stands there hides all else.
        if page.locator("dialog[open]").count():
            self._outlook = None
            return False
        outlook.discard()
        if self._size and page.viewport_size != self._size:
            page.set_viewport_size(self._size)
        return True

    def close(self) -> None:
        """Close the window."""
        if self._outlook:
            self._contexts.give_up(self._outlook.page)
            self._outlook.page.close()


def ask(pane: Frame, path: str, *args: Any) -> Result:
    """Call one asynchronous member of the item and return its AsyncResult."""
    result: Result = pane.evaluate("([path, args]) => ask(path, ...args)", [path, list(args)])
    return result


def value(pane: Frame, path: str, *args: Any) -> Any:
    """Call one asynchronous member that must succeed, and return its value."""
    result = ask(pane, path, *args)
    assert result["status"] == "succeeded", result
    return result["value"]
