"""A mail that asked people to tell others is called off by one more when what it told of is undone, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from addin.meetings.deadline import Deadline
from addin.meetings.errors import MailOutcomeUnknown, MailUnavailable
from addin.meetings.model import Told
from addin.meetings.notices import Notice, NoticeKind, as_things_are
from addin.meetings.ports import Mail
from tests.unit.meetings.calendar_desk import GRACE, CalendarDesk
from tests.unit.meetings.doors import END, START, meeting
from tests.unit.meetings.test_notices import QUIET, Office, PostBox

LATER = START + timedelta(days=1)
EVEN_LATER = START + timedelta(days=2)
NEW_TIME = "Lämna besked: ett skyddat möte har fått ny tid"
CANCELLED = "Lämna besked: ett skyddat möte är inställt"
BACK = "Lämna besked: ett inställt möte blir av"
CALLED_OFF = "Inget besked behövs: ett skyddat möte är som förut"
REMINDER = "Påminnelse: besked är inte lämnat om ett skyddat möte"
STILL_CANCELLED = "Inget besked behövs: ett skyddat möte är fortfarande inställt"


class Clinic:
    """A clinician whose patient knows the time of a meeting, her calendar, and the mails that reach her."""

    def __init__(self, desk: CalendarDesk) -> None:
        self.desk, self.mail_room = desk, Office(desk.desk)
        self.meeting, self.item = desk.books_and_saves()
        self.tells("patient")

    def tells(self, audience: str) -> None:
        self.desk.tells(self.meeting, audience)

    def drags(self, to: datetime) -> None:
        self.desk.online.drags(self.item, to)
        self.desk.settles()

    def is_mailed_of(self, time: datetime) -> None:
        """Drag the item there, and get the mail that asks to tell of the new time."""
        self.drags(time)
        assert self.mails() == [NEW_TIME]

    def deletes(self) -> None:
        self.desk.online.deletes(self.item)
        self.desk.settles()
        self.desk.after(GRACE)
        assert self.desk.reads(self.meeting).is_cancelled

    def restores(self) -> None:
        self.desk.online.restores(self.item)
        self.desk.settles()
        assert not self.desk.reads(self.meeting).is_cancelled

    def mails(self, **wait: float) -> list[str]:
        """Return the subjects of what comes within two quiet minutes, or that time."""
        self.desk.after(timedelta(**wait) if wait else timedelta(seconds=QUIET))
        return [mail.subject for mail in self.mail_room.sends()]


@pytest.fixture
def clinic(office: CalendarDesk) -> Clinic:
    return Clinic(office)


def test_a_drag_back_after_the_mail_is_told_once_with_the_time_that_holds(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.drags(START)
    assert clinic.mails() == [CALLED_OFF]
    assert "Tiden som gäller: måndag 1 mars 2027 kl. 10.00–10.45" in clinic.mail_room.box.mails[-1].plain
    assert clinic.mails(hours=5) == []


def test_a_restored_item_calls_off_the_mail_that_said_cancelled(clinic: Clinic) -> None:
    clinic.deletes()
    assert clinic.mails() == [CANCELLED]
    clinic.restores()
    assert clinic.mails() == [CALLED_OFF]
    clinic.deletes()
    assert clinic.mails() == [CANCELLED]


def test_two_drags_that_end_where_they_began_within_the_quiet_time_give_no_mail(clinic: Clinic) -> None:
    clinic.drags(LATER)
    clinic.drags(START)
    assert clinic.mails(hours=5) == []


def test_a_quick_drag_to_and_fro_after_the_mail_ends_with_the_last_word(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.drags(EVEN_LATER)
    clinic.drags(START)
    assert clinic.mails() == [CALLED_OFF]


def test_what_a_mail_has_said_and_nobody_has_told_yet_is_not_said_again(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.drags(START)
    clinic.drags(LATER)
    assert clinic.mails() == []
    assert clinic.mails(hours=5) == [REMINDER]
    clinic.is_mailed_of(EVEN_LATER)


def test_what_has_been_called_off_is_said_again(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.drags(START)
    assert clinic.mails() == [CALLED_OFF]
    clinic.is_mailed_of(LATER)


def test_what_may_have_been_called_off_is_said_again(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.drags(START)
    clinic.mail_room.box.fails = MailOutcomeUnknown("TimeoutError")
    assert clinic.mails() == []
    clinic.mail_room.box.fails = None
    clinic.is_mailed_of(LATER)


def test_what_may_not_have_been_said_is_said_again(clinic: Clinic) -> None:
    clinic.mail_room.box.fails = MailOutcomeUnknown("SMTPServerDisconnected")
    clinic.drags(LATER)
    assert clinic.mails() == []
    clinic.mail_room.box.fails = None
    assert clinic.mails(minutes=1) == [NEW_TIME]


def test_a_mail_that_was_surely_not_sent_leaves_what_was_said_before(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.mail_room.box.fails = MailUnavailable("451")
    clinic.drags(EVEN_LATER)
    assert clinic.mails() == []
    clinic.mail_room.box.fails = None
    clinic.drags(LATER)
    assert clinic.mails() == []


def test_who_has_been_told_since_must_hear_the_same_again(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.tells("patient")
    clinic.drags(START)
    clinic.tells("patient")
    clinic.is_mailed_of(LATER)


def test_what_has_changed_beside_the_time_is_said_though_the_time_is_as_it_was(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.desk.desk.change(clinic.desk.reads(clinic.meeting), unit="habilitation")
    clinic.drags(EVEN_LATER)
    clinic.is_mailed_of(LATER)


def test_what_was_mailed_to_an_address_that_is_not_hers_any_more_is_said_again(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.desk.desk.ledger.write(
        lambda writing: writing.note_bound(clinic.meeting.id, "anna.berg@region.example")
    )
    clinic.drags(EVEN_LATER)
    clinic.is_mailed_of(LATER)


def test_an_item_that_is_deleted_again_before_it_was_said_to_be_back_is_no_news(clinic: Clinic) -> None:
    clinic.deletes()
    assert clinic.mails() == [CANCELLED]
    clinic.restores()
    clinic.desk.online.deletes(clinic.item)
    clinic.desk.settles()
    clinic.desk.after(GRACE)
    assert clinic.mails() == []


def test_whoever_was_told_the_new_time_must_hear_of_the_old_one_again(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.tells("patient")
    clinic.is_mailed_of(START)


def test_a_detour_after_everybody_was_told_is_nobodys_business(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.tells("patient")
    clinic.drags(START)
    clinic.drags(LATER)
    assert clinic.mails(hours=5) == []


def test_a_patient_who_heard_that_it_is_cancelled_must_hear_that_it_is_not(clinic: Clinic) -> None:
    clinic.deletes()
    assert clinic.mails() == [CANCELLED]
    clinic.tells("patient")
    clinic.restores()
    assert clinic.mails() == [BACK]
    clinic.deletes()
    assert clinic.mails() == [STILL_CANCELLED]
    assert "Inställd tid: måndag 1 mars 2027" in clinic.mail_room.box.mails[-1].plain


def test_a_restored_item_that_is_dragged_at_once_is_told_as_what_it_is(clinic: Clinic) -> None:
    clinic.deletes()
    assert clinic.mails() == [CANCELLED]
    clinic.restores()
    clinic.is_mailed_of(LATER)


def test_what_only_colleagues_know_neither_asks_nor_hinders(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.tells("staff")
    clinic.drags(START)
    assert clinic.mails() == [CALLED_OFF]


def test_a_mail_whose_answer_was_lost_is_called_off_as_if_it_had_come(clinic: Clinic) -> None:
    clinic.mail_room.box.fails = MailOutcomeUnknown("SMTPServerDisconnected")
    clinic.drags(LATER)
    assert clinic.mails() == []
    clinic.drags(START)
    clinic.mail_room.box.fails = None
    assert clinic.mails() == [CALLED_OFF]


def test_a_process_that_ends_while_it_sends_leaves_word_that_the_mail_may_have_gone(clinic: Clinic) -> None:
    class Killed(BaseException):
        pass

    class Killing(PostBox):
        def send(self, mail: Mail, deadline: Deadline) -> None:
            super().send(mail, deadline)
            raise Killed

    box, clinic.mail_room.box = clinic.mail_room.box, Killing()
    clinic.drags(LATER)
    with pytest.raises(Killed):
        clinic.mails()
    clinic.mail_room.box = box
    clinic.drags(START)
    assert clinic.mails() == [CALLED_OFF]


def test_calling_off_is_tried_until_the_server_takes_it(clinic: Clinic) -> None:
    clinic.is_mailed_of(LATER)
    clinic.drags(START)
    clinic.mail_room.box.fails = MailOutcomeUnknown("TimeoutError")
    assert clinic.mails() == []
    clinic.mail_room.box.fails = None
    assert clinic.mails() == [CALLED_OFF]
    assert clinic.mails(hours=5) == []


def test_a_mail_that_would_ask_to_tell_of_what_is_undone_by_now_calls_that_off_instead() -> None:
    known = meeting(revision=3, told={"patient": Told(1, START, END)})
    asked = Notice(known.id, "mail", NoticeKind.RESCHEDULED, START, sent_at=START, asked_revision=2)
    instead = replace(asked, kind=NoticeKind.HOLDS_AGAIN, sent_at=None)
    assert as_things_are(asked, known) == instead
    # A question to the meeting's own people is none about what others know.
    question = replace(asked, kind=NoticeKind.COPY_ASKED)
    assert as_things_are(question, known) == question
