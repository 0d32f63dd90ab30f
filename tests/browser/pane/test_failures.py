"""Every failure has a sentence that says what happened, what was not written, and what to do."""

import json
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from addin.sandbox import people
from tests.browser.pane.steps import LINK, Pane
from tests.browser.window.outlook import Outlook
from tests.region import Region

UNKNOWN_MEETING = "0123456789abcdef0123456789abcdef"


def refuse(page: Page, pattern: str, method: str, status: int, code: str, title: str) -> None:
    """Answer such requests with a problem, as the service would."""
    problem = {"status": status, "code": code, "title": title, "retryable": False, "request_id": "prov-4711"}

    def answer(route: Route) -> None:
        if route.request.method == method:
            body = json.dumps(problem)
            route.fulfill(status=status, content_type="application/problem+json", body=body)
        else:
            route.continue_()

    page.route(pattern, answer)


def test_an_unreachable_service_leaves_the_item_alone_and_the_next_try_makes_one_room(
    pane: Pane, region: Region
) -> None:
    before = region.booked()
    pane.open()
    pane.page.route("**/api/v1/meetings", lambda route: route.abort())
    pane.action("create").click()
    pane.says("går inte att nå just nu. Inget har skrivits i bokningen.")
    pane.says("Försöker du igen blir det ändå bara ett möte.")
    assert LINK.findall(pane.body_text()) == []
    expect(pane.outlook.field("Plats")).to_have_value("")
    pane.page.unroute("**/api/v1/meetings")
    pane.action("retry").click()
    pane.expect_booked()
    assert pane.link()
    assert len(region.rooms_besides(before)) == 1


def test_without_a_network_nothing_is_written_and_the_next_try_makes_one_room(
    pane: Pane, region: Region
) -> None:
    before = region.booked()
    pane.open()
    pane.page.context.set_offline(True)
    pane.action("create").click()
    pane.says("går inte att nå just nu. Inget har skrivits i bokningen.")
    pane.says("Kontrollera nätet och försök igen om en stund.")
    assert LINK.findall(pane.body_text()) == []
    pane.page.context.set_offline(False)
    pane.action("retry").click()
    pane.expect_booked()
    assert pane.link()
    assert len(region.rooms_besides(before)) == 1
    pane.outlook.failures.clear()  # The browser itself tells of every request that it could not send.


def test_a_refusal_is_told_in_the_services_own_words_with_a_reference(pane: Pane) -> None:
    pane.open()
    refuse(
        pane.page,
        "**/api/v1/meetings",
        "POST",
        403,
        "not-staff",
        "Ditt konto får inte boka. Inget är skrivet.",
    )
    pane.action("create").click()
    pane.says("Ditt konto får inte boka. Inget är skrivet.")
    pane.says("Referens till supporten: prov-4711")


def test_a_time_in_the_past_is_refused_before_anything_is_written(pane: Pane, region: Region) -> None:
    before = region.booked()
    for label in ("Startdatum", "Slutdatum"):
        pane.outlook.field(label).fill("2024-04-25")
    pane.open()
    pane.action("create").click()
    expect(pane.frame.get_by_role("alert")).to_be_visible()
    assert LINK.findall(pane.body_text()) == []
    assert region.rooms_besides(before) == []


def test_a_provider_that_refuses_needs_attention_and_writes_no_link(pane: Pane, region: Region) -> None:
    region.fault("status", method="POST", status=401, times=10)
    pane.open()
    pane.action("create").click()
    expect(pane.frame.get_by_role("heading", name="Mötet behöver åtgärdas")).to_be_visible()
    expect(pane.frame.get_by_role("alert")).to_be_visible()
    assert LINK.findall(pane.body_text()) == []
    assert pane.properties()["meeting"]


def test_a_provider_that_does_not_answer_needs_nobody_to_act(pane: Pane) -> None:
    def unready(route: Route) -> None:
        answer = route.fetch()
        why = {"code": "provider_unreachable", "message": "Videotjänsten svarar inte."}
        meeting = {**answer.json(), "state": "needs_attention", "join_url": None, "attention": why}
        route.fulfill(response=answer, json=meeting)

    pane.open()
    pane.page.route("**/api/v1/meetings", unready)
    pane.action("create").click()
    expect(pane.frame.get_by_role("heading", name="Rummet är inte klart")).to_be_visible()
    pane.says("Videotjänsten svarar inte.")
    expect(pane.action("reload")).to_be_visible()


def test_a_body_that_outlook_will_not_write_is_told_and_written_at_the_next_try(pane: Pane) -> None:
    pane.open()
    pane.outlook_fails("body.setAsync")
    pane.action("create").click()
    pane.says("Rummet är skapat, men länken är inte skriven i bokningen.")
    assert LINK.findall(pane.body_text()) == []
    pane.action("write-again").click()
    pane.says("Nu är allt skrivet i bokningen.")
    assert pane.link()


