"""Owes a meeting's people the mail about a change: one rule for what is changed here, by *Byt länk* and in a calendar.

Nothing is sent here (`send_notices`), and what a mail says is looked up when it is.
"""

from __future__ import annotations

from addin.meetings.ledger_port import Writing
from addin.meetings.model import Meeting
from addin.meetings.notices import NoticeKind, must_be_called_off, who_must_hear


def owe_change(writing: Writing, meeting: Meeting, kind: NoticeKind, quiet_seconds: float) -> None:
    """Owe the mail about a change if others must hear of it; else see to it that none goes out, or call it off.

    `quiet_seconds`: how long the mail waits for the next change, whose mail then takes its place.
    """
    if who_must_hear(meeting):
        writing.owe_notice(meeting.id, kind, quiet_seconds)
    elif not call_off(writing, meeting, quiet_seconds):
        # What everybody was told is true, or true again before anybody heard that it was not.
        writing.drop_notice(meeting.id, kind.about)


def call_off(writing: Writing, meeting: Meeting, quiet_seconds: float) -> bool:
    """Owe the mail that calls off one which asked to tell others of what is undone; False when none did."""
    if not any(must_be_called_off(one, meeting) for one in writing.notices(meeting.id)):
        return False
    writing.owe_notice(meeting.id, NoticeKind.HOLDS_AGAIN, quiet_seconds)
    return True
