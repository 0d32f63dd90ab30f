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
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from typing import Final

from stdnum import luhn

from addin.privacy.birthdays import COORDINATION_DAYS, birthday, is_clock_time, is_near
from addin.privacy.context import Context, context_of
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import NumberRules

WITH_CENTURY: Final = 12
WITHOUT_CENTURY: Final = 10
SERIAL: Final = 4
MOBILE: Final = "070"
DIGITS: Final = re.compile("[0-9]+")
# Told before anything is looked up or worked out, since most runs of digits are no date.
MAY_BE_A_PERSON: Final = re.compile(
    "(?:(?:1[789]|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[1-9][0-9])|99(?:19|20)[0-9]{4})[0-9]{4}"
)
STOCKHOLM: Final = re.compile("99(?:19|20)[0-9]{8}")
CARELINK: Final = re.compile("(?:1[789]|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:3[2-9]|[45][0-9])[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Ten or twelve digits of the folded text.

    `cuts` maps the number of digits before a gap to the gap: "900101 - 2385" has {6: " - "}.
    """

    digits: str
    cuts: dict[int, str]
    start: int
    end: int

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
        places = set(self.cuts)
        length = len(self.digits)
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
        return set(self.cuts) <= {len(self.digits) - SERIAL}

    @property
    def is_written_as_usual(self) -> bool:
        """Say whether it is YYMMDD-NNNN, YYYYMMDD-NNNN or YYYYMMDDNNNN."""
        return self.is_cut_at_most_once and (bool(self.cuts) or len(self.digits) == WITH_CENTURY)

    @property
    def ends_in_a_dotted_time(self) -> bool:
        """Say whether the last four are written 15.30 or 15:30."""
        return self.cuts.get(len(self.digits) - 2) in (".", ":") and is_clock_time(self.serial)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a candidate would be, and whether its check digit is right."""

    kind: Kind
    checked: bool


def personal_numbers(
    text: str, links: Sequence[tuple[int, int]], today: date, rules: NumberRules
) -> Iterator[Claim]:
    """Claim the personal numbers of a folded text; `links` are the stretches in which only strict forms count."""
    in_link = bytearray(len(text))
    for start, end in links:
        in_link[start:end] = b"\x01" * (end - start)
    # A text can be made of the same digits over and over; what they would be is worked out once.
    readings = dict[str, Reading | None]()
    for candidate in candidates(text, rules):
        if candidate.digits not in readings:
            readings[candidate.digits] = read(candidate, today)
        reading = readings[candidate.digits]
        if reading is None:
            continue
        if in_link[candidate.start]:
            tier = _tier_in_link(candidate, reading)
        else:
            context = context_of(text, candidate.start, candidate.end, rules)
            tier = _tier(candidate, reading, context, today, rules)
        if tier:
            yield Claim(reading.kind, tier, candidate.start, candidate.end)


def candidates(text: str, rules: NumberRules) -> Iterator[Candidate]:
    """Yield every run of groups of digits that adds up to ten or twelve and may hold a date of birth.

    A group begins at most two runs.
    """
    groups = [match.span() for match in DIGITS.finditer(text)]
    gaps = [text[left[1] : right[0]] for left, right in pairwise(groups)]
    # Groups in one stretch are parted by gaps only. All is looked up: a text can be made of one long stretch.
    stretches = list(accumulate((not _is_gap(gap, rules) for gap in gaps), initial=0))
    digits = "".join(text[slice(*group)] for group in groups)
    places = list(accumulate((end - start for start, end in groups), initial=0))
    ending_at = {place: group for group, place in enumerate(places[1:])}
    for first, (start, _) in enumerate(groups):
        for length in (WITHOUT_CENTURY, WITH_CENTURY):
            last = ending_at.get(places[first] + length)
            if last is None or stretches[last] != stretches[first]:
                continue
            run = digits[places[first] : places[last + 1]]
            if MAY_BE_A_PERSON.fullmatch(run) and not _cuts_a_time(groups, gaps, first, last):
                cuts = {places[after + 1] - places[first]: gaps[after] for after in range(first, last)}
                yield Candidate(run, cuts, start, groups[last][1])


def _is_gap(gap: str, rules: NumberRules) -> bool:
    # A comma and a space separate things in a list; a comma alone is a slip on the numeric keypad.
    return (
        len(gap) <= rules.longest_gap and rules.separators.issuperset(gap) and ("," not in gap or gap == ",")
    )


def _cuts_a_time(groups: Sequence[tuple[int, int]], gaps: Sequence[str], first: int, last: int) -> bool:
    """Say whether the run begins or ends inside a time such as 15.30."""
    return any(
        0 <= place < len(gaps)
        and gaps[place] in (".", ":")
        and all(end - start == len("HH") for start, end in groups[place : place + 2])
        for place in (first - 1, last)
    )


def read(candidate: Candidate, today: date) -> Reading | None:
    """Say what the digits would be; None where they cannot be anybody's number."""
    day = int(candidate.date_digits[-2:])
    if birthday(candidate.date_digits, today):
        return Reading(Kind.PERSONAL_NUMBER, luhn.is_valid(candidate.digits[-WITHOUT_CENTURY:]))
    if day > COORDINATION_DAYS:
        as_born = f"{candidate.date_digits[:-2]}{day - COORDINATION_DAYS:02}"
        if birthday(as_born, today):
            return Reading(Kind.COORDINATION_NUMBER, luhn.is_valid(candidate.digits[-WITHOUT_CENTURY:]))
    if STOCKHOLM.fullmatch(candidate.digits):
        return Reading(Kind.RESERVE_NUMBER, luhn.is_valid(candidate.digits[4:]))
    if CARELINK.fullmatch(candidate.digits):
        return Reading(Kind.RESERVE_NUMBER, luhn.is_valid(candidate.digits[-WITHOUT_CENTURY:]))
    return None


def _tier_in_link(candidate: Candidate, reading: Reading) -> Tier | None:
    # Links are full of numbers: only twelve digits with a right check digit, together or as YYYYMMDD-NNNN.
    with_century = len(candidate.digits) == WITH_CENTURY
    return Tier.BLOCK if reading.checked and with_century and candidate.is_cut_at_most_once else None


def _tier(
    candidate: Candidate, reading: Reading, context: Context, today: date, rules: NumberRules
) -> Tier | None:
    natural = candidate.is_cut_naturally
    if context.telephone:
        return None
    if context.other_number:
        return Tier.CONFIRM if reading.checked and candidate.is_cut_at_most_once else None
    mobile = _looks_like_a_mobile(candidate)
    if context.number_word and (reading.checked or (natural and not mobile)):
        return Tier.BLOCK
    if not natural or mobile or _is_appointment(candidate, reading, today, rules):
        return None
    return Tier.BLOCK if reading.checked else _tier_despite_check_digit(candidate, context)


def _tier_despite_check_digit(candidate: Candidate, context: Context) -> Tier | None:
    if is_clock_time(candidate.serial):
        return None
    if context.patient_word and candidate.is_cut_at_most_once:
        return Tier.BLOCK
    return Tier.CONFIRM if candidate.is_written_as_usual else None


def _looks_like_a_mobile(candidate: Candidate) -> bool:
    """Say whether it rather is 070 and seven digits: as a samordningsnummer it would be a child's of one year."""
    return (
        candidate.digits.startswith(MOBILE)
        and len(candidate.digits) == WITHOUT_CENTURY
        and int(candidate.date_digits[-2:]) > COORDINATION_DAYS
        and candidate.cuts.keys() != {WITHOUT_CENTURY - SERIAL}
    )


def _is_appointment(candidate: Candidate, reading: Reading, today: date, rules: NumberRules) -> bool:
    if candidate.ends_in_a_dotted_time:
        return True
    if reading.kind is not Kind.PERSONAL_NUMBER or not is_clock_time(candidate.serial):
        return False
    a_hundred_years = any("+" in gap for gap in candidate.cuts.values())
    return not a_hundred_years and is_near(candidate.date_digits, today, rules.time_window_days)
