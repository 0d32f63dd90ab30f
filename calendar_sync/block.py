"""Our marked block in the body of an item: found, replaced and taken out, in HTML and in plain text.

Outlook rewrites the HTML that is set (comments, ids and classes go), so a block is known by what a reader sees: from a
join link of the service to the next start link. Whatever the user typed between our lines stays, word for word. Used
on one proven copy at a time, in memory; while an item is open the pane is the only writer (addin/web/static/block.js).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lxml import etree
from lxml.html import HtmlElement, fragments_fromstring

from calendar_sync.block_lines import (
    PICTURES,
    Format,
    Line,
    Unparsable,
    ancestors,
    html_body,
    html_lines,
    lines_of,
    split_lines,
    text_lines,
    unwrap_texts,
    visible,
)
from calendar_sync.block_verdicts import Links, Verdict, judge
from calendar_sync.items import Block

_CONTAINERS: Final = frozenset(
    {"body", "div", "blockquote", "td", "th", "li", "section", "article", "center", "dd"}
)


def codes_in(content: str, kind: Format, service_url: str) -> list[str]:
    """Return the codes of the join links that begin a block of ours, in reading order."""
    links, lines = Links(service_url), lines_of(content, kind)
    return [links.join_code(lines[first]) or "" for first, _ in links.spans(lines)]


def rewritten(
    content: str,
    kind: Format,
    fresh: Block | None,
    known: Sequence[Block],
    service_url: str,
    *,
    adding: bool = False,
) -> str:
    """Return a body with `fresh` once in the place of our blocks, or (None) without any of them.

    `known` are blocks that the item may bear, as the service renders them: by them our lines are told from the
    user's. A body without a block of ours is returned as it is, byte for byte, or (`adding`) with `fresh` at its end.
    """
    if not codes_in(content, kind, service_url):
        return _with_added(content, kind, fresh) if fresh and adding else content
    known = [fresh, *known] if fresh else known
    if kind is Format.TEXT:
        return _rewritten_text(content, fresh.text if fresh else None, known, Links(service_url))
    return _rewritten_html(content, fresh.html if fresh else None, known, Links(service_url))


def _with_added(content: str, kind: Format, fresh: Block) -> str:
    if kind is Format.TEXT:
        end = "\r\n" if "\r\n" in content else "\n"
        said = content.rstrip()
        return end.join([*([said, ""] if said else []), *split_lines(fresh.text.rstrip())])
    if not content.strip():
        return fresh.html
    try:
        body = html_body(content)
    except Unparsable:
        # What cannot be read cannot be written back whole.
        return content
    for part in fragments_fromstring(fresh.html):
        if not isinstance(part, str):
            part.tail = None
            body.append(part)
    unwrap_texts(body)
    return _written(body, content)


def _rewritten_text(content: str, fresh: str | None, known: Sequence[Block], links: Links) -> str:
    lines = text_lines(content)
    verdicts = judge(lines, known, links)
    place = next(at for at, verdict in enumerate(verdicts) if verdict.ours)
    kept: list[str] = []
    for at, (line, verdict) in enumerate(zip(lines, verdicts, strict=True)):
        if at == place and fresh is not None:
            kept += split_lines(fresh.rstrip())
        if not verdict.ours:
            kept.append(line.text)
        elif verdict.rest:
            kept.append(verdict.rest)
    return ("\r\n" if "\r\n" in content else "\n").join(kept)


def _rewritten_html(content: str, fresh: str | None, known: Sequence[Block], links: Links) -> str:
    body = html_body(content)
    lines = html_lines(body)
    verdicts = judge(lines, known, links)
    marker: HtmlElement = body.makeelement("div")
    _put_before(marker, lines, verdicts)
    left = [
        part
        for line, verdict in zip(lines, verdicts, strict=True)
        if verdict.ours
        for part in _take_out(line, verdict.rest)
    ]
    block = (
        [] if fresh is None else [part for part in fragments_fromstring(fresh) if not isinstance(part, str)]
    )
    for part in [*block, *left]:
        part.tail = None
        marker.addprevious(part)
    marker.drop_tree()
    unwrap_texts(body)
    return _written(body, content)


def _put_before(marker: HtmlElement, lines: Sequence[Line], verdicts: Sequence[Verdict]) -> None:
    """Put `marker` where the block stands, outside every element that holds nothing but lines of ours.

    So wrappers of an older block are emptied and pruned instead of nesting deeper at each rewriting.
    """
    pairs = list(zip(lines, verdicts, strict=True))
    spot = next(line.nodes[0] for line, verdict in pairs if verdict.ours)
    shared = ancestors(node for line, verdict in pairs if not verdict.ours for node in line.nodes)
    while (parent := spot.getparent()) is not None and parent.tag != "body":
        if parent in shared and parent.tag in _CONTAINERS:
            break
        spot = parent
        if parent in shared:
            spot.addnext(marker)
            return
    spot.addprevious(marker)


def _take_out(line: Line, rest: str) -> list[HtmlElement]:
    """Remove a line of ours with the elements that it leaves empty; return the user's words in it as a line."""
    own = line.nodes[0].makeelement("div")
    own.text = rest
    for node in line.nodes:
        parent = node.getparent()
        if parent is None:  # went with an element that had become empty
            continue
        parent.remove(node)
        while parent.tag != "body" and _is_empty(parent):
            above = parent.getparent()
            if above is None:
                break
            above.remove(parent)
            parent = above
    return [own] if rest else []


def _is_empty(element: HtmlElement) -> bool:
    return not visible(element.text_content()) and not any(True for _ in element.iter("br", "hr", *PICTURES))


def _written(body: HtmlElement, content: str) -> str:
    """Return the document, or of a fragment what stands in its body."""
    beginning = content.lower()
    if "<html" not in beginning and "<body" not in beginning:
        return (body.text or "") + "".join(_html(child) for child in body)
    tree = body.getroottree()
    # libxml2 would write a document type of its own where there was none.
    doctype = f"{tree.docinfo.doctype}\n" if "<!doctype" in beginning else ""
    return doctype + _html(tree.getroot())


def _html(element: HtmlElement) -> str:
    return str(etree.tostring(element, encoding="unicode", method="html"))
