"""The join page as guests, link scanners and guessers meet it: real sockets, ledger and simulated Pexip."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
import requests

from addin.meetings.bindings import OccurrenceRow
from addin.meetings.cancel import CancelMeeting
from addin.meetings.codes import grouped, new_code
from addin.meetings.model import CalendarNote, Window
from addin.web.visitors import GUESSES_BORNE
from tests.integration.front.doors import (
    ANNA,
    START,
    UNIT,
    WINDOW,
    FrontDoors,
    Region,
    browser,
    front_doors,
    text_of,
)

LARGEST_PAGE = 30 * 1024


def get(url: str, **headers: str) -> requests.Response:
    return browser().get(url, headers=headers, allow_redirects=False, timeout=10)


def press(url: str, **form: str) -> requests.Response:
    return browser().post(url, data=form, allow_redirects=False, timeout=10)


def test_an_open_meeting_leads_the_guest_into_the_lobby(doors: FrontDoors, region: Region) -> None:
    meeting = doors.books()
    page = get(doors.join_url(meeting))
    assert page.status_code == 200
    assert "Välkommen till mötet" in text_of(page)
    onward = press(f"{doors.join_url(meeting)}/join")
    assert onward.status_code == 303
    assert onward.headers["Location"].startswith(region.base)
    assert region.enters(onward.headers["Location"], "Gäst") == 200


def test_no_answer_to_get_knows_the_provider(doors: FrontDoors, region: Region) -> None:
    meeting = doors.books()
    provider = urlsplit(region.base).netloc
    (room,) = doors.ledger.read(lambda reading: reading.rooms(meeting.id))
    for url in [doors.join_url(meeting), f"{doors.join_url(meeting)}/join", f"{doors.url}/m"]:
        answer = get(url)
        for secret in [provider, room.alias, room.name]:
            assert secret not in answer.text
            assert secret not in str(answer.headers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_scanner_changes_nothing(doors: FrontDoors, method: str) -> None:
    meeting = doors.books()
    before = doors.ledger.read(lambda reading: list(reading.audit_entries(meeting.id, None).values()))
    for url in [doors.join_url(meeting), f"{doors.join_url(meeting)}/join"]:
        answer = browser().request(method, url, allow_redirects=False, timeout=10)
        assert answer.status_code in {200, 303}
        assert "Set-Cookie" not in answer.headers
    assert doors.reads(meeting) == meeting
    assert doors.ledger.read(lambda reading: list(reading.audit_entries(meeting.id, None).values())) == before


class TestEveryState:
    """What the page says as time goes by, and when something happens to the meeting."""

    def test_too_early(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        doors.clock.time = START - timedelta(minutes=16)
        page = get(doors.join_url(meeting))
        assert "Du kan gå in från måndag 1 mars 2027 kl. 09.45." in text_of(page)
        assert 60 <= int(page.headers["Refresh"].partition(";")[0]) <= 75
        assert press(f"{doors.join_url(meeting)}/join").status_code == 409

    def test_a_whole_day_tells_the_day_and_whom_to_ask_when(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        # The Sunday on which summer time ends: 25 hours.
        day = Window(
            datetime(2027, 10, 30, 22, tzinfo=UTC), datetime(2027, 10, 31, 23, tzinfo=UTC), WINDOW.zone
        )
        doors.moves(meeting, day)
        asked = "Fråga mottagningen när du ska gå in"
        early = text_of(get(doors.join_url(meeting)))
        assert "Du kan gå in från söndag 31 oktober 2027." in early
        assert "söndag 31 oktober 2027, hela dagen" in early
        assert "00.00" not in early
        assert asked in early
        doors.clock.time = day.start
        assert asked in text_of(get(doors.join_url(meeting)))
        doors.clock.time = day.end + timedelta(days=1)
        over = text_of(get(doors.join_url(meeting)))
        assert "Mötet var söndag 31 oktober 2027, hela dagen." in over
        assert asked not in over

    def test_a_page_that_waits_for_days_still_looks_now_and_then(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        doors.clock.time = START - timedelta(days=3)
        assert 300 <= int(get(doors.join_url(meeting)).headers["Refresh"].partition(";")[0]) <= 315

    def test_a_room_that_is_not_verified_stays_shut(self, doors: FrontDoors) -> None:
        meeting = doors.books_unverified("care-meeting-patient", WINDOW)
        page = get(doors.join_url(meeting))
        assert "Mötet görs i ordning" in text_of(page)
        assert 5 <= int(page.headers["Refresh"].partition(";")[0]) <= 10
        assert press(f"{doors.join_url(meeting)}/join").status_code == 409
        doors.verifies(meeting)
        assert press(f"{doors.join_url(meeting)}/join").status_code == 303

    def test_full(self, doors: FrontDoors, region: Region) -> None:
        meeting = doors.books("small")
        address = press(f"{doors.join_url(meeting)}/join").headers["Location"]
        # Of two places one is the host's.
        assert region.enters(address, "Gäst") == 200
        doors.clock.time += timedelta(seconds=6)
        assert "Mötet är fullt" in text_of(get(doors.join_url(meeting)))
        assert press(f"{doors.join_url(meeting)}/join").status_code == 409

    def test_moved_and_the_same_link(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        later = timedelta(days=1)
        doors.moves(meeting, replace(WINDOW, start=WINDOW.start + later, end=WINDOW.end + later))
        said = text_of(get(doors.join_url(meeting)))
        assert "Mötet har fått en ny tid" in said
        assert "Ny tid: tisdag 2 mars 2027 kl. 10.00–10.45." in said
        assert "Tidigare tid: måndag 1 mars 2027 kl. 10.00–10.45." in said
        assert "Mötet har inte öppnat än" in said

    def test_a_newer_link_when_the_item_got_another_meeting(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        assert "nyare länk" not in text_of(get(doors.join_url(meeting)))
        doors.notes(meeting, CalendarNote.ITEM_TAKEN)
        said = text_of(get(doors.join_url(meeting)))
        assert "Det kan finnas en nyare länk" in said
        assert "Använd då den som du fick senast." in said
        assert "There may be a newer link" in text_of(get(f"{doors.join_url(meeting)}?lang=en"))
        doors.clock.time = WINDOW.start
        assert "Det kan finnas en nyare länk" in text_of(get(doors.join_url(meeting)))
        doors.clock.time = WINDOW.end + timedelta(hours=2)
        assert "nyare länk" not in text_of(get(doors.join_url(meeting)))

    def test_perhaps_cancelled_and_a_press_of_the_old_button(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        doors.notes(meeting, CalendarNote.PERHAPS_CANCELLED)
        url = doors.join_url(meeting)
        page = get(url)
        assert page.status_code == 200
        assert "Mötet kan vara inställt" in text_of(page)
        assert "Ring mottagningen och fråga: 08-465 004 10" in text_of(page)
        pressed = browser().post(f"{url}/join", allow_redirects=False, timeout=10)
        assert (pressed.status_code, "Location" in pressed.headers) == (409, False)
        assert "The meeting may be cancelled" in text_of(get(f"{url}?lang=en"))

    def test_an_occurrence_that_is_off_and_the_next_one(self, doors: FrontDoors) -> None:
        meeting, week = doors.books(), timedelta(days=7)
        doors.moves(meeting, replace(WINDOW, start=WINDOW.start + week, end=WINDOW.end + week))
        doors.notes(meeting, CalendarNote.SERIES)
        off = OccurrenceRow(WINDOW.start, WINDOW.start, WINDOW.end, cancelled=True)
        doors.ledger.write(lambda writing: writing.put_occurrences(meeting.id, [off]))
        said = text_of(get(doors.join_url(meeting)))
        assert "Inställt: måndag 1 mars 2027 kl. 10.00–10.45." in said
        assert "Nästa tillfälle: måndag 8 mars 2027 kl. 10.00–10.45." in said
        assert "Tidigare tid" not in said

    def test_cancelled(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        doors.moves(
            meeting, Window(WINDOW.start + timedelta(days=1), WINDOW.end + timedelta(days=1), WINDOW.zone)
        )
        CancelMeeting(doors.ledger, doors.reconciler, doors.clock)(meeting.id, ANNA)
        page = get(doors.join_url(meeting))
        assert "Mötet är inställt" in text_of(page)
        # Who was not told of the new time comes at the old one.
        assert "Den tidigare tiden, måndag 1 mars 2027 kl. 10.00–10.45, gäller inte heller." in text_of(page)
        assert "Ny tid" not in text_of(page)
        assert UNIT.telephone in text_of(page)
        assert "Refresh" not in page.headers
        assert press(f"{doors.join_url(meeting)}/join").status_code == 409

    def test_over_and_open_again_when_a_host_is_there(self, doors: FrontDoors, region: Region) -> None:
        meeting = doors.books()
        (room,) = doors.ledger.read(lambda reading: reading.rooms(meeting.id))
        doors.clock.time = WINDOW.end + timedelta(minutes=60)
        assert "Mötet är slut" in text_of(get(doors.join_url(meeting)))
        wish = doors.plans.wish(meeting, room)
        assert region.enters(doors.provider.host_address(wish), "Värd", wish.host_pin) == 200
        doors.clock.time += timedelta(seconds=6)
        assert "Välkommen till mötet" in text_of(get(doors.join_url(meeting)))

    def test_over_is_not_said_when_the_provider_does_not_answer(
        self, doors: FrontDoors, region: Region
    ) -> None:
        meeting = doors.books()
        doors.clock.time = WINDOW.end + timedelta(minutes=60)
        region.fault("status", "/api/admin/status", status=503)
        page = get(doors.join_url(meeting))
        assert "Videotjänsten svarar inte" in text_of(page)
        assert "Refresh" in page.headers

    def test_unknown_and_purged_look_alike(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        CancelMeeting(doors.ledger, doors.reconciler, doors.clock)(meeting.id, ANNA)
        doors.ledger.write(lambda writing: writing.purge(meeting.id))
        purged, unknown = get(doors.join_url(meeting)), get(f"{doors.url}/m/{grouped(new_code())}")
        assert purged.status_code == unknown.status_code == 404
        assert text_of(purged) == text_of(unknown)

    def test_mistyped(self, doors: FrontDoors) -> None:
        page = get(f"{doors.url}/m/HEJ<script>alert(1)</script>")
        assert page.status_code == 404
        page = get(f"{doors.url}/m/%3Cscript%3E")
        assert "Koden är inte rätt skriven" in text_of(page)
        assert "<script" not in page.text

    def test_the_guests_pin_only_by_type_and_only_while_open(self, doors: FrontDoors) -> None:
        meeting = doors.books("with-pin")
        (room,) = doors.ledger.read(lambda reading: reading.rooms(meeting.id))
        pin = doors.plans.wish(meeting, room).guest_pin
        assert pin
        page = get(doors.join_url(meeting))
        assert pin in page.text
        assert pin not in str(page.headers)
        doors.clock.time = START - timedelta(hours=1)
        assert pin not in get(doors.join_url(meeting)).text
        assert "pinkod" not in text_of(get(doors.join_url(doors.books())))


class TestTheCode:
    """What people type, and where it leads."""

    def test_a_typed_code_leads_to_the_page(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        typed = f" {grouped(meeting.join_code).lower().replace('-', ' ')} "
        answer = press(f"{doors.url}/m", code=typed)
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/m/{grouped(meeting.join_code)}"

    def test_a_mistyped_code_comes_back_in_its_field(self, doors: FrontDoors) -> None:
        answer = press(f"{doors.url}/m?lang=en", code="7k3m9-QXP2R-TWHE")
        assert answer.status_code == 422
        assert "There is a mistake in the code" in text_of(answer)
        assert 'value="7k3m9-QXP2R-TWHE"' in answer.text

    @pytest.mark.parametrize(
        "typed", ["Anna Andersson", "20120229-2384", "anna@patient.example", '7K3M9"><b>']
    )
    def test_what_is_no_code_is_not_repeated(self, doors: FrontDoors, typed: str) -> None:
        for answer in (press(f"{doors.url}/m", code=typed), get(f"{doors.url}/m/{quote(typed)}")):
            assert 'aria-invalid="true"' in answer.text
            assert typed not in html.unescape(unquote(answer.text))

    def test_without_groups_and_in_small_letters_the_link_works(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        assert get(f"{doors.url}/m/{meeting.join_code.lower()}").status_code == 200
        assert get(f"{doors.url}/M/{grouped(meeting.join_code)}").status_code == 200
        assert get(f"{doors.url}/M").status_code == 200

    def test_a_link_that_a_mail_program_has_added_to_leads_to_the_codes_own_page(
        self, doors: FrontDoors
    ) -> None:
        code = grouped(doors.books().join_code)
        for added in ("&amp;x=1?lang=en", "%C2%BB?lang=en", "%26amp%3B?lang=en"):
            answer = get(f"{doors.url}/m/{code}{added}")
            assert (answer.status_code, answer.headers["Location"]) == (303, f"/m/{code}?lang=en")

    def test_the_start_code_opens_nothing_here(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        assert get(f"{doors.url}/m/{grouped(meeting.start_code)}").status_code == 404


class TestGuessing:
    """Only unknown codes are counted, and only unknown codes are refused."""

    def guesses(self, doors: FrontDoors, times: int, address: str = "192.0.2.7") -> list[int]:
        return [
            get(f"{doors.url}/m/{grouped(new_code())}", **{"X-Forwarded-For": address}).status_code
            for _ in range(times)
        ]

    def test_a_guesser_is_stopped_and_a_good_link_is_not(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        assert self.guesses(doors, GUESSES_BORNE) == [404] * GUESSES_BORNE
        stopped = get(f"{doors.url}/m/{grouped(new_code())}", **{"X-Forwarded-For": "192.0.2.7"})
        assert stopped.status_code == 429
        assert stopped.headers["Retry-After"]
        assert "En länk som stämmer fungerar hela tiden" in text_of(stopped)
        good = get(doors.join_url(meeting), **{"X-Forwarded-For": "192.0.2.7"})
        assert good.status_code == 200

    def test_the_neighbour_is_not_stopped(self, doors: FrontDoors) -> None:
        self.guesses(doors, GUESSES_BORNE + 1)
        assert self.guesses(doors, 1, "192.0.2.8") == [404]

    def test_what_the_guesser_claims_left_of_our_proxy_does_not_count(self, doors: FrontDoors) -> None:
        answers = [
            self.guesses(doors, 1, f"198.51.100.{number}, 192.0.2.7")[0]
            for number in range(GUESSES_BORNE + 1)
        ]
        assert answers[-1] == 429

    def test_mistyped_codes_are_not_counted(self, doors: FrontDoors) -> None:
        for number in range(GUESSES_BORNE + 5):
            assert get(f"{doors.url}/m/{number}").status_code == 404
        assert self.guesses(doors, 1) == [404]

    def test_after_a_while_it_is_forgiven(self, doors: FrontDoors) -> None:
        self.guesses(doors, GUESSES_BORNE + 1)
        doors.clock.time += timedelta(minutes=1)
        assert self.guesses(doors, 1) == [404]


class TestTheAnswer:
    """Size, headers, languages."""

    def pages(self, doors: FrontDoors) -> list[requests.Response]:
        meeting = doors.books("with-pin")
        later = replace(WINDOW, end=WINDOW.end + timedelta(minutes=15))
        doors.moves(meeting, later)
        urls = [
            f"{doors.url}/m",
            doors.join_url(meeting),
            f"{doors.join_url(meeting)}?lang=en",
            f"{doors.url}/m/{grouped(new_code())}",
            f"{doors.url}/m/fel",
        ]
        return [get(url) for url in urls]

    def test_a_page_is_one_answer_of_at_most_30_kilobytes(self, doors: FrontDoors) -> None:
        for page in self.pages(doors):
            headers = sum(len(name) + len(value) + 4 for name, value in page.headers.items())
            assert len(page.content) + headers <= LARGEST_PAGE
            for more in ["<script", '<link rel="stylesheet', "<img", "@import", "url("]:
                assert more not in page.text

    def test_the_headers_keep_everybody_else_out(self, doors: FrontDoors) -> None:
        for page in self.pages(doors):
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            assert "noindex" in page.headers["X-Robots-Tag"]
            policy = page.headers["Content-Security-Policy"]
            for directive in [
                "default-src 'none'",
                "script-src 'none'",
                "frame-ancestors 'none'",
                "base-uri 'none'",
            ]:
                assert directive in policy
            assert "unsafe" not in policy
            assert "Set-Cookie" not in page.headers

    def test_outside_the_sandbox_only_https_leads_on(self, region: Region, tmp_path: Path) -> None:
        with front_doors(region, tmp_path, "production") as doors:
            headers = get(f"{doors.url}/m").headers
            assert "form-action 'self' https:;" in headers["Content-Security-Policy"]
            assert headers["Strict-Transport-Security"].startswith("max-age=")
            assert "Övningsmiljö" not in get(f"{doors.url}/m").text

    def test_the_browsers_language_and_the_visitors_choice(self, doors: FrontDoors) -> None:
        url = doors.join_url(doors.books())
        assert '<html lang="sv">' in get(url, **{"Accept-Language": "fi"}).text
        english = get(url, **{"Accept-Language": "ar,en-US;q=0.8"})
        assert '<html lang="en">' in english.text
        assert "Monday 1 March 2027, 10:00–10:45 (Swedish time)" in text_of(english)
        assert '<html lang="sv">' in get(f"{url}?lang=sv", **{"Accept-Language": "en"}).text
        assert '<html lang="sv">' in get(f"{url}?lang=xx").text
        for asked in ("sv-FI,en;q=0.5", "en;q=0.3, SV-se;q=0.9", "sv-SE, en", "ar, en;q=0", "*", "x" * 2000):
            assert '<html lang="sv">' in get(url, **{"Accept-Language": asked}).text

    def test_whatever_zone_the_item_has_swedish_time_comes_first(self, doors: FrontDoors) -> None:
        told = {
            "Europe/Helsinki": "10.00–10.45 svensk tid (kl. 11.00–11.45 i Helsingfors)",
            "Etc/UTC": "10.00–10.45 svensk tid",
            "Europe/Berlin": "10.00–10.45 (svensk tid)",
        }
        for zone, words in told.items():
            text = text_of(get(doors.join_url(doors.books(window=replace(WINDOW, zone=zone)))))
            assert f"måndag 1 mars 2027 kl. {words} Mottagning" in text.replace("\u00a0", " ")

    def test_the_choice_of_language_goes_along(self, doors: FrontDoors) -> None:
        url = f"{doors.join_url(doors.books())}?lang=en"
        page = get(url)
        assert "/join?lang=en" in page.text
        assert page.headers["Refresh"].endswith("?lang=en")

    def test_the_page_can_be_told_to_stand_still(self, doors: FrontDoors) -> None:
        page = get(f"{doors.join_url(doors.books())}?still=1")
        assert "Refresh" not in page.headers
        assert "Sidan uppdateras inte av sig själv" in text_of(page)

    def test_the_code_and_the_unit_can_be_read_by_people_and_by_phones(self, doors: FrontDoors) -> None:
        meeting = doors.books()
        page = get(doors.join_url(meeting))
        said = text_of(page)
        for needed in [
            grouped(meeting.join_code),
            UNIT.name,
            UNIT.telephone,
            UNIT.hours,
            UNIT.contact_without_speech,
        ]:
            assert needed in said
        assert 'href="tel:0846500410"' in page.text


def test_a_ledger_that_is_away_is_said_so_to_the_guest_and_the_operator(
    doors: FrontDoors, caplog: pytest.LogCaptureFixture
) -> None:
    meeting = doors.books()
    doors.loses_the_ledger()
    for answer in [get(doors.join_url(meeting)), press(f"{doors.join_url(meeting)}/join")]:
        assert answer.status_code == 503
        assert "Vi kan inte läsa bokningen" in text_of(answer)
        # Whoever waits there for the meeting is taken along when the ledger is back.
        assert answer.headers["Refresh"].endswith(f"; url=/m/{grouped(meeting.join_code)}")
    noted = [record.getMessage() for record in caplog.records if record.name == "addin.web.join.page"]
    assert noted == ["ledger_failed"] * 2


def test_our_own_failure_is_told_like_any_other_and_tells_nothing_more(doors: FrontDoors) -> None:
    meeting = doors.books()
    doors.plans.titles.clear()
    answer = get(doors.join_url(meeting))
    assert answer.status_code == 500
    assert "Sidan fungerar inte just nu" in text_of(answer)
    assert "Sidan uppdateras av sig själv" in text_of(answer)
    assert "KeyError" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
