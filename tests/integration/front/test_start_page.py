"""The start page as hosts and outsiders meet it: real sockets, the sandbox's sign-in, ledger, simulated Pexip."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from addin.meetings.cancel import CancelMeeting
from addin.meetings.codes import grouped, new_code
from addin.meetings.model import AuditEntry, Meeting
from addin.sandbox import people
from addin.web.visitors import GUESSES_BORNE
from tests.integration.front.doors import (
    ANNA,
    START,
    WINDOW,
    FrontDoors,
    Region,
    browser,
    comes_back,
    front_doors,
    hidden_field,
    signs_in,
    text_of,
)


def get(url: str, session: requests.Session | None = None) -> requests.Response:
    return (session or browser()).get(url, allow_redirects=False, timeout=10)


def starts(session: requests.Session, confirm: requests.Response, **form: str) -> requests.Response:
    """Press the button of the page that asks whether it is the right person."""
    token = hidden_field(confirm, "form_token")
    url = confirm.url
    return session.post(url, data={"form_token": token, **form}, allow_redirects=False, timeout=10)


def audited(doors: FrontDoors, meeting: Meeting) -> list[AuditEntry]:
    entries = doors.ledger.read(lambda reading: list(reading.audit_entries(meeting.id, None).values()))
    return [entry for entry in entries if entry.action != "booked"]


def host_pin(doors: FrontDoors, meeting: Meeting) -> str:
    (room,) = doors.ledger.read(lambda reading: reading.rooms(meeting.id))
    return doors.plans.wish(meeting, room).host_pin


def pin_on(page: requests.Response) -> str | None:
    found = re.search(r'id="pin">(\d+)<', page.text)
    return found[1] if found else None


class TestTheWayIn:
    """From the link in the item to the lobby, and what is left behind."""

    def test_a_substitute_starts_the_meeting_as_host(self, doors: FrontDoors, region: Region) -> None:
        meeting, david = doors.books(), browser()
        confirm = signs_in(david, doors.start_url(meeting), people.DAVID)
        assert "Är det rätt person?" in text_of(confirm)
        assert audited(doors, meeting) == []
        page = starts(david, confirm)
        assert page.status_code == 200
        assert pin_on(page) == host_pin(doors, meeting)
        address = re.search(r'href="([^"]+)" target="_blank"', page.text)
        assert address
        assert region.enters(address[1], "Värd", pin_on(page)) == 200
        (entry,) = audited(doors, meeting)
        assert (entry.action, entry.actor, entry.tenant) == (
            "host_started",
            people.DAVID.object_id,
            people.TENANT,
        )
        assert doors.reads(meeting).host_started_at == doors.clock.time

    def test_who_waits_has_every_place_and_the_host_is_told_what_to_do(
        self, doors: FrontDoors, region: Region
    ) -> None:
        meeting, anna = doors.books("small"), browser()
        address = browser().post(f"{doors.join_url(meeting)}/join", allow_redirects=False, timeout=10)
        guests = [region.enters(address.headers["Location"], f"Gäst {number}") for number in (1, 2)]
        assert guests == [200, 200]
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        full = starts(anna, confirm)
        assert "Rummet är fullt De som väntar har alla 2 platser" in text_of(full)
        assert region.enters(address.headers["Location"], "Värd", pin_on(full)) == 403
        emptied = starts(anna, confirm, empties_lobby="1")
        assert "Lobbyn är tömd" in text_of(emptied)
        assert region.enters(address.headers["Location"], "Värd", pin_on(emptied)) == 200

    def test_the_page_tells_time_type_and_unit_before_and_after_sign_in(self, doors: FrontDoors) -> None:
        meeting, anna = doors.books(), browser()
        for page in [
            get(doors.start_url(meeting)),
            signs_in(anna, doors.start_url(meeting), people.ANNA),
        ]:
            for fact in ["måndag 1 mars 2027 kl. 10.00–10.45", "Vårdmöte patient", "Björkbacken"]:
                assert fact in text_of(page)

    def test_a_start_before_the_hours_opens_the_guests_page(self, doors: FrontDoors) -> None:
        doors.clock.time = START - timedelta(hours=3)
        meeting, anna = doors.books(), browser()
        assert "inte öppnat än" in text_of(get(doors.join_url(meeting)))
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        assert "Det öppnar av sig självt måndag 1 mars 2027 kl. 09.45." in text_of(confirm)
        starts(anna, confirm)
        assert "Välkommen till mötet" in text_of(get(doors.join_url(meeting)))

    def test_the_pin_is_shown_once_and_again_only_by_a_new_press(self, doors: FrontDoors) -> None:
        meeting, anna = doors.books(), browser()
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        pin = pin_on(starts(anna, confirm))
        assert pin
        again = get(confirm.url, anna)
        assert pin not in again.text
        assert pin_on(starts(anna, again)) == pin
        assert len(audited(doors, meeting)) == 2

    def test_the_pin_is_in_no_address_header_cookie_or_log(
        self, doors: FrontDoors, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        meeting, anna = doors.books(), browser()
        page = starts(anna, signs_in(anna, doors.start_url(meeting), people.ANNA))
        pin = pin_on(page)
        assert pin
        assert page.headers["Cache-Control"] == "no-store"
        links = re.findall(r'(?:href|action)="([^"]*)"', page.text)
        ours = [
            record.getMessage() + str(record.__dict__) for record in caplog.records if "addin" in record.name
        ]
        for trace in [page.url, str(page.headers), str(anna.cookies.get_dict()), *links, *ours]:
            assert pin not in trace

    def test_whoever_is_signed_in_need_not_do_it_again_for_the_next_meeting(self, doors: FrontDoors) -> None:
        first, second, anna = doors.books(), doors.books(), browser()
        signs_in(anna, doors.start_url(first), people.ANNA)
        answer = anna.post(doors.start_url(second), timeout=10)
        assert "Är det rätt person?" in text_of(answer)
        assert pin_on(starts(anna, answer)) == host_pin(doors, second)

    def test_after_half_an_hour_the_page_has_forgotten(self, doors: FrontDoors) -> None:
        meeting, anna = doors.books(), browser()
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        doors.clock.time += timedelta(minutes=30)
        assert starts(anna, confirm).status_code == 403
        assert get(confirm.url, anna).status_code == 303
        assert audited(doors, meeting) == []

    def test_two_tabs_can_sign_in_at_once(self, doors: FrontDoors) -> None:
        meetings, anna = [doors.books(), doors.books()], browser()
        pressed = [
            anna.post(doors.start_url(meeting), allow_redirects=False, timeout=10) for meeting in meetings
        ]
        confirms = [comes_back(anna, sent, people.ANNA) for sent in pressed]
        for meeting, confirm in zip(meetings, confirms, strict=True):
            assert grouped(meeting.start_code) in confirm.url
            assert starts(anna, confirm).status_code == 200

    def test_on_a_shared_computer_one_can_sign_out(self, doors: FrontDoors) -> None:
        meeting, anna = doors.books(), browser()
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        form = {"form_token": hidden_field(confirm, "form_token")}
        assert anna.post(f"{doors.url}/start/sign-out", data=form, timeout=10).status_code == 200
        assert get(confirm.url, anna).status_code == 303


class TestOutsiders:
    """Guests, strangers, other sites and scanners."""

    def test_a_look_changes_nothing_and_sets_no_cookie(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        for url in [
            doors.start_url(meeting),
            f"{doors.start_url(meeting)}/host",
            f"{doors.url}/start/callback",
        ]:
            assert "Set-Cookie" not in get(url).headers
        assert doors.reads(meeting) == meeting
        assert audited(doors, meeting) == []

    def test_the_start_link_tells_nobody_the_join_code_or_the_provider(
        self, doors: FrontDoors, region: Region
    ) -> None:
        meeting = doors.books()
        (room,) = doors.ledger.read(lambda reading: reading.rooms(meeting.id))
        page = get(doors.start_url(meeting))
        for secret in [
            grouped(meeting.join_code),
            meeting.join_code,
            room.alias,
            urlsplit(region.base).netloc,
        ]:
            assert secret not in page.text
            assert secret not in str(page.headers)

    def test_a_guest_of_the_tenant_is_told_and_led_to_the_join_page(self, doors: FrontDoors) -> None:
        meeting, guest = doors.books(), browser()
        page = signs_in(guest, doors.start_url(meeting), people.GUEST)
        # What the provider answered stands in no address that is left in the browser.
        assert page.url == f"{doors.start_url(meeting)}/sign-in/not-staff"
        assert page.status_code == 403
        assert "Bara vårdpersonal kan starta mötet" in text_of(page)
        assert f'href="{doors.url}/m"' in page.text
        assert meeting.join_code not in page.text.replace("-", "")
        assert get(f"{doors.start_url(meeting)}/host", guest).status_code == 303
        assert audited(doors, meeting) == []

    @pytest.mark.parametrize("kind", ["care-meeting-patient", "strict"])
    def test_another_organisations_staff_start_nothing_whatever_their_reason(
        self, doors: FrontDoors, kind: str
    ) -> None:
        elsewhere = replace(ANNA, tenant="99999999-2222-4333-8444-555555555555")
        ours, theirs = doors.books(kind), doors.books(kind, who=elsewhere, mailbox="bokning@region.example")
        anna = browser()
        confirm = signs_in(anna, doors.start_url(ours), people.ANNA)
        form = {"form_token": hidden_field(confirm, "form_token"), "reason": "host_absent"}
        for page in (
            get(f"{doors.start_url(theirs)}/host", anna),
            anna.post(f"{doors.start_url(theirs)}/host", data=form, timeout=10),
        ):
            assert page.status_code == 403
            assert "Bara vårdpersonal kan starta mötet" in text_of(page)
            assert pin_on(page) is None
        assert audited(doors, theirs) == []

    def test_without_signing_in_nothing_starts(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        answer = browser().post(f"{doors.start_url(meeting)}/host", timeout=10)
        assert answer.status_code == 403
        assert audited(doors, meeting) == []

    @pytest.mark.parametrize("token", ["", "x" * 43, "ö"])
    def test_another_site_cannot_press_the_button(self, doors: FrontDoors, token: str) -> None:
        meeting, anna = doors.books(), browser()
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        answer = anna.post(confirm.url, data={"form_token": token}, timeout=10)
        assert answer.status_code == 403
        assert pin_on(answer) is None
        assert audited(doors, meeting) == []

    def test_a_form_from_another_site_takes_nobody_s_sign_in_away(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        # A browser holds our cookie back (SameSite=Lax), but would take the one of the answer.
        foreign = {"Sec-Fetch-Site": "cross-site"}
        for url in (
            doors.start_url(meeting),
            f"{doors.start_url(meeting)}/told",
            f"{doors.url}/start/sign-out",
        ):
            answer = browser().post(url, headers=foreign, allow_redirects=False, timeout=10)
            assert "Set-Cookie" not in answer.headers
            assert answer.headers.get("Location", doors.start_url(meeting)).startswith(("/start/", doors.url))

    def test_the_join_code_opens_no_start_page(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        assert get(f"{doors.url}/start/{grouped(meeting.join_code)}").status_code == 404

    def test_a_guesser_is_stopped_and_a_good_link_is_not(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        answers = [
            get(f"{doors.url}/start/{grouped(new_code())}").status_code for _ in range(GUESSES_BORNE + 1)
        ]
        assert answers == [404] * GUESSES_BORNE + [429]
        assert get(doors.start_url(meeting)).status_code == 200

    def test_the_headers_keep_everybody_else_out(self, doors: FrontDoors) -> None:
        page = get(doors.start_url(doors.books()))
        policy = page.headers["Content-Security-Policy"]
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ]:
            assert directive in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page.headers["X-Robots-Tag"]


class TestNamedHosts:
    """Types where only hosts start, and where others take over with a reason."""

    def test_a_colleague_takes_over_with_a_reason(self, doors: FrontDoors) -> None:
        meeting, david = doors.books("strict"), browser()
        confirm = signs_in(david, doors.start_url(meeting), people.DAVID)
        assert "Ta över som värd" in text_of(confirm)
        for wrong in [{}, {"reason": "jag ville"}]:
            answer = starts(david, confirm, **wrong)
            assert answer.status_code == 422
            assert "Välj en anledning. Inget har startats." in text_of(answer)
            assert pin_on(answer) is None
        assert audited(doors, meeting) == []
        assert pin_on(starts(david, confirm, reason="host_absent")) == host_pin(doors, meeting)
        (entry,) = audited(doors, meeting)
        assert (entry.action, entry.reason) == ("host_took_over", "host_absent")

    @pytest.mark.parametrize("person", [people.ANNA, people.BO])
    def test_hosts_are_not_asked_why(self, doors: FrontDoors, person: people.Person) -> None:
        meeting, session = doors.books("strict", hosts=(people.BO.object_id,)), browser()
        confirm = signs_in(session, doors.start_url(meeting), person)
        assert "Ta över som värd" not in text_of(confirm)
        assert pin_on(starts(session, confirm))


class TestStates:
    """Every reason not to start has its own sentence, before and after sign-in."""

    def test_a_cancelled_meeting(self, doors: FrontDoors) -> None:
        meeting, anna = doors.books(), browser()
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        CancelMeeting(doors.ledger, doors.reconciler, doors.clock)(meeting.id, ANNA)
        assert "Mötet är inställt" in text_of(get(doors.start_url(meeting)))
        late = starts(anna, confirm)
        assert late.status_code == 409
        assert "Mötet är inställt" in text_of(late)
        assert [entry.action for entry in audited(doors, meeting)] == ["cancelled"]

    def test_a_room_that_is_not_ready_is_asked_for_again(self, doors: FrontDoors) -> None:
        meeting = doors.books_unverified("care-meeting-patient", WINDOW)
        page = get(doors.start_url(meeting))
        assert "Rummet görs i ordning" in text_of(page)
        assert page.headers["Refresh"] == f"5; url={urlsplit(page.url).path}"
        assert "Inget har startats" in text_of(browser().post(doors.start_url(meeting), timeout=10))

    def test_a_meeting_older_than_the_kept_days(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        doors.clock.time = WINDOW.end + timedelta(days=30)
        assert "Mötet är för gammalt" in text_of(get(doors.start_url(meeting)))

    def test_a_meeting_within_the_kept_days_starts_again(self, doors: FrontDoors) -> None:
        meeting, anna = doors.books(), browser()
        doors.clock.time = WINDOW.end + timedelta(days=29)
        assert "Mötet är slut" in text_of(get(doors.join_url(meeting)))
        assert pin_on(starts(anna, signs_in(anna, doors.start_url(meeting), people.ANNA)))
        assert "Välkommen till mötet" in text_of(get(doors.join_url(meeting)))

    @pytest.mark.parametrize(
        ("code", "said"), [("fel", "Länken är inte hel"), (None, "Vi hittar inget möte")]
    )
    def test_a_link_that_leads_nowhere(self, doors: FrontDoors, code: str | None, said: str) -> None:
        page = get(f"{doors.url}/start/{code or grouped(new_code())}")
        assert page.status_code == 404
        assert said in text_of(page)

    def test_a_ledger_that_is_away(self, doors: FrontDoors, caplog: pytest.LogCaptureFixture) -> None:
        meeting = doors.books()
        doors.loses_the_ledger()
        page = get(doors.start_url(meeting))
        assert page.status_code == 503
        assert "Inget har startats" in text_of(page)
        assert f'href="/start/{grouped(meeting.start_code)}">Försök igen' in page.text
        noted = [record.getMessage() for record in caplog.records if record.name == "addin.web.staff.start"]
        assert noted == ["ledger_failed"]

    def test_our_own_failure_does_not_claim_that_nothing_happened(self, doors: FrontDoors) -> None:
        meeting, anna = doors.books(), browser()
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        doors.plans.titles.clear()
        answer = starts(anna, confirm)
        assert answer.status_code == 500
        assert "Vi vet inte om mötet startades" in text_of(answer)
        assert answer.headers["Cache-Control"] == "no-store"


class TestCookies:
    """The browser's memory: for this host only, sealed, and never needed to read a page."""

    def test_outside_the_sandbox_it_is_bound_to_the_host(self, region: Region, tmp_path: Path) -> None:
        with front_doors(region, tmp_path, "production") as doors:
            sent = browser().post(doors.start_url(doors.books()), allow_redirects=False, timeout=10)
            cookie = sent.headers["Set-Cookie"]
            assert cookie.startswith("__Host-start=")
            for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"]:
                assert attribute in cookie
            assert "Domain" not in cookie

    def test_nobody_can_read_or_make_it(self, doors: FrontDoors) -> None:
        meeting, anna = doors.books(), browser()
        confirm = signs_in(anna, doors.start_url(meeting), people.ANNA)
        value = anna.cookies["start"]
        for known in [people.ANNA.object_id, people.ANNA.address, meeting.start_code]:
            assert known not in value
        swapped = value[:40] + ("A" if value[40] != "A" else "B") + value[41:]
        for forged in [swapped, "", "x", "e30="]:
            forger = browser()
            forger.cookies.set("start", forged)
            assert get(confirm.url, forger).status_code == 303


def test_the_browser_is_sent_out_with_pkce_state_and_nonce(doors: FrontDoors) -> None:
    sent = browser().post(doors.start_url(doors.books()), allow_redirects=False, timeout=10)
    query = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert len(query["state"][0]) >= 40
    assert len(query["nonce"][0]) >= 40
    assert query["redirect_uri"] == [f"{doors.url}/start/callback"]
