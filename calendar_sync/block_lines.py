"""A body as a reader sees it: lines of text with the addresses in them, from plain text and from HTML.

Every run of text in an HTML body is given an element of its own while it is worked on, so that a line can name the
very nodes that make it, and taking one away moves no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

TEXT: Final = "vardmote-text"
# Of an element TEXT after which a reader sees another line.
_ENDS_LINE: Final = "ends-line"
_SOURCE_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
PICTURES: Final = frozenset({"img", "picture", "svg", "video", "object"})
_LINE_ENDERS: Final = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "center",
            "dd",
            "div",
            "dl",
            "dt",
            "figure",
            "footer",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section"),
        *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
_INVISIBLE: Final = frozenset({"style", "script", "title", "meta", "link", "template", "head"})
_ADDRESS: Final = re.compile(r"""https?://[^\s<>"']+""")
_BRACKETED_ADDRESS: Final = re.compile(rf"<{_ADDRESS.pattern}>|{_ADDRESS.pattern}")
_AFTER_ADDRESS: Final = ").,;:!?"
_DISGUISE: Final = re.compile(r"(?i)https?://[^/]+/.*[?&]url=[^&]+%2F(m|start)%2F")
_UNSEEN: Final = re.compile("[\u200b\u200c\u200d\ufeff\u00ad]")
_XML_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
# What comes after them is still shown (HTML Living Standard, 13.2.6.4.19), but libxml2 would drop it.
_ENDS: Final = re.compile(r"(?i)</(?:body|html)\s*>")
# What XML 1.0 (section 2.2) has no place for, and libxml2 therefore neither.
_NO_CHARACTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Format(StrEnum):
    """How a body is written."""

    HTML = "html"
    TEXT = "text"


@dataclass(slots=True)
class Line:
    """What a reader sees on one line, the addresses in it, and (HTML) the nodes that make it."""

    text: str = ""
    links: list[str] = field(default_factory=list)
    nodes: list[HtmlElement] = field(default_factory=list)


class Unparsable(Exception):
    """The body is no HTML that could be read to its end: an empty one, or one nested too deeply for libxml2."""


def visible(text: str) -> str:
    """Return what shows: without invisible characters, runs of white space as one space."""
    return " ".join(_UNSEEN.sub("", text).split())


def split_lines(content: str) -> list[str]:
    """Return a plain text's lines, however they end."""
    return re.split(r"\r\n|\n|\r", content)


def text_lines(content: str) -> list[Line]:
    """Return the lines of a plain text."""
    return [Line(text, addresses(text)) for text in split_lines(content)]


def lines_of(content: str, kind: Format) -> list[Line]:
    """Return the lines of a body; one that cannot be read has none."""
    if kind is Format.TEXT:
        return text_lines(content)
    try:
        return html_lines(html_body(content))
    except Unparsable:
        return []


def addresses(text: str) -> list[str]:
    """Return the addresses that stand in a text."""
    return [found.rstrip(_AFTER_ADDRESS) for found in _ADDRESS.findall(text)]


def with_addresses(text: str, changed: Callable[[str], str | None]) -> str:
    """Return a text with another word for each address in it; None leaves one as it stands.

    Outlook writes a link in plain text as `words<address>`: the brackets go with the address, and it stands apart.
    """

    def another(found: re.Match[str]) -> str:
        word = changed(found[0].strip("<>").rstrip(_AFTER_ADDRESS))
        return found[0] if word is None else f" {word} "

    return _BRACKETED_ADDRESS.sub(another, text)


def html_body(content: str) -> HtmlElement:
    """Return the body element, every run of text in an element `TEXT` of its own; raises Unparsable."""
    # libxml2 refuses text that names an encoding.
    for unreadable in (_XML_DECLARATION, _NO_CHARACTER, _ENDS):
        content = unreadable.sub("", content)
    # Without `huge_tree` a body ends where it is nested 256 deep, or where one picture in it has ten megabytes.
    parser = HTMLParser(no_network=True, huge_tree=True)
    try:
        document = document_fromstring(content, parser=parser)
        body = document.find("body")
        # What libxml2 gave up at is not in the tree, and would be lost when the tree is written back.
        if body is None or parser.error_log.filter_from_fatals():
            raise Unparsable
        _wrap_texts(body)
    except (etree.ParserError, ValueError):
        raise Unparsable from None
    return body


