"""The week: seeing, opening, moving and removing appointments, by mouse and by keyboard."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from playwright.sync_api import BrowserContext, expect

from tests.browser.pane.steps import late_answer
from tests.browser.window.outlook import Outlook

Opener = Callable[..., Outlook]


def test_every_view_says_that_it_is_a_sandbox(outlook: Outlook) -> None:
    note = outlook.page.get_by_text("Sandlåda – inga riktiga möten")
    expect(note).to_be_visible()
    outlook.new_meeting()
    expect(note).to_be_visible()


def test_the_week_shows_monday_to_sunday_with_its_number(outlook: Outlook, monday: date) -> None:
    days = outlook.page.get_by_role("columnheader").all_text_contents()
    names = ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"]
    assert days[1:] == [f"{(monday + timedelta(days=n)).day}{name}" for n, name in enumerate(names)]
    expect(outlook.page.get_by_role("heading", level=1)).to_contain_text(f"vecka {monday.isocalendar().week}")


def test_previous_next_and_today_go_between_weeks(outlook: Outlook, monday: date) -> None:
    outlook.button("Nästa vecka").click()
    expect(outlook.slot(monday + timedelta(days=7), "09:00")).to_be_attached()
    outlook.button("Föregående vecka").click()
    outlook.button("Föregående vecka").click()
    expect(outlook.slot(monday - timedelta(days=7), "09:00")).to_be_attached()
    outlook.button("Idag").click()
    expect(outlook.page.locator(".day-name[aria-current=date]")).to_have_count(1)


def test_a_new_meeting_is_saved_and_shown_where_it_belongs(outlook: Outlook, monday: date) -> None:
    outlook.new_meeting("Planering")
    outlook.field("Startdatum").fill(str(monday + timedelta(days=2)))
    outlook.field("Starttid").fill("14:30")
    outlook.field("Plats").fill("Rum 3")
    outlook.save()
    entry = outlook.entry("Planering")
    expect(entry).to_contain_text("14.30–15.00")
    expect(entry).to_contain_text("Rum 3")
    box, slot = entry.bounding_box(), outlook.slot(monday + timedelta(days=2), "14:30").bounding_box()
    assert box
    assert slot
    assert abs(box["x"] - slot["x"]) < 5
    assert abs(box["y"] - slot["y"]) < 5


def test_right_click_on_a_slot_asks_for_a_meeting_then(outlook: Outlook, monday: date) -> None:
    outlook.slot(monday, "10:30").click(button="right")
    outlook.page.get_by_role("menuitem", name="Ny mötesförfrågan").click()
    expect(outlook.field("Startdatum")).to_have_value(str(monday))
    expect(outlook.field("Starttid")).to_have_value("10:30")
    expect(outlook.field("Sluttid")).to_have_value("11:00")


def test_the_keyboard_walks_the_week_and_opens_the_same_menu(outlook: Outlook, monday: date) -> None:
    outlook.slot(monday, "09:00").focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+F10"):
        outlook.page.keyboard.press(key)
    entry = outlook.page.get_by_role("menuitem", name="Ny mötesförfrågan")
    expect(entry).to_be_focused()
    outlook.page.keyboard.press("Escape")
    expect(outlook.slot(monday + timedelta(days=1), "09:30")).to_be_focused()
    outlook.page.keyboard.press("Shift+F10")
    outlook.page.keyboard.press("Enter")
    expect(outlook.field("Starttid")).to_have_value("09:30")
    expect(outlook.field("Startdatum")).to_have_value(str(monday + timedelta(days=1)))


def test_a_moved_start_takes_the_end_along(outlook: Outlook) -> None:
    outlook.new_meeting()
    outlook.field("Sluttid").fill("10:15")
    outlook.field("Starttid").fill("13.00")
    outlook.field("Plats").focus()
    expect(outlook.field("Sluttid")).to_have_value("14:15")


def test_a_meeting_that_ends_before_it_begins_is_not_saved(outlook: Outlook) -> None:
    outlook.new_meeting("Bakvänt")
    outlook.field("Sluttid").fill("08:00")
    outlook.page.get_by_test_id("save").click()
    expect(outlook.page.get_by_text("Mötet slutar innan det börjar")).to_be_visible()
    expect(outlook.form).to_be_visible()


def test_a_time_that_summer_time_skips_and_a_day_that_no_month_has_are_refused(outlook: Outlook) -> None:
    outlook.new_meeting("Natten")
    outlook.field("Startdatum").fill("2027-03-28")
    outlook.field("Starttid").fill("02:30")
    outlook.page.get_by_test_id("save").click()
    expect(outlook.page.get_by_text("klockan ställs om till sommartid")).to_be_visible()
    expect(outlook.form).to_be_visible()
    outlook.field("Startdatum").fill("2027-02-30")
    outlook.field("Plats").focus()
    expect(outlook.page.get_by_text("Skriv datum som")).to_be_visible()


def test_an_opened_meeting_can_be_moved_to_another_time(outlook: Outlook) -> None:
    outlook.new_meeting("Flyttas")
    outlook.save()
    outlook.open("Flyttas")
    outlook.field("Starttid").fill("15:00")
    outlook.save()
    expect(outlook.entry("Flyttas")).to_contain_text("15.00–15.30")
    expect(outlook.entry("Flyttas")).to_have_count(1)


def test_a_meeting_keeps_its_clock_time_over_the_change_of_clocks(outlook: Outlook) -> None:
    outlook.visit(date(2027, 10, 25), "anna.lindgren", "anna.lindgren")
    outlook.new_meeting("Efter sommartiden")
    outlook.field("Startdatum").fill("2027-10-31")
    outlook.field("Starttid").fill("09:00")
    outlook.save()
    expect(outlook.entry("Efter sommartiden")).to_contain_text("09.00–09.30")


def test_removing_asks_first_and_then_it_is_gone(outlook: Outlook) -> None:
    outlook.new_meeting("Bort")
    outlook.save()
    outlook.open("Bort")
    outlook.button("Ta bort").click()
    outlook.button("Behåll").click()
    expect(outlook.form).to_be_visible()
    outlook.button("Ta bort").click()
    outlook.page.get_by_role("dialog").get_by_role("button", name="Ta bort").click()
    expect(outlook.form).to_be_hidden()
    expect(outlook.page.get_by_text("Mötet är borttaget")).to_be_visible()
    expect(outlook.entry("Bort")).to_have_count(0)


def test_discarding_asks_only_when_something_would_be_lost(outlook: Outlook) -> None:
    outlook.new_meeting()
    outlook.button("Släng").click()
    expect(outlook.form).to_be_hidden()
    outlook.new_meeting("Ändrat")
    outlook.button("Släng").click()
    outlook.button("Fortsätt redigera").click()
    expect(outlook.field("Ämne")).to_have_value("Ändrat")
    outlook.button("Släng").click()
    outlook.page.get_by_role("dialog").get_by_role("button", name="Släng").click()
    expect(outlook.form).to_be_hidden()
    expect(outlook.entry("Ändrat")).to_have_count(0)


def test_attendees_make_saving_sending_and_come_back_as_they_were(outlook: Outlook) -> None:
    outlook.new_meeting("Med andra")
    expect(outlook.page.get_by_test_id("save")).to_have_text("Spara")
    outlook.field("Obligatoriska").fill("bo.sandstrom@region.example;")
    outlook.field("Valfria").fill("tolk@tolkservice.example")
    outlook.field("Plats").focus()
    expect(outlook.page.get_by_test_id("save")).to_have_text("Skicka")
    outlook.save()
    outlook.open("Med andra")
    expect(outlook.page.get_by_role("list", name="Obligatoriska deltagare")).to_have_text("Bo Sandström")
    expect(outlook.page.get_by_role("list", name="Valfria deltagare")).to_have_text(
        "tolk@tolkservice.example"
    )
    outlook.button("Ta bort Bo Sandström").click()
    outlook.save()
    outlook.open("Med andra")
    expect(outlook.page.get_by_role("list", name="Valfria deltagare")).to_be_visible()
    expect(outlook.button("Ta bort Bo Sandström")).to_have_count(0)


def test_what_is_no_address_is_said_and_not_sent(outlook: Outlook) -> None:
    outlook.new_meeting("Fel adress")
    outlook.field("Obligatoriska").fill("Bo")
    outlook.page.get_by_test_id("save").click()
    expect(outlook.page.get_by_text("Skriv en hel e-postadress: Bo")).to_be_visible()
    expect(outlook.form).to_be_visible()


def test_a_saved_meeting_can_be_read_and_its_link_followed(outlook: Outlook, context: BrowserContext) -> None:
    outlook.new_meeting("Att läsa")
    link = f"{outlook.address}/window/config.json"
    outlook.button("Oformaterad text").click()
    outlook.page.get_by_test_id("body-plain").fill(f"Anslut här: {link}.")
    outlook.save()
    outlook.entry("Att läsa").click()
    peek = outlook.page.get_by_test_id("peek")
    expect(peek.get_by_role("heading")).to_have_text("Att läsa")
    with context.expect_page() as followed:
        peek.get_by_role("link", name=link).click()
    assert followed.value.url == link


def test_the_cursor_in_a_link_shows_the_way_out(outlook: Outlook, context: BrowserContext) -> None:
    outlook.new_meeting()
    pane = outlook.open_pane()
    link = f"{outlook.address}/window/config.json"
    pane.evaluate(
        "html => ask('body.setAsync', html, {coercionType: 'html'})",
        f'<p><a href="{link}">Starta möte</a></p>',
    )
    outlook.body.get_by_text("Starta möte").click()
    line = outlook.page.get_by_test_id("link-line")
    expect(line).to_contain_text(link)
    with context.expect_page() as followed:
        line.get_by_role("link", name="Öppna länk").click()
    assert followed.value.url == link
    with context.expect_page() as followed:
        outlook.body.get_by_text("Starta möte").click(modifiers=["Control"])
    assert followed.value.url == link


def test_another_person_signs_in_and_sees_another_calendar(outlook: Outlook) -> None:
    outlook.new_meeting("Annas eget")
    outlook.save()
    expect(outlook.entry("Annas eget")).to_be_visible()
    with late_answer(outlook.page, re.compile(r"/events/[^/]+\?")) as come:
        outlook.entry("Annas eget").dblclick()
        outlook.field("Inloggad som").select_option("Bo Sandström")
        expect(outlook.entry("Annas eget")).to_have_count(0)
        # What Anna opened is not opened for Bo.
        come()
    expect(outlook.form).to_be_hidden()
    outlook.new_meeting("Bos eget")
    outlook.save()
    expect(outlook.entry("Bos eget")).to_be_visible()


def test_a_secretary_books_in_a_clinicians_calendar(open_outlook: Opener) -> None:
    carin = open_outlook("carin.ek")
    offered = carin.field("Visa kalender").locator("option").all_text_contents()
    assert offered == ["Min kalender", "Anna Lindgren", "Bo Sandström", "Psykiatrimottagningen"]
    carin.field("Visa kalender").select_option("Anna Lindgren")
    carin.new_meeting("Bokat av Carin")
    expect(carin.page.get_by_text("Du bokar i kalendern för Anna Lindgren.")).to_be_visible()
    carin.save()
    anna = open_outlook()
    expect(anna.entry("Bokat av Carin")).to_be_visible()


def test_a_meeting_that_another_client_removed_is_said_to_be_gone(open_outlook: Opener) -> None:
    one, other = open_outlook(), open_outlook()
    one.new_meeting("Dubbelt")
    one.save()
    other.page.reload()
    other.entry("Dubbelt").click(button="right")
    other.page.get_by_role("menuitem", name="Ta bort").click()
    other.page.get_by_role("dialog").get_by_role("button", name="Ta bort").click()
    expect(other.page.get_by_text("Mötet är borttaget")).to_be_visible()
    one.entry("Dubbelt").dblclick()
    expect(one.page.get_by_role("alert").get_by_text("Mötet finns inte längre i kalendern")).to_be_visible()
    expect(one.entry("Dubbelt")).to_have_count(0)


def test_a_calendar_that_does_not_answer_loses_nothing(outlook: Outlook) -> None:
    outlook.new_meeting("Ska inte försvinna")
    outlook.page.route("**/outlook/**", lambda route: route.abort())
    outlook.page.get_by_test_id("save").click()
    expect(outlook.page.get_by_role("alert").get_by_text("Mötet sparades inte")).to_be_visible()
    outlook.page.unroute("**/outlook/**")
    outlook.save()
    expect(outlook.entry("Ska inte försvinna")).to_be_visible()


def test_an_answer_to_what_was_given_up_closes_nothing_that_is_open_since(outlook: Outlook) -> None:
    with late_answer(outlook.page, re.compile("/events$")) as come:
        outlook.new_meeting("Väntas inte på")
        outlook.page.get_by_test_id("save").click()
        outlook.button("Släng").click()
        outlook.page.get_by_role("dialog").get_by_role("button", name="Släng").click()
        outlook.new_meeting("Nästa")
        come()
    expect(outlook.page.get_by_role("status").get_by_text("Mötet är sparat")).to_be_visible()
    expect(outlook.field("Ämne")).to_have_value("Nästa")
    expect(outlook.form).to_be_visible()
