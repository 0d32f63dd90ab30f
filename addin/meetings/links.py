"""Join links that are not a meeting's own: one that is to come with the next occurrence, and those that were replaced.

Plain values and pure rules. A link that was given to somebody never leads nowhere, and never to other people than it
was given for: until its turn a coming link tells when that is; a replaced one says that it is, and how to reach the
unit, and tells nothing of the meeting (docs/adr/0025).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from addin.meetings.bindings import ItemBinding, OccurrenceRow, SeriesAnswer
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import Meeting, Told, Window
from calendar_sync.series import Occurrence, Series


class LinkState(StrEnum):
    """What a link is that is not the meeting's own."""

    COMING = "coming"
    REPLACED = "replaced"


class LinkChange(StrEnum):
    """From when on a meeting has a new link."""

    NOW = "now"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class MeetingLink:
    """A join code that leads to a meeting and is not its own.

    `unit` is the one whose telephone its holders know. `asked_at` (UTC) and `revision` are when, and with which wish,
    somebody asked for the change. The rest is for a coming link alone: its `code`, the occurrence that `keeps` the
    meeting's own link (its original start, UTC), and the audiences whose facts were `made_outdated` by asking.
    """

    meeting_id: str
    state: LinkState
    unit: str
    asked_at: datetime
    revision: int
    code: str | None = field(default=None, repr=False)
    keeps: datetime | None = None
    made_outdated: tuple[str, ...] = ()


def followed_series(binding: ItemBinding | None) -> Series | None:
    """Return the series whose occurrences the meeting's link leads to in turn; None when it leads to one time alone."""
    one_link = binding and binding.series_answer is SeriesAnswer.ONE_LINK
    return binding.series if binding and one_link else None


def open_or_next(series: Series, at: datetime, open_after: timedelta) -> Occurrence | None:
    """Return the occurrence whose door is open at `at` (UTC), or opens next."""
    return series.next_after(at - open_after)


def first_without(series: Series, keeps: datetime, at: datetime, open_after: timedelta) -> Occurrence | None:
    """Return the occurrence with which a coming link has its turn; None when the series has no such."""
    occurrence = open_or_next(series, at, open_after)
    if occurrence is None or occurrence.original_start != keeps:
        return occurrence
    return series.next_after(occurrence.end)


def has_another_pattern(before: Series | None, after: Series) -> bool:
    """Whether occurrences cannot be recognised by their original start, since the rule itself has changed."""
    return before is None or before.pattern != after.pattern


def as_from_then(meeting: Meeting, link: MeetingLink, occurrence: Occurrence | None) -> Meeting:
    """Return the meeting as whoever holds the coming link is to see it; nothing of the occurrence before is in it."""
    window = Window(occurrence.start, occurrence.end, meeting.window.zone) if occurrence else meeting.window
    code = link.code or meeting.join_code
    return replace(meeting, join_code=code, window=window, previous=None, told={}, host_started_at=None)


def as_until_then(meeting: Meeting, coming: MeetingLink | None, rows: Iterable[OccurrenceRow]) -> Meeting:
    """Return the meeting as whoever holds its own link is to see it while another is coming.

    When the occurrence that keeps the link has been taken out, no later one is theirs: to them the meeting is off, at
    the time that they know. `rows` are the near occurrences.
    """
    if coming is None or meeting.is_cancelled:
        return meeting
    theirs = next((row for row in rows if row.cancelled and row.original_start == coming.keeps), None)
    if theirs is None:
        return meeting
    window = Window(theirs.start, theirs.end, meeting.window.zone)
    return replace(meeting, window=window, previous=None, cancelled_at=coming.asked_at)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A coming link with the occurrence that will have it; None when the series has no such any more."""

    link: MeetingLink
    occurrence: Occurrence | None

    def meeting_then(self, meeting: Meeting) -> Meeting | None:
        """Return the meeting as its people are to know it from then on; None when there is no such time."""
        return as_from_then(meeting, self.link, self.occurrence) if self.occurrence else None


def awaited(
    link: MeetingLink | None, binding: ItemBinding | None, at: datetime, open_after: timedelta
) -> Awaited | None:
    """Return the coming link of a meeting, if there is one, with what it waits for."""
    if link is None:
        return None
    series, keeps = followed_series(binding), link.keeps
    return Awaited(link, first_without(series, keeps, at, open_after) if series and keeps else None)


# --- when it has its turn --------------------------------------------------------------------------------------


def link_due_at(
    link: MeetingLink, meeting: Meeting, binding: ItemBinding, kind: MeetingType, at: datetime
) -> datetime | None:
    """Return when the coming link has its turn (UTC), as things stand at `at`; None when no occurrence is left for it.

    An occurrence that was taken out keeps its link until its own time is over, since it may be put back.
    """
    if binding.series is None:
        return _due_when_single(link, meeting.window, kind, at)
    series = followed_series(binding)
    occurrence = open_or_next(series, at, kind.open_after) if series else None
    if series is None or occurrence is None or link.keeps is None:
        return None
    over = link.keeps + series.length + kind.open_after
    if occurrence.original_start != link.keeps:
        return min(over, occurrence.start - kind.opens_before)
    return max(over, occurrence.end + kind.open_after) if series.next_after(occurrence.end) else None


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


def is_link_due(
    link: MeetingLink, meeting: Meeting, binding: ItemBinding, kind: MeetingType, at: datetime
) -> bool:
    """Whether the coming link has its turn."""
    due = link_due_at(link, meeting, binding, kind, at)
    return due is not None and due <= at


def waits_for_nothing(
    link: MeetingLink, meeting: Meeting, binding: ItemBinding, kind: MeetingType, at: datetime
) -> bool:
    """Whether a coming link waits for nothing: the item is the one time alone that keeps the meeting's own."""
    is_single = binding.series is None and binding.unusable is None
    return is_single and link_due_at(link, meeting, binding, kind, at) is None


def opens_for_next(meeting: Meeting, binding: ItemBinding, kind: MeetingType, at: datetime) -> bool:
    """Whether the people of the next occurrence may be at the door."""
    if binding.series is None:
        return at >= kind.door_opens(meeting.window)
    series = followed_series(binding)
    occurrence = open_or_next(series, at, kind.open_after) if series else None
    return occurrence is not None and at >= occurrence.start - kind.opens_before


# --- who knows what -------------------------------------------------------------------------------------------


def audiences_that_know(meeting: Meeting) -> tuple[str, ...]:
    """Return those whose facts become old by another link, and were not so before."""
    return tuple(sorted(audience for audience, told in meeting.told.items() if not told.outdated))


def lacks_only_link(meeting: Meeting, audience: str) -> bool:
    """Whether what the audience knows of the time is true, so that it is the coming link that it must hear of."""
    told = meeting.told.get(audience)
    return told is None or (told.start, told.end) == (meeting.window.start, meeting.window.end)


def told_of_link(meeting: Meeting, *, of_coming: bool, coming: MeetingLink | None) -> Told:
    """Return what an audience knows that is told now: the meeting's own link, while another is coming, is not all."""
    told = meeting.as_told_now
    return told.made_outdated() if coming and not of_coming else told


def with_change_undone(meeting: Meeting, link: MeetingLink) -> Meeting:
    """Return the meeting with its own link for good: whoever was told of the coming one must hear, and they alone."""
    return replace(
        meeting, told={audience: _undone(audience, told, link) for audience, told in meeting.told.items()}
    )


def _undone(audience: str, told: Told, link: MeetingLink) -> Told:
    if told.revision >= link.revision:
        return told.made_outdated()
    return replace(told, outdated=False) if audience in link.made_outdated else told
