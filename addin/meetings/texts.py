"""The words about a meeting: the block for the calendar item and the texts for each audience.

Fills the central templates with what the meeting, its unit and its provider say; never with anything from the item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from addin.meetings.changed_times import ChangedTime
from addin.meetings.codes import grouped
from addin.meetings.errors import TextMissing, UnknownAudience
from addin.meetings.meeting_types import MeetingTypes
from addin.meetings.model import Meeting, Window
from addin.meetings.ports import Clock, ConferencingProvider
from addin.meetings.times import date_at_home, time_zone
from addin.meetings.units import Units
from templates_messages.catalogue import Catalogue, select, select_notice
from templates_messages.item_block import JOIN_PATH, START_PATH, earlier_blocks, item_block
from templates_messages.rendering import RenderedText, render
from templates_messages.titles import NeutralTitles, Titles
from templates_messages.values import TextValues
from templates_messages.vocabulary import Audience, Language, Occasion


def notice_id(name: str) -> str:
    """Return the id of the text for a mail to the meeting's own people, by what it tells."""
    return f"notice-{name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Contact:
    """How a unit is reached and who supports the service, as the settings say; empty when there is none."""

    base_url: str
    support: str
    info_page: str


@dataclass(frozen=True, slots=True)
class MeetingTexts:
    """Renders texts about meetings."""

    catalogue: Catalogue
    titles: Titles
    types: MeetingTypes
    units: Units
    providers: Mapping[str, ConferencingProvider]
    clock: Clock
    contact: Contact

    def join_link(self, meeting: Meeting) -> str:
        """Return the link that guests get; the same for the whole life of the meeting."""
        return f"{self.contact.base_url}{JOIN_PATH}{grouped(meeting.join_code)}"

    def start_link(self, meeting: Meeting) -> str:
        """Return the link by which staff start the meeting; useless to others."""
        return f"{self.contact.base_url}{START_PATH}{grouped(meeting.start_code)}"

    def neutral(self, meeting: Meeting) -> NeutralTitles:
        """Return the neutral subject, room title and place of this kind of meeting."""
        return self.titles.of(meeting.type, meeting.variant)

    def block(self, meeting: Meeting) -> RenderedText:
        """Return the block for the calendar item, as HTML and as plain text."""
        today = date_at_home(self.clock.now())
        return item_block(self.catalogue, meeting.type, meeting.variant, self._values(meeting), on=today)

    def block_with_earlier(self, meeting: Meeting) -> tuple[RenderedText, tuple[str, ...]]:
        """Return the block, and in earlier wordings as plain text: an item not written since bears one of them."""
        today, values = date_at_home(self.clock.now()), self._values(meeting)
        kind = (self.catalogue, meeting.type, meeting.variant, values)
        return item_block(*kind, on=today), earlier_blocks(*kind, on=today)

    def for_audience(self, meeting: Meeting, audience: str, language: str) -> list[RenderedText]:
        """Return the texts in the order in which the pane offers them: invitation, new time, cancelled, inserts.

        Raises UnknownAudience, TextMissing (no such language).
        """
        if audience not in self.types.of(meeting.type).audiences:
            raise UnknownAudience
        try:
            spoken = Language(language)
        except ValueError:
            raise TextMissing from None
        chosen = select(
            self.catalogue,
            meeting.type,
            meeting.variant,
            Audience(audience),
            spoken,
            on=date_at_home(self.clock.now()),
            has_previous_time=_previous(meeting, audience) is not None,
        )
        values = self._values(meeting, audience)
        # Whoever never heard of the last move hears that the time is off at which she would come.
        known = replace(meeting, window=meeting.known_time(audience, self.clock.now()))
        off = self._values(known, audience)
        return [
            render(text, off if text.occasion is Occasion.CANCELLED else values, wanted=spoken)
            for text in chosen
        ]

    def of_time(
        self, meeting: Meeting, changed: ChangedTime, audience: str, language: Language
    ) -> RenderedText | None:
        """Return the text about one time of a series: that it is off, that it has moved, or that it is on again.

        None when there is no such text. Raises UnknownAudience.
        """
        window = changed.now or changed.was
        if window is None or audience not in self.types.of(meeting.type).audiences:
            raise UnknownAudience
        wanted = Occasion.OCCURRENCE_CANCELLED
        if changed.now:
            wanted = Occasion.RESCHEDULED if changed.was else Occasion.INVITATION
        chosen = select(
            self.catalogue,
            meeting.type,
            meeting.variant,
            Audience(audience),
            language,
            on=date_at_home(self.clock.now()),
            has_previous_time=True,
            of_one_time=True,
        )
        text = next((one for one in chosen if one.occasion is wanted), None)
        previous = changed.was if wanted is Occasion.RESCHEDULED else None
        at_that_time = replace(meeting, window=window, previous=previous, told={})
        return render(text, self._values(at_that_time, audience), wanted=language) if text else None

    def notice(self, meeting: Meeting, kind: str, must_hear: tuple[str, ...]) -> RenderedText | None:
        """Return the mail to the meeting's own people about what happened, or None when there is no such text.

        `kind` is a `NoticeKind` or `reminder`; `must_hear` are the audiences that they should tell.
        """
        today = date_at_home(self.clock.now())
        text = select_notice(self.catalogue, notice_id(kind), on=today)
        if text is None:
            return None
        values = replace(
            self._values(meeting, must_hear[0] if must_hear else None),
            must_hear=tuple(Audience(audience) for audience in must_hear),
            told_page=self.told_page(meeting),
        )
        return render(text, values)

    def told_page(self, meeting: Meeting) -> str:
        """Return where staff find the texts after a change, and say that the others have been told."""
        return f"{self.start_link(meeting)}/told"

    def central_template(self, texts: list[RenderedText]) -> str | None:
        """Return the name of the 1177 template that already holds the invitation, or None."""
        named = (text.central_template for text in texts if text.occasion is Occasion.INVITATION)
        return next(filter(None, named), None)

    def _values(self, meeting: Meeting, audience: str | None = None) -> TextValues:
        kind, unit = self.types.of(meeting.type), self.units.of(meeting.unit)
        provider = self.providers.get(kind.provider)
        capabilities = provider.capabilities if provider else None
        previous = _previous(meeting, audience)
        return TextValues(
            start=meeting.window.start,
            end=meeting.window.end,
            zone=time_zone(meeting.window.zone),
            previous_start=previous.start if previous else None,
            previous_end=previous.end if previous else None,
            join_link=self.join_link(meeting),
            start_link=self.start_link(meeting),
            spoken_code=grouped(meeting.join_code),
            unit_name=unit.name,
            contact_telephone=unit.telephone,
            contact_hours=unit.hours,
            contact_without_speech=unit.contact_without_speech,
            data_controller=unit.data_controller,
            participant_limit=kind.participant_limit,
            opens_minutes_before=int(kind.opens_before.total_seconds() // 60),
            days_kept=kind.days_kept,
            info_page=self.contact.info_page or None,
            support=self.contact.support or None,
            encrypted=bool(capabilities and capabilities.encrypted),
            not_recorded=bool(capabilities and capabilities.never_recorded),
        )


def _previous(meeting: Meeting, audience: str | None) -> Window | None:
    """Return the earlier time as the audience knows it."""
    return meeting.earlier_time(audience) if audience else meeting.previous
