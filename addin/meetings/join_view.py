"""What the page of a guest's link tells, and when the way in is open: rules alone, without clock, network or ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from typing import Final

from addin.meetings.bindings import ItemBinding, OccurrenceRow
from addin.meetings.links import MeetingLink, as_from_then, awaited
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import CalendarNote, LobbyLevel, Meeting, MeetingState, Window
from addin.meetings.occupancy import Glimpse, Unseen
from addin.meetings.ports import Occupancy

# So long before it opens a guest may be on the way, and must hear that the meeting may be off.
NEAR: Final = timedelta(hours=1)
# A guest who comes to an occurrence that is off may come late.
OCCURRENCE_TOLD: Final = timedelta(hours=12)
# A page is never asked for more often than this, and a waiting one at least this often, so that it stays true.
SOONEST_LOOK: Final = timedelta(seconds=20)
LATEST_LOOK: Final = timedelta(minutes=5)


class PageState(StrEnum):
    """What the page says; a notice that the meeting was moved may stand beside it."""

    TOO_EARLY = "too_early"
    GETTING_READY = "getting_ready"
    OPEN = "open"
    FULL = "full"
    PERHAPS_CANCELLED = "perhaps_cancelled"
    CANCELLED = "cancelled"
    OVER = "over"
    NOT_YET = "not_yet"
    REPLACED = "replaced"
    UNKNOWN = "unknown"
    MISTYPED = "mistyped"
    PROVIDER_TROUBLE = "provider_trouble"


@dataclass(frozen=True, slots=True)
class JoinView:
    """What a page tells.

    `opens_at` is UTC. `moved_from` is the time that a guest may have heard of before this one. `cancelled_occurrence`
    is the time of a series that does not take place, before the one that `meeting` shows. `look_again_in` is how
    long the answer is good for; None when it will not change. `lobby` is how guests will wait: what the type asks
    for, or less when the provider cannot give it. `guest_pin` is there only while open, and only when the type
    has one. `has_newer`: the calendar item holds another meeting, booked in it later, whose link a guest may have got,
    too. `unit` is to be called about a link that leads to no meeting, of which the page then tells nothing else.
    """

    state: PageState
    meeting: Meeting | None = None
    kind: MeetingType | None = None
    opens_at: datetime | None = None
    moved_from: Window | None = None
    cancelled_occurrence: Window | None = None
    look_again_in: timedelta | None = None
    lobby: LobbyLevel = LobbyLevel.WAIT_FOR_HOST
    guest_pin: str | None = field(default=None, repr=False)
    unit: str | None = None
    has_newer: bool = False


class _Phase(Enum):
    BEFORE = auto()
    DURING = auto()
    AFTER = auto()


_LOOK_AGAIN: Final[Mapping[PageState, timedelta | None]] = {
    PageState.GETTING_READY: SOONEST_LOOK,
    PageState.OPEN: LATEST_LOOK,
    PageState.FULL: SOONEST_LOOK,
    PageState.PERHAPS_CANCELLED: SOONEST_LOOK,
    PageState.CANCELLED: None,
    PageState.OVER: LATEST_LOOK,
    PageState.PROVIDER_TROUBLE: timedelta(seconds=30),
}


def judge(
    meeting: Meeting,
    kind: MeetingType,
    *,
    ready: bool,
    now: datetime,
    glimpse: Callable[[], Glimpse],
    occurrences: Sequence[OccurrenceRow] = (),
) -> JoinView:
    """Say what the page of `meeting` shows at `now` (UTC).

    `ready`: its room is made, proven protected and known to the provider's edge. `glimpse` says who is in the room
    and is called at most once, only when the answer depends on it. `occurrences` are the near ones of a series.
    """
    state = PageState.CANCELLED if meeting.is_cancelled else _state(meeting, kind, now, glimpse, ready=ready)
    opens_at = kind.door_opens(meeting.window)
    is_off = state is PageState.CANCELLED
    taken_out = None if is_off else _cancelled_before(meeting, occurrences, now)
    moved = None if taken_out else meeting.earlier_time_of_others
    return JoinView(
        state,
        meeting,
        kind,
        opens_at,
        moved,
        taken_out,
        _look_again_in(state, opens_at - now),
        has_newer=CalendarNote.ITEM_TAKEN in meeting.calendar_notes and not is_off,
    )


def judge_coming(
    meeting: Meeting, link: MeetingLink, binding: ItemBinding | None, kind: MeetingType, now: datetime
) -> JoinView:
    """Say what the page of a coming link shows at `now` (UTC): the occurrence that will have it; it is never open."""
    waits = awaited(link, binding, now, kind.open_after)
    occurrence = waits.occurrence if waits else None
    if occurrence is None and not meeting.is_cancelled:
        return JoinView(PageState.NOT_YET, unit=meeting.unit)
    then = as_from_then(meeting, link, occurrence)
    return judge(then, kind, ready=False, now=now, glimpse=lambda: Unseen.UNSUPPORTED)


def _cancelled_before(meeting: Meeting, occurrences: Sequence[OccurrenceRow], now: datetime) -> Window | None:
    """Return the time of the series that a guest may have come for, and that is off."""
    missed = [
        one
        for one in occurrences
        if one.cancelled and now - OCCURRENCE_TOLD < one.end and one.start < meeting.window.start
    ]
    first = min(missed, key=lambda one: one.start, default=None)
    return Window(first.start, first.end, meeting.window.zone) if first else None


def _state(
    meeting: Meeting, kind: MeetingType, now: datetime, glimpse: Callable[[], Glimpse], *, ready: bool
) -> PageState:
    phase = _phase(meeting, kind, now)
    in_doubt = _is_in_doubt(meeting, kind, now)
    if not ready:
        return PageState.PERHAPS_CANCELLED if in_doubt else _state_without_room(meeting, phase)
    seen = glimpse()
    # Whoever is in the room, or has just opened it, knows better than the calendar.
    if in_doubt and not _has_host(seen) and not _opened_by_host(meeting, kind, now):
        return PageState.PERHAPS_CANCELLED
    if phase is not _Phase.DURING and not _has_host(seen):
        return _state_outside(phase, seen)
    is_full = isinstance(seen, Occupancy) and _is_full_for_guests(seen, kind)
    return PageState.FULL if is_full else PageState.OPEN


def _is_full_for_guests(seen: Occupancy, kind: MeetingType) -> bool:
    """Whether no place is left for a guest; one is a host's, who would otherwise be kept out by those who wait."""
    return seen.participants + (not seen.host_present) >= kind.participant_limit


