"""Mails about changes in the calendar: who gets which, that a quick second drag gives one, and when one is no news."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from addin.meetings.deadline import Deadline
from addin.meetings.errors import MailAuthenticationFailed, MailError, MailRefused, MailUnavailable
from addin.meetings.model import CalendarNote, Meeting, Principal, Window
from addin.meetings.notices import Notice, NoticeKind
from addin.meetings.ports import Mail
from addin.meetings.send_notices import NOTICE_TEXTS, SendNotices, is_news
from addin.meetings.texts import Contact, MeetingTexts, notice_id
from templates_messages.catalogue import load_catalogue
from templates_messages.titles import load_titles
from templates_messages.vocabulary import Occasion
from tests.unit.meetings.desk import REQUEST, UNITS, WHO, Desk
from tests.unit.meetings.doors import END, START, TENANT

QUIET = 120.0
LATER = Window(START + timedelta(days=1), END + timedelta(days=1), "Europe/Stockholm")
EVEN_LATER = Window(START + timedelta(days=2), END + timedelta(days=2), "Europe/Stockholm")
CLINIC = "psykiatrimottagningen@region.example"


@dataclass
class PostBox:
    """A mail server in memory that fails when it is told to."""

    mails: list[Mail] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    fails: Exception | None = None
    fails_once: Exception | None = None

    def send(self, mail: Mail, deadline: Deadline) -> None:
        assert not deadline.passed()
        self.tried.append(mail.key)
        failure, self.fails_once = self.fails_once or self.fails, None
        if failure:
            raise failure
        self.mails.append(mail)

    def check(self, deadline: Deadline) -> None:
        assert not deadline.passed()


def texts_of(desk: Desk) -> MeetingTexts:
    """Return the central texts, as a desk's meetings fill them."""
    return MeetingTexts(
        load_catalogue(),
        load_titles(),
        desk.plans.types,
        UNITS,
        desk.providers,
        desk.clock,
        Contact("https://mote.region.example", "", ""),
    )


@dataclass
class Office:
    """A desk, and the mails that go out from behind it."""

    desk: Desk
    box: PostBox = field(default_factory=PostBox)

    def sends(self) -> list[Mail]:
        """Let all mails that are due go out; returns the new ones."""
        texts = texts_of(self.desk)
        domains = frozenset({"region.example"})
        send = SendNotices(self.desk.ledger, self.box, texts, self.desk.clock, domains, reminder_hours=4)
        before = len(self.box.mails)
        while send():
            pass
        return self.box.mails[before:]

    def waits(self, **span: float) -> None:
        self.desk.clock.time += timedelta(**span)

    def books(
        self, *told: str, who: Principal = WHO, mailbox: str = REQUEST.mailbox, key: str = "key"
    ) -> Meeting:
        """Book a meeting and tell some audiences."""
        meeting = self.desk.book(key, replace(REQUEST, mailbox=mailbox), who).meeting
        for audience in told:
            self.desk.change_meeting.told(meeting.id, audience, who)
        return self.desk.reads(meeting.id)

    def is_dragged(self, meeting: Meeting, to: Window, who: Principal = WHO) -> Meeting:
        """What following does when the item was dragged."""
        moved = self.desk.change(self.desk.reads(meeting.id), who, window=to)
        self.owes(moved, NoticeKind.RESCHEDULED)
        return moved

    def owes(self, meeting: Meeting, kind: NoticeKind) -> None:
        self.desk.ledger.write(lambda writing: writing.owe_notice(meeting.id, kind, QUIET))


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_actor_and_owner_get_one_mail_with_both_times_and_who_must_hear(office: Office) -> None:
    meeting = office.books("patient", "interpreter", "external", "staff", mailbox=CLINIC)
    office.is_dragged(meeting, LATER)
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    assert mail.to == ("anna.lindgren@region.example", CLINIC)
    assert "Ny tid: tisdag 2 mars 2027 kl. 10.00–10.45" in mail.plain
    assert "Tidigare tid: måndag 1 mars 2027 kl. 10.00–10.45" in mail.plain
    assert "patient, tolk och extern part" in mail.plain


