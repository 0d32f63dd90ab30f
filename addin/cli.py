"""The `vardmote` command: every way in which an operator starts, checks and looks after the service.

Commands load what they need when they run, so that `--help` is quick and the process that only supervises stays
small.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if __name__ == "__main__":
    # As ./run starts it. Until something has begun, Ctrl-C has nothing to end, and is not to end in a traceback of what
    # is loaded from here on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import click

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from addin.config.settings import Settings
    from addin.meetings.ledger_port import Ledger
    from addin.meetings.model import AuditEntry

_ENTRIES_A_PAGE = 1000

# Python looks for cycles after every 700 new objects, which is a seventh of the time that loading takes.
_OBJECTS_BETWEEN_COLLECTIONS: Final = 100_000

_SETTINGS = click.option(
    "--settings",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default="vardmote.toml",
    envvar="VARDMOTE_SETTINGS",
    show_default=True,
    show_envvar=True,
    help="The settings file.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="skyddat-vardmote")
def main() -> None:
    """Skyddat vårdmöte: protected video meetings, booked from the calendar item in Outlook.

    A first look on your own machine: vardmote sandbox. A service of your own: write a settings file
    (docs/operations.md), then vardmote check, vardmote migrate and vardmote serve.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


@main.command()
@_SETTINGS
@click.option(
    "--surface",
    "surfaces",
    default="join,staff,hooks",
    show_default=True,
    help="Which surfaces this process answers: join (guests), staff (pane, API, start page), hooks (systems).",
)
@click.option(
    "--worker/--no-worker", default=True, show_default=True, help="Also do the work that nobody waits for."
)
def serve(path: Path, surfaces: str, *, worker: bool) -> None:
    """Answer HTTP on server.host and server.port.

    On SQLite one process does everything. On PostgreSQL surfaces and workers may be processes of their own, on any
    number of machines.
    """
    chosen = _surfaces(surfaces)
    with _plain_failures():
        settings = _settings(path)
        hold_port(settings.server.host, settings.server.port)
    _serve(settings, chosen, worker=worker)


@main.command()
@_SETTINGS
def worker(path: Path) -> None:
    """Do the work that nobody waits for, beside serve --no-worker. Needs PostgreSQL."""
    from addin.logs import set_up_logging
    from addin.store.ledger import is_sqlite
    from addin.wiring.opening import open_service

    with _plain_failures():
        settings = _ready(path)
        if is_sqlite(settings.ledger.url):
            _fail("A worker of its own needs PostgreSQL: SQLite serves one process. Use: vardmote serve")
        set_up_logging()
        service = open_service(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.worker.end())
    service.worker.start()
    service.worker.wait()
    service.worker.stop()
    service.ledger.close()


@main.command()
@_SETTINGS
def migrate(path: Path) -> None:
    """Bring the ledger's schema to what this version needs. Harmless when it is there already."""
    from addin.config.reading import load_settings
    from addin.store.ledger import open_engine
    from addin.store.migrations import HEAD
    from addin.store.schema import migrate as take_steps

    with _plain_failures():
        before = take_steps(open_engine(load_settings(path).ledger.url))
    click.echo(f"The ledger is at {HEAD}" + ("." if before == HEAD else f"; it was {before or 'empty'}."))


@main.command()
@_SETTINGS
@click.option(
    "--live", is_flag=True, help="Also try the ledger, providers, sign-in, mail server and calendars."
)
def check(path: Path, *, live: bool) -> None:
    """Name every fault of the settings at once. Exits 1 when there is one."""
    from addin.checking import live_faults, remarks, static_faults

    faults = static_faults(path)
    if live and not faults:
        with _plain_failures():
            faults = live_faults(path)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    for remark in remarks(path):
        click.echo(remark)
    click.echo("No faults found." if live else "No faults found. Try the connections with --live.")


@main.command()
@_SETTINGS
@click.option("--meeting", "meeting_id", help="Only this meeting (its id).")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="From this day, UTC.")
def audit(path: Path, meeting_id: str | None, since: object) -> None:
    """Print who did what to which meeting when. One JSON object a line; beside a running service."""
    import json
    from datetime import UTC, datetime

    from addin.wiring.opening import open_service

    day = since.replace(tzinfo=UTC) if isinstance(since, datetime) else None
    with _plain_failures():
        ledger = open_service(_settings(path), writes=False).ledger
        for entry in _audit(ledger, meeting_id, day):
            click.echo(json.dumps(_audit_line(entry)))


