"""A row whose seal does not open stops nobody else, on either database, and is told by its meeting's id."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text, update

from addin.meetings.bindings import ItemBinding
from addin.meetings.errors import SealBroken
from addin.meetings.model import Meeting, MeetingState, Principal, UnreadableMeeting
from addin.meetings.notices import NoticeKind
from addin.store import tables
from addin.web.health import health_blueprint
from tests.contract.ledger.conftest import ANNA, LIVE, NOW, TENANT, Desk

LEASE = 30.0


def damages(desk: Desk, meeting_id: str) -> None:
    meetings = tables.meetings
    with desk.ledger.engine.begin() as connection:
        connection.execute(
            update(meetings).where(meetings.c.id == meeting_id).values(sealed=b"k1\0damaged-and-too-short")
        )


def booked(desk: Desk) -> str:
    booking = desk.new_booking()
    assert desk.ledger.add_booking(booking, 0.0)
    return booking.meeting.id


def test_a_list_holds_the_others_and_names_the_one(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    first, bad, last = (desk.books(purge_at=NOW) for _ in range(3))
    damages(desk, bad.id)
    found = desk.ledger.read(
        lambda reading: reading.meetings_of(
            Principal(TENANT, ANNA), start=None, end=None, after=None, limit=10
        )
    )
    assert found == [first, UnreadableMeeting(bad.id, LIVE.window.start), last]
    (line,) = caplog.records
    told = (line.message, line.__dict__["meeting"], line.__dict__["table"])
    assert told == ("row_unreadable", bad.id, "meetings")
    # With the exception the log tells its type and where it was raised, and nothing that it says.
    assert line.exc_info is not None
    assert line.exc_info[0] is SealBroken


def test_nobody_is_told_that_the_service_is_ready_while_meetings_cannot_be_read(desk: Desk) -> None:
    app = Flask(__name__)
    app.register_blueprint(health_blueprint(desk.ledger))
    asks = app.test_client()
    assert asks.get("/readyz").status_code == 200
    with desk.ledger.engine.begin() as connection:
        connection.execute(text("ALTER TABLE meetings RENAME TO elsewhere"))
    assert (asks.get("/readyz").status_code, asks.get("/healthz").status_code) == (503, 200)


def test_other_rooms_are_claimed_and_the_one_only_after_a_while(desk: Desk) -> None:
    bad, good = booked(desk), booked(desk)
    damages(desk, bad)

    def claimed() -> list[str]:
        return [
            claim.meeting.id
            for claim in desk.ledger.write(lambda writing: writing.claim_due("pexip", LEASE, 10))
        ]

    assert claimed() == [good]
    assert claimed() == []
    assert desk.ledger.read(lambda reading: reading.calendar_counts())["unreadable_rooms"] == 1


def test_other_items_and_mails_are_claimed(desk: Desk) -> None:
    bad, good = desk.books(purge_at=NOW), desk.books(purge_at=NOW)
    for meeting in (bad, good):
        desk.ledger.write(
            lambda writing, of=meeting: writing.add_binding(ItemBinding(of.id, of.mailbox, NOW))  # type: ignore[misc]
        )
        desk.ledger.write(
            lambda writing, of=meeting: writing.owe_notice(of.id, NoticeKind.RESCHEDULED, 0)  # type: ignore[misc]
        )
    desk.ledger.write(lambda writing: writing.reroute(good.mailbox, "graph"))
    damages(desk, bad.id)
    items = desk.ledger.write(lambda writing: writing.claim_bindings("graph", LEASE, 10))
    mails = desk.ledger.write(lambda writing: writing.claim_notices(LEASE, 10))
    assert [claim.meeting.id for claim in items] == [claim.meeting.id for claim in mails] == [good.id]
    followed = desk.ledger.read(lambda reading: reading.following([bad.id, good.id]))
    assert list(followed) == [good.id]


def test_what_was_asked_of_an_item_and_cannot_be_read_is_asked_anew(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.add_binding(ItemBinding(meeting.id, meeting.mailbox, NOW)))
    desk.ledger.write(lambda writing: writing.offer_item(meeting.id, "lost"))
    with desk.ledger.engine.begin() as connection:
        connection.execute(update(tables.bindings).values(sealed_ask=b"k1\0damaged"))
    desk.ledger.write(lambda writing: writing.offer_item(meeting.id, "offered"))
    binding = desk.ledger.read(lambda reading: reading.binding(meeting.id))
    assert binding
    assert binding.offered == "offered"


def test_kept_days_of_the_others_end_though_more_than_a_batch_cannot_be_read(desk: Desk) -> None:
    bad = [desk.books(purge_at=NOW - timedelta(days=1)) for _ in range(3)]
    good = desk.books(purge_at=NOW, state=MeetingState.LIVE)
    for meeting in bad:
        damages(desk, meeting.id)

    def overdue(limit: int) -> list[Meeting]:
        return list(desk.ledger.read(lambda reading: reading.due_for_retention(NOW, limit)))

    assert overdue(2) == overdue(10) == [good]


def test_a_mailbox_whose_row_cannot_be_read_is_as_if_nobody_looked_after_it_and_is_taken_in_anew(
    desk: Desk,
) -> None:
    mailbox = "anna.lindgren@region.example"
    desk.ledger.write(lambda writing: writing.watch_mailbox(mailbox, 0.0))
    with desk.ledger.engine.begin() as connection:
        connection.execute(update(tables.watches).values(sealed=b"k1\0damaged"))
    assert desk.ledger.read(lambda reading: reading.watch_by_mailbox(mailbox)) is None
    assert desk.ledger.write(lambda writing: writing.watch_mailbox(mailbox, 0.0))
    assert not desk.ledger.write(lambda writing: writing.watch_mailbox(mailbox, 0.0))
    watch = desk.ledger.read(lambda reading: reading.watch_by_mailbox(mailbox))
    assert watch
    assert watch.mailbox == mailbox
    assert desk.ledger.read(lambda reading: reading.calendar_counts())["unreadable_watches"] == 1
