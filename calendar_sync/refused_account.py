"""Lets an account rest that a server has refused, since each try with a wrong password counts toward locking it.

Active Directory locks an account for everybody after some tries within its window (Microsoft Learn, *Account lockout
policy*), and mailboxes by the hundred are tried one after the other. Knows no server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from calendar_sync.calendar import CredentialsRefused

FIRST_REST_SECONDS: Final = 15.0
LONGEST_REST_SECONDS: Final = 600.0


class RefusedAccount:
    """Guards the calls of one account. Safe for use by many threads at once.

    One refusal may be a server that is just being mended, and is tried again at once. After a second in a row the
    account rests, twice as long after each further one; then one call tries it. `now` gives seconds of a clock that
    nobody sets.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._changing = threading.Lock()
        self._refusals = 0
        self._rests_until = now()

    @contextmanager
    def tried(self) -> Iterator[None]:
        """Guard one call; raises CredentialsRefused without it while the account rests."""
        refusals = self._begin()
        try:
            yield
        except CredentialsRefused:
            self._count(refusals)
            raise
        self._forget()

    def _begin(self) -> int:
        with self._changing:
            now = self._now()
            if now < self._rests_until:
                raise CredentialsRefused
            if self._refusals:
                # Whoever else comes before this call has ended would try the same.
                self._rests_until = now + FIRST_REST_SECONDS
            return self._refusals

    def _count(self, known: int) -> None:
        with self._changing:
            if known != self._refusals:
                # It was under way when another was refused.
                return
            self._refusals += 1
            rest = FIRST_REST_SECONDS * (1 << min(self._refusals - 2, 10)) if self._refusals > 1 else 0.0
            self._rests_until = self._now() + min(rest, LONGEST_REST_SECONDS)

    def _forget(self) -> None:
        with self._changing:
            if self._refusals:
                self._refusals, self._rests_until = 0, self._now()
