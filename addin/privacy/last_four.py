"""Finds the last four digits of a personal number that do not follow six or eight digits of a date.

Words part them from it ("född 900101, sista fyra 2384"), or it is written day first ("1 januari 1990-2385").
The date alone is left alone: appointments are full of dates.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from stdnum import luhn

from addin.privacy.birthdays import birthday, is_clock_time, is_near
from addin.privacy.context import is_letter_at
from addin.privacy.findings import Claim, Kind, Tier
from addin.privacy.rules import LastFourRules

FOUR: Final = 4
SIX: Final = 6
DATE_SEPARATORS: Final = (".", "/", "-")


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


def after_day_first(text: str, today: date, rules: LastFourRules) -> Iterator[Claim]:
    """Claim dates written day first with four digits after them that have the right check digit.

    They are asked about: one date in ten with a room, a code or a sum after it looks like that.
    """
    for match in rules.day_first.finditer(text):
        start, end = match.span()
        before = text[max(0, start - 2) : start]
        is_inside = before[-1:].isdecimal() or (before[:1].isdecimal() and before[1:] in DATE_SEPARATORS)
        if is_inside or text[end : end + 1].isdecimal():
            continue
        if _is_a_person(_date_digits(match, rules), match[5], today, rules):
            yield Claim(Kind.PERSONAL_NUMBER, Tier.CONFIRM, start, end)


def _date_digits(match: re.Match[str], rules: LastFourRules) -> str:
    """Return YYMMDD or YYYYMMDD of a date written day first."""
    month = int(match[2]) if match[2] else rules.months.index(match[3][:3]) + 1
    return f"{match[4]}{month:02}{int(match[1]):02}"


def _is_a_person(date_digits: str, serial: str, today: date, rules: LastFourRules) -> bool:
    if not birthday(date_digits, today) or not luhn.is_valid(date_digits[-SIX:] + serial):
        return False
    return not (is_clock_time(serial) and is_near(date_digits, today, rules.time_window_days))


def _holds_a_birthday(text: str, today: date, rules: LastFourRules) -> bool:
    for found in rules.birth_date.finditer(text):
        is_alone = not (text[: found.start()][-1:].isdecimal() or text[found.end() :][:1].isdecimal())
        if is_alone and birthday("".join(found.groups(default="")), today):
            return True
    return False
