"""When a guest's page is open, and what it says otherwise: the rules of `join_view`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.meetings.bindings import OccurrenceRow
from addin.meetings.join_view import LATEST_LOOK, NEAR, SOONEST_LOOK, JoinView, PageState, judge
from addin.meetings.model import (
    Attention,
    CalendarNote,
    MeetingState,
    Told,
    Wanted,
    Window,
)
from addin.meetings.occupancy import Glimpse, Unseen
from addin.meetings.ports import Occupancy
from addin.meetings.serving_room import ServingRoom, serving_room
from tests.unit.meetings.doors import (
    END,
    READY_AFTER,
    START,
    TYPE,
    RoomsOfOneProvider,
    meeting,
    room,
)

NOBODY = Occupancy(0, host_present=False)
HOST = Occupancy(1, host_present=True)
MINUTE = timedelta(minutes=1)
OPENS, CLOSES = START - 15 * MINUTE, END + 60 * MINUTE


def look_at(now: datetime, seen: Glimpse = NOBODY, *, ready: bool = True, **changes: object) -> JoinView:
    return judge(meeting(**changes), TYPE, ready=ready, now=now, glimpse=lambda: seen)


class TestOpeningHours:
    """Open from 15 minutes before until 60 minutes after the end, or while a host is there, or wants to be."""

    @pytest.mark.parametrize(
        ("now", "state"),
        [
            (OPENS - MINUTE, PageState.TOO_EARLY),
            (OPENS, PageState.OPEN),
            (START, PageState.OPEN),
            (CLOSES - MINUTE, PageState.OPEN),
            (CLOSES, PageState.OVER),
        ],
    )
    def test_the_window_of_the_type(self, now: datetime, state: PageState) -> None:
        assert look_at(now).state is state

    @pytest.mark.parametrize(
        ("zone", "opens", "closes"),
        [
            # Which begins at 11.00 in Sweden, when a patient may have come at 09.00.
            ("Pacific/Honolulu", "2027-02-28T22:45:00+00:00", "2027-03-02T11:00:00+00:00"),
            # Which ends at 12.00 in Sweden, when she may come at 15.00.
            ("Pacific/Auckland", "2027-02-28T10:45:00+00:00", "2027-03-02T00:00:00+00:00"),
            ("Europe/Stockholm", "2027-02-28T22:45:00+00:00", "2027-03-02T00:00:00+00:00"),
        ],
    )
    def test_a_whole_day_elsewhere_is_open_on_that_date_in_sweden_too(
        self, zone: str, opens: str, closes: str
    ) -> None:
        first, last = (datetime(2027, 3, day, tzinfo=ZoneInfo(zone)).astimezone(UTC) for day in (1, 2))
        whole_day = Window(first, last, zone)
        begins, ends = map(datetime.fromisoformat, (opens, closes))
        times = (begins - MINUTE, begins, ends - MINUTE, ends)
        states = [look_at(now, window=whole_day).state for now in times]
        assert states == [PageState.TOO_EARLY, PageState.OPEN, PageState.OPEN, PageState.OVER]

    @pytest.mark.parametrize("now", [START - timedelta(days=6), CLOSES + timedelta(hours=5)])
    def test_a_host_in_the_room_opens_at_any_time(self, now: datetime) -> None:
        assert look_at(now, HOST).state is PageState.OPEN

    def test_guests_alone_open_nothing(self) -> None:
        assert look_at(CLOSES, Occupancy(3, host_present=False)).state is PageState.OVER

    @pytest.mark.parametrize("pressed", [START - timedelta(days=2), END + timedelta(days=29)])
    def test_a_press_opens_for_as_long_as_a_meeting_begun_then(self, pressed: datetime) -> None:
        lasts = timedelta(minutes=45 + 60)
        assert look_at(pressed, host_started_at=pressed).state is PageState.OPEN
        assert look_at(pressed + lasts - MINUTE, host_started_at=pressed).state is PageState.OPEN
        assert look_at(pressed + lasts, host_started_at=pressed).state is not PageState.OPEN

    def test_a_press_on_time_does_not_keep_the_link_open_for_days(self) -> None:
        assert look_at(CLOSES, host_started_at=START).state is PageState.OVER

    def test_a_press_does_not_open_beyond_the_kept_days(self) -> None:
        last = END + timedelta(days=30)
        assert look_at(last - MINUTE, host_started_at=last - 2 * MINUTE).state is PageState.OPEN
        assert look_at(last, host_started_at=last - 2 * MINUTE).state is PageState.OVER


class TestRoomsThatAreNotReady:
    """The page is shut until the room is made, proven protected and known to the provider's edge."""

    def test_before_opening_nobody_is_worried(self) -> None:
        assert look_at(OPENS - MINUTE, ready=False).state is PageState.TOO_EARLY

    def test_while_open_it_is_being_made(self) -> None:
        assert look_at(START, ready=False, state=MeetingState.WANTED).state is PageState.GETTING_READY

    def test_when_a_person_is_needed_it_is_trouble(self) -> None:
        view = look_at(
            START,
            ready=False,
            state=MeetingState.NEEDS_ATTENTION,
            attention=Attention.PROTECTION_NOT_APPLIED,
        )
        assert view.state is PageState.PROVIDER_TROUBLE

    def test_afterwards_it_is_over(self) -> None:
        assert look_at(CLOSES, ready=False).state is PageState.OVER

    @pytest.mark.parametrize(
        "changes",
        [
            {"made_at": None, "verified_at": None},
            {"verified_at": None},
            {"wanted_revision": 2},
            {"made_at": START - timedelta(seconds=READY_AFTER - 1)},
        ],
        ids=["not made", "not verified", "an older wish", "too young for the edge"],
    )
    def test_what_makes_a_room_not_ready(self, changes: dict[str, object]) -> None:
        assert not ServingRoom(room(**changes), RoomsOfOneProvider()).is_ready(START)

    def test_a_room_old_enough_is_ready(self) -> None:
        made = START - timedelta(seconds=READY_AFTER)
        assert ServingRoom(room(made_at=made, verified_at=made), RoomsOfOneProvider()).is_ready(START)

    def test_people_are_led_to_the_newest_room_that_is_wanted(self) -> None:
        old = room(id="old", wanted=Wanted.ABSENT)
        new = room(id="new", generation=2)
        newest = room(id="newest", generation=3)
        pexip = RoomsOfOneProvider()
        assert serving_room([new, old], {"pexip": pexip}) == ServingRoom(new, pexip)
        for several in ([new, newest], [newest, new]):
            assert serving_room(several, {"pexip": pexip}) == ServingRoom(newest, pexip)
        assert serving_room([old], {"pexip": pexip}) is None
        assert serving_room([new], {}) is None


