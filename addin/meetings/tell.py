"""Who must hear of a change, the texts for them, and the word that they have: for staff who come by the start link.

A mail leads here, also when the item is deleted and there is no pane to open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from addin.meetings.access import belongs_to
from addin.meetings.changed_times import ChangedTime
from addin.meetings.codes import parse_code
from addin.meetings.errors import (
    MeetingNotFound,
    MistypedCode,
    UnknownAudience,
    UnknownMeetingType,
    UnknownUnit,
)
from addin.meetings.ledger_port import Ledger, Reading, Writing
from addin.meetings.links import lacks_only_link, told_of_link
from addin.meetings.model import AuditEntry, CalendarNote, Meeting, Principal, Told, Window
from addin.meetings.ports import Clock
from addin.meetings.read_texts import KnownAs, known_as, unheard_of
from addin.meetings.texts import MeetingTexts
from templates_messages.rendering import RenderedText
from templates_messages.vocabulary import Language, Occasion

# What a meeting was booked with may be taken out of the settings: then there is no text to show, and still somebody who
# must hear, whom the page names without one.
_NOT_IN_SETTINGS: Final = (UnknownAudience, UnknownMeetingType, UnknownUnit)

# The item holds another meeting, or was not found where its mailbox went.
_ITEM_LOST: Final = frozenset({CalendarNote.ITEM_TAKEN, CalendarNote.ITEM_AWAITED})


@dataclass(frozen=True, slots=True)
class TimeToTell:
    """A time of a series beside the meeting's own that is another than an audience knows, and the text about it."""

    changed: ChangedTime
    text: RenderedText | None


@dataclass(frozen=True, slots=True)
class ToBeTold:
    """One audience that was told something which is no longer so, and the text that it should get now.

    `times` are other times of the series, each with a text of its own.
    """

    audience: str
    text: RenderedText | None
    times: Sequence[TimeToTell] = ()

    def is_among_times(self, window: Window) -> bool:
        """Whether the meeting's own time is told already by one of `times`."""
        return any(one.changed.now == window for one in self.times)


