"""The words for those who are to come, as the pane copies them; while another link is to come, for one of the two.

Reads, and tells nobody: what was copied is noted by `change`, what a mail led to by `tell`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from addin.meetings.access import made_meeting
from addin.meetings.changed_times import ChangedTime, unheard_times
from addin.meetings.ledger_port import Ledger, Reading
from addin.meetings.links import as_until_then, awaited, followed_series
from addin.meetings.model import Meeting, Principal, Told
from addin.meetings.ports import Clock
from addin.meetings.texts import MeetingTexts
from templates_messages.rendering import RenderedText
from templates_messages.vocabulary import Occasion


@dataclass(frozen=True, slots=True)
class KnownAs:
    """A meeting as it stands, and as its people are to know it while another link is to come.

    `until_then`: those with its own link. `then`: those who come with the other one; None when none is to come, or no
    time is left for it.
    """

    now: Meeting
    until_then: Meeting
    then: Meeting | None


def known_as(reading: Reading, meeting: Meeting, texts: MeetingTexts, clock: Clock) -> KnownAs:
    """Return how a meeting is known to those with either link. Raises UnknownMeetingType."""
    link = reading.coming_link(meeting.id)
    if link is None:
        return KnownAs(meeting, meeting, None)
    open_after = texts.types.of(meeting.type).open_after
    waits = awaited(link, reading.binding(meeting.id), clock.now(), open_after)
    until_then = as_until_then(meeting, link, reading.occurrences(meeting.id))
    return KnownAs(meeting, until_then, waits.meeting_then(meeting) if waits else None)


def unheard_of(reading: Reading, meeting: Meeting, at: datetime) -> Mapping[str, Sequence[ChangedTime]]:
    """Return by audience which other times of a series it must hear of, as things stand at `at` (UTC).

    While another link is to come it depends on the time which link is theirs, which is for a person to say.
    """
    if not meeting.must_hear or meeting.is_cancelled:
        return {}
    series = followed_series(reading.binding(meeting.id))
    if series is None or reading.coming_link(meeting.id):
        return {}
    former = reading.former_series(meeting.id)
    return {
        one: unheard_times(meeting.told[one], former, series, meeting.window, at) for one in meeting.must_hear
    }


@dataclass(frozen=True, slots=True)
class ToCopy:
    """What an audience gets: the link, and the texts around it.

    `central_template` names the template of 1177 that holds the invitation already, so that the link alone does.
    `as_of` is how the meeting stands that they tell of: what those know who get them.
    """

    join_link: str
    central_template: str | None
    texts: list[RenderedText]
    as_of: Told


@dataclass(frozen=True, slots=True)
class ReadTexts:
    """The use cases behind *Kopiera länk* and *Kopiera hela texten*, and the block of the calendar item."""

    ledger: Ledger
    texts: MeetingTexts
    clock: Clock

    def block(self, meeting_id: str, who: Principal) -> RenderedText:
        """Return what stands in the item. Raises MeetingNotFound, MeetingNotReady, LedgerUnavailable."""
        return self.texts.block(self.ledger.read(lambda reading: made_meeting(reading, meeting_id, who)))

    def for_audience(
        self, meeting_id: str, audience: str, language: str, who: Principal, *, of_coming: bool
    ) -> ToCopy:
        """Return link and texts, in the order in which the pane offers them.

        `of_coming`: those with the link that is to come; where none is, those with the meeting's own. Raises
        MeetingNotFound, MeetingNotReady, UnknownAudience, TextMissing (no such language), LedgerUnavailable.
        """
        known, lost = self.ledger.read(lambda reading: self._known(reading, meeting_id, who))
        meeting = (known.then or known.now) if of_coming else known.until_then
        texts = self.texts.for_audience(meeting, audience, language)
        if audience in lost:
            # Theirs is off or elsewhere, and the next one is another: it has not moved there.
            texts = [text for text in texts if text.occasion is not Occasion.RESCHEDULED]
        template = self.texts.central_template(texts)
        return ToCopy(self.texts.join_link(meeting), template, texts, known.now.as_told_now)

    def _known(self, reading: Reading, meeting_id: str, who: Principal) -> tuple[KnownAs, frozenset[str]]:
        """Return how it is known, and the audiences whose own time of a series is another than the meeting's."""
        meeting = made_meeting(reading, meeting_id, who)
        changed = unheard_of(reading, meeting, self.clock.now())
        lost = {
            audience
            for audience, times in changed.items()
            if any(one.is_own(meeting.told[audience]) for one in times)
        }
        return known_as(reading, meeting, self.texts, self.clock), frozenset(lost)
