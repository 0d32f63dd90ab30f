"""Finds personnummer, samordningsnummer and all-digit reserve numbers, however their digits are set apart.

Rules, in order, for ten or twelve digits that begin and end where groups of digits do:
1. The date must be one that somebody can be born on, or a reserve number's stand-in for a date.
2. A label that says "order", "dnr" or "telephone" right before the number makes it something else; with a right
   check digit the first kind is still asked about.
3. A date close to today followed by a time of day is an appointment, unless a word for a personal number is near.
4. With a right check digit it is a person. Without one it is a person when a word near says so, and is asked about
   when it is written as personal numbers are.

Form and check digit: Skatteverket, SKV 704 and SKV 707 (personnummer, samordningsnummer). Reserve numbers: Inera,
Personuppgiftstjänsten, "Lokala reservidn" (Stockholm: 99yyyyNNNNNC, check digit over positions 5 to 11; Carelink and
Halland: yyyymmxxNNNC with xx 32 to 59).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from stdnum import luhn

from addin.privacy.birthdays import COORDINATION_DAYS, birthday, is_clock_time, is_near
from addin.privacy.context import NO_WORDS, Context, context_of
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import NumberRules

WITH_CENTURY: Final = 12
WITHOUT_CENTURY: Final = 10
SERIAL: Final = 4
MOBILE: Final = "070"
DIGITS: Final = re.compile("[0-9]+")
DOTS: Final = (".", ":")
# Told before anything is looked up or worked out, since most runs of digits are no date.
MAY_BE_A_PERSON: Final = re.compile(
    "(?:(?:1[789]|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[1-9][0-9])|99(?:19|20)[0-9]{4})[0-9]{4}"
)
STOCKHOLM: Final = re.compile("99(?:19|20)[0-9]{8}")
CARELINK: Final = re.compile("(?:1[789]|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:3[2-9]|[45][0-9])[0-9]{4}")


class Spelling(NamedTuple):
    """Ten or twelve digits and how they are set apart: all that a verdict depends on beside the words around them.

    `sizes` are the lengths of the groups of digits: "900101 - 2385" has (6, 4).
    """

    digits: str
    sizes: tuple[int, ...]
    has_plus: bool
    """A + stands in a gap."""
    is_dotted: bool
    """The gap before the last two digits is one full stop or colon."""

    @property
    def cuts(self) -> set[int]:
        """How many digits stand before each gap."""
        return set(accumulate(self.sizes[:-1]))

    @property
    def date_digits(self) -> str:
        """YYMMDD or YYYYMMDD."""
        return self.digits[:-SERIAL]

    @property
    def serial(self) -> str:
        """The last four digits."""
        return self.digits[-SERIAL:]

    @property
    def is_cut_naturally(self) -> bool:
        """Say whether gaps stand where people put them: before the last four, between the parts, or everywhere."""
        places, length = self.cuts, len(self.digits)
        if places <= {length - WITHOUT_CENTURY}:
            return True
        parts = {length - 10, length - 8, length - 6, length - 4, length - 2, length - 1}
        if len(places) == length - 1:
            return True
        # Stockholm's reserve numbers hold no date, so that no cut is the main one.
        return places <= parts and (length - SERIAL in places or STOCKHOLM.fullmatch(self.digits) is not None)

    @property
    def is_cut_at_most_once(self) -> bool:
        """Say whether the only gap, if any, stands before the last four."""
        return self.cuts <= {len(self.digits) - SERIAL}

    @property
    def is_written_as_usual(self) -> bool:
        """Say whether it is YYMMDD-NNNN, YYYYMMDD-NNNN or YYYYMMDDNNNN."""
        return self.is_cut_at_most_once and (len(self.sizes) > 1 or len(self.digits) == WITH_CENTURY)

    @property
    def ends_in_a_dotted_time(self) -> bool:
        """Say whether the last four are written 15.30 or 15:30."""
        return self.is_dotted and is_clock_time(self.serial)


class Candidate(NamedTuple):
    """A spelling and its place in the folded text."""

    spelling: Spelling
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a candidate would be, and whether its check digit is right."""

    kind: Kind
    checked: bool


