"""A server that schedules by itself: what the organiser does reaches the attendee's calendar, and only hers decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest

from addin.meetings.model import Meeting, MeetingState, Principal
from calendar_sync.items import Found, ItemRef
from tests.calendar_servers.hand import Hand, item_id
from tests.calendar_servers.running import ServerOf
from tests.contract.calendars.dav_stand import DavStand
from tests.integration.engine.office import RealOffice, wall
from tests.unit.meetings.doors import START, TENANT

pytestmark = pytest.mark.slow_servers

DAY: Final = timedelta(days=1)


@dataclass
class Scheduled:
    """A meeting whose item Anna organises and Bo was invited to; both mailboxes are followed."""

    office: RealOffice
    bo: Hand
    meeting: Meeting
    item: str

    @property
    def uid(self) -> str:
        uid = self.office.binding(self.meeting).uid
        assert uid
        return uid

    def bos_copy(self) -> str:
        """Return the address of the item in Bo's calendar."""
        (url,) = self.bo.finds(self.uid)
        return url

    def now(self) -> Meeting:
        return self.office.reads(self.meeting)


@pytest.fixture
def scheduled(_real_office: RealOffice, calendar_servers: ServerOf) -> Scheduled:
    office, server = _real_office, calendar_servers("sogo")
    bo = Hand(server.new_mailbox())
    office.sits_down_at(DavStand(server, attendee=bo.mailbox.address))
    bos_own = Principal(TENANT, "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", bo.mailbox.address)
    office.books("bo's own", who=bos_own, mailbox=bo.mailbox.address)
    meeting = office.books(mailbox=office.stand.mailbox)
    item = office.saves_in_her_program(meeting, has_attendees=True)
    office.comes_round()
    return Scheduled(office, bo, office.reads(meeting), item)


def test_the_attendees_copy_bears_the_tag_and_decides_nothing(scheduled: Scheduled) -> None:
    office, bo = scheduled.office, scheduled.bo
    copy = ItemRef(bo.mailbox.address, item_id(scheduled.bos_copy()))
    found = office.stand.calendar.look([copy])[copy]
    assert isinstance(found, Found)
    assert found.snapshot.tag == office.looks.tag_of(scheduled.meeting.id)
    assert (found.snapshot.is_organiser, found.snapshot.is_meeting) == (False, True)
    office.comes_round()
    assert office.binding(scheduled.meeting).item_id == scheduled.item
    assert scheduled.now().mailbox == office.stand.mailbox
    assert office.copies_of(scheduled.meeting) == []


def test_she_drags_it_and_the_attendee_is_told_by_the_calendar_once(scheduled: Scheduled) -> None:
    office = scheduled.office
    office.stand.moves_to(scheduled.item, wall(START + DAY))
    office.comes_round()
    assert scheduled.now().window.start == START + DAY
    assert f"DTSTART;TZID=Europe/Stockholm:{wall(START + DAY):%Y%m%dT%H%M%S}" in scheduled.bo.reads(
        scheduled.bos_copy()
    )
    assert len(office.desk.there(scheduled.now())) == 1


def test_the_attendee_throws_his_copy_away_and_the_meeting_stays(scheduled: Scheduled) -> None:
    scheduled.bo.deletes(scheduled.bos_copy())
    for _ in range(3):
        scheduled.office.comes_round()
    assert scheduled.now().state is MeetingState.LIVE
    assert scheduled.now().calendar_notes == frozenset()


def test_she_calls_it_off_and_the_meeting_ends_for_both(scheduled: Scheduled) -> None:
    uid = scheduled.uid
    scheduled.office.stand.deletes(scheduled.item)
    for _ in range(2):
        scheduled.office.comes_round()
    assert scheduled.now().state is MeetingState.CANCELLED
    left = [scheduled.bo.reads(url) for url in scheduled.bo.finds(uid)]
    assert all("STATUS:CANCELLED" in text for text in left)


def test_the_services_own_tag_makes_no_update_for_the_attendee(scheduled: Scheduled) -> None:
    office = scheduled.office
    before = _sequence(scheduled.bo.reads(scheduled.bos_copy()))
    snapshot = _found(office, ItemRef(office.stand.mailbox, scheduled.item))
    office.stand.calendar.write_tag(snapshot.snapshot.ref, None, snapshot.snapshot.version)
    again = _found(office, snapshot.snapshot.ref)
    tag = office.looks.tag_of(scheduled.meeting.id)
    office.stand.calendar.write_tag(again.snapshot.ref, tag, again.snapshot.version)
    assert _sequence(scheduled.bo.reads(scheduled.bos_copy())) == before


def _found(office: RealOffice, ref: ItemRef) -> Found:
    found = office.stand.calendar.look([ref])[ref]
    assert isinstance(found, Found)
    return found


def _sequence(text: str) -> list[str]:
    return re.findall(r"^SEQUENCE:(\d+)", text, re.MULTILINE)
