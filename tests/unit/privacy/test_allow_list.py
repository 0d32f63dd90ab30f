"""What an organisation writes openly passes, however it was written in the settings."""

import pytest

from addin.privacy import AllowList, Kind, find_personal_data
from tests.unit.privacy.vectors import TODAY

SWITCHBOARD = "Ring 08-465 004 00, +46 8 465 004 00 eller 0046846500400"


def kinds_in(text: str, allow: AllowList) -> list[Kind]:
    return [finding.kind for finding in find_personal_data(text, today=TODAY, allow=allow)]


@pytest.mark.parametrize("number", ["0846500400", "08-465 004 00", "+46 8 465 004 00", "(08) 46500400"])
def test_a_switchboard_passes_in_every_way_of_writing_it(number: str) -> None:
    assert kinds_in(SWITCHBOARD, AllowList()) == [Kind.TELEPHONE] * 3
    assert kinds_in(SWITCHBOARD, AllowList(telephone_numbers=frozenset({number}))) == []


def test_a_slip_in_an_allowed_number_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="is no telephone number") as refusal:
        AllowList(telephone_numbers=frozenset({"växeln"}))
    assert "växeln" not in str(refusal.value)


def test_an_allowed_domain_covers_those_below_it_and_not_those_that_end_alike() -> None:
    assert kinds_in("a@hotmail.example", AllowList(mail_domains=frozenset({"hotmail.example"}))) == []
    assert kinds_in("a@hotmail.co.example", AllowList(mail_domains=frozenset({"@CO.example"}))) == []
    assert kinds_in("a@hotmail.example", AllowList(mail_domains=frozenset({"mail.example"}))) == [
        Kind.PRIVATE_MAIL
    ]


def test_nothing_in_the_settings_lets_a_personal_number_pass() -> None:
    number = "900101-2385"
    allow = AllowList(mail_domains=frozenset({number}), mail_addresses=frozenset({number}))
    assert kinds_in(number, allow) == [Kind.PERSONAL_NUMBER]
