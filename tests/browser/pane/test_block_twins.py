"""Pane and service rewrite a body alike: `block.js` in the browser and `calendar_sync.block` leave the same words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page

from calendar_sync.block import codes_in, rewritten
from calendar_sync.block_lines import Format
from calendar_sync.items import Block
from templates_messages.samples import FULL
from templates_messages.values import TextValues
from tests.browser.pane.test_block import (
    ANOTHER,
    CARE,
    ELSEWHERE,
    INFORMATION,
    MOVED,
    Body,
    block,
    escaped,
    few,
    first_wording,
    formats,
    lost_start,
    user_lines,
)

SERVICE: Final = "https://mote.region.example"
values_of_blocks = st.sampled_from([FULL, MOVED, ELSEWHERE, ANOTHER])


def ours(values: TextValues, meeting_type: str = CARE) -> Block:
    written = block(values, meeting_type)
    return Block(written["html"], written["text"], tuple(written["earlier"]))


@few
@given(
    formats,
    user_lines,
    user_lines,
    st.sampled_from([block, first_wording]),
    values_of_blocks,
    st.sampled_from([None, CARE, INFORMATION]),
)
def test_both_leave_the_same_words(
    modules: Page,
    kind: str,
    lines: list[str],
    inside: list[str],
    wording: Callable[[TextValues], dict[str, Any]],
    values: TextValues,
    into: str | None,
) -> None:
    body, known = Body(modules, kind), ours(FULL)
    content = body.typed_into(body.written(body.of(lines), wording(values)), inside)
    fresh = None if into is None else ours(MOVED, into)
    by_pane = (
        body.cleaned(content, asdict(known))
        if fresh is None
        else body.written(content, asdict(fresh), asdict(known))
    )
    by_service = rewritten(content, Format(kind), fresh, [known], SERVICE)
    assert body.lines(body.kept(by_service)) == body.lines(by_pane)
    assert codes_in(by_service, Format(kind), SERVICE) == body.codes(by_pane)


@pytest.mark.parametrize("kind", ["html", "text"])
def test_both_find_the_same_blocks(modules: Page, kind: str) -> None:
    body = Body(modules, kind)
    first, second = lost_start(block()[kind], ""), block(ANOTHER)[kind]
    content = body.of(["Agenda"]) + first + "\n" + second + "\n" + f"Länk {FULL.join_link}"
    assert (
        codes_in(content, Format(kind), SERVICE)
        == body.codes(content)
        == ["7K3M9QXP2RTWHD", "2H5KX0QRT7WYNC"]
    )


@pytest.mark.parametrize(
    ("kind", "closing"),
    [
        ("text", "Starta möte (vårdpersonal)<{}>"),
        ("text", "Starta möte (vårdpersonal) <{}>ring Anna"),
        ("text", "Länken <{}> är vår, se https://kommun.example/sip <b>"),
        ("html", '<p><a href="{}">Start</a> se <a href="https://kommun.example/">kommunens sida</a></p>'),
    ],
)
def test_both_leave_the_users_words_beside_our_link(modules: Page, kind: str, closing: str) -> None:
    body, known = Body(modules, kind), ours(FULL)
    above = block()[kind].strip().rpartition("\n")[0]
    content = f"{above}\n{closing.format(FULL.start_link)}\n"
    by_pane = body.cleaned(content, block())
    by_service = rewritten(content, Format(kind), None, [known], SERVICE)
    assert body.lines(by_service) == body.lines(by_pane)
    assert str(FULL.start_link) not in by_pane
    assert "<>" not in by_pane


def test_both_read_preformatted_text_line_by_line(modules: Page) -> None:
    body, known = Body(modules, "html"), ours(FULL)
    # As what a client writes as plain text may come back; in an element within, and with lines that others end.
    content = f"<pre>Agenda\n<span>{escaped(block()['text'])}\r\n</span>Egen rad\n</pre>"
    by_pane = body.written(content, block(MOVED, INFORMATION), block())
    by_service = rewritten(content, Format.HTML, ours(MOVED, INFORMATION), [known], SERVICE)
    assert body.codes(by_pane) == body.codes(by_service) == ["7K3M9QXP2RTWHD"]
    assert body.lines(by_pane) == body.lines(by_service)
    for cleaned in (body.cleaned(content, block()), rewritten(content, Format.HTML, None, [known], SERVICE)):
        assert re.sub("<[^>]*>", " ", cleaned).split() == ["Agenda", "Egen", "rad"]
