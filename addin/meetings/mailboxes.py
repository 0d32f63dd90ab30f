"""Looks after the mailboxes that are watched (`take_in`): which calendar serves each, and how it tells of changes.

A mailbox is probed once, and again when it went elsewhere. Where a calendar pushes or can be pulled there is one
subscription for the mailbox, prolonged when half of its life is over; after every loss, everything in the mailbox is
looked at anew. An hourly search for items with our tag finds what no notification told of: copies, and items that were
moved or never seen.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Final

from addin.meetings.bindings import Copy, CopyOutcome, ItemBinding
from addin.meetings.errors import LeaseLost, LedgerUnavailable
from addin.meetings.hints import item_hash
from addin.meetings.keyring import Keyring
from addin.meetings.ledger_port import Ledger, Reading, Writing
from addin.meetings.look_times import pause, spread
from addin.meetings.model import Meeting
from addin.meetings.ports import Clock
from addin.meetings.pull_pace import PullPace
from addin.meetings.watches import KEPT_AFTER, MailboxWatch, WatchClaim
from calendar_sync.calendar import (
    AccessDenied,
    Calendar,
    CalendarUnreadable,
    Capabilities,
    MailboxElsewhere,
    MailboxMissing,
    NotUnderstood,
    Watch,
    WatchWish,
)
from calendar_sync.items import Snapshot, Unread

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 90.0
# What is left of a lease must do for one mailbox's calls and the record of them.
LEASE_RESERVE_SECONDS: Final = 45.0
MAILBOXES_A_CLAIM: Final = 4
SCAN_PERIOD: Final = timedelta(hours=1)
# Our own answer to the calendar's trial call may have come too late; a right that is missing lasts longer.
REFUSED_PERIOD: Final = timedelta(minutes=2)
# A mailbox that nobody serves may be on its way from one calendar to another, which takes minutes; after that, longer.
UNSERVED_PERIODS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15))
KNOWN_UNSERVED_PERIOD: Final = timedelta(hours=6)
# What happened during an outage is to be on the page within a minute when it is over; a right that is missing, or an
# answer that nobody understands, mostly lasts longer.
OUTAGE_PERIOD: Final = timedelta(seconds=45)
TROUBLE_PERIOD: Final = timedelta(minutes=10)
# Each try may cost a thread ten seconds that other mailboxes wait for, so those of a calendar come so long after each
# other, all of them together. When one can be read again so many more are tried at once, and from each of them as many.
UNREAD_APART: Final = timedelta(seconds=5)
TRIED_WITH_ONE: Final = 4
_GONE: Final = (MailboxElsewhere, MailboxMissing)
# These say nothing of where a mailbox is.
_UNSURE: Final = (Unread.THROTTLED, Unread.UNREACHABLE, Unread.NOT_UNDERSTOOD)


class _Interest(Enum):
    """Why a mailbox is looked after: meetings are followed in it, it is a unit's, or a copy may be put into it."""

    FOLLOWED = auto()
    STANDING = auto()
    KNOWN = auto()


@dataclass(frozen=True, slots=True)
class _Step:
    """What looking after a mailbox has come to so far.

    `sweep`: look at everything in it anew. `pulled` are ids of items that changed. `seen` are the items found by our
    tag, None when they were not searched for. `failure`: why it could not be gone on. `unsearched`: why they could not
    be searched for, though the rest could be done.
    """

    watch: MailboxWatch
    interest: _Interest
    sweep: bool = False
    pulled: frozenset[str] = frozenset()
    seen: Sequence[Snapshot] | None = None
    failure: CalendarUnreadable | None = None
    unsearched: CalendarUnreadable | None = None


