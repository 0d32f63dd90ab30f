"""The calendar invitation of a meeting, for those outside who keep a calendar of their own.

The words are those of the central texts for that audience; what they say of the meeting is what the invitation says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from addin.meetings.access import made_meeting
from addin.meetings.errors import UnknownAudience
from addin.meetings.ledger_port import Ledger, Reading
from addin.meetings.links import followed_series
from addin.meetings.model import Meeting, Principal
from addin.meetings.ports import Clock
from addin.meetings.texts import MeetingTexts
from calendar_sync.invitations import Invitation, cancellation, method_of, request
from calendar_sync.series import Series
from templates_messages.vocabulary import Audience, Language, Occasion

# Those whose work puts it in a calendar. A patient has hers in 1177's inbox, and a calendar is read by a household.
INVITED: Final = (Audience.EXTERNAL, Audience.INTERPRETER)


@dataclass(frozen=True, slots=True)
class WrittenInvitation:
    """An iCalendar file, and the method that its media type names; None for a plain entry."""

    content: bytes
    method: str | None


@dataclass(frozen=True, slots=True)
class MeetingInvitations:
    """Writes a meeting as an invitation, as its update, or that it is called off.

    `organiser` is the address from which the organisation's mail about meetings comes, and which belongs to nobody;
    None where no mail is sent.
    """

    texts: MeetingTexts
    ledger: Ledger
    clock: Clock
    organiser: str | None

    def write(self, meeting_id: str, audience: str, who: Principal) -> WrittenInvitation:
        """Return the invitation as the meeting is now.

        Raises MeetingNotFound, MeetingNotReady, UnknownAudience.
        """
        if audience not in INVITED:
            raise UnknownAudience

        def unit(reading: Reading) -> tuple[Meeting, Series | None]:
            meeting = made_meeting(reading, meeting_id, who)
            return meeting, followed_series(reading.binding(meeting_id))

        meeting, series = self.ledger.read(unit)
        invitation = self._of(meeting, audience, series)
        cancelled = meeting.is_cancelled
        content = cancellation(invitation) if cancelled else request(invitation)
        return WrittenInvitation(content, method_of(invitation, cancelled=cancelled))

    def _of(self, meeting: Meeting, audience: str, series: Series | None) -> Invitation:
        wanted = Occasion.CANCELLED if meeting.is_cancelled else Occasion.INVITATION
        texts = self.texts.for_audience(meeting, audience, Language.SWEDISH)
        return Invitation(
            # An id of ours, in the form that RFC 7986, section 5.3 wants; it leads nowhere.
            uid=str(UUID(meeting.id)),
            sequence=meeting.revision,
            stamp=self.clock.now().replace(microsecond=0),
            start=meeting.window.start,
            end=meeting.window.end,
            zone=meeting.window.zone,
            summary=self.texts.neutral(meeting).room_title,
            description=next((text.plain for text in texts if text.occasion is wanted), ""),
            join_link=self.texts.join_link(meeting),
            link_label="Anslut till mötet",
            organiser=self.organiser,
            series=series,
        )
