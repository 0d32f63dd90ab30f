"""The block in the calendar item: found again by what people see, and giving outsiders nothing."""

from dataclasses import replace
from datetime import date

import pytest

from templates_messages.catalogue import load_catalogue
from templates_messages.item_block import CLOSING, JOIN_PATH, OPENING, START_PATH, NoCalendarText, item_block
from templates_messages.rendering import RenderedText
from templates_messages.samples import BARE, FULL
from templates_messages.titles import load_titles
from templates_messages.values import TextValues
from templates_messages.vocabulary import Language

CATALOGUE = load_catalogue()
KINDS = sorted(load_titles().by_kind)
TODAY = date(2027, 1, 1)


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


def test_the_block_tells_the_time_as_it_is_now() -> None:
    moved = replace(FULL, start=FULL.start.replace(hour=7), end=FULL.end.replace(hour=8))
    assert "kl. 09.00–10.00" not in block(KINDS[0]).plain
    assert "kl. 09.30–10.00" in block(KINDS[0], moved).plain


def test_a_kind_without_a_calendar_text_is_named() -> None:
    with pytest.raises(NoCalendarText, match="webinar/group"):
        block(("webinar", "group"))
