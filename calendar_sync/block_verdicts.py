"""Whose line is it? Tells our lines in a body from the user's, by what they say.

A block begins at a join link of the service (`<service>/m/<code>`) and ends at the next start link
(`<service>/start/<code>`), or at its words where a phone or a mail filter has taken the address. Between them only
lines that read like ours are ours; what the user typed there is not. The same rules as the pane's
(addin/web/static/block.js), so that both leave the same words behind; a test holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from calendar_sync.block_lines import (
    TEXT,
    Format,
    Line,
    holds_picture,
    lines_of,
    unwrapped,
    visible,
    with_addresses,
)
from calendar_sync.items import Block

# Share of words that two lines must have in common to be the same line with another time or unit in it.
_ALIKE: Final = 0.6
_FEWEST_WORDS_ALIKE: Final = 3
# Our last line, as `CLOSING` of templates_messages/item_block.py has it, with whatever address it bears now.
_CLOSING: Final = re.compile(r"(?i)starta möte \(vårdpersonal\) ?:? ?(?:<?https?://\S+)?")
# What changes in a date beside its numbers; the block in an item is written in Swedish.
_NAMES_IN_DATES: Final = frozenset(
    {
        *("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
        *("januari", "februari", "mars", "april", "maj", "juni", "juli"),
        *("augusti", "september", "oktober", "november", "december"),
    }
)

Words = list[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Not ours, or ours with the words that the user has put into it."""

    ours: bool
    rest: str = ""