Verdict = tuple[Kind, Tier]


def personal_numbers(
    text: str, links: Sequence[tuple[int, int]], today: date, rules: NumberRules
) -> Iterator[Claim]:
    """Claim the personal numbers of a folded text; `links` are the stretches in which only strict forms count."""
    in_link = bytearray(len(text))
    for start, end in links:
        in_link[start:end] = b"\x01" * (end - start)
    judge = _Judge(today, rules)
    for spelling, start, end in candidates(text, rules):
        if in_link[start]:
            verdict = judge.in_link(spelling)
        else:
            verdict = judge.among(spelling, context_of(text, start, end, rules))
        if verdict:
            kind, tier = verdict
            yield Claim(kind, tier, start, end)


@dataclass(slots=True)
class _Judge:
    """Says what spellings are, for one text, which can be made of the same ones over and over."""

    today: date
    rules: NumberRules
    alone: dict[Spelling, Verdict | None] = field(default_factory=dict)
    readings: dict[str, Reading | None] = field(default_factory=dict)

    def in_link(self, spelling: Spelling) -> Verdict | None:
        """Judge a spelling in an address, where words mean nothing."""
        reading = self._read(spelling.digits)
        tier = _tier_in_link(spelling, reading) if reading else None
        return (reading.kind, tier) if reading and tier else None

    def among(self, spelling: Spelling, context: Context) -> Verdict | None:
        """Judge a spelling by the words around it; without any it is the same each time."""
        if context is not NO_WORDS:
            return self._judge(spelling, context)
        if spelling not in self.alone:
            # Cut anyhow, it is a number only if words say so; nearly all that hostile digits add up to is cut so.
            self.alone[spelling] = self._judge(spelling, context) if spelling.is_cut_naturally else None
        return self.alone[spelling]

    def _judge(self, spelling: Spelling, context: Context) -> Verdict | None:
        reading = self._read(spelling.digits)
        tier = _tier(spelling, reading, context, self.today, self.rules) if reading else None
        return (reading.kind, tier) if reading and tier else None

    def _read(self, digits: str) -> Reading | None:
        if digits not in self.readings:
            self.readings[digits] = read(digits, self.today)
        return self.readings[digits]


def candidates(text: str, rules: NumberRules) -> Iterator[Candidate]:
    """Yield every run of groups of digits that adds up to ten or twelve and may hold a date of birth.

    A group begins at most two runs.
    """
    groups = [match.span() for match in DIGITS.finditer(text)]
    sizes = [end - start for start, end in groups]
    gaps = [text[left[1] : right[0]] for left, right in pairwise(groups)]
    # Groups in one stretch are parted by gaps only. All is looked up: a text can be made of one long stretch.
    stretches = list(accumulate((not _is_gap(gap, rules) for gap in gaps), initial=0))
    pluses = list(accumulate(("+" in gap for gap in gaps), initial=0))
    digits = "".join(text[slice(*group)] for group in groups)
    places = list(accumulate(sizes, initial=0))
    ending_at = {place: group for group, place in enumerate(places[1:])}
    for first, (start, _) in enumerate(groups):
        for length in (WITHOUT_CENTURY, WITH_CENTURY):
            last = ending_at.get(places[first] + length)
            if last is None or stretches[last] != stretches[first]:
                continue
            run = digits[places[first] : places[last + 1]]
            if MAY_BE_A_PERSON.fullmatch(run) and not _cuts_a_time(sizes, gaps, first, last):
                before_two = ending_at.get(places[last + 1] - len("MM"))
                is_dotted = before_two is not None and gaps[before_two] in DOTS
                has_plus = pluses[last] != pluses[first]
                spelling = Spelling(run, tuple(sizes[first : last + 1]), has_plus, is_dotted)
                yield Candidate(spelling, start, groups[last][1])


