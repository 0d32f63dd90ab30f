"""From a meeting to the JSON that people's panes see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from addin.meetings.access import is_made
from addin.meetings.codes import grouped
from addin.meetings.lobby import falls_short
from addin.meetings.model import CalendarNote, Meeting, MeetingState, Window
from addin.meetings.ports import ConferencingProvider, Ledger
from addin.meetings.texts import MeetingTexts
from addin.meetings.times import time_zone
from addin.web.problems import ATTENTION, CALENDAR_NOTES

LOBBY_DEVIATION = (
    "Videotjänsten släpper in alla i väntrummet samtidigt, när värden ansluter. "
    "Kontrollera vilka som väntar innan du startar mötet."
)


@dataclass(frozen=True, slots=True)
class Representation:
    """Describes meetings; reads the ledger only for those whose room may not be there."""

    ledger: Ledger
    texts: MeetingTexts
    providers: Mapping[str, ConferencingProvider]

    def of(self, meeting: Meeting, *, with_block: bool = True) -> dict[str, Any]:
        """Return the fields of `MeetingSchema`."""
        made = self._is_made(meeting)
        neutral = self.texts.neutral(meeting)
        previous = meeting.previous
        return {
            "id": meeting.id,
            "state": meeting.state.value,
            "unbound": meeting.unbound,
            "revision": meeting.revision,
            "type": meeting.type,
            "variant": meeting.variant,
            "unit": meeting.unit,
            "start": _local(meeting.window, meeting.window.start),
            "end": _local(meeting.window, meeting.window.end),
            "time_zone": meeting.window.zone,
            "mailbox": meeting.mailbox,
            "on_behalf_of": meeting.on_behalf_of,
            "hosts": list(meeting.hosts),
            "join_url": self.texts.join_link(meeting) if made else None,
            "start_url": self.texts.start_link(meeting) if made else None,
            "join_code_spoken": grouped(meeting.join_code) if made else None,
            "neutral_subject": neutral.subject,
            "location": neutral.location,
            "item_block": self._block(meeting) if made and with_block else None,
            "previous_start": _local(previous, previous.start) if previous else None,
            "previous_end": _local(previous, previous.end) if previous else None,
            "attention": self._attention(meeting),
            "calendar_notes": [
                {"code": note.value, "message": CALENDAR_NOTES[note]}
                for note in CalendarNote
                if note in meeting.calendar_notes
            ],
            "deviation": self._deviation(meeting),
            "retryable": meeting.state is MeetingState.WANTED,
            "told": {audience: told.revision for audience, told in meeting.told.items()},
            "told_stale": list(meeting.must_hear),
        }

    def _is_made(self, meeting: Meeting) -> bool:
        if meeting.state is MeetingState.LIVE:
            return True
        return self.ledger.read(lambda reading: is_made(reading, meeting))

    def _block(self, meeting: Meeting) -> dict[str, Any]:
        block = self.texts.block(meeting)
        return {
            "html": block.html,
            "text": block.plain,
            "earlier": list(self.texts.earlier_blocks(meeting)),
        }

    def _attention(self, meeting: Meeting) -> dict[str, str] | None:
        if meeting.attention is None:
            return None
        return {"code": meeting.attention.value, "message": ATTENTION[meeting.attention]}

    def _deviation(self, meeting: Meeting) -> str | None:
        kind = self.texts.types.of(meeting.type)
        provider = self.providers.get(kind.provider)
        return LOBBY_DEVIATION if provider and falls_short(kind, provider) else None


def _local(window: Window, moment: datetime) -> str:
    return moment.astimezone(time_zone(window.zone)).isoformat()
