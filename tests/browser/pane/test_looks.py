"""What the eye and the screen reader meet: every view at every width, light, dark and in forced colours."""

import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from addin.sandbox import people
from tests.axe import faults_in, faults_in_light_and_dark
from tests.browser.pane.steps import Pane
from tests.browser.pane.test_personal_data import PERSONAL_NUMBER
from tests.browser.pane.test_texts import copy
from tests.browser.window.outlook import Outlook
from tests.browser_contexts import Contexts
from tests.region import Region

OVERFLOWS: Final = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
OVERFLOWS_AT_TWICE_THE_TEXT: Final = f"""() => {{
  const root = document.documentElement;
  root.style.fontSize = "200%";
  const overflows = ({OVERFLOWS})();
  root.style.fontSize = "";
  return overflows;
}}"""
BROKEN_AT_TWICE_THE_TEXT: Final = """() => {
  const root = document.documentElement;
  root.style.fontSize = "200%";
  const broken = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    for (const word of text.data.matchAll(/(?<![\\p{L}\\d])\\p{L}{2,8}(?![\\p{L}\\d])/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(one => Math.round(one.top))).size > 1) broken.push(word[0]);
    }
  }
  root.style.fontSize = "";
  return broken;
}"""
LINES: Final = (
    "all => all.map(one => Math.round(one.offsetHeight / parseFloat(getComputedStyle(one).lineHeight)))"
)
Scheme = Literal["light", "dark"]
Forced = Literal["active", "none"]


@pytest.fixture(params=[(320, "light", "none"), (480, "dark", "none"), (340, "dark", "active")], ids=str)
def looked_at(request: Any, contexts: Contexts, region: Region, monday: Any) -> Pane:
    """Return a pane of a width, in a colour scheme, beside a new appointment."""
    width, scheme, forced = request.param
    page = contexts.page(color_scheme=scheme, forced_colors=forced)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    outlook = Outlook(page, region.window_url)
    outlook.visit(monday, "anna.lindgren", "anna.lindgren")
    outlook.new_meeting()
    pane = Pane(outlook)
    pane.open()
    set_width(outlook.page, width)
    return pane


def set_width(page: Page, width: int) -> None:
    """Drag the pane's edge, by keyboard, until the pane is so wide."""
    edge = page.get_by_role("separator")
    while (now := int(edge.get_attribute("aria-valuenow") or 0)) != width:
        edge.press("ArrowLeft" if now < width else "ArrowRight")


def expect_well(pane: Pane, view: str) -> None:
    """Expect that axe finds nothing in the pane, that nothing runs out of it, at twice the text neither, and that no
    short word is broken then.
    """
    pane.expect_view(view)
    frame = pane.page.get_by_test_id("task-pane").element_handle()
    inside = frame.content_frame() if frame else None
    assert inside
    assert faults_in(inside) == []
    assert not inside.evaluate(OVERFLOWS)
    assert not inside.evaluate(OVERFLOWS_AT_TWICE_THE_TEXT)
    assert inside.evaluate(BROKEN_AT_TWICE_THE_TEXT) == []
    assert set(inside.locator(".whole").evaluate_all(LINES)) <= {1}, (
        "a clock time is broken where a line ends"
    )


@pytest.mark.changes_the_page
@pytest.mark.parametrize("height", [620, 800])
def test_in_a_low_window_the_way_on_is_seen_and_hides_no_field(pane: Pane, height: int) -> None:
    pane.page.set_viewport_size({"width": 1280, "height": height})
    pane.open()
    create, unit = pane.action("create"), pane.frame.get_by_label("Enhet")
    expect(create).to_be_in_viewport(ratio=1)
    pane.frame.get_by_role("radio", name="Vårdmöte patient").focus()
    for _ in range(2):  # to the variants, then to the unit
        pane.page.keyboard.press("Tab")
    expect(unit).to_be_focused()
    seen, bar = unit.bounding_box(), create.locator("..").bounding_box()
    assert seen
    assert bar
    assert seen["y"] + seen["height"] <= bar["y"]


def test_every_view_is_sound_and_work_under_way_is_spoken(looked_at: Pane) -> None:
    pane = looked_at
    expect_well(pane, "choose")
    pane.outlook.field("Ämne").fill(f"Återbesök {PERSONAL_NUMBER}")
    pane.action("create").click()
    expect_well(pane, "personal-data")
    pane.action("neutral-subject").click()
    pane.expect_view("choose")

    pane.page.route("**/api/v1/meetings", lambda route: route.fulfill(status=500, body=""))
    pane.action("create").click()
    pane.says("svarade på ett oväntat sätt. Inget har skrivits i bokningen.")
    expect_well(pane, "choose")
    pane.page.unroute("**/api/v1/meetings")

    # Held before the service, which would promise the room in some seconds while axe still looks.
    held: list[Route] = []
    pane.page.route("**/api/v1/meetings", lambda route: held.append(route))
    with pane.page.expect_request("**/api/v1/meetings"):
        pane.action("retry").click()
    expect(pane.frame.get_by_role("status")).to_have_text("Skapar ett skyddat rum")
    expect(pane.frame.locator("#view")).to_have_attribute("aria-busy", "true")
    expect_well(pane, "progress")
    for route in held:
        route.continue_()
    pane.expect_booked()
    expect_well(pane, "meeting")

    copy(pane, "patient", "text")
    pane.audience("patient").locator("summary").click()
    pane.set_time("08:30", "09:00")
    pane.says("Några har fått gamla uppgifter")
    expect(pane.audience("patient")).to_be_visible()
    expect_well(pane, "meeting")
    pane.action("change").click()
    expect_well(pane, "change")
    pane.action("cancel").click()
    pane.expect_booked()
    pane.action("remove").click()
    expect_well(pane, "removal")


def test_the_sandboxs_inbox_is_sound_and_shows_new_mail_by_itself(contexts: Contexts, region: Region) -> None:
    page = contexts.page(viewport={"width": 320, "height": 640}, color_scheme="dark")
    page.goto(f"{region.window_url}/mail?to={people.DAVID.address}")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "mote@region.example", people.DAVID.address, "Tiden är ändrad"
    mail["Date"] = datetime(2026, 11, 26, 13, 45, tzinfo=UTC)
    mail.set_content("Läs mer: http://127.0.0.1/start/XXXXX-XXXXX-XXXX/told")
    assert region.ports.mail
    with smtplib.SMTP("127.0.0.1", region.ports.mail) as server:
        server.send_message(mail)
    expect(page.get_by_role("heading", name="Tiden är ändrad")).to_be_visible()
    expect(page.get_by_text("26 november 2026 kl. 14.45")).to_be_visible()
    assert faults_in_light_and_dark(page) == []
    assert not page.evaluate(OVERFLOWS)
    assert not page.evaluate(OVERFLOWS_AT_TWICE_THE_TEXT)


def test_motion_stops_for_those_who_ask(browser: Browser, pane_alone: str) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{pane_alone}/pane/")
    expect(page.locator("#view h2")).to_be_visible()
    made = """() => {
      document.getElementById("view").innerHTML = '<ol class="steps"><li aria-current="step">x</li></ol>';
      return getComputedStyle(document.querySelector("li"), "::before").animationName;
    }"""
    assert page.evaluate(made) == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(made) == "turn"
    page.close()


def test_the_message_outside_outlook_is_sound(browser: Browser, pane_alone: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 600})
    page.goto(f"{pane_alone}/pane/")
    expect(page.locator("#view h2")).to_be_visible()
    assert faults_in(page) == []
    page.close()
