"""The trial on one machine: the service beside a simulated region, for looking at it and for checking it.

Writes settings, keys and ledger under one folder, starts both as processes of their own, and ends them.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, Protocol
from uuid import UUID

import click
import psutil
import requests
from filelock import FileLock, Timeout

from addin.sandbox import people
from addin.trial_job import MainJob, MainJobFailed
from addin.trial_signals import interruptible, uninterrupted

# A machine that has much else to do takes its time, and whoever looks on can end it.
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.5
READY_POLL_SECONDS: Final = 0.05
HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a trial; without one for mail, the service sends none."""

    window: int
    service: int
    mail: int | None = None

    @property
    def window_url(self) -> str:
        """Where the Outlook window is."""
        return f"http://{HOST}:{self.window}"

    @property
    def service_url(self) -> str:
        """Where the service is."""
        return f"http://{HOST}:{self.service}"


def keep_running(folder: Path, port: int, *, reload: bool) -> None:
    """Start both, print the one address, and run until Ctrl-C; `reload` starts afresh when the code changes.

    When one of them ends by itself, says which, stops the other and exits 1.
    """
    ports = Ports(port, port + 1, port + 2)
    with _alone_in(folder, "trial"):
        for number in (port, port + 1, port + 2):
            _hold_port(number)
        _run_until_told(folder, ports, reload=reload)


def _run_until_told(folder: Path, ports: Ports, *, reload: bool) -> None:
    with interruptible():
        while True:
            with _running(folder, ports) as trial:
                click.echo(f"Skyddat vårdmöte, sandbox: {ports.window_url}/   (Ctrl-C stops everything)")
                _wait(trial, reload=reload)


def check_main_job(folder: Path, *, keep: bool) -> int:
    """Do the main job once on free ports; print one JSON line and return 0, or say what failed and return 1."""
    began = time.monotonic()
    with _alone_in(folder, "check"):
        return _check(folder, began, keep=keep)


def _check(folder: Path, began: float, *, keep: bool) -> int:
    ports = Ports(_free_port(), _free_port(), _free_port())
    place = folder / "check"
    stop_kept(folder)
    # Every check begins with an empty ledger and an empty region, so that what it counts is its own.
    shutil.rmtree(place, ignore_errors=True)
    with interruptible():
        trial = _start(place, ports)
        left_running = False
        try:
            result = MainJob(ports.window_url, ports.service_url, people.ANNA.object_id).run()
            result["seconds_to_ready"] = round(trial.ready_after - began, 2)
            result["service_rss_mib"] = round(_resident_mib(trial.service.pid), 1)
            click.echo(json.dumps(result, ensure_ascii=False))
            if keep:
                _leave_running(place, ports, trial)
            left_running = keep
        except (MainJobFailed, requests.RequestException) as failure:
            click.echo(f"The main job failed: {failure}", err=True)
        else:
            return 0
        finally:
            if not left_running:
                trial.stop()
    return 1


@contextmanager
def _alone_in(folder: Path, what: str) -> Iterator[None]:
    """Hold the folder, or say that another holds it: its settings and manifest are those of the one that runs."""
    lock = FileLock(folder / f"{what}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        _fail(
            f"The same command runs already and keeps its files in {folder}. End it (Ctrl-C), or give this one a"
            " folder of its own: ./run --var FOLDER"
        )
    except OSError as fault:
        _fail(f"Cannot write in {folder} ({fault.strerror}). Choose a folder of your own: ./run --var FOLDER")
    try:
        yield
    finally:
        lock.release()


def stop_kept(folder: Path) -> bool:
    """End what `--check --keep` left running; return whether it had left anything."""
    noted = folder / "check" / "running.json"
    if not noted.is_file():
        return False
    for pid in json.loads(noted.read_text(encoding="ascii")):
        end_group(pid)
    noted.unlink()
    return True


# --- processes ----------------------------------------------------------------------------------------------


