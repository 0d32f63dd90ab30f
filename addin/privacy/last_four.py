"""Finds the last four digits of a personal number where words part them from the date: "född 900101, sista fyra 2384".

The date alone is left alone: appointments are full of dates.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from addin.privacy.birthdays import birthday
from addin.privacy.context import is_letter_at
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import LastFourRules

FOUR: Final = 4


def last_four(text: str, today: date, rules: LastFourRules) -> Iterator[Claim]:
    """Claim the four digits of a folded text that "sista fyra" stands before.

    They block where somebody's date of birth stands at most `rules.reach` before the words, and are asked about where
    none does: cards have last four digits, too.
    """
    for match in rules.phrase.finditer(text):
        start, end = match.end() - FOUR, match.end()
        if is_letter_at(text, match.start() - 1) or text[end : end + 1].isdecimal():
            continue
        before = text[max(0, match.start() - rules.reach) : match.start()]
        tier = Tier.BLOCK if _holds_a_birthday(before, today, rules) else Tier.CONFIRM
        yield Claim(Kind.PERSONAL_NUMBER, tier, start, end)


def _holds_a_birthday(text: str, today: date, rules: LastFourRules) -> bool:
    for found in rules.birth_date.finditer(text):
        is_alone = not (text[: found.start()][-1:].isdecimal() or text[found.end() :][:1].isdecimal())
        if is_alone and birthday("".join(found.groups(default="")), today):
            return True
    return False
