"""Has a meeting's people told once that its item was not found where its mailbox went (docs/adr/0042).

Nothing is concluded of the meeting: whether it will be is for them to say, and they are to know in time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from addin.meetings.notices import NoticeKind
from addin.meetings.record_draft import Draft

# A migration that goes on over a night needs nobody.
REPORTED_AFTER: Final = timedelta(hours=24)
# Time enough to find the item, or to reach whoever would come.
REPORTED_BEFORE_START: Final = timedelta(hours=4)


class AwaitedRecord:
    """Works on a look's draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def report(self) -> None:
        """Owe the mail, or have it come sooner, after a search that was answered and has not found the item.

        One mail for each time that the mailbox went, and none of a meeting that is over.
        """
        draft = self._draft
        before_start = draft.meeting.window.start - REPORTED_BEFORE_START
        soonest = draft.at + timedelta(seconds=draft.tools.rules.quiet_seconds)
        due_at = max(soonest, min(draft.at + REPORTED_AFTER, before_start))
        if due_at < draft.meeting.window.end and not self._is_owed_by(due_at):
            kind, wait = NoticeKind.ITEM_AWAITED, (due_at - draft.at).total_seconds()
            draft.writing.owe_notice(draft.meeting.id, kind, wait)

    def forget(self) -> None:
        """See to it that no mail goes out: the item was found."""
        self._draft.writing.drop_notice(self._draft.meeting.id, NoticeKind.ITEM_AWAITED.about)

    def _is_owed_by(self, due_at: datetime) -> bool:
        """Whether the mail was sent since the mailbox went, or is owed at `due_at` (UTC) at the latest."""
        draft = self._draft
        for notice in draft.writing.notices(draft.meeting.id):
            if notice.kind is NoticeKind.ITEM_AWAITED:
                if notice.sent_at is None:
                    return notice.due_at is not None and notice.due_at <= due_at
                frozen = draft.binding.frozen
                return frozen is not None and notice.sent_at >= frozen.since
        return False
