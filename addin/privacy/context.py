"""What the words around a number say about it. Reads folded text; looks a bounded way back and ahead."""

import re
from dataclasses import dataclass
from typing import Final

from addin.privacy.rules import NumberRules

LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzåäöéü")
A_LETTER: Final = re.compile(f"[{''.join(sorted(LETTERS))}]")
LONGEST_PHRASE: Final = 30
LABEL_REACH: Final = 40
LABEL_WORDS: Final = 3
LABEL_PUNCTUATION: Final = " .:#=-/()"


@dataclass(frozen=True, slots=True)
class Context:
    """What stands near a number.

    `number_word`: a word for a personal number is near ("pnr", "pat"). `patient_word`: a word for a person is near.
    `other_number` and `telephone`: the word that directly names the number says that it is something else. `room`: it
    says that it is a room, or several, whose numbers may add up to a person's but are never a telephone's.
    """

    number_word: bool
    patient_word: bool
    other_number: bool
    room: bool
    telephone: bool


NO_WORDS: Final = Context(
    number_word=False, patient_word=False, other_number=False, room=False, telephone=False
)


def context_of(text: str, start: int, end: int, rules: NumberRules) -> Context:
    """Read the context of the number at `start`..`end` of the folded text."""
    reach = rules.context_reach + LONGEST_PHRASE
    if not (A_LETTER.search(text, max(0, start - reach), start) or A_LETTER.search(text, end, end + reach)):
        return NO_WORDS
    label = _label(text[max(0, start - LABEL_REACH) : start], rules.label_fillers)
    return Context(
        number_word=_is_near(rules.number_words, text, start, end, rules.context_reach),
        patient_word=_is_near(rules.patient_words, text, start, end, rules.context_reach),
        other_number=label in rules.other_number_labels or label in rules.room_labels,
        room=label in rules.room_labels,
        telephone=label in rules.telephone_labels,
    )


def _is_near(phrase: re.Pattern[str], text: str, start: int, end: int, reach: int) -> bool:
    before = phrase.finditer(text, max(0, start - reach - LONGEST_PHRASE), start)
    after = phrase.finditer(text, end, min(len(text), end + reach + LONGEST_PHRASE))
    return any(start - found.end() <= reach and _is_whole(text, found) for found in before) or any(
        found.start() - end <= reach and _is_whole(text, found) for found in after
    )


def _is_whole(text: str, found: re.Match[str]) -> bool:
    return not is_letter_at(text, found.start() - 1) and not is_letter_at(text, found.end())


def is_letter_at(text: str, place: int) -> bool:
    """Say whether a letter that our word lists use stands at `place`; outside the text stands none."""
    return 0 <= place < len(text) and text[place] in LETTERS


def _label(before: str, fillers: frozenset[str]) -> str:
    """Return the word that names what follows `before`: "order" in "Order nr: ". Empty where no word does."""
    word = ""
    for _ in range(LABEL_WORDS):
        before = before.rstrip(LABEL_PUNCTUATION)
        first = len(before)
        while is_letter_at(before, first - 1):
            first -= 1
        before, word = before[:first], before[first:]
        if word not in fillers:
            break
    return word
