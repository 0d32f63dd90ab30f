"""Links that are to come and links that were replaced, on either database: found by their code, one at a time, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from addin.meetings.bindings import ItemBinding
from addin.meetings.codes import new_code
from addin.meetings.errors import LeaseLost, LedgerUnavailable
from addin.meetings.keyring import Keyring
from addin.meetings.links import LinkState, MeetingLink
from addin.meetings.model import Meeting
from addin.store import tables
from addin.store.ledger import open_ledger
from addin.store.needed import settings_needed
from tests.contract.ledger.conftest import KEYRING, NOW, Desk, StandingClock
from tests.contract.ledger.test_calendars import claims, follows

WEEK = timedelta(days=7)


def coming(meeting: Meeting, code: str | None = None) -> MeetingLink:
    return MeetingLink(
        meeting_id=meeting.id,
        state=LinkState.COMING,
        unit=meeting.unit,
        asked_at=NOW,
        revision=2,
        code=code or new_code(),
        keeps=NOW + WEEK,
        made_outdated=("interpreter", "patient"),
    )


def test_a_coming_link_is_what_was_drawn(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    link = coming(meeting)
    desk.ledger.write(lambda writing: writing.add_coming_link(link))
    assert desk.ledger.read(lambda reading: reading.coming_link(meeting.id)) == link
    assert desk.ledger.read(lambda reading: reading.link(link.code or "")) == link
    assert desk.ledger.read(lambda reading: reading.meeting_by_join_code(link.code or "")) is None


def test_a_meeting_has_one_coming_link(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.add_coming_link(coming(meeting)))
    with pytest.raises((IntegrityError, LedgerUnavailable)):
        desk.ledger.write(lambda writing: writing.add_coming_link(coming(meeting)))


def test_an_exchange_makes_the_new_code_the_meeting_s_and_remembers_the_old(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    link = coming(meeting)
    desk.ledger.write(lambda writing: writing.add_coming_link(link))

    desk.ledger.write(lambda writing: writing.exchange_link(meeting, link.code or "", NOW))

    now = desk.reads(meeting)
    assert now == replace(meeting, join_code=link.code or "")
    assert desk.ledger.read(lambda reading: reading.meeting_by_join_code(now.join_code)) == now
    assert desk.ledger.read(lambda reading: reading.meeting_by_join_code(meeting.join_code)) is None
    assert desk.ledger.read(lambda reading: reading.meeting_by_start_code(meeting.start_code)) == now
    assert desk.ledger.read(lambda reading: reading.coming_link(meeting.id)) is None
    old = desk.ledger.read(lambda reading: reading.link(meeting.join_code))
    assert old
    assert (old.state, old.meeting_id, old.unit) == (LinkState.REPLACED, meeting.id, meeting.unit)
    assert desk.ledger.read(lambda reading: reading.calendar_counts())["links_replaced"] == 1


def test_links_are_exchanged_as_often_as_is_asked(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    codes = [meeting.join_code, *(new_code() for _ in range(3))]
    for code in codes[1:]:
        now = desk.reads(meeting)
        desk.ledger.write(lambda writing, to=(now, code): writing.exchange_link(*to, NOW))  # type: ignore[misc]
    found = [desk.ledger.read(lambda reading, code=code: reading.link(code)) for code in codes[:-1]]  # type: ignore[misc]
    assert [link.state for link in found if link] == [LinkState.REPLACED] * 3


def test_a_link_that_never_came_is_told_from_an_unknown_one_and_its_code_is_forgotten(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    link = coming(meeting)
    desk.ledger.write(lambda writing: writing.add_coming_link(link))
    desk.ledger.write(lambda writing: writing.withdraw_coming_link(meeting.id))
    assert desk.ledger.read(lambda reading: reading.coming_link(meeting.id)) is None
    found = desk.ledger.read(lambda reading: reading.link(link.code or ""))
    assert found
    assert found.state is LinkState.REPLACED
    with desk.ledger.engine.connect() as connection:
        assert connection.execute(select(tables.links.c.sealed_code)).scalars().all() == [None]


def test_no_code_stands_in_the_rows(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    link = coming(meeting)
    desk.ledger.write(lambda writing: writing.add_coming_link(link))
    with desk.ledger.engine.connect() as connection:
        row = connection.execute(select(tables.links)).mappings().one()
    assert link.code
    assert not any(
        link.code in str(value) or link.code.encode() in bytes(str(value), "utf-8") for value in row.values()
    )


def test_a_coming_link_waits_for_another_occurrence(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.add_coming_link(coming(meeting)))
    desk.ledger.write(lambda writing: writing.keep_own_link(meeting.id, NOW + 2 * WEEK))
    found = desk.ledger.read(lambda reading: reading.coming_link(meeting.id))
    assert found
    assert found.keeps == NOW + 2 * WEEK


def test_links_go_with_their_meeting(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    desk.ledger.write(lambda writing: writing.exchange_link(meeting, new_code(), NOW))
    desk.ledger.write(lambda writing: writing.purge(meeting.id))
    assert desk.ledger.read(lambda reading: reading.link(meeting.join_code)) is None


def test_a_coming_link_keeps_its_key_in_use_and_is_found_under_it(desk: Desk) -> None:
    meeting = desk.books(purge_at=NOW)
    link = coming(meeting)
    desk.ledger.write(lambda writing: writing.add_coming_link(link))
    assert "k1" in settings_needed(desk.ledger.engine).keys

    url = desk.ledger.engine.url.render_as_string(hide_password=False)
    desk.ledger.close()
    rotated = Keyring({"k1": b"k" * 32, "k2": b"2" * 32}, "k2")
    desk.ledger = open_ledger(url, rotated, StandingClock())
    assert desk.ledger.read(lambda reading: reading.coming_link(meeting.id)) == link
    desk.ledger.write(lambda writing: writing.exchange_link(meeting, link.code or "", NOW))
    old = desk.ledger.read(lambda reading: reading.link(meeting.join_code))
    assert old
    assert old.state is LinkState.REPLACED
    assert desk.ledger.read(lambda reading: reading.meeting_by_join_code(link.code or ""))
    assert KEYRING.current == "k1"


def test_whoever_looks_at_the_item_meanwhile_does_not_forget_that_its_block_is_old(desk: Desk) -> None:
    meeting = follows(desk)
    (claim,) = claims(desk)
    desk.ledger.write(lambda writing: writing.block_is_old(meeting.id, NOW))
    with pytest.raises(LeaseLost):
        desk.ledger.write(lambda writing: writing.save_binding(claim, claim.binding, 60))
    (again,) = claims(desk)
    assert again.binding == replace(claim.binding, block_old_from=NOW)
    assert desk.ledger.read(lambda reading: reading.calendar_counts())["blocks_old"] == 1


def test_a_block_that_is_written_is_old_no_more(desk: Desk) -> None:
    meeting = follows(desk)
    desk.ledger.write(lambda writing: writing.block_is_old(meeting.id, NOW))
    desk.ledger.write(lambda writing: writing.block_is_old(meeting.id, None))
    (claim,) = claims(desk)
    assert isinstance(claim.binding, ItemBinding)
    assert claim.binding.block_old_from is None
