"""From a meeting to the JSON that people's panes see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from addin.meetings.access import is_made
from addin.meetings.change_link import link_outlook
from addin.meetings.codes import grouped
from addin.meetings.ledger_port import Ledger
from addin.meetings.links import MeetingLink, as_from_then
from addin.meetings.lobby import falls_short
from addin.meetings.model import CalendarNote, Meeting, MeetingState, Window
from addin.meetings.ports import ConferencingProvider
from addin.meetings.texts import MeetingTexts
from addin.meetings.times import time_zone
from addin.web.problems import attention_sentence, calendar_sentences

# Only what is a series, or was, can have a link that is to come.
_OF_SERIES: Final = frozenset({CalendarNote.SERIES, CalendarNote.LINK_COMING})

LOBBY_DEVIATION = (
    "Videotjänsten släpper in alla som väntar i lobbyn samtidigt, när värden ansluter. "
    "Se i deltagarlistan vilka som är med innan ni börjar, och ta bort den som inte ska vara det."
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
                {"code": note.value, "message": sentence}
                for note, sentence in calendar_sentences(meeting.calendar_notes)
            ],
            "deviation": self._deviation(meeting),
            "retryable": meeting.state is MeetingState.WANTED,
            **({"link_change": self._link_change(meeting, made=made)} if with_block else {}),
            "told": {audience: told.revision for audience, told in meeting.told.items()},
            "told_stale": list(meeting.must_hear),
        }

    def _is_made(self, meeting: Meeting) -> bool:
        if meeting.state is MeetingState.LIVE:
            return True
        return self.ledger.read(lambda reading: is_made(reading, meeting))

    def _block(self, meeting: Meeting) -> dict[str, Any]:
        block, earlier = self.texts.block_with_earlier(meeting)
        return {
            "html": block.html,
            "text": block.plain,
            "earlier": list(earlier),
        }

    def _link_change(self, meeting: Meeting, *, made: bool) -> dict[str, Any]:
        link, binding = None, None
        if meeting.calendar_notes & _OF_SERIES:
            link, binding = self.ledger.read(
                lambda reading: (reading.coming_link(meeting.id), reading.binding(meeting.id))
            )
        open_after = self.texts.types.of(meeting.type).open_after
        outlook = link_outlook(meeting, binding, link, open_after, self.texts.clock.now())
        occurrence, coming = outlook.occurrence, outlook.coming
        return {
            "possible": list(outlook.possible) if made else [],
            "next_start": _local(meeting.window, occurrence.start) if occurrence else None,
            "next_end": _local(meeting.window, occurrence.end) if occurrence else None,
            "coming": self._coming(meeting, coming) if coming else None,
        }

    def _coming(self, meeting: Meeting, link: MeetingLink) -> dict[str, str]:
        then = as_from_then(meeting, link, None)
        return {"join_url": self.texts.join_link(then), "join_code_spoken": grouped(then.join_code)}

    def _attention(self, meeting: Meeting) -> dict[str, str] | None:
        if meeting.attention is None:
            return None
        sentence = attention_sentence(meeting.attention, cancelled=meeting.is_cancelled)
        return {"code": meeting.attention.value, "message": sentence}

    def _deviation(self, meeting: Meeting) -> str | None:
        kind = self.texts.types.of(meeting.type)
        provider = self.providers.get(kind.provider)
        return LOBBY_DEVIATION if provider and falls_short(kind, provider) else None


def _local(window: Window, moment: datetime) -> str:
    return moment.astimezone(time_zone(window.zone)).isoformat()
