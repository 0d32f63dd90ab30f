"""Codes that people read aloud and type: random, forgiving, and told apart when mistyped."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn

from addin.meetings.codes import (
    ALPHABET,
    LENGTH,
    RANDOM_CHARACTERS,
    code_amid,
    code_in,
    grouped,
    is_like_a_code,
    new_alias,
    new_code,
    parse_code,
)
from addin.meetings.errors import MistypedCode

# As `new_code` makes them, but drawn by Hypothesis, which must be able to draw the same again.
CODES = st.text(ALPHABET, min_size=RANDOM_CHARACTERS, max_size=RANDOM_CHARACTERS).map(
    lambda body: body + str(luhn.calc_check_digit(body, ALPHABET))
)
FORGIVEN = {"0": "0Oo", "1": "1IiLl"}


def test_a_code_has_at_least_sixty_bits_and_no_look_alikes() -> None:
    assert len(ALPHABET) ** RANDOM_CHARACTERS >= 2**60
    assert not set("ILOU") & set(ALPHABET)


def test_an_alias_has_at_least_seventy_random_bits() -> None:
    aliases = [new_alias() for _ in range(200)]
    assert {len(alias) for alias in aliases} == {16}
    assert set("".join(aliases)) == set(ALPHABET.lower())
    assert len(ALPHABET) ** 16 >= 2**70


def test_new_codes_are_codes_and_do_not_repeat() -> None:
    codes = [new_code() for _ in range(1000)]
    assert len(set(codes)) == 1000
    assert list(map(parse_code, codes)) == codes
    # One of two hundred had no digit, and its page forgot it when the ledger was away.
    assert all(map(is_like_a_code, codes))


@given(CODES)
def test_a_code_is_read_back_as_it_is_shown(code: str) -> None:
    assert len(code) == LENGTH
    assert parse_code(grouped(code)) == code


@given(CODES, st.data())
def test_what_people_write_for_a_character_is_forgiven(code: str, data: st.DataObject) -> None:
    typed = "".join(data.draw(st.sampled_from(FORGIVEN.get(char, char + char.lower()))) for char in code)
    gaps = data.draw(st.lists(st.sampled_from(["", " ", "-", "–", ".", "\u00a0"]), min_size=14, max_size=14))
    assert parse_code("".join(gap + char for gap, char in zip(gaps, typed, strict=True))) == code


@given(CODES, st.sampled_from(')]>,;:!?."”'))
def test_what_a_sentence_leaves_behind_a_code_is_forgiven(code: str, left: str) -> None:
    assert parse_code(f"{grouped(code)}{left}") == code


@given(CODES, st.sampled_from(["{}", "{}/", "{}?lang=en", "{}#top", "{}).", "<{}>", "Gå till {}"]))
def test_a_pasted_link_holds_its_code(code: str, around: str) -> None:
    link = around.format(f"https://vardmote.region.example/m/{grouped(code)}")
    assert parse_code(code_in(link)) == code
    assert parse_code(code_in(grouped(code))) == code


@given(
    CODES,
    CODES,
    st.sampled_from(["Mötets kod: {}", "Mötets kod\n{}", "om länken inte går att öppna: {}.", "({})"]),
)
def test_a_pasted_sentence_holds_its_code(code: str, start: str, around: str) -> None:
    sentence = around.format(grouped(code))
    assert parse_code(code_in(sentence)) == code
    assert parse_code(code_in(sentence.replace("-", "–"))) == code
    assert parse_code(code_in(f"{sentence}\nStarta möte: https://v.example/start/{grouped(start)}")) == code


@given(
    CODES,
    st.sampled_from(
        [
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fv.example%2Fm%2F{}&data=05%7C02",
            "https://linkprotect.example/url?a=https%3a%2f%2fv.example%2fm%2f{}%2f&c=E,1",
            "https://urldefense.example/v3/__https://v.example/m/{}__;!!abc!def$",
        ],
    ),
)
def test_the_link_of_a_mail_filter_holds_its_code(code: str, around: str) -> None:
    assert parse_code(code_in(around.format(grouped(code)))) == code
    assert parse_code(code_in(around.format(grouped(code).replace("-", "%2D")))) == code


@given(
    CODES,
    st.sampled_from(
        [
            "https://urldefense.proofpoint.com/v2/url?u={}&d=DwMFAw&c=a-B_c&r=d_E-f&m=g-H&s=i_J&e=",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Furldefense.proofpoint.com%2Fv2%2Furl%3Fu%3D{}%26d%3DDwMFAw",
        ],
    ),
)
def test_the_link_of_a_mail_filter_that_writes_other_marks_for_ours_holds_its_code(
    code: str, around: str
) -> None:
    link = "https-3A__vard-2Dmote.region.example_m_" + grouped(code).replace("-", "-2D")
    assert parse_code(code_in(around.format(link))) == code


@pytest.mark.parametrize(
    "around",
    [
        "{}&amp;lang=en",
        "{}](https:",
        "{}\u00bb",
        "**{}**",
        "{}\u00a0Mottagning",
        "{};x=1",
        "{},tolk",
        "{{{}}}",
    ],
)
def test_a_code_amid_what_a_mail_program_has_put_into_the_link_is_found(around: str) -> None:
    code = new_code()
    assert code_amid(around.format(grouped(code))) == code


def test_a_code_that_the_mail_program_broke_in_two_lines_or_encoded_twice_is_found() -> None:
    code = new_code()
    broken = f"{code[:5]}-{code[5:10]}-\r\n {code[10:]}"
    assert parse_code(broken) == parse_code(code_in(f"https://v.example/m/{broken}")) == code
    assert code_amid(grouped(code).replace("-", "%2D")) == code


def test_what_is_a_code_already_or_holds_none_is_left_alone() -> None:
    good = grouped(new_code())
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    for typed in (good, f"{good}.", good.lower(), f"{wrong}&amp;lang=en", "Anna Andersson", "", "%2F%25%00"):
        assert code_amid(typed) is None


@pytest.mark.parametrize(
    "unseen", ["\u200e", "\u200f", "\u202a", "\u2066", "\u2069", "\u00ad", "\u200b", "\ufeff"]
)
def test_what_nobody_sees_of_a_copied_code_is_no_part_of_it(unseen: str) -> None:
    code = new_code()
    assert parse_code(code_in(f"{unseen}{code}{unseen}")) == code
    assert parse_code(code_in(f"Kod: {unseen.join(grouped(code))}{unseen}.")) == code


@pytest.mark.parametrize("digits", ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"])
def test_digits_of_another_keyboard_are_the_same_ones(digits: str) -> None:
    code = new_code()
    typed = grouped(code).translate(str.maketrans("0123456789", digits))
    assert parse_code(code_in(typed)) == code


def test_full_width_letters_and_digits_are_the_same_ones() -> None:
    code = new_code()
    assert parse_code("".join(chr(ord(character) + 0xFEE0) for character in code)) == code


@given(CODES, st.data())
def test_one_wrong_character_is_noticed(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, LENGTH - 1))
    wrong = data.draw(st.sampled_from(sorted(set(ALPHABET) - {code[place]})))
    with pytest.raises(MistypedCode):
        parse_code(code[:place] + wrong + code[place + 1 :])


@given(CODES, st.integers(0, LENGTH - 2))
def test_two_neighbours_that_changed_places_are_noticed(code: str, place: int) -> None:
    neighbours = {code[place], code[place + 1]}
    # Luhn cannot see the alphabet's first and last character change places, as 09 and 90 among digits.
    assume(len(neighbours) == 2 and neighbours != {"0", "Z"})
    with pytest.raises(MistypedCode):
        parse_code(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


@pytest.mark.parametrize(
    "typed", ["7K3M9-QXP2R-TWHD", "7k3m9 qxp2r twh", "7K3M9QXP2RTWHDD", "7K3M9-QXP2R-TWHU"]
)
def test_a_code_with_a_fault_may_be_shown_again(typed: str) -> None:
    assert is_like_a_code(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "Anna Andersson",
        "Åke Andersson 1",
        "20120229-2384",
        "070-174 06 05",
        "anna12@mail.example",
        "7K3M9",
    ],
)
def test_what_people_write_in_the_wrong_field_may_not(typed: str) -> None:
    assert not is_like_a_code(typed)
