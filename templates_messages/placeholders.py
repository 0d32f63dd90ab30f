"""Which values a text may ask for, by audience and channel.

There is no placeholder for a name, a personal number, a diagnosis or free text, so no text can carry one.
What leads into the room as host (`motesvard_*`) exists for staff only: never for patients, externals,
interpreters or Prator. The calendar block may carry the start link, because the start page asks for a
staff sign-in; the host PIN stands on the start page alone and no shipped text asks for it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from templates_messages.vocabulary import Audience, Channel, Occasion


class Kind(Enum):
    """What a placeholder becomes: words, an address that is also a link, or a truth to test with `if`."""

    WORDS = "words"
    LINK = "link"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One value that a text may ask for; `optional` ones must stand inside an `if` of their own."""

    kind: Kind = Kind.WORDS
    optional: bool = False


PLACEHOLDERS: Final[dict[str, Placeholder]] = {
    "datum": Placeholder(),
    "tid": Placeholder(),
    "tid_start": Placeholder(),
    "tid_slut": Placeholder(),
    "tidigare_tid": Placeholder(optional=True),
    "lank": Placeholder(Kind.LINK),
    "talad_kod": Placeholder(optional=True),
    "enhet": Placeholder(),
    "kontakt": Placeholder(),
    "kontakt_utan_tal": Placeholder(optional=True),
    "pin_deltagare": Placeholder(optional=True),
    "videosystem_adress": Placeholder(optional=True),
    "telefon_anslutning": Placeholder(optional=True),
    "max_deltagare": Placeholder(),
    "dagar_kvar": Placeholder(),
    "oppnar_min_fore": Placeholder(),
    "personuppgiftsansvarig": Placeholder(),
    "infosida": Placeholder(Kind.LINK, optional=True),
    "support": Placeholder(optional=True),
    "krypterat": Placeholder(Kind.FLAG),
    "spelas_inte_in": Placeholder(Kind.FLAG),
    "ska_fa_besked": Placeholder(optional=True),
    "besked_lank": Placeholder(Kind.LINK, optional=True),
    "motesvard_lank": Placeholder(Kind.LINK, optional=True),
    "motesvard_pin": Placeholder(optional=True),
}

HOST_ONLY: Final = frozenset({"motesvard_lank", "motesvard_pin"})
NOTICE_ONLY: Final = frozenset({"ska_fa_besked", "besked_lank"})
TIMES: Final = frozenset({"datum", "tid", "tid_start", "tid_slut", "tidigare_tid"})
COMMON: Final = frozenset(PLACEHOLDERS) - HOST_ONLY - NOTICE_ONLY
# A mail tells when, what kind of change and where to read on; neither which unit nor any way into the room.
IN_MAIL: Final = NOTICE_ONLY | TIMES

ALLOWED: Final[dict[Audience, frozenset[str]]] = {
    Audience.CALENDAR: COMMON | {"motesvard_lank"},
    Audience.PATIENT: COMMON,
    Audience.STAFF: COMMON | HOST_ONLY,
    Audience.EXTERNAL: COMMON,
    Audience.INTERPRETER: COMMON,
}

_WHEN_AND_WHERE: Final = frozenset({"tid", "enhet"})
_INVITED_GUEST: Final = frozenset({"tid", "enhet", "kontakt", "lank"})
_HOST_START: Final = frozenset({"tid", "enhet", "motesvard_lank"})

# A 1177 message must name the unit, its purpose and where to turn with questions (Inera, OIIK/3585802241).
_REQUIRED: Final[dict[tuple[Audience, Occasion], frozenset[str]]] = {
    # The item shows its own time; a second one beside it would be wrong after a drag.
    (Audience.CALENDAR, Occasion.INVITATION): frozenset({"enhet", "motesvard_lank", "lank", "kontakt"}),
    (Audience.PATIENT, Occasion.INVITATION): _INVITED_GUEST,
    (Audience.PATIENT, Occasion.RESCHEDULED): _INVITED_GUEST | {"tidigare_tid"},
    (Audience.PATIENT, Occasion.CANCELLED): _WHEN_AND_WHERE | {"kontakt"},
    (Audience.STAFF, Occasion.INVITATION): _HOST_START,
    (Audience.STAFF, Occasion.RESCHEDULED): _HOST_START | {"tidigare_tid"},
    (Audience.STAFF, Occasion.CANCELLED): _WHEN_AND_WHERE,
    (Audience.STAFF, Occasion.NOTICE): frozenset({"tid", "besked_lank"}),
    (Audience.EXTERNAL, Occasion.INVITATION): _INVITED_GUEST,
    (Audience.EXTERNAL, Occasion.RESCHEDULED): _INVITED_GUEST | {"tidigare_tid"},
    (Audience.EXTERNAL, Occasion.CANCELLED): _WHEN_AND_WHERE | {"kontakt"},
    (Audience.INTERPRETER, Occasion.INVITATION): _INVITED_GUEST,
    (Audience.INTERPRETER, Occasion.RESCHEDULED): _INVITED_GUEST | {"tidigare_tid"},
    (Audience.INTERPRETER, Occasion.CANCELLED): _WHEN_AND_WHERE | {"kontakt"},
}
# `tid` is the whole window in one; a text may also spell it out.
STANDS_IN_FOR: Final = {"tid": frozenset({"datum", "tid_start"})}


def allowed(audience: Audience, channel: Channel) -> frozenset[str]:
    """Return the names that a text for this audience in this channel may use."""
    names = ALLOWED[audience]
    if channel is Channel.MAIL:
        return IN_MAIL if audience is Audience.STAFF else frozenset()
    return names - HOST_ONLY if channel is Channel.PRATOR else names


def required(audience: Audience, channel: Channel, occasion: Occasion) -> frozenset[str]:
    """Return the names that such a text must use; an insert is a part of another text and needs none."""
    # That one time of a series is off is told like that a meeting is.
    like = Occasion.CANCELLED if occasion is Occasion.OCCURRENCE_CANCELLED else occasion
    return _REQUIRED.get((audience, like), frozenset()) & allowed(audience, channel)


def missing(names: frozenset[str], used: frozenset[str]) -> frozenset[str]:
    """Return the required `names` that `used` holds neither itself nor in the parts that stand in for it."""
    return frozenset(name for name in names - used if not STANDS_IN_FOR.get(name, frozenset({name})) <= used)
