"""A mail that is owed to a meeting's people, since the calendar told of something that others must hear of.

Pure rules: who must hear, and when a mail has said something that is not so any more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from addin.meetings.deadline import Deadline
from addin.meetings.model import OTHERS, Meeting


class NoticeKind(StrEnum):
    """What happened; the last six are questions and troubles for the meeting's own people.

    `HOLDS_AGAIN` calls off a mail that asked them to tell others of a change: what these know is so again.
    """

    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    REVIVED = "revived"
    SERIES_CHANGED = "series_changed"
    LINK_CHANGED = "link_changed"
    OCCURRENCE_CANCELLED = "occurrence_cancelled"
    HOLDS_AGAIN = "holds_again"
    SERIES_ASKED = "series_asked"
    COPY_ASKED = "copy_asked"
    COPY_UNWRITABLE = "copy_unwritable"
    TIME_UNUSABLE = "time_unusable"
    ITEM_TAKEN = "item_taken"
    ITEM_AWAITED = "item_awaited"

    @property
    def about(self) -> str:
        """Return `change` when others must be told, `item` when the meeting's own people must decide which of two
        meetings in one item counts, `awaited` when they must see after an item that was not found where its mailbox
        went. Each question that they must decide besides is one by itself, named like the kind.

        At most one mail of each is owed at a time: a newer one takes the place of one that was not sent.
        """
        if self is NoticeKind.ITEM_TAKEN:
            return "item"
        if self is NoticeKind.ITEM_AWAITED:
            return "awaited"
        return self.value if self in _QUESTIONS else "change"

    @property
    def asks_to_tell(self) -> bool:
        """Whether such a mail asks people to tell others of a change."""
        return self.about == "change" and self is not NoticeKind.HOLDS_AGAIN


_QUESTIONS = frozenset(
    (
        NoticeKind.SERIES_ASKED,
        NoticeKind.COPY_ASKED,
        NoticeKind.COPY_UNWRITABLE,
        NoticeKind.TIME_UNUSABLE,
    )
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail, without content: about which meeting, and when it is due (UTC).

    `mail_id` tells mails apart that are owed one after the other; one that is sent again, as its answer was lost, keeps
    it.
    `sent_at` is None until it was sent; `reminded`: the one reminder was sent, too. `attempts` are tries since the
    last success. `asked_revision` is the meeting's revision of which a mail has asked people to tell others, or may
    have, when the answer was lost; None when there was none, or it has been called off. `said` is what the last such
    mail said (`said_of`), None also where nobody can tell.
    """

    meeting_id: str
    mail_id: str
    kind: NoticeKind
    due_at: datetime | None
    sent_at: datetime | None = None
    reminded: bool = False
    attempts: int = 0
    asked_revision: int | None = None
    said: str | None = None


def who_must_hear(meeting: Meeting) -> tuple[str, ...]:
    """Return those outside who were told something that is no longer so."""
    return tuple(audience for audience in OTHERS if audience in meeting.must_hear)


def must_be_called_off(notice: Notice, meeting: Meeting) -> bool:
    """Whether a mail asked to tell others of a change which is undone, and that nobody has said to have told.

    Who has told them since was right to do so then; what they know now is another change.
    """
    asked = notice.asked_revision
    if asked is None or who_must_hear(meeting):
        return False
    return any(told.revision < asked for audience, told in meeting.told.items() if audience in OTHERS)


def as_things_are(notice: Notice, meeting: Meeting) -> Notice:
    """Return the notice, or the one that calls it off: the change was undone, though not in the calendar."""
    if notice.kind.asks_to_tell and must_be_called_off(notice, meeting):
        return replace(notice, kind=NoticeKind.HOLDS_AGAIN, sent_at=None)
    return notice


def said_of(meeting: Meeting) -> str | None:
    """Return a digest of what a mail about a change says now: how the meeting is, and who knows it otherwise.

    None when somebody must hear of something beside its time, of which what a mail says is not all.
    """
    told = [(audience, meeting.told[audience]) for audience in who_must_hear(meeting)]
    if any(one.outdated for _, one in told):
        return None
    known = [(who, one.revision, one.start, one.end, one.cancelled) for who, one in told]
    said = (meeting.is_cancelled, meeting.window.start, meeting.window.end, known)
    return hashlib.sha256(repr(said).encode()).hexdigest()


def says_again(notice: Notice, meeting: Meeting) -> bool:
    """Whether a mail would say what the last one has said, and nobody has told anybody since."""
    is_first = notice.kind.asks_to_tell and notice.sent_at is None
    return is_first and notice.said is not None and notice.said == said_of(meeting)


@dataclass(frozen=True, slots=True)
class NoticeClaim:
    """The right to send one mail until `until`, fenced by `number`; a newer change takes it away."""

    notice: Notice
    meeting: Meeting
    number: int
    until: Deadline