def _is_gap(gap: str, rules: NumberRules) -> bool:
    # A comma and a space separate things in a list; a comma alone is a slip on the numeric keypad.
    return (
        len(gap) <= rules.longest_gap and rules.separators.issuperset(gap) and ("," not in gap or gap == ",")
    )


def _cuts_a_time(sizes: Sequence[int], gaps: Sequence[str], first: int, last: int) -> bool:
    """Say whether the run begins or ends inside a time such as 15.30."""
    return _is_in_a_time(sizes, gaps, first - 1) or _is_in_a_time(sizes, gaps, last)


def _is_in_a_time(sizes: Sequence[int], gaps: Sequence[str], gap: int) -> bool:
    return 0 <= gap < len(gaps) and gaps[gap] in DOTS and sizes[gap] == sizes[gap + 1] == len("HH")


def read(digits: str, today: date) -> Reading | None:
    """Say what the digits would be; None where they cannot be anybody's number."""
    date_digits, checked = digits[:-SERIAL], digits[-WITHOUT_CENTURY:]
    if birthday(date_digits, today):
        return Reading(Kind.PERSONAL_NUMBER, luhn.is_valid(checked))
    day = int(date_digits[-2:])
    if day > COORDINATION_DAYS:
        as_born = f"{date_digits[:-2]}{day - COORDINATION_DAYS:02}"
        if birthday(as_born, today):
            return Reading(Kind.COORDINATION_NUMBER, luhn.is_valid(checked))
    if STOCKHOLM.fullmatch(digits):
        return Reading(Kind.RESERVE_NUMBER, luhn.is_valid(digits[4:]))
    if CARELINK.fullmatch(digits):
        return Reading(Kind.RESERVE_NUMBER, luhn.is_valid(checked))
    return None


def _tier_in_link(spelling: Spelling, reading: Reading) -> Tier | None:
    # Links are full of numbers: only twelve digits with a right check digit, together or as YYYYMMDD-NNNN.
    with_century = len(spelling.digits) == WITH_CENTURY
    return Tier.BLOCK if reading.checked and with_century and spelling.is_cut_at_most_once else None


def _tier(
    spelling: Spelling, reading: Reading, context: Context, today: date, rules: NumberRules
) -> Tier | None:
    natural = spelling.is_cut_naturally
    if context.telephone:
        return None
    if context.other_number:
        return Tier.CONFIRM if reading.checked and spelling.is_cut_at_most_once else None
    mobile = _looks_like_a_mobile(spelling)
    if context.number_word and (reading.checked or (natural and not mobile)):
        return Tier.BLOCK
    if not natural or mobile or _is_appointment(spelling, reading, today, rules):
        return None
    return Tier.BLOCK if reading.checked else _tier_despite_check_digit(spelling, context)


def _tier_despite_check_digit(spelling: Spelling, context: Context) -> Tier | None:
    if is_clock_time(spelling.serial):
        return None
    if context.patient_word and spelling.is_cut_at_most_once:
        return Tier.BLOCK
    return Tier.CONFIRM if spelling.is_written_as_usual else None


def _looks_like_a_mobile(spelling: Spelling) -> bool:
    """Say whether it rather is 070 and seven digits: as a samordningsnummer it would be a child's of one year."""
    return (
        spelling.digits.startswith(MOBILE)
        and len(spelling.digits) == WITHOUT_CENTURY
        and int(spelling.date_digits[-2:]) > COORDINATION_DAYS
        and spelling.cuts != {WITHOUT_CENTURY - SERIAL}
    )


def _is_appointment(spelling: Spelling, reading: Reading, today: date, rules: NumberRules) -> bool:
    if spelling.ends_in_a_dotted_time:
        return True
    if reading.kind is not Kind.PERSONAL_NUMBER or not is_clock_time(spelling.serial):
        return False
    # A plus says that it is somebody over a hundred.
    return not spelling.has_plus and is_near(spelling.date_digits, today, rules.time_window_days)