def test_a_location_that_outlook_will_not_write_is_only_a_warning(pane: Pane) -> None:
    pane.open()
    pane.outlook_fails("location.setAsync")
    pane.book()
    pane.says("Platsen kunde inte fyllas i. Det påverkar inte mötet.")
    expect(pane.frame.get_by_role("alert")).to_have_count(0)


def test_properties_that_outlook_refuses_once_are_saved_at_the_second_try(pane: Pane) -> None:
    pane.open()
    pane.outlook_fails("customProperties.saveAsync")
    pane.book()
    assert pane.properties()["meeting"]


def test_a_service_that_is_starting_is_told_and_tried_again(pane: Pane) -> None:
    problem = {"status": 503, "code": "starting", "title": "Tjänsten startar.", "retryable": True}
    pane.page.route("**/pane/settings.json", lambda route: route.fulfill(status=503, json=problem), times=1)
    pane.open()
    pane.says("går inte att nå just nu.")
    pane.action("retry").click()
    pane.expect_view("choose")


def test_a_sign_in_that_outlook_refuses_is_told(pane: Pane) -> None:
    pane.outlook_fails("auth.getAccessToken")
    pane.open()
    pane.says("Outlook kunde inte logga in dig. Inget har ändrats i bokningen.")
    pane.action("retry").click()
    pane.expect_view("choose")


def test_an_expired_token_is_renewed_once_without_a_word(pane: Pane) -> None:
    refused: list[str] = []

    def expire(route: Route) -> None:
        if refused:
            return route.continue_()
        refused.append(route.request.url)
        problem = {"code": "token-expired", "title": "Din inloggning har gått ut.", "retryable": False}
        return route.fulfill(status=401, content_type="application/problem+json", body=json.dumps(problem))

    pane.open()
    pane.page.route("**/api/v1/meetings", expire)
    pane.book()
    assert len(refused) == 1


def test_a_begun_booking_that_the_service_refuses_leads_back_to_the_form(pane: Pane) -> None:
    pane.open()
    pane.page.route("**/api/v1/meetings", lambda route: route.abort())
    pane.action("create").click()
    pane.says("går inte att nå just nu.")
    assert pane.properties()["draft"]
    pane.page.unroute("**/api/v1/meetings")
    refuse(
        pane.page, "**/api/v1/meetings", "POST", 422, "time-in-past", "Tiden har passerat. Inget är skrivet."
    )
    pane.reopen()
    pane.expect_view("choose")
    assert pane.properties() == {"meeting": None, "draft": None}


def test_a_service_killed_between_click_and_answer_leaves_one_room_and_one_link(
    context: BrowserContext, fresh_region: Region, monday: date
) -> None:
    outlook = Outlook(context.new_page(), fresh_region.window_url)
    outlook.visit(monday, "anna.lindgren", "anna.lindgren")
    outlook.new_meeting()
    pane = Pane(outlook)
    pane.open()
    fresh_region.fault("hold", method="POST", stage="after")
    pane.action("create").click()
    fresh_region.wait_until_held()
    fresh_region.kill()
    fresh_region.release(drop=True)
    assert LINK.findall(pane.body_text()) == []
    fresh_region.start()
    # The pane repeats by itself for some seconds, then asks; either way it is the same booking.
    either = pane.action("retry").or_(pane.view("meeting"))
    expect(either.first).to_be_visible()
    if pane.action("retry").is_visible():
        pane.action("retry").click()
    pane.expect_booked()
    assert pane.link()
    fresh_region.settles()
    assert len(fresh_region.pexip_rooms()) == 1


def test_a_meeting_that_is_anothers_is_never_touched(pane: Pane, region: Region) -> None:
    before = region.booked()
    pane.open()
    pane.plant_meeting(UNKNOWN_MEETING)
    pane.reopen()
    pane.says("hör till någon annan eller inte finns längre. Inget har ändrats.")
    pane.action("create-new").click()
    pane.expect_view("choose")
    pane.book()
    assert len(region.rooms_besides(before)) == 1
    assert pane.properties()["meeting"] != UNKNOWN_MEETING


def test_a_link_pasted_from_another_item_does_not_take_over_its_meeting(
    pane: Pane, open_outlook: Callable[..., Outlook], region: Region
) -> None:
    pane.open()
    first = pane.book()
    html = pane.outlook.body.inner_html()
    other = Pane(open_outlook())
    other.outlook.new_meeting()
    other.set_time("15:00", "15:30")
    other.page.evaluate(
        "([body, html]) => { body.innerHTML = html }", [other.outlook.body.element_handle(), html]
    )
    other.outlook.body.dispatch_event("input")
    other.open()
    other.says("I texten står en möteslänk som kommer från någon annanstans")
    other.action("create-new").click()
    second = other.book()
    assert second != first


