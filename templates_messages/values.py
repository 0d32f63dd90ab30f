"""The only way into a text: `TextValues`, a closed set of facts about the meeting, its unit and its provider.

It has no field for a person and none for free text. It must not know where the facts come from.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from templates_messages.times import clocks_in_words, day_in_words, window_in_words
from templates_messages.vocabulary import Audience, Language

# Line breaks would forge lines of a text; bidi controls and zero-width characters reorder or hide what is read.
_UNFIT_CHARACTERS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_UNFIT_IN_LINKS: Final = re.compile(r"[\s<>\"'`\\{}|^]")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class UnfitValue(ValueError):
    """A value that no text may carry. Names the field and the fault, never the value itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextValues:
    """What a text may tell, in the words of the organisation's own settings.

    `start`, `end` and the previous pair are aware datetimes of any offset; `zone` is the item's, and they
    are told in Swedish time, with the time there where it differs.
    Links are https (http only on this machine, for the sandbox). Optional values are None or empty when
    there is nothing to say; what a text says about them then disappears. Raises UnfitValue.
    """

    start: datetime
    end: datetime
    zone: ZoneInfo
    join_link: str
    unit_name: str
    contact_telephone: str
    data_controller: str
    participant_limit: int
    """Everybody who connects, hosts and interpreters counted."""
    opens_minutes_before: int
    days_kept: int
    """Days after `end` during which the meeting can be started again or moved."""
    contact_hours: str | None = None
    contact_without_speech: str | None = None
    previous_start: datetime | None = None
    previous_end: datetime | None = None
    start_link: str | None = None
    host_pin: str | None = field(default=None, repr=False)
    guest_pin: str | None = field(default=None, repr=False)
    spoken_code: str | None = None
    video_system_address: str | None = None
    dial_in_number: str | None = None
    info_page: str | None = None
    must_hear: tuple[Audience, ...] = ()
    """Whom staff should tell of the change, for a mail to them."""
    told_page: str | None = None
    """Where staff read on after such a mail, and say that the others have been told."""
    support: str | None = None
    encrypted: bool = False
    """The provider encrypts the call; without it no text says so."""
    not_recorded: bool = False
    """The provider cannot record, or recording is off for the room; without it no text says so."""

    def __post_init__(self) -> None:
        """Refuse what no text may carry."""
        _check_window("start", "end", self.start, self.end)
        if (self.previous_start is None) != (self.previous_end is None):
            raise UnfitValue("previous_start and previous_end belong together")
        if self.previous_start is not None and self.previous_end is not None:
            _check_window("previous_start", "previous_end", self.previous_start, self.previous_end)
        for name in _WORD_FIELDS:
            _check_words(name, getattr(self, name))
        for name in _NEVER_EMPTY:
            if not getattr(self, name).strip():
                raise UnfitValue(f"{name} is empty, and every text relies on it")
        for name in _LINK_FIELDS:
            _check_link(name, getattr(self, name))


_WORD_FIELDS: Final = (
    "unit_name",
    "contact_telephone",
    "contact_hours",
    "contact_without_speech",
    "host_pin",
    "guest_pin",
    "spoken_code",
    "video_system_address",
    "dial_in_number",
    "data_controller",
    "support",
)
_NEVER_EMPTY: Final = ("unit_name", "contact_telephone", "data_controller")
_LINK_FIELDS: Final = ("join_link", "start_link", "info_page", "told_page")


def _check_window(start_name: str, end_name: str, start: datetime, end: datetime) -> None:
    for name, moment in ((start_name, start), (end_name, end)):
        if moment.utcoffset() is None:
            raise UnfitValue(f"{name} has no offset from UTC")
    if end <= start:
        raise UnfitValue(f"{end_name} is not after {start_name}")


def _check_words(name: str, value: str | None) -> None:
    # All that is unfit is not printable, and what is printable is told three times as fast.
    if value is not None and not value.isprintable() and _UNFIT_CHARACTERS.search(value):
        raise UnfitValue(f"{name} holds a line break, a control character or an invisible character")


def _check_link(name: str, value: str | None) -> None:
    if value is None:
        return
    _check_words(name, value)
    if _UNFIT_IN_LINKS.search(value):
        raise UnfitValue(f"{name} holds a character that does not belong in an address")
    fault = _fault_of_origin("/".join(value.split("/", 3)[:3]))
    if fault:
        raise UnfitValue(f"{name} is {fault}")


