"""Finds telephone numbers, judged by libphonenumber; what other rules claimed is never one.

libphonenumber's own search is not used: it takes what follows a number, such as a second number or the date on the next
line, for more of the same one, finds that too long, and gives up all of it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import phonenumbers

from addin.privacy.allow import REGION, AllowList, international
from addin.privacy.context import context_of
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import NumberRules

MASK: Final = "|"
# Without a leading 0 or + the digits are a meeting id or an organisation number before they are a telephone.
WRITTEN: Final = re.compile(
    r"\(?(?:\+\(?|0[ ./()-]{0,3}(?:0[ ./()-]{0,3})?)[1-9](?:[ ./()-]{0,3}[0-9]){4,15}"
)
"""What may be a telephone number, and more after it; `personal_data.js` looks for the same."""

DIGITS: Final = re.compile("[0-9]+")
TIGHT_SEPARATORS: Final = frozenset(".-/")


def telephones(
    text: str, taken: Iterable[tuple[int, int]], rules: NumberRules, allow: AllowList
) -> Iterator[Claim]:
    """Claim the telephone numbers of a folded text outside the stretches in `taken`."""
    masked = list(text)
    for start, end in [*taken, *(match.span() for match in rules.moments.finditer(text))]:
        masked[start:end] = MASK * (end - start)
    for start, end, number in _numbers("".join(masked)):
        if international(number) in allow.telephone_numbers:
            continue
        context = context_of(text, start, end, rules)
        if context.room or not context.other_number:
            yield Claim(Kind.TELEPHONE, Tier.CONFIRM, start, end)


def _numbers(text: str) -> Iterator[tuple[int, int, phonenumbers.PhoneNumber]]:
    """Yield the numbers with their places: each the longest that can begin there."""
    place = 0
    while match := WRITTEN.search(text, place):
        start, place = match.start(), match.start() + 1
        if _begins_inside_a_number(text, start):
            continue
        for end in _ends(match):
            number = _number(text[start:end])
            if number:
                yield start, end, number
                place = end
                break


def _begins_inside_a_number(text: str, place: int) -> bool:
    """Say whether `place` is after a digit, or a digit and a tight separator: in a date, a time, a longer number."""
    last, before_it = text[place - 1 : place], text[place - 2 : place - 1]
    return last.isdecimal() or (last in TIGHT_SEPARATORS and before_it.isdecimal())


def _ends(match: re.Match[str]) -> Iterator[int]:
    """Yield where a number may end that begins with `match`, the last place first: with a group of its digits."""
    groups = [group.end() for group in DIGITS.finditer(match.string, match.start(), match.end())]
    yield from reversed(groups)


def _number(written: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, REGION)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
