"""*Byt länk* in the pane: what happens to those who have the old link is said before, and the item follows."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.pane.steps import Pane
from tests.browser.pane.test_copies import graph
from tests.browser.pane.test_looks import expect_well, set_width
from tests.browser.pane.test_texts import copy
from tests.region import Region


@pytest.fixture
def subject(region: Region, monday: date) -> Iterator[str]:
    """Return a subject for a series, which is taken out of the calendar again: it would reach into others' weeks."""
    name = f"Länkserie {monday:%j}"
    yield name
    week = {"startDateTime": f"{monday}T00:00:00Z", "endDateTime": f"{monday + timedelta(days=5)}T00:00:00Z"}
    for event in graph(region, "GET", "calendarView", params=week)["value"]:
        if event["subject"] == name:
            graph(region, "DELETE", f"events/{event['seriesMasterId']}")


def page(link: str) -> str:
    return requests.get(link, headers={"Accept-Language": "sv"}, timeout=10).text


def followed_series(pane: Pane, region: Region, subject: str) -> str:
    """Book, save the item as a weekly series, have one link for all, and return it; the series is open."""
    pane.outlook.field("Ämne").fill(subject)
    pane.open()
    link = pane.book()
    meeting = pane.properties()["meeting"]
    pane.page.get_by_label("Gör till serie: varje vecka").check()
    pane.outlook.save()

    def notes() -> list[str]:
        return [note["code"] for note in region.meeting(meeting)["calendar_notes"]]

    region.waits_until(lambda: "series_asked" in notes(), "the series is seen")
    pane.outlook.open_series(subject)
    pane.open()
    pane.action("series-all").click()
    pane.says("Ditt val är sparat.")
    region.waits_until(lambda: "series_asked" not in notes(), "the answer is carried out")
    return link


def test_a_link_that_has_gone_astray_is_exchanged_at_once(pane: Pane) -> None:
    pane.open()
    old = pane.book()
    copy(pane, "patient", "link")
    set_width(pane.page, 320)
    pane.action("change-link").focus()
    pane.page.keyboard.press("Enter")
    expect_well(pane, "link")
    pane.says("De här har fått den gamla länken och behöver den nya: patienten.")
    pane.says("Den nya länken gäller genast, också för mötet")

    pane.action("confirm-link").press("Enter")

    pane.says("Länken är bytt. Lämna den nya till dem som ska vara med.")
    pane.says("Några har fått gamla uppgifter")
    expect(pane.outlook.body).not_to_contain_text(old)
    new = pane.link()
    assert "Länken är bytt" in page(old)
    assert "inte öppnat än" in page(new)
    expect(pane.audience("patient")).to_contain_text("De har fått gamla uppgifter.")
    copy(pane, "patient", "link")
    assert pane.clipboard() == new


def test_a_series_gets_another_link_from_its_next_occurrence_on_and_it_can_be_undone(
    pane: Pane, region: Region, subject: str
) -> None:
    old = followed_series(pane, region, subject)
    pane.reopen()
    expect(pane.action("change-link")).to_have_text("Byt länk från nästa tillfälle")
    pane.action("change-link").click()
    expect_well(pane, "link")
    expect(pane.frame.get_by_role("radio").first).to_be_checked()
    pane.action("keep-link").click()
    pane.expect_booked()
    pane.action("change-link").click()

    pane.action("confirm-link").click()

    pane.says("Länken byts efter det här tillfället.")
    pane.says("Den nya länken gäller från")
    pane.says("Texterna nedan har den nya länken och nästa tid.")
    expect(pane.audience("patient")).to_be_visible()
    expect_well(pane, "meeting")
    assert pane.link() == old
    copy(pane, "patient", "link")
    new = pane.clipboard()
    assert new != old
    assert "inte öppnat än" in page(new)

    pane.action("texts-current").press("Enter")
    pane.says("Texterna nedan har den gamla länken")
    expect(pane.frame.locator(".audiences")).to_be_focused()
    copy(pane, "patient", "link")
    assert pane.clipboard() == old

    pane.action("undo-link").click()
    pane.says("Länken byts inte. Den gamla gäller som förut.")
    expect(pane.action("undo-link")).to_have_count(0)
    # Whoever has the new link must hear, and perhaps other times have changed, too.
    leads_to = pane.action("told-page").get_attribute("href")
    assert leads_to
    assert "Lämna besked" in page(leads_to)
    assert "Länken är bytt" in page(new)
    assert "inte öppnat än" in page(old)