class Links:
    """Tells the service's own links; `service_url` has no slash at the end."""

    def __init__(self, service_url: str) -> None:
        service = f"(?i:{re.escape(service_url)})"
        self._join = re.compile(rf"{service}/m/([0-9A-Za-z-]{{12,24}})/?")
        self._start = re.compile(rf"{service}/start/[0-9A-Za-z_-]{{12,64}}/?")

    def join_code(self, line: Line) -> str | None:
        """Return the code of the first join link in a line."""
        found = (self._join.fullmatch(link) for link in line.links)
        return next((match[1] for match in found if match), None)

    def is_start(self, line: Line) -> bool:
        """Whether a start link stands in a line."""
        return any(self._start.fullmatch(link) for link in line.links)

    def owns(self, address: str) -> bool:
        """Whether an address is a join link or a start link of the service."""
        return bool(self._join.fullmatch(address) or self._start.fullmatch(address))

    def apart(self, text: str) -> str:
        """Return a text in which our own links are words of their own."""
        return with_addresses(text, lambda address: address if self.owns(address) else None)

    def without_own(self, text: str) -> str:
        """Return what a reader sees of a text without our own links."""
        return visible(with_addresses(text, lambda address: "" if self.owns(address) else None))

    def spans(self, lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
        """Yield each stretch from a join link to the next line that ends a block, as indexes, both included."""
        begun = None
        for at, line in enumerate(lines):
            if self.join_code(line):
                begun = at
            is_end = self.is_start(line) or _CLOSING.fullmatch(visible(line.text))
            if begun is not None and is_end:
                yield begun, at
                begun = None


def judge(lines: Sequence[Line], known: Sequence[Block], links: Links) -> list[Verdict]:
    """Return a verdict on each line; `known` are blocks as the service renders them."""
    patterns = _Patterns(known)
    verdicts = [Verdict(ours=False)] * len(lines)
    for begun, ended in links.spans(lines):
        first, last = _widened(lines, patterns, begun, ended)
        within = lines[first : last + 1]
        span = _Span(patterns, links, within)
        verdicts[first : last + 1] = [span.verdict(line) for line in within]
    return verdicts


class _Patterns:
    """The lines of ours that a body may hold: of blocks as they read now, and in earlier wordings.

    What was said in an earlier wording is ours only word for word, with another time in it. What merely looks like it
    is the user's, since our own line would look otherwise by now.
    """

    def __init__(self, known: Sequence[Block]) -> None:
        self.lines = [words(line) for block in known for line in _lines_of_block(block)]
        self._earlier = [
            words(line)
            for block in known
            for wording in block.earlier
            for line in lines_of(wording, Format.TEXT)
            if visible(line.text)
        ]

    def have(self, spoken: Words) -> bool:
        """Whether these words are a line of ours."""
        return bool(spoken) and (spoken in self.lines or spoken in self._earlier)


def _widened(lines: Sequence[Line], patterns: _Patterns, first: int, last: int) -> tuple[int, int]:
    """Take in a heading above the join link and a note below the start link, when they read exactly like ours."""
    while first > 0 and patterns.have(words(lines[first - 1])):
        first -= 1
    while last < len(lines) - 1 and patterns.have(words(lines[last + 1])):
        last += 1
    return first, last


def words(line: Line) -> Words:
    """Return a line as it is compared, so that another time is the same line.

    Case is nothing, numbers are alike, and so are addresses, days of the week and months.
    """
    return _compared(line.text)


def _compared(text: str) -> Words:
    return [_plain(word) for word in visible(text).split()]


class _Span:
    """Judges the lines of one block."""

    def __init__(self, patterns: _Patterns, links: Links, lines: Sequence[Line]) -> None:
        self._known, self._patterns, self._links = patterns, patterns.lines, links
        # A label such as `Enhet:` whose own line has been found.
        self._claimed = {_label(words(line)) for line in lines if patterns.have(words(line))}

    def verdict(self, line: Line) -> Verdict:
        text = self._links.apart(line.text)
        spoken = _compared(text)
        if not spoken:
            return Verdict(ours=not any(holds_picture(node) for node in line.nodes))
        if self._known.have(spoken):
            return Verdict(ours=True)
        linked = self._links.join_code(line) is not None or self._links.is_start(line)
        rest = self._users_words(text, spoken) if linked else None
        if rest is not None:
            return Verdict(ours=True, rest=rest)
        if any(_likeness(pattern, spoken) >= _ALIKE for pattern in self._patterns) or self._claims(spoken):
            return Verdict(ours=True)
        return Verdict(ours=True, rest=self._without_link(line)) if linked else Verdict(ours=False)

    def _users_words(self, text: str, spoken: Words) -> str | None:
        """Return what is left of a line that holds all of one of ours, in order, and our links."""
        rests = (_without_words(text, spoken, pattern) for pattern in self._patterns)
        users = (self._links.without_own(rest) for rest in rests if rest is not None)
        return min(users, key=len, default=None)

    def _without_link(self, line: Line) -> str:
        """Return a line without our link, when it otherwise reads like nothing of ours: only the link itself goes."""
        rest = line.text
        for node in line.nodes:
            around = next(node.iterancestors("a"), None) if node.tag == TEXT else None
            if around is not None and self._links.owns(unwrapped(around.get("href", ""))):
                rest = rest.replace(re.sub(r"[\r\n\t ]+", " ", node.text or ""), "", 1)
        return self._links.without_own(rest)

    def _claims(self, spoken: Words) -> bool:
        """Whether a line such as `Enhet: ...` is ours: whatever the unit, but a second such line is the user's."""
        label = _label(spoken)
        if label is None or label in self._claimed or label not in map(_label, self._patterns):
            return False
        self._claimed.add(label)
        return True


def _lines_of_block(block: Block) -> Iterator[Line]:
    for content, kind in ((block.html, Format.HTML), (block.text, Format.TEXT)):
        yield from (line for line in lines_of(content, kind) if visible(line.text))


def _plain(word: str) -> str:
    if word.startswith(("http://", "https://")):
        return "@"
    lowered = word.lower()
    return "#" if lowered in _NAMES_IN_DATES else re.sub(r"[0-9]+", "#", lowered)


def _label(spoken: Words) -> str | None:
    return spoken[0] if len(spoken) > 1 and spoken[0].endswith(":") else None


def _without_words(text: str, spoken: Words, pattern: Words) -> str | None:
    """Return the user's words in a line that holds all of ours in order, else None."""
    following = 0
    rest = []
    for word, compared in zip(visible(text).split(), spoken, strict=True):
        if following < len(pattern) and compared == pattern[following]:
            following += 1
        else:
            rest.append(word)
    return " ".join(rest) if following == len(pattern) else None


def _likeness(one: Words, other: Words) -> float:
    """Return the share of common words, 0 to 1; lines under three words are never merely alike."""
    if min(len(one), len(other)) < _FEWEST_WORDS_ALIKE:
        return 0.0
    left = list(other)
    common = 0
    for word in one:
        if word in left:
            left.remove(word)
            common += 1
    return common / max(len(one), len(other))
