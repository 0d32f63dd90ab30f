"""A meeting that changes: another type, another time, or none at all. The link and the user's text stay."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import requests
from playwright.sync_api import expect

from tests.browser.pane.steps import LINK, Pane, late_answer
from tests.browser.pane.test_texts import copy
from tests.region import Region


def test_another_type_in_the_same_item_keeps_link_and_meeting(pane: Pane, region: Region) -> None:
    pane.outlook.body.click()
    pane.page.keyboard.type("Ta med loggboken.")
    pane.open()
    link = pane.book()
    meeting = pane.properties()["meeting"]
    pane.action("change").click()
    pane.choose("Informationsmöte patient")
    pane.action("create").click()
    pane.says("Mötet är ändrat. Länken är densamma.")
    assert pane.link() == link
    assert pane.properties()["meeting"] == meeting
    assert len(region.rooms_of(meeting)) == 1
    text = pane.body_text()
    assert text.count("Anslut till mötet:") == 1
    assert "informationsmöte" in text
    assert "Det här är ett skyddat vårdmöte" not in text
    assert "Ta med loggboken." in text
    expect(pane.outlook.field("Ämne")).not_to_have_value("Skyddat vårdmöte")


def test_another_unit_changes_the_block_and_the_same_choice_again_nothing(pane: Pane, region: Region) -> None:
    pane.open()
    pane.book()
    with late_answer(pane.page, "**/copied") as come:
        pane.audience("patient").locator('[data-action="copy-link"]').click()
        pane.action("change").click()
        pane.frame.get_by_label("Enhet").select_option(label="Vårdcentralen Ängen")
        pane.action("create").click()
        pane.says("Mötet är ändrat.")
        # The answer, which shows the meeting as it was, is not what the next change goes from.
        come()
    assert "Enhet: Vårdcentralen Ängen" in pane.body_text()
    assert "Björkbacken" not in pane.body_text()

    path = f"/meetings/{pane.properties()['meeting']}"
    before = region.api("GET", path).json()["revision"]
    pane.action("change").click()
    expect(pane.frame.get_by_label("Enhet")).to_have_value("vardcentral")
    pane.action("create").click()
    pane.says("Du har inte ändrat något.")
    assert region.api("GET", path).json()["revision"] == before


def test_a_time_changed_in_the_open_item_moves_the_meeting_by_itself(pane: Pane, region: Region) -> None:
    pane.open()
    link = pane.book()
    pane.set_time("13:00", "13:45")
    subject = pane.outlook.field("Ämne")
    subject.focus()
    # The end is set after the start, so the pane may follow twice.
    expect(pane.view("meeting")).to_contain_text("13.00–13.45")
    pane.says("Mötet har flyttats till den nya tiden.")
    # Whoever writes in the appointment meanwhile goes on writing there.
    expect(subject).to_be_focused()
    meeting = region.api("GET", f"/meetings/{pane.properties()['meeting']}").json()
    assert meeting["start"][11:16] == "13:00"
    assert meeting["end"][11:16] == "13:45"
    assert pane.link() == link

    # Also when it is changed beside a question, and the answer changes nothing.
    pane.action("change").click()
    pane.expect_view("change")
    pane.set_time("14:00", "14:45")
    pane.action("create").click()
    expect(pane.view("meeting")).to_contain_text("14.00–14.45")


def test_a_time_changed_while_the_pane_was_closed_is_found_and_not_taken_unasked(
    pane: Pane, region: Region
) -> None:
    pane.outlook.field("Ämne").fill("Flyttas")
    pane.open()
    link = pane.book()
    meeting = pane.properties()["meeting"]
    pane.outlook.save()
    pane.outlook.open("Flyttas")
    pane.set_time("14:00", "14:30")
    pane.open()
    pane.says("Bokningen och mötet har olika tid")
    assert region.meeting(meeting)["start"][11:16] == "09:00"
    pane.action("use-item-time").click()
    pane.says("Mötet har flyttats till den nya tiden.")
    assert region.api("GET", f"/meetings/{meeting}").json()["start"][11:16] == "14:00"
    assert pane.link() == link


def test_one_link_for_a_series_is_asked_for_answered_and_found_at_each_of_its_times(
    pane: Pane, region: Region, monday: date
) -> None:
    subject = f"Varje vecka {monday:%j}"
    pane.outlook.field("Ämne").fill(subject)
    pane.outlook.page.get_by_label("Gör till serie: varje vecka").check()
    pane.open()
    link, meeting = pane.book(), pane.properties()["meeting"]
    pane.outlook.save()

    def notes() -> list[str]:
        return [note["code"] for note in region.meeting(meeting)["calendar_notes"]]

    region.waits_until(lambda: "series_asked" in notes(), "the series is asked about", seconds=60)
    pane.outlook.open_series(subject)
    pane.open()
    pane.says("Bokningen har blivit en serie.")
    pane.action("series-all").click()
    pane.says("Ditt val är sparat.")
    region.waits_until(lambda: notes() == ["series"], "the answer is carried out", seconds=60)
    pane.outlook.save()

    before = region.meeting(meeting)["start"]
    pane.outlook.button("Nästa vecka").click()
    pane.outlook.open_occurrence(subject)
    pane.open()
    pane.expect_booked()
    pane.says("Bokningen är en serie.")
    expect(pane.action("use-item-time")).to_have_count(0)
    assert pane.link() == link
    assert region.meeting(meeting)["start"] == before


def test_a_meeting_that_is_booked_in_one_time_of_a_series_follows_that_time(
    pane: Pane, region: Region, monday: date
) -> None:
    subject = f"Rond {monday:%j}"
    pane.outlook.field("Ämne").fill(subject)
    pane.outlook.page.get_by_label("Gör till serie: varje vecka").check()
    pane.outlook.save()
    pane.outlook.button("Nästa vecka").click()
    pane.outlook.open_occurrence(subject)
    pane.open()
    link = pane.book()
    meeting = pane.properties()["meeting"]
    pane.outlook.save()
    pane.outlook.open_occurrence(subject)
    pane.open()
    pane.expect_booked()
    pane.outlook.save()
    pane.outlook.open_occurrence(subject)
    pane.set_time("14:00", "14:30")
    # As Graph may do it: nobody tells of the series, by which the meeting is known, and no sweep is due for long.
    with _telling_of_the_occurrence_alone(region):
        pane.outlook.save()
        region.waits_until(
            lambda: "14.00" in requests.get(link, timeout=20).text, "the page tells that time", seconds=60
        )
    moved = region.meeting(meeting)
    assert moved["start"][:16] == f"{monday + timedelta(days=7)}T14:00"
    assert moved["calendar_notes"] == []


@contextmanager
def _telling_of_the_occurrence_alone(region: Region) -> Iterator[None]:
    """Have Exchange tell of a change of one occurrence under its own id, and of nothing else."""
    lever = "/sandbox/exchange/settings"
    region.sandbox("POST", lever, json={"notify_occurrence_alone": True})
    try:
        yield
    finally:
        region.sandbox("POST", lever, json={"notify_occurrence_alone": False})


def test_the_form_shows_the_items_new_time_and_that_a_whole_day_tells_nobody_when_to_come(pane: Pane) -> None:
    pane.open()
    pane.outlook_fails("start.getAsync")
    pane.set_time("11:00", "11:30")
    pane.action("retry").click()
    expect(pane.frame.locator(".when")).to_contain_text("11.00–11.30")
    expect(pane.frame.locator(".when")).not_to_contain_text("inget klockslag")
    pane.set_time("00:00", "00:30")
    last = pane.outlook.field("Slutdatum")
    last.fill((date.fromisoformat(last.input_value()) + timedelta(days=1)).isoformat())
    last.blur()
    pane.outlook.field("Sluttid").fill("00:00")
    pane.outlook.field("Sluttid").blur()
    expect(pane.frame.locator(".when")).to_contain_text(", hela dagen. Den som ansluter får inget klockslag.")


def test_removing_can_be_regretted_takes_all_but_the_users_text_and_leaves_place_for_a_new_meeting(
    pane: Pane, region: Region
) -> None:
    before = region.booked()
    pane.outlook.body.click()
    pane.page.keyboard.type("Mitt eget.")
    pane.open()
    link = pane.book()
    pane.action("remove").click()
    pane.action("keep").click()
    pane.expect_booked()
    assert pane.link() == link

    # While the worker reads the room back, a removal is promised and not done.
    region.settles(pane.properties()["meeting"])
    pane.action("remove").click()
    pane.action("confirm-remove").click()
    pane.says("Mötet är borttaget. Bokningen i kalendern finns kvar.")
    assert pane.body_text().strip() == "Mitt eget."
    expect(pane.outlook.field("Plats")).to_have_value("")
    assert pane.properties() == {"meeting": None, "draft": None}
    assert region.rooms_besides(before) == []

    pane.expect_view("choose")
    assert pane.book() != link


def test_whoever_was_told_can_be_told_that_the_meeting_is_off_before_it_is_removed(
    pane: Pane, region: Region
) -> None:
    pane.open()
    link = pane.book()
    meeting = pane.properties()["meeting"]
    copy(pane, "patient", "link")
    pane.action("remove").click()
    pane.says("Meddela att det är inställt: patienten.")
    with late_answer(pane.page, "**/copied") as come:
        pane.action("copy-cancelled").click()
        pane.says("Texten är kopierad.")
        assert "inställt" in pane.clipboard()
        pane.action("confirm-remove").click()
        pane.says("Mötet är borttaget.")
        # The answer, which shows the meeting as it was, does not bring it back.
        come()
    assert region.meeting(meeting)["told_stale"] == []
    assert pane.book() != link


def test_a_room_that_cannot_be_removed_now_is_removed_later_and_the_item_is_clean(
    pane: Pane, region: Region
) -> None:
    pane.open()
    pane.book()
    meeting = pane.properties()["meeting"]
    region.fault("status", method="DELETE", status=503, times=3)
    pane.action("remove").click()
    pane.action("confirm-remove").click()
    pane.says("Mötet är borttaget. Rummet försvinner inom kort, av sig självt.")
    assert LINK.findall(pane.body_text()) == []
    region.heal()
    # Rooms of other tests may be looked for a good while yet; this one is to go now.
    region.waits_until(lambda: region.rooms_of(meeting) == [], "the room is gone")


def test_an_item_that_outlook_will_not_clean_is_told_with_what_is_left(pane: Pane) -> None:
    pane.open()
    pane.book()
    pane.outlook_fails("body.setAsync")
    pane.action("remove").click()
    pane.action("confirm-remove").click()
    pane.says("Rummet är borttaget, men allt kunde inte tas bort ur bokningen.")
    pane.says("Texten med länken står kvar.")
    pane.action("clean").click()
    pane.expect_view("choose")
    assert LINK.findall(pane.body_text()) == []


def test_whoever_was_told_of_a_meeting_that_was_removed_elsewhere_gets_the_text(
    pane: Pane, region: Region
) -> None:
    pane.open()
    pane.book()
    copy(pane, "patient", "link")
    meeting = region.meeting(pane.properties()["meeting"])
    region.cancel(meeting)
    pane.reopen()
    pane.says("Några behöver få veta att mötet är inställt")
    copy(pane, "patient", "cancelled")
    assert "Inställd tid" in pane.clipboard()
    assert region.meeting(meeting["id"])["told_stale"] == []


def test_a_meeting_removed_elsewhere_is_told_when_the_item_is_opened(pane: Pane, region: Region) -> None:
    pane.open()
    pane.book()
    region.api("DELETE", f"/meetings/{pane.properties()['meeting']}")
    pane.reopen()
    expect(pane.frame.get_by_role("heading", name="Mötet är borttaget")).to_be_visible()
    pane.action("clean").click()
    pane.expect_view("choose")
    assert pane.body_text().strip() == ""
