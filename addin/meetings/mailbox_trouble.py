"""Tells the log when a mailbox in which meetings are followed can be read no more, why, and when it can again.

Never which mailbox: an address may not stand in a log. Who wonders finds the meetings in the audit, and the mailbox by
`vardmote follow --explain`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from addin.meetings.watches import MailboxWatch
from calendar_sync.calendar import CalendarUnreadable, CredentialsRefused
from calendar_sync.items import Unread

log = logging.getLogger(__name__)

# Of every account at once, and mended elsewhere than a mailbox that is outside the group.
_NOT_ACCEPTED: Final = "credentials_refused"
# What may be over in a moment, and is no trouble before it has come twice in a row.
_PERHAPS_A_HICCUP: Final = (Unread.THROTTLED, Unread.UNREACHABLE, Unread.NOT_UNDERSTOOD, Unread.DENIED)


def tell_of_mailbox(
    before: MailboxWatch, now: MailboxWatch, failures: Mapping[str, CalendarUnreadable]
) -> None:
    """Log what is new since the mailbox was looked after the last time; `failures` by calendar, of this time."""
    if now.unread and _is_told(now):
        if not _is_told(before) or before.unread is not now.unread:
            log.warning("mailbox_unreadable", extra=_about(now.unread, failures))
    elif _is_told(before) and not failures:
        log.info("mailbox_readable", extra={"calendar": now.backend} if now.backend else {})


def _is_told(watch: MailboxWatch) -> bool:
    """Whether its trouble has lasted long enough to be told; one that is gone is looked for elsewhere first."""
    if watch.unread is None:
        return False
    return watch.attempts >= (2 if watch.unread in _PERHAPS_A_HICCUP else 1)


def _about(unread: Unread, failures: Mapping[str, CalendarUnreadable]) -> dict[str, str]:
    """Return which calendar it is (none where all say that they do not serve the mailbox), and why."""
    causes = {name: failure for name, failure in failures.items() if failure.reason is unread}
    refused = [name for name, failure in causes.items() if isinstance(failure, CredentialsRefused)]
    name = next(iter([*refused, *causes]), None)
    reason = _NOT_ACCEPTED if refused else unread.value
    if unread is Unread.MAILBOX_MISSING or name is None:
        return {"reason": reason}
    return {"calendar": name, "reason": reason}
