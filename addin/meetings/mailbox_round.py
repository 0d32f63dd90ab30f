"""One round to a mailbox whose calendar is known: its subscription, what a pull tells, the search for our tag.

Calls the calendar, and writes nothing; what a round came to is written by `mailbox_record`.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from addin.meetings.look_times import spread
from addin.meetings.mailbox_waits import Interest
from addin.meetings.watches import MailboxWatch
from calendar_sync.calendar import AccessDenied, Calendar, CalendarUnreadable, NotUnderstood, Watch, WatchWish
from calendar_sync.items import Snapshot

log = logging.getLogger(__name__)

SCAN_PERIOD: Final = timedelta(hours=1)
# Our own answer to the calendar's trial call may have come too late; a right that is missing lasts longer.
REFUSED_PERIOD: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Round:
    """What looking after a mailbox has come to so far.

    `sweep`: look at everything in it anew. `pulled` are ids of items that changed. `seen` are the items found by our
    tag, None when they were not searched for. `shared` are mailboxes of others in whose calendars its owner may write,
    none that count for one that is only shared, None when that was not asked or told. `failure`: why it could not be
    gone on. `unsearched`: why they could not be searched for, though the rest could be done.
    """

    watch: MailboxWatch
    interest: Interest
    sweep: bool = False
    pulled: frozenset[str] = frozenset()
    seen: Sequence[Snapshot] | None = None
    shared: Collection[str] | None = None
    failure: CalendarUnreadable | None = None
    unsearched: CalendarUnreadable | None = None


class MailboxRounds:
    """Makes rounds. `hooks` is where each calendar that pushes is to call: address and lifecycle address."""

    def __init__(self, hooks: Mapping[str, tuple[str, str]]) -> None:
        self._hooks = hooks

    @property
    def pushing(self) -> Collection[str]:
        """The names of the calendars that push."""
        return self._hooks.keys()

    def go(self, watch: MailboxWatch, interest: Interest, calendar: Calendar, at: datetime) -> Round:
        """Ask the calendar what is to be asked at `at` (UTC), until it fails."""
        # Two that share with each other would otherwise keep each other for ever, also where neither can be read.
        so_far = Round(watch, interest, shared=frozenset() if interest is Interest.SHARED else None)
        for do in (self._keep_subscribed, self._pull, self._scan, self._ask_shared):
            if so_far.failure is None:
                so_far = do(so_far, calendar, at)
        return so_far

    def _keep_subscribed(self, so_far: Round, calendar: Calendar, at: datetime) -> Round:
        watch = so_far.watch
        if not (watch.pushes or watch.pulls) or (watch.renew_at and at < watch.renew_at):
            return so_far
        try:
            kept = calendar.renew(watch.mailbox, watch.subscription) if watch.subscription else None
            if kept:
                return replace(so_far, watch=_subscribed(watch, kept, at))
            return self._subscribe(so_far, calendar, at)
        except (AccessDenied, NotUnderstood) as failure:
            # Reading may still do; sweeps find what nobody tells.
            log.warning("subscription_refused", extra={"reason": failure.reason.value})
            wait = SCAN_PERIOD if isinstance(failure, AccessDenied) else REFUSED_PERIOD
            return replace(so_far, watch=replace(watch, renew_at=at + spread(wait)))
        except CalendarUnreadable as failure:
            return replace(so_far, failure=failure)

    def _subscribe(self, so_far: Round, calendar: Calendar, at: datetime) -> Round:
        """Subscribe anew; what happened since the last one ended is found by looking at everything."""
        secret = secrets.token_urlsafe(32)
        url, lifecycle = self._hooks.get(calendar.name, ("", ""))
        made = calendar.watch(so_far.watch.mailbox, WatchWish(url, lifecycle, secret))
        return replace(so_far, watch=_subscribed(replace(so_far.watch, secret=secret), made, at), sweep=True)

    def _pull(self, so_far: Round, calendar: Calendar, _at: datetime) -> Round:
        watch = so_far.watch
        if not watch.pulls or not watch.subscription or not watch.expires_at:
            return so_far
        try:
            told = calendar.pull(watch.mailbox, Watch(watch.subscription, watch.expires_at, watch.watermark))
        except CalendarUnreadable as failure:
            return replace(so_far, failure=failure)
        if told is None:
            lost = replace(watch, subscription=None, watermark=None, renew_at=None)
            return replace(so_far, watch=lost, sweep=True)
        return replace(so_far, watch=replace(watch, watermark=told.watermark), pulled=told.item_ids)

    def _scan(self, so_far: Round, calendar: Calendar, at: datetime) -> Round:
        watch = so_far.watch
        if watch.scan_due_at and at < watch.scan_due_at and not so_far.sweep:
            return so_far
        try:
            seen = calendar.find_tagged(watch.mailbox)
        except CalendarUnreadable as failure:
            return self._unsearched(so_far, calendar, failure)
        return replace(so_far, watch=replace(watch, scan_due_at=at + spread(SCAN_PERIOD)), seen=seen)

    @staticmethod
    def _ask_shared(so_far: Round, calendar: Calendar, _at: datetime) -> Round:
        """Ask with each search where copies may be put; not on and on from each of those mailboxes to others."""
        if so_far.seen is None or so_far.interest is Interest.SHARED:
            return so_far
        try:
            return replace(so_far, shared=calendar.shared_with(so_far.watch.mailbox))
        except CalendarUnreadable as failure:
            # What was told before still holds, and what is followed does not wait for this.
            log.info("shared_calendars_unread", extra={"reason": failure.reason.value})
            return so_far

    @staticmethod
    def _unsearched(so_far: Round, calendar: Calendar, failure: CalendarUnreadable) -> Round:
        """Tell a search that fails by itself, as in a mailbox that is too large for it, from a mailbox that is down."""
        if not so_far.watch.pulls and failure.retry_after is None:
            try:
                calendar.probe(so_far.watch.mailbox)
            except CalendarUnreadable as unreadable:
                return replace(so_far, failure=unreadable)
        return replace(so_far, unsearched=failure)


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


def end_unrecorded(before: MailboxWatch, now: MailboxWatch, calendar: Calendar) -> None:
    """End a subscription of which nobody will know: what it told would be refused until its life is over."""
    if now.subscription and now.subscription != before.subscription:
        unsubscribe(now, calendar)


def unsubscribe(watch: MailboxWatch, calendar: Calendar) -> None:
    """End a watch's subscription, if there is one; one that cannot be ended now ends by itself."""
    if watch.subscription:
        try:
            calendar.unwatch(watch.mailbox, watch.subscription)
        except CalendarUnreadable:
            log.info("unwatch_failed")