def _is_in_doubt(meeting: Meeting, kind: MeetingType, now: datetime) -> bool:
    """Whether the calendar item is gone, not for so long yet that it is believed, and somebody may be on the way."""
    if CalendarNote.PERHAPS_CANCELLED not in meeting.calendar_notes:
        return False
    return kind.door_opens(meeting.window) - NEAR <= now < kind.door_closes(meeting.window)


def _has_host(seen: Glimpse) -> bool:
    return isinstance(seen, Occupancy) and seen.host_present


def _state_without_room(meeting: Meeting, phase: _Phase) -> PageState:
    if phase is not _Phase.DURING:
        return PageState.TOO_EARLY if phase is _Phase.BEFORE else PageState.OVER
    in_trouble = meeting.state is MeetingState.NEEDS_ATTENTION
    return PageState.PROVIDER_TROUBLE if in_trouble else PageState.GETTING_READY


def _state_outside(phase: _Phase, seen: Glimpse) -> PageState:
    if phase is _Phase.BEFORE:
        return PageState.TOO_EARLY
    # A call may still run, and then "over" would be untrue.
    return PageState.PROVIDER_TROUBLE if seen is Unseen.UNREACHABLE else PageState.OVER


def _phase(meeting: Meeting, kind: MeetingType, now: datetime) -> _Phase:
    opens_at = kind.door_opens(meeting.window)
    if opens_at <= now < kind.door_closes(meeting.window):
        return _Phase.DURING
    if _opened_by_host(meeting, kind, now):
        return _Phase.DURING
    return _Phase.BEFORE if now < opens_at else _Phase.AFTER


def _opened_by_host(meeting: Meeting, kind: MeetingType, now: datetime) -> bool:
    """Whether *Starta möte* holds the link open: as long as a meeting that began at the press would be."""
    if meeting.host_started_at is None or now >= kind.kept_until(meeting.window):
        return False
    planned = meeting.window.end - meeting.window.start
    return now < meeting.host_started_at + planned + kind.open_after


def _look_again_in(state: PageState, until_opening: timedelta) -> timedelta | None:
    if state is PageState.TOO_EARLY:
        return min(max(until_opening, SOONEST_LOOK), LATEST_LOOK)
    return _LOOK_AGAIN[state]
