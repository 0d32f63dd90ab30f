"""What a meeting type that is not offered any more, or a lobby that the provider cannot give, means for a meeting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from addin.meetings.errors import NotSupported, UnknownMeetingType
from addin.meetings.lobby import falls_short
from addin.meetings.meeting_types import MeetingType, MeetingTypes
from addin.meetings.model import LobbyLevel, MeetingState
from tests.unit.meetings.desk import Desk, opened_desk
from tests.unit.meetings.doors import RoomsOfOneProvider

CARE, INTERNAL = "care-meeting-patient", "internal-meeting"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened_desk(tmp_path) as opened:
        yield opened


def offers(desk: Desk, *type_ids: str) -> None:
    """Start again with settings that offer these types only."""
    desk.plans = replace(desk.plans, types=MeetingTypes(desk.plans.types, type_ids))


def insists_on_its_lobby(desk: Desk, type_id: str) -> None:
    """Start again with settings in which the type wants each guest let in by hand, or no meeting at all."""
    strict = [
        replace(kind, lobby=LobbyLevel.HOST_ADMITS, lobby_refused_below=True) if kind.id == type_id else kind
        for kind in desk.plans.types
    ]
    desk.plans = replace(desk.plans, types=MeetingTypes(strict))


def test_a_type_that_is_not_offered_is_neither_shown_nor_booked_nor_changed_to(desk: Desk) -> None:
    offers(desk, CARE)
    meeting = desk.books()

    assert [kind.id for kind in desk.plans.types] == [CARE]
    with pytest.raises(UnknownMeetingType):
        desk.books("another key", type=INTERNAL, variant="staff")
    with pytest.raises(UnknownMeetingType):
        desk.change(meeting, type=INTERNAL)


def test_a_meeting_lives_on_when_its_type_is_not_offered_any_more(desk: Desk) -> None:
    meeting = desk.books()
    offers(desk, INTERNAL)

    changed = desk.change(meeting, variant="group")
    assert (changed.state, changed.variant) == (MeetingState.LIVE, "group")
    assert desk.change(changed, type=CARE, unit="habilitation").unit == "habilitation"

    cancelled = desk.cancel(desk.reads(meeting.id))
    assert cancelled.state is MeetingState.CANCELLED
    assert desk.provider.rooms == {}


def test_an_offer_of_something_that_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(UnknownMeetingType):
        offers(desk, CARE, "no-such-type")


def test_the_order_of_the_offer_is_what_people_see_whoever_serves_it(desk: Desk) -> None:
    types = MeetingTypes(desk.plans.types, (INTERNAL, CARE)).with_providers({CARE: "another"})

    unchanged = desk.plans.types.of(INTERNAL).provider
    assert [(kind.id, kind.provider) for kind in types] == [(INTERNAL, unchanged), (CARE, "another")]


def test_a_lobby_that_a_type_insists_on_is_refused_when_booking_and_when_changing(desk: Desk) -> None:
    meeting = desk.books(type=INTERNAL, variant="staff")
    insists_on_its_lobby(desk, CARE)

    with pytest.raises(NotSupported):
        desk.books("another key")
    with pytest.raises(NotSupported):
        desk.change(meeting, type=CARE)

    assert desk.reads(meeting.id).type == INTERNAL


def test_a_meeting_that_is_there_already_may_be_moved_though_its_type_has_become_strict(desk: Desk) -> None:
    meeting = desk.books()
    insists_on_its_lobby(desk, CARE)

    assert desk.change(meeting, unit="habilitation").unit == "habilitation"


@pytest.mark.parametrize(
    ("asked", "given", "short"),
    [
        (LobbyLevel.HOST_ADMITS, LobbyLevel.WAIT_FOR_HOST, True),
        (LobbyLevel.HOST_ADMITS, LobbyLevel.HOST_ADMITS, False),
        (LobbyLevel.WAIT_FOR_HOST, LobbyLevel.WAIT_FOR_HOST, False),
        (LobbyLevel.WAIT_FOR_HOST, LobbyLevel.HOST_ADMITS, False),
    ],
)
def test_only_a_weaker_lobby_falls_short(
    desk: Desk, asked: LobbyLevel, given: LobbyLevel, *, short: bool
) -> None:
    kind: MeetingType = replace(desk.plans.types.of(CARE), lobby=asked)
    provider = RoomsOfOneProvider()
    provider.capabilities = replace(provider.capabilities, lobby=given)

    assert falls_short(kind, provider) is short