@lru_cache(maxsize=64)
def _fault_of_origin(origin: str) -> str | None:
    """Return what is wrong with an address up to its path; kept, since most links lead to the service itself."""
    parts = address_parts(origin)
    if parts is None or not parts.hostname or parts.username is not None:
        return "not an address with a plain host name"
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return "not an https address"
    return None


def address_parts(address: str) -> SplitResult | None:
    """Return the parts of an address, None for one that cannot be taken apart (such as half of an IPv6 host)."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _clocks(values: TextValues, language: Language) -> tuple[str, str]:
    return clocks_in_words(values.start, values.end, language, values.zone)


def _previous_window(values: TextValues, language: Language) -> str | None:
    if values.previous_start is None or values.previous_end is None:
        return None
    return window_in_words(values.previous_start, values.previous_end, language, values.zone)


_TELEPHONE_WORD: Final = {Language.SWEDISH: "telefon", Language.ENGLISH: "telephone"}


def _contact(values: TextValues, language: Language) -> str:
    spoken = f"{_TELEPHONE_WORD[language]} {values.contact_telephone}"
    return f"{spoken} ({values.contact_hours})" if values.contact_hours else spoken


_AUDIENCE_WORDS: Final = {
    Language.SWEDISH: (
        {
            Audience.PATIENT: "patient",
            Audience.STAFF: "medarbetare",
            Audience.EXTERNAL: "extern part",
            Audience.INTERPRETER: "tolk",
        },
        " och ",
    ),
    Language.ENGLISH: (
        {
            Audience.PATIENT: "patient",
            Audience.STAFF: "staff",
            Audience.EXTERNAL: "external party",
            Audience.INTERPRETER: "interpreter",
        },
        " and ",
    ),
}


def _must_hear(values: TextValues, language: Language) -> str | None:
    """Return `patient, tolk och extern part`."""
    words, conjunction = _AUDIENCE_WORDS[language]
    *others, last = [words[audience] for audience in values.must_hear] or [""]
    return (f"{', '.join(others)}{conjunction}{last}" if others else last) or None


Value = str | int | bool | None

_RESOLVERS: Final[dict[str, Callable[[TextValues, Language], Value]]] = {
    "datum": lambda values, language: day_in_words(values.start, values.end, language, values.zone),
    "tid": lambda values, language: window_in_words(values.start, values.end, language, values.zone),
    "tid_start": lambda values, language: _clocks(values, language)[0],
    "tid_slut": lambda values, language: _clocks(values, language)[1],
    "tidigare_tid": _previous_window,
    "lank": lambda values, _: values.join_link,
    "talad_kod": lambda values, _: values.spoken_code,
    "enhet": lambda values, _: values.unit_name,
    "kontakt": _contact,
    "kontakt_utan_tal": lambda values, _: values.contact_without_speech,
    "pin_deltagare": lambda values, _: values.guest_pin,
    "videosystem_adress": lambda values, _: values.video_system_address,
    "telefon_anslutning": lambda values, _: values.dial_in_number,
    "max_deltagare": lambda values, _: values.participant_limit,
    "dagar_kvar": lambda values, _: values.days_kept,
    "oppnar_min_fore": lambda values, _: values.opens_minutes_before,
    "personuppgiftsansvarig": lambda values, _: values.data_controller,
    "infosida": lambda values, _: values.info_page,
    "support": lambda values, _: values.support,
    "krypterat": lambda values, _: values.encrypted,
    "spelas_inte_in": lambda values, _: values.not_recorded,
    "ska_fa_besked": _must_hear,
    "besked_lank": lambda values, _: values.told_page,
    "motesvard_lank": lambda values, _: values.start_link,
    "motesvard_pin": lambda values, _: values.host_pin,
}


def resolve(values: TextValues, names: Iterable[str], language: Language) -> Mapping[str, Value]:
    """Return the values of the placeholders `names`, in words of `language`; None where there is nothing to say.

    Only the asked-for ones are worked out: dates cost most of a rendering. Raises KeyError for an unknown name.
    """
    return {name: _RESOLVERS[name](values, language) for name in names}
