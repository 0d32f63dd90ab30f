"""The rule data is one, complete and as good as its sources."""

import json
import unicodedata
from pathlib import Path
from typing import Any, Final

import phonenumbers
import pytest

from addin.privacy.allow import REGION
from addin.privacy.rules import rules

ROOT: Final = Path(__file__).parents[3]
MASTER: Final = ROOT / "addin" / "privacy" / "rules.json"
SERVED: Final = ROOT / "addin" / "web" / "static" / "personal_data_rules.json"


@pytest.fixture(scope="module")
def data() -> Any:
    return json.loads(MASTER.read_text("utf-8"))


def test_the_pane_is_served_the_rules_of_the_service() -> None:
    assert SERVED.resolve() == MASTER


def test_every_decimal_digit_of_unicode_is_read_as_its_value() -> None:
    characters = rules().folding.characters
    known = [chr(code) for code in range(0x80, 0x110000) if unicodedata.category(chr(code)) == "Nd"]
    wrong = [hex(ord(digit)) for digit in known if characters.get(digit) != str(unicodedata.decimal(digit))]
    assert wrong == []


def test_every_ornate_digit_that_unicode_can_make_plain_is_read_as_its_value() -> None:
    ornate = rules().folding.ornate
    others = [chr(code) for code in range(0x80, 0x110000) if unicodedata.category(chr(code)) != "Nd"]
    values = {one: unicodedata.normalize("NFKC", one).strip("().,") for one in others}
    numbers = {one: value for one, value in values.items() if value.isascii() and value.isdecimal()}
    assert len(numbers) > 100
    assert {one: ornate.get(one) for one in numbers} == numbers
    assert [one for one in ornate if unicodedata.numeric(one, None) not in {None, float(ornate[one])}] == []


def test_every_dash_and_space_of_unicode_is_read_as_one() -> None:
    plain = {"Pd": "-", "Zs": " ", "Zl": " ", "Zp": " "}
    characters = rules().folding.characters
    known = [chr(code) for code in range(0x80, 0x110000) if unicodedata.category(chr(code)) in plain]
    assert [one for one in known if characters.get(one) != plain[unicodedata.category(one)]] == []


def test_the_pane_has_the_installed_library_s_patterns_of_swedish_numbers(data: Any) -> None:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(REGION)
    assert metadata is not None
    kinds = (
        *(
            metadata.fixed_line,
            metadata.mobile,
            metadata.toll_free,
            metadata.premium_rate,
            metadata.shared_cost,
        ),
        *(metadata.personal_number, metadata.voip, metadata.pager, metadata.uan, metadata.voicemail),
    )
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    assert data["telephone"]["swedish"] == patterns


def test_no_word_is_both_a_label_of_telephones_and_of_other_numbers() -> None:
    numbers = rules().numbers
    others = numbers.other_number_labels | numbers.room_labels
    assert not numbers.telephone_labels & others
    assert not numbers.label_fillers & (numbers.telephone_labels | others)


def test_the_words_for_a_personal_number_are_in_the_form_that_folded_text_has() -> None:
    numbers, mail = rules().numbers, rules().mail
    labels = (numbers.telephone_labels, numbers.other_number_labels, numbers.room_labels)
    lists = (*labels, mail.providers, mail.domains)
    words = [word for one in lists for word in one]
    assert [word for word in words if word != word.lower() or not word] == []
