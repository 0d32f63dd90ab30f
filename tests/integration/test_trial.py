"""`./run` until it is told to end: whatever ends it, nothing that it has started outlives it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psutil
import pytest
from filelock import FileLock

from addin.trial import check_main_job, keep_running
from tests.ports import HeldPorts

SECONDS: Final = 120
PAUSE: Final = 0.05


class Trial:
    """`vardmote sandbox` in a process of its own, and all that it has started."""

    def __init__(self, folder: Path, *prefix: str) -> None:
        self.folder = folder
        # Window, service and mail.
        self._ports = HeldPorts(3)
        self.port = self._ports.first
        command = [*prefix, sys.executable, "-m", "addin.cli", "sandbox"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--var", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started: list[psutil.Process] = []

    def waits_until_ready(self) -> None:
        """Return when it has printed its address; notes what it has started."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert f"http://127.0.0.1:{self.port}/" in line, self.process.communicate(timeout=SECONDS)[1]
        self.notes_started()

    def notes_started(self) -> None:
        """Remember every process below it, so that it can be looked for when its parent is gone."""
        self.started = psutil.Process(self.process.pid).children(recursive=True)

    def part(self, word: str) -> psutil.Process:
        """Return the uppermost process of the service ("serve") or the sandbox ("addin.sandbox")."""
        return next(one for one in psutil.Process(self.process.pid).children() if word in one.cmdline())

    def ends(self) -> tuple[int, str]:
        """Wait for its end; returns the exit code and what it said, after making sure that nothing is left."""
        _, said = self.process.communicate(timeout=SECONDS)
        _, alive = psutil.wait_procs(self.started, timeout=SECONDS)
        assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
        return self.process.returncode, said

    def close(self) -> None:
        """End all that a failed test has left."""
        for one in (
            [*self.started, psutil.Process(self.process.pid)] if self.process.poll() is None else self.started
        ):
            if one.is_running():
                one.kill()
        self.process.wait(SECONDS)
        self._ports.release()


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(tmp_path / "var")
    yield trial
    trial.close()


def test_the_end_of_its_terminal_ends_all_that_was_started(trial: Trial) -> None:
    trial.waits_until_ready()
    trial.process.send_signal(signal.SIGHUP)
    assert trial.ends() == (0, "\nStopped.\n")
    assert len(trial.started) >= 3, "the sandbox, the service and its server process"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_during_the_start_leaves_nothing_alive(trial: Trial, number: signal.Signals) -> None:
    latest = time.monotonic() + SECONDS
    while not trial.started and time.monotonic() < latest:
        time.sleep(PAUSE / 10)
        trial.notes_started()
    trial.process.send_signal(number)
    assert trial.ends() == (0, "\nStopped.\n")


ENDED_WHILE_LOADING = """
import os, signal
from addin.trial_signals import interruptible
with interruptible():
    # As dataclasses do while their module is loaded.
    exec("os.kill(os.getpid(), signal.SIGTERM); signal.pause()")
"""


def test_a_signal_while_modules_are_loaded_is_no_kill(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDED_WHILE_LOADING], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "\nStopped.\n")


def test_a_trial_that_is_to_outlive_its_terminal_does_until_ctrl_c_and_leaves_nothing_alive_however_often_it_is_pressed(
    tmp_path: Path,
) -> None:
    trial = Trial(tmp_path / "var", "nohup")
    try:
        trial.waits_until_ready()
        ignored = (Path("/proc") / str(trial.process.pid) / "status").read_text(encoding="ascii")
        mask = next(line.split()[1] for line in ignored.splitlines() if line.startswith("SigIgn:"))
        assert int(mask, 16) & 1 << (signal.SIGHUP - 1)
        for _ in range(200):
            if trial.process.poll() is None:
                trial.process.send_signal(signal.SIGINT)
                time.sleep(PAUSE / 10)
        assert trial.ends() == (0, "\nStopped.\n")
        assert len(trial.started) >= 3
    finally:
        trial.close()


@pytest.mark.parametrize(("word", "name"), [("serve", "service"), ("addin.sandbox", "sandbox")])
def test_a_part_that_ends_by_itself_is_named_and_the_other_stopped(
    trial: Trial, word: str, name: str
) -> None:
    trial.waits_until_ready()
    trial.part(word).kill()
    code, said = trial.ends()
    assert code == 1
    log = trial.folder / "trial.log"
    assert said == f"The {name} has ended by itself (exit status -9); its last words stand in {log}.\n"


def test_a_second_start_leaves_the_files_of_the_first_alone_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    with closing(taken), FileLock(tmp_path / "trial.lock"), pytest.raises(SystemExit, match="1"):
        keep_running(tmp_path, taken.getsockname()[1], reload=False)
    assert f"runs already and keeps its files in {tmp_path}." in capsys.readouterr().err
    assert not (tmp_path / "vardmote.toml").exists()


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="1"):
        check_main_job(tmp_path / "file" / "var", keep=False)
    assert capsys.readouterr().err.startswith(
        f"Cannot write in {tmp_path}/file/var (Not a directory). Choose"
    )


def test_a_second_check_leaves_the_files_of_the_first_alone_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "check" / "vardmote.toml"
    kept.parent.mkdir()
    kept.write_text("the first one's", encoding="ascii")
    with FileLock(tmp_path / "check.lock"), pytest.raises(SystemExit, match="1"):
        check_main_job(tmp_path, keep=False)
    assert f"runs already and keeps its files in {tmp_path}." in capsys.readouterr().err
    assert kept.read_text(encoding="ascii") == "the first one's"
