"""Finds out which calendar serves a mailbox: by a trial call to each, and again when the mailbox went elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.mailbox_round import unsubscribe
from addin.meetings.mailbox_trouble import tell_of_mailbox
from addin.meetings.mailbox_waits import GONE, TRIED_WITH_ONE, Interest, failed, wait_unread, wait_unserved
from addin.meetings.ports import Clock
from addin.meetings.watches import MailboxWatch, WatchClaim
from calendar_sync.calendar import AccessDenied, Calendar, CalendarUnreadable, Capabilities
from calendar_sync.items import Unread

# These say nothing of where a mailbox is.
_UNSURE: Final = (Unread.THROTTLED, Unread.UNREACHABLE, Unread.NOT_UNDERSTOOD)


class MailboxProbe:
    """Asks the calendars for a mailbox, in the order of the settings, until one serves it.

    `pushing` are the names of those that push.
    """

    def __init__(
        self, ledger: Ledger, calendars: Mapping[str, Calendar], pushing: Collection[str], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._calendars = calendars
        self._pushing = pushing
        self._clock = clock

    def find(self, claim: WatchClaim, interest: Interest) -> None:
        """Find out which calendar serves the mailbox, and write it. Raises LeaseLost and LedgerUnavailable."""
        at = self._clock.now()
        failures: dict[str, CalendarUnreadable] = {}
        for name, calendar in self._calendars.items():
            try:
                found = calendar.probe(claim.watch.mailbox)
            except CalendarUnreadable as failure:
                failures[name] = failure
                continue
            self.end_former(claim.watch)
            served = self._ledger.write(partial(_record_served, claim, name, found))
            tell_of_mailbox(claim.watch, served, {})
            return
        unserved = partial(_record_unserved, claim, list(failures.values()), interest, at)
        tell_of_mailbox(claim.watch, self._ledger.write(unserved), failures)

    def end_former(self, watch: MailboxWatch) -> None:
        """End the subscription at the calendar that served the mailbox before; which one that was is known no more.

        It lives on without the mailbox, and what it told would be refused until its life is over. A calendar that does
        not push tells nothing unasked.
        """
        for name in self._pushing if watch.pushes else ():
            if name in self._calendars:
                unsubscribe(watch, self._calendars[name])


def _record_served(claim: WatchClaim, name: str, found: Capabilities, writing: Writing) -> MailboxWatch:
    """Note which calendar serves the mailbox, and return the watch; a subscription at another one is void."""
    fresh = replace(
        claim.watch,
        backend=name,
        pushes=found.pushes,
        pulls=found.pulls,
        writes=found.writes,
        subscription=None,
        secret=None,
        watermark=None,
        expires_at=None,
        renew_at=None,
        scan_due_at=None,
        frozen=None,
        attempts=0,
    )
    writing.save_watch(claim, fresh, 0.0)
    writing.reroute(claim.watch.mailbox, name)
    if claim.watch.frozen:
        writing.retry_unread(None, TRIED_WITH_ONE)
    return fresh


def _record_unserved(
    claim: WatchClaim,
    failures: Sequence[CalendarUnreadable],
    interest: Interest,
    at: datetime,
    writing: Writing,
) -> MailboxWatch:
    """Note that none serves it, or that nobody knows: then it is asked again soon. Returns the watch."""
    watch = claim.watch
    unsure = [failure for failure in failures if not isinstance(failure, (*GONE, AccessDenied))]
    if not unsure and watch.unread in _UNSURE:
        # It went just now, however long it could not be read before.
        watch = replace(watch, attempts=0)
    reason = _worst(failures)
    wait = wait_unread(watch, unsure[0], interest, writing) if unsure else wait_unserved(watch, interest)
    if not unsure or watch.attempts:
        writing.freeze_mailbox(watch.mailbox, reason, at, lost=not unsure)
    unserved = failed(watch, reason, interest, at)
    writing.save_watch(claim, unserved, wait.total_seconds())
    if interest is Interest.SHARED:
        # What its list told while meetings had to do with it counts no more (`mailbox_round`).
        writing.note_shared(watch.id, ())
    return unserved


def _worst(failures: Sequence[CalendarUnreadable]) -> Unread:
    """Return what best says why no calendar serves a mailbox: one that may is more than one that surely does not."""
    reasons = [failure.reason for failure in failures]
    order = (Unread.THROTTLED, Unread.UNREACHABLE, Unread.NOT_UNDERSTOOD, Unread.DENIED)
    return next((reason for reason in order if reason in reasons), Unread.MAILBOX_MISSING)
