"""The part of a look at a calendar item that exchanges a series' link when the occurrence with the old one is over.

The exchange is written in one unit with all else that the look has come to, under its fence, before the door to the
next occurrence opens: the old link never leads to the next people. A call that goes on past its time is waited for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.bindings import ItemBinding
from addin.meetings.change_link import exchanged
from addin.meetings.deadline import Deadline
from addin.meetings.errors import NotSupported, ProviderError
from addin.meetings.join import OCCUPANCY_SECONDS, serving_room
from addin.meetings.links import MeetingLink, followed_series, has_another_pattern, turn_of
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import CalendarNote, Meeting, Room, Window
from addin.meetings.ports import Clock, ConferencingProvider, Ledger, Writing
from addin.meetings.rooms import RoomPlans
from calendar_sync.items import Kind, Snapshot
from calendar_sync.series import Series

log = logging.getLogger(__name__)

# How soon it is looked again whether a call that goes on past its time has ended.
CALL_PERIOD: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RunningCalls:
    """Says whether a link must wait for a call to end; asks the provider only when it is the link's turn."""

    ledger: Ledger
    providers: Mapping[str, ConferencingProvider]
    plans: RoomPlans
    clock: Clock

    def hold_link(self, meeting: Meeting, binding: ItemBinding) -> bool:
        """Whether a host is still in the room, and nobody is to come to the next occurrence yet."""
        if CalendarNote.LINK_COMING not in meeting.calendar_notes or meeting.is_cancelled:
            return False
        link, rooms = self.ledger.read(
            lambda reading: (reading.coming_link(meeting.id), reading.rooms(meeting.id))
        )
        kind, now = self.plans.types.of(meeting.type), self.clock.now()
        if (
            link is None
            or not is_turn(link, meeting, binding, kind, now)
            or _opens(meeting, binding, kind, now)
        ):
            return False
        room = serving_room(tuple(rooms))
        return room is not None and self._has_host(meeting, room)

    def _has_host(self, meeting: Meeting, room: Room) -> bool:
        provider = self.providers.get(room.provider)
        if provider is None:
            return False
        try:
            wish = self.plans.wish(meeting, room)
            return provider.occupancy(wish, Deadline.after(OCCUPANCY_SECONDS)).host_present
        except NotSupported:
            return False
        except ProviderError as failure:
            known = {"provider": provider.name, "failure": type(failure).__name__}
            log.warning("occupancy_unknown", extra=known)
            return True


def due_at(
    link: MeetingLink, meeting: Meeting, binding: ItemBinding, kind: MeetingType, at: datetime
) -> datetime | None:
    """Return when the coming link has its turn (UTC), as things stand at `at`; None when no occurrence is left for it.

    An occurrence that was taken out keeps its link until its own time is over, since it may be put back.
    """
    if binding.series is None:
        return _due_when_single(link, meeting.window, kind, at)
    series = followed_series(binding)
    turn = turn_of(series, at, kind.open_after) if series else None
    if series is None or turn is None or link.keeps is None:
        return None
    over = link.keeps + series.length + kind.open_after
    if turn.original_start != link.keeps:
        return min(over, turn.start - kind.opens_before)
    return max(over, turn.end + kind.open_after) if series.next_after(turn.end) else None


def _due_when_single(link: MeetingLink, window: Window, kind: MeetingType, at: datetime) -> datetime | None:
    """Return the same of an item that is no series any more (`note_kept_time`).

    At another time than the one that keeps the link it is for those who come next, or nobody can tell for whom: then
    the old link leads there no more, and whoever is to come hears of it. Who is in a room just now stays in it.
    """
    if link.keeps is None:
        return None
    over = link.keeps + (window.end - window.start) + kind.open_after
    if link.keeps <= at:
        return over if over <= at or window.start != link.keeps else None
    return at if window.start != link.keeps else None


def is_turn(
    link: MeetingLink, meeting: Meeting, binding: ItemBinding, kind: MeetingType, at: datetime
) -> bool:
    """Whether the coming link has its turn."""
    due = due_at(link, meeting, binding, kind, at)
    return due is not None and due <= at


def is_moot(
    link: MeetingLink, meeting: Meeting, binding: ItemBinding, kind: MeetingType, at: datetime
) -> bool:
    """Whether a coming link waits for nothing: the item is the one time alone that keeps the meeting's own."""
    is_single = binding.series is None and binding.held is None
    return is_single and due_at(link, meeting, binding, kind, at) is None


def _opens(meeting: Meeting, binding: ItemBinding, kind: MeetingType, at: datetime) -> bool:
    """Whether the people of the next occurrence may be at the door."""
    if binding.series is None:
        return at >= meeting.window.start - kind.opens_before
    series = followed_series(binding)
    turn = turn_of(series, at, kind.open_after) if series else None
    return turn is not None and at >= turn.start - kind.opens_before


def keep_over_pattern(
    writing: Writing, meeting: Meeting, before: Series | None, after: Series, kind: MeetingType, at: datetime
) -> None:
    """Let the occurrence whose turn it is keep the meeting's link when the pattern has changed under a coming one.

    By their original start nobody can tell which of the new occurrences is the one that was asked about; the meeting's
    present people are those of the first.
    """
    is_over = meeting.window.end + kind.open_after <= at
    if is_over or not has_another_pattern(before, after) or not writing.coming_link(meeting.id):
        return
    turn = turn_of(after, at, kind.open_after)
    if turn:
        writing.keep_own_link(meeting.id, turn.original_start)


def note_kept_time(
    writing: Writing, meeting: Meeting, before: ItemBinding, kind: MeetingType, at: datetime
) -> None:
    """Note the time at which the occurrence is that keeps the meeting's link, when the item is no series any more.

    A single item has no original start by which that occurrence could be told from others.
    """
    link, series = writing.coming_link(meeting.id), followed_series(before)
    turn = turn_of(series, at, kind.open_after) if series else None
    if link and turn and turn.original_start == link.keeps:
        writing.keep_own_link(meeting.id, turn.start)


def exchange_when_due(
    writing: Writing,
    plans: RoomPlans,
    meeting: Meeting,
    link: MeetingLink,
    binding: ItemBinding,
    at: datetime,
) -> Meeting | None:
    """Give the meeting its coming link and a room of its own when it is its turn; None when it is not yet."""
    if not link.code or not is_turn(link, meeting, binding, plans.types.of(meeting.type), at):
        return None
    after, room = exchanged(writing, plans, meeting, link.code, at)
    writing.add_due_room(room)
    return after


def with_block_due(
    binding: ItemBinding, own: Snapshot | None, at: datetime, *, may_write: bool
) -> ItemBinding:
    """Have the new link written into the item by the service, where that tells nobody of it.

    A calendar mails every change of an item to those who are invited; who of them gets the new link is the clinician's
    to say.
    """
    is_due = binding.block_old_from is not None and binding.block_old_from <= at
    if not is_due or binding.block_due or own is None or own.is_meeting or not may_write:
        return binding
    if own.kind is Kind.OCCURRENCE:
        # What is known of it is the series' id, and the series is another item; the pane writes it there.
        return binding
    return replace(binding, block_due=True)
