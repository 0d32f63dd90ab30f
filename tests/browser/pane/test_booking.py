"""The main job: from an open appointment to a protected meeting whose link is on the clipboard."""

import re
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser.pane.steps import LINK, Pane, watched_requests
from tests.browser.window.outlook import Outlook
from tests.region import Region


def test_three_clicks_lead_from_an_open_appointment_to_booked_and_link_copied(
    pane: Pane, region: Region
) -> None:
    before = region.booked()
    pane.outlook.button("Skyddat vårdmöte").click()
    pane.action("create").click()
    pane.audience("patient").locator('[data-action="copy-link"]').click()
    pane.says("Länken är kopierad.")
    assert pane.clipboard() == pane.link()
    assert len(region.rooms_besides(before)) == 1


def test_the_block_stands_in_the_item_with_location_and_neutral_subject_to_be_saved_at_its_time(
    pane: Pane,
) -> None:
    pane.outlook.body.click()
    pane.page.keyboard.type("Välkommen till uppföljningen.")
    pane.open()
    with watched_requests(pane.page, "POST", "/api/v1/meetings") as booked:
        pane.book()
    text = pane.body_text()
    assert text.index("Välkommen till uppföljningen.") < text.index("Anslut till mötet:")
    assert text.rstrip().endswith("Starta möte (vårdpersonal)")
    expect(pane.outlook.field("Ämne")).to_have_value("Skyddat vårdmöte")
    expect(pane.outlook.field("Plats")).not_to_have_value("")
    expect(pane.frame.get_by_role("heading", name="Mötet är bokat")).to_be_focused()
    pane.says("Spara eller skicka bokningen i Outlook, så att länken finns kvar i den.")
    assert booked[0]["time_zone"] == "Europe/Stockholm"
    assert booked[0]["start"].endswith(("T09:00:00+01:00", "T09:00:00+02:00"))


def test_the_users_own_subject_and_location_stay(pane: Pane) -> None:
    pane.outlook.field("Ämne").fill("Uppföljning")
    pane.outlook.field("Plats").fill("Rum 3")
    pane.open()
    pane.book()
    expect(pane.outlook.field("Ämne")).to_have_value("Uppföljning")
    assert pane.outlook.field("Plats").input_value().startswith("Rum 3; ")


def test_a_plain_text_item_gets_the_plain_block(pane: Pane) -> None:
    pane.outlook.button("Oformaterad text").click()
    plain = pane.page.get_by_test_id("body-plain")
    plain.fill("Egen rad")
    pane.open()
    pane.action("create").click()
    pane.expect_booked()
    written = plain.input_value()
    assert written.startswith("Egen rad")
    assert len(set(LINK.findall(written))) == 1


def test_two_clicks_at_once_make_one_room(pane: Pane, region: Region) -> None:
    before = region.booked()
    pane.open()
    pane.action("create").dblclick()
    pane.expect_booked()
    assert len(region.rooms_besides(before)) == 1


def test_a_lost_answer_is_asked_for_again_and_makes_one_room(pane: Pane, region: Region) -> None:
    before = region.booked()
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    pane.page.route("**/api/v1/meetings", lose_the_first)
    pane.open()
    pane.book()
    assert lost in ([201], [202])
    assert len(region.rooms_besides(before)) == 1


def test_a_pane_closed_while_the_room_is_made_goes_on_where_it_was(pane: Pane, region: Region) -> None:
    before = region.booked()
    region.fault("hold", method="POST")
    pane.open()
    pane.action("create").click()
    region.wait_until_held()
    pane.reopen()
    region.release()
    pane.expect_booked()
    assert pane.properties()["draft"] is None
    assert pane.link()
    assert len(region.rooms_besides(before)) == 1


def test_a_slow_room_is_told_and_comes_by_itself(pane: Pane, region: Region) -> None:
    region.fault("hold", method="POST")
    pane.open()
    pane.action("create").click()
    pane.says("Arbetet fortsätter av sig självt.")
    expect(pane.view("progress").get_by_role("listitem")).to_have_attribute("aria-current", "step")
    assert LINK.findall(pane.body_text()) == []
    assert pane.properties()["meeting"] is not None
    region.release()
    pane.expect_booked()
    assert pane.link()


