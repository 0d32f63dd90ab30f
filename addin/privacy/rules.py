"""Reads `rules.json`: the patterns, word lists and character tables that Python and JavaScript share."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

ASCII_DIGITS: Final = "0123456789"
TAG_TEXT: Final = r"(?:[ \t\r\n\f][^<>]*|/)?"


@dataclass(frozen=True, slots=True)
class FoldingRules:
    """How a text is made plain. `characters` gives the replacement of a character, empty where it is dropped.

    `ornate` gives the number that a raised, lowered, circled or bracketed one is: one or two digits.
    """

    characters: Mapping[str, str]
    ornate: Mapping[str, str]
    entities: Mapping[str, str]
    markup: re.Pattern[str]
    parting_tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class NumberRules:
    """What stands inside and around a personal number (`rules.json`, `personal_number`)."""

    separators: frozenset[str]
    longest_gap: int
    context_reach: int
    time_window_days: int
    number_words: re.Pattern[str]
    patient_words: re.Pattern[str]
    other_number_labels: frozenset[str]
    room_labels: frozenset[str]
    telephone_labels: frozenset[str]
    label_fillers: frozenset[str]
    moments: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ReserveRule:
    """One issuer's reserve number with letters: a date and a four-character suffix.

    `gap` says whether separators are accepted; without it the form is so common in file and room names that date and
    suffix must stand together. `luhn_letters` gives the letters' values where the number has a check digit.
    """

    suffix: re.Pattern[str]
    gap: bool
    short_date: bool
    national_date: bool
    luhn_letters: Mapping[str, int]
    not_suffix: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class LastFourRules:
    """The words before somebody's last four digits, and how far before them the date of birth may stand.

    `day_first` meets such a date with the four right behind it; `months` are the first three letters of each.
    """

    phrase: re.Pattern[str]
    birth_date: re.Pattern[str]
    day_first: re.Pattern[str]
    months: tuple[str, ...]
    reach: int
    time_window_days: int


@dataclass(frozen=True, slots=True)
class MailRules:
    """Who hands out private mailboxes: `providers` under any ending, `domains` exactly and with all below them."""

    at: re.Pattern[str]
    providers: frozenset[str]
    provider_endings: re.Pattern[str]
    domains: frozenset[str]


@dataclass(frozen=True, slots=True)
class TelephoneRules:
    """Which digits are a telephone number at home: `national` meets them whole, without the leading 0."""

    country_code: str
    national: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, ready to use."""

    folding: FoldingRules
    links: re.Pattern[str]
    numbers: NumberRules
    last_four: LastFourRules
    reserves: tuple[ReserveRule, ...]
    mail: MailRules
    telephone: TelephoneRules


@cache
def rules() -> Rules:
    """Return the rules of this build, read once."""
    data = json.loads(resources.files(__package__).joinpath("rules.json").read_text("utf-8"))
    return Rules(
        folding=_folding(data["folding"]),
        links=re.compile(data["links"]),
        numbers=_numbers(data["personal_number"]),
        last_four=_last_four(data["last_four"], data["personal_number"]["time_window_days"]),
        reserves=tuple(_reserve(one) for one in data["reserve_numbers"]),
        mail=_mail(data["mail"]),
        telephone=_telephone(data["telephone"]),
    )


def _folding(data: Mapping[str, Any]) -> FoldingRules:
    parting, joining = data["tags_that_part"].split(), data["tags_that_join"].split()
    return FoldingRules(
        characters=_character_table(data),
        ornate=dict(_ornate_digits(data["ornate_digits"])),
        entities=data["entities"],
        markup=_markup([*parting, *joining]),
        parting_tags=frozenset(parting),
    )


