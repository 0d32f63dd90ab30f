"""Where the service does not see the calendar (`access = "none"`), the pane does what it can, and says what not."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.pane.steps import Pane
from tests.browser.window.outlook import Outlook
from tests.browser.window.test_following import answer, drag
from tests.browser_contexts import NewWindow
from tests.region import Region

BLIND = 'access = "none"'


@pytest.fixture(scope="module")
def blind_region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """Return a region whose service has no right to read calendars."""
    region = Region(tmp_path_factory.mktemp("blind"))
    region.replace_setting('access = "read_and_write"', BLIND)
    with region:
        yield region


@pytest.fixture
def subject(monday: date) -> str:
    """Return a subject of this test's own, since a series reaches into the weeks of others."""
    return f"Utan insyn {monday:%j}"


@pytest.fixture
def pane(
    new_window: NewWindow, context: BrowserContext, blind_region: Region, monday: date, subject: str
) -> Iterator[Pane]:
    """Return Anna's pane beside a new appointment, not yet opened."""
    outlook = Outlook(new_window(context), blind_region.window_url)
    outlook.visit(monday, "anna.lindgren", "anna.lindgren")
    outlook.new_meeting(subject)
    yield Pane(outlook)
    assert outlook.failures == []


def saved_series(pane: Pane, series_answer: str) -> str:
    """Book, make the item a series, answer the pane's question, and save; return the link."""
    pane.open()
    link = pane.book()
    pane.page.get_by_label("Gör till serie: varje vecka").check()
    pane.says("Bokningen har blivit en serie.")
    pane.action(f"series-{series_answer}").click()
    pane.says("Ditt val är noterat i bokningen.")
    pane.outlook.save()
    return link


def open_next_week(pane: Pane, subject: str) -> None:
    """Open the series' second time, with the pane beside it."""
    pane.outlook.button("Nästa vecka").click()
    pane.outlook.open_occurrence(subject)
    pane.open()


def test_what_became_of_the_item_meanwhile_is_taken_up_when_the_pane_is_opened(
    pane: Pane, blind_region: Region, monday: date, subject: str
) -> None:
    outlook, entry = pane.outlook, pane.outlook.entry(subject)
    pane.open()
    link = pane.book()
    pane.says("Tjänsten ser inte kalendern.")
    pane.set_time("13:00", "13:45")
    expect(pane.view("meeting")).to_contain_text("13.00–13.45")
    meeting = pane.properties()["meeting"]
    # Whatever fails of what nobody asked for, the pane goes on.
    pane.outlook_fails("recurrence.getAsync", times=3)
    pane.set_time("14:00", "14:45")
    pane.action("retry").click()
    expect(pane.view("meeting")).to_contain_text("14.00–14.45")
    pane.set_time("13:00", "13:45")
    expect(pane.view("meeting")).to_contain_text("13.00–13.45")
    outlook.save()

    drag(outlook, entry, outlook.slot(monday + timedelta(days=1), "15:00"))
    expect(outlook.page.get_by_text("Mötet är flyttat till tisdag")).to_be_visible()
    assert blind_region.meeting(meeting)["start"][11:16] == "13:00"
    outlook.open(subject)
    pane.open()
    # It was not opened since it was booked: it may as well be a copy, whose time would become the original's.
    pane.says("Har du flyttat eller kopierat bokningen?")
    assert blind_region.meeting(meeting)["start"][11:16] == "13:00"
    pane.action("same-item").click()
    pane.says("Mötet har flyttats till den nya tiden.")
    assert blind_region.meeting(meeting)["start"][11:16] == "15:00"
    outlook.save()

    entry.focus()
    pane.page.keyboard.press("Control+c")
    outlook.slot(monday + timedelta(days=3), "09:00").focus()
    pane.page.keyboard.press("Control+v")
    expect(entry).to_have_count(2)
    outlook.rests()
    entry.last.dblclick()
    pane.open()
    pane.says("Två bokningar kan inte dela rum.")
    pane.action("strip-copy").click()
    pane.says("Länken är borttagen ur kopian.")
    assert blind_region.meeting(meeting)["start"][11:16] == "15:00"
    outlook.save()

    entry.first.focus()
    pane.page.keyboard.press("Delete")
    answer(outlook, "Ta bort")
    expect(entry).to_have_count(1)
    assert blind_region.meeting(meeting)["state"] == "live"
    outlook.button("Borttaget").click()
    outlook.page.get_by_test_id("deleted-row").filter(has_text=subject).get_by_role(
        "button", name="Återställ"
    ).click()
    expect(outlook.page.get_by_text("Mötet står i kalendern igen.")).to_be_visible()
    outlook.button("Till kalendern").click()
    expect(entry).to_have_count(2)
    outlook.rests()
    entry.first.dblclick()
    pane.open()
    pane.says("Har du bara flyttat eller återställt bokningen, behåll mötet.")
    pane.action("same-item").click()
    pane.expect_booked()
    assert pane.link() == link


def test_one_link_for_a_series_is_taken_to_the_time_that_is_opened_when_she_says_so(
    pane: Pane, blind_region: Region, monday: date, subject: str
) -> None:
    link = saved_series(pane, "all")
    open_next_week(pane, subject)
    pane.says("Länken är densamma för alla tillfällen")
    meeting = pane.properties()["meeting"]
    assert blind_region.meeting(meeting)["start"].startswith(f"{monday}T09:00")
    pane.action("use-item-time").click()
    pane.says("Mötet har flyttats till den nya tiden.")
    assert blind_region.meeting(meeting)["start"].startswith(f"{monday + timedelta(days=7)}T09:00")
    assert pane.link() == link
    pane.outlook.save()

    pane.outlook.button("Föregående vecka").click()
    pane.outlook.open_series(subject)
    pane.open()
    pane.says("Länken är densamma för alla tillfällen")
    expect(pane.action("series-all")).to_have_count(0)
    assert blind_region.meeting(meeting)["start"].startswith(f"{monday + timedelta(days=7)}T09:00")


def test_where_only_the_first_time_has_the_link_another_gets_a_meeting_of_its_own(
    pane: Pane, subject: str
) -> None:
    first = saved_series(pane, "first")
    open_next_week(pane, subject)
    pane.says("Länken gäller bara seriens första tillfälle, inte det här.")
    pane.action("create-new").click()
    pane.expect_view("choose")
    own = pane.book()
    assert own != first
    pane.outlook.save()
    pane.outlook.open_occurrence(subject)
    pane.open()
    pane.expect_booked()
    assert pane.link() == own

    pane.outlook.save()
    pane.outlook.button("Föregående vecka").click()
    pane.outlook.open_series(subject)
    pane.open()
    pane.says("Länken gäller bara seriens första tillfälle.")
    assert pane.link() == first
