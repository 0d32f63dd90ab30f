"""Whose meeting is it, and is there one yet: rules that every use case asks, so that none has its own."""

from __future__ import annotations

import re

from addin.meetings.errors import MeetingNotFound, MeetingNotReady
from addin.meetings.ledger_port import Reading
from addin.meetings.model import Meeting, MeetingState, Principal

# Anything else was never an id of ours, and need not reach the ledger.
_ID = re.compile(r"[0-9a-f]{32}")


def belongs_to(meeting: Meeting, who: Principal) -> bool:
    """Whether `who` booked it, is its host, has the mailbox that holds it, or that of the one it was booked for.

    The mailboxes come from a verified token of the organisation's own tenant: her own, and those that she shares. It
    is right that whoever is given a mailbox is given its meetings; the staff identity itself is tenant and object id
    (docs/adr/0007, 0036).
    """
    if meeting.tenant != who.tenant:
        return False
    if who.object_id in (meeting.actor, *meeting.hosts):
        return True
    return not {meeting.mailbox, meeting.on_behalf_of}.isdisjoint(who.mailboxes)


def own_meeting(reading: Reading, meeting_id: str, who: Principal) -> Meeting:
    """Return the meeting; raises MeetingNotFound when there is none or it is somebody else's."""
    meeting = reading.meeting(meeting_id) if _ID.fullmatch(meeting_id) else None
    if meeting is None or not belongs_to(meeting, who):
        raise MeetingNotFound
    return meeting


def made_meeting(reading: Reading, meeting_id: str, who: Principal) -> Meeting:
    """Return the meeting when there is something to give away of it.

    Raises MeetingNotFound, and MeetingNotReady while its first room is still to be made.
    """
    meeting = own_meeting(reading, meeting_id, who)
    if not is_made(reading, meeting):
        raise MeetingNotReady
    return meeting


def is_made(reading: Reading, meeting: Meeting) -> bool:
    """Whether the meeting has or has had a room, so that its link leads somewhere that tells the truth."""
    return meeting.state is MeetingState.LIVE or any(room.made_at for room in reading.rooms(meeting.id))
