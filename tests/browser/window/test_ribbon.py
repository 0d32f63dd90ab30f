"""The ribbon's button out of the manifest, and the task pane that it opens."""

from playwright.sync_api import expect

from tests.browser.window.conftest import TestService
from tests.browser.window.outlook import Outlook


def test_the_button_stands_as_the_manifest_says(outlook: Outlook, service: TestService) -> None:
    outlook.new_meeting()
    button = outlook.page.get_by_test_id("addin-button")
    expect(button).to_have_text("Skyddat vårdmöte")
    expect(button.locator("img")).to_have_attribute("src", f"{service.url}/icons/vardmote-32.png")
    expect(button.locator("img")).to_have_js_property("naturalWidth", 32)


def test_the_button_opens_the_pane_of_the_manifest_at_its_usual_width(
    outlook: Outlook, service: TestService
) -> None:
    outlook.new_meeting()
    pane = outlook.open_pane()
    assert pane.url == f"{service.url}/pane/"
    expect(outlook.page.locator("#pane")).to_have_css("width", "340px")


def test_the_pane_is_made_wider_by_keyboard_and_never_narrower_than_320(outlook: Outlook) -> None:
    outlook.new_meeting()
    outlook.open_pane()
    edge = outlook.page.get_by_role("separator", name="Åtgärdsfönstrets bredd")
    edge.press("ArrowLeft")
    expect(outlook.page.locator("#pane")).to_have_css("width", "360px")
    for _ in range(5):
        edge.press("ArrowRight")
    expect(outlook.page.locator("#pane")).to_have_css("width", "320px")


def test_the_pane_closes_with_its_cross_and_with_the_form(outlook: Outlook) -> None:
    outlook.new_meeting()
    outlook.open_pane()
    outlook.button("Stäng Skyddat vårdmöte").click()
    expect(outlook.page.get_by_test_id("task-pane")).to_have_count(0)
    expect(outlook.button("Skyddat vårdmöte")).to_be_focused()
    outlook.open_pane()
    outlook.button("Släng").click()
    expect(outlook.page.get_by_test_id("task-pane")).to_have_count(0)


def test_without_a_manifest_the_calendar_works_and_says_what_is_missing(outlook: Outlook) -> None:
    outlook.page.route("**/window/manifest.xml", lambda route: route.fulfill(status=404, body=""))
    outlook.page.reload()
    expect(outlook.page.get_by_role("alert")).to_contain_text("knappen Skyddat vårdmöte saknas")
    outlook.new_meeting("Ändå")
    expect(outlook.page.get_by_test_id("addin-button")).to_have_count(0)
    outlook.save()
    expect(outlook.entry("Ändå")).to_be_visible()


def test_an_addin_without_shared_folders_is_not_offered_to_a_delegate(outlook: Outlook) -> None:
    outlook.page.route(
        "**/window/manifest.xml",
        lambda route: route.fulfill(
            body=route.fetch()
            .text()
            .replace(">true</SupportsSharedFolders>", ">false</SupportsSharedFolders>")
        ),
    )
    outlook.page.reload()
    outlook.field("Inloggad som").select_option("Carin Ek")
    outlook.new_meeting()
    expect(outlook.page.get_by_test_id("addin-button")).to_have_count(1)
    outlook.button("Släng").click()
    outlook.field("Visa kalender").select_option("Anna Lindgren")
    outlook.new_meeting()
    expect(outlook.page.get_by_test_id("addin-button")).to_have_count(0)
