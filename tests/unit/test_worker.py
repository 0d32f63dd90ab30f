"""The worker's threads: no more at work than there is work, and none that waits behind something slow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from addin import worker
from addin.meetings.due import Queue, Work
from addin.worker import Loop, Worker

MAILBOXES: Final = Queue(Work.MAILBOXES, "ews")
SECONDS: Final = 60


class Heap:
    """A queue with so much in it."""

    def __init__(self) -> None:
        self.waiting = 0
        self.changed = threading.Condition()

    def read(self, _unit: Any) -> frozenset[Queue]:
        with self.changed:
            return frozenset({MAILBOXES}) if self.waiting else frozenset()

    def claim(self) -> bool:
        with self.changed:
            found = self.waiting > 0
            self.waiting -= found
            self.changed.notify_all()
            return found

    def waits_until(self, holds: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, SECONDS)


@pytest.fixture
def heap(monkeypatch: pytest.MonkeyPatch) -> Heap:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.005)
    return Heap()


@pytest.fixture
def works(heap: Heap) -> Iterator[Callable[[Callable[[], bool], int], None]]:
    """Return what starts a worker with so many threads for the queue; it is stopped afterwards."""
    running: list[Worker] = []

    def start(work_once: Callable[[], bool], threads: int) -> None:
        loops = {f"watch-{number}": Loop(MAILBOXES, work_once) for number in range(threads)}
        made = Worker(heap, None, lambda: None, [], lambda: None, None, loops)  # type: ignore[arg-type]
        running.append(made)
        made.start()

    yield start
    for one in running:
        one.stop()
        assert not any(thread.is_alive() for thread in one._threads), "a thread does not end"


def test_something_slow_holds_up_one_thread_and_nothing_that_is_due(heap: Heap, works: Any) -> None:
    goes_on, stuck = threading.Event(), threading.Semaphore(2)

    def work_once() -> bool:
        found = heap.claim()
        if found and stuck.acquire(blocking=False):
            goes_on.wait(SECONDS)
        return found

    works(work_once, 3)
    heap.waiting = 2
    heap.waits_until(lambda: heap.waiting == 0)
    heap.waiting = 5
    try:
        heap.waits_until(lambda: heap.waiting == 0)
    finally:
        goes_on.set()


def test_each_look_that_finds_something_due_wakes_one_more_thread(heap: Heap) -> None:
    loops = [Loop(MAILBOXES, heap.claim) for _ in range(3)]
    idle = Worker(heap, None, lambda: None, [], lambda: None)  # type: ignore[arg-type]
    idle._loops += loops
    for waiting, at_work in ((0, 0), (1, 1), (0, 1), (1, 2), (1, 3), (1, 3)):
        heap.waiting = waiting
        idle._wake()
        assert sum(loop.wake.is_set() for loop in loops) == at_work


def test_the_mark_is_brought_up_to_date_when_the_work_is_over(heap: Heap) -> None:
    newest, marks, marked = 1, list[int](), threading.Event()

    def note_progress() -> None:
        marks.append(newest)
        marked.set()

    working = Worker(heap, None, lambda: None, [], note_progress)  # type: ignore[arg-type]
    working.start()
    assert marked.wait(SECONDS)
    newest = 2
    working.stop()
    assert marks[-1] == 2
