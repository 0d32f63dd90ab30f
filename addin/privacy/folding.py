"""Makes a text plain before rules read it, and remembers where every character came from.

Rules meet lower case, ASCII digits, one dash and one space; what a reader cannot see is gone. Unicode's NFKC is not
used: it turns a superscript footnote into a digit of the number before it, and differs between the Unicode versions
of Python and of browsers.
"""

import re
from dataclasses import dataclass, field

from addin.privacy.rules import FoldingRules

HIGHEST_CODE_POINT = 0x10FFFF


@dataclass(slots=True)
class Folded:
    """A folded text; character number i stands for `starts[i]`..`ends[i]` of the original."""

    characters: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The folded characters as one string."""
        return "".join(self.characters)

    def add(self, character: str, start: int, end: int) -> None:
        """Append a character that stands for `start`..`end` of the original; an empty one stands for nothing."""
        if character:
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
        character = text[place]
        into.add(rules.characters.get(character, character), place, place + 1)


def _fold_markup(text: str, match: re.Match[str], views: Views, rules: FoldingRules) -> None:
    if match["tag"]:
        if match["tag"].lower() in rules.parting_tags:
            views.visible.add(" ", match.start(), match.end())
        views.hidden.add(" ", match.start(), match.start() + 1)
        _fold_plain(text, match.start("attributes"), match.end("attributes"), views.hidden, rules)
    elif (character := _referenced(match, rules)) is not None:
        views.visible.add(rules.characters.get(character, character), match.start(), match.end())
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
