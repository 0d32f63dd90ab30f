"""The port: what every kind of calendar promises to those who follow items in it.

    CalendarError
    +-- Conflict            somebody else has written meanwhile: read again, decide again
    +-- CalendarUnreadable  nothing is known; of a change that was asked for, not even whether it was made
        +-- Throttled       too many calls; `retry_after` in seconds
        +-- AccessDenied    the mailbox is outside what the service may reach
        |   +-- CredentialsRefused   nobody said anything of a mailbox: it is we who were not accepted
        |   +-- ConsentMissing   the organisation has not allowed us to act for its people
        +-- SignInNeeded    the person we act for must sign in again; `claims` are what the client must send
        +-- MailboxElsewhere   another calendar system holds this mailbox now
        +-- MailboxMissing  there is no such mailbox
        +-- CalendarUnavailable   no answer, or a fault on the other side
        +-- NotUnderstood   an answer that cannot be read

No error carries a vendor's words: they may hold what stands in an item.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from calendar_sync.items import Block, ItemRef, Lookup, Snapshot, Tag, Unread, Unreadable


class CalendarError(Exception):
    """Something a calendar did not do; the message never holds anything from an item."""


class Conflict(CalendarError):
    """The item has another version than the one that was to be changed."""


class CalendarUnreadable(CalendarError):
    """Nothing is known. A change may have been made when its answer did not come; a repeat is then a Conflict."""

    reason: ClassVar[Unread] = Unread.UNREACHABLE

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__(self.reason.value)
        self.retry_after = retry_after


class Throttled(CalendarUnreadable):
    """Too many calls."""

    reason = Unread.THROTTLED


class AccessDenied(CalendarUnreadable):
    """The service may not reach this mailbox, or not any more."""

    reason = Unread.DENIED


class CredentialsRefused(AccessDenied):
    """The service's own credentials are not accepted, so nothing was said of any mailbox."""


class ConsentMissing(AccessDenied):
    """The organisation has not allowed the service to act for its people."""


class SignInNeeded(CalendarUnreadable):
    """The person must sign in again before we may act for them; `claims` are what Entra asks the client to send."""

    def __init__(self, claims: str | None = None) -> None:
        super().__init__()
        self.claims = claims


class MailboxElsewhere(CalendarUnreadable):
    """Another system holds the mailbox (Graph: `MailboxNotEnabledForRESTAPI`; it was migrated)."""

    reason = Unread.MAILBOX_ELSEWHERE


class MailboxMissing(CalendarUnreadable):
    """There is no such mailbox; its owner may have left."""

    reason = Unread.MAILBOX_MISSING


class CalendarUnavailable(CalendarUnreadable):
    """No answer, or a fault on the other side."""


class NotUnderstood(CalendarUnreadable):
    """An answer that is not what the interface promises."""

    reason = Unread.NOT_UNDERSTOOD


def refusal(unread: Unreadable) -> CalendarUnreadable:
    """Return the failure that a look told as a value, to be raised where one item must not hide behind the others."""
    kinds = (Throttled, AccessDenied, MailboxElsewhere, MailboxMissing, CalendarUnavailable, NotUnderstood)
    kind = next(kind for kind in kinds if kind.reason is unread.reason)
    return kind(unread.retry_after)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a calendar can do for one mailbox.

    `pushes`: it calls us when something changes. `pulls`: it can be asked cheaply what has changed. `writes`: tag
    and block may be written.
    """

    pushes: bool
    pulls: bool
    writes: bool


@dataclass(frozen=True, slots=True)
class WatchWish:
    """Where notifications are to be sent, and the secret (at most 128 characters) that each must bear."""

    url: str
    lifecycle_url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Watch:
    """A subscription as the calendar has it; `expires_at` is UTC. `watermark` is where a pull goes on, if it pulls."""

    id: str
    expires_at: datetime
    watermark: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What has changed since the last pull: ids of items, and where the next pull goes on."""

    item_ids: frozenset[str]
    watermark: str


class Calendar(Protocol):
    """Mailboxes of one kind. Reads only items that bear our tag or whose id is ours, and of them only `Snapshot`.

    Every method may be repeated. All raise CalendarUnreadable (one of its kinds) unless they say otherwise, and
    none waits longer than the adapter's own setting allows. `mailbox` is a lower-case address.
    """

    @property
    def name(self) -> str:
        """The kind, as it is stored: `graph`, `ews` or `caldav`."""

    def probe(self, mailbox: str) -> Capabilities:
        """Say whether this calendar serves the mailbox; raises MailboxElsewhere or MailboxMissing when not."""

    def look(self, refs: Sequence[ItemRef]) -> Mapping[ItemRef, Lookup]:
        """Read items by their ids, in as few calls as can be; an answer for each. Raises nothing."""

    def find_tagged(self, mailbox: str, meeting: str | None = None) -> Sequence[Snapshot]:
        """Return every living item in the mailbox that bears a tag of ours, or the one of that meeting.

        What lies in Deleted Items is left out. A series is one item, its master. All calendars of the mailbox. One
        that is not understood is left out when all are wanted, since it must not hide the others; when it may be that
        meeting's, NotUnderstood is raised.
        """

    def find_uid(self, mailbox: str, uid: str) -> Sequence[Snapshot]:
        """Return every living item in the mailbox with that UID (an item that was moved, or came from elsewhere)."""

    def shared_with(self, mailbox: str) -> Collection[str]:
        """Return the mailboxes of other people whose calendars whoever owns this one has opened and may write in.

        Lower-case addresses: the calendars into which she can drag a copy of an item. Nothing that stands in them is
        read, nor what they are called.
        """

    def write_tag(self, ref: ItemRef, tag: Tag | None, version: str) -> str:
        """Write or (None) take away our tag and nothing else; mails nobody. Returns the new version.

        Raises Conflict, also when the item has vanished.
        """

    def replace_block(
        self,
        ref: ItemRef,
        block: Block | None,
        tag: Tag | None,
        version: str,
        service_url: str,
        known: Sequence[Block] = (),
        *,
        adding: bool = False,
    ) -> str:
        """Put `block` in the place of ours in the body, or take ours out, and set the tag; the rest stays as it is.

        `known` are blocks that the body may hold, as the service renders them; only by them can our lines be told
        from what the user typed between them (`calendar_sync.block`). A body without ours is left alone, or (`adding`)
        gets `block` at its end: a copy out of which ours was taken, and that holds the meeting after all.

        The only method that reads a body, in memory, of one item that is proven to be ours or a copy of ours, and only
        when what we wrote into it is wrong.
        `service_url` tells which links are ours. Returns the new version. Raises Conflict.
        """

    def watch(self, mailbox: str, wish: WatchWish) -> Watch:
        """Ask to be told of changes in the mailbox."""

    def renew(self, mailbox: str, watch_id: str) -> Watch | None:
        """Prolong a subscription; None when it is not there any more and must be made anew."""

    def unwatch(self, mailbox: str, watch_id: str) -> None:
        """End a subscription; one that is not there is no error."""

    def pull(self, mailbox: str, watch: Watch) -> Pulled | None:
        """Return what has changed since the watermark; None when the subscription is lost and a sweep is needed."""
