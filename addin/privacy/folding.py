"""Makes a text plain before rules read it, and remembers where every character came from.

Rules meet lower case, ASCII digits, one dash and one space; what a reader cannot see is gone. Unicode's NFKC is not
used: it differs between the Unicode versions of Python and of browsers, and turns a superscript footnote or the circled
number of a list into a digit of the number beside it. Such ornate digits are digits here, set apart from plain ones.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from addin.privacy.rules import ASCII_DIGITS, FoldingRules

HIGHEST_CODE_POINT: Final = 0x10FFFF
APART: Final = "|"
"""Stands between ornate and plain digits: a gap within a personal number, and none within a telephone number."""


@dataclass(slots=True)
class Folded:
    """A folded text; character number i stands for `starts[i]`..`ends[i]` of the original."""

    characters: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    after_ornate: int = -1
    """How many characters there were after the last ornate digit."""

    @property
    def text(self) -> str:
        """The folded characters as one string."""
        return "".join(self.characters)

    def add(self, character: str, start: int, end: int) -> None:
        """Append a character that stands for `start`..`end` of the original; an empty one stands for nothing."""
        if not character:
            return
        if self.after_ornate == len(self.characters) and character in ASCII_DIGITS:
            self._append(APART, start, start)
        self._append(character, start, end)

    def add_ornate(self, digits: str, start: int, end: int) -> None:
        """Append what one ornate digit is worth, one or two digits; apart from a plain digit right before it."""
        count = len(self.characters)
        if count and self.after_ornate != count and self.characters[-1] in ASCII_DIGITS:
            self._append(APART, start, start)
        for digit in digits:
            self._append(digit, start, end)
        self.after_ornate = len(self.characters)

    def _append(self, character: str, start: int, end: int) -> None:
        self.characters.append(character)
        self.starts.append(start)
        self.ends.append(end)


@dataclass(frozen=True, slots=True)
class Views:
    """A text as a reader sees it, and what only its markup holds (addresses of links, alternative texts)."""

    visible: Folded
    hidden: Folded


def fold(text: str, rules: FoldingRules) -> Views:
    """Fold `text`, plain or HTML. Never fails: what is not markup is text."""
    views = Views(Folded(), Folded())
    done = 0
    for match in rules.markup.finditer(text):
        _fold_plain(text, done, match.start(), views.visible, rules)
        _fold_markup(text, match, views, rules)
        done = match.end()
    _fold_plain(text, done, len(text), views.visible, rules)
    return views


def _fold_plain(text: str, start: int, end: int, into: Folded, rules: FoldingRules) -> None:
    for place in range(start, end):
        _fold_character(text[place], place, place + 1, into, rules)


def _fold_character(character: str, start: int, end: int, into: Folded, rules: FoldingRules) -> None:
    plain = rules.characters.get(character)
    if plain is None and (digits := rules.ornate.get(character)):
        into.add_ornate(digits, start, end)
    else:
        into.add(character if plain is None else plain, start, end)


def _fold_markup(text: str, match: re.Match[str], views: Views, rules: FoldingRules) -> None:
    if match["tag"]:
        if match["tag"].lower() in rules.parting_tags:
            views.visible.add(" ", match.start(), match.end())
        views.hidden.add(" ", match.start(), match.start() + 1)
        _fold_plain(text, match.start("attributes"), match.end("attributes"), views.hidden, rules)
    elif (character := _referenced(match, rules)) is not None:
        _fold_character(character, match.start(), match.end(), views.visible, rules)
    elif match[0].startswith("&"):
        _fold_plain(text, match.start(), match.end(), views.visible, rules)


def _referenced(match: re.Match[str], rules: FoldingRules) -> str | None:
    """Return the character of a character reference; None where it is unknown or no character."""
    if match["entity"]:
        return rules.entities.get(match["entity"])
    if not (match["decimal"] or match["hexadecimal"]):
        return None
    code = int(match["decimal"]) if match["decimal"] else int(match["hexadecimal"], 16)
    return chr(code) if code <= HIGHEST_CODE_POINT else None
