"""From a text's Markdown to two Jinja templates that say the same: one of HTML and one of plain text.

The Markdown is turned once, with its Jinja tags set aside, so that values can never become markup and a
rendering costs nothing but Jinja. A line in the file is a line in the text. Bold, links, lists, and a rule
are all there is: what Outlook, 1177 and a plain clipboard can show alike.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

ALLOWED_TAGS: Final = frozenset({"p", "a", "strong", "br", "hr", "ul", "ol", "li"})
RULE_IN_PLAIN_TEXT: Final = "_" * 20

_MARKDOWN: Final = MarkdownIt("zero", {"breaks": True}).enable(
    ["list", "hr", "emphasis", "link", "newline", "escape"]
)
_TAG: Final = re.compile(r"\{\{\s*(?P<name>\w+)\s*\}\}|\{%.*?%\}")
_STAND_IN: Final = re.compile(r"zqtag\d{4}zq")
_LONE_STAND_IN: Final = re.compile(rf"<p>({_STAND_IN.pattern})</p>\n?")


class UnfitMarkup(ValueError):
    """The text uses formatting outside the allow-list."""


@dataclass(frozen=True, slots=True)
class TemplatePair:
    """Jinja source of one text twice: for HTML (to be compiled with autoescape) and for plain text."""

    html: str
    plain: str


def turn(source: str, link_names: frozenset[str]) -> TemplatePair:
    """Turn Markdown with Jinja tags into the pair. `link_names` are placeholders shown as links.

    Raises UnfitMarkup for formatting that is not allowed.
    """
    aside = _SetAside.of(source, link_names)
    tokens = _MARKDOWN.parse(aside.markdown)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    if _cleaned(html) != html:
        raise UnfitMarkup("only bold, links, lists and a rule may be used, and links must be https")
    html = _LONE_STAND_IN.sub(lambda lone: lone[1] if aside.is_statement(lone[1]) else lone[0], html)
    return TemplatePair(aside.put_back(html).strip(), aside.put_back(_plain(tokens, aside)))


def _cleaned(html: str) -> str:
    cleaned = nh3.clean(
        html, tags=set(ALLOWED_TAGS), attributes={"a": {"href"}}, url_schemes={"https"}, link_rel=None
    )
    # It writes a no-break space as an entity, which is the same thing said otherwise.
    return cleaned.replace("&nbsp;", "\u00a0")


@dataclass(slots=True)
class _SetAside:
    """Jinja tags replaced by words that Markdown leaves alone."""

    tags: dict[str, str] = field(default_factory=dict)
    markdown: str = ""

    @classmethod
    def of(cls, source: str, link_names: frozenset[str]) -> "_SetAside":
        aside = cls()

        def stand_in(tag: re.Match[str]) -> str:
            word = f"zqtag{len(aside.tags):04d}zq"
            aside.tags[word] = tag[0]
            is_target = source[: tag.start()].endswith("](")
            return f"[{word}]({word})" if tag["name"] in link_names and not is_target else word

        aside.markdown = _TAG.sub(stand_in, source)
        return aside

    def is_statement(self, word: str) -> bool:
        return self.tags.get(word, "").startswith("{%")

    def put_back(self, text: str) -> str:
        return _STAND_IN.sub(lambda word: self.tags[word[0]], text)


def _plain(tokens: Sequence[Token], aside: _SetAside) -> str:
    """Write the tokens as plain text: a block keeps the distance that it has to the one above in the file."""
    written: list[str] = []
    bottom = 0
    for block in _blocks(tokens):
        if aside.is_statement(block.words):
            written.append(block.words)
            continue
        gap = "" if not written else "\n" if block.first_line <= bottom else "\n\n"
        written.append(gap + block.words)
        bottom = block.end_line
    return "".join(written)


@dataclass(frozen=True, slots=True)
class _Block:
    """One paragraph, list item or rule as plain text, with its lines in the file (first, one past last)."""

    words: str
    first_line: int
    end_line: int


def _blocks(tokens: Sequence[Token]) -> Iterator[_Block]:
    markers: list[Iterator[str]] = []
    marker = ""
    for token in tokens:
        first, end = token.map or (0, 0)
        match token.type:
            case "bullet_list_open":
                markers.append(_bullets())
            case "ordered_list_open":
                markers.append(_numbers())
            case "bullet_list_close" | "ordered_list_close":
                markers.pop()
            case "list_item_open":
                marker = "  " * (len(markers) - 1) + next(markers[-1])
            case "hr":
                yield _Block(RULE_IN_PLAIN_TEXT, first, end)
            case "inline":
                words = _plain_line(token.children or [])
                yield _Block(marker + words.replace("\n", "\n" + " " * len(marker)), first, end)
                marker = ""


def _bullets() -> Iterator[str]:
    while True:
        yield "- "


def _numbers() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{number}. "


def _plain_line(children: Sequence[Token]) -> str:
    """Write inline tokens; a link with words of its own becomes `words: address`."""
    parts: list[str] = []
    link_starts_at, address = 0, ""
    for token in children:
        if token.type == "link_open":
            link_starts_at, address = len(parts), str(token.attrGet("href"))
        elif token.type == "link_close":
            if "".join(parts[link_starts_at:]) != address:
                parts.append(f": {address}")
        elif token.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)
