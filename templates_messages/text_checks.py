"""The rules that one text must keep, seen without looking at any other.

The rules on language come from språklagen and 1177's style; those on placeholders stand in `placeholders.py`.
Each is a generator of findings, so that everything wrong with a text is told at once.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final

from templates_messages.catalogue import Text
from templates_messages.findings import Code, Finding
from templates_messages.item_block import CLOSING, OPENING
from templates_messages.markup import RULE_IN_PLAIN_TEXT, UnfitMarkup
from templates_messages.placeholders import PLACEHOLDERS, TIMES, Kind, allowed, missing, required
from templates_messages.readability import lix, sentences_of
from templates_messages.rendering import (
    RenderedText,
    UnfitTemplate,
    UnknownPlaceholder,
    compile_body,
    placeholders_of,
    render,
)
from templates_messages.samples import BARE, FULL
from templates_messages.values import address_parts
from templates_messages.vocabulary import Audience, Channel

FindsPersonalData = Callable[[str], bool]
"""Tells whether a text holds personal data; must not keep or log it."""

FIXED_LINK_HOSTS: Final = frozenset({"1177.se", "www.1177.se"})
"""Hosts that a text may link to in its own words; every other address is a placeholder."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How hard and long a text for an audience may be; measured on a text filled with sample values."""

    lix: float
    sentence_words: int
    characters: int


GATES: Final = {
    Audience.PATIENT: Gate(lix=30, sentence_words=20, characters=1000),
    Audience.STAFF: Gate(lix=40, sentence_words=20, characters=2000),
    Audience.EXTERNAL: Gate(lix=40, sentence_words=20, characters=1500),
    Audience.INTERPRETER: Gate(lix=40, sentence_words=20, characters=1500),
    Audience.CALENDAR: Gate(lix=40, sentence_words=20, characters=1500),
}


def check_text(text: Text, finds_personal_data: FindsPersonalData | None = None) -> Iterator[Finding]:
    """Yield the findings of one text that can be seen without looking at any other."""
    yield from _reviewed_by_another(text)
    yield from _invisible_characters(text)
    try:
        used, _ = placeholders_of(text.body)
        compile_body(text.body)
    except UnknownPlaceholder as fault:
        yield _at(
            text, fault.line, "placeholder-unknown", f"{fault}; see docs/how-to/change-a-text.md for the list"
        )
        return
    except UnfitTemplate as fault:
        yield _at(text, fault.line, "template", str(fault))
        return
    except UnfitMarkup as fault:
        yield _at(text, None, "markup", str(fault))
        return
    placeholder_findings = list(_placeholders(text, used))
    yield from placeholder_findings
    if not any(finding.code == "placeholder-unguarded" for finding in placeholder_findings):
        yield from _rendered(text, finds_personal_data)


def _at(text: Text, body_line: int | None, code: Code, message: str) -> Finding:
    """Make a finding at a line of the body, counted from 1 there."""
    return Finding(text.file, None if body_line is None else text.body_line + body_line - 1, code, message)


def _body_line(text: Text, pattern: str) -> int | None:
    """Return the first line of the body in which `pattern` is found."""
    found = re.search(pattern, text.body, re.IGNORECASE)
    return None if found is None else text.body.count("\n", 0, found.start()) + 1


def _reviewed_by_another(text: Text) -> Iterator[Finding]:
    for role, person in (("author", text.author), ("owner", text.owner)):
        if person.casefold() == text.reviewer.casefold():
            message = f"reviewer and {role} are the same; somebody else must have read the text"
            yield Finding(text.file, None, "reviewer-not-another", message)


# No-break space, soft hyphen, zero-width characters, bidi controls, tab: they survive copying and surprise later.
_INVISIBLE: Final = re.compile("[\t\u00a0\u00ad\u200b-\u200f\u202a-\u202f\u2060-\u2069\ufeff]")


def _invisible_characters(text: Text) -> Iterator[Finding]:
    for number, line in enumerate(text.body.splitlines(), 1):
        for character in _INVISIBLE.findall(line):
            message = (
                f"holds the invisible character U+{ord(character):04X}; write an ordinary space or nothing"
            )
            yield _at(text, number, "invisible-character", message)
    if _INVISIBLE.search(text.title):
        yield Finding(
            text.file, None, "invisible-character", "the title holds an invisible character; remove it"
        )