class _Started(Protocol):
    def poll(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class _Trial:
    region: subprocess.Popen[bytes]
    service: subprocess.Popen[bytes]
    log: Path
    ready_after: float

    def stop(self) -> None:
        _end_all([self.service, self.region])

    def ended(self) -> str | None:
        """Say which part has ended by itself, or return None while both run."""
        for name, process in (("service", self.service), ("sandbox", self.region)):
            status = process.poll()
            if status is not None:
                return f"The {name} has ended by itself (exit status {status}); its last words stand in {self.log}."
        return None


def _start(folder: Path, ports: Ports) -> _Trial:
    folder.mkdir(parents=True, exist_ok=True)
    settings = write_settings(folder, ports)
    log = folder / "trial.log"
    started = []
    try:
        with uninterrupted():
            region = spawn(region_command(folder, ports), log)
            started.append(region)
        # The region gets ready meanwhile: it reads the manifest only when it is asked for.
        prepare(settings, folder, ports)
        with uninterrupted():
            service = spawn(service_command(settings), log)
            started.append(service)
        for process, url in (
            (region, f"{ports.window_url}/window/config.json"),
            (service, f"{ports.service_url}/readyz"),
        ):
            wait_until_ready(process, url, log)
    except BaseException:
        _end_all(started)
        raise
    return _Trial(region, service, log, ready_after=time.monotonic())


def _end_all(processes: list[subprocess.Popen[bytes]]) -> None:
    with uninterrupted():
        for process in processes:
            end_group(process.pid)
            process.wait(STOP_SECONDS)


@contextmanager
def _running(folder: Path, ports: Ports) -> Iterator[_Trial]:
    trial = _start(folder, ports)
    try:
        yield trial
    finally:
        trial.stop()


def service_command(settings: Path) -> list[str]:
    """Return the command that starts the service, as an operator does."""
    return [sys.executable, "-m", "addin.cli", "serve", "--settings", str(settings)]


def spawn(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, so that all of it can be ended; it writes to the log."""
    with log.open("ab") as out:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )


def region_command(folder: Path, ports: Ports) -> list[str]:
    """Return the command that starts the simulated region; its state stays in the folder."""
    return [
        *(sys.executable, "-m", "addin.sandbox", "--port", str(ports.window)),
        *("--service-url", ports.service_url),
        *("--manifest", str(folder / "manifest.xml")),
        *("--state", str(folder / "region.db")),
        # A real Pexip takes about 90 s; a trial should not.
        *("--replication-seconds", "1"),
        *(("--mail-port", str(ports.mail)) if ports.mail else ()),
    ]


def wait_until_ready(process: _Started, url: str, log: Path) -> None:
    """Return when `url` answers 200; fails when the process has ended or it takes too long."""
    deadline = time.monotonic() + START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline:
            if process.poll() is not None:
                _fail(f"A part of the trial did not start; its own words stand in {log}.")
            with suppress(requests.RequestException):
                if session.get(url, timeout=1).ok:
                    return
            time.sleep(READY_POLL_SECONDS)
    _fail(f"A part of the trial was not ready within {START_SECONDS:.0f} s; its own words stand in {log}.")


def end_group(pid: int) -> None:
    """End a process and all it has started: kindly first, then for good."""
    try:
        os.killpg(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    members = [process for process in psutil.process_iter() if _group_of(process.pid) == pid]
    _, alive = psutil.wait_procs(members, STOP_SECONDS)
    for process in alive:
        process.kill()


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _resident_mib(pid: int) -> float:
    parent = psutil.Process(pid)
    return sum(process.memory_info().rss for process in [parent, *parent.children(recursive=True)]) / 2**20


# --- preparation --------------------------------------------------------------------------------------------


def prepare(settings: Path, folder: Path, ports: Ports) -> None:
    """Bring the ledger to its schema and write the manifest that the window reads."""
    from addin.config.reading import load_settings
    from addin.store.ledger import open_engine
    from addin.store.schema import migrate
    from manifest.build import build
    from manifest.source import WebApplication

    engine = open_engine(load_settings(settings).ledger.url)
    migrate(engine)
    engine.dispose()
    application = WebApplication(UUID(people.PANE_CLIENT))
    build(ports.service_url, folder, web_application=application, allow_loopback_http=True)


_MAIL: Final = """[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "skyddat.vardmote@region.example"
quiet_seconds = 10
"""


def write_settings(folder: Path, ports: Ports) -> Path:
    """Write the settings of the trial; the keys are drawn once and kept."""
    key = folder / "key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32), encoding="ascii")
    for name, secret in (
        ("pexip-password", people.PEXIP_PASSWORD),
        ("web-secret", people.WEB_SECRET),
        ("background-secret", people.BACKGROUND_SECRET),
        ("api-secret", people.API_SECRET),
        ("ews-password", people.EWS_PASSWORD),
    ):
        (folder / name).write_text(secret, encoding="ascii")
    path = folder / "vardmote.toml"
    template = Path(__file__).with_name("trial.toml").read_text(encoding="utf-8")
    values = {
        "SERVICE_URL": ports.service_url,
        "REGION_URL": ports.window_url,
        "SERVICE_PORT": str(ports.service),
        "TENANT": people.TENANT,
        "API_CLIENT": people.API_CLIENT,
        "PANE_CLIENT": people.PANE_CLIENT,
        "WEB_CLIENT": people.WEB_CLIENT,
        "BACKGROUND_CLIENT": people.BACKGROUND_CLIENT,
        "PEXIP_USER": people.PEXIP_USER,
        "EWS_USER": people.EWS_USER,
        "MAIL": _MAIL.format(port=ports.mail) if ports.mail else "",
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    path.write_text(template, encoding="utf-8")
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _hold_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as fault:
            _fail(f"Port {port} cannot be used ({fault.strerror}). Choose another: ./run --port NUMBER")


# --- waiting ------------------------------------------------------------------------------------------------


def _wait(trial: _Trial, *, reload: bool) -> None:
    """Wait until Ctrl-C; with `reload`, return when a file of ours has changed. A part that ends exits 1."""
    before = _newest() if reload else 0.0
    while True:
        time.sleep(POLL_SECONDS)
        if sentence := trial.ended():
            _fail(sentence)
        if reload and _newest() != before:
            click.echo("The code has changed; starting afresh.", err=True)
            return


def _newest() -> float:
    root = Path(__file__).resolve().parent.parent
    folders = ("addin", "bounded_http", "templates_messages", "manifest", "calendar_sync")
    return max(
        file.stat().st_mtime for name in folders for file in (root / name).rglob("*") if file.is_file()
    )


def _leave_running(folder: Path, ports: Ports, trial: _Trial) -> None:
    (folder / "running.json").write_text(json.dumps([trial.service.pid, trial.region.pid]), encoding="ascii")
    job = MainJob(ports.window_url, ports.service_url, people.ANNA.object_id)
    addresses = {
        "window": f"{ports.window_url}/",
        "service": ports.service_url,
        "api": f"{ports.service_url}/api/v1/openapi.json",
        "token": job.token(),
        "stop": "./run --stop",
    }
    click.echo(json.dumps(addresses))


def _fail(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)
