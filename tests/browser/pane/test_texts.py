"""Link and texts for each audience: copied, and remembered so that nobody is left with old facts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pane.steps import Pane
from tests.region import Region

NO_CLIPBOARD = "navigator.clipboard.write = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
FOUR = ["Till invånare", "Instruktion medarbetare", "Extern professionell part", "Tolk"]


def copy(pane: Pane, audience: str, what: str) -> None:
    """Copy `what` (link, text or cancelled) and wait until the pane says so and the service knows."""
    with pane.page.expect_response(re.compile("/copied$")):
        pane.audience(audience).locator(f'[data-action="copy-{what}"]').click()
    expect(pane.audience(audience).locator(".notice-done")).to_be_visible()


def test_a_care_meeting_has_a_section_for_each_audience_the_1177_template_and_the_start_page(
    pane: Pane,
) -> None:
    pane.open()
    pane.book()
    assert pane.frame.get_by_role("heading", level=3).all_inner_texts() == FOUR
    expect(pane.audience("patient")).to_contain_text("”Skyddat digitalt vårdmöte”")
    start = pane.frame.get_by_role("link", name="Starta möte")
    assert "/start/" in (start.get_attribute("href") or "")
    assert start.get_attribute("target") == "_blank"


def test_the_whole_text_is_copied_plain_and_formatted_and_says_the_same_and_the_service_is_told(
    pane: Pane, region: Region
) -> None:
    pane.open()
    link = pane.book()
    copy(pane, "patient", "text")
    meeting = region.meeting(pane.properties()["meeting"])
    assert meeting["told"] == {"patient": meeting["revision"]}
    plain, html = pane.clipboard(), pane.clipboard("text/html")
    assert link in plain
    assert link in html
    assert "<p" in html
    assert "<p" not in plain


def test_inserts_are_added_to_the_text_and_shown_first(pane: Pane) -> None:
    pane.open()
    pane.book()
    patient = pane.audience("patient")
    patient.locator("summary").click()
    inserts = patient.get_by_role("checkbox")
    expect(inserts).to_have_count(3)
    assert {name.split()[0] for name in patient.locator("label").all_inner_texts()} == {"Barn", "Anslut"}
    copy(pane, "patient", "text")
    bare = pane.clipboard()
    inserts.first.check()
    shown = patient.locator(".preview").inner_text()
    copy(pane, "patient", "text")
    longer = pane.clipboard()
    assert longer.startswith(bare.rstrip())
    added = longer.removeprefix(bare.rstrip()).strip()
    assert added
    assert added.splitlines()[0] in shown


@pytest.mark.changes_the_page
def test_without_the_clipboard_permission_the_older_command_copies(pane: Pane) -> None:
    pane.page.add_init_script(NO_CLIPBOARD)
    pane.page.reload()
    pane.outlook.new_meeting()
    pane.open()
    link = pane.book()
    copy(pane, "patient", "link")
    assert pane.clipboard() == link


@pytest.mark.changes_the_page
def test_where_copying_is_refused_the_text_can_be_copied_by_hand(pane: Pane) -> None:
    pane.page.add_init_script(NO_CLIPBOARD)
    pane.page.add_init_script("document.execCommand = () => false")
    pane.page.reload()
    pane.outlook.new_meeting()
    pane.open()
    pane.action("create").click()
    pane.expect_booked()
    pane.audience("patient").locator('[data-action="copy-link"]').click()
    by_hand = pane.audience("patient").get_by_role("textbox", name="Text att kopiera")
    expect(by_hand).to_be_focused()
    assert "/m/" in by_hand.input_value()


def test_whoever_was_told_the_old_time_is_named_and_gets_the_new_text(pane: Pane) -> None:
    pane.open()
    pane.book()
    copy(pane, "patient", "text")
    pane.set_time("10:00", "10:30")
    pane.says("Mötet har flyttats till den nya tiden. Länken är densamma.")
    pane.says("Mötet har ändrats sedan de fick besked. Meddela: patienten.")
    expect(pane.audience("patient")).to_contain_text("De har fått gamla uppgifter.")
    copy(pane, "patient", "text")
    assert "10.00" in pane.clipboard()
    expect(pane.frame.get_by_text("Några har fått gamla uppgifter")).to_have_count(0)
    expect(pane.audience("patient")).not_to_contain_text("De har fått gamla uppgifter.")


def test_who_copies_a_text_of_a_meeting_that_was_changed_elsewhere_gets_the_new_one(
    pane: Pane, region: Region
) -> None:
    pane.open()
    pane.book()
    meeting = region.meeting(pane.properties()["meeting"])
    expect(pane.audience("patient").locator('[data-action="copy-text"]')).to_be_visible()
    assert region.change(meeting, unit="vardcentral").ok
    with pane.page.expect_response(re.compile("/copied$")):
        pane.audience("patient").locator('[data-action="copy-text"]').click()
    pane.says("Mötet hade ändrats innan du lämnade beskedet")
    assert "Ängen" not in pane.clipboard()
    expect(pane.audience("patient")).to_contain_text("De har fått gamla uppgifter.")
    copy(pane, "patient", "text")
    assert "Ängen" in pane.clipboard()
    told = region.meeting(meeting["id"])
    assert (told["told"], told["told_stale"]) == ({"patient": told["revision"]}, [])


def test_besked_lamnat_clears_those_who_were_told_in_another_way(pane: Pane, region: Region) -> None:
    pane.open()
    pane.book()
    copy(pane, "patient", "text")
    pane.set_time("10:00", "10:30")
    pane.says("Några har fått gamla uppgifter")
    pane.audience("patient").locator('[data-action="informed"]').press("Enter")
    pane.says("Noterat: besked är lämnat.")
    # The button is gone; who pressed it by keyboard is where she was.
    expect(pane.audience("patient").locator(".outcome")).to_be_focused()
    expect(pane.frame.get_by_text("Några har fått gamla uppgifter")).to_have_count(0)
    assert region.meeting(pane.properties()["meeting"])["told_stale"] == []
