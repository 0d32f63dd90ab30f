"""Looks after the mailboxes that are watched (`take_in`): which calendar serves each, and how it tells of changes.

A mailbox is probed once, and again when it went elsewhere (`mailbox_probe`). Where a calendar pushes or can be pulled
there is one subscription for the mailbox, prolonged when half of its life is over (`mailbox_round`); after every loss,
everything in the mailbox is looked at anew (`mailbox_record`). An hourly search for items with our tag finds what no
notification told of: copies, and items that were moved or never seen.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from addin.meetings.errors import LeaseLost, LedgerUnavailable
from addin.meetings.ledger_port import Ledger, Reading
from addin.meetings.look_times import pause
from addin.meetings.mailbox_probe import MailboxProbe
from addin.meetings.mailbox_record import RoundRecord
from addin.meetings.mailbox_round import MailboxRounds, end_unrecorded, unsubscribe
from addin.meetings.mailbox_trouble import tell_of_mailbox
from addin.meetings.mailbox_waits import Interest
from addin.meetings.ports import Clock
from addin.meetings.watches import KEPT_AFTER, MailboxWatch, WatchClaim
from calendar_sync.calendar import Calendar

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 90.0
# What is left of a lease must do for one mailbox's calls and the record of them.
LEASE_RESERVE_SECONDS: Final = 45.0
MAILBOXES_A_CLAIM: Final = 4


class FollowMailboxes:
    """Looks after mailboxes.

    `standing` and `also_searched` as in `take_in`; the latter are looked after like those that meetings tell of.
    """

    def __init__(
        self,
        ledger: Ledger,
        calendars: Mapping[str, Calendar],
        rounds: MailboxRounds,
        record: RoundRecord,
        clock: Clock,
        standing: Collection[str] = (),
        also_searched: Collection[str] = (),
    ) -> None:
        self._ledger = ledger
        self._calendars = calendars
        self._probe = MailboxProbe(ledger, calendars, rounds.pushing, clock)
        self._rounds = rounds
        self._record = record
        self._clock = clock
        self._standing = frozenset(standing)
        self._also_searched = frozenset(also_searched)

    def work_once(self, backend: str | None) -> bool:
        """Look after some due mailboxes of one calendar (None: find out which serves them); False when none was due."""
        claims = self._ledger.write(
            lambda writing: writing.claim_watches(backend, LEASE_SECONDS, MAILBOXES_A_CLAIM)
        )
        for claim in claims:
            self._guarded(claim)
        return bool(claims)

    def _guarded(self, claim: WatchClaim) -> None:
        try:
            if claim.until.remaining() < LEASE_RESERVE_SECONDS:
                # Too little is left for its calls; whoever comes next has a whole lease.
                self._save(claim, claim.watch, timedelta())
            else:
                self._look_after(claim)
        except LeaseLost:
            log.info("lease_lost")
        except LedgerUnavailable:
            raise
        except Exception:
            log.exception("watch_failed")
            put_off = replace(claim.watch, attempts=claim.watch.attempts + 1)
            # Whoever holds it by now looks after it anyway.
            with suppress(LeaseLost):
                self._save(claim, put_off, pause(claim.watch.attempts))

    def _look_after(self, claim: WatchClaim) -> None:
        watch, at = claim.watch, self._clock.now()
        calendar = self._calendars[watch.backend] if watch.backend else None
        interest = self._interest(watch, at)
        if interest is None:
            if calendar:
                # Should it not end: nothing that it tells is believed once its row is gone.
                unsubscribe(watch, calendar)
            else:
                self._probe.end_former(watch)
            self._ledger.write(lambda writing: writing.remove_watch(claim))
        elif calendar is None:
            self._probe.find(claim, interest)
        else:
            self._go_round(claim, interest, calendar, at)

    def _go_round(self, claim: WatchClaim, interest: Interest, calendar: Calendar, at: datetime) -> None:
        made = self._rounds.go(claim.watch, interest, calendar, at)
        try:
            now = self._ledger.write(partial(self._record.write, claim, made, at))
        except (LeaseLost, LedgerUnavailable):
            end_unrecorded(claim.watch, made.watch, calendar)
            raise
        failure = made.failure or made.unsearched
        tell_of_mailbox(claim.watch, now, {calendar.name: failure} if failure else {})

    def _interest(self, watch: MailboxWatch, at: datetime) -> Interest | None:
        """Return why the mailbox is looked after; None: it need not be any more."""

        def unit(reading: Reading) -> Interest | None:
            until = reading.follows_until(watch.mailbox)
            if until is not None and until + KEPT_AFTER > at:
                return Interest.FOLLOWED
            if watch.mailbox in self._standing:
                return Interest.STANDING
            if watch.mailbox in self._also_searched or reading.knows_mailbox(watch.mailbox):
                return Interest.KNOWN
            return Interest.SHARED if reading.is_shared(watch.mailbox) else None

        return self._ledger.read(unit)

    def _save(self, claim: WatchClaim, watch: MailboxWatch, wait: timedelta) -> None:
        self._ledger.write(lambda writing: writing.save_watch(claim, watch, wait.total_seconds()))
