"""How a trial is ended by Ctrl-C, SIGTERM or a terminal that closes: once, and never between starting and noting it.

Knows nothing of what is ended. A process has one set of handlers, so that there is one interruption here, too.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import click

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Ended(KeyboardInterrupt):
    """A signal of ours that came.

    Not KeyboardInterrupt itself: where Python sees just that leave a text that it executes, as dataclasses have it do
    while modules are loaded, it ends as if killed by Ctrl-C later on, though it was caught (`run_eval_code_obj` in
    CPython's `pythonrun.c`).
    """


class _Interruption:
    """The first signal; those that follow change nothing, since the end is on its way."""

    def __init__(self) -> None:
        self.came = False
        self.held = 0

    def take(self, *_: object) -> None:
        """Raise _Ended once: here, or where what must be finished is."""
        if not self.came:
            self.came = True
            self.strike()

    def strike(self) -> None:
        if self.held:
            return
        # Also while Python ends, when handlers of ours are heeded no more.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise _Ended


# One for the process, as its signals are.
_interruption: Final = _Interruption()


@contextmanager
def interruptible() -> Iterator[None]:
    """End what stands inside at the first of the signals, say so, and go on after it."""
    for number in _SIGNALS:
        # `nohup` asks us to outlive the terminal. That Ctrl-C is to be ignored, however, is only what every shell
        # tells a command that it starts in the background; we can be ended all the same.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interruption.take)
    try:
        yield
    except _Ended:
        # A terminal that has closed takes no words any more.
        with suppress(OSError):
            click.echo("\nStopped.", err=True)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish what stands inside first; a signal that came meanwhile strikes at its end."""
    came_before = _interruption.came
    _interruption.held += 1
    try:
        yield
    finally:
        _interruption.held -= 1
    if _interruption.came and not came_before:
        _interruption.strike()
