"""Whose address it is behind our proxies, and how many guesses it is borne."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.web.visitors import GUESSES_BORNE, SECONDS_A_GUESS, Guesses, client_address

PROXIES = (ip_network("10.0.0.0/24"), ip_network("2001:db8:1::/48"))
addresses = st.one_of(
    st.ip_addresses().map(str), st.sampled_from(["", "unknown", "10.0.0.9", "_hidden", ":::"])
)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class TestClientAddress:
    """Read from the right, as far as our own proxies reach."""

    @pytest.mark.parametrize(
        ("peer", "forwarded", "visitor"),
        [
            ("192.0.2.1", None, "192.0.2.1"),
            ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
            ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.2", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.2", "203.0.113.9, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
            ("10.0.0.2", "198.51.100.1:4711", "198.51.100.1"),
            ("10.0.0.2", "rubbish", "10.0.0.2"),
            ("10.0.0.2", "203.0.113.9, rubbish, 10.0.0.3", "10.0.0.3"),
            ("10.0.0.2", "", "10.0.0.2"),
            ("::ffff:10.0.0.2", "198.51.100.1", "198.51.100.1"),
            ("2001:db8:1::5", '"[2001:db8:2:3:4:5:6:7]:443"', "2001:db8:2:3::"),
            ("2001:db8:2:3:9::1", None, "2001:db8:2:3::"),
            (None, "198.51.100.1", ""),
        ],
    )
    def test_the_first_address_that_is_not_our_proxy(
        self, peer: str | None, forwarded: str | None, visitor: str
    ) -> None:
        assert client_address(peer, forwarded, PROXIES) == visitor

    @given(claims=st.lists(addresses, max_size=5))
    def test_nothing_that_a_visitor_writes_hides_the_address_that_our_proxy_saw(
        self, claims: list[str]
    ) -> None:
        header = ", ".join([*claims, "198.51.100.7"])
        assert client_address("10.0.0.2", header, PROXIES) == "198.51.100.7"

    @given(peer=addresses, header=st.text(max_size=60))
    def test_no_header_breaks_it(self, peer: str, header: str) -> None:
        assert isinstance(client_address(peer, header, PROXIES), str)


class TestGuesses:
    """So many in a row, then one for each half minute."""

    def test_a_row_of_guesses_is_borne_and_no_more(self) -> None:
        guesses = Guesses(ManualClock())
        assert [guesses.too_many("a") for _ in range(GUESSES_BORNE + 2)] == [False] * GUESSES_BORNE + [
            True,
            True,
        ]
        assert not guesses.too_many("b")

    def test_a_flood_is_forgiven_as_soon_as_a_drop_too_many(self) -> None:
        clock = ManualClock()
        guesses = Guesses(clock)
        for _ in range(1000):
            guesses.too_many("a")
        clock.time += timedelta(seconds=2 * SECONDS_A_GUESS)
        assert not guesses.too_many("a")

    def test_a_clock_that_is_set_back_forgives_nothing_and_breaks_nothing(self) -> None:
        clock = ManualClock()
        guesses = Guesses(clock, borne=1)
        guesses.too_many("a")
        clock.time -= timedelta(hours=1)
        assert guesses.too_many("a")

    def test_only_so_many_addresses_are_remembered_the_longest_quiet_go_first(self) -> None:
        guesses = Guesses(ManualClock(), borne=1, most=2)
        for address in ["a", "b", "a", "c"]:
            guesses.too_many(address)
        assert list(guesses._counts) == ["a", "c"]
