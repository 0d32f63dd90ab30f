"""A mail that is owed to a meeting's people, since the calendar told of something that others must hear of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from addin.meetings.deadline import Deadline
from addin.meetings.model import Meeting


class NoticeKind(StrEnum):
    """What happened; the last four are questions and troubles for the meeting's own people."""

    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    REVIVED = "revived"
    SERIES_CHANGED = "series_changed"
    LINK_CHANGED = "link_changed"
    OCCURRENCE_CANCELLED = "occurrence_cancelled"
    SERIES_ASKED = "series_asked"
    COPY_ASKED = "copy_asked"
    COPY_UNWRITABLE = "copy_unwritable"
    TIME_UNUSABLE = "time_unusable"

    @property
    def about(self) -> str:
        """Return `change` when others must be told, `question` when the meeting's own people must decide.

        At most one mail of each is owed at a time: a newer one takes the place of one that was not sent.
        """
        return "question" if self in _QUESTIONS else "change"


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
    """One mail, without content: about which meeting, of which revision, and when it is due (UTC).

    `sent_at` is None until it was sent; `reminded`: the one reminder was sent, too. `attempts` are tries since the
    last success.
    """

    meeting_id: str
    revision: int
    kind: NoticeKind
    due_at: datetime | None
    sent_at: datetime | None = None
    reminded: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class NoticeClaim:
    """The right to send one mail until `until`, fenced by `number`; a newer change takes it away."""

    notice: Notice
    meeting: Meeting
    number: int
    until: Deadline
