"""Writes what a look has left known of its item, and says when it is looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from addin.meetings.look import OPEN_COPIES, WANTED_COPIES
from addin.meetings.look_times import (
    LONGEST_PAUSE,
    PERIOD,
    SHORTEST_PAUSE,
    longest_pause_of_item,
    next_look,
    pause,
    spread,
)
from addin.meetings.record_draft import Draft
from addin.meetings.record_link import LinkRecord
from calendar_sync.decide import Freeze
from calendar_sync.items import Unread, Unreadable

# These may be about one item, and end by themselves.
_OF_ONE_ITEM: Final = (Unread.UNREACHABLE, Unread.THROTTLED, Unread.NOT_UNDERSTOOD)
_LOST_MAILBOX: Final = (Unread.MAILBOX_ELSEWHERE, Unread.MAILBOX_MISSING)


class NextLookRecord:
    """Works on a look's draft, when all else is on it; `link` says when a coming link wants a look."""

    def __init__(self, draft: Draft, link: LinkRecord) -> None:
        self._draft = draft
        self._link = link

    def write(self, *, again: bool, searches: bool, link_waits: bool) -> None:
        """Write the binding, and when to look again.

        `again`: something failed and is tried again, with a search if `searches`. `link_waits`: a coming link waits for
        a call to end. Raises LeaseLost.
        """
        draft = self._draft
        binding = draft.binding
        if binding.frozen is None:
            attempts = binding.attempts + 1 if again else 0
            binding = replace(binding, looked_at=draft.at, attempts=attempts)
        if draft.seen.searched is not None:
            binding = replace(binding, look_tagged=searches)
        draft.writing.save_binding(draft.claim, binding, self._due_in(again=again, link_waits=link_waits))
        self._have_mailbox_tried(binding.mailbox, binding.attempts)

    def _have_mailbox_tried(self, mailbox: str, attempts: int) -> None:
        """Have whoever looks after the mailbox find out whether all of it cannot be read, and when it can be again."""
        draft = self._draft
        frozen = next((one for one in draft.seen.intents if isinstance(one, Freeze)), None)
        if frozen and frozen.reason in _LOST_MAILBOX:
            for lost in self._perhaps_lost():
                draft.writing.probe_again(lost)
        elif frozen:
            watch = draft.writing.watch_by_mailbox(mailbox)
            if watch and watch.frozen is None:
                # If it is this item alone, the search asks for it again; so it comes ever more seldom, too.
                wait = pause(attempts, draft.retry_after).total_seconds()
                draft.writing.scan_watch(watch.id, None, wait)

    def _perhaps_lost(self) -> Sequence[str]:
        """Return the mailboxes of which one was told to be gone.

        Not one that has answered: found where it was it is looked at anew, with all in it, and so on without end.
        """
        binding, item = self._draft.binding, self._draft.seen.observed.item
        if isinstance(item, Unreadable):
            return [binding.mailbox]
        return [*([] if item else [binding.mailbox]), *binding.also]

    def _due_in(self, *, again: bool, link_waits: bool) -> float | None:
        """Return in how many seconds; None: never, unless somebody asks."""
        draft = self._draft
        if draft.seen.in_passing:
            return 0.0
        near, grace = draft.tools.rules.near_period, draft.tools.looks.grace
        wait = next_look(draft.meeting, draft.binding, draft.kind, draft.at, grace, near)
        if wait is None and (again or self._has_unsettled_copies() or self._may_read_as_original()):
            # The meeting has ended, but something is still to be said or done about its copies.
            wait = spread(PERIOD)
        if wait is None:
            return None
        wait = self._sooner_or_later(wait, again=again)
        for_link = self._link.next_look(link_waits=link_waits)
        if for_link and for_link > draft.at:
            wait = min(wait, for_link - draft.at)
        return wait.total_seconds()

    def _sooner_or_later(self, wait: timedelta, *, again: bool) -> timedelta:
        """Return the time to the next look when something failed, or is to be written soon."""
        draft = self._draft
        binding, retry_after = draft.binding, draft.retry_after
        if binding.frozen or (again and retry_after is not None):
            return min(pause(binding.attempts, retry_after), self._longest_pause())
        if again:
            return min(wait, pause(binding.attempts))
        return min(wait, SHORTEST_PAUSE) if draft.writes_block_next else wait

    def _longest_pause(self) -> timedelta:
        """Return how long to wait at most; not for long where the item alone cannot be read (docs/adr/0033)."""
        draft = self._draft
        binding, frozen = draft.binding, draft.binding.frozen
        if draft.retry_after is not None or frozen is None or frozen.reason not in _OF_ONE_ITEM:
            return LONGEST_PAUSE
        watch = draft.writing.watch_by_mailbox(binding.mailbox)
        is_down = watch is None or watch.frozen is not None
        if is_down or binding.backend is None:
            return LONGEST_PAUSE
        unread_items = draft.writing.unread_items(binding.backend)
        return min(LONGEST_PAUSE, longest_pause_of_item(draft.at - frozen.since, unread_items))

    def _has_unsettled_copies(self) -> bool:
        unsettled = (*OPEN_COPIES, *WANTED_COPIES)
        return any(copy.outcome in unsettled for copy in self._draft.writing.copies(self._draft.meeting.id))

    def _may_read_as_original(self) -> bool:
        """Whether a removed meeting was made for a copy that has not had its link, and that cannot be read just now."""
        binding, meeting = self._draft.binding, self._draft.meeting
        if binding.frozen is None or not binding.block_due or binding.ended_by_calendar:
            return False
        return self._draft.writing.copied_from(meeting.id) is not None
