"""How long a mailbox that could not be read is left alone, by why it is looked after at all."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from addin.meetings.frozen import frozen_by
from addin.meetings.ledger_port import Reading
from addin.meetings.look_times import pause, spread
from addin.meetings.watches import MailboxWatch
from calendar_sync.calendar import CalendarUnreadable, MailboxElsewhere, MailboxMissing
from calendar_sync.items import Unread

# That calendar surely does not serve the mailbox, or not any more.
GONE: Final = (MailboxElsewhere, MailboxMissing)
# A mailbox that nobody serves may be on its way from one calendar to another, which takes minutes; after that, longer.
UNSERVED_PERIODS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15))
KNOWN_UNSERVED_PERIOD: Final = timedelta(hours=6)
# What happened during an outage is to be on the page within a minute when it is over; a right that is missing, or an
# answer that nobody understands, mostly lasts longer.
OUTAGE_PERIOD: Final = timedelta(seconds=45)
TROUBLE_PERIOD: Final = timedelta(minutes=10)
# Each try may cost a thread ten seconds that other mailboxes wait for, so those of a calendar come so long after each
# other, all of them together.
UNREAD_APART: Final = timedelta(seconds=5)
# When one can be read again so many more of its calendar are tried at once, and from each of them as many.
TRIED_WITH_ONE: Final = 4


class Interest(Enum):
    """Why a mailbox is looked after, the strongest reason first.

    Meetings are followed in it; it is a unit's; somebody there has to do with meetings, or an administrator named it;
    one of all these people may write in its calendar. Into the last two kinds a copy may be put.
    """

    FOLLOWED = auto()
    STANDING = auto()
    KNOWN = auto()
    SHARED = auto()


def wait_unread(
    watch: MailboxWatch, failure: CalendarUnreadable, interest: Interest, reading: Reading
) -> timedelta:
    """Return how long to wait after a failure; not for long where meetings are followed."""
    wait = pause(watch.attempts, failure.retry_after)
    if interest is not Interest.FOLLOWED or failure.retry_after is not None:
        return wait
    is_outage = failure.reason in (Unread.UNREACHABLE, Unread.THROTTLED)
    longest = OUTAGE_PERIOD if is_outage else TROUBLE_PERIOD
    if wait <= longest / 5:
        return wait
    longest = max(longest, reading.unread_mailboxes(watch.backend) * UNREAD_APART)
    # Spread widely: what went down together is tried one after the other, so that one of them is tried soon.
    return min(wait, longest * random.uniform(0.2, 1.0))  # noqa: S311 - spreads load, protects nothing


def wait_unserved(watch: MailboxWatch, interest: Interest) -> timedelta:
    """Return how long to wait before it is found out again which calendar serves a mailbox that none does."""
    if interest is not Interest.FOLLOWED:
        return spread(KNOWN_UNSERVED_PERIOD)
    return spread(UNSERVED_PERIODS[min(watch.attempts, len(UNSERVED_PERIODS) - 1)])


def failed(watch: MailboxWatch, reason: Unread, interest: Interest, at: datetime) -> MailboxWatch:
    """Return the watch after a failure; where nothing is followed, nothing is frozen by it."""
    tried = replace(watch, attempts=watch.attempts + 1)
    if interest is not Interest.FOLLOWED:
        return replace(tried, frozen=None)
    return replace(tried, frozen=frozen_by(reason, at, watch.frozen))
