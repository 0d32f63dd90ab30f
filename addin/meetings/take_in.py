"""Takes mailboxes in that are to be looked after: those in which meetings are followed, and those that are known.

From then on `mailboxes` looks after each. Known ones are those into which a copy may be put, since somebody there has
to do with meetings (docs/adr/0024); they are many, and come one after the other.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Final

from addin.meetings.ledger_port import Ledger, Reading, Writing

# Many are taken in so long after each other, so that nobody's drag waits for them: each is a handful of calls.
KNOWN_APART: Final = timedelta(seconds=0.25)
_BATCH: Final = 50


class TakeInMailboxes:
    """Has mailboxes watched.

    `backends` are the names of the calendars that are followed. `standing` (lower case) are mailboxes that are always
    looked after: those of the units. `also_searched` (lower case) are others into which copies may be put, as somebody
    has said who knows.
    """

    def __init__(
        self,
        ledger: Ledger,
        backends: Collection[str],
        standing: Collection[str] = (),
        also_searched: Collection[str] = (),
    ) -> None:
        self._ledger = ledger
        self._backends = frozenset(backends)
        self._standing = frozenset(standing)
        self._also_searched = frozenset(also_searched)

    def route_once(self) -> bool:
        """Give new bindings their calendar, and their mailboxes a watch; False when there was nothing to do."""
        return self._ledger.write(lambda writing: writing.route_bindings(_BATCH)) > 0

    def follow_all(self) -> None:
        """Have every live meeting followed, those booked before calendars were, too, and known mailboxes watched.

        What was followed in a calendar that is not in the settings any more is looked for in the others.
        Raises LedgerUnavailable.
        """
        while self._ledger.write(lambda writing: writing.leave_backends(self._backends, _BATCH)):
            pass
        while self._ledger.write(lambda writing: writing.follow_all(_BATCH)):
            pass
        self._watch(dict.fromkeys(self._unwatched_among(self._standing), 0.0))
        self._watch_known()

    def _watch_known(self) -> None:
        """Take in the mailboxes that meetings or the settings tell of, each at a moment of its own."""
        self._watch(each_at_its_moment(list(self._known_and_unwatched())))

    def _watch(self, due_in: Mapping[str, float]) -> None:
        """Have mailboxes watched, each in so many seconds."""
        wishes = iter(due_in.items())
        while some := list(islice(wishes, _BATCH)):
            self._ledger.write(partial(_watch_some, some))

    def _known_and_unwatched(self) -> Iterator[str]:
        after: str | None = ""
        while after is not None:
            found, after = self._ledger.read(partial(_unwatched, after))
            yield from found
        yield from self._unwatched_among(self._also_searched)

    def _unwatched_among(self, mailboxes: Collection[str]) -> Sequence[str]:
        return self._ledger.read(lambda reading: reading.unwatched_among(mailboxes))


def each_at_its_moment(mailboxes: Sequence[str]) -> dict[str, float]:
    """Return in how many seconds each of many is to be taken in."""
    within = len(mailboxes) * KNOWN_APART.total_seconds()
    return {mailbox: random.uniform(0, within) for mailbox in mailboxes}  # noqa: S311 - spreads load


def _watch_some(wishes: Sequence[tuple[str, float]], writing: Writing) -> None:
    for mailbox, due_in in wishes:
        writing.watch_mailbox(mailbox, due_in)


def _unwatched(after: str, reading: Reading) -> tuple[Sequence[str], str | None]:
    return reading.unwatched_mailboxes(after, _BATCH)