@main.command()
@_SETTINGS
@click.option("--explain", "meeting_id", required=True, metavar="MEETING", help="The meeting (its id).")
def follow(path: Path, meeting_id: str) -> None:
    """Explain what would be done about a meeting's calendar item.

    Prints as JSON what is recorded of the item, what is seen of it now, and what would be done. Nothing is done.
    Beside a running service; reads the calendar. Prints no subject, link or code, and of addresses only that of the
    mailbox that holds the item.
    """
    import json

    from addin.wiring.opening import open_service

    with _plain_failures():
        explained = open_service(_settings(path), writes=False).explain_following(meeting_id)
    click.echo(json.dumps(explained, indent=2, ensure_ascii=False))


@main.command()
@_SETTINGS
def rebuild(path: Path) -> None:
    """After a restore from backup: re-read which rooms are ours.

    After it the service may remove things again. Stop the service first. Rooms that were made after the backup are
    listed; nothing is removed.
    """
    from addin.wiring.opening import open_service

    with _plain_failures():
        found = open_service(_settings(path)).rebuild()
    for orphan in found.orphans:
        click.echo(f"{orphan.provider}: room {orphan.reference} is ours and unknown to the ledger.")
    click.echo(
        f"{found.known} rooms known, {len(found.orphans)} unknown to the ledger, "
        f"{found.unproven} with our name but without our tag (left alone), {found.missing} missing at the provider "
        "(made again). The ledger is in service again."
    )


@main.group()
def texts() -> None:
    """Look after the central texts."""


_DIRECTORY = click.option(
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the texts; the shipped ones by default.",
)


@texts.command("check")
@_DIRECTORY
def check_texts(directory: Path | None) -> None:
    """Find wrong placeholders, changed published versions and more.

    Exits 1 on a finding.
    """
    from addin.checking import text_findings

    findings = text_findings(directory)
    for finding in findings:
        click.echo(str(finding), err=True)
    if findings:
        sys.exit(1)
    click.echo("No faults found in the texts.")


@texts.command("publish")
@_DIRECTORY
def publish_texts(directory: Path | None) -> None:
    """Publish every version that is not published yet. From then on it never changes."""
    from addin.checking import SHIPPED_TEXTS, finds_personal_data
    from templates_messages.publishing import PublishRefused, publish

    try:
        published = publish(directory or SHIPPED_TEXTS, finds_personal_data)
    except PublishRefused as refusal:
        _fail(str(refusal))
    for name in published:
        click.echo(f"Published {name}")
    if not published:
        click.echo("Everything was published already.")


@main.group()
def manifest() -> None:
    """The add-in's manifest for Outlook."""


@manifest.command("build")
@click.option(
    "--base-url", required=True, help="Where the service is reached, e.g. https://vardmote.region.example"
)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to."
)
@click.option(
    "--client-id",
    type=click.UUID,
    help="The API's application id in Entra; without it the pane gets no token.",
)
@click.option("--support-url", help="A page where people get help; the pane's own by default.")
def build_manifest(base_url: str, out: Path, client_id: UUID | None, support_url: str | None) -> None:
    """Write the XML manifest, after holding it against Outlook's rules."""
    from addin.checking import write_manifest

    try:
        written = write_manifest(base_url, out, client_id=client_id, support_url=support_url)
    except ValueError as refusal:
        _fail(str(refusal))
    except OSError as fault:
        _fail(f"{out}: cannot be written ({fault.strerror}). Choose a folder where you may write.")
    for file in written:
        click.echo(str(file))


@main.command()
@click.option(
    "--check", "checks", is_flag=True, help="Do the main job once without a screen, print JSON, and end."
)
@click.option(
    "--keep", is_flag=True, help="With --check: leave everything running, and print addresses and a token."
)
@click.option("--stop", is_flag=True, help="End what --keep left running.")
@click.option("--dev", is_flag=True, help="Start afresh when the code changes.")
@click.option(
    "--port",
    type=click.IntRange(1024, 65533),
    default=8410,
    show_default=True,
    help="Of the window; the service and the mail server take the two next.",
)
@click.option(
    "--var",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="var",
    show_default=True,
    help="Where ledger, settings and the sandbox's state are kept.",
)
def sandbox(folder: Path, port: int, *, checks: bool, keep: bool, stop: bool, dev: bool) -> None:
    """Start the service and a simulated region with an Outlook window.

    On this machine only. No real meeting is made and nothing leaves the machine.
    """
    from addin.trial import check_main_job, keep_running, stop_kept

    if keep and not checks:
        raise click.UsageError("--keep goes with --check; without it everything runs until Ctrl-C.")
    with _plain_failures():
        if stop:
            click.echo("Stopped." if stop_kept(folder) else "Nothing was left running.")
        elif checks:
            sys.exit(check_main_job(folder, keep=keep))
        else:
            keep_running(folder, port, reload=dev)


