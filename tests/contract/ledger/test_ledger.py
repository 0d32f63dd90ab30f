"""Writers that meet, readers that meet a writer, processes that start at once, and whose turn it is."""

from __future__ import annotations

import resource
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import event, text

from addin.meetings.errors import LedgerUnavailable, MeetingChanged
from addin.meetings.ledger_port import Reading, Writing
from addin.meetings.meeting_types import AUDIENCES, MeetingTypes, load_meeting_types
from addin.meetings.model import Meeting, MeetingState, Principal, Told
from addin.meetings.tell import TellOthers
from addin.meetings.texts import Contact, MeetingTexts
from addin.meetings.units import Units
from addin.store.failures import MarkNotWritten
from addin.store.ledger import mark_path, open_engine
from addin.store.postgres import PostgresLedger
from addin.store.restored import Mark, begin_service, note_progress
from addin.store.schema import migrate
from templates_messages.catalogue import load_catalogue
from templates_messages.titles import load_titles
from tests.contract.ledger.conftest import ANNA, NOW, TENANT, Desk, StandingClock

HANDS = 12


def next_revision(writing: Writing, meeting: Meeting, seen: int) -> None:
    found = writing.meeting(meeting.id)
    assert found is not None
    writing.change_meeting(replace(found, revision=seen + 1), seen)


