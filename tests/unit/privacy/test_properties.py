"""What holds for every number, every way of writing it and every text, not only for the examples in the vectors."""

import random
from datetime import date, time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.se import personnummer

from addin.privacy import AllowList, Finding, Kind, Tier, find_personal_data, personal_numbers
from addin.privacy.birthdays import is_near
from tests.unit.privacy.vectors import TODAY
from tests.unit.privacy.writing import (
    WORDS,
    Number,
    any_days,
    check_digit,
    clock_times,
    near_days,
    numbers,
    strange_texts,
    written,
)


def found_in(text: str) -> list[Finding]:
    return find_personal_data(text, today=TODAY, allow=AllowList())


def may_be_a_mobile(number: Number) -> bool:
    """Without century it reads 070 and seven digits, and is taken for the telephone number that it more often is."""
    return number.digits[2:].startswith("070") and number.kind is Kind.COORDINATION_NUMBER


@given(st.data(), WORDS, WORDS)
def test_a_personal_number_is_found_at_its_place_however_it_is_written(
    data: st.DataObject, before: str, after: str
) -> None:
    number = data.draw(numbers())
    assume(not may_be_a_mobile(number))
    text = data.draw(written(number))
    expected = Finding(number.kind, Tier.BLOCK, len(before), len(before) + len(text))
    assert found_in(before + text + after) == [expected]


@given(numbers())
def test_the_test_series_are_made_with_the_check_digit_that_the_library_knows(number: Number) -> None:
    assume(number.kind is Kind.PERSONAL_NUMBER)
    assert personnummer.is_valid(number.digits)


@given(numbers(), st.integers(1, 9))
def test_a_slip_in_the_check_digit_is_asked_about_and_blocked_when_a_word_says_what_it_is(
    number: Number, slip: int
) -> None:
    digits = number.digits[:-1] + str((int(number.digits[-1]) + slip) % 10)
    assert [finding.tier for finding in found_in(digits)] == [Tier.CONFIRM]
    assert [finding.tier for finding in found_in(f"personnummer {digits}")] == [Tier.BLOCK]


@given(
    st.text(
        st.characters(exclude_categories=("Nd", "No", "Cs"), exclude_characters="@＠﹫&(["),
    )
)
def test_a_text_without_digits_and_at_signs_holds_nothing(text: str) -> None:
    assert found_in(text) == []


@given(near_days(), clock_times(), WORDS)
@pytest.mark.parametrize(
    "form", ["%y%m%d-%H%M", "%y%m%d %H%M", "%y%m%d%H%M", "%Y%m%d-%H%M", "%Y%m%d %H%M", "%Y%m%d%H%M"]
)
def test_an_appointment_near_today_is_nobody(form: str, day: date, at: time, word: str) -> None:
    assert found_in(f"{word} " + format_moment(form, day, at)) == []


@given(any_days(), clock_times())
@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d %H:%M", "%Y-%m-%d %H.%M", "%y%m%d %H.%M", "%Y-%m-%dT%H:%M:00", "%d/%m %Y %H.%M", "%Y-%m-%d"],
)
def test_a_date_with_a_dotted_time_is_nobody_in_any_year(form: str, day: date, at: time) -> None:
    assert found_in(format_moment(form, day, at)) == []


def test_a_plus_says_that_it_is_no_appointment() -> None:
    # Serial 000 is never handed out; it is the only one that can be taken for a time and is nobody's.
    day = f"{TODAY:%y%m%d}"
    serial = "000" + check_digit(day + "000")
    assert found_in(f"{day}-{serial}") == []
    assert [finding.kind for finding in found_in(f"{day}+{serial}")] == [Kind.PERSONAL_NUMBER]


def format_moment(form: str, day: date, at: time) -> str:
    # strftime leaves out leading zeros of years on some systems; all years here have four digits.
    return at.strftime(day.strftime(form.replace("%H", "%%H").replace("%M", "%%M")))


@given(strange_texts())
def test_findings_lie_inside_the_text_in_order_and_apart(text: str) -> None:
    findings = found_in(text)
    places = [place for finding in findings for place in (finding.start, finding.end)]
    assert places == sorted(places)
    assert all(0 <= finding.start < finding.end <= len(text) for finding in findings)


@given(strange_texts())
def test_the_answer_holds_nothing_of_the_text(text: str) -> None:
    assert all(
        {type(value) for value in (finding.start, finding.end)} == {int}
        and isinstance(finding.kind, Kind)
        and isinstance(finding.tier, Tier)
        for finding in found_in(text)
    )
    assert Finding.__slots__ == ("kind", "tier", "start", "end")


@pytest.mark.parametrize("between", ["", "-_/|*'"])
def test_a_text_made_of_the_same_digits_is_judged_a_bounded_number_of_times(
    between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []

    def counted(digits: str, today: date, days: int) -> bool:
        judged.append(digits)
        return is_near(digits, today, days)

    monkeypatch.setattr(personal_numbers, "is_near", counted)
    # The separators come in another order each time, so that no two numbers are the same text.
    gaps = random.Random(1).choices(f" {between}", k=20_000)
    found_in("".join(digit + gap for digit, gap in zip("01" * 10_000, gaps, strict=True)))
    assert 0 < len(judged) < 10
