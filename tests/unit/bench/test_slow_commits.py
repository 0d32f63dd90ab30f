"""The proxy of the follow bench knows a commit wherever the bytes are cut, and delays nothing else."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bench.slow_commits import Session


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", 4 + len(body)) + body


def done(tag: bytes) -> bytes:
    return message(b"C", tag + b"\0")


def ready(state: bytes) -> bytes:
    return message(b"Z", state)


ROW = message(b"D", b"\0\1\0\0\0\6COMMIT")
TRANSACTION = [
    done(b"BEGIN") + ready(b"T"),
    ROW + done(b"SELECT 1") + ready(b"T"),
    done(b"INSERT 0 1") + ready(b"T"),
    done(b"COMMIT") + ready(b"I"),
]
ALONE = [done(b"UPDATE 3") + ready(b"I"), ROW + done(b"SELECT 1") + ready(b"I")]


def carried(chunks: Sequence[bytes]) -> list[tuple[bool, bytes]]:
    session = Session()
    return [part for chunk in chunks for part in session.parts(chunk)]


def waits(chunks: Sequence[bytes]) -> list[bytes]:
    return [part for delayed, part in carried(chunks) if delayed]


def test_the_end_of_a_transaction_waits_and_its_statements_do_not() -> None:
    assert waits(TRANSACTION) == [done(b"COMMIT")]


def test_a_change_outside_of_a_transaction_is_a_commit_and_a_look_is_not() -> None:
    assert waits(ALONE) == [done(b"UPDATE 3")]


def test_what_was_rolled_back_does_not_wait() -> None:
    assert waits([done(b"BEGIN") + ready(b"T"), done(b"ROLLBACK") + ready(b"I")]) == []


@given(st.lists(st.integers(0, 400), max_size=12))
def test_all_bytes_arrive_in_order_wherever_they_are_cut(cuts: list[int]) -> None:
    whole = b"".join(TRANSACTION + ALONE)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    chunks = [whole[start:end] for start, end in pairwise(edges)]
    assert b"".join(part for _, part in carried(chunks)) == whole
    assert waits(chunks) == [done(b"COMMIT"), done(b"UPDATE 3")]
