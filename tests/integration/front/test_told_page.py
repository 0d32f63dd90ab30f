"""*Lämna besked*: where a mail leads, also when the calendar item is deleted and no pane can be opened."""

from __future__ import annotations

from datetime import timedelta

import requests

from addin.meetings.bindings import ItemBinding, OccurrenceRow, SeriesAnswer
from addin.meetings.cancel import CancelMeeting
from addin.meetings.changed_times import FormerSeries, FormerTime
from addin.meetings.codes import grouped
from addin.meetings.ledger_port import Writing
from addin.meetings.model import CalendarNote, Meeting, Window
from addin.sandbox import people
from calendar_sync.series import Series
from tests.integration.front.doors import (
    ANNA,
    START,
    FrontDoors,
    browser,
    comes_back,
    hidden_field,
    text_of,
)

LATER = Window(START + timedelta(days=1), START + timedelta(days=1, minutes=45), "Europe/Stockholm")


def told_url(doors: FrontDoors, meeting: Meeting) -> str:
    return f"{doors.start_url(meeting)}/told"


def opens(session: requests.Session, url: str, person: people.Person = people.DAVID) -> requests.Response:
    """Follow the mail's link, and sign in, as a colleague unless it is said who."""
    first = session.get(url, timeout=10)
    assert "Logga in" in text_of(first)
    assert "2027" not in text_of(first)
    return comes_back(session, session.post(url, allow_redirects=False, timeout=10), person)


def says_told(session: requests.Session, page: requests.Response, audience: str) -> requests.Response:
    form = {
        "form_token": hidden_field(page, "form_token"),
        "audience": audience,
        "as_of": hidden_field(page, "as_of"),
    }
    return session.post(page.url, data=form, timeout=10)


def tells(doors: FrontDoors, meeting: Meeting, *audiences: str) -> None:
    def unit(writing: Writing) -> None:
        for audience in audiences:
            writing.tell(meeting.id, audience, meeting.as_told_now)

    doors.ledger.write(unit)


def test_a_colleague_finds_both_times_the_text_and_says_that_it_is_done(doors: FrontDoors) -> None:
    meeting, david = doors.books(), browser()
    tells(doors, meeting, "patient", "interpreter")
    doors.moves(meeting, LATER)
    page = opens(david, told_url(doors, meeting))
    said = text_of(page)
    assert "Lämna besked" in said
    assert "Ny tid: tisdag 2 mars 2027 kl. 10.00–10.45" in said
    assert "Tidigare tid: måndag 1 mars 2027 kl. 10.00–10.45" in said
    assert "serie" not in said
    # Another time of a series may be what has changed.
    doors.ledger.write(lambda writing: writing.note_calendar(meeting.id, frozenset({CalendarNote.SERIES})))
    loses_its_second_time(doors, meeting)
    page = says_told(david, page, "patient")
    assert "varje text gäller bara den tid som står i den" in text_of(page)
    assert "Inställt: måndag 8 mars 2027 kl. 10.00–10.45" in text_of(page)
    assert "Nästa tillfälle: tisdag 2 mars 2027 kl. 10.00–10.45" in text_of(page)
    assert "Länken gäller för de andra mötena." in page.text
    assert doors.reads(meeting).must_hear == ("interpreter",)
    page = says_told(david, page, "interpreter")
    assert "Ingen mer behöver få besked" in text_of(page)
    entries = doors.ledger.read(lambda reading: list(reading.audit_entries(meeting.id, None).values()))
    told = [(entry.actor, entry.reason) for entry in entries if entry.action == "told"]
    assert told == [(people.DAVID.object_id, "patient"), (people.DAVID.object_id, "interpreter")]


