"""Mail is handed to a real SMTP server, and each way in which that can fail has its own error, without an address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from addin.mail.smtp import SmtpMailer, SmtpSettings
from addin.meetings.deadline import Deadline
from addin.meetings.errors import (
    MailAuthenticationFailed,
    MailError,
    MailNotProtected,
    MailOutcomeUnknown,
    MailRefused,
    MailUnavailable,
)
from addin.meetings.ports import Mail
from tests.contract.mail.post_office import HOST, PASSWORD, USERNAME, PostOffice

ANNA = "anna.lindgren@region.example"
MAIL = Mail("m1-r2", (ANNA,), "Besked behövs – nytt klockslag", "Åtta rader.\n", "<p>Åtta rader.</p>")


@pytest.fixture(scope="module")
def running_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    office = PostOffice(tmp_path_factory.mktemp("mail"))
    office.start()
    yield office
    office.stop()


@pytest.fixture
def office(running_office: PostOffice) -> PostOffice:
    running_office.answers.clear()
    running_office.mails.clear()
    running_office.envelopes.clear()
    return running_office


@pytest.fixture
def settings(office: PostOffice) -> SmtpSettings:
    return SmtpSettings(
        host=HOST,
        port=office.port,
        security="starttls",
        sender="vardmote@region.example",
        sender_name="Skyddat vårdmöte",
        username=USERNAME,
        password=PASSWORD,
        ca_bundle=str(office.certificate),
    )


def send(settings: SmtpSettings, mail: Mail = MAIL, seconds: float = 10) -> None:
    SmtpMailer(settings).send(mail, Deadline.after(seconds))


def test_a_mail_arrives_in_both_forms_from_the_settings_sender(
    office: PostOffice, settings: SmtpSettings
) -> None:
    send(settings)
    (mail,), (envelope,) = office.mails, office.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (settings.sender, [ANNA])
    assert (mail["To"], mail["Subject"]) == (ANNA, MAIL.subject)
    assert mail["From"] == "Skyddat vårdmöte <vardmote@region.example>"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == MAIL.plain.splitlines()
    assert MAIL.html in html.get_content()


def test_a_mail_fits_a_telephone_and_a_dark_look(office: PostOffice, settings: SmtpSettings) -> None:
    send(settings)
    html = office.mails[0].get_body(("html",))
    assert html is not None
    assert '<meta name="viewport" content="width=device-width' in html.get_content()
    assert '<meta name="color-scheme" content="light dark">' in html.get_content()


def test_a_repeat_bears_the_same_id_and_no_machine_is_to_answer_it(
    office: PostOffice, settings: SmtpSettings
) -> None:
    office.answers["DATA"] = "hang up"
    with pytest.raises(MailOutcomeUnknown):
        send(settings)
    office.answers.clear()
    send(settings)
    first, second = office.mails
    assert first["Message-ID"] == second["Message-ID"] == "<m1-r2@region.example>"
    assert second["Auto-Submitted"] == "auto-generated"


def test_a_check_proves_the_way_and_sends_nothing(office: PostOffice, settings: SmtpSettings) -> None:
    SmtpMailer(settings).check(Deadline.after(10))
    assert office.mails == []


@pytest.mark.parametrize(
    ("step", "answer", "expected"),
    [
        ("RCPT", f"550 5.1.1 {ANNA} unknown", MailRefused),
        ("RCPT", f"450 4.2.0 {ANNA} greylisted", MailUnavailable),
        ("DATA", "554 5.7.1 not here", MailRefused),
        ("DATA", "451 4.3.0 later", MailUnavailable),
    ],
)
def test_a_refusal_of_the_server_is_lasting_or_passing(
    office: PostOffice, settings: SmtpSettings, step: str, answer: str, expected: type[MailError]
) -> None:
    office.answers[step] = answer
    with pytest.raises(expected) as refusal:
        send(settings)
    assert "region.example" not in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_wrong_credentials_are_told_apart(settings: SmtpSettings) -> None:
    for wrong in (replace(settings, password="other"), replace(settings, username="")):
        with pytest.raises(MailAuthenticationFailed):
            send(wrong)


def test_nothing_is_sent_where_the_server_cannot_be_trusted(
    office: PostOffice, settings: SmtpSettings, tmp_path: Path
) -> None:
    with pytest.raises(MailNotProtected):
        send(replace(settings, ca_bundle=None))
    open_office = PostOffice(tmp_path, protected=False)
    open_office.start()
    try:
        with pytest.raises(MailNotProtected):
            send(replace(settings, port=open_office.port))
    finally:
        open_office.stop()
    assert office.mails == open_office.mails == []


def test_a_server_that_is_away_or_silent_holds_nobody_up(settings: SmtpSettings) -> None:
    with closing(socket.create_server((HOST, 0))) as silent:
        port = silent.getsockname()[1]
        assert_surely_not_handed_over(replace(settings, port=port, timeout_seconds=0.2))
        assert_surely_not_handed_over(replace(settings, port=port), seconds=0.2)
    assert_surely_not_handed_over(replace(settings, port=port))
    assert_surely_not_handed_over(settings, seconds=0)


def assert_surely_not_handed_over(settings: SmtpSettings, seconds: float = 10) -> None:
    with pytest.raises(MailUnavailable) as failure:
        send(settings, seconds=seconds)
    assert not isinstance(failure.value, MailOutcomeUnknown)


def test_what_is_no_address_is_refused(settings: SmtpSettings) -> None:
    with pytest.raises(MailRefused):
        send(settings, replace(MAIL, to=("anna@region.example\r\nBcc: x@region.example",)))
