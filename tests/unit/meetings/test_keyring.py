"""Keys: what is derived is the same for every repeat, what is sealed opens for its row only, keys rotate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.meetings.errors import SealBroken, UnknownKey
from addin.meetings.keyring import Keyring, Tag

OLD, NEW = b"o" * 32, b"n" * 32
BEFORE = Keyring({"k1": OLD}, "k1")
ROTATED = Keyring({"k1": OLD, "k2": NEW}, "k2")
LATER = Keyring({"k2": NEW}, "k2")
NAMES = st.text("abcdef0123456789", min_size=1, max_size=32)


@given(NAMES, st.integers(1, 9))
def test_a_room_s_two_pins_have_six_digits_and_differ(room: str, generation: int) -> None:
    host, guest = (BEFORE.pin("k1", room, generation, role) for role in ("host", "guest"))
    assert host != guest
    assert all(len(pin) == 6 and pin.isdecimal() for pin in (host, guest))


def test_the_two_pins_differ_also_where_chance_would_have_them_alike() -> None:
    # In one of a million rooms the distance that is drawn between them is none; this is one.
    assert BEFORE.pin("k1", "r-1134942", 1, "host") != BEFORE.pin("k1", "r-1134942", 1, "guest")


def test_a_pin_is_the_same_for_every_repeat_and_another_for_every_room_generation_and_key() -> None:
    pins = [
        ring.pin(key, room, generation, "host")
        for ring, key in ((ROTATED, "k1"), (ROTATED, "k2"))
        for room in ("r-1", "r-2")
        for generation in (1, 2)
    ]
    assert len(set(pins)) == len(pins)
    assert ROTATED.pin("k1", "r-1", 1, "host") == BEFORE.pin("k1", "r-1", 1, "host") == pins[0]


def test_pins_use_all_of_their_digits() -> None:
    pins = [BEFORE.pin("k1", f"r-{number}", 1, "guest") for number in range(400)]
    assert {pin[0] for pin in pins} == set("0123456789")
    assert len(set(pins)) > 390


@given(NAMES, NAMES)
def test_a_tag_says_whose_room_it_is(instance: str, room: str) -> None:
    assert BEFORE.read_tag(BEFORE.tag(instance, room, "k1")) == Tag(instance, room, "k1")


@given(NAMES, NAMES, st.data())
def test_a_tag_that_was_changed_proves_nothing(instance: str, room: str, data: st.DataObject) -> None:
    tag = BEFORE.tag(instance, room, "k1")
    place = data.draw(st.integers(0, len(tag) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=255))
    forged = tag[:place] + other + tag[place + 1 :]
    if forged != tag:
        assert BEFORE.read_tag(forged) is None


@pytest.mark.parametrize(
    "tag", ["", "v1", "annan-kund", "v1.a.b.c", "v2.i.r.k1.x", "v1.i.r.k9.x", "v1.i.r.k1.å"]
)
def test_what_is_no_tag_of_ours_proves_nothing(tag: str) -> None:
    assert BEFORE.read_tag(tag) is None


def test_a_tag_of_another_installation_s_key_proves_nothing() -> None:
    assert Keyring({"k1": b"x" * 32}, "k1").read_tag(BEFORE.tag("i", "r", "k1")) is None


def test_after_a_rotation_old_tags_hold_until_the_old_key_goes() -> None:
    tag = BEFORE.tag("i", "r", "k1")
    assert ROTATED.read_tag(tag) == Tag("i", "r", "k1")
    assert LATER.read_tag(tag) is None


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_for_its_own_row_only(plain: bytes) -> None:
    sealed = BEFORE.seal(plain, "row-1")
    assert BEFORE.unseal(sealed, "row-1") == plain
    assert not plain or len(plain) < 4 or plain not in sealed
    with pytest.raises(SealBroken):
        BEFORE.unseal(sealed, "row-2")


@given(st.binary(min_size=1, max_size=50), st.data())
def test_a_sealed_value_that_was_changed_does_not_open(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(BEFORE.seal(plain, "row"))
    place = data.draw(st.integers(3, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        BEFORE.unseal(bytes(sealed), "row")


@given(st.binary(max_size=50), st.integers(1, 80))
def test_a_sealed_value_of_which_the_end_is_lost_does_not_open(plain: bytes, lost: int) -> None:
    sealed = BEFORE.seal(plain, "row")
    with pytest.raises(SealBroken):
        BEFORE.unseal(sealed[: max(3, len(sealed) - lost)], "row")


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert BEFORE.seal(b"same", "row") != BEFORE.seal(b"same", "row")


def test_after_a_rotation_new_things_are_sealed_with_the_new_key_and_old_ones_still_open() -> None:
    old, new = BEFORE.seal(b"before", "row"), ROTATED.seal(b"after", "row")
    assert ROTATED.unseal(old, "row") == b"before"
    assert LATER.unseal(new, "row") == b"after"
    with pytest.raises(UnknownKey):
        LATER.unseal(old, "row")


def test_after_a_rotation_a_value_is_still_found_under_the_hash_of_the_old_key() -> None:
    assert BEFORE.lookup_hash("join", "code") in ROTATED.lookup_hashes("join", "code")
    assert ROTATED.lookup_hashes("join", "code")[0] == LATER.lookup_hash("join", "code")


def test_a_hash_for_one_purpose_finds_nothing_for_another() -> None:
    assert BEFORE.lookup_hash("join", "code") != BEFORE.lookup_hash("start", "code")
    assert BEFORE.lookup_hash("a", "b\x1fc") != BEFORE.lookup_hash("a", "c")
