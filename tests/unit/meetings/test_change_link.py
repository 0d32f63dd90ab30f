"""Another link, for a series from its next occurrence on or for a meeting at once: when, and who must hear of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from addin.meetings.change_link import ChangeLink, has_begun
from addin.meetings.codes import grouped
from addin.meetings.errors import (
    MeetingChanged,
    MeetingHasBegun,
    MeetingIsCancelled,
    MeetingNotFound,
    NoNextOccurrence,
    ProviderUnavailable,
)
from addin.meetings.join import JoinMeeting
from addin.meetings.join_view import JoinView, PageState
from addin.meetings.links import LinkChange, LinkState, MeetingLink
from addin.meetings.model import CalendarNote, Meeting, Principal, Wanted
from addin.meetings.notices import NoticeKind
from addin.meetings.occupancy import OccupancyMemory
from addin.meetings.ports import Occupancy
from addin.meetings.tell import TellOthers
from addin.store.ledger import SqlLedger
from calendar_sync.calendar import NotUnderstood
from calendar_sync.items import Unread
from calendar_sync.series import Occurrence
from tests.unit.meetings.calendar_desk import CalendarDesk
from tests.unit.meetings.desk import WHO
from tests.unit.meetings.doors import END, START, TENANT, meeting
from tests.unit.meetings.office_calendar import Item
from tests.unit.meetings.test_explain import explained
from tests.unit.meetings.test_follow_property import MortalLedger
from tests.unit.meetings.test_follow_series import DAY, HOUR, LENGTH, WEEK, WEEKLY, weekly
from tests.unit.meetings.test_notices import texts_of
from tests.unit.meetings.unreliable_provider import Fault, Killed

MINUTE = timedelta(minutes=1)
CLOSES = END + HOUR
NOBODY = Occupancy(0, host_present=False)
STRANGER = Principal(TENANT, "99999999-bbbb-4ccc-8ddd-eeeeeeeeeeee", "david.ek@region.example")


@dataclass
class Links:
    """What is pressed and what guests meet, at a calendar desk."""

    office: CalendarDesk

    @property
    def change(self) -> ChangeLink:
        desk = self.office.desk
        return ChangeLink(desk.ledger, desk.reconciler, desk.plans, desk.clock)

    def asks(self, meeting: Meeting, begins: LinkChange = LinkChange.NEXT, who: Principal = WHO) -> Meeting:
        """Press *Byt länk* and let the worker do what is due."""
        asked = self.change(meeting.id, begins, who, meeting.revision)
        self.office.settles()
        return asked

    def at(self, *moments: datetime) -> None:
        """Come to each of the moments, the service asleep between them, and let be done what is due there."""
        for moment in moments:
            self.office.desk.clock.time = moment
            self.office.rests()
        self.office.settles()

    def undoes(self, meeting: Meeting) -> Meeting:
        return self.change.undo(meeting.id, WHO, meeting.revision)

    def coming(self, meeting: Meeting) -> MeetingLink | None:
        return self.office.desk.ledger.read(lambda reading: reading.coming_link(meeting.id))

    def coming_code(self, meeting: Meeting) -> str:
        link = self.coming(meeting)
        assert link
        assert link.code
        return link.code

    def page(self, code: str) -> JoinView:
        """Open the link of that code."""
        desk = self.office.desk
        join = JoinMeeting(desk.ledger, desk.plans, desk.providers, OccupancyMemory(desk.clock), desk.clock)
        return join.enter(code)[0]

    def address(self, code: str) -> str | None:
        """Press the button behind that code."""
        desk = self.office.desk
        join = JoinMeeting(desk.ledger, desk.plans, desk.providers, OccupancyMemory(desk.clock), desk.clock)
        return join.enter(code)[1]

    def by_people(self, meeting: Meeting) -> list[tuple[str, str | None]]:
        entries = self.office.desk.ledger.read(
            lambda reading: list(reading.audit_entries(meeting.id, None).values())
        )
        return [(one.action, one.reason) for one in entries if one.actor == WHO.object_id]


@pytest.fixture
def links(office: CalendarDesk) -> Links:
    return Links(office)


class TestFromTheNextOccurrenceOn:
    """The people of the occurrence that is open or to come keep their link; those after it have another."""

    def test_until_the_door_has_closed_all_is_as_it_was(self, links: Links) -> None:
        before, _ = weekly(links.office)
        (room,) = links.office.desk.rooms(before.id)
        after = links.asks(before)
        links.at(CLOSES - MINUTE)
        now = links.office.reads(before)
        assert now.join_code == before.join_code
        assert now.window == before.window
        assert [one.id for one in links.office.desk.rooms(before.id)] == [room.id]
        assert CalendarNote.LINK_COMING in after.calendar_notes & now.calendar_notes

    def test_then_link_and_room_are_others(self, links: Links) -> None:
        before, _ = weekly(links.office)
        links.asks(before)
        coming = links.coming_code(before)
        links.at(CLOSES)
        links.office.settles()
        now = links.office.reads(before)
        assert (now.join_code, now.window.start) == (coming, START + WEEK)
        assert now.start_code == before.start_code
        assert links.coming(before) is None
        assert CalendarNote.LINK_COMING not in now.calendar_notes
        old, new = links.office.desk.rooms(before.id)
        assert (old.wanted, new.wanted) == (Wanted.ABSENT, Wanted.PRESENT)
        assert old.gone_at
        assert (old.alias, old.name) != (new.alias, new.name)
        assert len(links.office.desk.there(before)) == 1
        assert ("link_changed", "next_occurrence") in links.office.audited(before)

    def test_the_link_stays_for_the_occurrences_after_that(self, links: Links) -> None:
        before, _ = weekly(links.office)
        links.asks(before)
        coming = links.coming_code(before)
        links.at(CLOSES, CLOSES + WEEK)
        links.office.settles()
        now = links.office.reads(before)
        assert (now.join_code, now.window.start) == (coming, START + 2 * WEEK)
        assert len(links.office.desk.rooms(before.id)) == 2

    def test_whoever_looks_twice_or_is_asked_twice_changes_it_once(self, links: Links) -> None:
        before, item = weekly(links.office)
        asked = links.asks(before)
        code = links.coming_code(before)
        assert links.asks(asked).revision == asked.revision
        assert links.coming_code(before) == code
        links.at(CLOSES)
        for _ in range(3):
            links.office.online.resizes(item, item.end)
            links.office.settles()
        assert links.office.reads(before).join_code == code
        assert len(links.office.desk.rooms(before.id)) == 2

    def test_the_door_is_not_shut_on_a_call_that_goes_on(self, links: Links) -> None:
        before, _ = weekly(links.office)
        links.asks(before)
        provider = links.office.desk.provider
        provider.seen = Occupancy(2, host_present=True)
        links.at(*(CLOSES + n * MINUTE for n in range(0, 30, 10)))
        now = links.office.reads(before)
        assert (now.join_code, now.window.start) == (before.join_code, START + WEEK)
        assert links.page(before.join_code).state is PageState.OPEN
        assert links.page(links.coming_code(before)).state is PageState.TOO_EARLY

        provider.seen = NOBODY
        links.at(CLOSES + 22 * MINUTE)
        assert links.page(before.join_code).state is PageState.REPLACED

    def test_who_is_in_the_room_is_not_known_for_ever(self, links: Links) -> None:
        before, _ = weekly(links.office)
        links.asks(before)
        links.office.desk.provider.seen = ProviderUnavailable()
        links.at(CLOSES + 5 * MINUTE)
        assert links.coming(before)
        links.at(START + WEEK - 14 * MINUTE)
        assert links.coming(before) is None

    def test_an_occurrence_that_is_taken_out_keeps_its_link_until_its_time_is_over(
        self, links: Links
    ) -> None:
        before, item = weekly(links.office)
        links.asks(before)
        coming = links.coming_code(before)
        links.office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
        links.office.settles()
        assert links.office.reads(before).join_code == before.join_code
        assert links.page(coming).meeting.window.start == START + WEEK  # type: ignore[union-attr]

        links.office.online.repeats(item, WEEKLY)
        links.office.settles()
        back = links.office.reads(before)
        assert (back.window.start, back.join_code) == (START, before.join_code)

        links.office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
        links.at(START + 10 * MINUTE, END + 10 * MINUTE)
        assert links.office.reads(before).join_code == before.join_code
        links.at(CLOSES + MINUTE)
        links.office.settles()
        assert links.office.reads(before).join_code == coming

    def test_of_two_occurrences_on_one_evening_the_second_has_the_new_link(self, links: Links) -> None:
        before, item = weekly(links.office)
        second = START + WEEK
        close_by = Occurrence(second, START + 3 * HOUR, START + 3 * HOUR + LENGTH)
        links.office.online.repeats(item, replace(WEEKLY, moved=(close_by,)))
        links.office.settles()
        links.asks(links.office.reads(before))
        coming = links.coming_code(before)
        links.at(START + 3 * HOUR - 14 * MINUTE)
        assert links.page(coming).state is PageState.OPEN
        assert links.page(before.join_code).state is PageState.REPLACED

    def test_another_pattern_leaves_the_link_with_the_people_of_the_first_occurrence(
        self, links: Links
    ) -> None:
        before, item = weekly(links.office)
        links.asks(before)
        tuesday = START + DAY
        pattern = replace(WEEKLY, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=3", first_start=tuesday)
        links.office.online.repeats(item, pattern)
        links.office.settles()
        links.at(CLOSES + 2 * HOUR)
        now = links.office.reads(before)
        assert (now.window.start, now.join_code) == (tuesday, before.join_code)
        links.at(tuesday + 3 * HOUR)
        assert links.office.reads(before).join_code != before.join_code

    def test_a_calendar_that_cannot_be_read_holds_up_nothing(self, links: Links) -> None:
        before, _ = weekly(links.office)
        links.asks(before)
        coming = links.coming_code(before)
        links.office.online.unreadable[before.mailbox] = Unread.UNREACHABLE
        links.at(CLOSES + MINUTE)
        links.office.settles()
        assert links.office.reads(before).join_code == coming

    def test_a_series_that_is_deleted_ends_with_its_own_link(self, links: Links) -> None:
        before, item = weekly(links.office)
        links.asks(before)
        coming = links.coming_code(before)
        links.office.online.deletes(item)
        links.office.settles()
        links.office.after(timedelta(minutes=10))
        links.at(CLOSES + MINUTE)
        assert links.office.reads(before).is_cancelled
        assert links.page(before.join_code).state is PageState.CANCELLED
        assert links.page(coming).state is PageState.CANCELLED

    @pytest.mark.parametrize("moved_by", [timedelta(), HOUR], ids=["as it was", "moved before"])
    def test_an_item_that_is_the_present_people_s_time_alone_keeps_its_link_for_good(
        self, links: Links, moved_by: timedelta
    ) -> None:
        before, item = weekly(links.office)
        moved = Occurrence(START, START + moved_by, START + moved_by + LENGTH)
        links.office.online.repeats(item, replace(WEEKLY, moved=(moved,) if moved_by else ()))
        links.office.settles()
        before = links.office.tells(before)
        links.asks(before)
        coming = links.coming_code(before)
        item.series = None
        links.office.online.drags(item, START + moved_by)
        links.office.after(timedelta(seconds=10))
        links.at(START)
        now = links.office.reads(before)
        assert (now.join_code, links.coming(before)) == (before.join_code, None)
        assert CalendarNote.LINK_COMING not in now.calendar_notes
        assert now.must_hear == ()
        assert links.page(coming).state is PageState.REPLACED
        assert ("link_change_undone", "no_next_occurrence") in links.office.audited(before)

    @pytest.mark.parametrize("moved_by", [WEEK, DAY])
    def test_an_item_that_is_another_time_alone_has_the_new_link_at_once(
        self, links: Links, moved_by: timedelta
    ) -> None:
        before, item = weekly(links.office)
        before = links.office.tells(before)
        links.asks(before)
        coming = links.coming_code(before)
        item.series = None
        links.office.online.drags(item, START + moved_by)
        links.office.after(timedelta(seconds=10))
        now = links.office.reads(before)
        assert (now.join_code, now.window.start) == (coming, START + moved_by)
        assert links.page(before.join_code).state is PageState.REPLACED
        assert now.must_hear == ("patient",)
        assert len(links.office.desk.there(now)) == 1

    def test_whoever_is_in_the_room_before_the_time_is_waited_for(self, links: Links) -> None:
        before, item = weekly(links.office)
        links.asks(before)
        coming = links.coming_code(before)
        links.at(START - 10 * MINUTE)
        links.office.desk.provider.seen = Occupancy(2, host_present=True)
        item.series = None
        links.office.online.drags(item, START + WEEK)
        links.office.after(MINUTE)
        assert links.office.reads(before).join_code == before.join_code
        links.office.desk.provider.seen = NOBODY
        links.office.after(2 * MINUTE)
        assert links.office.reads(before).join_code == coming

    def test_nor_is_anybody_thrown_out_by_that(self, links: Links) -> None:
        before, item = weekly(links.office)
        links.asks(before)
        coming = links.coming_code(before)
        links.at(START + 5 * MINUTE)
        item.series = None
        links.office.online.drags(item, START + WEEK)
        links.office.settles()
        links.at(START + 20 * MINUTE)
        assert links.office.reads(before).join_code == before.join_code
        links.at(CLOSES)
        assert links.office.reads(before).join_code == coming

    def test_it_waits_while_the_item_is_at_a_time_that_no_meeting_can_have(self, links: Links) -> None:
        before, item = weekly(links.office)
        links.asks(before)
        coming = links.coming_code(before)
        item.series = None
        links.office.online.drags(item, START - 3 * WEEK)
        links.office.after(MINUTE)
        assert links.coming(before)
        links.office.online.drags(item, START + 2 * WEEK)
        links.office.after(MINUTE)
        assert links.office.reads(before).join_code == coming

    def test_the_last_occurrence_has_no_next(self, links: Links) -> None:
        before, _ = weekly(links.office)
        links.at(*(CLOSES + n * WEEK + 2 * HOUR for n in range(5)))
        with pytest.raises(NoNextOccurrence):
            links.asks(links.office.reads(before))

    def test_nor_has_a_meeting_that_is_one_time_alone(self, links: Links) -> None:
        single, _ = links.office.books_and_saves()
        with pytest.raises(NoNextOccurrence):
            links.asks(single)
        unanswered, _ = weekly(links.office, one_link=False)
        with pytest.raises(NoNextOccurrence):
            links.asks(links.office.reads(unanswered))


class TestUndoing:
    """Until it has happened the change can be taken back, and then only those must hear who had the new link."""

    def test_nobody_must_hear_of_a_press_by_mistake(self, links: Links) -> None:
        first, _ = weekly(links.office)
        before = links.office.tells(first)
        asked = links.asks(before)
        assert links.office.reads(before).must_hear == ("patient",)
        assert NoticeKind.LINK_CHANGED in links.office.owed(before)
        code = links.coming_code(before)

        undone = links.undoes(asked)

        assert undone.must_hear == ()
        assert NoticeKind.LINK_CHANGED not in links.office.owed(before)
        assert links.coming(before) is None
        assert CalendarNote.LINK_COMING not in undone.calendar_notes
        assert links.page(code).state is PageState.REPLACED
        links.at(CLOSES + MINUTE)
        assert links.office.reads(before).join_code == before.join_code

    def test_what_was_old_before_stays_old(self, links: Links) -> None:
        first, _ = weekly(links.office)
        told = links.office.tells(first)
        moved = links.office.desk.change(links.office.reads(told), unit="habilitation")
        assert links.undoes(links.asks(moved)).must_hear == ("patient",)

    def test_whoever_was_told_the_new_link_must_hear(self, links: Links) -> None:
        first, _ = weekly(links.office)
        links.office.tells(first)
        asked = links.asks(links.office.tells(first, "interpreter"))
        links.office.desk.change_meeting.told(asked.id, "interpreter", WHO, of_coming=True)
        assert links.office.reads(asked).must_hear == ("patient",)
        assert links.undoes(asked).must_hear == ("interpreter",)

    def test_undoing_nothing_is_nothing(self, links: Links) -> None:
        before, _ = weekly(links.office)
        assert links.undoes(before) == before

    def test_it_can_be_asked_for_again(self, links: Links) -> None:
        before, _ = weekly(links.office)
        undone = links.undoes(links.asks(before))
        links.asks(undone)
        links.at(CLOSES + MINUTE)
        assert links.office.reads(before).join_code not in (before.join_code, None)


class TestWhoMustHear:
    """Everybody who holds the old link, until they have been told the new one."""

    def test_telling_the_new_link_before_its_turn_is_enough(self, links: Links) -> None:
        first, _ = weekly(links.office)
        asked = links.asks(links.office.tells(first))
        links.office.desk.change_meeting.told(asked.id, "patient", WHO, of_coming=True)
        links.at(CLOSES + MINUTE)
        links.office.settles()
        assert links.office.reads(first).must_hear == ()
        assert NoticeKind.LINK_CHANGED not in links.office.owed(first)

    def test_telling_the_old_link_meanwhile_is_not(self, links: Links) -> None:
        first, _ = weekly(links.office)
        asked = links.asks(links.office.tells(first))
        links.office.desk.change_meeting.told(asked.id, "patient", WHO)
        assert links.office.reads(first).must_hear == ("patient",)
        links.at(CLOSES + MINUTE)
        links.office.settles()
        assert links.office.reads(first).must_hear == ("patient",)
        assert NoticeKind.LINK_CHANGED in links.office.owed(first)


class TestAtOnce:
    """A link that has gone astray is exchanged before anybody is in the room."""

    def test_the_old_link_leads_nowhere_and_the_new_one_to_a_room_of_its_own(self, links: Links) -> None:
        before, _ = links.office.books_and_saves()
        links.office.tells(before)
        after = links.asks(before, LinkChange.NOW)
        assert after.join_code != before.join_code
        assert after.revision == before.revision + 1
        assert after.must_hear == ("patient",)
        assert NoticeKind.LINK_CHANGED in links.office.owed(before)
        assert links.by_people(before)[-1] == ("link_changed", "now")
        links.at(START - 10 * MINUTE)
        old, new = links.office.desk.rooms(before.id)
        assert old.gone_at
        assert links.page(before.join_code).state is PageState.REPLACED
        assert links.address(before.join_code) is None
        assert links.address(after.join_code) == f"https://video.region.example/{new.alias}"

    def test_a_coming_link_comes_at_once_then(self, links: Links) -> None:
        before, _ = weekly(links.office)
        asked = links.asks(before)
        coming = links.coming_code(before)
        links.office.desk.change_meeting.told(asked.id, "patient", WHO, of_coming=True)
        after = links.asks(asked, LinkChange.NOW)
        assert (after.join_code, links.coming(before)) == (coming, None)
        assert after.must_hear == ()
        links.at(CLOSES + MINUTE)
        assert links.office.reads(before).join_code == coming

    @pytest.mark.parametrize("at", [START, END])
    def test_not_when_people_are_in_the_room(self, links: Links, at: datetime) -> None:
        before, _ = links.office.books_and_saves()
        links.at(at)
        with pytest.raises(MeetingHasBegun):
            links.asks(before, LinkChange.NOW)

    def test_nor_when_a_host_has_started_early(self) -> None:
        early = START - HOUR
        assert not has_begun(meeting(), early)
        assert has_begun(meeting(host_started_at=early), early)
        # So long before it was another time's start, also while that one's call may run.
        assert not has_begun(meeting(host_started_at=START - 12 * HOUR), START - 12 * HOUR)
        assert has_begun(meeting(host_started_at=START - 12 * HOUR + MINUTE), START - 12 * HOUR + MINUTE)

    def test_but_when_a_host_had_only_tried_it_in_the_morning(self) -> None:
        tried = meeting(host_started_at=START - 6 * HOUR)
        assert has_begun(tried, START - 6 * HOUR + (END - START))
        assert not has_begun(tried, START - 3 * HOUR)

    def test_nor_a_cancelled_meeting_an_older_revision_or_another_s(self, links: Links) -> None:
        before, _ = links.office.books_and_saves()
        with pytest.raises(MeetingChanged):
            links.change(before.id, LinkChange.NOW, WHO, before.revision + 1)
        with pytest.raises(MeetingNotFound):
            links.asks(before, LinkChange.NOW, STRANGER)
        gone = links.office.desk.cancel(before)
        with pytest.raises(MeetingIsCancelled):
            links.asks(gone, LinkChange.NOW)

    def test_a_provider_that_does_not_answer_leaves_the_old_room_to_the_worker(self, links: Links) -> None:
        before, _ = links.office.books_and_saves()
        links.office.desk.provider.faults.extend([Fault.UNAVAILABLE] * 2)
        links.asks(before, LinkChange.NOW)
        links.office.after(MINUTE)
        links.office.after(MINUTE)
        assert len(links.office.desk.there(before)) == 1
        assert links.page(before.join_code).state is PageState.REPLACED


class TestTheItem:
    """The block in the item keeps the old link until its turn is over; then it is written anew, by whoever may."""

    def test_the_service_writes_it_where_that_mails_nobody(self, links: Links) -> None:
        before, item = weekly(links.office)
        links.asks(before)
        written = item.version
        links.at(CLOSES - MINUTE)
        assert item.words is None
        links.at(CLOSES)
        links.office.after(10 * MINUTE)
        assert item.version > written
        assert item.words == links.office.reads(before).join_code
        assert links.office.binding(before).block_old_from is None
        assert CalendarNote.BLOCK_OLD not in links.office.reads(before).calendar_notes

    def test_with_people_invited_it_waits_for_the_pane(self, links: Links) -> None:
        before, item = weekly(links.office)
        item.has_attendees = True
        self.waits_for_the_pane(links, before, item)

    def test_where_it_may_not_write_it_waits_for_the_pane(self, links: Links) -> None:
        before, item = weekly(links.office)
        links.office.rules = replace(links.office.rules, may_write=False)
        self.waits_for_the_pane(links, before, item)

    def refused(self, links: Links) -> tuple[Meeting, Item]:
        """Let the other link come while the calendar refuses to be written in."""
        before, item = weekly(links.office)
        links.asks(before)
        links.office.online.unwritable = NotUnderstood()
        links.at(CLOSES)
        links.office.after(10 * MINUTE)
        return before, item

    def test_whoever_is_invited_before_it_is_written_is_mailed_nothing(self, links: Links) -> None:
        before, item = self.refused(links)
        links.office.online.unwritable = None
        links.office.online.invites(item)
        written = item.version
        links.office.after(HOUR)
        assert (item.version, item.words) == (written, None)
        now = links.office.reads(before)
        assert CalendarNote.BLOCK_OLD in now.calendar_notes
        links.change.block_written(before.id, WHO, now.revision)
        links.office.settles()
        assert CalendarNote.BLOCK_OLD not in links.office.reads(before).calendar_notes

    def test_while_the_calendar_refuses_it_people_are_told(self, links: Links) -> None:
        before, _ = self.refused(links)
        assert CalendarNote.BLOCK_OLD in links.office.reads(before).calendar_notes
        links.office.online.unwritable = None
        links.office.after(HOUR)
        assert CalendarNote.BLOCK_OLD not in links.office.reads(before).calendar_notes

    def waits_for_the_pane(self, links: Links, before: Meeting, item: Item) -> None:
        links.asks(before)
        links.at(CLOSES)
        links.office.settles()
        written = item.version
        links.office.after(HOUR)
        now = links.office.reads(before)
        assert item.version == written
        assert CalendarNote.BLOCK_OLD in now.calendar_notes
        with pytest.raises(MeetingChanged):
            links.change.block_written(before.id, WHO, now.revision - 1)
        links.change.block_written(before.id, WHO, now.revision)
        links.office.settles()
        assert CalendarNote.BLOCK_OLD not in links.office.reads(before).calendar_notes

    def test_at_once_the_pane_writes_and_the_service_only_when_nobody_did(self, links: Links) -> None:
        before, item = links.office.books_and_saves()
        links.office.after(HOUR)
        written = item.version
        links.asks(before, LinkChange.NOW)
        links.office.after(MINUTE)
        assert item.version == written
        links.office.after(HOUR)
        assert item.version > written
        assert item.words == links.office.reads(before).join_code
        assert CalendarNote.BLOCK_OLD not in links.office.reads(before).calendar_notes


def test_a_replaced_link_tells_nothing_of_the_meeting(links: Links) -> None:
    before, _ = links.office.books_and_saves()
    after = links.asks(before, LinkChange.NOW)
    moved = links.office.desk.change(links.office.reads(after), unit="habilitation")
    view = links.page(before.join_code)
    assert (view.state, view.unit) == (PageState.REPLACED, "psychiatry")
    assert (view.meeting, view.moved_from, view.opens_at, view.look_again_in) == (None, None, None, None)
    links.office.desk.cancel(links.office.reads(moved))
    assert links.page(before.join_code).state is PageState.REPLACED


def test_links_go_with_their_meeting(links: Links) -> None:
    before, _ = links.office.books_and_saves()
    links.asks(before, LinkChange.NOW)
    links.office.desk.clock.time += timedelta(days=40)
    for _ in range(3):
        links.office.desk.sweep()
        links.office.settles()
    assert links.page(before.join_code).state is PageState.UNKNOWN


def test_a_link_that_is_to_come_is_one(links: Links) -> None:
    before, _ = weekly(links.office)
    links.asks(before)
    link = links.coming(before)
    assert link
    assert (link.state, link.keeps, link.unit) == (LinkState.COMING, START, "psychiatry")


def test_an_operator_is_told_what_a_meeting_waits_for_and_not_the_link(links: Links) -> None:
    before, _ = weekly(links.office)
    links.asks(before)
    told = explained(links.office, before)
    assert told["coming_link"]["waits_for_occurrence"] == START.isoformat()
    assert links.coming_code(before) not in str(told)


# --- sudden ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("writes", range(6))
def test_a_process_that_ends_around_the_exchange_leaves_one_link_and_one_room(
    links: Links, writes: int, *, after_commit: bool
) -> None:
    before, _ = weekly(links.office)
    links.asks(before)
    coming = links.coming_code(before)
    office, desk = links.office, links.office.desk
    mortal = MortalLedger(desk.ledger)
    desk.ledger = cast("SqlLedger", mortal)
    try:
        desk.clock.time = CLOSES
        mortal.writes_left, mortal.ends_after_commit = writes, after_commit
        with suppress(Killed):
            office.rests()
        mortal.writes_left = None
        on_the_way = [links.page(code).state for code in (before.join_code, coming)]
        desk.restarts()
        links.at(CLOSES + 2 * MINUTE, CLOSES + 10 * MINUTE)
    finally:
        desk.ledger = mortal.survivor
    assert on_the_way in ([PageState.OVER, PageState.TOO_EARLY], [PageState.REPLACED, PageState.TOO_EARLY])
    assert office.reads(before).join_code == coming
    assert links.page(before.join_code).state is PageState.REPLACED
    assert len(desk.rooms(before.id)) == 2
    assert len(desk.there(before)) == 1
    assert office.audited(before).count(("link_changed", "next_occurrence")) == 1


# --- the page where a mail leads ------------------------------------------------------------------------------


def test_the_page_that_a_mail_leads_to_has_the_link_to_come_and_notes_who_was_told_it(links: Links) -> None:
    first, _ = weekly(links.office)
    links.asks(links.office.tells(first))
    tell = TellOthers(links.office.desk.ledger, texts_of(links.office.desk), links.office.desk.clock)

    meeting, (patient,) = tell.look(first.start_code, WHO)

    assert meeting.join_code == first.join_code
    assert patient.text
    assert grouped(links.coming_code(first)) in patient.text.plain
    assert grouped(first.join_code) not in patient.text.plain
    assert " 8 mars " in patient.text.plain
    assert still_to_hear(links, tell, first) == ()
    links.at(CLOSES + MINUTE)
    assert links.office.reads(first).must_hear == ()


def test_of_a_time_that_was_moved_meanwhile_the_page_tells_that_and_then_of_the_link(links: Links) -> None:
    first, item = weekly(links.office)
    links.asks(links.office.tells(first))
    moved = Occurrence(START, START + HOUR, START + HOUR + LENGTH)
    links.office.online.repeats(item, replace(WEEKLY, moved=(moved,)))
    links.office.settles()
    tell = TellOthers(links.office.desk.ledger, texts_of(links.office.desk), links.office.desk.clock)

    _, (patient,) = tell.look(first.start_code, WHO)
    assert patient.text
    assert grouped(first.join_code) in patient.text.plain
    assert still_to_hear(links, tell, first) == ("patient",)

    _, (patient,) = tell.look(first.start_code, WHO)
    assert patient.text
    assert grouped(links.coming_code(first)) in patient.text.plain
    assert still_to_hear(links, tell, first) == ()


def test_who_keeps_the_old_link_for_a_time_that_is_taken_out_is_led_to_no_later_one(links: Links) -> None:
    first, item = weekly(links.office)
    links.asks(links.office.tells(first))
    links.office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    links.office.settles()
    tell = TellOthers(links.office.desk.ledger, texts_of(links.office.desk), links.office.desk.clock)

    page = links.page(first.join_code)
    assert page.state is PageState.CANCELLED
    assert page.meeting
    assert page.meeting.window.start == START
    coming = links.page(links.coming_code(first))
    assert coming.meeting
    assert coming.meeting.window.start == START + WEEK

    _, (patient,) = tell.look(first.start_code, WHO)
    assert patient.text
    assert "inställt" in patient.text.plain
    assert grouped(first.join_code) not in patient.text.plain
    assert " 8 mars " not in patient.text.plain
    assert still_to_hear(links, tell, first) == ("patient",)
    _, (patient,) = tell.look(first.start_code, WHO)
    assert patient.text
    assert grouped(links.coming_code(first)) in patient.text.plain


def test_a_time_that_is_put_back_has_its_link_again(links: Links) -> None:
    first, item = weekly(links.office)
    links.asks(first)
    links.office.online.repeats(item, replace(WEEKLY, cancelled=frozenset({START.date()})))
    links.office.settles()
    links.office.online.repeats(item, WEEKLY)
    links.office.settles()
    page = links.page(first.join_code)
    assert page.state is PageState.TOO_EARLY
    assert page.meeting
    assert page.meeting.window.start == START


def still_to_hear(links: Links, tell: TellOthers, meeting: Meeting) -> tuple[str, ...]:
    """Say that the patient was told what the page shows now, and return who must hear after that."""
    assert tell.told(meeting.start_code, "patient", links.office.reads(meeting).as_told_now, WHO)
    return links.office.reads(meeting).must_hear
