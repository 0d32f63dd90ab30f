"""Finds reserve numbers with letters: a date and four characters, by issuer (`rules.json`, `reserve_numbers`).

Forms: Inera, Personuppgiftstjänsten, "Lokala reservidn" and "Nationellt reservidformat" (NRID); HL7 Sweden,
basprofiler R4, PatientIdentifierConformancePatternSE, for the other regions. NRID's check digit is left unread: with
a moved century and letters the form alone is rare, and a number with a slip in it still points at somebody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from stdnum import luhn

from addin.privacy.birthdays import birthday, is_near
from addin.privacy.context import context_of, is_letter_at
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import NumberRules, ReserveRule

# Every part is bounded, so that a search which begins anew at each digit stays linear.
DATE_AND_SUFFIX: Final = re.compile(
    "([0-9]{4}|[0-9]{2})([ ./-]?)([0-9]{2})([ ./-]?)([0-9]{2})([ ./_-]{0,3})([0-9a-z]{4})"
)
A_LETTER: Final = re.compile("[a-z]")
TIGHT_GAPS: Final = ("", "-")
UNKNOWN_BIRTHDAY: Final = re.compile("00[0-9]{2}[2-9][0-9][45][0-9]")
FIRST_NATIONAL_SERIES: Final = 22
NATIONAL_STEP: Final = 3
EARLIEST_CENTURY: Final = 18


@dataclass(frozen=True, slots=True)
class Spelling:
    """A date and a suffix as written; `tight` when no more than one dash stands between them, and nothing before."""

    date_digits: str
    suffix: str
    tight: bool


def reserve_numbers(
    text: str, today: date, numbers: NumberRules, reserves: tuple[ReserveRule, ...]
) -> Iterator[Claim]:
    """Claim the reserve numbers with letters of a folded text."""
    place = 0
    while match := DATE_AND_SUFFIX.search(text, place):
        place = match.start() + 1
        if not A_LETTER.search(match[7]) or _is_part_of_more(text, match):
            continue
        tight = not (match[2] or match[4]) and match[6] in TIGHT_GAPS
        spelling = Spelling(match[1] + match[3] + match[5], match[7], tight)
        sure = context_of(text, match.start(), match.end(), numbers).number_word
        if any(_fits(rule, spelling, today, numbers.time_window_days, sure=sure) for rule in reserves):
            yield Claim(Kind.RESERVE_NUMBER, Tier.BLOCK, match.start(), match.end())


def _is_part_of_more(text: str, match: re.Match[str]) -> bool:
    start, end = match.span()
    return (
        text[max(0, start - 1) : start].isdecimal()
        or text[end : end + 1].isdecimal()
        or is_letter_at(text, end)
    )


def _fits(rule: ReserveRule, spelling: Spelling, today: date, days: int, *, sure: bool) -> bool:
    """Say whether this issuer writes such numbers. `sure`: a word for a personal number stands near."""
    if not rule.suffix.fullmatch(spelling.suffix) or not _has_birthday(rule, spelling, today):
        return False
    if rule.not_suffix and rule.not_suffix.fullmatch(spelling.suffix):
        return False
    if rule.luhn_letters and not _is_checked(rule, spelling):
        return False
    # A date of these days with something after it is a room, a file or a version.
    of_these_days = not rule.national_date and is_near(spelling.date_digits, today, days)
    return sure or (spelling.tight and rule.gap) or (not of_these_days and (spelling.tight or rule.gap))


def _has_birthday(rule: ReserveRule, spelling: Spelling, today: date) -> bool:
    digits = spelling.date_digits
    if len(digits) == len("YYMMDD"):
        return rule.short_date and birthday(digits, today) is not None
    if not rule.national_date:
        return birthday(digits, today) is not None
    series = int(digits[:2])
    if series < FIRST_NATIONAL_SERIES:
        return UNKNOWN_BIRTHDAY.fullmatch(digits) is not None
    century = EARLIEST_CENTURY + (series - EARLIEST_CENTURY) % NATIONAL_STEP
    return birthday(f"{century}{digits[2:]}", today) is not None


def _is_checked(rule: ReserveRule, spelling: Spelling) -> bool:
    suffix = "".join(str(rule.luhn_letters.get(character, character)) for character in spelling.suffix)
    return luhn.is_valid(spelling.date_digits[2:] + suffix)
