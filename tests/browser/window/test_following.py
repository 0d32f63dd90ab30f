"""What people do to appointments in the week, from dragging to restoring, and what those see who are invited."""

from collections.abc import Callable
from datetime import date, timedelta

from playwright.sync_api import Locator, Response, Route, expect

from tests.axe import faults_in, faults_in_light_and_dark
from tests.browser.window.outlook import Outlook
from tests.browser_contexts import Contexts

Opener = Callable[..., Outlook]


def book(outlook: Outlook, subject: str, clock: str = "10:00", attendee: str = "") -> Locator:
    """Save an hour of Monday, and return its entry."""
    outlook.new_meeting(subject)
    outlook.field("Sluttid").fill("10:00")
    outlook.field("Starttid").fill(clock)
    if attendee:
        outlook.field("Obligatoriska").fill(f"{attendee};")
    outlook.field("Plats").focus()
    outlook.save()
    return outlook.entry(subject)


def drag(outlook: Outlook, entry: Locator, onto: Locator, *, by_end: bool = False, key: str = "") -> None:
    """Drag an entry, or only its end, to where a half hour begins, with a key held."""
    outlook.rests()
    box, target = entry.bounding_box(), onto.bounding_box()
    assert box
    assert target
    mouse, keyboard = outlook.page.mouse, outlook.page.keyboard
    grip = box["height"] - 2 if by_end else 10
    mouse.move(box["x"] + 20, box["y"] + grip)
    mouse.down()
    if key:
        keyboard.down(key)
    mouse.move(target["x"] + 20, target["y"] + (-2 if by_end else grip), steps=4)
    mouse.up()
    if key:
        keyboard.up(key)


def answer(outlook: Outlook, name: str) -> None:
    outlook.page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def test_dragging_moves_resizes_and_with_ctrl_copies(outlook: Outlook, monday: date) -> None:
    entry = book(outlook, "Dras")
    tuesday, wednesday = (monday + timedelta(days=number) for number in (1, 2))

    drag(outlook, entry, outlook.slot(tuesday, "13:00"))
    # The notice first, since it goes by itself.
    expect(outlook.page.get_by_text("Mötet är flyttat till tisdag")).to_be_visible()
    expect(entry).to_contain_text("13.00–14.00")
    drag(outlook, entry, outlook.slot(tuesday, "15:30"), by_end=True)
    expect(entry).to_contain_text("13.00–15.30")

    drag(outlook, entry, outlook.slot(wednesday, "09:00"), key="Control")
    expect(entry).to_have_count(2)
    expect(entry.last).to_contain_text("09.00–11.30")
    expect(outlook.page.get_by_test_id("peek")).to_have_count(0)


def test_a_drag_that_is_given_up_changes_nothing(outlook: Outlook, monday: date) -> None:
    entry = book(outlook, "Ångrat")
    box = entry.bounding_box()
    assert box
    outlook.page.mouse.move(box["x"] + 20, box["y"] + 20)
    outlook.page.mouse.down()
    outlook.page.mouse.move(box["x"] + 20, box["y"] + 200, steps=3)
    expect(outlook.page.locator(".ghost")).to_be_visible()
    outlook.page.keyboard.press("Escape")
    outlook.page.mouse.up()
    expect(outlook.page.locator(".ghost")).to_have_count(0)
    expect(entry).to_contain_text("10.00–11.00")


def press_with_alt(outlook: Outlook, *keys: str) -> None:
    """Press keys while Alt is down, which drops what they moved when it is let go."""
    keyboard = outlook.page.keyboard
    keyboard.down("Alt")
    for key in keys:
        keyboard.press(key)
    keyboard.up("Alt")


def is_change(answer: Response) -> bool:
    return answer.request.method == "PATCH"