class TestWhoIsThere:
    """A full room, and a provider that does not say."""

    def test_the_sixteenth_meets_a_full_room(self) -> None:
        assert look_at(START, Occupancy(14, host_present=True)).state is PageState.OPEN
        assert look_at(START, Occupancy(15, host_present=True)).state is PageState.FULL

    def test_those_who_wait_leave_a_place_for_the_host(self) -> None:
        assert look_at(START, Occupancy(13, host_present=False)).state is PageState.OPEN
        assert look_at(START, Occupancy(14, host_present=False)).state is PageState.FULL

    @pytest.mark.parametrize("seen", list(Unseen))
    def test_within_hours_guests_go_on_whatever_the_provider_says(self, seen: Unseen) -> None:
        assert look_at(START, seen).state is PageState.OPEN

    def test_over_is_not_said_while_a_call_may_run(self) -> None:
        assert look_at(CLOSES, Unseen.UNREACHABLE).state is PageState.PROVIDER_TROUBLE

    def test_a_provider_that_can_never_tell_does_not_keep_the_page_in_trouble(self) -> None:
        assert look_at(CLOSES, Unseen.UNSUPPORTED).state is PageState.OVER

    def test_before_the_hours_an_unreachable_provider_is_no_news(self) -> None:
        assert look_at(OPENS - MINUTE, Unseen.UNREACHABLE).state is PageState.TOO_EARLY


class TestMovedAndCancelled:
    """The page tells of one move back, and of an end."""

    OLD = Window(START - timedelta(days=1), END - timedelta(days=1), "Europe/Stockholm")

    @pytest.mark.parametrize("now", [OPENS - MINUTE, START, CLOSES])
    def test_a_moved_meeting_says_from_when(self, now: datetime) -> None:
        assert look_at(now, previous=self.OLD).moved_from == self.OLD

    def test_a_meeting_that_was_dragged_twice_says_the_time_that_the_patient_was_told(self) -> None:
        between = Window(START + timedelta(days=1), END + timedelta(days=1), "Europe/Stockholm")
        told = {"patient": Told(1, self.OLD.start, self.OLD.end)}
        assert look_at(OPENS, previous=between, revision=3, told=told).moved_from == self.OLD

    def test_a_meeting_that_was_dragged_away_and_back_has_not_moved_for_whoever_knew_its_time(self) -> None:
        told = {"patient": Told(1, START, END)}
        assert look_at(OPENS, previous=self.OLD, revision=3, told=told).moved_from is None
        # Who was told meanwhile may hold the other time in hand.
        told_since = {"patient": Told(3, START, END)}
        assert look_at(OPENS, previous=self.OLD, revision=3, told=told_since).moved_from == self.OLD

    def test_what_one_of_several_was_told_otherwise_is_said_and_what_colleagues_were_told_is_not(
        self,
    ) -> None:
        told = {
            "patient": Told(1, START, END),
            "interpreter": Told(2, self.OLD.start, self.OLD.end),
            "staff": Told(1, END, END + timedelta(hours=1)),
        }
        elsewhere = Window(END, END + timedelta(hours=1), "Europe/Stockholm")
        assert look_at(OPENS, previous=elsewhere, revision=3, told=told).moved_from == self.OLD
        # A series that has gone on to its next occurrence has not moved.
        assert look_at(OPENS, previous=None, revision=3, told=told).moved_from is None
        del told["interpreter"]
        assert look_at(OPENS, previous=self.OLD, revision=3, told=told).moved_from is None

    def test_who_still_holds_another_time_comes_before_those_who_have_been_told_since(self) -> None:
        told = {"patient": Told(3, START, END), "interpreter": Told(1, self.OLD.start, self.OLD.end)}
        between = Window(END, END + timedelta(hours=1), "Europe/Stockholm")
        assert look_at(OPENS, previous=between, revision=3, told=told).moved_from == self.OLD

    def test_a_cancelled_meeting_is_cancelled_whoever_is_in_the_room(self) -> None:
        view = look_at(START, HOST, cancelled_at=OPENS, previous=self.OLD, host_started_at=OPENS)
        assert view.state is PageState.CANCELLED
        assert view.moved_from == self.OLD
        assert view.look_again_in is None


