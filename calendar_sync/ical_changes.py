"""Changes our tag and our block in an iCalendar resource (RFC 5545); every other line stays as it was.

A resource is only written whole. What stands in its body is held for as long as it takes to find our block in it
(`calendar_sync.block`), and goes nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote, unquote

from icalendar.parser import Contentline, Contentlines
from icalendar.prop import vText

from calendar_sync.block import rewritten
from calendar_sync.block_lines import Format, lines_of
from calendar_sync.ical_lines import EVENT, TAG_PROPERTY, lines_in, name_of
from calendar_sync.items import Block, Tag

_BODIES: Final = frozenset({"DESCRIPTION", "X-ALT-DESC", "STYLED-DESCRIPTION"})
# A name with its parameters, whose values may stand in quotes; and what comes after.
_VALUE: Final = re.compile(r'((?:[^":]|"[^"]*")*:)(.*)', re.DOTALL)
_HTML_ADDRESS: Final = re.compile(r'"data:text/html(?:;charset=[^,;"]*)?,([^"]*)"', re.IGNORECASE)
# RFC 5545, section 3.3.11.
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")


def with_tag(data: bytes, tag: Tag | None) -> bytes:
    """Return the resource with our tag in each of its events, or without; every other line as it was."""
    kept: list[Contentline] = []
    for line, inside in lines_in(data):
        if inside == EVENT and name_of(line) == TAG_PROPERTY:
            continue
        kept.append(line)
        if tag and inside == EVENT and line.upper() == "BEGIN:VEVENT":
            kept.append(Contentline(f"{TAG_PROPERTY}:{tag}"))
    return _written(kept)


def with_block(
    data: bytes,
    block: Block | None,
    tag: Tag | None,
    service_url: str,
    known: Sequence[Block],
    *,
    adding: bool = False,
) -> bytes:
    """Return the resource with `block` in the place of ours, or without ours, in every form its body is kept in.

    `adding`: a body without ours gets it at its end, and an event without a body one in plain text.

    RFC 5545 keeps a body as text in DESCRIPTION; Thunderbird adds its HTML as an address in ALTREP (section 3.2.1).
    Outlook keeps HTML in X-ALT-DESC, RFC 9073 (section 6.5) in STYLED-DESCRIPTION.
    """

    def rewrite(content: str, kind: Format) -> str:
        return rewritten(content, kind, block, known, service_url, adding=adding)

    lines = list(_in_events(data))
    fresh: dict[int, str] = {}
    for place, (line, event) in enumerate(lines):
        told = _html(line) if event is not None else None
        if event is not None and told is not None and (changed := rewrite(told, Format.HTML)) != told:
            fresh[event] = changed
            lines[place] = (_with_html(line, changed), event)
    for place, (line, event) in enumerate(lines):
        if event is not None and name_of(line) == "DESCRIPTION":
            text = rewrite(_text(line), Format.TEXT)
            if event in fresh and f"{service_url}/m/" in text:
                # A program that made this text of the HTML dropped the addresses behind words, and with them the
                # link that ends our block; so it is made of the HTML again.
                text = "\n".join(one.text for one in lines_of(fresh[event], Format.HTML))
            lines[place] = (line if text == _text(line) else _with_text(line, text), event)
    if block and adding:
        lines = list(_with_bodies(lines, block))
    return with_tag(_written([line for line, _ in lines]), tag)


def _with_bodies(
    lines: Sequence[tuple[Contentline, int | None]], block: Block
) -> Iterator[tuple[Contentline, int | None]]:
    """Yield the lines with a body for each event that has none in any form."""
    told = {event for line, event in lines if event is not None and name_of(line) in _BODIES}
    for line, event in lines:
        yield line, event
        if event is not None and event not in told and line.upper() == "BEGIN:VEVENT":
            yield _with_text(Contentline("DESCRIPTION:"), block.text.rstrip()), event


def _in_events(data: bytes) -> Iterator[tuple[Contentline, int | None]]:
    """Yield each line with the number of the event that it is directly in, or None."""
    number = -1
    for line, inside in lines_in(data):
        is_in = inside == EVENT
        number += is_in and line.upper() == "BEGIN:VEVENT"
        yield line, number if is_in else None


def _parted(line: Contentline) -> tuple[str, str]:
    """Return the name with its parameters and the colon, and the value as it is written."""
    parted = _VALUE.fullmatch(line)
    if parted is None:
        raise ValueError
    return parted[1], parted[2]


def _text(line: Contentline) -> str:
    return _ESCAPED.sub(lambda one: "\n" if one[1] in "nN" else one[1], _parted(line)[1])


def _with_text(line: Contentline, text: str) -> Contentline:
    return Contentline(_parted(line)[0] + vText(text).to_ical().decode())


def _html(line: Contentline) -> str | None:
    """Return the HTML that a line holds, if it is one of those in which a body is kept so."""
    name = name_of(line)
    if name not in _BODIES:
        return None
    before, _ = _parted(line)
    if name == "DESCRIPTION":
        address = _HTML_ADDRESS.search(before)
        return unquote(address[1]) if address else None
    return _text(line) if "text/html" in before.lower() else None


def _with_html(line: Contentline, html: str) -> Contentline:
    if name_of(line) != "DESCRIPTION":
        return _with_text(line, html)
    before, value = _parted(line)
    return Contentline(_HTML_ADDRESS.sub(lambda _: _address_of(html), before) + value)


def _address_of(html: str) -> str:
    return f'"data:text/html,{quote(html, safe="")}"'


def _written(lines: Sequence[Contentline]) -> bytes:
    text: bytes = Contentlines([*lines, Contentline("")]).to_ical()
    return text