def loses_its_second_time(doors: FrontDoors, meeting: Meeting) -> None:
    """Let the meeting's item be a series of which people know one time that is off by now."""
    second, length = START + timedelta(days=7), timedelta(minutes=45)
    weekly = Series(
        "FREQ=WEEKLY;BYDAY=MO;COUNT=3", START, "Europe/Stockholm", length, frozenset({second.date()})
    )
    bound = ItemBinding(
        meeting.id, meeting.mailbox, START, series=weekly, series_answer=SeriesAnswer.ONE_LINK
    )
    known = OccurrenceRow(second, second, second + length, cancelled=False)

    def unit(writing: Writing) -> None:
        writing.add_binding(bound)
        writing.note_former_series(meeting.id, FormerSeries([FormerTime(meeting.revision + 1, known)]))

    doors.ledger.write(unit)


def test_a_cancelled_meeting_offers_the_text_that_says_so(doors: FrontDoors) -> None:
    meeting, david = doors.books(), browser()
    tells(doors, meeting, "patient")
    CancelMeeting(doors.ledger, doors.reconciler, doors.clock)(meeting.id, ANNA)
    page = opens(david, told_url(doors, meeting))
    assert "Ditt möte via video är inställt." in text_of(page)
    assert "Ingen mer behöver få besked" in text_of(says_told(david, page, "patient"))


def test_a_text_about_a_meeting_that_has_changed_since_does_not_count_as_told(doors: FrontDoors) -> None:
    meeting, david = doors.books(), browser()
    tells(doors, meeting, "patient")
    doors.moves(meeting, LATER)
    old = opens(david, told_url(doors, meeting))
    # It comes back, so that nobody would have to hear, had nobody been sent the text about the time between.
    doors.moves(doors.reads(meeting), meeting.window)
    assert doors.reads(meeting).must_hear == ()
    page = says_told(david, old, "patient")
    assert page.status_code == 409
    assert "Mötet har ändrats sedan du öppnade sidan" in text_of(page)
    # What they were sent last is what they know.
    assert "Ny tid: måndag 1 mars 2027 kl. 10.00–10.45\nTidigare tid: tisdag 2 mars" in page.text
    assert doors.reads(meeting).must_hear == ("patient",)
    assert "Ingen mer behöver få besked" in text_of(says_told(david, page, "patient"))


def test_nobody_says_for_others_what_they_were_never_told(doors: FrontDoors) -> None:
    meeting, david = doors.books(), browser()
    tells(doors, meeting, "patient")
    doors.moves(meeting, LATER)
    page = opens(david, told_url(doors, meeting))
    assert says_told(david, page, "external").status_code == 404
    foreign = david.post(page.url, data={"form_token": "x", "audience": "patient"}, timeout=10)
    assert foreign.status_code == 200
    assert doors.reads(meeting).must_hear == ("patient",)


def test_a_guest_with_a_forwarded_mail_hears_whom_the_page_is_for_and_where_the_meeting_is(
    doors: FrontDoors,
) -> None:
    guest, url = browser(), told_url(doors, doors.books())
    first = guest.get(url, timeout=10)
    assert "Är du patient, närstående eller tolk? Då är sidan inte för dig." in text_of(first)
    page = comes_back(guest, guest.post(url, allow_redirects=False, timeout=10), people.GUEST)
    assert page.status_code == 403
    # What the provider answered stands in no address that is left in the browser.
    assert page.url == f"{url}/sign-in/not-staff"
    assert "Sidan är bara för vårdpersonal" in text_of(page)
    assert "start" not in text_of(page).lower()
    for one in (first, page):
        assert f'href="{doors.url}/m"' in one.text


def test_a_ledger_that_is_away_is_told_to_who_comes_to_tell_others(doors: FrontDoors) -> None:
    meeting, david = doors.books(), browser()
    opens(david, told_url(doors, meeting))
    doors.loses_the_ledger()
    page = david.get(told_url(doors, meeting), timeout=10)
    assert page.status_code == 503
    assert "Inget har ändrats. Vänta en minut" in text_of(page)
    assert "start" not in text_of(page).lower()


