"""The marked block in the item's body: found, replaced and removed, whatever Outlook and the user do around it."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from templates_messages.catalogue import load_catalogue
from templates_messages.item_block import earlier_blocks, item_block
from templates_messages.samples import BARE, FULL
from templates_messages.values import TextValues
from tests.examples import examples

CATALOGUE: Final = load_catalogue()
TODAY: Final = date(2027, 1, 1)
MOVED: Final = replace(FULL, start=FULL.start + timedelta(days=3), end=FULL.end + timedelta(days=3))
ELSEWHERE: Final = replace(FULL, unit_name="Barnmottagningen Ängen", contact_telephone="08-465 004 44")
ANOTHER: Final = replace(
    BARE,
    join_link="https://mote.region.example/m/2H5KX0QRT7WYNC",
    start_link="https://mote.region.example/start/9C3FV6ZB8DJ4MS",
)
CARE, INFORMATION = "care-meeting-patient", "information-meeting-patient"

CALL: Final = """async ([name, args]) => {
  const block = await import("/static/block.js");
  return block[name](...args);
}"""
KEPT_BY_OUTLOOK: Final = """async (html) => {
  const outlook = await import("/outlook/outlook_html.js");
  return outlook.wholeDocument(outlook.rewritten(html));
}"""
LINES: Final = """(html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  return [...page.querySelectorAll("p, div")].filter((line) => !line.querySelector("p, div"))
    .map((line) => line.textContent.trim()).filter(Boolean);
}"""

Block = dict[str, Any]

# Words of any letters, with what people put between them; no addresses, and no labels of ours.
word = st.text(st.characters(categories=["L", "N"], include_characters="-–!?()😀"), min_size=1, max_size=12)
user_line = st.lists(word, min_size=1, max_size=6).map(" ".join)
user_lines = st.lists(user_line, max_size=4)
formats = st.sampled_from(["html", "text"])
few = settings(max_examples=examples(15))  # each example makes several trips to the browser


@dataclass(frozen=True)
class Body:
    """A body in Outlook, and the module under test."""

    page: Page
    format: str

    def of(self, lines: list[str]) -> str:
        """Return a body that a user has typed."""
        if self.format == "text":
            return "\r\n".join(lines)
        return self.kept("".join(f"<p>{escaped(line)}</p>" for line in lines))

    def kept(self, content: str) -> str:
        """Return what Outlook keeps of a body that was set."""
        kept: str = content if self.format == "text" else self.page.evaluate(KEPT_BY_OUTLOOK, content)
        return kept

    def written(self, content: str, block: Block, *older: Block) -> str:
        return self.kept(self.call("withBlock", content, block, list(older)))

    def cleaned(self, content: str, *known: Block) -> str:
        return self.kept(self.call("withoutBlock", content, list(known)))

    def codes(self, content: str) -> list[str]:
        found: list[str] = self.call("codesIn", content)
        return found

    def lines(self, content: str) -> list[str]:
        """Return the lines that say anything, as a reader sees them."""
        if self.format == "text":
            return [" ".join(line.split()) for line in content.splitlines() if line.strip()]
        seen: list[str] = self.page.evaluate(LINES, content)
        return [" ".join(line.split()) for line in seen]

    def typed_into(self, content: str, lines: list[str]) -> str:
        """Return the body after the user has typed lines of their own in the middle of our block."""
        if self.format == "text":
            return re.sub(r"(\n)(Det här är)", lambda at: "\n" + "\n".join([*lines, at[2]]), content, count=1)
        typed = "".join(f"<p>{escaped(line)}</p>" for line in lines)
        return re.sub(
            r"(<(?:p|div)[^>]*>(?:<span[^>]*>)?Det här är)", lambda at: typed + at[1], content, count=1
        )

    def call(self, name: str, content: str, *args: Any) -> Any:
        return self.page.evaluate(CALL, [name, [{"format": self.format, "content": content}, *args]])


def block(values: TextValues = FULL, meeting_type: str = CARE) -> Block:
    """Return a block as the service renders it."""
    rendered = item_block(CATALOGUE, meeting_type, "group", values, on=TODAY)
    earlier = earlier_blocks(CATALOGUE, meeting_type, "group", values, on=TODAY)
    return {"html": rendered.html, "text": rendered.plain, "earlier": list(earlier)}


def first_wording(values: TextValues, meeting_type: str = CARE) -> Block:
    """Return a block of the text's first version, which told the time."""
    rendered = item_block(CATALOGUE, meeting_type, "group", values, on=date(2026, 1, 1))
    return {"html": rendered.html, "text": rendered.plain, "earlier": []}


