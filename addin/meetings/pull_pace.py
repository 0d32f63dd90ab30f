"""How often mailboxes are asked what has changed, where their calendar does not tell: as often as can be paid for.

A change is to be on the page within the minute, and each question costs the service some 6 ms (docs/adr/0031).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from addin.meetings.ledger_port import Reading
from addin.meetings.watches import PulledMailboxes

PULL_PERIOD: Final = timedelta(seconds=15)
# Where many mailboxes with meetings must be asked, they are asked so often in a second, all of them together; more
# often where one would wait longer than this, as long as it is no more often than that.
FOLLOWED_PULLS_A_SECOND: Final = 40
FOLLOWED_PULL_PERIOD: Final = timedelta(seconds=50)
MOST_PULLS_A_SECOND: Final = 80
# Where nothing is followed less is at stake, and there are many more such mailboxes: a copy in one is found within a
# minute where there are few, and where there are many they are asked so often in a second, all of them together.
KNOWN_PULL_PERIODS: Final = (timedelta(minutes=1), timedelta(minutes=5))
KNOWN_PULLS_A_SECOND: Final = 4
# How many mailboxes are asked is counted so often, and not with each of them.
COUNTED_FOR: Final = timedelta(minutes=1)


class PullPace:
    """Says when a mailbox is asked again; `shortest` is how often it is asked at most. Safe for many threads."""

    def __init__(self, shortest: timedelta = PULL_PERIOD) -> None:
        self._shortest = shortest
        self._counted: dict[str, tuple[datetime, PulledMailboxes]] = {}

    def period(self, backend: str, at: datetime, reading: Reading, *, is_followed: bool) -> timedelta:
        """Return after how long; `is_followed`: meetings are followed in the mailbox, or it is a unit's."""
        pulled = self._pulled_in(backend, at, reading)
        usual = followed_pull_period(pulled.followed) if is_followed else known_pull_period(pulled.others)
        return max(usual, self._shortest)

    def _pulled_in(self, backend: str, at: datetime, reading: Reading) -> PulledMailboxes:
        counted = self._counted.get(backend)
        if counted is None or at - counted[0] >= COUNTED_FOR:
            counted = self._counted[backend] = (at, reading.pulled_mailboxes(backend))
        return counted[1]


def followed_pull_period(mailboxes: int) -> timedelta:
    """Return how often a mailbox with a meeting is asked at most, where so many are: to 4,000 within the minute."""
    usual = timedelta(seconds=mailboxes / FOLLOWED_PULLS_A_SECOND)
    return max(min(usual, FOLLOWED_PULL_PERIOD), timedelta(seconds=mailboxes / MOST_PULLS_A_SECOND))


def known_pull_period(mailboxes: int) -> timedelta:
    """Return how often a mailbox without a meeting is asked what has changed, where so many are asked in all."""
    shortest, longest = KNOWN_PULL_PERIODS
    return min(max(timedelta(seconds=mailboxes / KNOWN_PULLS_A_SECOND), shortest), longest)
