"""The marked block in a body that the service itself rewrites: replaced or taken out, the user's words untouched."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from calendar_sync.block import codes_in, rewritten
from calendar_sync.block_lines import Format, lines_of, visible
from calendar_sync.items import Block
from templates_messages.catalogue import load_catalogue
from templates_messages.item_block import earlier_blocks, item_block
from templates_messages.samples import BARE, FULL
from templates_messages.values import TextValues

SERVICE: Final = "https://mote.region.example"
CATALOGUE: Final = load_catalogue()
MOVED: Final = replace(FULL, start=FULL.start + timedelta(days=3), end=FULL.end + timedelta(days=3))
ANOTHER: Final = replace(
    BARE, join_link=f"{SERVICE}/m/2H5KX0QRT7WYNC", start_link=f"{SERVICE}/start/9C3FV6ZB8DJ4MS"
)
TODAY: Final = date(2027, 1, 1)
CODE: Final = "7K3M9QXP2RTWHD"

word = st.text(st.characters(categories=["L", "N"], include_characters="-–!?()&<😀"), min_size=1, max_size=12)
user_lines = st.lists(st.lists(word, min_size=1, max_size=6).map(" ".join), max_size=4)
formats = st.sampled_from(Format)


def block(values: TextValues = FULL, meeting_type: str = "care-meeting-patient") -> Block:
    """Return a block as the service renders it."""
    rendered = item_block(CATALOGUE, meeting_type, "group", values, on=TODAY)
    earlier = earlier_blocks(CATALOGUE, meeting_type, "group", values, on=TODAY)
    return Block(rendered.html, rendered.plain, earlier)


def first_wording(values: TextValues, meeting_type: str = "care-meeting-patient") -> Block:
    """Return a block of the text's first version, which told the time."""
    rendered = item_block(CATALOGUE, meeting_type, "group", values, on=date(2026, 1, 1))
    return Block(rendered.html, rendered.plain)


def body(kind: Format, before: list[str], own: Block | None, after: list[str]) -> str:
    """Return a body as Outlook keeps it, with our block between lines that the user typed."""
    if kind is Format.TEXT:
        return "\r\n".join([*before, *(own.text.splitlines() if own else []), *after])
    typed = ["".join(f"<p>{html.escape(line)}</p>" for line in lines) for lines in (before, after)]
    return (
        '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>'
        f"<body>\r\n<div>{typed[0]}{own.html if own else ''}{typed[1]}</div>\r\n</body></html>"
    )


def seen(content: str, kind: Format) -> list[str]:
    """Return the lines that say anything."""
    return [visible(line.text) for line in lines_of(content, kind) if visible(line.text)]


def squeezed(lines: list[str]) -> list[str]:
    return [visible(line) for line in lines if visible(line)]


@given(formats, user_lines, user_lines)
def test_taking_the_block_out_leaves_the_users_words(
    kind: Format, before: list[str], after: list[str]
) -> None:
    content = body(kind, before, block(), after)
    assert codes_in(content, kind, SERVICE) == [CODE]
    left = rewritten(content, kind, None, [block()], SERVICE)
    assert seen(left, kind) == squeezed([*before, *after])
    assert codes_in(left, kind, SERVICE) == []


@given(formats, user_lines, user_lines)
def test_a_new_block_stands_where_the_old_one_stood(
    kind: Format, before: list[str], after: list[str]
) -> None:
    content = body(kind, before, block(), after)
    written = rewritten(content, kind, block(ANOTHER), [block()], SERVICE)
    assert seen(written, kind) == seen(body(kind, before, block(ANOTHER), after), kind)


@given(formats, user_lines.filter(lambda lines: bool(squeezed(lines))))
def test_what_was_typed_within_the_block_is_kept(kind: Format, inside: list[str]) -> None:
    typed = (
        "\r\n".join([*inside, "Det här är"])
        if kind is Format.TEXT
        else ("".join(f"<p>{html.escape(line)}</p>" for line in inside) + "<p>Det här är")
    )
    ours = "Det här är" if kind is Format.TEXT else "<p>Det här är"
    content = body(kind, [], block(), []).replace(ours, typed, 1)
    assert seen(rewritten(content, kind, None, [block()], SERVICE), kind) == squeezed(inside)


@given(formats, user_lines)
def test_a_body_without_our_block_is_given_back_byte_for_byte(kind: Format, lines: list[str]) -> None:
    content = body(kind, lines, None, [])
    assert rewritten(content, kind, block(), [block()], SERVICE) == content


@given(st.text(max_size=200), formats)
def test_no_content_at_all_makes_it_fail(content: str, kind: Format) -> None:
    assert rewritten(content, kind, None, [], SERVICE) == content


