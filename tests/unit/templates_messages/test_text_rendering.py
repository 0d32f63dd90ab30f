"""A rendering says the same in plain text and HTML, is the same every time, and never lets a value become markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_messages.catalogue import Text, load_catalogue
from templates_messages.markup import ALLOWED_TAGS, UnfitMarkup, turn
from templates_messages.rendering import MissingValue, UnfitTemplate, UnknownPlaceholder, compile_body, render
from templates_messages.samples import BARE, FULL
from templates_messages.vocabulary import Language
from tests.unit.templates_messages.shelf import GOOD_BODY, put

SHIPPED = load_catalogue()
EVERY_TEXT = pytest.mark.parametrize("text", SHIPPED.texts, ids=lambda text: text.file)

# Anything that a unit's settings could hold: markup, Jinja, Markdown, quotes.
WORDS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc", "Cf"]), min_size=1
).filter(str.strip) | st.sampled_from(
    [
        "<b>x</b>",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "**fet**",
        "[a](https://b.example)",
        "&amp;",
        "\"'",
    ]
)


class Reader(HTMLParser):
    """Reads HTML as a person does: words, and where links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets.extend(value or "" for name, value in attrs if name == "href")
        assert {name for name, _ in attrs} <= {"href"}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def letters(words: str) -> str:
    return re.sub(r"\s+", "", words)


def text_with(body: str, tmp_path: Path, **front: str) -> Text:
    put(tmp_path, "try/1.sv.md", body, **front)
    return load_catalogue(tmp_path).texts[0]


@EVERY_TEXT
def test_every_shipped_text_says_the_same_in_html_and_in_plain_text(text: Text) -> None:
    for values in (FULL, BARE):
        filled = render(text, values)
        reader = Reader(filled.html)
        # What HTML shows otherwise: the marks of a list and the address behind a link with words of its own.
        plain = re.sub(r"(?m)^(- |\d\. )", "", filled.plain)
        said = letters(" ".join(reader.words))
        for target in reader.targets:
            if letters(target) not in said:
                plain = plain.replace(f": {target}", "")
        assert said == letters(plain)


@EVERY_TEXT
def test_every_shipped_text_is_rendered_the_same_byte_for_byte(text: Text) -> None:
    first = render(text, FULL)
    compile_body.cache_clear()
    again = render(text, FULL)
    assert (first.html.encode(), first.plain.encode()) == (again.html.encode(), again.plain.encode())


@EVERY_TEXT
def test_every_shipped_text_uses_only_what_outlook_and_1177_can_show(text: Text) -> None:
    assert Reader(render(text, FULL).html).tags <= ALLOWED_TAGS


@given(unit=WORDS, contact=WORDS, controller=WORDS)
def test_values_are_words_in_html_and_unchanged_in_plain_text(
    unit: str, contact: str, controller: str
) -> None:
    text = next(text for text in SHIPPED.texts if text.file == "patient-care-meeting/1.sv.md")
    values = replace(FULL, unit_name=unit, contact_without_speech=contact, data_controller=controller)
    filled = render(text, values)
    reader = Reader(filled.html)
    assert f"Mottagning: {unit}\n" in filled.plain
    assert controller in filled.plain
    assert reader.tags <= ALLOWED_TAGS
    assert set(reader.targets) == {FULL.join_link, FULL.info_page}
    assert letters(unit) in letters("".join(reader.words))
    assert letters(contact) in letters("".join(reader.words))


def test_a_lone_link_placeholder_is_a_link_in_html(tmp_path: Path) -> None:
    filled = render(text_with(GOOD_BODY, tmp_path), FULL)
    assert f'<br>\n<a href="{FULL.join_link}">{FULL.join_link}</a></p>' in filled.html
    assert f"\n{FULL.join_link}\n" in filled.plain


def test_a_link_with_words_shows_its_address_in_plain_text(tmp_path: Path) -> None:
    filled = render(text_with("[Starta möte]({{ motesvard_lank }})", tmp_path), FULL)
    assert filled.html == f'<p><a href="{FULL.start_link}">Starta möte</a></p>'
    assert filled.plain == f"Starta möte: {FULL.start_link}"


def test_an_ampersand_in_an_address_is_escaped_in_html_only(tmp_path: Path) -> None:
    link = "https://mote.region.example/m/A?x=1&y=2"
    filled = render(text_with("{{ lank }}", tmp_path), replace(FULL, join_link=link))
    assert filled.plain == link
    assert Reader(filled.html).targets == [link]
    assert "&amp;y" in filled.html