# --- shared -------------------------------------------------------------------------------------------------


def _surfaces(text: str) -> list[str]:
    known = ("join", "staff", "hooks")
    chosen = [name.strip() for name in text.split(",") if name.strip()]
    if not chosen or not set(chosen) <= set(known):
        raise click.BadParameter(f"choose among {', '.join(known)}", param_hint="--surface")
    return chosen


def _settings(path: Path) -> Settings:
    from addin.config.reading import load_settings

    return load_settings(path)


def _ready(path: Path) -> Settings:
    """Return the settings when nothing at all is wrong with them; a start with faults does not happen."""
    from addin.checking import static_faults
    from addin.config.settings import SettingsFaulty

    faults = static_faults(path)
    if faults:
        raise SettingsFaulty(faults)
    return _settings(path)


def _serve(settings: Settings, surfaces: list[str], *, worker: bool) -> None:
    """Hand over to the server; it starts the processes that load and check the service (`serving.app`)."""
    import multiprocessing

    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.log import logger as granian_log

    processes = settings.server.processes
    os.environ["VARDMOTE_SETTINGS"] = str(settings.path.resolve())
    os.environ["VARDMOTE_SURFACES"] = ",".join(surfaces)
    os.environ["VARDMOTE_WORKER"] = "1" if worker else "0"
    if sys.platform == "linux":
        # They begin with what this process has loaded already, instead of as new ones that load it again.
        multiprocessing.set_start_method("fork")
        if processes > 1:
            _prepare_processes()
    server = Granian(
        "addin.serving:app",
        factory=True,
        address=settings.server.host,
        port=settings.server.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=processes,
        blocking_threads=settings.server.threads,
        websockets=False,
        # What a server writes of a request is its path, and a path of ours is a code.
        log_access=False,
        log_level=LogLevels.error,
        respawn_failed_workers=processes > 1,
        workers_kill_timeout=15,
    )
    # A process that ends with 1 has said itself why. What granian adds is for those that somebody else has ended.
    granian_log.addFilter(
        lambda _: all(getattr(worker.inner, "exitcode", None) != 1 for worker in server.wrks)
    )
    server.serve()


def _prepare_processes() -> None:
    """Build here what several processes have in common; one alone would only have it twice (docs/adr/0032)."""
    with _plain_failures():
        from addin.serving import prepare

        prepare()


def _audit(ledger: Ledger, meeting_id: str | None, since: datetime | None) -> Iterator[AuditEntry]:
    """Yield the entries page by page: the audit is the one thing that only grows, and readers may take their time."""

    def page(newest: int) -> Mapping[int, AuditEntry]:
        return ledger.read(
            lambda reading: reading.audit_entries(meeting_id, since, after=newest, limit=_ENTRIES_A_PAGE)
        )

    entries = page(0)
    while entries:
        yield from entries.values()
        entries = page(max(entries))


def _audit_line(entry: AuditEntry) -> dict[str, str | None]:
    return {
        "at": entry.at.isoformat(),
        "tenant": entry.tenant,
        "actor": entry.actor,
        "action": entry.action,
        "meeting": entry.meeting_id,
        "reason": entry.reason,
    }


def hold_port(host: str, port: int) -> None:
    """Say in one sentence that the port is taken, before anything is started."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            _fail(f"{host}:{port} cannot be used ({fault.strerror}). Choose another port in the settings.")


def _fail(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)


@contextmanager
def _plain_failures() -> Iterator[None]:
    """Turn the failures that an operator can mend into their sentences, without a traceback."""
    try:
        yield
    except Exception as failure:
        # Known only to the parts that are heavy to load, and needed only when something has failed.
        from addin.plain_failures import sentence_of

        sentence = sentence_of(failure)
        if sentence is None:
            raise
        _fail(sentence)


if __name__ == "__main__":
    main(prog_name="vardmote")
