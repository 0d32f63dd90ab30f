"""The block in the calendar item: found again by what people see, and giving outsiders nothing."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from templates_messages.catalogue import load_catalogue
from templates_messages.item_block import (
    CLOSING,
    JOIN_PATH,
    OPENING,
    START_PATH,
    NoCalendarText,
    earlier_blocks,
    item_block,
)
from templates_messages.rendering import RenderedText
from templates_messages.samples import BARE, FULL
from templates_messages.titles import load_titles
from templates_messages.values import TextValues
from templates_messages.vocabulary import Language

CATALOGUE = load_catalogue()
KINDS = sorted(load_titles().by_kind)
TODAY = date(2027, 1, 1)
FIRST_WORDING = date(2026, 1, 1)


def block(kind: tuple[str, str], values: TextValues = FULL) -> RenderedText:
    return item_block(CATALOGUE, *kind, values, on=TODAY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [FULL, BARE], ids=["full", "bare"])
def test_the_first_line_is_the_join_link_and_the_last_the_start_link(
    kind: tuple[str, str], values: TextValues
) -> None:
    lines = block(kind, values).plain.splitlines()
    assert lines[0] == f"{OPENING[Language.SWEDISH]} {values.join_link}"
    assert lines[-1] == f"{CLOSING[Language.SWEDISH]}: {values.start_link}"
    assert JOIN_PATH in lines[0]
    assert START_PATH in lines[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_in_html_each_link_has_a_paragraph_of_its_own(kind: tuple[str, str]) -> None:
    paragraphs = block(kind).html.splitlines()
    assert paragraphs[0] == (
        f'<p><strong>Anslut till mötet:</strong> <a href="{FULL.join_link}">{FULL.join_link}</a></p>'
    )
    assert paragraphs[-1] == f'<p><a href="{FULL.start_link}">Starta möte (vårdpersonal)</a></p>'


@pytest.mark.parametrize("kind", KINDS)
def test_the_block_asks_for_no_personal_data_and_holds_no_pin(kind: tuple[str, str]) -> None:
    filled = block(kind)
    assert "Skriv inga personuppgifter här" in filled.plain
    for pin in (FULL.host_pin, FULL.guest_pin):
        assert pin is not None
        assert pin not in filled.plain + filled.html


@pytest.mark.parametrize("kind", KINDS)
def test_the_block_reads_the_same_at_any_time_since_the_item_tells_its_own(kind: tuple[str, str]) -> None:
    moved = replace(FULL, start=FULL.start + timedelta(days=9), end=FULL.end + timedelta(days=9, hours=2))
    assert block(kind, moved) == block(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_block_says_what_is_true_of_both_kinds_of_lobby(kind: tuple[str, str]) -> None:
    assert "släpper in" not in block(kind).plain


def test_how_the_block_read_before_is_known_newest_first() -> None:
    (earlier,) = earlier_blocks(CATALOGUE, *KINDS[0], FULL, on=TODAY)
    assert earlier == item_block(CATALOGUE, *KINDS[0], FULL, on=FIRST_WORDING).plain
    assert "Tid: torsdag 22 april 2027 kl. 15.30–16.00" in earlier
    assert earlier_blocks(CATALOGUE, *KINDS[0], FULL, on=FIRST_WORDING) == ()


def test_a_kind_without_a_calendar_text_is_named() -> None:
    with pytest.raises(NoCalendarText, match="webinar/group"):
        block(("webinar", "group"))