def _placeholders(text: Text, used: frozenset[str]) -> Iterator[Finding]:
    """Yield what is wrong with the set of placeholders: declared, permitted, needed, guarded."""
    declared = frozenset(text.placeholders)
    needs = required(text.audience, text.channel, text.occasion)
    for name in sorted(used - declared):
        message = (
            f"uses {name}, which the front matter does not list under placeholders; add it there or remove it"
        )
        yield _at(text, _line_of_placeholder(text, name), "placeholder-undeclared", message)
    for name in sorted(declared - used):
        yield Finding(
            text.file, None, "placeholder-surplus", f"lists {name} but never uses it; use it or strike it"
        )
    for name in sorted((used | declared) & frozenset(PLACEHOLDERS) - allowed(text.audience, text.channel)):
        message = f"{name} may not be shown to {text.audience} in {text.channel}; remove it"
        yield _at(text, _line_of_placeholder(text, name), "placeholder-not-allowed", message)
    # Those that are published already stand in items, and cannot be changed any more.
    if text.audience is Audience.CALENDAR and not text.published:
        for name in sorted(used & TIMES):
            message = f"the item shows its own time, and {name} would be an old one after a drag; remove it"
            yield _at(text, _line_of_placeholder(text, name), "block-tells-time", message)
    for name in sorted(missing(needs, used)):
        message = f"a text for {text.audience}, {text.occasion}, must tell {name}; add it"
        yield Finding(text.file, None, "placeholder-missing", message)
    yield from _unguarded(text, needs)


def _unguarded(text: Text, needs: frozenset[str]) -> Iterator[Finding]:
    _, needed = placeholders_of(text.body)
    for name in sorted(needed - needs):
        if PLACEHOLDERS[name].optional:
            message = (
                f"{name} is not always known; write {{% if {name} %}} … {{% endif %}} around what needs it"
            )
            yield _at(text, _line_of_placeholder(text, name), "placeholder-unguarded", message)
        elif PLACEHOLDERS[name].kind is Kind.FLAG:
            message = f"{name} is a yes or no; use it only in {{% if {name} %}}"
            yield _at(text, _line_of_placeholder(text, name), "placeholder-unguarded", message)


def _line_of_placeholder(text: Text, name: str) -> int | None:
    return _body_line(text, rf"\{{[{{%][^}}]*\b{name}\b")


def _rendered(text: Text, finds_personal_data: FindsPersonalData | None) -> Iterator[Finding]:
    """Yield what shows only when the text is filled: with all that can be known, and with little."""
    full, bare = render(text, FULL), render(text, BARE)
    for filled in (full, bare):
        yield from _shape(text, filled)
    yield from _reading(text, full)
    yield from _links(text, full)
    yield from _promises(text, bare)
    yield from _block_marks(text, bare)
    # Without values: a unit's telephone number is not the text's fault.
    if finds_personal_data is not None and finds_personal_data(f"{text.title}\n{_without_tags(text.body)}"):
        message = "the personal-data check finds something in the text's own words; remove it"
        yield Finding(text.file, None, "personal-data", message)


def _without_tags(body: str) -> str:
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", body)


_STRAY_MARKUP: Final = re.compile(r"\*\*|[`<>#]|\]\(|\]\[")
_EMPTY_PARAGRAPH: Final = re.compile(r"<(p|li|strong)>\s*(<br>\s*)*</\1>|<br>\s*(?:</p>|<br>)")


def _shape(text: Text, filled: RenderedText) -> Iterator[Finding]:
    if said_in_html(filled.html) != filled.plain.split():
        yield Finding(
            text.file, None, "html-differs", "HTML and plain text do not say the same words; simplify"
        )
    stray = _STRAY_MARKUP.search(filled.plain)
    if stray:
        message = (
            f"readers would see {stray[0]!r}: only **bold**, [words](link), lists and --- are formatting"
        )
        yield _at(text, _body_line(text, re.escape(stray[0])), "markup", message)
    if _EMPTY_PARAGRAPH.search(filled.html):
        message = "leaves an empty line when an optional value is missing; put the line break inside the if"
        yield Finding(text.file, None, "empty-line", message)


_LINK: Final = re.compile(r'<a href="(?P<target>[^"]*)">(?P<words>.*?)</a>', re.DOTALL)
_BLOCK_END: Final = re.compile(r"</(?:p|li)>|<br>|<hr>")
_ITEM: Final = re.compile(r"<(?P<list>ol|ul)>(?P<items>.*?)</(?P=list)>", re.DOTALL)
_ANY_TAG: Final = re.compile(r"<[^>]+>")