def lost_start(content: str, left: str) -> str:
    """Return a body whose start link is only its words, as some phones make it, or with another address (`left`)."""
    if "</a>" not in content:
        return re.sub(r": https://mote\.region\.example/start/\w+", left and f": {left}", content)
    words = f'<a href="{left}">\\1</a>' if left else r"\1"
    return re.sub(r"<a [^>]*/start/[^>]*>(.*?)</a>", words, content)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@few
@given(formats, user_lines)
def test_a_written_block_is_found_and_reads_as_the_service_wrote_it(
    modules: Page, kind: str, lines: list[str]
) -> None:
    body = Body(modules, kind)
    written = body.written(body.of(lines), block())
    assert body.codes(written) == ["7K3M9QXP2RTWHD"]
    assert body.call("readsAs", written, block())
    assert not body.call("readsAs", written, block(ELSEWHERE))


@few
@given(formats, user_lines)
def test_removing_the_block_gives_the_user_everything_back(
    modules: Page, kind: str, lines: list[str]
) -> None:
    body = Body(modules, kind)
    before = body.of(lines)
    assert body.lines(body.cleaned(body.written(before, block()), block())) == body.lines(before)


@few
@given(formats, user_lines, st.sampled_from([MOVED, ELSEWHERE]), st.sampled_from([CARE, INFORMATION]))
def test_a_block_is_replaced_in_its_place(
    modules: Page, kind: str, lines: list[str], values: TextValues, meeting_type: str
) -> None:
    body = Body(modules, kind)
    fresh = block(values, meeting_type)
    first = body.written(body.of(lines), block())
    second = body.written(first, fresh, block())
    assert body.lines(second) == body.lines(body.written(body.of(lines), fresh))
    assert body.codes(second) == ["7K3M9QXP2RTWHD"]


@few
@given(
    formats,
    user_lines,
    st.lists(user_line, min_size=1, max_size=3),
    st.sampled_from([FULL, MOVED, ELSEWHERE]),
)
def test_what_the_user_types_inside_the_block_is_never_eaten(
    modules: Page, kind: str, lines: list[str], inside: list[str], values: TextValues
) -> None:
    body = Body(modules, kind)
    typed = body.typed_into(body.written(body.of(lines), block()), inside)
    own = [" ".join(line.split()) for line in [*lines, *inside]]
    replaced = body.written(typed, block(values))
    assert [line for line in body.lines(replaced) if line in own] == own
    assert body.lines(body.cleaned(replaced, block(values))) == own


@few
@given(user_line)
def test_words_typed_after_our_own_on_a_line_are_kept(modules: Page, words: str) -> None:
    body = Body(modules, "text")
    written = body.written("", block()).replace("/start/B4N8Z0C6V1JFSG", f"/start/B4N8Z0C6V1JFSG {words}")
    assert body.lines(body.cleaned(written, block())) == [" ".join(words.split())]


@pytest.mark.parametrize("kind", ["html", "text"])
@pytest.mark.parametrize("values", [MOVED, ELSEWHERE])
def test_an_older_time_or_unit_is_known_as_ours_without_the_older_block(
    modules: Page, kind: str, values: TextValues
) -> None:
    body = Body(modules, kind)
    written = body.written(body.of(["Agenda"]), block(values))
    assert body.lines(body.written(written, block())) == body.lines(
        body.written(body.of(["Agenda"]), block())
    )


@pytest.mark.parametrize("kind", ["html", "text"])
@pytest.mark.parametrize("meeting_type", [CARE, INFORMATION])
def test_a_block_in_an_earlier_wording_is_out_of_date_and_gives_way_whole(
    modules: Page, kind: str, meeting_type: str
) -> None:
    body, fresh = Body(modules, kind), block(FULL, meeting_type)
    old = body.written(body.of(["Agenda"]), first_wording(MOVED, meeting_type))
    assert any(line.startswith("Tid: ") for line in body.lines(old))
    assert not body.call("readsAs", old, fresh)
    assert body.lines(body.written(old, fresh)) == body.lines(body.written(body.of(["Agenda"]), fresh))


def test_an_earlier_wording_is_known_on_every_day_of_the_week_and_in_every_month(modules: Page) -> None:
    body, fresh = Body(modules, "text"), block()
    for days in [*range(7), *range(30, 360, 30)]:
        moved = replace(FULL, start=FULL.start + timedelta(days=days), end=FULL.end + timedelta(days=days))
        assert body.lines(body.written(first_wording(moved)["text"], fresh)) == body.lines(
            body.written("", fresh)
        )


@pytest.mark.parametrize("kind", ["html", "text"])
def test_a_users_line_that_begins_as_one_of_ours_once_did_stays(modules: Page, kind: str) -> None:
    body, own = Body(modules, kind), "Tid: ring om du blir sen"
    typed = body.typed_into(body.written(body.of([]), block()), [own])
    assert body.call("readsAs", typed, block())
    assert body.lines(body.cleaned(typed, block())) == [own]