@pytest.mark.parametrize("kind", list(Format))
@pytest.mark.parametrize("meeting_type", ["care-meeting-patient", "information-meeting-patient"])
@pytest.mark.parametrize("days", [0, 3, 13, 40, 300])
def test_a_block_in_an_earlier_wording_gives_way_whole_whatever_time_it_tells(
    kind: Format, meeting_type: str, days: int
) -> None:
    other = replace(FULL, start=FULL.start + timedelta(days=days), end=FULL.end + timedelta(days=days))
    content = body(kind, ["Agenda"], first_wording(other, meeting_type), ["Slut"])
    fresh = block(FULL, meeting_type)
    after = rewritten(content, kind, fresh, [], SERVICE)
    assert seen(after, kind) == seen(body(kind, ["Agenda"], fresh, ["Slut"]), kind)
    assert "Tid:" not in after
    assert seen(rewritten(content, kind, None, [fresh], SERVICE), kind) == ["Agenda", "Slut"]


@pytest.mark.parametrize("kind", list(Format))
@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Helsinki", "16.30–17.00 (tid i Helsingfors)"),
        ("Europe/Berlin", "15.30–16.00 (tid i Berlin)"),
        ("Etc/UTC", "13.30–14.00 (tid i UTC)"),
    ],
)
def test_a_time_that_a_block_told_by_another_clock_than_swedens_gives_way(
    kind: Format, zone: str, told: str
) -> None:
    before, there = first_wording(FULL), replace(FULL, zone=ZoneInfo(zone))
    now = "15.30–16.00"
    bears = replace(before, html=before.html.replace(now, told), text=before.text.replace(now, told))
    assert told in bears.html
    fresh = block(there)
    after = rewritten(body(kind, ["Agenda"], bears, ["Slut"]), kind, fresh, [], SERVICE)
    assert seen(after, kind) == seen(body(kind, ["Agenda"], fresh, ["Slut"]), kind)


@pytest.mark.parametrize("kind", list(Format))
def test_a_users_line_that_begins_as_one_of_ours_once_did_stays(kind: Format) -> None:
    content = body(kind, [], block(), [])
    place = "Enhet: " if kind is Format.TEXT else "<p>Enhet: "
    note = "Tid: ring om du blir sen\r\n" if kind is Format.TEXT else "<p>Tid: ring om du blir sen</p>"
    assert place in content
    left = rewritten(content.replace(place, note + place, 1), kind, None, [block()], SERVICE)
    assert seen(left, kind) == ["Tid: ring om du blir sen"]


@pytest.mark.parametrize("kind", list(Format))
def test_two_blocks_give_way_to_one(kind: Format) -> None:
    once = body(kind, ["Agenda"], block(), [])
    twice = body(kind, ["Agenda"], Block(block().html * 2, f"{block().text}\n{block().text}"), [])
    assert codes_in(twice, kind, SERVICE) == [CODE, CODE]
    assert seen(rewritten(twice, kind, block(), [], SERVICE), kind) == seen(once, kind)


@pytest.mark.parametrize(
    ("closing", "left"),
    [
        # As Outlook writes a link in plain text.
        ("Starta möte (vårdpersonal)<{}>", ""),
        ("Starta möte (vårdpersonal) <{}> ring Anna", "ring Anna"),
        ("Starta möte (vårdpersonal)<{}>ring Anna", "ring Anna"),
        ("Länken <{}> är till för oss", "Länken är till för oss"),
        ("{} se https://kommun.example/sip <b>", "se https://kommun.example/sip <b>"),
    ],
)
@pytest.mark.parametrize("fresh", [None, block(ANOTHER)], ids=["taken out", "replaced"])
def test_of_a_link_between_brackets_nothing_stays_beside_the_users_words(
    closing: str, left: str, fresh: Block | None
) -> None:
    text = block().text.replace(FULL.join_link, f"{FULL.join_link}<{FULL.join_link}>")
    *above, last = text.strip().splitlines()
    assert last.endswith(str(FULL.start_link))
    content = "\n".join(["Agenda", *above, closing.format(FULL.start_link), "Slut"])
    own = fresh.text.strip().splitlines() if fresh else []
    expected = ["Agenda", *own, left, "Slut"]
    written = rewritten(content, Format.TEXT, fresh, [block()], SERVICE)
    assert seen(written, Format.TEXT) == squeezed(expected)


def test_what_the_user_links_to_beside_our_link_keeps_its_words() -> None:
    ours = "Starta möte (vårdpersonal)</a>"
    content = block().html.replace(ours, 'Start</a> se <a href="https://kommun.example/">kommunens sida</a>')
    assert seen(rewritten(content, Format.HTML, None, [block()], SERVICE), Format.HTML) == [
        "se kommunens sida"
    ]


@pytest.mark.parametrize("kind", list(Format))
def test_another_services_links_are_not_ours(kind: Format) -> None:
    content = body(kind, [], block(), [])
    assert codes_in(content, kind, "https://annan.region.example") == []
    assert rewritten(content, kind, None, [block()], "https://annan.region.example") == content


@pytest.mark.parametrize("kind", list(Format))
def test_a_join_link_in_the_users_own_sentence_is_left_alone(kind: Format) -> None:
    content = body(kind, [f"Länken är {FULL.join_link} om du undrar"], None, [])
    assert rewritten(content, kind, None, [block()], SERVICE) == content


