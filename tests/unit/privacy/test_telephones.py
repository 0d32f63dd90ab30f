"""Telephone numbers are what libphonenumber says they are, and a text made of what it refuses costs little."""

import re
from typing import Final

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.privacy import AllowList, Kind, find_personal_data
from addin.privacy.allow import REGION, international
from addin.privacy.rules import rules
from addin.privacy.telephone import MOST_REFUSALS, WRITTEN, Judge
from tests.unit.privacy.vectors import TODAY

LENGTH: Final = 12_000
"""Of a text that holds several times as many beginnings as may be refused."""

BEGINNINGS: Final = (
    "0",
    "00",
    "+",
    "+46",
    "+46 (0)",
    "0046",
    "00460",
    "07",
    "08-",
    "+47",
    "+44 (0)",
    "001 ",
    "(0",
)
FORMS: Final = st.builds(
    lambda beginning, groups: beginning + "".join(groups),
    st.sampled_from(BEGINNINGS),
    st.lists(st.from_regex(r"[ ./()-]?[0-9]{1,4}", fullmatch=True), min_size=1, max_size=8),
)


def judged_by_libphonenumber(written: str) -> str | None:
    try:
        number = phonenumbers.parse(written, REGION)
    except phonenumbers.NumberParseException:
        return None
    return international(number) if phonenumbers.is_valid_number(number) else None


@given(FORMS)
def test_digits_are_a_telephone_number_where_libphonenumber_says_so(form: str) -> None:
    found = WRITTEN.match(form)
    written = found.group() if found else "0"
    digits = re.sub("[^0-9]", "", written)
    judged = Judge(rules().telephone).number(digits, plus="+" in written[:2])
    assert judged == judged_by_libphonenumber(written)


@pytest.mark.parametrize("digits", ["0 0 1 ", "0 1 ", "00 21 "])
def test_a_text_made_of_what_is_refused_asks_libphonenumber_a_bounded_number_of_times(
    digits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    parse = phonenumbers.parse

    def counted(number: str, region: str | None = None) -> phonenumbers.PhoneNumber:
        asked.append(number)
        return parse(number, region)

    monkeypatch.setattr(phonenumbers, "parse", counted)
    find_personal_data(digits * (LENGTH // len(digits)), today=TODAY, allow=AllowList())
    assert len(asked) <= MOST_REFUSALS


def test_after_many_refusals_a_foreign_number_is_still_found() -> None:
    text = "0 0 1 " * MOST_REFUSALS + "x 0047 22 12 34 56"
    last = find_personal_data(text, today=TODAY, allow=AllowList())[-1]
    assert (last.kind, text[last.start : last.end]) == (Kind.TELEPHONE, "0047 22 12 34 56")
