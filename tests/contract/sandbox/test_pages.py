"""The pages that people see, in a real browser: meeting in the simulated Pexip, choosing who one is."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from addin.sandbox import people
from tests.axe import faults_in
from tests.browser_contexts import DESK, Contexts
from tests.contract.sandbox.running import Sandbox
from tests.contract.sandbox.test_issuer import AUTHORIZE, REDIRECT, REQUEST

SAYS_SANDBOX = "Sandlåda – inga riktiga möten"
Visit = Callable[[str], Page]


@pytest.fixture
def visit(contexts: Contexts, region: Sandbox) -> Visit:
    """Open an address in a window of one and the same browser profile."""
    profile = contexts.of(**DESK)

    def open_window(path: str) -> Page:
        page = profile.new_page()
        page.goto(region.base + path)
        return page

    return open_window


def is_sound(page: Page) -> None:
    """Hold a page to what every page of the sandbox keeps: it says what it is, and axe finds nothing."""
    expect(page.get_by_text(SAYS_SANDBOX)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "sv"
    assert faults_in(page) == []


def enter(page: Page, name: str, pin: str | None = None) -> None:
    page.get_by_label("Ditt namn i mötet").fill(name)
    page.get_by_role("button", name="Fortsätt").click()
    is_sound(page)
    if pin is None:
        page.get_by_role("button", name="Gå in som gäst").click()
    else:
        page.get_by_label("Pinkod för värden").fill(pin)
        page.get_by_role("button", name="Gå in med pinkod").click()


def test_a_guest_waits_in_the_lobby_until_the_host_comes_in_another_window(
    region: Sandbox, visit: Visit
) -> None:
    region.lobby_room("a1")
    guest, host = visit("/webapp3/m/a1"), visit("/webapp3/m/a1")
    is_sound(guest)

    enter(guest, "Patienten")
    expect(guest.get_by_role("heading", name="Väntar på värden")).to_be_visible()
    is_sound(guest)
    enter(host, "Anna", "1234")

    expect(host.get_by_role("heading", name="Deltagare (2)")).to_be_visible()
    is_sound(host)
    expect(guest.get_by_role("heading", name="Du är i mötet")).to_be_visible()
    expect(guest.get_by_role("button", name="Avsluta för alla")).to_have_count(0)

    host.get_by_role("button", name="Avsluta för alla").click()
    expect(guest.get_by_text("Mötet är avslutat.")).to_be_visible()
    guest.reload()
    is_sound(guest)


def test_the_host_lets_guests_into_a_locked_meeting_one_by_one(region: Sandbox, visit: Visit) -> None:
    region.lobby_room("a1")
    host = visit("/webapp3/m/a1/express?name=Anna&pin=1234")
    host.get_by_role("button", name="Lås mötet").click()
    guest = visit("/webapp3/m/a1/express?name=Gun&role=guest")
    expect(guest.get_by_role("heading", name="Väntar på att släppas in")).to_be_visible()
    is_sound(guest)

    host.get_by_role("button", name="Släpp in Gun").click()
    expect(guest.get_by_role("heading", name="Du är i mötet")).to_be_visible()

    host.get_by_role("button", name="Koppla bort Gun").click()
    expect(guest.get_by_text("Värden har kopplat bort dig från mötet.")).to_be_visible()


def test_a_guest_cannot_act_as_host(region: Sandbox, visit: Visit) -> None:
    region.lobby_room("a1")
    visit("/webapp3/m/a1/express?name=Anna&pin=1234")
    guest = visit("/webapp3/m/a1/express?name=Gun&role=guest")

    region.call("POST", guest.url, data={"action": "end"})

    assert region.call("GET", guest.url).text.count("Du är i mötet") == 1


def test_a_wrong_pin_is_said_and_can_be_mended(region: Sandbox, visit: Visit) -> None:
    region.room("a1", pin="1234")
    page = visit("/webapp3/m/a1/express?name=Anna&pin=9999")

    expect(page.get_by_role("alert")).to_have_text("Fel pinkod. Försök igen.")
    is_sound(page)
    page.get_by_label("Pinkod").fill("1234")
    page.get_by_role("button", name="Gå in med pinkod").click()
    expect(page.get_by_role("heading", name="Du är i mötet")).to_be_visible()


def test_who_comes_as_a_guest_is_not_asked_for_the_pin_of_the_host(region: Sandbox) -> None:
    region.lobby_room("a1")
    way_in = "/webapp3/m/a1?role=guest"

    lobby = region.call("POST", way_in, data={"name": "Gun"}).headers["Location"]
    assert "Väntar på värden" in region.call("GET", lobby).text
    region.call("POST", lobby, data={"action": "leave"})
    assert f'href="{way_in}">Anslut igen<' in region.call("GET", lobby).text

    region.room("b1", pin="1234", guest_pin="5678", allow_guests=True)
    asked = region.call("POST", "/webapp3/m/b1?role=guest", data={"name": "Gun"})
    assert 'name="pin"' in asked.text
    assert "Fel pinkod" not in asked.text


def test_a_guest_who_tried_a_pin_can_still_go_in_as_a_guest(region: Sandbox) -> None:
    region.lobby_room("a1")
    again = region.call("POST", "/webapp3/m/a1", data={"name": "Gun", "pin": "9999", "as": "host"})
    assert "Fel pinkod" in again.text
    assert "Gå in som gäst" in again.text
    seated = region.call("POST", "/webapp3/m/a1", data={"name": "Gun", "pin": "9999", "as": "guest"})
    assert "Väntar på värden" in region.call("GET", seated.headers["Location"]).text


def test_the_sixteenth_is_told_that_the_meeting_is_full(region: Sandbox, visit: Visit) -> None:
    region.lobby_room("a1", participant_limit=1)
    region.seat("a1", "none")

    page = visit("/webapp3/m/a1/express?name=Gun&role=guest")

    expect(page.get_by_role("alert")).to_contain_text("Mötet är fullt")


def test_a_room_that_is_not_there_yet_is_explained(region: Sandbox, visit: Visit) -> None:
    region.set(replication_seconds=60)
    region.lobby_room("a1")
    page = visit("/webapp3/m/a1/express?name=Gun")

    expect(page.get_by_role("heading", name="Mötet hittades inte")).to_be_visible()
    is_sound(page)
    region.advance(61)
    page.get_by_role("link", name="Försök igen").click()
    expect(page.get_by_label("Pinkod för värden")).to_be_visible()


def test_whoever_waits_too_long_is_told_why_the_meeting_ended(region: Sandbox, visit: Visit) -> None:
    region.set(waiting_for_chair_seconds=100)
    region.lobby_room("a1")
    page = visit("/webapp3/m/a1/express?name=Gun&role=guest")

    region.advance(101)

    expect(page.get_by_text("Ingen värd kom, så du kopplades från.")).to_be_visible()


def test_signing_in_is_choosing_who_one_is(region: Sandbox, visit: Visit) -> None:
    page = visit(f"{AUTHORIZE}?{urlencode(REQUEST)}")
    is_sound(page)

    # Who answers there, if anybody, is no matter: the browser is sent there.
    with page.expect_request(f"{REDIRECT}**") as sent:
        page.get_by_role("button", name=people.DAVID.name).click()

    assert re.fullmatch(re.escape(REDIRECT) + r"\?code=[^&]+&state=the-state", sent.value.url)


def test_a_person_of_another_organisation_is_refused_and_can_choose_again(
    region: Sandbox, visit: Visit
) -> None:
    page = visit(f"{AUTHORIZE}?{urlencode(REQUEST)}")

    page.get_by_role("button", name=people.STRANGER.name).click()
    expect(page.get_by_role("alert")).to_contain_text("finns inte i regionens katalog")
    is_sound(page)

    page.get_by_role("link", name="Välj en annan person").click()
    expect(page.get_by_role("heading", name="Logga in")).to_be_visible()


def test_pages_hold_at_320_pixels_and_in_the_dark(region: Sandbox, contexts: Contexts) -> None:
    region.lobby_room("a1")
    page = contexts.page(viewport={"width": 320, "height": 640}, color_scheme="dark")
    for path in ("/webapp3/m/a1/express?name=Anna&pin=1234", f"{AUTHORIZE}?{urlencode(REQUEST)}"):
        page.goto(region.base + path)
        is_sound(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