def test_the_keyboard_moves_resizes_and_copies_to_a_colleague(open_outlook: Opener, monday: date) -> None:
    carin = open_outlook("carin.ek", "anna.lindgren")
    entry, keyboard = book(carin, "Tangenter"), carin.page.keyboard

    entry.focus()
    with carin.page.expect_response(is_change):
        press_with_alt(carin, "ArrowRight", "ArrowDown")
    expect(entry).to_contain_text("10.30–11.30")
    expect(entry).to_be_focused()
    with carin.page.expect_response(is_change):
        press_with_alt(carin, "Shift+ArrowDown")
    expect(entry).to_contain_text("10.30–12.00")
    expect(entry).to_be_focused()

    keyboard.press("Control+c")
    # The word of it may be followed at once by that of the change before.
    expect(carin.button("Klistra in")).to_be_visible()
    carin.field("Visa kalender").select_option("Bo Sandström")
    expect(entry).to_have_count(0)
    carin.slot(monday, "14:00").focus()
    keyboard.press("Control+v")
    expect(entry).to_contain_text("14.00–15.30")


def test_a_change_starts_from_the_one_before_and_what_fails_is_put_back(outlook: Outlook) -> None:
    entry, changes = book(outlook, "Två i rad"), list[Route]()

    def hold_the_first_and_lose_the_second(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.fallback()
        changes.append(route)
        return route.abort() if len(changes) == 2 else None

    outlook.page.route("**/events/*", hold_the_first_and_lose_the_second)
    entry.focus()
    with outlook.page.expect_request(lambda request: request.method == "PATCH"):
        press_with_alt(outlook, "ArrowDown")
    expect(entry).to_contain_text("10.30–11.30")
    press_with_alt(outlook, "Shift+ArrowDown")
    expect(entry).to_contain_text("10.30–12.00")

    first, *others = changes
    assert others == [], "the second was sent before the first had been answered"
    first.continue_()
    expect(outlook.page.get_by_role("alert").get_by_text("Mötet flyttades inte.")).to_be_visible()
    expect(entry).to_contain_text("10.30–11.30")


def test_what_is_deleted_lies_in_borttaget_and_can_be_restored(outlook: Outlook) -> None:
    entry = book(outlook, "Tillbaka")
    entry.focus()
    outlook.page.keyboard.press("Delete")
    answer(outlook, "Ta bort")
    expect(entry).to_have_count(0)

    outlook.button("Borttaget").click()
    row = outlook.page.get_by_test_id("deleted-row").filter(has_text="Tillbaka")
    expect(row).to_contain_text("kl. 10.00–11.00")
    assert faults_in_light_and_dark(outlook.page) == []
    row.get_by_role("button", name="Återställ").click()
    expect(row).to_have_count(0)
    outlook.button("Till kalendern").click()
    expect(entry).to_be_visible()


def test_a_series_is_made_and_one_occurrence_or_all_are_moved_and_deleted(
    outlook: Outlook, monday: date
) -> None:
    outlook.new_meeting("Serie")
    outlook.page.get_by_label("Gör till serie: varje vecka").check()
    outlook.field("Antal gånger").fill("4")
    outlook.field("Plats").focus()
    outlook.save()
    entry = outlook.entry("Serie")

    drag(outlook, entry, outlook.slot(monday + timedelta(days=1), "11:00"))
    answer(outlook, "Bara den här gången")
    expect(entry).to_contain_text("11.00–11.30")
    outlook.button("Nästa vecka").click()
    expect(entry).to_contain_text("09.00–09.30")

    entry.focus()
    outlook.page.keyboard.press("Delete")
    answer(outlook, "Bara den här gången")
    expect(entry).to_have_count(0)
    outlook.button("Nästa vecka").click()
    drag(outlook, entry, outlook.slot(monday + timedelta(days=17), "13:00"))
    answer(outlook, "Hela serien")
    expect(entry).to_contain_text("13.00–13.30")
    outlook.button("Föregående vecka").click()
    expect(entry).to_contain_text("13.00–13.30")

    outlook.open_series("Serie")
    expect(outlook.page.get_by_text("Varje torsdag, 4 gånger. Du ändrar hela serien.")).to_be_visible()
    outlook.button("Ta bort").click()
    answer(outlook, "Ta bort")
    expect(outlook.form).to_be_hidden()
    expect(entry).to_have_count(0)


def test_one_occurrence_does_not_pass_its_neighbour(outlook: Outlook, monday: date) -> None:
    outlook.new_meeting("Granne")
    outlook.page.get_by_label("Gör till serie: varje vecka").check()
    outlook.save()
    outlook.entry("Granne").dblclick()
    answer(outlook, "Bara den här gången")
    expect(outlook.page.get_by_text("Du ändrar bara den här gången av en serie.")).to_be_visible()
    outlook.field("Startdatum").fill(str(monday + timedelta(days=8)))
    outlook.field("Plats").focus()
    outlook.page.get_by_test_id("save").click()
    expect(outlook.page.get_by_role("alert").get_by_text("förbi gången före eller efter")).to_be_visible()


def test_who_is_invited_sees_the_invitation_without_the_addin_and_answers(
    open_outlook: Opener, outlook: Outlook
) -> None:
    book(outlook, "Samråd", attendee="bo.sandstrom@region.example")
    bo = open_outlook("bo.sandstrom")
    entry = bo.entry("Samråd")
    entry.dblclick()
    expect(bo.page.get_by_test_id("invitation")).to_contain_text("Inbjudan från Anna Lindgren")
    expect(bo.page.get_by_test_id("addin-button")).to_have_count(0)
    assert faults_in_light_and_dark(bo.page) == []
    bo.button("Acceptera").click()
    expect(bo.page.get_by_text("Du har tackat ja.")).to_be_visible()

    outlook.page.reload()
    outlook.entry("Samråd").focus()
    outlook.page.keyboard.press("Delete")
    answer(outlook, "Ta bort")
    expect(outlook.page.get_by_text("En avbokning har gått ut.")).to_be_visible()
    bo.page.reload()
    expect(bo.entry("Inställt: Samråd")).to_be_visible()


def test_the_region_moves_on_premises_and_back_and_the_calendar_stays(outlook: Outlook) -> None:
    entry, home = book(outlook, "Flytten"), outlook.field("Postlådorna ligger i")
    home.select_option("Egen Exchange")
    expect(outlook.page.get_by_text("i regionens egen Exchange")).to_be_visible()
    outlook.page.reload()
    expect(home).to_have_value("on_premises")
    expect(entry).to_be_visible()
    home.select_option("Exchange Online")
    expect(outlook.page.get_by_text("ligger nu i Exchange Online")).to_be_visible()


def test_on_a_telephone_everything_is_done_by_touch_and_nothing_is_cut_off(
    contexts: Contexts, sandbox: str, monday: date
) -> None:
    # Without motion: axe takes the colours of what is still fading in for what it will be.
    telephone = contexts.of(
        viewport={"width": 320, "height": 640}, locale="sv-SE", has_touch=True, reduced_motion="reduce"
    )
    outlook = Outlook(telephone.new_page(), sandbox)
    outlook.visit(monday, "anna.lindgren", "anna.lindgren")
    page, entry, peek = outlook.page, book(outlook, "Smal"), outlook.page.get_by_test_id("peek")
    assert faults_in(page) == []

    entry.tap()
    peek.get_by_role("button", name="Kopiera").tap()
    outlook.slot(monday + timedelta(days=1), "09:00").tap()
    outlook.button("Klistra in").tap()
    expect(entry).to_have_count(2)
    expect(entry.last).to_contain_text("09.00–10.00")
    entry.last.tap()
    peek.get_by_role("button", name="Öppna").tap()
    outlook.field("Starttid").fill("14:00")
    outlook.save()
    expect(entry.last).to_contain_text("14.00–15.00")
    entry.last.tap()
    peek.get_by_role("button", name="Ta bort").tap()
    answer(outlook, "Ta bort")
    expect(entry).to_have_count(1)
    outlook.button("Borttaget").tap()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    outlook.button("Återställ: Smal").tap()
    expect(page.get_by_text("Mötet står i kalendern igen.")).to_be_visible()
    outlook.button("Till kalendern").tap()
    expect(entry).to_have_count(2)
    outlook.rests()

    entry.first.dblclick()  # the second click meets the peek
    expect(outlook.field("Ämne")).to_have_value("Smal")
    outlook.open_pane()
    expect(outlook.field("Ämne")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    outlook.button("Stäng Skyddat vårdmöte").tap()
    expect(outlook.field("Ämne")).to_be_visible()