def unwrap_texts(body: HtmlElement) -> None:
    """Give the runs of text back to the elements that they stood in."""
    for element in list(body.iter(TEXT)):
        element.drop_tag()


def html_lines(body: HtmlElement) -> list[Line]:
    """Return the lines of a body from `html_body`."""
    reader = _Reader()
    walker = etree.iterwalk(body, events=("start", "end"))
    for event, node in walker:
        if node is body:
            continue
        if event == "end":
            reader.leave(node)
        elif node.tag in _INVISIBLE:
            walker.skip_subtree()
        else:
            reader.enter(node)
    reader.end()
    return reader.lines


def holds_picture(node: HtmlElement) -> bool:
    """Whether there is a picture beside a node of a line."""
    parent = node.getparent()
    return parent is not None and any(True for _ in parent.iter(*PICTURES))


class _Reader:
    """Gathers the lines of a body that is walked through, however deeply it is nested."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._line = Line()

    def end(self) -> None:
        if self._line.nodes:
            self._line.links += addresses(self._line.text)
            self.lines.append(self._line)
        self._line = Line()

    def enter(self, node: HtmlElement) -> None:
        if node.tag == TEXT:
            self._read(node)
            return
        if node.tag in _LINE_ENDERS:
            self.end()
        if node.tag == "a" and node.get("href"):
            self._line.links.append(unwrapped(node.get("href")))
        if node.tag in {"br", "hr"}:
            self._line.nodes.append(node)

    def leave(self, node: HtmlElement) -> None:
        if node.tag in _LINE_ENDERS or node.tag == "br":
            self.end()

    def _read(self, node: HtmlElement) -> None:
        text = node.text or ""
        # White space between the tags of a tidy source is no line of its own.
        if "\n" not in text or visible(text):
            self._line.text += re.sub(r"[\r\n\t ]+", " ", text)
            self._line.nodes.append(node)
        if node.get(_ENDS_LINE):
            self.end()


def unwrapped(address: str) -> str:
    """Undo a link scanner's rewriting (`https://.../?url=<address>`), so that our link is known in disguise."""
    if not _DISGUISE.match(address):
        return address
    return parse_qs(urlsplit(address).query).get("url", [address])[0]


def _wrap_texts(body: HtmlElement) -> None:
    preformatted = {one for pre in body.iter("pre") for one in pre.iter()}
    for element in list(body.iter()):
        is_element = isinstance(element.tag, str)
        if is_element and element.text and element.tag not in _INVISIBLE:
            element[:0] = _texts(body, element.text, ends_lines=element in preformatted)
            element.text = None
        if element is not body and element.tail:
            wrapped = _texts(body, element.tail, ends_lines=element.getparent() in preformatted)
            element.tail = None
            for one in reversed(wrapped):
                element.addnext(one)


def _texts(body: HtmlElement, text: str, *, ends_lines: bool) -> list[HtmlElement]:
    """Return a run of text in an element of its own; one that ends its lines itself in one for each of them."""
    return [
        _text(body, part, ends_lines=ends_lines)
        for part in (_SOURCE_LINE.findall(text) if ends_lines else [text])
    ]


def _text(body: HtmlElement, text: str, *, ends_lines: bool) -> HtmlElement:
    wrapped: HtmlElement = body.makeelement(TEXT)
    wrapped.text = text
    if ends_lines and text.endswith("\n"):
        wrapped.set(_ENDS_LINE, "yes")
    return wrapped


def ancestors(nodes: Iterator[HtmlElement]) -> set[HtmlElement]:
    """Return every element that holds one of the nodes."""
    return {above for node in nodes for above in node.iterancestors()}