def test_lines_lists_and_rules_look_alike_in_both(tmp_path: Path) -> None:
    body = "**Gör så här**\n1. Ett.\n2. Två\n   på två rader.\n\nSedan:\n- A\n- B\n\n---\n\nSlut."
    filled = render(text_with(body, tmp_path), FULL)
    assert filled.plain == (
        "Gör så här\n1. Ett.\n2. Två\n   på två rader.\n\nSedan:\n- A\n- B\n\n____________________\n\nSlut."
    )
    assert filled.html == (
        "<p><strong>Gör så här</strong></p>\n<ol>\n<li>Ett.</li>\n<li>Två<br>\npå två rader.</li>\n</ol>\n"
        "<p>Sedan:</p>\n<ul>\n<li>A</li>\n<li>B</li>\n</ul>\n<hr>\n<p>Slut.</p>"
    )


def test_a_condition_on_its_own_lines_takes_its_paragraphs_with_it(tmp_path: Path) -> None:
    text = text_with("Först.\n\n{% if support %}\n\nHjälp: {{ support }}\n\n{% endif %}\n\nSist.", tmp_path)
    without = render(text, replace(FULL, support=None))
    assert without.plain == "Först.\n\nSist."
    assert "<p></p>" not in without.html
    assert render(text, replace(FULL, support="ring 1")).plain == "Först.\n\nHjälp: ring 1\n\nSist."


def test_a_condition_within_a_line_takes_its_line_with_it(tmp_path: Path) -> None:
    text = text_with("Enhet: {{ enhet }}{% if support %}\nHjälp: {{ support }}{% endif %}", tmp_path)
    assert render(text, replace(FULL, support=None)).html == f"<p>Enhet: {FULL.unit_name}</p>"
    assert render(text, replace(FULL, support="ring 1")).plain == f"Enhet: {FULL.unit_name}\nHjälp: ring 1"


def test_an_empty_optional_value_is_as_none(tmp_path: Path) -> None:
    text = text_with("A{% if support %} {{ support }}{% endif %}", tmp_path)
    assert render(text, replace(FULL, support="")).plain == "A"


def test_a_needed_value_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingValue, match=r"try version 1 needs a value for motesvard_lank"):
        render(text_with("{{ motesvard_lank }}", tmp_path), replace(FULL, start_link=None))


def test_an_else_needs_what_its_if_did_not_find(tmp_path: Path) -> None:
    text = text_with("{% if support %}{{ support }}{% else %}{{ talad_kod }}{% endif %}", tmp_path)
    with pytest.raises(MissingValue, match="talad_kod"):
        render(text, BARE)
    assert render(text, replace(BARE, spoken_code="7K3M9")).plain == "7K3M9"


def test_a_text_not_in_the_wanted_language_says_so_first(tmp_path: Path) -> None:
    text = text_with("Hej.", tmp_path)
    filled = render(text, FULL, wanted=Language.ENGLISH)
    assert filled.language is Language.SWEDISH
    assert filled.plain == "This text is available in Swedish only.\n\nHej."
    assert filled.html == "<p>This text is available in Swedish only.</p>\n<p>Hej.</p>"
    assert render(text, FULL, wanted=Language.SWEDISH).plain == "Hej."


def test_a_rendering_carries_what_the_pane_shows_beside_it(tmp_path: Path) -> None:
    text = text_with(GOOD_BODY, tmp_path, central_template="Skyddat digitalt vårdmöte")
    filled = render(text, FULL)
    assert (filled.id, filled.version, filled.title) == ("try", 1, "Vårdmöte")
    assert (filled.audience, filled.occasion) == ("patient", "invitation")
    assert filled.central_template == "Skyddat digitalt vårdmöte"


@pytest.mark.parametrize(
    ("body", "fault"),
    [("{{ namn }}", UnknownPlaceholder), ("{{ tid.year }}", UnfitTemplate), ("*kursiv*", UnfitMarkup)],
)
def test_an_unfit_text_is_never_rendered(tmp_path: Path, body: str, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        render(text_with(body, tmp_path), FULL)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=60))
def test_whatever_an_author_writes_becomes_allowed_html_or_is_refused(source: str) -> None:
    try:
        pair = turn(source, frozenset())
    except UnfitMarkup:
        return
    assert Reader(pair.html).tags <= ALLOWED_TAGS