def test_a_mail_holds_no_way_into_the_room_and_nothing_of_the_unit(office: Office) -> None:
    meeting = office.books("patient")
    office.is_dragged(meeting, LATER)
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    said = mail.subject + mail.plain + mail.html
    assert meeting.join_code not in re.sub("-", "", said)
    assert "/m/" not in said
    assert "psychiatry" not in said
    assert "/told" in said


def test_two_quick_drags_give_one_mail_with_the_time_that_was_told_and_the_last(office: Office) -> None:
    meeting = office.books("patient")
    office.is_dragged(meeting, LATER)
    office.waits(seconds=QUIET - 1)
    assert office.sends() == []
    office.is_dragged(meeting, EVEN_LATER)
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    assert "Ny tid: onsdag 3 mars" in mail.plain
    assert "Tidigare tid: måndag 1 mars" in mail.plain
    office.waits(seconds=QUIET)
    assert office.sends() == []


def test_a_meeting_that_was_dragged_back_is_no_news(office: Office) -> None:
    meeting = office.books("patient")
    office.is_dragged(meeting, LATER)
    office.is_dragged(meeting, meeting.window)
    office.waits(days=3)
    assert office.sends() == []


@pytest.mark.parametrize("told", [(), ("staff",)])
def test_where_nobody_outside_was_told_there_is_no_mail(office: Office, told: tuple[str, ...]) -> None:
    office.is_dragged(office.books(*told), LATER)
    office.waits(seconds=QUIET)
    assert office.sends() == []


def test_one_reminder_follows_after_four_working_hours_and_no_other(office: Office) -> None:
    office.is_dragged(office.books("patient"), LATER)
    office.waits(seconds=QUIET)
    (first,) = office.sends()
    office.waits(hours=3, minutes=59)
    assert office.sends() == []
    office.waits(minutes=1)
    (second,) = office.sends()
    assert second.subject.startswith("Påminnelse")
    assert second.key != first.key
    office.waits(days=5)
    assert office.sends() == []


def test_besked_lamnat_before_the_mail_or_the_reminder_stops_it(office: Office) -> None:
    meeting = office.is_dragged(office.books("patient", "interpreter"), LATER)
    office.desk.change_meeting.told(meeting.id, "patient", WHO)
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    assert "besked:** tolk." in mail.plain or "besked: tolk." in mail.plain
    office.desk.change_meeting.told(meeting.id, "interpreter", WHO)
    office.waits(days=1)
    assert office.sends() == []


def test_a_mail_that_we_fail_at_holds_up_no_other(office: Office) -> None:
    for key in ("first", "second"):
        office.is_dragged(office.books("patient", key=key), LATER)
    office.waits(seconds=QUIET)
    office.box.fails_once = RuntimeError("a fault of ours")
    (mail,) = office.sends()
    office.waits(seconds=30)
    (other,) = office.sends()
    assert mail.key != other.key


def test_a_server_that_is_away_is_tried_again_under_the_same_key(office: Office) -> None:
    office.is_dragged(office.books("patient"), LATER)
    office.waits(seconds=QUIET)
    office.box.fails = MailUnavailable("451")
    assert office.sends() == []
    office.waits(seconds=29)
    office.box.fails = None
    assert office.sends() == []
    office.waits(seconds=1)
    (mail,) = office.sends()
    assert re.fullmatch(r"[0-9a-f]{32}\.[0-9a-f]{16}\.rescheduled", mail.key)
    assert office.box.tried == [mail.key, mail.key]


@pytest.mark.parametrize("failure", [MailUnavailable, MailAuthenticationFailed, MailRefused])
def test_what_surely_reached_nobody_is_not_called_off(office: Office, failure: type[MailError]) -> None:
    meeting = office.books("patient")
    moved = office.is_dragged(meeting, LATER)
    office.waits(seconds=QUIET)
    office.box.fails = failure("x")
    office.sends()
    office.box.fails = None
    office.desk.change(moved, WHO, window=meeting.window)
    office.waits(hours=5)
    assert office.sends() == []