@pytest.mark.parametrize("kind", ["html", "text"])
def test_a_copied_items_block_gives_way_to_the_new_meetings(modules: Page, kind: str) -> None:
    body = Body(modules, kind)
    copied = body.written(body.of(["Agenda"]), block(ANOTHER))
    assert body.codes(copied) == ["2H5KX0QRT7WYNC"]
    written = body.written(copied, block())
    assert body.codes(written) == ["7K3M9QXP2RTWHD"]
    assert body.lines(written)[0] == "Agenda"


@pytest.mark.parametrize("kind", ["html", "text"])
def test_two_blocks_in_one_item_become_one(modules: Page, kind: str) -> None:
    body = Body(modules, kind)
    twice = body.of([]) + "\n" + block()[kind] + "\n" + block()[kind]
    assert len(body.codes(twice)) == 2
    assert body.codes(body.written(twice, block())) == ["7K3M9QXP2RTWHD"]


@pytest.mark.parametrize("kind", ["html", "text"])
def test_a_join_link_in_the_users_own_sentence_is_left_alone(modules: Page, kind: str) -> None:
    body = Body(modules, kind)
    sentence = f"Länken är {FULL.join_link} om du undrar"
    assert body.codes(body.of([sentence])) == []
    assert body.lines(body.cleaned(body.of([sentence]), block())) == [sentence]


def test_ten_rewritings_do_not_make_the_body_grow(modules: Page) -> None:
    body = Body(modules, "html")
    content = body.written(body.of(["Agenda"]), block())
    size = len(content)
    for _ in range(10):
        content = body.written(content, block())
    assert len(content) <= size


def test_pictures_and_tables_around_the_block_stay(modules: Page) -> None:
    body = Body(modules, "html")
    picture = '<img src="https://region.example/karta.png" alt="Karta">'
    drawn = f"<table><tbody><tr><td>Rum</td><td>{picture}</td></tr></tbody></table>"
    written = body.written(body.kept(drawn), block())
    cleaned = body.cleaned(written, block())
    assert "karta.png" in cleaned
    assert "<td" in cleaned


def test_a_block_whose_links_a_mail_filter_has_rewritten_is_still_found(modules: Page) -> None:
    body = Body(modules, "html")
    written = body.written("", block())
    wrapped = re.sub(
        r'href="https://mote\.region\.example/(m|start)/',
        r'href="https://filter.example/?data=1&amp;url=https%3A%2F%2Fmote.region.example%2F\1%2F',
        written,
    )
    assert wrapped != written
    assert body.codes(wrapped) == ["7K3M9QXP2RTWHD"]


@pytest.mark.parametrize("left", ["", "https://filter.example/v3/__https:/start-B4N8__;!!x"])
@pytest.mark.parametrize("kind", ["html", "text"])
def test_a_block_whose_start_link_is_lost_or_in_disguise_is_still_found(
    modules: Page, kind: str, left: str
) -> None:
    body = Body(modules, kind)
    changed = lost_start(body.written(body.of(["Agenda"]), block()), left)
    assert body.codes(changed) == ["7K3M9QXP2RTWHD"]
    # Whoever opens the item gets the way to start back.
    assert not body.call("readsAs", changed, block())
    assert body.lines(body.written(changed, block())) == body.lines(
        body.written(body.of(["Agenda"]), block())
    )
    assert body.lines(body.cleaned(changed, block())) == ["Agenda"]


def test_a_block_that_word_has_rewritten_is_replaced_whole(modules: Page) -> None:
    body = Body(modules, "html")
    written = body.written(body.of(["Agenda"]), block())
    # Classic Outlook edits with Word: lines broken anywhere, a class and an empty element in every paragraph.
    by_word = re.sub(r"(\w) (\w)", "\\1\r\n\\2", written).replace("</p>", "<o:p></o:p></p>")
    by_word = re.sub(r"<p[^>]*>", '<p class="MsoNormal">', by_word)
    assert body.call("readsAs", by_word, block())
    replaced = body.written(by_word, block(MOVED, INFORMATION), block())
    assert body.lines(replaced) == body.lines(body.written(body.of(["Agenda"]), block(MOVED, INFORMATION)))


@few
@given(formats, user_lines)
def test_the_check_reads_the_users_text_and_not_ours(modules: Page, kind: str, lines: list[str]) -> None:
    body = Body(modules, kind)
    read = body.call("userText", body.written(body.of(lines), block()), [block()])
    assert [" ".join(line.split()) for line in read.splitlines() if line.strip()] == body.lines(
        body.of(lines)
    )
