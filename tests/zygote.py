"""A process that has loaded the service, from which tests fork theirs: a start then costs no loading.

What is forked runs the same commands as a process that an operator starts, on its own and over real sockets. That they
load by themselves is proved where they are started afresh: `test_cli.py`, `test_trial.py`, `test_run_script.py` and
`bench`. Run as a program this is the zygote: it reads what to start from its standard input, one JSON object a line.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, NoReturn

ROOT: Final = Path(__file__).parent.parent
SECONDS: Final = 120.0
# What service and sandbox load, wherever they load it.
LOADED: Final = (
    "granian.server.mp",
    "addin.serving",
    "addin.sandbox.__main__",
    "calendar_sync.ews",
    "calendar_sync.graph",
    "addin.store.sqlite",
    "alembic.command",
)


class Forked:
    """A forked process, with what tests use of `subprocess.Popen`. It leads a session of its own."""

    def __init__(self, pid: int, changed: threading.Condition) -> None:
        self.pid = pid
        self._status: int | None = None
        self._changed = changed

    def poll(self) -> int | None:
        """Return the exit status, negative after a signal, or None while it runs."""
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status when it has ended; raises subprocess.TimeoutExpired."""
        with self._changed:
            self._changed.wait_for(lambda: self._status is not None, timeout)
        if self._status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self._status

    def has_ended(self, status: int) -> None:
        """Note its end."""
        with self._changed:
            self._status = status
            self._changed.notify_all()

    def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9`, of this process alone."""
        os.kill(self.pid, signal.SIGKILL)


class Zygote:
    """One zygote, from the side of the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # By its number, which another one may have when it has ended: a system has not many.
        self._running: dict[int, Forked] = {}
        self._started: list[Forked] = []
        self._changed = threading.Condition()
        self._one_at_a_time = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def starts(
        self, command: list[str], out: Path, errors: Path | None = None, *, cwd: Path | None = None
    ) -> Forked:
        """Start `python -m MODULE ...` or `python SCRIPT ...`; what it writes is appended to the files."""
        _, *words = command
        wish = {
            "words": words,
            "out": str(out),
            "errors": str(errors or out),
            "environment": dict(os.environ),
        }
        with self._one_at_a_time, self._changed:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({**wish, "folder": str(cwd or Path.cwd())}) + "\n")
            self._process.stdin.flush()
            assert self._changed.wait_for(lambda: self._started, SECONDS), "the zygote does not answer"
            return self._started.pop()

    def runs(self, command: list[str], *, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; raises subprocess.TimeoutExpired."""
        with tempfile.TemporaryDirectory() as folder:
            out, errors = Path(folder) / "out", Path(folder) / "errors"
            status = self.starts(command, out, errors, cwd=cwd).wait(SECONDS)
            said = (file.read_text(encoding="utf-8") for file in (out, errors))
            return subprocess.CompletedProcess(command, status, *said)

    def close(self) -> None:
        """End the zygote; what it has started lives on."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._changed:
                if "started" in told:
                    forked = self._running[told["started"]] = Forked(told["started"], self._changed)
                    self._started.append(forked)
                else:
                    self._running.pop(told["ended"]).has_ended(told["status"])
                self._changed.notify_all()


@cache
def zygote() -> Zygote:
    """Return the one zygote of this test process; it ends with it."""
    made = Zygote()
    atexit.register(made.close)
    return made


# --- in the zygote ------------------------------------------------------------------------------------------


def main() -> None:
    """Load what the service and the sandbox are made of, and fork until standard input ends."""
    _load()
    gc.collect()
    gc.freeze()
    woken, wakes = os.pipe()
    for end in (woken, wakes):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    # Ctrl-C at a terminal, and its end, are for the tests, which end everything.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with selectors.DefaultSelector() as waiting, os.fdopen(0, "r") as wishes:
        waiting.register(wishes, selectors.EVENT_READ)
        waiting.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is wishes:
                    line = wishes.readline()
                    if not line:
                        return
                    _say(started=_fork(json.loads(line), [woken, wakes]))
                else:
                    os.read(woken, 4096)
            _reap()


def _load() -> None:
    from addin.checking import text_findings

    for module in LOADED:
        importlib.import_module(module)
    # Every start reads the texts, and most tests have some filled; what has been parsed and compiled once is kept.
    text_findings(None)
    # The driver is part of the dev extra; what needs it says so itself where it is missing.
    with contextlib.suppress(ImportError):
        importlib.import_module("psycopg_pool")
        importlib.import_module("addin.store.postgres")


def _say(**told: int) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _say(ended=pid, status=os.waitstatus_to_exitcode(status))


def _fork(wish: dict[str, Any], own: list[int]) -> int:
    pid = os.fork()
    if not pid:
        _become(wish, own)
    return pid


def _become(wish: dict[str, Any], own: list[int]) -> NoReturn:
    """Become the process that was asked for, as if it had been started; never returns."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        for end in own:
            os.close(end)
        _redirect(wish)
        os.environ.clear()
        os.environ.update(wish["environment"])
        # Some library has asked for it in the zygote, where it is remembered.
        tempfile.tempdir = None
        os.chdir(wish["folder"])
        status = _run(wish["words"])
    except BaseException:  # noqa: BLE001 - a process that ends so says why, and then ends
        sys.excepthook(*sys.exc_info())
    finally:
        _leave(status)


def _redirect(wish: dict[str, Any]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, name in ((1, wish["out"]), (2, wish["errors"])):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(file, number)
        os.close(file)
    os.close(nothing)
    sys.stdin, sys.stdout, sys.stderr = open(0), _written(1), _written(2)  # noqa: SIM115


def _written(number: int) -> IO[str]:
    return open(number, "w", buffering=1, encoding="utf-8", closefd=False)


def _run(words: list[str]) -> int:
    try:
        if words[0] == "-m":
            sys.argv = [words[1], *words[2:]]
            _module(words[1])
        else:
            sys.argv = words
            sys.path.insert(0, str(Path(words[0]).parent))
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as ended:
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
            return 1
        return ended.code or 0
    return 0


def _module(name: str) -> None:
    """Run the module's `main`, which is all that stands under its `__main__`."""
    if name == "addin.cli":
        from addin.cli import main as command

        command()
    elif name == "addin.sandbox":
        from addin.sandbox.__main__ import main as sandbox

        raise SystemExit(sandbox())
    else:
        runpy.run_module(name, run_name="__main__")


def _leave(status: int) -> NoReturn:
    # What Python does at its end is left out only where the zygote's own things are concerned.
    from multiprocessing.util import _exit_function  # type: ignore[attr-defined]

    with contextlib.suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
        _exit_function()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