class FollowMailboxes:
    """Looks after mailboxes.

    `hooks` is where each calendar that pushes is to call: address and lifecycle address. `pace` says how often one that
    does not is asked. `standing` and `also_searched` as in `take_in`; the latter are looked after like those that
    meetings tell of.
    """

    def __init__(
        self,
        ledger: Ledger,
        calendars: Mapping[str, Calendar],
        keyring: Keyring,
        instance: str,
        hooks: Mapping[str, tuple[str, str]],
        clock: Clock,
        pace: PullPace,
        standing: Collection[str] = (),
        also_searched: Collection[str] = (),
    ) -> None:
        self._ledger = ledger
        self._calendars = calendars
        self._keyring = keyring
        self._instance = instance
        self._hooks = hooks
        self._clock = clock
        self._pace = pace
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
            elif claim.watch.backend is None:
                self._probe(claim)
            else:
                self._look_after(claim, self._calendars[claim.watch.backend])
        except LeaseLost:
            log.info("lease_lost")
        except LedgerUnavailable:
            raise
        except Exception:
            log.exception("watch_failed")
            put_off = replace(claim.watch, attempts=claim.watch.attempts + 1)
            self._save(claim, put_off, pause(claim.watch.attempts))

    # --- which calendar -------------------------------------------------------------------------------------

    def _probe(self, claim: WatchClaim) -> None:
        at, failures = self._clock.now(), []
        interest = self._interest(claim.watch, at)
        if interest is None:
            self._ledger.write(lambda writing: writing.remove_watch(claim))
            return
        for name, calendar in self._calendars.items():
            try:
                found = calendar.probe(claim.watch.mailbox)
            except CalendarUnreadable as failure:
                failures.append(failure)
                continue
            self._ledger.write(partial(self._record_served, claim, name, found))
            return
        self._ledger.write(partial(self._record_unserved, claim, failures, interest, at))

    def _record_served(self, claim: WatchClaim, name: str, found: Capabilities, writing: Writing) -> None:
        """Note which calendar serves the mailbox; a subscription at another one is void."""
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
            frozen_since=None,
            attempts=0,
        )
        writing.save_watch(claim, fresh, 0.0)
        writing.reroute(claim.watch.mailbox, name)
        if claim.watch.frozen:
            writing.retry_unread(None, TRIED_WITH_ONE)

    def _record_unserved(
        self,
        claim: WatchClaim,
        failures: Sequence[CalendarUnreadable],
        interest: _Interest,
        at: datetime,
        writing: Writing,
    ) -> None:
        """Note that none serves it, or that nobody knows: then it is asked again soon."""
        watch = claim.watch
        unsure = [failure for failure in failures if not isinstance(failure, (*_GONE, AccessDenied))]
        if not unsure and watch.frozen in _UNSURE:
            # It went just now, however long it could not be read before.
            watch = replace(watch, attempts=0)
        reason = _worst(failures)
        is_followed = interest is _Interest.FOLLOWED
        period = _unserved_period(watch.attempts) if is_followed else KNOWN_UNSERVED_PERIOD
        wait = self._pause(watch, unsure[0], interest, writing) if unsure else spread(period)
        if not unsure or watch.attempts:
            writing.freeze_mailbox(watch.mailbox, reason, at, lost=not unsure)
        writing.save_watch(claim, _failed(watch, reason, interest, at), wait.total_seconds())

    # --- a mailbox that is served ---------------------------------------------------------------------------

    def _look_after(self, claim: WatchClaim, calendar: Calendar) -> None:
        watch, at = claim.watch, self._clock.now()
        interest = self._interest(watch, at)
        if interest is None:
            self._let_go(claim, calendar)
            return
        step = _Step(watch, interest)
        for do in (self._keep_subscribed, self._pull, self._scan):
            if step.failure is None:
                step = do(step, calendar, at)
        try:
            self._ledger.write(partial(self._record, claim, step, at))
        except (LeaseLost, LedgerUnavailable):
            self._end_unrecorded(claim.watch, step.watch, calendar)
            raise

    @staticmethod
    def _end_unrecorded(before: MailboxWatch, now: MailboxWatch, calendar: Calendar) -> None:
        """End a subscription of which nobody will know: what it told would be refused until its life is over."""
        if now.subscription and now.subscription != before.subscription:
            try:
                calendar.unwatch(now.mailbox, now.subscription)
            except CalendarUnreadable:
                log.info("unwatch_failed")

    def _interest(self, watch: MailboxWatch, at: datetime) -> _Interest | None:
        """Return why the mailbox is looked after; None: it need not be any more."""

        def unit(reading: Reading) -> _Interest | None:
            until = reading.follows_until(watch.mailbox)
            if until is not None and until + KEPT_AFTER > at:
                return _Interest.FOLLOWED
            if watch.mailbox in self._standing:
                return _Interest.STANDING
            is_known = watch.mailbox in self._also_searched or reading.knows_mailbox(watch.mailbox)
            return _Interest.KNOWN if is_known else None

        return self._ledger.read(unit)

    def _let_go(self, claim: WatchClaim, calendar: Calendar) -> None:
        watch = claim.watch
        if watch.subscription:
            try:
                calendar.unwatch(watch.mailbox, watch.subscription)
            except CalendarUnreadable:
                # It ends by itself; nothing that it tells is believed once its row is gone.
                log.info("unwatch_failed")
        self._ledger.write(lambda writing: writing.remove_watch(claim))

    def _keep_subscribed(self, step: _Step, calendar: Calendar, at: datetime) -> _Step:
        watch = step.watch
        if not (watch.pushes or watch.pulls) or (watch.renew_at and at < watch.renew_at):
            return step
        try:
            kept = calendar.renew(watch.mailbox, watch.subscription) if watch.subscription else None
            if kept:
                return replace(step, watch=_subscribed(watch, kept, at))
            return self._subscribe(step, calendar, at)
        except (AccessDenied, NotUnderstood) as failure:
            # Reading may still do; sweeps find what nobody tells.
            log.warning("subscription_refused", extra={"reason": failure.reason.value})
            wait = SCAN_PERIOD if isinstance(failure, AccessDenied) else REFUSED_PERIOD
            return replace(step, watch=replace(watch, renew_at=at + spread(wait)))
        except CalendarUnreadable as failure:
            return replace(step, failure=failure)

    def _subscribe(self, step: _Step, calendar: Calendar, at: datetime) -> _Step:
        """Subscribe anew; what happened since the last one ended is found by looking at everything."""
        secret = secrets.token_urlsafe(32)
        url, lifecycle = self._hooks.get(calendar.name, ("", ""))
        made = calendar.watch(step.watch.mailbox, WatchWish(url, lifecycle, secret))
        return replace(step, watch=_subscribed(replace(step.watch, secret=secret), made, at), sweep=True)

    def _pull(self, step: _Step, calendar: Calendar, _at: datetime) -> _Step:
        watch = step.watch
        if not watch.pulls or not watch.subscription or not watch.expires_at:
            return step
        try:
            told = calendar.pull(watch.mailbox, Watch(watch.subscription, watch.expires_at, watch.watermark))
        except CalendarUnreadable as failure:
            return replace(step, failure=failure)
        if told is None:
            lost = replace(watch, subscription=None, watermark=None, renew_at=None)
            return replace(step, watch=lost, sweep=True)
        return replace(step, watch=replace(watch, watermark=told.watermark), pulled=told.item_ids)

    def _scan(self, step: _Step, calendar: Calendar, at: datetime) -> _Step:
        watch = step.watch
        if watch.scan_due_at and at < watch.scan_due_at and not step.sweep:
            return step
        try:
            seen = calendar.find_tagged(watch.mailbox)
        except CalendarUnreadable as failure:
            return self._unsearched(step, calendar, failure)
        return replace(step, watch=replace(watch, scan_due_at=at + spread(SCAN_PERIOD)), seen=seen)

    @staticmethod
    def _unsearched(step: _Step, calendar: Calendar, failure: CalendarUnreadable) -> _Step:
        """Tell a search that fails by itself, as in a mailbox that is too large for it, from a mailbox that is down."""
        if not step.watch.pulls and failure.retry_after is None:
            try:
                calendar.probe(step.watch.mailbox)
            except CalendarUnreadable as unreadable:
                return replace(step, failure=unreadable)
        return replace(step, unsearched=failure)

    # --- the record -----------------------------------------------------------------------------------------

    def _record(self, claim: WatchClaim, step: _Step, at: datetime, writing: Writing) -> None:
        failure = step.failure or step.unsearched
        if failure:
            self._record_failure(claim, step, failure, at, writing)
        else:
            watch = step.watch
            if step.seen is not None:
                # After every failure it is searched anew, so that this is when all is well again.
                watch = replace(watch, frozen=None, frozen_since=None, attempts=0)
            writing.save_watch(claim, watch, self._due_in(watch, step.interest, at, writing))
            if claim.watch.frozen and not watch.frozen:
                self._go_on(claim.watch, writing)
        if step.sweep:
            writing.ask_mailbox(claim.watch.id)
        if step.pulled:
            self._ask_pulled(step, at, writing)
        if step.seen is not None:
            self._ask_surprising(claim, step.seen, writing)

    def _go_on(self, watch: MailboxWatch, writing: Writing) -> None:
        """Have everything looked at in a mailbox that can be read again, and others tried that could not be either.

        What was deleted meanwhile no search finds, and whoever missed it waits ever longer between two looks.
        """
        writing.ask_mailbox(watch.id, searching=False)
        writing.retry_unread(watch.backend, TRIED_WITH_ONE)

    def _record_failure(
        self, claim: WatchClaim, step: _Step, failure: CalendarUnreadable, at: datetime, writing: Writing
    ) -> None:
        """Note a failure; one of the search alone puts off nothing else, unless the calendar has asked for a pause."""
        watch = step.watch
        wait = pause(watch.attempts, failure.retry_after)
        if step.failure:
            wait = self._pause(watch, failure, step.interest, writing)
        failed = replace(_failed(watch, failure.reason, step.interest, at), scan_due_at=at + wait)
        if isinstance(failure, _GONE):
            # It went just now: where it is, is asked from the beginning.
            failed = replace(failed, attempts=0)
        waits = step.failure is not None or failure.retry_after is not None
        due_in = wait.total_seconds() if waits else self._due_in(failed, step.interest, at, writing)
        writing.save_watch(claim, failed, due_in)
        if isinstance(failure, _GONE):
            # Whoever has a meeting there sees it now, and not when its own next look is due.
            writing.ask_mailbox(watch.id)
            writing.probe_again(watch.mailbox)

    def _pause(
        self, watch: MailboxWatch, failure: CalendarUnreadable, interest: _Interest, reading: Reading
    ) -> timedelta:
        """Return how long to wait after a failure; not for long where meetings are followed."""
        wait = pause(watch.attempts, failure.retry_after)
        if interest is not _Interest.FOLLOWED or failure.retry_after is not None:
            return wait
        is_outage = failure.reason in (Unread.UNREACHABLE, Unread.THROTTLED)
        longest = OUTAGE_PERIOD if is_outage else TROUBLE_PERIOD
        if wait <= longest / 5:
            return wait
        longest = max(longest, reading.unread_mailboxes(watch.backend) * UNREAD_APART)
        # Spread widely: what went down together is tried one after the other, so that one of them is tried soon.
        return min(wait, longest * random.uniform(0.2, 1.0))  # noqa: S311 - spreads load, protects nothing

    def _due_in(self, watch: MailboxWatch, interest: _Interest, at: datetime, reading: Reading) -> float:
        moments = [watch.scan_due_at, watch.renew_at]
        if watch.pulls and watch.backend:
            is_followed = interest is not _Interest.KNOWN
            moments.append(at + self._pace.period(watch.backend, at, reading, is_followed=is_followed))
        soonest = min((moment for moment in moments if moment), default=at + SCAN_PERIOD)
        if (watch.pushes or watch.pulls) and not watch.renew_at:
            # The subscription was found lost: it is made anew at once.
            return 0.0
        return max(0.0, (soonest - at).total_seconds())

    def _ask_pulled(self, step: _Step, at: datetime, writing: Writing) -> None:
        watch = step.watch
        hashes = {item_hash(self._keyring, watch.mailbox, item_id) for item_id in step.pulled}
        unknown = hashes - writing.ask_items(hashes, at)
        if unknown:
            # Perhaps one time of a series of ours; see `take_hints`.
            writing.ask_series([watch.id], at, 0.0)
        # After a failure the next search has its time, which what is pulled meanwhile must not bring forward.
        if unknown and not watch.attempts and not step.unsearched:
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
        if meeting.is_cancelled and binding.uid in (None, one.uid):
            return binding.ended_by_calendar
        if one.uid == binding.uid:
            same_place = (one.ref.mailbox, one.ref.item_id) == (binding.mailbox, binding.item_id)
            return not same_place or one.version != binding.version or binding.gone_since is not None
        known = [copy for copy in reading.copies(meeting.id) if copy.outcome is not CopyOutcome.REPLACED]
        return not any(self._is_copy(one.uid, copy) for copy in known)

    def _is_copy(self, uid: str, copy: Copy) -> bool:
        return copy.uid_hash in self._keyring.lookup_hashes("item-uid", uid)

    def _save(self, claim: WatchClaim, watch: MailboxWatch, wait: timedelta) -> None:
        self._ledger.write(lambda writing: writing.save_watch(claim, watch, wait.total_seconds()))


