"""Writes what a round to a mailbox came to: how its watch stands, and which meetings must be looked at."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from addin.meetings.bindings import Copy, CopyOutcome, ItemBinding
from addin.meetings.hints import item_hash
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import Reading, Writing
from addin.meetings.look_times import pause
from addin.meetings.mailbox_round import SCAN_PERIOD, Round
from addin.meetings.mailbox_waits import GONE, TRIED_WITH_ONE, Interest, failed, wait_unread
from addin.meetings.model import Meeting
from addin.meetings.pull_pace import PullPace
from addin.meetings.take_in import each_at_its_moment
from addin.meetings.watches import MailboxWatch, WatchClaim
from calendar_sync.calendar import CalendarUnreadable
from calendar_sync.items import Snapshot

log = logging.getLogger(__name__)

# A calendar list that is longer is no list of colleagues for whom somebody books.
MOST_SHARED: Final = 100


class RoundRecord:
    """Writes rounds.

    `pace` says how often a mailbox is asked whose calendar does not push. `mail_domains` (lower case) are those whose
    mailboxes may be taken in.
    """

    def __init__(
        self, keyring: Keyring, instance: str, pace: PullPace, mail_domains: Collection[str]
    ) -> None:
        self._keyring = keyring
        self._instance = instance
        self._pace = pace
        self._mail_domains = frozenset(mail_domains)

    def write(self, claim: WatchClaim, made: Round, at: datetime, writing: Writing) -> MailboxWatch:
        """Write a round that was made at `at` (UTC), and give the lease back; returns the watch. Raises LeaseLost."""
        failure, watch = made.failure or made.unsearched, made.watch
        if failure:
            watch = self._record_failure(claim, made, failure, at, writing)
        else:
            if made.seen is not None:
                # After every failure it is searched anew, so that this is when all is well again.
                watch = replace(watch, frozen=None, attempts=0)
            writing.save_watch(claim, watch, self._due_in(watch, made.interest, at, writing))
            if claim.watch.frozen and not watch.frozen:
                self._go_on(claim.watch, writing)
        if made.sweep:
            writing.ask_mailbox(claim.watch.id)
        if made.pulled:
            self._ask_pulled(made, at, writing)
        if made.seen is not None:
            self._ask_surprising(claim, made.seen, writing)
        if made.shared is not None:
            self._take_in_shared(watch, made.shared, writing)
        return watch

    @staticmethod
    def _go_on(watch: MailboxWatch, writing: Writing) -> None:
        """Have everything looked at in a mailbox that can be read again, and others tried that could not be either.

        What was deleted meanwhile no search finds, and whoever missed it waits ever longer between two looks.
        """
        writing.ask_mailbox(watch.id, searching=False)
        writing.retry_unread(watch.backend, TRIED_WITH_ONE)

    def _take_in_shared(self, watch: MailboxWatch, told: Collection[str], writing: Writing) -> None:
        """Have the mailboxes watched in whose calendars the owner of this one may write."""
        within = sorted(one for one in told if one.rpartition("@")[2] in self._mail_domains)
        others = [one for one in within if one != watch.mailbox]
        shared = others[:MOST_SHARED]
        if len(others) > len(shared):
            log.info("shared_calendars_left_out", extra={"count": len(others) - len(shared)})
        writing.note_shared(watch.id, shared)
        for mailbox, due_in in each_at_its_moment(writing.unwatched_among(shared)).items():
            writing.watch_mailbox(mailbox, due_in)

    def _record_failure(
        self, claim: WatchClaim, made: Round, failure: CalendarUnreadable, at: datetime, writing: Writing
    ) -> MailboxWatch:
        """Note a failure, and return the watch.

        One of the search alone puts off nothing else, unless the calendar has asked for a pause.
        """
        watch = made.watch
        wait = pause(watch.attempts, failure.retry_after)
        if made.failure:
            wait = wait_unread(watch, failure, made.interest, writing)
        tried = replace(failed(watch, failure.reason, made.interest, at), scan_due_at=at + wait)
        if isinstance(failure, GONE):
            # It went just now: where it is, is asked from the beginning.
            tried = replace(tried, attempts=0)
        waits = made.failure is not None or failure.retry_after is not None
        due_in = wait.total_seconds() if waits else self._due_in(tried, made.interest, at, writing)
        writing.save_watch(claim, tried, due_in)
        if isinstance(failure, GONE):
            # Whoever has a meeting there sees it now, and not when its own next look is due.
            writing.ask_mailbox(watch.id)
            writing.probe_again(watch.mailbox)
        return tried

    def _due_in(self, watch: MailboxWatch, interest: Interest, at: datetime, reading: Reading) -> float:
        moments = [watch.scan_due_at, watch.renew_at]
        if watch.pulls and watch.backend:
            is_followed = interest in (Interest.FOLLOWED, Interest.STANDING)
            moments.append(at + self._pace.period(watch.backend, at, reading, is_followed=is_followed))
        soonest = min((moment for moment in moments if moment), default=at + SCAN_PERIOD)
        if (watch.pushes or watch.pulls) and not watch.renew_at:
            # The subscription was found lost: it is made anew at once.
            return 0.0
        return max(0.0, (soonest - at).total_seconds())

    def _ask_pulled(self, made: Round, at: datetime, writing: Writing) -> None:
        watch = made.watch
        hashes = {item_hash(self._keyring, watch.mailbox, item_id) for item_id in made.pulled}
        unknown = hashes - writing.ask_items(hashes, at)
        if unknown:
            # Perhaps one time of a series of ours; see `take_hints`.
            writing.ask_candidates([watch.id], at, 0.0)
        # After a failure the next search has its time, which what is pulled meanwhile must not bring forward.
        if unknown and not watch.attempts and not made.unsearched:
            writing.scan_watch(watch.id, at, 0.0)

    def _ask_surprising(self, claim: WatchClaim, seen: Sequence[Snapshot], writing: Writing) -> None:
        """Make due the meetings of whose items something is not as it is recorded."""
        ours = {one.tag.meeting for one in seen if one.tag and one.tag.instance == self._instance}
        followed = writing.following(ours)
        for one in seen:
            if one.tag is None or one.tag.instance != self._instance or one.tag.meeting not in followed:
                continue
            meeting, binding = followed[one.tag.meeting]
            if self._is_surprising(one, meeting, binding, writing):
                mailbox = one.ref.mailbox
                also = mailbox if mailbox not in (binding.mailbox, *binding.also) else None
                writing.ask_bindings([meeting.id], also=also, hinted_at=claim.hinted_at)

    def _is_surprising(self, one: Snapshot, meeting: Meeting, binding: ItemBinding, reading: Reading) -> bool:
        if meeting.is_cancelled and binding.uid == one.uid:
            return binding.ended_by_calendar
        if one.uid == binding.uid:
            same_place = (one.ref.mailbox, one.ref.item_id) == (binding.mailbox, binding.item_id)
            return not same_place or one.version != binding.version or binding.gone_since is not None
        known = [copy for copy in reading.copies(meeting.id) if copy.outcome is not CopyOutcome.REPLACED]
        return not any(self._is_copy(one.uid, copy) for copy in known)

    def _is_copy(self, uid: str, copy: Copy) -> bool:
        return copy.uid_hash in self._keyring.lookup_hashes("item-uid", uid)
