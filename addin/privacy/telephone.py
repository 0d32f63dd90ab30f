"""Finds telephone numbers, judged by libphonenumber; what other rules claimed is never one.

libphonenumber's own search is not used: it takes what follows a number, such as a second number or the date on the next
line, for more of the same one, finds that too long, and gives up all of it. Swedish numbers are judged by its patterns
alone (`rules.json`): it takes some 100 µs for what one of them tells in 1 µs, and a text can hold ten thousands of
beginnings.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import phonenumbers

from addin.privacy.allow import AllowList, international
from addin.privacy.context import context_of
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import Rules, TelephoneRules

MASK: Final = "|"
# Without a leading 0 or + the digits are a meeting id or an organisation number before they are a telephone.
WRITTEN: Final = re.compile(
    r"\(?(?:\+\(?|0[ ./()-]{0,3}(?:0[ ./()-]{0,3})?)[1-9](?:[ ./()-]{0,3}[0-9]){4,15}"
)
"""What may be a telephone number, and more after it; `personal_data.js` looks for the same."""

DIGITS: Final = re.compile("[0-9]+")
TIGHT_SEPARATORS: Final = frozenset(".-/")
MOST_REFUSALS: Final = 1000
SHORTEST_INTERNATIONAL: Final = 8
LONGEST_INTERNATIONAL: Final = 15
"""Of a number with its country code; E.164, and as in `personal_data.js`."""


def telephones(
    text: str, taken: Iterable[tuple[int, int]], rules: Rules, allow: AllowList
) -> Iterator[Claim]:
    """Claim the telephone numbers of a folded text outside the stretches in `taken`."""
    masked = list(text)
    for start, end in [*taken, *(match.span() for match in rules.numbers.moments.finditer(text))]:
        masked[start:end] = MASK * (end - start)
    for start, end, number in _numbers("".join(masked), Judge(rules.telephone)):
        if number in allow.telephone_numbers:
            continue
        context = context_of(text, start, end, rules.numbers)
        if context.room or not context.other_number:
            yield Claim(Kind.TELEPHONE, Tier.CONFIRM, start, end)


@dataclass(slots=True)
class Judge:
    """Says which digits are a telephone number, for one text.

    libphonenumber is asked about foreign numbers, and a text can be made of what it refuses. After `MOST_REFUSALS` of
    them the length alone counts, as in the pane: then nothing is missed, and a look takes a bounded time.
    """

    home: TelephoneRules
    refusals: int = 0

    def number(self, digits: str, *, plus: bool) -> str | None:
        """Return the number as E.164 that `digits` are, written with or without a + before them, or None."""
        if not plus and not digits.startswith("00"):
            return self._at_home(digits)
        abroad = digits if plus else digits.removeprefix("00")
        if abroad.startswith(self.home.country_code):
            return self._at_home(abroad.removeprefix(self.home.country_code))
        if self.refusals < MOST_REFUSALS:
            number = _abroad(abroad)
            self.refusals += number is None
            return number
        return f"+{abroad}" if SHORTEST_INTERNATIONAL <= len(abroad) <= LONGEST_INTERNATIONAL else None

    def _at_home(self, digits: str) -> str | None:
        national = digits.removeprefix("0")
        return f"+{self.home.country_code}{national}" if self.home.national.fullmatch(national) else None


def _abroad(digits: str) -> str | None:
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    return international(number) if phonenumbers.is_valid_number(number) else None


def _numbers(text: str, judge: Judge) -> Iterator[tuple[int, int, str]]:
    """Yield the numbers with their places: each the longest that can begin there."""
    place = 0
    while match := WRITTEN.search(text, place):
        start, place = match.start(), match.start() + 1
        if _begins_inside_a_number(text, start):
            continue
        plus = "+" in match.group()[:2]
        for end, digits in _ends(match):
            number = judge.number(digits, plus=plus)
            if number:
                yield start, end, number
                place = end
                break


def _begins_inside_a_number(text: str, place: int) -> bool:
    """Say whether `place` is after a digit, or a digit and a tight separator: in a date, a time, a longer number."""
    last, before_it = text[place - 1 : place], text[place - 2 : place - 1]
    return last.isdecimal() or (last in TIGHT_SEPARATORS and before_it.isdecimal())


def _ends(match: re.Match[str]) -> Iterator[tuple[int, str]]:
    """Yield where a number may end that begins with `match`, with its digits: after a group, the last one first."""
    digits, ends = "", []
    for group in DIGITS.finditer(match.string, match.start(), match.end()):
        digits += group.group()
        ends.append((group.end(), digits))
    yield from reversed(ends)