def test_a_change_made_elsewhere_meanwhile_is_shown_and_nothing_is_lost(pane: Pane, region: Region) -> None:
    pane.open()
    pane.book()
    meeting = region.api("GET", f"/meetings/{pane.properties()['meeting']}").json()
    headers = {"If-Match": f'"{meeting["revision"]}"'}
    pane.action("change").click()
    region.api("PATCH", f"/meetings/{meeting['id']}", json={"variant": "group"}, headers=headers)
    pane.choose("Informationsmöte patient")
    pane.action("create").click()
    pane.says("Mötet hade ändrats på annat håll, så din ändring sparades inte.")
    pane.says("Vårdmöte patient · Grupp")


def test_somebody_who_is_not_staff_is_told(open_outlook: Callable[..., Outlook]) -> None:
    outlook = open_outlook()
    outlook.new_meeting()
    title = "Ditt konto kan inte användas här. Inget har ändrats. Kontakta supporten."
    refuse(outlook.page, "**/api/v1/meeting-types", "GET", 403, "not-staff", title)
    pane = Pane(outlook)
    pane.open()
    pane.says(title)
    assert people.ANNA.name not in (pane.frame.locator("#view").text_content() or "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_outside_outlook_the_pane_says_where_it_belongs(
    browser: Browser, pane_alone: str, scheme: str
) -> None:
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{pane_alone}/pane/")
    expect(page.get_by_role("heading", name="Öppna panelen i Outlook")).to_be_visible()
    page.close()


def test_an_item_that_cannot_be_read_is_not_booked_and_can_be_tried_again(pane: Pane, region: Region) -> None:
    before = region.booked()
    pane.open()
    press = pane.action("create")
    for call in ("start.getAsync", "requiredAttendees.getAsync", "body.getAsync"):
        pane.outlook_fails(call)
        press.click()
        pane.outlook_has_failed()
        pane.frame.locator("#view[aria-busy=false]").wait_for()
        pane.says("Outlook svarade inte som det skulle. Inget har skrivits i bokningen.")
        press = pane.action("retry")
    assert region.rooms_besides(before) == []
    press.click()
    pane.expect_booked()
    assert pane.link()


def test_whose_calendar_it_is_must_be_known_before_anything_is_booked(
    open_outlook: Callable[..., Outlook],
) -> None:
    outlook = open_outlook("anna.lindgren", "psykiatrimottagningen")
    outlook.new_meeting("Skyddat vårdmöte")
    pane = Pane(outlook)
    pane.outlook_fails("getSharedPropertiesAsync")
    pane.open()
    pane.says("Outlook kunde inte säga vems kalender bokningen ligger i.")


def test_personal_data_that_came_after_a_failure_stops_the_next_try(pane: Pane) -> None:
    pane.open()
    pane.page.route("**/api/v1/meetings", lambda route: route.fulfill(status=500, body=""))
    pane.action("create").click()
    pane.says("svarade på ett oväntat sätt. Inget har skrivits i bokningen.")
    pane.outlook.field("Ämne").fill("Återbesök 19900101-2385")
    pane.action("retry").click()
    pane.expect_view("personal-data")


def test_what_begins_by_itself_and_breaks_leaves_the_next_press_its_effect(modules: Page) -> None:
    done = modules.evaluate("""async () => {
      const { Steps } = await import("/static/steps.js");
      const steps = new Steps({ rested() {} });
      const broken = steps.unasked(async () => { throw new Error("broken"); }).catch((error) => error.message);
      let pressed = false;
      await steps.once(async () => { pressed = true; });
      return [await broken, pressed, steps.isBusy];
    }""")

    assert done == ["broken", True, False]


def test_a_step_that_takes_long_is_explained_and_the_next_one_is_not(
    browser: Browser, pane_alone: str
) -> None:
    page = browser.new_page()  # A clock that is taken over is never given back.
    page.goto(f"{pane_alone}/pane/")
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    page.evaluate("""async () => {
      const { showProgress } = await import("/static/progress_view.js");
      window.step = showProgress("Skapar mötet");
      window.step("booking");
    }""")
    explained = page.locator("#view").get_by_text("Det tar längre tid än vanligt")
    page.clock.run_for(7_000)
    expect(explained).to_be_hidden()
    page.clock.run_for(2_000)
    expect(explained).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Det tar längre tid än vanligt")
    page.evaluate("() => window.step('writing')")
    expect(explained).to_be_hidden()
    page.close()