def test_a_saved_item_shows_its_meeting_again(pane: Pane) -> None:
    pane.outlook.field("Ämne").fill("Öppnas igen")
    pane.open()
    link = pane.book()
    pane.outlook.save()
    pane.outlook.open("Öppnas igen")
    pane.open()
    pane.expect_booked()
    assert pane.link() == link
    expect(pane.frame.get_by_role("heading", name="Mötet är bokat")).to_be_visible()


def test_a_block_that_was_deleted_by_hand_is_written_again(pane: Pane) -> None:
    pane.open()
    link = pane.book()
    pane.outlook.body.click()
    pane.page.keyboard.press("Control+A")
    pane.page.keyboard.press("Delete")
    pane.reopen()
    pane.says("Den är nu inskriven igen.")
    assert pane.link() == link


def test_in_a_shared_calendar_the_meeting_belongs_to_that_mailbox(
    open_outlook: Callable[..., Outlook],
) -> None:
    outlook = open_outlook("anna.lindgren", "psykiatrimottagningen")
    outlook.new_meeting("Skyddat vårdmöte")
    pane = Pane(outlook)
    pane.open()
    with watched_requests(outlook.page, "POST", "/api/v1/meetings") as booked:
        pane.book()
    shared = "psykiatrimottagningen@region.example"
    assert (booked[0]["mailbox"], booked[0]["on_behalf_of"]) == (shared, shared)

    link = pane.link()
    outlook.field("Ämne").fill("Delad bokning")
    outlook.save()
    colleague = open_outlook("david.nystrom", "psykiatrimottagningen")
    colleague.entry("Delad bokning").dblclick()
    his = Pane(colleague)
    his.open()
    his.expect_view("meeting")
    assert his.link() == link


def test_whose_meeting_a_delegate_books_over_is_told_and_keeps_it(
    open_outlook: Callable[..., Outlook], region: Region
) -> None:
    hers = open_outlook()
    hers.new_meeting("Dubbelbokad")
    pane = Pane(hers)
    pane.open()
    link = pane.book()
    meeting = pane.properties()["meeting"]
    hers.save()

    secretary = open_outlook("carin.ek", "anna.lindgren")
    secretary.entry("Dubbelbokad").dblclick()
    other = Pane(secretary)
    other.open()
    other.says("den som redan har fått den gamla länken kommer inte till det nya rummet")
    other.action("create-new").click()
    other.expect_view("choose")
    assert other.book() != link
    secretary.save()

    def told() -> set[str]:
        return {note["code"] for note in region.meeting(meeting)["calendar_notes"]}

    region.waits_until(lambda: "item_taken" in told(), "her item holds another meeting", seconds=60)
    assert region.meeting(meeting)["state"] == "live"


def test_the_unit_is_remembered_but_every_booking_begins_with_the_patients_type(pane: Pane) -> None:
    pane.open()
    unit = pane.frame.get_by_label("Enhet")
    other = unit.locator("option:not(:checked)").first.inner_text()
    unit.select_option(label=other)
    pane.choose("Internt möte utan patient")
    pane.book()
    pane.outlook.field("Ämne").fill("Kommer ihåg")
    pane.outlook.save()
    pane.outlook.new_meeting()
    pane.open()
    expect(unit.locator("option:checked")).to_have_text(other)
    expect(pane.frame.get_by_role("radio", name="Vårdmöte patient")).to_be_checked()


def test_each_type_says_when_it_applies(pane: Pane) -> None:
    pane.open()
    for name in ("Informationsmöte patient", "Internt möte utan patient"):
        choice = pane.frame.get_by_role("radio", name=name)
        expect(choice).to_have_accessible_description(re.compile(r"^\w.+ Högst 15 deltagare\."))


def test_everything_can_be_done_by_keyboard(pane: Pane) -> None:
    pane.open()
    pane.frame.get_by_role("radio", name="Vårdmöte patient").focus()
    pane.page.keyboard.press("ArrowDown")
    expect(pane.frame.get_by_role("radio", name="Informationsmöte patient")).to_be_focused()
    pane.page.keyboard.press("ArrowUp")
    pane.page.keyboard.press("Enter")
    pane.expect_booked()
    pane.page.keyboard.press("Tab")
    expect(pane.audience("patient").locator('[data-action="copy-link"]')).to_be_focused()
    pane.page.keyboard.press("Enter")
    pane.says("Länken är kopierad.")
