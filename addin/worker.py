"""The loops that claim what is due and bring it as far as it goes; one thread for each provider and each calendar.

A provider that is down thereby holds up nobody else's rooms. One more thread asks the ledger what is due, for all of
them: a claim that finds nothing costs as much as one that finds something, and mostly there is nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from addin.meetings.deadline import Deadline
from addin.meetings.due import Queue, Work
from addin.meetings.errors import LedgerError
from addin.meetings.ledger_port import Ledger
from addin.meetings.model import Claim
from addin.meetings.reconcile import LEASE_SECONDS, Reconciler
from addin.meetings.sweep import Sweep

log = logging.getLogger(__name__)

# From drag to page is a matter of seconds, so what calendars tell waits no longer than this.
POLL_SECONDS = 0.5
PAUSE_AFTER_FAILURE_SECONDS = 1.0
ROOMS_A_CLAIM = 16
SWEEP_SECONDS = 60.0
MARK_SECONDS = 10.0
FOLLOW_ALL_SECONDS = 600.0
# When the rights are tried is for `prove_rights` to say, which is asked so often.
RIGHTS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Loop:
    """What one thread does: `work_once` takes something from the queue and does it; False when there was nothing.

    Several may serve one queue. `wake` has it look, and is set until it has found nothing more.
    """

    queue: Queue
    work_once: Callable[[], bool]
    wake: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Worker:
    """Works until told to stop.

    `note_progress` writes the ledger's mark (see `store.restored`). `send_notices` sends the mails that are due; None
    where there is no mail server. `followers` follow calendars, each in a thread of its own, so that one that is down
    holds up nobody else's; `follow_all` has older meetings followed, too. `prove_rights` tries where the rights to
    calendars end, when that is due.
    """

    ledger: Ledger
    reconciler: Reconciler
    sweep: Sweep
    providers: Iterable[str]
    note_progress: Callable[[], None]
    send_notices: Callable[[], bool] | None = None
    followers: Mapping[str, Loop] = field(default_factory=dict)
    follow_all: Callable[[], None] | None = None
    prove_rights: Callable[[], None] | None = None
    _loops: list[Loop] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start the threads."""
        for name, loop in self._all_loops().items():
            self._loops.append(loop)
            self._run(name, partial(self._whenever_due, loop))
        self._run("due", partial(self._every, POLL_SECONDS, self._wake))
        if self.follow_all:
            self._run("follow-all", partial(self._every, FOLLOW_ALL_SECONDS, self.follow_all))
        if self.prove_rights:
            self._run("rights", partial(self._every, RIGHTS_SECONDS, self.prove_rights))
        self._run("sweep", partial(self._every, SWEEP_SECONDS, self.sweep))
        self._run("mark", partial(self._every, MARK_SECONDS, self.note_progress))

    def _all_loops(self) -> Mapping[str, Loop]:
        rooms = {
            f"rooms-{name}": Loop(Queue(Work.ROOMS, name), partial(self.work_once, name))
            for name in self.providers
        }
        mails = {"notices": Loop(Queue(Work.NOTICES), self.send_notices)} if self.send_notices else {}
        return {**rooms, **mails, **self.followers}

    def _run(self, name: str, job: Callable[[], None]) -> None:
        thread = threading.Thread(target=job, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def end(self) -> None:
        """Ask the threads to end, and let `wait` return."""
        self._stop.set()
        for loop in self._loops:
            loop.wake.set()

    def stop(self) -> None:
        """End after the step at hand; a lease that is left ends by itself."""
        self.end()
        for thread in self._threads:
            thread.join(timeout=LEASE_SECONDS)
        if self._threads:
            # What came after the last note would not be missed in a backup that is put back now.
            self._guarded(self.note_progress)

    def wait(self) -> None:
        """Return when `end` or `stop` has been called."""
        self._stop.wait()

    def work_once(self, provider: str) -> bool:
        """Claim some due rooms and bring each as far as it goes; False when none was due. Raises LedgerError."""
        claims = self.ledger.write(lambda writing: writing.claim_due(provider, LEASE_SECONDS, ROOMS_A_CLAIM))
        for claim in claims:
            self._advance(claim)
        return bool(claims)

    def _advance(self, claim: Claim) -> None:
        try:
            self.reconciler.advance(claim, Deadline.after(LEASE_SECONDS))
        except LedgerError:
            raise
        except Exception:
            # A fault of ours in one room must not stop those that were claimed with it, round after round. Its lease
            # runs out by itself, and it is looked at before it is changed.
            log.exception("room_failed", extra={"meeting": claim.meeting.id})

    def _wake(self) -> None:
        """Wake one more thread for each queue that has something that is due.

        All at once they would mostly claim in vain, which costs as much as a claim that finds something. What is still
        due at the next look is too much for those that are at work, or waits behind something slow.
        """
        queues = tuple(dict.fromkeys(loop.queue for loop in self._loops))
        for queue in self.ledger.read(lambda reading: reading.due(queues)):
            resting = (one for one in self._loops if one.queue == queue and not one.wake.is_set())
            if loop := next(resting, None):
                loop.wake.set()

    def _whenever_due(self, loop: Loop) -> None:
        while not self._stop.is_set() and loop.wake.wait():
            while not self._stop.is_set() and self._guarded(loop.work_once):
                pass
            # What has come due meanwhile is still due at the next look.
            loop.wake.clear()

    def _every(self, seconds: float, job: Callable[[], None]) -> None:
        while not self._stop.is_set():
            self._guarded(job)
            self._stop.wait(seconds)

    def _guarded(self, job: Callable[[], bool | None]) -> bool:
        """Run one job; a failure is logged and the loop goes on, since the row is still due."""
        try:
            return bool(job())
        except LedgerError as failure:
            # Our own errors say which kind of failure it was, and nothing else.
            log.warning("ledger_failed", extra={"reason": str(failure)})
        except Exception:
            log.exception("worker_failed")
        self._stop.wait(PAUSE_AFTER_FAILURE_SECONDS)
        return False
