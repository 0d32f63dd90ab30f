"""`./run` on machines where something is missing or half made: one sentence that helps, or a repair.

The script is the project's own, in a scratch checkout whose package has no dependencies and an `addin.cli` that only
says how it was started: so a whole first start takes seconds and no network, and real processes do everything.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import pytest

from tests.conftest import ROOT, cannot_prove

NOBODY: Final = "65534"

PYPROJECT: Final = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

# A build backend (PEP 517, PEP 660) that needs nothing installed; REQUIRES is filled in by the tests.
BACKEND: Final = """
import pathlib, zipfile

REQUIRES = pathlib.Path("setup.cfg").read_text().split()
INFO = "scratch-1.dist-info"
FILES = {
    "scratch.pth": str(pathlib.Path.cwd()),
    f"{INFO}/METADATA": "Metadata-Version: 2.1\\nName: scratch\\nVersion: 1\\n"
    + "".join(f"Requires-Dist: {name}\\n" for name in REQUIRES),
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\\nGenerator: scratch\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    f"{INFO}/entry_points.txt": "[console_scripts]\\nvardmote = addin.cli:main\\n",
}

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "scratch-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        for path, content in FILES.items():
            wheel.writestr(path, content)
        wheel.writestr(f"{INFO}/RECORD", "".join(f"{path},,\\n" for path in [*FILES, f"{INFO}/RECORD"]))
    return name
"""

STARTED: Final = """
import json, os, signal, sys

if __name__ == "__main__":
    started = {"pid": os.getpid(), "arguments": sys.argv[1:], "folder": os.getcwd()}
    print(json.dumps(started | {"hears_ctrl_c": signal.getsignal(signal.SIGINT) is not signal.SIG_IGN}))
"""


class Checkout:
    """A scratch checkout with the real `run` script, and the ways to start it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def new(cls, folder: Path) -> Self:
        """Lay out a checkout in `folder`."""
        (folder / ".ci").mkdir(parents=True)
        shutil.copy(ROOT / "run", folder)
        shutil.copy(ROOT / ".ci" / "venv.sh", folder / ".ci")
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "backend.py").write_text(BACKEND)
        (folder / "addin").mkdir()
        (folder / "addin" / "cli.py").write_text(STARTED)
        checkout = cls(folder)
        checkout.require("")
        return checkout

    def require(self, package: str) -> None:
        """Let the project depend on `package`, as a pull with a new dependency does."""
        (self.folder / "setup.cfg").write_text(package)
        (self.folder / "constraints.txt").write_text("")

    def start(
        self,
        *arguments: str,
        path: Path | None = None,
        before: Path | None = None,
        index: str = "http://127.0.0.1:9",
        user: str = "",
    ) -> subprocess.Popen[str]:
        """Start `run` from the root folder, with `path` as the only place of programs when it is given.

        `before` is a place of programs that come before all others.
        """
        usual = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {
            "PATH": str(path) if path else f"{before}:{usual}" if before else usual,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": index,
            "HOME": str(self.folder),
        }
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        return subprocess.Popen(
            [*as_user, "/bin/sh", str(self.folder / "run"), *arguments],
            cwd="/",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, *arguments: str, path: Path | None = None, before: Path | None = None, user: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Start and wait."""
        process = self.start(*arguments, path=path, before=before, user=user)
        output, errors = process.communicate(timeout=280)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def refusal(self, *, path: Path | None = None, user: str = "") -> str:
        """Run, expect one sentence after the lines of progress and exit code 1, and return that sentence."""
        ended = self.run(path=path, user=user)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert ended.stdout == ""
        *progress, sentence = ended.stderr.splitlines()
        assert all(line.endswith(" ...") for line in progress), ended.stderr
        return sentence


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    """A checkout whose path has a space and a letter beyond ASCII, in a folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="vardmote-run-") as folder:
        Path(folder).chmod(0o755)
        yield Checkout.new(Path(folder) / "min vård")