def test_a_change_that_is_undone_in_the_pane_is_called_off_for_a_colleague_who_got_the_mail(
    office: Office,
) -> None:
    meeting = office.books("patient", mailbox=CLINIC)
    moved = office.is_dragged(meeting, LATER)
    office.waits(seconds=QUIET)
    assert len(office.sends()) == 1
    office.desk.change(moved, WHO, window=meeting.window)
    assert office.sends() == []
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    assert mail.subject.startswith("Inget besked behövs")
    assert "måndag 1 mars 2027 kl. 10.00–10.45" in mail.plain


def test_a_mail_that_no_server_will_take_is_not_tried_for_ever(office: Office) -> None:
    office.is_dragged(office.books("patient"), LATER)
    office.waits(seconds=QUIET)
    office.box.fails = MailRefused("550")
    assert office.sends() == []
    office.box.fails = None
    office.waits(hours=1)
    assert office.sends() == []


def test_a_change_while_a_mail_is_being_sent_is_told_by_itself(office: Office) -> None:
    meeting = office.is_dragged(office.books("patient"), LATER)

    class Dragging(PostBox):
        def send(self, mail: Mail, deadline: Deadline) -> None:
            super().send(mail, deadline)
            if len(self.mails) == 1:
                office.is_dragged(meeting, EVEN_LATER)

    office.box = Dragging()
    office.waits(seconds=QUIET)
    assert len(office.sends()) == 1
    office.waits(seconds=QUIET)
    (second,) = office.sends()
    assert "onsdag 3 mars" in second.plain


def test_a_cancelled_meeting_is_told_until_its_time_is_over(office: Office) -> None:
    meeting = office.desk.cancel(office.books("patient"))
    office.owes(meeting, NoticeKind.CANCELLED)
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    assert "inställt" in mail.subject
    office.owes(meeting, NoticeKind.CANCELLED)
    office.desk.clock.time = END
    assert office.sends() == []


def test_a_meeting_that_was_dragged_and_then_removed_is_told_as_cancelled(office: Office) -> None:
    moved = office.is_dragged(office.books("patient"), LATER)
    office.desk.cancel(moved)
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    assert mail.subject == "Lämna besked: ett skyddat möte är inställt"
    assert "Ny tid" not in mail.plain
    office.waits(hours=4)
    (reminder,) = office.sends()
    assert reminder.subject == "Påminnelse: besked är inte lämnat om ett inställt möte"
    assert "Inställd tid: tisdag 2 mars 2027" in reminder.plain


def test_who_never_heard_of_the_last_move_is_told_that_the_time_is_off_that_she_knows(office: Office) -> None:
    moved = office.desk.cancel(office.is_dragged(office.books("patient"), LATER))

    def says_off(audience: str) -> str:
        texts = texts_of(office.desk).for_audience(office.desk.reads(moved.id), audience, "sv")
        (text,) = [text for text in texts if text.occasion is Occasion.CANCELLED]
        return text.plain

    assert "måndag 1 mars 2027 kl. 10.00–10.45" in says_off("patient")
    assert "tisdag 2 mars" not in says_off("patient")
    assert "tisdag 2 mars 2027 kl. 10.00–10.45" in says_off("interpreter")
    # Nobody waits for a time that is over.
    office.desk.clock.time = END
    assert "tisdag 2 mars 2027 kl. 10.00–10.45" in says_off("patient")


def test_a_question_is_asked_as_long_as_it_is_open(office: Office) -> None:
    meeting = office.books()
    office.owes(meeting, NoticeKind.COPY_ASKED)
    office.waits(seconds=QUIET)
    assert office.sends() == []
    office.desk.ledger.write(lambda writing: writing.note_calendar(meeting.id, [CalendarNote.COPY_ASKED]))
    office.owes(meeting, NoticeKind.COPY_ASKED)
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    assert "kopierats" in mail.subject


