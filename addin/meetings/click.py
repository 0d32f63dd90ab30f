"""The pane says: this is the item that she has open. It is looked at now, with her own rights where they are lent.

Whatever that comes to, the item is due, and the worker looks at it with the service's own rights: a click is quicker
and may reach further, but nothing depends on it. The token of the click is handed on and never kept.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from addin.meetings.access import own_meeting
from addin.meetings.bindings import BindingClaim, ItemBinding
from addin.meetings.crowd import Crowd
from addin.meetings.deadline import Deadline
from addin.meetings.errors import LeaseLost, LedgerUnavailable
from addin.meetings.follow import FollowItems
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.model import UNREAD_NOTES, Meeting, Principal
from calendar_sync.calendar import Calendar, CalendarUnreadable, ConsentMissing, SignInNeeded
from calendar_sync.items import ItemRef, Lookup, Unread, Unreadable

log = logging.getLogger(__name__)

# Whoever has clicked waits this long for everything together: her token, the item, and what is written into it.
LOOK_SECONDS: Final = 3.0
# The worker, where it is at the same item just then, is waited for no longer than a second, where only she can see it.
CLAIM_TRIES: Final = 10
CLAIM_PAUSE_SECONDS: Final = 0.1
# A process that dies in the middle of a click keeps the worker away no longer than this.
LEASE_SECONDS: Final = 15.0


class PersonsCalendar(Protocol):
    """A calendar that can be asked in the name of the person who has just clicked."""

    def on_behalf_of(self, assertion: str, until: float) -> Calendar:
        """Return the calendar with her rights, for this one click; `assertion` is the token that came with it.

        No call of it lasts beyond `until` (`time.monotonic()`). Raises SignInNeeded, ConsentMissing and the port's
        other kinds of CalendarUnreadable.
        """


class Outcome(StrEnum):
    """What a look with a person's own rights came to, as it is counted; else the name of an `Unread`."""

    SEEN = "seen"
    NOT_THE_ITEM = "not_the_item"
    OVERTAKEN = "overtaken"
    CROWDED = "crowded"
    FAILED = "failed"
    NO_CONSENT = "no_consent"
    SIGN_IN_NEEDED = "sign_in_needed"


@dataclass(frozen=True, slots=True)
class Clicked:
    """The meeting after the click. `challenge`: what she must sign in again with, if anybody shall see her item."""

    meeting: Meeting
    challenge: str | None = None


class BindItem:
    """The use case; `persons` are the calendars that may be asked with a person's rights, by name, often none.

    `follow` returns what follows items through the calendars that it is given, `wait` lets so many seconds pass.
    """

    def __init__(
        self,
        ledger: Ledger,
        persons: Mapping[str, PersonsCalendar],
        follow: Callable[[Mapping[str, Calendar]], FollowItems],
        most_slow_clicks: int = 8,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._persons = persons
        self._follow = follow
        self._crowd = Crowd(most_slow_clicks)
        self._wait = wait

    def __call__(self, meeting_id: str, item_id: str, who: Principal, assertion: str) -> Clicked:
        """Have the item looked at now whose id Outlook gave (`item_id` as Office.js gives it).

        An id alone proves nothing: the item holds the meeting when it bears its tag. Without calendar access nothing
        happens. Raises MeetingNotFound, LedgerUnavailable; no failure of a calendar's.
        """

        def unit(writing: Writing) -> tuple[Meeting, BindingClaim | None, bool]:
            meeting = own_meeting(writing, meeting_id, who)
            binding = writing.binding(meeting.id)
            if binding is None:
                return meeting, None, False
            writing.offer_item(meeting.id, item_id)
            if binding.unread is Unread.MAILBOX_MISSING and who.mailbox not in (None, binding.mailbox):
                # Perhaps the same one, under the address that she has now.
                writing.ask_bindings([meeting.id], also=who.mailbox)
            if self._calendar_for(binding) is None:
                return meeting, None, False
            return meeting, writing.claim_binding(meeting.id, LEASE_SECONDS), binding.unread is Unread.DENIED

        meeting, claim, is_hers_alone = self._ledger.write(unit)
        if claim is None and is_hers_alone:
            claim = self._claim_soon(meeting_id)
        if claim is None:
            return Clicked(meeting)
        try:
            outcome, challenge = self._look_as_she_may(claim, item_id, assertion)
        finally:
            # After a look that was recorded this is another's by now, or due in any case.
            self._ledger.write(lambda writing: writing.release_binding(claim))
        self._ledger.write(lambda writing: writing.count_click_look(outcome))
        after = self._ledger.read(lambda reading: reading.meeting(meeting_id)) or meeting
        return Clicked(after, challenge if _only_she_can_help(after, claim) else None)

    def _claim_soon(self, meeting_id: str) -> BindingClaim | None:
        """Wait for the worker, which is denied the mailbox and soon done: nobody else's rights reach the item."""
        with self._crowd.waiting() as may_wait:
            for _ in range(CLAIM_TRIES if may_wait else 0):
                self._wait(CLAIM_PAUSE_SECONDS)
                claim = self._ledger.write(lambda writing: writing.claim_binding(meeting_id, LEASE_SECONDS))
                if claim:
                    return claim
        return None

    def _look_as_she_may(self, claim: BindingClaim, item_id: str, assertion: str) -> tuple[str, str | None]:
        """Return what it came to, and what Entra wants of her, if it is she who must act."""
        with self._crowd.waiting() as may_wait:
            if not may_wait:
                return Outcome.CROWDED, None
            try:
                return self._look(claim, item_id, assertion), None
            except SignInNeeded as needed:
                return Outcome.SIGN_IN_NEEDED, needed.claims
            except ConsentMissing:
                log.warning("consent_missing")
                return Outcome.NO_CONSENT, None
            except CalendarUnreadable as failure:
                return failure.reason.value, None
            except LeaseLost:
                return Outcome.OVERTAKEN, None
            except LedgerUnavailable:
                raise
            except Exception:
                # A fault of ours in what is only quicker must not become hers; the worker looks, and it is told here.
                log.exception("click_look_failed", extra={"meeting": claim.meeting.id})
                return Outcome.FAILED, None

    def _calendar_for(self, binding: ItemBinding) -> str | None:
        """Return which calendar may be asked; of a mailbox that the service was denied, nobody knows whose it is."""
        if binding.backend is None:
            return next(iter(self._persons), None)
        return binding.backend if binding.backend in self._persons else None

    def _look(self, claim: BindingClaim, item_id: str, assertion: str) -> str:
        name, ref = self._calendar_for(claim.binding) or "", ItemRef(claim.binding.mailbox, item_id)
        theirs = self._persons[name].on_behalf_of(assertion, Deadline.after(LOOK_SECONDS).at)
        seen: Lookup = theirs.look([ref])[ref]
        if isinstance(seen, Unreadable):
            return seen.reason.value
        recorded = self._follow({name: theirs}).follow_in_passing(claim, seen)
        return Outcome.SEEN if recorded else Outcome.NOT_THE_ITEM


def _only_she_can_help(meeting: Meeting, claim: BindingClaim) -> bool:
    """Whether the service itself is kept out of the mailbox, so that her rights are the only ones there are."""
    return bool(meeting.calendar_notes & UNREAD_NOTES) and claim.binding.unread is Unread.DENIED