def said_in_html(html: str) -> list[str]:
    """Return the words that HTML of ours says, in the form of the plain text: markers and addresses included."""

    def link(found: re.Match[str]) -> str:
        words, target = found["words"], found["target"]
        return words if words == target else f"{words}: {target}"

    def items(found: re.Match[str]) -> str:
        parts = found["items"].split("<li>")[1:]
        marks = (f"{number}." if found["list"] == "ol" else "-" for number in range(1, len(parts) + 1))
        return " ".join(f"{mark} {part}" for mark, part in zip(marks, parts, strict=True))

    words = _ITEM.sub(items, _LINK.sub(link, html)).replace("<hr>", f"\n{RULE_IN_PLAIN_TEXT}\n")
    return unescape(_ANY_TAG.sub("", _BLOCK_END.sub("\n", words))).split()


def _reading(text: Text, filled: RenderedText) -> Iterator[Finding]:
    """Measure words and sentences as they stand in the file, since a unit's long name is not the text's fault."""
    gate = GATES[text.audience]
    words = _without_tags(text.body)
    hardness = lix(words)
    if hardness > gate.lix:
        message = f"LIX is {hardness:.0f}, at most {gate.lix:.0f} for {text.audience}; use shorter words and sentences"
        yield Finding(text.file, None, "hard-to-read", message)
    for sentence in sentences_of(words):
        if len(sentence) > gate.sentence_words:
            message = f"a sentence has {len(sentence)} words, at most {gate.sentence_words}; split it"
            yield _at(text, _body_line(text, re.escape(" ".join(sentence[:3]))), "long-sentence", message)
    if len(filled.plain) > gate.characters:
        message = (
            f"has {len(filled.plain)} characters, at most {gate.characters} for {text.audience}; shorten it"
        )
        yield Finding(text.file, None, "too-long", message)
    vague = re.search(r"\bklicka här\b|\bclick here\b", filled.plain, re.IGNORECASE)
    if vague:
        message = f'"{vague[0]}" says nothing to somebody who hears the text; say what the link leads to'
        yield _at(text, _body_line(text, vague[0]), "vague-link", message)


_ADDRESS: Final = re.compile(r"https?://\S+")
_ADDRESS_IN_MARKDOWN: Final = re.compile(r"https?://[^\s\])]+")
_SAMPLE_LINKS: Final = frozenset({FULL.join_link, FULL.start_link, FULL.info_page, FULL.told_page})


def _links(text: Text, filled: RenderedText) -> Iterator[Finding]:
    """In 1177 and Prator a link is recognised only alone on its line; in Outlook our HTML makes the link."""
    if text.channel is not Channel.OUTLOOK:
        for line in filled.plain.splitlines():
            if _ADDRESS.search(line) and not _ADDRESS.fullmatch(line.strip()):
                message = "a link shares its line with other words; give it a line of its own"
                yield _at(
                    text,
                    _body_line(text, re.escape(line.split("http")[0].strip())),
                    "link-not-alone",
                    message,
                )
    own_targets = {link["target"] for link in _LINK.finditer(filled.html)} - _SAMPLE_LINKS
    for address in sorted(own_targets | set(_ADDRESS_IN_MARKDOWN.findall(text.body))):
        parts = address_parts(address)
        if parts is None or parts.scheme != "https" or parts.hostname not in FIXED_LINK_HOSTS:
            message = "a fixed link must be https and lead to a host on the list; otherwise use a placeholder"
            yield _at(text, _body_line(text, re.escape(address)), "foreign-link", message)


_PROMISE: Final = re.compile(
    r"krypter\w*|spelas inte in|spelar inte in|encrypt\w*|we do not record|not (?:be )?recorded",
    re.IGNORECASE,
)


def _promises(text: Text, bare: RenderedText) -> Iterator[Finding]:
    """What is true of one provider and not of another must hang on its flag; `bare` has no flag set."""
    promise = _PROMISE.search(bare.plain)
    if promise:
        flag = "{% if krypterat %} or {% if spelas_inte_in %}"
        message = f'"{promise[0]}" is promised for every provider; put it in {flag}'
        yield _at(text, _body_line(text, re.escape(promise[0])), "promise-without-flag", message)


def _block_marks(text: Text, bare: RenderedText) -> Iterator[Finding]:
    """The calendar block is found again by its first and last line (`item_block.py`)."""
    if text.audience is not Audience.CALENDAR:
        return
    lines = bare.plain.split("\n")
    if lines[0] != f"{OPENING[text.language]} {BARE.join_link}":
        message = (
            f'the first line must be "{OPENING[text.language]}" and the join link; the block is found by it'
        )
        yield _at(text, 1, "block-marks", message)
    if lines[-1] != f"{CLOSING[text.language]}: {BARE.start_link}":
        message = f'the last line must be the start link with the words "{CLOSING[text.language]}"'
        yield _at(text, text.body.count("\n") + 1, "block-marks", message)