def _failed(watch: MailboxWatch, reason: Unread, interest: _Interest, at: datetime) -> MailboxWatch:
    """Return the watch after a failure; where nothing is followed, nothing is frozen by it."""
    tried = replace(watch, attempts=watch.attempts + 1)
    if interest is not _Interest.FOLLOWED:
        return replace(tried, frozen=None, frozen_since=None)
    return replace(tried, frozen=reason, frozen_since=watch.frozen_since or at)


def _subscribed(watch: MailboxWatch, made: Watch, at: datetime) -> MailboxWatch:
    """Return the watch with a subscription that is prolonged when about half of its life is over."""
    half = (made.expires_at - at) * random.uniform(0.4, 0.5)  # noqa: S311 - spreads load, protects nothing
    return replace(
        watch,
        subscription=made.id,
        watermark=made.watermark if made.watermark is not None else watch.watermark,
        expires_at=made.expires_at,
        renew_at=at + max(half, timedelta(seconds=30)),
    )


def _unserved_period(attempts: int) -> timedelta:
    return UNSERVED_PERIODS[min(attempts, len(UNSERVED_PERIODS) - 1)]


def _worst(failures: Sequence[CalendarUnreadable]) -> Unread:
    """Return what best says why no calendar serves a mailbox: one that may is more than one that surely does not."""
    reasons = [failure.reason for failure in failures]
    order = (Unread.THROTTLED, Unread.UNREACHABLE, Unread.NOT_UNDERSTOOD, Unread.DENIED)
    return next((reason for reason in order if reason in reasons), Unread.MAILBOX_MISSING)