def test_who_lost_her_item_to_another_meeting_reads_what_to_do_and_calls_hers_off(doors: FrontDoors) -> None:
    meeting, anna = doors.books(), browser()
    tells(doors, meeting, "patient")
    page = opens(anna, told_url(doors, meeting), people.ANNA)
    assert "Två möten" not in text_of(page)
    doors.notes(meeting, CalendarNote.ITEM_TAKEN)
    page = anna.get(page.url, timeout=10)
    said = text_of(page)
    assert "Två möten i samma bokning" in said
    assert "Den som har den gamla länken och den som har den nya kommer till olika rum." in said
    assert f'href="/start/{grouped(meeting.start_code)}"' in page.text
    form = {"form_token": hidden_field(page, "form_token"), "remove": "1"}
    anna.post(page.url, data=form | {"revision": meeting.revision + 1}, timeout=10)
    assert not doors.reads(meeting).is_cancelled, "she has not seen what the meeting is now"
    page = anna.post(page.url, data=form | {"revision": meeting.revision}, timeout=10)
    assert "Mötet är inställt." in text_of(page)
    assert "Till invånare" in text_of(page)
    assert "Två möten" not in text_of(page)
    assert doors.reads(meeting).is_cancelled


def test_whose_item_was_not_found_where_its_mailbox_went_reads_what_to_do_and_calls_it_off(
    doors: FrontDoors,
) -> None:
    meeting, anna = doors.books(), browser()
    tells(doors, meeting, "patient")
    doors.notes(meeting, CalendarNote.ITEM_AWAITED)
    page = opens(anna, told_url(doors, meeting), people.ANNA)
    said = text_of(page)
    assert "Bokningen har inte hittats" in said
    assert "Mötet ställs inte in av sig självt." in said
    assert f'href="/start/{grouped(meeting.start_code)}"' in page.text
    form = {"form_token": hidden_field(page, "form_token"), "remove": "1", "revision": meeting.revision}
    page = anna.post(page.url, data=form, timeout=10)
    assert doors.reads(meeting).is_cancelled
    assert "Mötet är inställt." in text_of(page)
    assert "inte hittats" not in text_of(page)


def test_a_colleague_who_has_not_to_do_with_a_meeting_cannot_call_it_off(doors: FrontDoors) -> None:
    meeting, david = doors.books(), browser()
    doors.notes(meeting, CalendarNote.ITEM_TAKEN)
    page = opens(david, told_url(doors, meeting))
    assert "Be den som bokade det gamla mötet att ta bort det" in text_of(page)
    assert 'name="remove"' not in page.text
    form = {"form_token": hidden_field(page, "form_token"), "remove": "1", "revision": meeting.revision}
    david.post(page.url, data=form, timeout=10)
    assert not doors.reads(meeting).is_cancelled


def test_a_meeting_that_has_its_item_is_not_called_off_here(doors: FrontDoors) -> None:
    meeting, anna = doors.books(), browser()
    tells(doors, meeting, "patient")
    doors.moves(meeting, LATER)
    page = opens(anna, told_url(doors, meeting), people.ANNA)
    revision = doors.reads(meeting).revision
    form = {"form_token": hidden_field(page, "form_token"), "remove": "1", "revision": revision}
    anna.post(page.url, data=form, timeout=10)
    assert not doors.reads(meeting).is_cancelled


def test_what_is_no_code_is_not_repeated(doors: FrontDoors) -> None:
    url = f"{doors.url}/start/Anna-Andersson/told"
    for page in (browser().get(url, timeout=10), browser().post(url, timeout=10)):
        assert page.status_code == 404
        assert "Andersson" not in page.text


def test_a_link_that_is_no_meeting_s_shows_nothing(doors: FrontDoors) -> None:
    meeting, david = doors.books(), browser()
    tells(doors, meeting, "patient")
    wrong = told_url(doors, meeting).replace(grouped(meeting.start_code), grouped(meeting.join_code))
    assert opens(david, wrong).status_code == 404