moments = st.datetimes(
    min_value=datetime(2027, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone
    max_value=datetime(2027, 5, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
glimpses = st.one_of(
    st.sampled_from(Unseen), st.builds(Occupancy, st.integers(0, 20), host_present=st.booleans())
)
pages = st.fixed_dictionaries(
    {
        "cancelled_at": st.none() | moments,
        "host_started_at": st.none() | moments,
        "state": st.sampled_from(MeetingState),
    }
)


@given(now=moments, seen=glimpses, ready=st.booleans(), changes=pages)
def test_whatever_happens_the_page_keeps_its_promises(
    now: datetime, seen: Glimpse, ready: bool, changes: dict[str, object]
) -> None:
    view = look_at(now, seen, ready=ready, **changes)
    is_call = isinstance(seen, Occupancy) and seen.host_present
    if view.state in {PageState.OPEN, PageState.FULL}:
        assert ready
        assert changes["cancelled_at"] is None
    if view.state is PageState.OVER:
        assert now >= CLOSES
        assert not (ready and is_call)
    if view.state is PageState.TOO_EARLY:
        assert now < OPENS
    if OPENS <= now < CLOSES and ready and changes["cancelled_at"] is None:
        assert view.state in {PageState.OPEN, PageState.FULL}
    assert view.guest_pin is None
    assert view.look_again_in is None or SOONEST_LOOK <= view.look_again_in <= LATEST_LOOK


class TestDoubt:
    """The item is gone, and not for so long yet that it is believed: near the start a guest must hear of it."""

    IN_DOUBT = frozenset({CalendarNote.PERHAPS_CANCELLED})

    @pytest.mark.parametrize(
        ("now", "state"),
        [
            (OPENS - NEAR - MINUTE, PageState.TOO_EARLY),
            (OPENS - NEAR, PageState.PERHAPS_CANCELLED),
            (START, PageState.PERHAPS_CANCELLED),
            (CLOSES - MINUTE, PageState.PERHAPS_CANCELLED),
            (CLOSES, PageState.OVER),
        ],
    )
    def test_it_is_told_from_an_hour_before_the_page_would_open(
        self, now: datetime, state: PageState
    ) -> None:
        assert look_at(now, calendar_notes=self.IN_DOUBT).state is state
        assert look_at(now, ready=False, calendar_notes=self.IN_DOUBT).state is state

    def test_a_host_knows_better_than_the_calendar(self) -> None:
        assert look_at(START, HOST, calendar_notes=self.IN_DOUBT).state is PageState.OPEN
        started = look_at(START, calendar_notes=self.IN_DOUBT, host_started_at=START - MINUTE)
        assert started.state is PageState.OPEN

    def test_it_is_asked_again_soon_and_a_cancelled_meeting_is_no_doubt(self) -> None:
        assert look_at(START, calendar_notes=self.IN_DOUBT).look_again_in == SOONEST_LOOK
        gone = look_at(START, calendar_notes=self.IN_DOUBT, cancelled_at=START)
        assert gone.state is PageState.CANCELLED


class TestSeries:
    """Whoever comes to an occurrence that is off hears of it, and when the next one is."""

    WEEK = timedelta(days=7)

    def look(self, now: datetime, *occurrences: OccurrenceRow) -> JoinView:
        upcoming = Window(START + self.WEEK, END + self.WEEK, "Europe/Stockholm")
        return judge(
            meeting(window=upcoming, previous=Window(START, END, "Europe/Stockholm")),
            TYPE,
            ready=True,
            now=now,
            glimpse=lambda: NOBODY,
            occurrences=occurrences,
        )

    def test_the_one_that_is_off_is_told_beside_the_next_until_half_a_day_after_it(self) -> None:
        off = OccurrenceRow(START, START, END, cancelled=True)
        view = self.look(START, off)
        assert (view.state, view.moved_from) == (PageState.TOO_EARLY, None)
        assert view.cancelled_occurrence == Window(START, END, "Europe/Stockholm")
        assert self.look(END + timedelta(hours=12), off).cancelled_occurrence is None

    def test_one_that_took_place_and_one_after_the_next_are_no_news(self) -> None:
        held = OccurrenceRow(START, START, END, cancelled=False)
        later = OccurrenceRow(START, START + 2 * self.WEEK, END + 2 * self.WEEK, cancelled=True)
        assert self.look(START, held, later).cancelled_occurrence is None