@dataclass(frozen=True)
class FirstStart:
    """A checkout that has been started once, a copy of it as it was then, and how that start went."""

    checkout: Checkout
    copy: Path
    pid: int
    ended: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def first_start() -> Iterator[FirstStart]:
    """Return the one first start that goes well from end to end; each takes seconds of a whole core.

    The folder's name has what a shell reads as more than letters.
    """
    with tempfile.TemporaryDirectory(prefix="vardmote-run-") as folder:
        checkout, copy = Checkout.new(Path(folder) / 'min "vård" $HOME'), Path(folder) / "copy"
        process = checkout.start("--check", "två ord")
        output, errors = process.communicate(timeout=280)
        ended = subprocess.CompletedProcess(process.args, process.returncode, output, errors)
        shutil.copytree(checkout.folder, copy, symlinks=True)
        yield FirstStart(checkout, copy, process.pid, ended)


@pytest.fixture
def used_checkout(first_start: FirstStart) -> Checkout:
    """A checkout that has been started once and never since, whatever the last test did to it."""
    started(first_start.ended)
    shutil.rmtree(first_start.checkout.folder)
    shutil.copytree(first_start.copy, first_start.checkout.folder, symlinks=True)
    return first_start.checkout


@pytest.fixture
def quick_python(first_start: FirstStart, tmp_path: Path) -> Path:
    """A folder with a Python that takes into an environment the pip which the first start's environment got.

    An environment with pip is made by unpacking pip, which keeps a core busy for seconds; once is enough.
    """
    folder = tmp_path / "quick"
    folder.mkdir()
    (packages,) = (first_start.copy / ".venv" / "lib").glob("python*/site-packages")
    into = f'"$3"/lib/{packages.parent.name}/site-packages'
    provide(
        folder,
        "python3.14",
        f'[ "$1 $2" = "-m venv" ] || exec "{sys.executable}" "$@"\n'
        f'"{sys.executable}" -m venv --without-pip "$3" && cp -a "{packages}"/pip* {into}',
    )
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the ordinary programs that the script uses, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("cat", "cmp", "dirname", "grep", "mkdir", "readlink", "rm", "sh"):
        program = shutil.which(name)
        assert program, name
        (folder / name).symlink_to(program)
    return folder


def provide(programs: Path, name: str, script: str) -> None:
    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (programs / name).chmod(0o755)


