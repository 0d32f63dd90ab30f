"""Nobody is shut out: axe-core, keyboard alone, narrow windows, dark and high contrast."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.axe import faults_in, faults_in_light_and_dark
from tests.browser.window.outlook import Outlook

Opener = Callable[..., Outlook]


@pytest.mark.changes_the_page
def test_axe_finds_nothing_in_any_view(open_outlook: Opener) -> None:
    outlook = open_outlook("carin.ek", "anna.lindgren")
    outlook.new_meeting("Tillgängligt")
    outlook.field("Obligatoriska").fill("bo.sandstrom@region.example;")
    outlook.open_pane()
    pane = outlook.page.get_by_test_id("task-pane")
    pane.evaluate(
        "frame => frame.remove()"
    )  # the pane has its own tests; here the window itself is looked at
    outlook.field("Sluttid").fill("08:00")
    outlook.field("Plats").focus()
    assert faults_in_light_and_dark(outlook.page) == []
    outlook.field("Sluttid").fill("10:00")
    outlook.save()
    expect(outlook.entry("Tillgängligt")).to_be_visible()
    assert faults_in_light_and_dark(outlook.page) == []
    outlook.entry("Tillgängligt").click()
    assert faults_in_light_and_dark(outlook.page) == []
    outlook.page.keyboard.press("Escape")
    outlook.entry("Tillgängligt").click(button="right")
    assert faults_in_light_and_dark(outlook.page) == []
    outlook.page.get_by_role("menuitem", name="Ta bort").click()
    expect(outlook.page.get_by_role("dialog")).to_be_visible()
    assert faults_in_light_and_dark(outlook.page) == []


@pytest.mark.changes_the_page
@pytest.mark.parametrize("width", [1280, 900])
def test_nothing_is_cut_off_sideways(outlook: Outlook, width: int) -> None:
    outlook.page.set_viewport_size({"width": width, "height": 800})
    outlook.new_meeting("Smalt")
    outlook.open_pane()
    assert outlook.page.evaluate("document.documentElement.scrollWidth") <= width
    edge = outlook.page.locator("#pane").bounding_box()
    assert edge
    assert edge["x"] + edge["width"] <= width


def test_a_meeting_is_booked_by_keyboard_alone(outlook: Outlook) -> None:
    keyboard = outlook.page.keyboard
    outlook.button("Nytt möte").focus()
    keyboard.press("Enter")
    expect(outlook.field("Ämne")).to_be_focused()
    keyboard.type("Bara tangenter")
    keyboard.press("Shift+Tab")
    expect(outlook.button("Skyddat vårdmöte")).to_be_focused()
    for _ in range(2):
        keyboard.press("Shift+Tab")
    expect(outlook.page.get_by_test_id("save")).to_be_focused()
    keyboard.press("Enter")
    expect(outlook.entry("Bara tangenter")).to_be_visible()
    outlook.entry("Bara tangenter").focus()
    keyboard.press("Enter")
    expect(outlook.button("Öppna")).to_be_focused()
    keyboard.press("Escape")
    expect(outlook.entry("Bara tangenter")).to_be_focused()


@pytest.mark.changes_the_page
def test_high_contrast_keeps_an_edge_around_every_appointment(outlook: Outlook) -> None:
    outlook.new_meeting("Kontrast")
    outlook.save()
    outlook.page.emulate_media(forced_colors="active", color_scheme="dark")
    expect(outlook.entry("Kontrast")).to_have_css("border-bottom-width", "1px")
    assert outlook.page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert faults_in(outlook.page) == []