@dataclass(frozen=True, slots=True)
class TellOthers:
    """The use cases behind the page *Lämna besked*; any employee of the meeting's organisation may use it."""

    ledger: Ledger
    texts: MeetingTexts
    clock: Clock

    def look(self, typed: str, who: Principal) -> tuple[Meeting, list[ToBeTold]]:
        """Return the meeting of the start link, and who must hear. Raises MeetingNotFound, LedgerUnavailable."""
        known, changed = self.ledger.read(lambda reading: self._find(reading, typed, who))
        return known.now, [self._to_be_told(known, one, changed.get(one, ())) for one in known.now.must_hear]

    def _find(
        self, reading: Reading, typed: str, who: Principal
    ) -> tuple[KnownAs, Mapping[str, Sequence[ChangedTime]]]:
        meeting = _meeting(reading, typed, who)
        try:
            known = known_as(reading, meeting, self.texts, self.clock)
        except UnknownMeetingType:
            known = KnownAs(meeting, meeting, None)
        return known, unheard_of(reading, meeting, self.clock.now())

    def _to_be_told(self, known: KnownAs, audience: str, changed: Sequence[ChangedTime]) -> ToBeTold:
        told, times = known.now.told[audience], self._times(known.now, audience, changed)
        if any(one.is_own(told) for one in changed):
            # Theirs is off or elsewhere, and the next one is another: it has not moved there.
            return ToBeTold(audience, self._text_at(known.now, audience, Occasion.INVITATION), times)
        return ToBeTold(audience, self._text_for(known, audience), times)

    def _times(self, meeting: Meeting, audience: str, changed: Sequence[ChangedTime]) -> Sequence[TimeToTell]:
        return [TimeToTell(one, self._text_of_time(meeting, audience, one)) for one in changed]

    def _text_of_time(self, meeting: Meeting, audience: str, changed: ChangedTime) -> RenderedText | None:
        try:
            return self.texts.of_time(meeting, changed, audience, Language.SWEDISH)
        except _NOT_IN_SETTINGS:
            return None

    def removable(self, typed: str, who: Principal) -> Meeting | None:
        """Return a meeting that has lost its item, when it is hers to remove: no pane leads to it any more.

        Raises MeetingNotFound, LedgerUnavailable.
        """
        meeting = self.ledger.read(lambda reading: _meeting(reading, typed, who))
        has_lost_item = bool(meeting.calendar_notes & _ITEM_LOST) and not meeting.is_cancelled
        return meeting if has_lost_item and belongs_to(meeting, who) else None

    def told(self, typed: str, audience: str, as_of: Told | None, who: Principal) -> bool:
        """Note that an audience has been told; False when it must hear again, since the meeting is another by now.

        `as_of`: how the meeting was that its text told of; None when nobody knows. Raises MeetingNotFound,
        UnknownAudience, LedgerUnavailable.
        """

        def unit(writing: Writing) -> bool:
            meeting = _meeting_to_change(writing, typed, who)
            if audience not in meeting.told:
                raise UnknownAudience
            if as_of is None or as_of.revision != meeting.revision:
                told = _told_then(meeting, audience, as_of)
                writing.tell(meeting.id, audience, told)
                return audience not in replace(meeting, told={**meeting.told, audience: told}).must_hear
            coming, of_coming = writing.coming_link(meeting.id), lacks_only_link(meeting, audience)
            told = told_of_link(meeting, of_coming=of_coming, coming=coming)
            writing.tell(meeting.id, audience, told)
            now = self.clock.now()
            writing.audit(AuditEntry(now, who.tenant, who.object_id, "told", meeting.id, audience))
            return True

        return self.ledger.write(unit)

    def _text_for(self, known: KnownAs, audience: str) -> RenderedText | None:
        if lacks_only_link(known.now, audience):
            # Who has heard that a time is off needs only the link of the next.
            return self._text(known.now, known.then, audience)
        return self._text(known.until_then, None, audience)

    def _text(self, meeting: Meeting, then: Meeting | None, audience: str) -> RenderedText | None:
        """Return the text about what happened: *inställt*, *ny tid*, or the invitation anew, with a coming link."""
        wanted = _occasion(meeting, audience)
        if then and wanted is Occasion.INVITATION:
            meeting = then
        return self._text_at(meeting, audience, wanted)

    def _text_at(self, meeting: Meeting, audience: str, wanted: Occasion) -> RenderedText | None:
        try:
            texts = self.texts.for_audience(meeting, audience, Language.SWEDISH)
        except _NOT_IN_SETTINGS:
            return None
        return next((text for text in texts if text.occasion is wanted), None)


def _occasion(meeting: Meeting, audience: str) -> Occasion:
    if meeting.is_cancelled:
        return Occasion.CANCELLED
    told = meeting.told[audience]
    is_same_time = (told.start, told.end) == (meeting.window.start, meeting.window.end)
    return Occasion.INVITATION if is_same_time or told.cancelled else Occasion.RESCHEDULED


def _told_then(meeting: Meeting, audience: str, as_of: Told | None) -> Told:
    """Return what an audience knows that was told of another revision; of none that was, it knows nobody knows what."""
    if as_of is None or as_of.revision > meeting.revision:
        return meeting.told[audience].made_outdated()
    return meeting.as_told_then(audience, as_of)


def _meeting_to_change(writing: Writing, typed: str, who: Principal) -> Meeting:
    """Return the meeting locked against others, so that what they note meanwhile is not lost."""
    meeting = writing.meeting(_meeting(writing, typed, who).id)
    if meeting is None:
        raise MeetingNotFound
    return meeting


def _meeting(reading: Reading, typed: str, who: Principal) -> Meeting:
    try:
        meeting = reading.meeting_by_start_code(parse_code(typed))
    except MistypedCode:
        meeting = None
    if meeting is None or meeting.tenant != who.tenant:
        raise MeetingNotFound
    return meeting