def started(ended: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert ended.returncode == 0, ended.stderr
    said: dict[str, object] = json.loads(ended.stdout)
    return said


def test_a_first_start_sets_up_and_hands_over_the_arguments(first_start: FirstStart) -> None:
    # The command replaces the script, so Ctrl-C and kill reach it and nothing stands between.
    assert started(first_start.ended) == {
        "pid": first_start.pid,
        "arguments": ["sandbox", "--check", "två ord"],
        "folder": str(first_start.checkout.folder),
        # Not before its own first line; else Python tells of it with a traceback.
        "hears_ctrl_c": False,
    }
    assert "Making .venv" in first_start.ended.stderr


def test_a_second_start_needs_neither_python_nor_pip_nor_network(
    used_checkout: Checkout, programs: Path
) -> None:
    again = used_checkout.run(path=programs)

    assert started(again)["arguments"] == ["sandbox"]
    assert again.stderr == ""


def test_a_changed_dependency_is_installed_at_the_next_start_which_without_a_network_keeps_the_details(
    used_checkout: Checkout,
) -> None:
    used_checkout.require("a-package-that-came-with-a-pull")

    assert "the package index cannot be reached. Check the network" in used_checkout.refusal()
    log = (used_checkout.folder / "var" / "install.log").read_text(encoding="utf-8")
    assert "a-package-that-came-with-a-pull" in log


def test_a_start_beside_one_that_installs_waits_and_then_needs_nothing(used_checkout: Checkout) -> None:
    stamp = used_checkout.folder / ".venv" / ".installed-for-run"
    installed = stamp.read_bytes()
    stamp.unlink()
    with (used_checkout.folder / "var" / ".installing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = used_checkout.start("--here")
        assert second.stderr
        assert second.stderr.readline() == "Another start is installing the packages; waiting for it ...\n"
        stamp.write_bytes(installed)
    output, errors = second.communicate(timeout=280)
    assert (json.loads(output)["arguments"], errors) == (["sandbox", "--here"], "")


def test_a_copied_checkout_gets_an_environment_of_its_own(
    used_checkout: Checkout, quick_python: Path, tmp_path: Path
) -> None:
    shutil.copytree(used_checkout.folder, tmp_path / "kopia", symlinks=True)
    copied = Checkout(tmp_path / "kopia")

    ended = copied.run(before=quick_python)

    assert started(ended)["folder"] == str(copied.folder)
    assert "Making .venv" in ended.stderr


def test_an_environment_whose_python_is_gone_is_to_be_made_again(
    used_checkout: Checkout, programs: Path
) -> None:
    interpreter = used_checkout.folder / ".venv" / "bin" / "python"
    interpreter.unlink()
    interpreter.symlink_to("/nonexistent/python3.11")

    # How it is made is the same as for a copied checkout; here there is nothing to make it with.
    assert "the newest found is none: install it" in used_checkout.refusal(path=programs)


def test_an_installation_that_was_interrupted_is_finished_by_the_next_start(
    used_checkout: Checkout, quick_python: Path
) -> None:
    checkout = used_checkout
    checkout.require("a-package-that-takes-its-time")
    with socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(200)
        process = checkout.start(index=f"http://127.0.0.1:{index.getsockname()[1]}")
        connection, _ = index.accept()  # pip is installing now, and waits for an answer that never comes
        with connection:
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.splitlines()[-1] == "Stopped before everything was in place; start again to finish."
    half_written = checkout.folder / ".venv" / "half-written"
    half_written.touch()

    checkout.require("")
    assert started(checkout.run(before=quick_python))["arguments"] == ["sandbox"]
    assert not half_written.exists(), "what an interrupted pip left behind cannot be trusted"


def test_an_old_python_is_named_with_what_to_install(checkout: Checkout, programs: Path) -> None:
    provide(programs, "python3", 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac')

    sentence = checkout.refusal(path=programs)

    assert sentence.startswith("Python 3.11 or newer is needed, and the newest found is 3.9: install it")
    assert not (checkout.folder / ".venv" / "bin").exists()


def test_a_machine_without_python_is_told_so(checkout: Checkout, programs: Path) -> None:
    assert "Python 3.11 or newer is needed, and the newest found is none" in checkout.refusal(path=programs)


def test_a_python_without_venv_module_is_told_which_package_brings_it(
    checkout: Checkout, programs: Path, tmp_path: Path
) -> None:
    (tmp_path / "ensurepip.py").write_text("raise ImportError('No module named ensurepip')")
    provide(programs, "python3", f'PYTHONPATH="{tmp_path}" exec "{sys.executable}" "$@"')

    sentence = checkout.refusal(path=programs)

    assert "has no venv module: install it" in sentence
    assert "python3-venv" in sentence


def test_a_shim_with_nothing_behind_it_is_passed_over(checkout: Checkout, programs: Path) -> None:
    provide(programs, "python3.14", 'echo "python3.14: command not found" >&2; exit 127')
    provide(programs, "python3", f'[ "$1" != -m ] || exit 1; exec "{sys.executable}" "$@"')

    # That it stops at making the environment shows which one was chosen, and saves making it.
    assert checkout.refusal(path=programs).startswith("The virtual environment could not be made")


def test_a_folder_that_may_not_be_written_is_named(checkout: Checkout) -> None:
    user = ""
    if os.geteuid() == 0:
        # Root may write everywhere, so another user has to try.
        if not shutil.which("setpriv"):
            cannot_prove("setpriv is missing, so ./run was not tried without write access.")
        user = NOBODY
    else:
        checkout.folder.chmod(0o555)

    sentence = checkout.refusal(user=user)

    assert sentence.startswith(f"Cannot write in {checkout.folder}/var: give yourself write access")


def test_another_failure_of_the_installation_points_at_its_reason(used_checkout: Checkout) -> None:
    (used_checkout.folder / "constraints.txt").write_text("this is not a constraint")

    sentence = used_checkout.refusal()

    assert sentence.startswith("The packages could not be installed; the reason stands last in")