def test_a_question_does_not_take_the_place_of_another_one(office: Office) -> None:
    meeting = office.books()
    questions = {
        CalendarNote.COPY_ASKED: NoticeKind.COPY_ASKED,
        CalendarNote.SERIES_ASKED: NoticeKind.SERIES_ASKED,
    }
    office.desk.ledger.write(lambda writing: writing.note_calendar(meeting.id, set(questions)))
    for kind in questions.values():
        office.owes(meeting, kind)
    office.waits(seconds=QUIET)
    assert len(office.sends()) == 2


def test_a_question_that_is_asked_again_is_another_mail_to_a_mail_server(office: Office) -> None:
    meeting = office.books()
    office.desk.ledger.write(lambda writing: writing.note_calendar(meeting.id, {CalendarNote.COPY_ASKED}))
    keys = []
    for _ in range(3):
        office.owes(meeting, NoticeKind.COPY_ASKED)
        office.waits(seconds=QUIET)
        keys += [mail.key for mail in office.sends()]
        # Asked once more, and answered before that is mailed.
        office.owes(meeting, NoticeKind.COPY_ASKED)
        office.desk.ledger.write(lambda writing: writing.drop_notice(meeting.id, NoticeKind.COPY_ASKED.about))
    assert len(set(keys)) == 3


def test_whose_item_got_another_meeting_is_mailed_while_that_is_so_and_hers_is_to_come(
    office: Office,
) -> None:
    meeting = office.books(mailbox=CLINIC)
    office.owes(meeting, NoticeKind.COPY_ASKED)
    office.owes(meeting, NoticeKind.ITEM_TAKEN)
    notes = [CalendarNote.ITEM_TAKEN, CalendarNote.COPY_ASKED]
    office.desk.ledger.write(lambda writing: writing.note_calendar(meeting.id, notes))
    office.waits(seconds=QUIET)
    mails = office.sends()
    assert len(mails) == 2, "neither takes the other's place"
    (mail,) = [one for one in mails if "samma bokning" in one.subject]
    assert mail.to == (WHO.mailbox, CLINIC)
    assert f"{meeting.start_code[:4]}" in mail.plain
    taken = replace(meeting, calendar_notes=frozenset(notes))
    notice = Notice(meeting.id, "mail", NoticeKind.ITEM_TAKEN, START)
    assert [is_news(notice, taken, at) for at in (START, END)] == [True, False]
    assert not is_news(notice, meeting, START)


def test_nothing_goes_to_an_address_outside_the_organisation(office: Office) -> None:
    stranger = Principal(TENANT, WHO.object_id, "anna@elsewhere.example")
    office.is_dragged(office.books("patient", who=stranger, mailbox=CLINIC), LATER, stranger)
    office.waits(seconds=QUIET)
    (mail,) = office.sends()
    assert mail.to == (CLINIC,)


@pytest.mark.parametrize("name", NOTICE_TEXTS)
def test_every_kind_of_notice_has_its_text(name: str) -> None:
    texts = {text.id for text in load_catalogue().texts if text.published}
    assert notice_id(name) in texts


@pytest.mark.parametrize(
    ("kind", "note", "is_mailed"),
    [
        (NoticeKind.COPY_ASKED, CalendarNote.COPY_ASKED, True),
        (NoticeKind.SERIES_ASKED, CalendarNote.SERIES_ASKED, False),
        (NoticeKind.ITEM_AWAITED, CalendarNote.ITEM_AWAITED, False),
    ],
)
def test_of_an_ended_meeting_the_question_about_its_copies_alone_is_news(
    office: Office, kind: NoticeKind, note: CalendarNote, *, is_mailed: bool
) -> None:
    ended = replace(office.books(), cancelled_at=START, calendar_notes=frozenset({note}))
    assert is_news(Notice(ended.id, "mail", kind, START), ended, START) is is_mailed