def test_a_block_whose_links_a_mail_filter_has_rewritten_is_taken_out() -> None:
    content = re.sub(
        r'href="https://mote\.region\.example/(m|start)/',
        r'href="https://filter.example/?data=1&amp;url=https%3A%2F%2Fmote.region.example%2F\1%2F',
        body(Format.HTML, ["Agenda"], block(), []),
    )
    assert codes_in(content, Format.HTML, SERVICE) == [CODE]
    assert seen(rewritten(content, Format.HTML, None, [block()], SERVICE), Format.HTML) == ["Agenda"]


def test_a_block_that_word_has_rewritten_is_taken_out_whole() -> None:
    content = body(Format.HTML, ["Agenda"], block(), [])
    by_word = re.sub(r"(\w) (\w)", "\\1\r\n\\2", content).replace("</p>", "<o:p></o:p></p>")
    by_word = re.sub(r"<p[^>]*>", '<p class="MsoNormal">', by_word)
    left = rewritten(by_word, Format.HTML, None, [block()], SERVICE)
    assert seen(left, Format.HTML) == ["Agenda"]


def test_pictures_tables_and_an_online_meetings_own_part_stay() -> None:
    around = (
        '<table><tbody><tr><td>Rum</td><td><img src="https://region.example/karta.png"></td></tr></tbody></table>'
        '<!-- ett märke --><div class="me-email-text"><a href="https://teams.example/l/1">Anslut nu</a></div>'
    )
    content = f"<html><body>{around}{block().html}{around}</body></html>"
    left = rewritten(content, Format.HTML, None, [block()], SERVICE)
    assert left.count("karta.png") == left.count("<td>Rum</td>") == left.count("me-email-text") == 2
    assert left.count("<!-- ett märke -->") == 2


def test_what_stands_after_the_end_of_the_document_is_not_lost() -> None:
    content = f"<html><body>{block().html}</body></html><p>Efter slutet</p>"
    assert seen(rewritten(content, Format.HTML, None, [block()], SERVICE), Format.HTML) == ["Efter slutet"]


@pytest.mark.parametrize("deep", [300, 1500])
def test_a_deeply_nested_body_loses_our_block_and_nothing_else(deep: int) -> None:
    old_mail = f"{'<div>' * deep}Underst i tråden{'</div>' * deep}<p>Sist</p>"
    whole = f"<html><body>{block().html}{old_mail}</body></html>"
    assert seen(rewritten(whole, Format.HTML, None, [block()], SERVICE), Format.HTML) == [
        "Underst i tråden",
        "Sist",
    ]


def test_a_body_that_cannot_be_read_to_its_end_is_left_alone() -> None:
    bottomless = f"<html><body>{block().html}{'<div>' * 5000}Underst{'</div>' * 5000}</body></html>"
    assert rewritten(bottomless, Format.HTML, None, [], SERVICE) == bottomless


def test_a_picture_of_many_megabytes_in_the_body_stays_with_what_comes_after_it() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 11_000_000}"><p>Sist</p>'
    left = rewritten(f"<html><body>{block().html}{picture}</body></html>", Format.HTML, None, [], SERVICE)
    assert picture in left


def test_ten_rewritings_do_not_make_the_body_grow() -> None:
    content = rewritten(body(Format.HTML, ["Agenda"], block(), []), Format.HTML, block(), [], SERVICE)
    size = len(content)
    for _ in range(10):
        content = rewritten(content, Format.HTML, block(), [], SERVICE)
    assert len(content) == size


def test_a_document_keeps_its_kind_and_a_fragment_stays_one() -> None:
    whole = f"<!DOCTYPE html>\n<html><head><title>x</title></head><body>{block().html}<p>å &amp; ö</p></body></html>"
    left = rewritten(whole, Format.HTML, None, [block()], SERVICE)
    assert left.startswith("<!DOCTYPE html>")
    assert document_fromstring(left).findtext("head/title") == "x"
    assert rewritten(f"{block().html}<p>å &amp; ö</p>", Format.HTML, None, [block()], SERVICE).strip() == (
        "<p>å &amp; ö</p>"
    )


@given(kind=formats, before=user_lines)
def test_a_block_is_added_once_to_a_body_that_has_none(kind: Format, before: list[str]) -> None:
    own, plain = block(), body(kind, before, None, [])
    added = rewritten(plain, kind, own, [own], SERVICE, adding=True)
    assert codes_in(added, kind, SERVICE) == [CODE]
    assert seen(added, kind)[: len(squeezed(before))] == squeezed(before)
    assert rewritten(added, kind, own, [own], SERVICE, adding=True).count(CODE) == added.count(CODE)
    taken_out = rewritten(added, kind, None, [own], SERVICE)
    assert squeezed(seen(taken_out, kind)) == squeezed(before)
    assert rewritten(plain, kind, None, [own], SERVICE, adding=True) == plain
    assert rewritten(plain, kind, own, [own], SERVICE) == plain


@pytest.mark.parametrize("kind", list(Format))
def test_an_empty_body_gets_the_block_alone(kind: Format) -> None:
    added = rewritten("", kind, block(), [], SERVICE, adding=True)
    assert codes_in(added, kind, SERVICE) == [CODE]