def _character_table(data: Mapping[str, Any]) -> dict[str, str]:
    table = dict(zip(data["upper_case_beyond_ascii"], data["lower_case_beyond_ascii"], strict=True))
    table |= {chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    # Full-width forms lie 0xFEE0 above ASCII (Unicode 15, Halfwidth and Fullwidth Forms).
    table |= {chr(code): chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}
    for zero in data["digit_zeros"].split():
        table |= {chr(int(zero, 16) + value): digit for value, digit in enumerate(ASCII_DIGITS)}
    for name, plain in _PLAIN_FORMS.items():
        table |= {chr(int(code, 16)): plain for code in data[name].split()}
    return table | {character: "" for span in data["ignored"] for character in _span(span)}


def _ornate_digits(data: str) -> Iterator[tuple[str, str]]:
    """Yield each character with its number; "2460-2473=1" counts on from 1."""
    for counted in data.split():
        span, _, first = counted.partition("=")
        for value, character in enumerate(_span(span), int(first)):
            yield character, str(value)


_PLAIN_FORMS: Final = {
    "dashes": "-",
    "spaces": " ",
    "dots": ".",
    "slashes": "/",
    "colons": ":",
    "pluses": "+",
    "at_signs": "@",
    "apostrophes": "'",
}


def _span(text: str) -> Iterator[str]:
    first, _, last = text.partition("-")
    return (chr(code) for code in range(int(first, 16), int(last or first, 16) + 1))


def _markup(tags: list[str]) -> re.Pattern[str]:
    """Return the pattern of an HTML tag, comment or character reference.

    Only names that HTML knows, and Office's `o:p`, are tags: `<anna@mail.example>` is text. Every part stops at the
    next angle bracket, so that the search is linear.
    """
    names = "|".join([*sorted(tags, key=len, reverse=True), "[a-z]+:[a-z]+"])
    tag = rf"</?(?P<tag>{names})(?P<attributes>{TAG_TEXT})>"
    other = r"<(?:!(?:--|\[|doctype)|\?xml)[^<>]*>"
    reference = r"&(?:#(?P<decimal>[0-9]{1,7})|#x(?P<hexadecimal>[0-9a-f]{1,6})|(?P<entity>[a-z]{2,8}));"
    return re.compile(f"{tag}|{other}|{reference}", re.IGNORECASE | re.ASCII)


def _numbers(data: Mapping[str, Any]) -> NumberRules:
    return NumberRules(
        separators=frozenset(data["separators"]),
        longest_gap=data["longest_gap"],
        context_reach=data["context_reach"],
        time_window_days=data["time_window_days"],
        number_words=re.compile(data["number_words"]),
        patient_words=re.compile(data["patient_words"]),
        other_number_labels=frozenset(data["other_number_labels"].split()),
        room_labels=frozenset(data["room_labels"].split()),
        telephone_labels=frozenset(data["telephone_labels"].split()),
        label_fillers=frozenset(data["label_fillers"].split()),
        moments=re.compile(data["moments"]),
    )


def _reserve(data: Mapping[str, Any]) -> ReserveRule:
    return ReserveRule(
        suffix=re.compile(data["suffix"]),
        gap=data["gap"],
        short_date=data.get("short_date", False),
        national_date=data.get("date") == "national",
        luhn_letters=data.get("luhn_letters", {}),
        not_suffix=re.compile(data["not_suffix"]) if "not_suffix" in data else None,
    )


def _last_four(data: Mapping[str, Any], time_window_days: int) -> LastFourRules:
    return LastFourRules(
        phrase=re.compile(data["phrase"]),
        birth_date=re.compile(data["birth_date"]),
        day_first=re.compile(data["day_first"]),
        months=tuple(data["months"].split()),
        reach=data["reach"],
        time_window_days=time_window_days,
    )


def _mail(data: Mapping[str, Any]) -> MailRules:
    return MailRules(
        at=re.compile(data["at"]),
        providers=frozenset(data["providers"].split()),
        provider_endings=re.compile(data["provider_endings"]),
        domains=frozenset(data["domains"].split()),
    )


def _telephone(data: Mapping[str, Any]) -> TelephoneRules:
    return TelephoneRules(
        country_code=data["country_code"],
        national=re.compile("|".join(f"(?:{pattern})" for pattern in data["swedish"]), re.ASCII),
    )
