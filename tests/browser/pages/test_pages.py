"""What people see of the two pages: nothing for axe to find, no scripts for guests, small screens, dark, forced
colours, print, and the whole way in with the keyboard alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from addin.meetings.cancel import CancelMeeting
from addin.meetings.change_link import ChangeLink
from addin.meetings.codes import grouped, new_code
from addin.meetings.links import LinkChange
from addin.meetings.model import CalendarNote, Meeting
from addin.sandbox import people
from tests.axe import faults_in
from tests.browser_contexts import Contexts
from tests.integration.front.doors import ANNA, START, UNIT, WINDOW, FrontDoors

LOOKS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1100, "height": 800}},
    "telephone": {"viewport": {"width": 320, "height": 568}},
    "dark": {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"},
    # Most who choose their own colours choose light letters on black.
    "forced colours": {
        "viewport": {"width": 800, "height": 800},
        "color_scheme": "dark",
        "forced_colors": "active",
    },
    "English": {"viewport": {"width": 800, "height": 800}, "locale": "en-GB"},
}

TWICE_THE_TEXT = "document.documentElement.style.fontSize = '225%'"

Setting = Callable[[FrontDoors], str]


def is_open(doors: FrontDoors) -> str:
    return doors.join_url(doors.books("with-pin"))


def too_early(doors: FrontDoors) -> str:
    doors.clock.time = START - timedelta(hours=1)
    return doors.join_url(doors.books())


def getting_ready(doors: FrontDoors) -> str:
    return doors.join_url(doors.books_unverified("care-meeting-patient", WINDOW))


def is_over(doors: FrontDoors) -> str:
    url = doors.join_url(doors.books())
    doors.clock.time = WINDOW.end + timedelta(hours=2)
    return url


def is_moved(doors: FrontDoors) -> str:
    meeting = doors.books()
    later = replace(WINDOW, start=WINDOW.start + timedelta(days=1), end=WINDOW.end + timedelta(days=1))
    doors.moves(meeting, later)
    return doors.join_url(meeting)


def is_perhaps_cancelled(doors: FrontDoors) -> str:
    meeting = doors.books()
    doors.notes(meeting, CalendarNote.PERHAPS_CANCELLED)
    return doors.join_url(meeting)


def is_cancelled(doors: FrontDoors) -> str:
    return doors.join_url(cancelled(doors))


def cancelled(doors: FrontDoors) -> Meeting:
    meeting = doors.books()
    CancelMeeting(doors.ledger, doors.reconciler, doors.clock)(meeting.id, ANNA)
    return meeting


def is_replaced(doors: FrontDoors) -> str:
    doors.clock.time = START - timedelta(hours=1)
    meeting = doors.books()
    change = ChangeLink(doors.ledger, doors.reconciler, doors.plans, doors.clock)
    change(meeting.id, LinkChange.NOW, ANNA, meeting.revision)
    return doors.join_url(meeting)


def is_unknown(doors: FrontDoors) -> str:
    return f"{doors.url}/m/{grouped(new_code())}"


def is_mistyped(doors: FrontDoors) -> str:
    return f"{doors.url}/m/FEL"


def asks(doors: FrontDoors) -> str:
    return f"{doors.url}/m"


def starts(doors: FrontDoors) -> str:
    return doors.start_url(doors.books())


def starts_nothing(doors: FrontDoors) -> str:
    return doors.start_url(cancelled(doors))


# The three that hold every part of the page are looked at in every look; the others say other words.
IN_EVERY_LOOK = [is_open, is_moved, asks]
ON_A_DESK = [
    too_early,
    getting_ready,
    is_over,
    is_perhaps_cancelled,
    is_cancelled,
    is_replaced,
    is_unknown,
    is_mistyped,
    starts,
    starts_nothing,
]
LOOKED_AT = [(setting, look) for setting in IN_EVERY_LOOK for look in LOOKS] + [
    (setting, "desk") for setting in ON_A_DESK
]


def does_not_scroll_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def breaks_no_time(page: Page) -> None:
    """Expect each clock time to stand on one line, wherever the lines end."""
    lines = (
        "all => all.map(one => Math.round(one.offsetHeight / parseFloat(getComputedStyle(one).lineHeight)))"
    )
    assert set(page.locator(".whole").evaluate_all(lines)) <= {1}


def breaks_no_word_in_a_button(page: Page) -> None:
    """Expect each word of each visible button to stand on one line."""
    broken = """all => all.filter(one => one.checkVisibility()).flatMap(one => {
        const text = document.createTreeWalker(one, NodeFilter.SHOW_TEXT).nextNode();
        const range = document.createRange();
        return [...text.data.matchAll(/\\S+/g)].filter(word => {
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            return range.getClientRects().length > 1;
        }).map(word => word[0]);
    })"""
    assert page.locator(".button").evaluate_all(broken) == []


@pytest.mark.parametrize(
    ("setting", "look"), LOOKED_AT, ids=[f"{setting.__name__}, {look}" for setting, look in LOOKED_AT]
)
def test_axe_finds_nothing(contexts: Contexts, doors: FrontDoors, setting: Setting, look: str) -> None:
    page = contexts.page(**LOOKS[look])
    page.goto(setting(doors))
    assert faults_in(page) == []
    does_not_scroll_sideways(page)
    breaks_no_time(page)
    if look == "telephone":
        page.evaluate(TWICE_THE_TEXT)
        does_not_scroll_sideways(page)
        breaks_no_word_in_a_button(page)


def signs_in(page: Page, person: people.Person) -> None:
    page.get_by_role("button", name="Logga in och starta").click()
    page.get_by_text(person.name).first.click()
    page.wait_for_url("**/host")


@pytest.mark.parametrize("look", ["desk", "telephone", "dark"])
def test_axe_finds_nothing_on_the_hosts_way(contexts: Contexts, doors: FrontDoors, look: str) -> None:
    page = contexts.page(**LOOKS[look])
    page.goto(doors.start_url(doors.books("strict")))
    page.get_by_role("button", name="Logga in och starta").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Logga in")
    page.evaluate(TWICE_THE_TEXT)
    does_not_scroll_sideways(page)
    page.get_by_text(people.DAVID.name).first.click()
    page.wait_for_url("**/host")
    assert faults_in(page) == []
    does_not_scroll_sideways(page)
    page.get_by_label("Värden är frånvarande").check()
    page.get_by_role("button", name="Ta över och starta").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mötet är öppet")
    assert faults_in(page) == []
    does_not_scroll_sideways(page)
    if look == "telephone":
        page.evaluate(TWICE_THE_TEXT)
        does_not_scroll_sideways(page)
        breaks_no_word_in_a_button(page)


def test_axe_finds_nothing_where_others_are_told(contexts: Contexts, doors: FrontDoors) -> None:
    meeting = doors.books()
    doors.ledger.write(lambda writing: writing.tell(meeting.id, "patient", meeting.as_told_now))
    page = contexts.page(**LOOKS["telephone"])
    CancelMeeting(doors.ledger, doors.reconciler, doors.clock)(meeting.id, ANNA)
    page.goto(f"{doors.start_url(meeting)}/told")
    assert faults_in(page) == []
    page.get_by_role("button", name="Logga in").click()
    page.get_by_text(people.DAVID.name).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lämna besked")
    assert faults_in(page) == []
    does_not_scroll_sideways(page)
    page.get_by_role("button", name="Besked lämnat").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ingen mer behöver få besked")
    assert faults_in(page) == []


def test_a_guest_on_a_telephone_without_scripts_reaches_the_provider(
    guest: BrowserContext, doors: FrontDoors
) -> None:
    meeting, page = doors.books(), guest.new_page()
    page.goto(f"{doors.url}/m")
    page.get_by_label("Mötets kod").fill(grouped(meeting.join_code).lower())
    page.get_by_role("button", name="Fortsätt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Välkommen till mötet")
    with page.expect_navigation():
        page.get_by_role("button", name="Gå till mötet").click()
    assert page.url.startswith(f"{doors.region.base}/webapp3/")
    assert guest.cookies(doors.url) == []


def test_the_page_asks_nobody_else_for_anything(browser: Browser, doors: FrontDoors) -> None:
    page = browser.new_page()  # with nothing in its cache
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: refused.append(message.text))
    url = doors.join_url(doors.books())
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert [address for address in asked if not address.startswith("data:")] == [url]
    assert refused == []
    page.close()


def test_the_page_comes_back_by_itself_when_it_is_time(guest: BrowserContext, doors: FrontDoors) -> None:
    doors.clock.time = START - timedelta(minutes=16)
    meeting, page = doors.books(), guest.new_page()
    answer = page.goto(doors.join_url(meeting))
    expect(page.get_by_role("heading", level=1)).to_have_text("Mötet har inte öppnat än")
    assert answer
    refresh = answer.headers["refresh"]
    again = re.fullmatch(r"(\d+); url=(\S+)", refresh)
    assert again
    doors.clock.time += timedelta(seconds=int(again[1]))
    page.goto(doors.url + again[2])
    expect(page.get_by_role("heading", level=1)).to_have_text("Välkommen till mötet")


def test_the_guests_way_with_the_keyboard_alone(contexts: Contexts, doors: FrontDoors) -> None:
    page = contexts.page()
    page.goto(doors.join_url(doors.books()))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="English")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Gå till mötet")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/webapp3/" in page.url
    page.emulate_media(color_scheme="dark", forced_colors="active")
    assert faults_in(page) == []


def test_the_other_language_is_one_click_away(guest: BrowserContext, doors: FrontDoors) -> None:
    page = guest.new_page()
    page.goto(doors.join_url(doors.books()))
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to the meeting")
    assert page.get_attribute("html", "lang") == "en"
    page.get_by_role("link", name="Svenska").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Välkommen till mötet")


def test_on_paper_stands_what_one_needs_to_call(guest: BrowserContext, doors: FrontDoors) -> None:
    page = guest.new_page()
    meeting = doors.books()
    page.goto(doors.join_url(meeting))
    page.emulate_media(media="print")
    expect(page.get_by_text(UNIT.telephone)).to_be_visible()
    expect(page.get_by_text(grouped(meeting.join_code), exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Gå till mötet")).to_be_hidden()


def test_the_host_copies_the_pin_and_opens_the_meeting_beside(
    host: BrowserContext, doors: FrontDoors
) -> None:
    page = host.new_page()
    page.goto(doors.start_url(doors.books()))
    signs_in(page, people.ANNA)
    page.get_by_role("button", name="Ja, starta mötet").click()
    pin = page.locator("#pin").inner_text()
    page.get_by_role("button", name="Kopiera pinkoden").click()
    expect(page.get_by_role("status")).to_have_text("Pinkoden är kopierad.")
    assert page.evaluate("navigator.clipboard.readText()") == pin
    with host.expect_page() as opened:
        page.get_by_role("link", name="Öppna videomötet").click()
    assert opened.value.url.startswith(doors.region.base)
    assert pin not in opened.value.url
    assert pin not in page.url
    expect(page.locator("#pin")).to_have_text(pin)


def test_where_scripts_and_clipboard_are_refused_the_pin_can_be_marked(
    contexts: Contexts, doors: FrontDoors
) -> None:
    page = contexts.page()
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))")
    page.goto(doors.start_url(doors.books()))
    signs_in(page, people.ANNA)
    page.get_by_role("button", name="Ja, starta mötet").click()
    page.get_by_role("button", name="Kopiera pinkoden").click()
    expect(page.get_by_role("status")).to_contain_text("Tryck Ctrl och C")
    assert page.evaluate("getSelection().toString()").strip() == page.locator("#pin").inner_text()


def test_the_back_button_does_not_bring_the_pin_back(host: BrowserContext, doors: FrontDoors) -> None:
    page = host.new_page()
    page.goto(doors.start_url(doors.books()))
    signs_in(page, people.ANNA)
    page.get_by_role("button", name="Ja, starta mötet").click()
    expect(page.locator("#pin")).to_be_visible()
    page.goto(f"{doors.url}/m")
    # The browser has kept nothing, and asks before it would press the button once more.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    expect(page.locator("#pin")).to_have_count(0)


def test_without_scripts_the_host_still_gets_in(guest: BrowserContext, doors: FrontDoors) -> None:
    page = guest.new_page()
    page.goto(doors.start_url(doors.books()))
    signs_in(page, people.BO)
    page.get_by_role("button", name="Ja, starta mötet").click()
    expect(page.locator("#pin")).to_be_visible()
    expect(page.get_by_role("button", name="Kopiera pinkoden")).to_be_hidden()


def test_an_outsider_who_signs_in_is_led_to_the_join_page(host: BrowserContext, doors: FrontDoors) -> None:
    page = host.new_page()
    page.goto(doors.start_url(doors.books()))
    page.get_by_role("button", name="Logga in och starta").click()
    page.get_by_text(people.GUEST.name).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bara vårdpersonal kan starta mötet")
    assert faults_in(page) == []
    page.get_by_role("link", name="Skriv mötets kod").click()
    expect(page.get_by_label("Mötets kod")).to_be_visible()
