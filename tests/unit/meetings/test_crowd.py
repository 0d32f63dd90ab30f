"""How many clicks wait for a slow provider."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from addin.meetings import crowd
from addin.meetings.crowd import Crowd


@pytest.fixture
def _every_wait_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "SLOW_AFTER_SECONDS", -1.0)


def inside(most: int, clicks: int) -> list[bool]:
    """Return who was let in, when each holds on to its place until all have come."""
    crowded, all_came = Crowd(most), threading.Event()
    came = threading.Semaphore(0)

    def click() -> bool:
        with crowded.waiting() as may_wait:
            came.release()
            assert all_came.wait(10)
            return may_wait

    with ThreadPoolExecutor(clicks) as threads:
        answers = []
        for _ in range(clicks):
            answers.append(threads.submit(click))
            assert came.acquire(timeout=10)
        all_came.set()
        return [answer.result() for answer in answers]


@pytest.mark.usefixtures("_every_wait_is_long")
def test_a_slow_provider_keeps_only_so_many_clicks_waiting() -> None:
    assert inside(most=3, clicks=5) == [True, True, True, False, False]


def test_a_quick_provider_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # However long the machine takes to bring all five here.
    monkeypatch.setattr(crowd, "SLOW_AFTER_SECONDS", 3600.0)
    assert inside(most=3, clicks=5) == [True] * 5


@pytest.mark.usefixtures("_every_wait_is_long")
def test_who_leaves_makes_room() -> None:
    crowded = Crowd(most=1)
    with crowded.waiting() as first:
        assert first
    with crowded.waiting() as second:
        assert second
