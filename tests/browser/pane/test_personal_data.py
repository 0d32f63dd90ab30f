"""Nothing is booked while the item bears personal data; what is found is shown here and sent nowhere."""

from playwright.sync_api import Locator, expect

from tests.browser.pane.steps import Pane, watched_requests

PERSONAL_NUMBER = "19900101-2385"  # from the official test series


def attendee(pane: Pane, address: str) -> None:
    """Invite somebody."""
    pane.outlook.field("Obligatoriska").fill(address)
    pane.page.keyboard.press("Enter")


def found(pane: Pane, field: str, kind: str) -> Locator:
    return pane.frame.locator(f'.findings [data-field="{field}"][data-kind="{kind}"]')


def test_a_personal_number_in_the_subject_stops_the_booking_until_the_subject_is_neutral(pane: Pane) -> None:
    with watched_requests(pane.page, "POST", "/api/v1/meetings") as booked:
        pane.outlook.field("Ämne").fill(f"Återbesök {PERSONAL_NUMBER}")
        pane.open()
        pane.action("create").click()
        expect(found(pane, "subject", "personal-number")).to_contain_text(PERSONAL_NUMBER)
        expect(pane.action("create-anyway")).to_have_count(0)
        pane.action("neutral-subject").click()
        pane.says("Rubriken är utbytt.")
        expect(pane.outlook.field("Ämne")).to_have_value("Skyddat vårdmöte")
        assert booked == []
        pane.book()
    assert len(booked) == 1
    assert PERSONAL_NUMBER not in str(booked)


# One that no simple search finds; which writings are found is for `tests/unit/privacy`, in this browser, too.
def test_a_personal_number_in_the_body_cannot_be_passed(pane: Pane) -> None:
    pane.outlook.body.click()
    pane.page.keyboard.insert_text("Gäller １９９００１０１–２３８５.")
    pane.open()
    pane.action("create").click()
    expect(found(pane, "body", "personal-number")).to_be_visible()
    expect(pane.action("create-anyway")).to_have_count(0)
    expect(pane.action("neutral-subject")).to_have_count(0)
    pane.action("check-again").click()
    expect(found(pane, "body", "personal-number")).to_be_visible()


def test_a_private_address_among_the_attendees_is_told_to_come_by_1177(pane: Pane) -> None:
    attendee(pane, "kim.exempel@gmail.com")
    pane.open()
    pane.action("create").click()
    expect(found(pane, "attendees", "private-mail")).to_contain_text(
        "Patienter bjuds in via 1177, inte Outlook."
    )


def test_colleagues_and_partners_may_be_invited(pane: Pane) -> None:
    attendee(pane, "bo.sandstrom@region.example")
    attendee(pane, "handlaggare@kommun.example")
    pane.open()
    pane.book()


def test_a_telephone_number_is_a_question_that_can_be_answered_yes(pane: Pane) -> None:
    pane.outlook.body.click()
    pane.page.keyboard.insert_text("Ring 070-174 06 05 vid problem.")
    pane.open()
    pane.action("create").click()
    expect(found(pane, "body", "telephone")).to_be_visible()
    # What has been looked at is the number, not what has come since.
    pane.outlook.field("Ämne").fill(f"Återbesök {PERSONAL_NUMBER}")
    pane.action("create-anyway").click()
    expect(found(pane, "subject", "personal-number")).to_be_visible()
    pane.outlook.field("Ämne").fill("Återbesök")
    pane.action("check-again").click()
    pane.action("create-anyway").click()
    pane.expect_booked()
    assert "070-174 06 05" in pane.body_text()


def test_our_own_block_and_the_units_number_are_nobodys_personal_data(pane: Pane) -> None:
    pane.outlook.body.click()
    pane.page.keyboard.insert_text("Frågor besvaras på 08-465 004 10.")
    pane.open()
    pane.book()
    pane.reopen()
    pane.expect_booked()
    expect(pane.frame.locator(".findings")).to_have_count(0)


def test_personal_data_written_after_the_booking_is_pointed_out(pane: Pane) -> None:
    pane.open()
    pane.book()
    pane.outlook.field("Ämne").fill(f"Återbesök {PERSONAL_NUMBER}")
    pane.reopen()
    pane.says("Bokningen ser ut att innehålla personuppgifter.")
    expect(found(pane, "subject", "personal-number")).to_be_visible()
