"""Mails that are owed, on either database: one sender at a time, and a newer change takes a mail's place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from addin.meetings.errors import LeaseLost
from addin.meetings.model import Meeting
from addin.meetings.notices import NoticeClaim, NoticeKind
from tests.contract.ledger.conftest import NOW, Desk


def owes(desk: Desk, meeting: Meeting, kind: NoticeKind = NoticeKind.RESCHEDULED, due_in: float = 0) -> None:
    desk.ledger.write(lambda writing: writing.owe_notice(meeting.id, kind, due_in))


def claims(desk: Desk) -> list[NoticeClaim]:
    return list(desk.ledger.write(lambda writing: writing.claim_notices(30, 10)))


def test_a_mail_that_is_due_is_given_to_one_of_many_senders(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    owes(desk, meeting)
    owes(desk, meeting, NoticeKind.COPY_ASKED)
    owes(desk, desk.books(purge_at=NOW), due_in=3600)
    with ThreadPoolExecutor(6) as senders:
        taken = [claim for found in senders.map(lambda _: claims(desk), range(6)) for claim in found]
    assert sorted(claim.notice.kind for claim in taken) == ["copy_asked", "rescheduled"]
    assert {claim.meeting.id for claim in taken} == {meeting.id}


def test_what_became_of_a_mail_is_kept_and_the_next_is_due_in_time(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    owes(desk, meeting)
    (claim,) = claims(desk)
    sent = replace(claim.notice, sent_at=NOW, attempts=2)
    desk.ledger.write(lambda writing: writing.save_notice(claim, sent, 0))
    (again,) = claims(desk)
    assert (again.notice.sent_at, again.notice.attempts) == (NOW, 2)
    desk.ledger.write(lambda writing: writing.save_notice(again, replace(sent, reminded=True), None))
    assert claims(desk) == []
    (kept,) = desk.ledger.read(lambda reading: reading.notices(meeting.id))
    assert (kept.reminded, kept.due_at) == (True, None)


def test_that_a_mail_asks_is_noted_under_the_fence_and_outlives_the_next_mail(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    owes(desk, meeting)
    (claim,) = claims(desk)
    desk.ledger.write(lambda writing: writing.note_asked(claim, 7, "said"))
    owes(desk, meeting, NoticeKind.CANCELLED)
    with pytest.raises(LeaseLost):
        desk.ledger.write(lambda writing: writing.note_asked(claim, 8, None))
    (newer,) = claims(desk)
    assert (newer.notice.asked_revision, newer.notice.said) == (7, "said")
    desk.ledger.write(lambda writing: writing.note_asked(newer, None, None))
    (kept,) = desk.ledger.read(lambda reading: reading.notices(meeting.id))
    assert (kept.asked_revision, kept.said) == (None, None)


def test_whoever_sends_an_older_mail_does_not_mark_the_newer_one(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    owes(desk, meeting)
    (claim,) = claims(desk)
    owes(desk, meeting, NoticeKind.CANCELLED)
    with pytest.raises(LeaseLost):
        desk.ledger.write(
            lambda writing: writing.save_notice(claim, replace(claim.notice, sent_at=NOW), None)
        )
    (newer,) = claims(desk)
    assert (newer.notice.kind, newer.notice.sent_at) == (NoticeKind.CANCELLED, None)
