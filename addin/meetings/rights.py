"""Proves that the service's rights to calendars end where they should: a mailbox outside the group must be denied.

Tried at each start, each day, and until the answer is known (docs/adr/0030). In that mailbox nothing is read, only
whether its calendar opens; its address is in nothing that is written here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from addin.meetings.calendar_ledger_port import RightsLimit
from addin.meetings.ledger_port import Ledger, Writing
from addin.meetings.look_times import pause, spread
from addin.meetings.ports import Clock
from calendar_sync.calendar import (
    AccessDenied,
    Calendar,
    CalendarUnreadable,
    ConsentMissing,
    CredentialsRefused,
    MailboxElsewhere,
    MailboxMissing,
)

log = logging.getLogger(__name__)

AGAIN: Final = timedelta(days=1)
# A limit that is set takes up to two hours to count at Microsoft; whoever has set it shall see that it does.
TOO_WIDE_AGAIN: Final = timedelta(hours=1)
NOT_SET: Final = (
    "calendars.outside_mailbox is not set, so it is not proven that the rights to calendars are limited "
    "(docs/permissions.md)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a try came to; `why` is an English sentence for the operator that names no mailbox."""

    limit: RightsLimit
    why: str = ""
    # That a calendar asks for another pause than before is no news to anybody.
    retry_after: float | None = field(default=None, compare=False)


def try_limit(calendar: Calendar, outside: Sequence[str]) -> Finding:
    """Try to open the calendars of mailboxes that must not open; of two systems each is to have one of them."""
    answers = [answer_of(calendar, mailbox) for mailbox in outside]
    if None in answers:
        return _TOO_WIDE
    # Being let in nowhere looks like being kept out of this one.
    if any(isinstance(answer, CredentialsRefused | ConsentMissing) for answer in answers):
        return _NOT_LET_IN
    known = (AccessDenied, MailboxElsewhere, MailboxMissing)
    unknown = next((answer for answer in answers if answer and not isinstance(answer, known)), None)
    if unknown:
        why = f"{unknown.reason.value}, so it is not known whether the rights are limited"
        return Finding(RightsLimit.UNPROVEN, why, unknown.retry_after)
    return _HELD if any(isinstance(answer, AccessDenied) for answer in answers) else _NOBODY_DENIED


_HELD: Final = Finding(RightsLimit.HELD)
_TOO_WIDE: Final = Finding(
    RightsLimit.TOO_WIDE,
    "a mailbox of calendars.outside_mailbox can be read; limit the rights to a group of mailboxes "
    "(docs/permissions.md)",
)
_NOT_LET_IN: Final = Finding(
    RightsLimit.UNPROVEN,
    "the service itself was not let in, so it is not known whether the rights are limited",
)
_NOBODY_DENIED: Final = Finding(
    RightsLimit.UNPROVEN,
    "none of calendars.outside_mailbox is there, so it is not known whether the rights are limited; name one that is",
)


def answer_of(calendar: Calendar, mailbox: str) -> CalendarUnreadable | None:
    """Return why a mailbox cannot be read in a calendar, None when it can."""
    try:
        calendar.probe(mailbox)
    except CalendarUnreadable as failure:
        return failure
    return None


@dataclass(slots=True)
class _Course:
    """How it has gone with one calendar in this process; times UTC."""

    due_at: datetime
    attempts: int = 0
    told: Finding | None = None
    told_at: datetime | None = None


class ProveRights:
    """Tries the limit of each calendar when it is due, says what came of it, and notes it in the ledger.

    `outside` are mailboxes (lower case) that must be denied. Too wide rights are told as an error at each start and
    each day, and stay noted until a denial disproves them: that nobody answers does not.
    """

    def __init__(
        self, ledger: Ledger, calendars: Mapping[str, Calendar], outside: Sequence[str], clock: Clock
    ) -> None:
        self._ledger = ledger
        self._calendars = calendars
        self._outside = outside
        self._clock = clock
        self._courses: dict[str, _Course] = {}
        self._begun = False

    def __call__(self) -> None:
        """Try what is due; costs nothing otherwise. Raises LedgerUnavailable."""
        if not self._begun:
            self._ledger.write(lambda writing: writing.forget_rights(frozenset(self._calendars)))
            self._courses = {name: _Course(self._clock.now()) for name in self._calendars}
            self._begun = True
        due = [name for name, course in self._courses.items() if course.due_at <= self._clock.now()]
        for name in due:
            self._try(name, self._courses[name])
        if due and not self._outside:
            log.warning("rights_unproven", extra={"code": "rights_unproven", "reason": NOT_SET})

    def _try(self, name: str, course: _Course) -> None:
        found = self._find(name) if self._outside else _NOT_ASKED
        at = self._clock.now()
        # Said before it is noted: whoever sees the note finds the line.
        if self._outside and (found != course.told or course.told_at is None or course.told_at + AGAIN <= at):
            _tell(name, found, is_news=found != course.told)
            course.told, course.told_at = found, at
        self._ledger.write(partial(_note, name, found.limit))
        course.due_at = at + _wait(found, course.attempts)
        course.attempts = course.attempts + 1 if found.limit is RightsLimit.UNPROVEN else 0

    def _find(self, name: str) -> Finding:
        try:
            return try_limit(self._calendars[name], self._outside)
        except Exception:
            # A fault of ours with one calendar must not keep the others' limits from being tried, nor its own for good.
            log.exception("rights_failed", extra={"calendar": name})
            return _OUR_FAULT


_OUR_FAULT: Final = Finding(
    RightsLimit.UNPROVEN,
    "a fault of the service itself (rights_failed), so it is not known whether the rights are limited",
)
_NOT_ASKED: Final = Finding(RightsLimit.UNPROVEN, NOT_SET)


def _note(name: str, limit: RightsLimit, writing: Writing) -> None:
    known = writing.rights().get(name)
    if (known, limit) != (RightsLimit.TOO_WIDE, RightsLimit.UNPROVEN):
        writing.note_rights(name, limit)


def _wait(found: Finding, attempts: int) -> timedelta:
    """Return how long what was found holds; what is not known is asked again soon, and then less and less often."""
    if found.limit is RightsLimit.TOO_WIDE:
        return spread(TOO_WIDE_AGAIN)
    if found.limit is RightsLimit.HELD or found is _NOT_ASKED:
        return AGAIN
    return pause(attempts, found.retry_after)


def _tell(name: str, found: Finding, *, is_news: bool) -> None:
    about = {"calendar": name}
    if found.limit is RightsLimit.TOO_WIDE:
        log.error("rights_too_wide", extra={**about, "code": "rights_too_wide", "reason": found.why})
    elif found.limit is RightsLimit.UNPROVEN:
        log.warning("rights_unproven", extra={**about, "code": "rights_unproven", "reason": found.why})
    elif is_news:
        log.info("rights_held", extra=about)
