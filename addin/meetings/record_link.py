"""Exchanges a series' link, with the look that sees the occurrence with the old one over.

The exchange is written in one unit with all else that the look has come to, under its fence, before the door to the
next occurrence opens: the old link never leads to the next people. A call that goes on past its time is waited for
(`running_calls`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.bindings import ItemBinding
from addin.meetings.change_link import exchanged
from addin.meetings.links import (
    MeetingLink,
    followed_series,
    has_another_pattern,
    is_link_due,
    link_due_at,
    open_or_next,
    waits_for_nothing,
    with_change_undone,
)
from addin.meetings.look_times import SHORTEST_PAUSE
from addin.meetings.model import CalendarNote
from addin.meetings.notices import NoticeKind
from addin.meetings.record_draft import Draft
from calendar_sync.items import Kind, Snapshot
from calendar_sync.series import Series

# How soon it is looked again whether a call that goes on past its time has ended.
CALL_PERIOD: Final = timedelta(minutes=1)


class LinkRecord:
    """Works on a look's draft. `coming` is the link that is still to come after `exchange`, None when there is none."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.coming: MeetingLink | None = None

    # --- what a change of the series means for it -----------------------------------------------------------

    def keep_over_pattern(self, after: Series) -> None:
        """Let the occurrence whose turn it is keep the meeting's link when the pattern changes under a coming one.

        By their original start nobody can tell which of the new occurrences is the one that was asked about; the
        meeting's present people are those of the first. To be called before the draft has the new series.
        """
        draft = self._draft
        if draft.is_over() or not has_another_pattern(draft.binding.series, after):
            return
        occurrence = open_or_next(after, draft.at, draft.kind.open_after)
        if occurrence and draft.writing.coming_link(draft.meeting.id):
            draft.writing.keep_own_link(draft.meeting.id, occurrence.original_start)

    def note_kept_time(self) -> None:
        """Note the time at which the occurrence is that keeps the meeting's link, when the item is no series any more.

        A single item has no original start by which that occurrence could be told from others. To be called before
        the draft has lost the series.
        """
        draft = self._draft
        link, series = draft.writing.coming_link(draft.meeting.id), followed_series(draft.binding)
        occurrence = open_or_next(series, draft.at, draft.kind.open_after) if series else None
        if link and occurrence and occurrence.original_start == link.keeps:
            draft.writing.keep_own_link(draft.meeting.id, occurrence.start)

    # --- the exchange ---------------------------------------------------------------------------------------

    def exchange(self, *, link_waits: bool) -> None:
        """Give the series its new link when it is that one's turn, in the unit in which the time rolls on.

        `link_waits`: it waits for a call to end.
        """
        draft = self._draft
        if draft.binding.series or CalendarNote.LINK_COMING in draft.meeting.calendar_notes:
            self.coming = draft.writing.coming_link(draft.meeting.id)
        if self.coming and not draft.meeting.is_cancelled and not self._is_just_single():
            self._exchange_or_keep(self.coming, link_waits=link_waits)
        draft.binding = _with_block_due(
            draft.binding, draft.seen.own, draft.at, may_write=draft.tools.rules.may_write
        )

    def next_look(self, *, link_waits: bool) -> datetime | None:
        """Return when to look again for the coming link's sake (UTC); None: not for its sake."""
        draft, link = self._draft, self.coming
        if link is None:
            return None
        if link_waits:
            return draft.at + CALL_PERIOD
        if self._is_just_single():
            return draft.at + SHORTEST_PAUSE
        return link_due_at(link, draft.meeting, draft.binding, draft.kind, draft.at)

    def _is_just_single(self) -> bool:
        """Whether this look is the first to see it: who is in the room is asked before the next."""
        return self._draft.binding.series is None and self._draft.claim.binding.series is not None

    def _exchange_or_keep(self, link: MeetingLink, *, link_waits: bool) -> None:
        draft = self._draft
        asked = (link, draft.meeting, draft.binding, draft.kind, draft.at)
        if waits_for_nothing(*asked):
            self._keep_own(link)
        elif link.code and not link_waits and is_link_due(*asked):
            self._give(link.code)

    def _give(self, code: str) -> None:
        """Give the meeting its coming link and a room of its own."""
        draft = self._draft
        draft.meeting, room = exchanged(draft.writing, draft.tools.plans, draft.meeting, code, draft.at)
        draft.writing.add_due_room(room)
        self.coming = None
        draft.binding = replace(draft.binding, block_old_from=draft.at)
        draft.audit("link_changed", "next_occurrence")
        draft.tell(NoticeKind.LINK_CHANGED)

    def _keep_own(self, link: MeetingLink) -> None:
        """Let the meeting keep its own link, since no other time is left: as if nobody had asked for another."""
        draft = self._draft
        draft.wish(with_change_undone(draft.meeting, link))
        draft.writing.withdraw_coming_link(draft.meeting.id)
        self.coming = None
        draft.audit("link_change_undone", "no_next_occurrence")
        draft.tell(NoticeKind.SERIES_CHANGED)


def _with_block_due(
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
