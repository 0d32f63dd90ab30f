"""The block that stands in the calendar item, and the words by which it is found again.

Outlook rewrites the HTML that is written into an item: comments, ids and classes go, tags are exchanged, a
`div` becomes a `p`. So the block carries its own marks in what people see: its first line is `OPENING` with the
join link (`/m/<code>`), its last line is the start link (`/start/<code>`) under the words `CLOSING`. To find it:
take the paragraph that holds the join link as the first and the paragraph that holds the start link, in text or
in an `href`, as the last. The codes are random, so no other text can be mistaken for it; the words
are a second sign for a block whose start link a phone or a mail filter has taken. The pane's `block.js` and
`calendar_sync.block_verdicts` mirror `CLOSING`.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from types import MappingProxyType
from typing import Final

from templates_messages.catalogue import Catalogue, Text, select
from templates_messages.rendering import MissingValue, RenderedText, render, render_plain
from templates_messages.times import former_window_in_words, window_in_words
from templates_messages.values import TextValues
from templates_messages.vocabulary import Audience, Language, Occasion

OPENING: Final[Mapping[Language, str]] = MappingProxyType(
    {Language.SWEDISH: "Anslut till mötet:", Language.ENGLISH: "Join the meeting:"}
)
CLOSING: Final[Mapping[Language, str]] = MappingProxyType(
    {Language.SWEDISH: "Starta möte (vårdpersonal)", Language.ENGLISH: "Start the meeting (staff)"}
)
JOIN_PATH: Final = "/m/"
START_PATH: Final = "/start/"


class NoCalendarText(LookupError):
    """No published calendar text serves this kind of meeting. Names type and variant."""


def item_block(
    catalogue: Catalogue,
    meeting_type: str,
    variant: str,
    values: TextValues,
    *,
    on: date,
    language: Language = Language.SWEDISH,
) -> RenderedText:
    """Render the block for the item. `on` is today, which decides the version. Raises NoCalendarText, MissingValue."""
    return render(_in_force(catalogue, meeting_type, variant, on, language), values, wanted=language)


def earlier_blocks(
    catalogue: Catalogue,
    meeting_type: str,
    variant: str,
    values: TextValues,
    *,
    on: date,
    language: Language = Language.SWEDISH,
) -> tuple[str, ...]:
    """Return the block as earlier versions of its text said it, as plain text, newest first.

    An item that was written then still bears one, and its lines are known as ours by these. One that needs a value
    which there is no longer is left out. Where times were told otherwise then (ADR 38), one in that way follows.
    """
    now = _in_force(catalogue, meeting_type, variant, on, language)
    served = catalogue.published_for(meeting_type, variant, Audience.CALENDAR)
    earlier = [
        text
        for text in served
        if (text.id, text.language) == (now.id, now.language) and text.version < now.version
    ]
    blocks = []
    for text in sorted(earlier, key=lambda text: text.version, reverse=True):
        with suppress(MissingValue):
            blocks.append(render_plain(text, values))
    of_window = (values.start, values.end, language, values.zone)
    now_told, then_told = window_in_words(*of_window), former_window_in_words(*of_window)
    then = [block.replace(now_told, then_told) for block in blocks if now_told != then_told]
    return (*blocks, *then)


def _in_force(catalogue: Catalogue, meeting_type: str, variant: str, on: date, language: Language) -> Text:
    for text in select(catalogue, meeting_type, variant, Audience.CALENDAR, language, on=on):
        if text.occasion is Occasion.INVITATION:
            return text
    raise NoCalendarText(f"no published calendar text serves {meeting_type}/{variant}")