def test_all_who_are_told_at_once_are_remembered(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    told = Told(9999, NOW, NOW + timedelta(hours=1), cancelled=True, outdated=True)
    audiences = AUDIENCES

    with ThreadPoolExecutor(HANDS) as hands:
        list(
            hands.map(
                lambda audience: desk.ledger.write(lambda writing: writing.tell(meeting.id, audience, told)),
                audiences,
            )
        )

    assert desk.reads(meeting).told == dict.fromkeys(audiences, told)


def _texts() -> MeetingTexts:
    types, contact = MeetingTypes(load_meeting_types()), Contact("https://mote.region.example", "", "")
    return MeetingTexts(load_catalogue(), load_titles(), types, Units([]), {}, StandingClock(), contact)


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_who_says_on_the_page_that_others_are_told_undoes_nothing_that_is_noted_meanwhile(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    heard = replace(meeting.as_told_now, revision=2)
    desk.ledger.write(lambda writing: writing.tell(meeting.id, "patient", meeting.as_told_now))
    desk.ledger.write(lambda writing: next_revision(writing, meeting, 1))
    page = TellOthers(desk.ledger, _texts(), StandingClock())

    with ThreadPoolExecutor(1) as hand:

        def notes(writing: Writing) -> Future[bool]:
            writing.tell(meeting.id, "patient", heard)
            saying = hand.submit(page.told, meeting.start_code, "patient", None, Principal(TENANT, ANNA))
            desk.waits_until_somebody_waits()
            return saying

        assert not desk.ledger.write(notes).result(60)
    # Of whoever had got older words nothing is known but that they must hear; what was noted meanwhile stays noted.
    assert desk.reads(meeting).told == {"patient": replace(heard, outdated=True)}


def test_of_two_who_change_what_they_saw_the_later_is_told(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: next_revision(writing, meeting, 1))

    with pytest.raises(MeetingChanged):
        desk.ledger.write(lambda writing: next_revision(writing, meeting, 1))

    assert desk.reads(meeting).revision == 2


def test_a_unit_that_fails_is_undone_whole(desk: Desk) -> None:
    booking = desk.new_booking()

    def unit(writing: Writing) -> None:
        writing.add_booking(booking, 30.0)
        raise MeetingChanged

    with pytest.raises(MeetingChanged):
        desk.ledger.write(unit)

    assert desk.ledger.read(lambda reading: reading.meeting(booking.meeting.id)) is None
    assert desk.ledger.read(lambda reading: reading.remembered(booking.key)) is None


def test_a_unit_that_reads_sees_one_moment(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)

    def unit(reading: Reading) -> tuple[Meeting | None, Meeting | None]:
        before = reading.meeting(meeting.id)
        desk.ledger.write(lambda writing: next_revision(writing, meeting, 1))
        return before, reading.meeting(meeting.id)

    before, after = desk.ledger.read(unit)

    assert before == after == meeting
    assert desk.reads(meeting).revision == 2


def test_meetings_whose_rooms_cannot_be_removed_do_not_stop_the_others_from_being_forgotten(
    desk: Desk,
) -> None:
    def overdue(days: int) -> datetime:
        return NOW - timedelta(days=days)

    for days in (9, 8, 7):
        desk.books(purge_at=overdue(days), state=MeetingState.CANCELLING)
    newest = desk.books(purge_at=overdue(1))

    found = desk.ledger.read(lambda reading: reading.due_for_retention(NOW, 2))

    assert [meeting.id for meeting in found] == [newest.id]


def test_processes_that_start_at_once_on_a_new_ledger_all_begin_unfrozen(desk: Desk) -> None:
    engine = desk.ledger.engine
    # On SQLite one process holds the file, so there nobody else can begin.
    starts = HANDS if isinstance(desk.ledger, PostgresLedger) else 1
    mark = mark_path(str(engine.url), desk.folder)

    with ThreadPoolExecutor(starts) as hands:
        frozen = list(hands.map(lambda _: begin_service(engine, mark, now=0), range(starts)))

    assert frozen == [False] * starts
    assert [file.name for file in mark.parent.glob("*.mark*")] == [mark.name]


def test_a_mark_that_many_processes_write_at_once_is_one_of_theirs(tmp_path: Path) -> None:
    path, marks = tmp_path / "ledger.mark", [Mark("one ledger", number) for number in range(200)]

    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(lambda mark: mark.write(path), marks))

    assert Mark.read(path) in marks
    assert list(tmp_path.iterdir()) == [path]


def test_a_mark_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path, old = tmp_path / "ledger.mark", Mark("one ledger", 1)
    old.write(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, hard))  # as on a full disk: there is room for a name alone
    try:
        with pytest.raises(OSError, match="File too large"):
            Mark("one ledger", 2).write(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert Mark.read(path) == old
    assert list(tmp_path.iterdir()) == [path]


def test_a_mark_that_cannot_follow_the_ledger_is_a_failure_of_the_ledger(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.db")
    try:
        with pytest.raises(LedgerUnavailable):
            note_progress(engine, tmp_path / "ledger.mark")  # there are no tables
        migrate(engine)
        with pytest.raises(MarkNotWritten, match="FileNotFoundError"):
            begin_service(engine, tmp_path / "gone" / "ledger.mark", now=0)
        begin_service(engine, tmp_path / "ledger.mark", now=0)
        with pytest.raises(LedgerUnavailable, match="mark ENOENT"):
            note_progress(engine, tmp_path / "gone" / "ledger.mark")
    finally:
        engine.dispose()


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_a_connection_goes_back_without_a_transaction_whatever_became_of_the_unit(desk: Desk) -> None:
    booking = desk.new_booking()
    assert desk.ledger.add_booking(booking, 30.0)
    repeated = replace(booking, key=b"another")
    back: list[TransactionStatus] = []
    event.listen(
        desk.ledger.engine.pool, "checkin", lambda driver, _: back.append(driver.info.transaction_status)
    )

    def changed(reading: Reading) -> None:
        reading.frozen()
        raise MeetingChanged

    # The last two fail in the driver's own hands, in a transaction and alone.
    attempts: list[tuple[Callable[[], object], type[Exception]]] = [
        (lambda: desk.ledger.read(changed), MeetingChanged),
        (lambda: desk.ledger.write(changed), MeetingChanged),
        (lambda: desk.ledger.write(lambda writing: writing.add_booking(repeated, 30.0)), LedgerUnavailable),
        (lambda: desk.ledger.add_booking(repeated, 30.0), LedgerUnavailable),
    ]
    for attempt, failure in attempts:
        back.clear()
        with pytest.raises(failure):
            attempt()
        assert set(back) == {TransactionStatus.IDLE}


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_when_the_server_has_gone_one_is_told_and_the_next_is_served(desk: Desk) -> None:
    with desk.ledger.engine.connect(), desk.ledger.engine.connect():
        pass  # two connections that nobody uses just now
    server = open_engine(desk.ledger.engine.url.render_as_string(hide_password=False))
    # Of itself it is not asked, and it answers when they have ended.
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    with server.connect() as connection:
        connection.execute(
            text(f"SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE {others}")
        )
    server.dispose()

    with pytest.raises(LedgerUnavailable):
        desk.ledger.add_booking(desk.new_booking(), 30.0)
    assert desk.ledger.add_booking(desk.new_booking(), 30.0)
