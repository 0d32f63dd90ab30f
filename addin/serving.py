"""What a serving process loads: checks the settings once more, takes the ledger, and answers.

Where there is one, the process that supervises it knows only the settings, so that it stays small. Where there are
several, that process builds what they have in common before they are forked, so that they share its memory
(docs/adr/0032).
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from contextlib import closing
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from flask import Flask

from addin.checking import static_faults
from addin.config.reading import load_settings
from addin.config.settings import SettingsFaulty
from addin.logs import set_up_logging
from addin.plain_failures import sentence_of
from addin.wiring.opening import begin, build_service, hold_against_ledger
from addin.wiring.service import Service
from addin.wiring.surfaces import app_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    class _Closable(Protocol):
        def __iter__(self) -> Iterator[bytes]: ...
        def close(self) -> None: ...


SETTINGS_VARIABLE: Final = "VARDMOTE_SETTINGS"
SURFACES_VARIABLE: Final = "VARDMOTE_SURFACES"
WORKER_VARIABLE: Final = "VARDMOTE_WORKER"
_OBJECTS_BETWEEN_COLLECTIONS: Final = 10_000
_M_ARENA_MAX: Final = -8  # malloc.h


def prepare() -> None:
    """Build what serving processes have in common, before they are forked; raises what `hold_against_ledger` does.

    Nothing of it holds a thread, a connection or what must differ between processes. What is wrong with the ledger is
    found here: a process that ends is replaced, so that the fault would be told again and again by a service that
    passes for running.
    """
    set_up_logging()
    _share_one_heap()
    service, _ = _built(*_asked_for())
    hold_against_ledger(service)
    _spare_the_collector()


def app() -> Flask:
    """Return the application; settings and surfaces come in the environment. A faulty start ends the process."""
    _end_at_once_while_starting()
    set_up_logging()
    _share_one_heap()
    try:
        service, application = _built(*_asked_for())
        begin(service)
    except Exception as failure:
        sentence = sentence_of(failure)
        if sentence is None:
            raise
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
        # Straight out: the server would otherwise print where in its own code the process ended.
        os._exit(1)
    _at_the_end(service.ledger.close, order=1)
    if os.environ.get(WORKER_VARIABLE) == "1":
        service.worker.start()
        _at_the_end(service.worker.stop, order=2)
    _spare_the_collector()
    return application


def _asked_for() -> tuple[Path, str]:
    return Path(os.environ[SETTINGS_VARIABLE]), os.environ[SURFACES_VARIABLE]


@cache
def _built(path: Path, surfaces: str) -> tuple[Service, Flask]:
    """Return the service and its application; a forked process finds those of the process it was forked from."""
    faults = static_faults(path)
    if faults:
        raise SettingsFaulty(faults)
    service = build_service(load_settings(path))
    application = app_of(service, surfaces.split(","))
    application.wsgi_app = _in_one_piece(application.wsgi_app)  # type: ignore[assignment,method-assign]
    return service, application


def _end_at_once_while_starting() -> None:
    """Take back the handlers of the process that this one was forked from; the server sets its own when it serves."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _at_the_end(step: Callable[[], None], *, order: int) -> None:
    """Take the step when the process ends, the highest order first; `atexit` is not heeded where it was forked."""
    Finalize(None, step, exitpriority=order)


def _in_one_piece(answers: WSGIApplication) -> WSGIApplication:
    """Hand answers to the server whole: parts it would fetch one by one, each time waiting for Python's lock.

    All our answers are short, and none is made while it is sent.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        with closing(cast("_Closable", answers(environ, start_response))) as parts:
            return list(parts)

    return answer


def _share_one_heap() -> None:
    """Let all threads take memory from one heap: each one of their own would keep what it has needed once.

    Python's lock lets one thread at a time ask for any. Of the C libraries glibc alone has more (mallopt(3)).
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what was loaded for good, and look for cycles less often: we leave few.

    It writes into whatever it looks at, and a page of memory that is written to is no longer shared.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
