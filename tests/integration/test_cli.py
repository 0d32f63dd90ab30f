"""The `vardmote` command as an operator runs it: real processes, and for each trouble one sentence and exit 1."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psutil
import pytest

from addin.sandbox import people
from addin.trial import Ports, end_group, service_command, spawn, write_settings
from tests.conftest import ROOT
from tests.postgres import Postgres
from tests.region import Region
from tests.unit.settings_file import SettingsFile
from tests.zygote import zygote

SECONDS: Final = 120
PAUSE: Final = 0.05


def vardmote(*words: str | Path, fresh: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the command and return how it ended; `fresh` in a process that has yet to load everything, as an operator's.

    Once for each command: that it finds all it needs does not depend on what else is said to it. `bench` starts
    `migrate` and `serve` so (`test_bench.py`), and what `check` loads `check --live` loads, too.
    """
    command = [sys.executable, "-m", "addin.cli", *map(str, words)]
    if not fresh:
        return zygote().runs(command)
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def told(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence with which a command refused; nothing went wrong inside."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path)


@pytest.fixture
def migrated(settings: SettingsFile) -> SettingsFile:
    """Return settings whose ledger is ready."""
    assert vardmote("migrate", "--settings", settings.path).returncode == 0
    return settings


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Return a port that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def copies(region: Region, folder: Path) -> None:
    """Copy settings, secrets and ledger of a region, whose service goes on writing and renaming beside it."""
    shutil.copytree(region.folder, folder, ignore=shutil.ignore_patterns("*.log", "ledger.db*", "region.db*"))
    with (
        closing(sqlite3.connect(region.folder / "ledger.db")) as live,
        closing(sqlite3.connect(folder / "ledger.db")) as copy,
    ):
        live.backup(copy)


# --- check --------------------------------------------------------------------------------------------------


def test_check_finds_nothing_wrong_with_settings_that_are_right(settings: SettingsFile) -> None:
    done = vardmote("check", "--settings", settings.path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "No faults found. Try the connections with --live.\n"


def test_check_names_every_fault_on_a_line_of_its_own(settings: SettingsFile) -> None:
    settings.puts("service.environment", "prod")
    settings.puts("providers.pexip.password", "hemligt")
    settings.removes("start_sign_in.client_id")
    done = vardmote("check", "--settings", settings.path)
    assert done.returncode == 1
    assert {line.partition(": ")[0] for line in done.stderr.splitlines()} == {
        "service.environment",
        "providers.pexip.password",
        "start_sign_in.client_id",
    }
    assert "hemligt" not in done.stderr


def test_check_of_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    sentence = told(vardmote("check", "--settings", tmp_path / "none.toml"))
    assert sentence == f"{tmp_path / 'none.toml'}: cannot be read (FileNotFoundError)"


def test_the_settings_file_may_be_named_in_the_environment(
    settings: SettingsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARDMOTE_SETTINGS", str(settings.path))
    assert vardmote("check").returncode == 0


def test_check_live_tries_everything_and_finds_it_well(region: Region) -> None:
    done = vardmote("check", "--live", "--settings", region.settings, fresh=True)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "No faults found.\n")


def test_check_live_names_everything_that_does_not_answer(settings: SettingsFile) -> None:
    done = vardmote("check", "--live", "--settings", settings.path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        "ledger.url",
        "providers.pexip",
        "calendars.graph",
        "calendars.ews",
        "calendars.also_search",
        "calendars.outside_mailbox in graph",
        "calendars.outside_mailbox in ews",
        f"sign_in.tenants {people.TENANT}",
        "start_sign_in.metadata_url",
    ]


def test_check_live_names_a_provider_that_does_not_know_us(region: Region, tmp_path: Path) -> None:
    copies(region, tmp_path / "copy")
    (tmp_path / "copy" / "pexip-password").write_text("fel", encoding="ascii")
    sentence = told(vardmote("check", "--live", "--settings", tmp_path / "copy" / region.settings.name))
    assert sentence.startswith("providers.pexip: AuthenticationFailed")


DENIED: Final = "diarium@region.example"
DENIED_ON_PREMISES: Final = "arkivet@region.example"


@pytest.mark.parametrize(
    ("outside", "secret", "sentence", "searched", "unsearched"),
    [
        (DENIED, people.BACKGROUND_SECRET, None, [people.ANNA.address], None),
        (
            people.ANNA.address,
            people.BACKGROUND_SECRET,
            "a mailbox of calendars.outside_mailbox can be read",
            [DENIED, people.BO.address],
            f"no calendar lets the service search {DENIED};",
        ),
        (
            "ingen.alls@region.example",
            people.BACKGROUND_SECRET,
            "none of calendars.outside_mailbox is there",
            [],
            None,
        ),
        (
            DENIED,
            "fel",
            "the service itself was not let in",
            [people.ANNA.address, people.BO.address],
            f"{people.ANNA.address}: denied; what comes after it was not tried",
        ),
    ],
    ids=["denied", "readable", "unknown", "not let in"],
)
def test_check_live_proves_where_the_rights_to_calendars_end_and_that_they_reach_what_is_searched(
    region: Region,
    tmp_path: Path,
    outside: str,
    secret: str,
    sentence: str | None,
    searched: list[str],
    unsearched: str | None,
) -> None:
    copies(region, tmp_path / "copy")
    settings = tmp_path / "copy" / region.settings.name
    (tmp_path / "copy" / "background-secret").write_text(secret, encoding="ascii")
    written = settings.read_text(encoding="utf-8")
    outsiders = [outside, DENIED_ON_PREMISES]
    for name, value in (("outside_mailbox", outsiders), ("also_search", searched)):
        written, found = re.subn(f"^{name} = .*", f"{name} = {value}", written, flags=re.MULTILINE)
        assert found == 1
    settings.write_text(written, encoding="utf-8")
    done = vardmote("check", "--live", "--settings", settings)
    assert done.returncode == (1 if sentence else 0), done.stderr
    assert "calendars.outside_mailbox in ews" not in done.stderr
    assert (f"calendars.outside_mailbox in graph: {sentence}" in done.stderr) if sentence else not done.stderr
    assert (f"calendars.also_search: {unsearched}" in done.stderr) == bool(unsearched)
    assert ("calendars.graph: the service's account is not accepted" in done.stderr) == (secret == "fel")


def test_check_live_tells_a_missing_right_from_an_account_that_is_not_accepted(
    region: Region, tmp_path: Path
) -> None:
    copies(region, tmp_path / "copy")
    settings = tmp_path / "copy" / region.settings.name
    written = settings.read_text(encoding="utf-8").replace(
        f'mailboxes = ["{people.ANNA.address}"', f'mailboxes = ["{DENIED}"'
    )
    settings.write_text(written, encoding="utf-8")
    sentence = told(vardmote("check", "--live", "--settings", settings))
    assert sentence.startswith(f"calendars.graph: the account is accepted, and may not read {DENIED};")


# --- migrate ------------------------------------------------------------------------------------------------


def test_migrate_prepares_an_empty_ledger_and_leaves_a_ready_one_alone(settings: SettingsFile) -> None:
    first, second = (vardmote("migrate", "--settings", settings.path) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert "it was empty" in first.stdout
    assert "it was" not in second.stdout


def test_migrate_works_from_a_folder_with_a_per_cent_sign_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "50% V%C3%A5rd"
    folder.mkdir()
    (folder / "addin").symlink_to(ROOT / "addin")
    step = "from addin.store.ledger import open_engine; from addin.store.schema import migrate; "
    command = [sys.executable, "-c", f"{step}migrate(open_engine('sqlite:///ledger.db'))"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_migrate_of_a_ledger_that_cannot_be_had_is_one_sentence(settings: SettingsFile) -> None:
    settings.puts("ledger.url", "sqlite:///no-such-folder/ledger.db")
    assert "Check ledger.url" in told(vardmote("migrate", "--settings", settings.path))


def test_migrate_of_a_database_that_does_not_run_is_one_sentence(settings: SettingsFile) -> None:
    settings.puts("ledger.url", "postgresql://vardmote@127.0.0.1:1/vardmote")
    assert "Check ledger.url" in told(vardmote("migrate", "--settings", settings.path))


def test_migrate_of_a_file_that_is_no_database_is_one_sentence(
    settings: SettingsFile, tmp_path: Path
) -> None:
    (tmp_path / "ledger.db").write_text("Detta är ingen databas. " * 100, encoding="utf-8")
    assert "Check ledger.url" in told(vardmote("migrate", "--settings", settings.path))


# --- serve and worker ---------------------------------------------------------------------------------------


def test_serve_on_a_taken_port_says_which(migrated: SettingsFile, taken_port: int) -> None:
    migrated.puts("server.port", taken_port)
    sentence = told(vardmote("serve", "--settings", migrated.path))
    assert f"127.0.0.1:{taken_port} cannot be used" in sentence


def test_serve_on_a_ledger_that_is_not_prepared_says_what_to_do(settings: SettingsFile) -> None:
    settings.puts("server.port", 0)
    sentence = told(vardmote("serve", "--settings", settings.path))
    assert sentence == "The ledger is not prepared for this version. Run: vardmote migrate"


def test_a_newer_version_s_ledger_is_left_alone_and_what_to_do_is_said(
    migrated: SettingsFile, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    migrated.puts("server.port", 0)
    for command in ("serve", "migrate"):
        sentence = told(vardmote(command, "--settings", migrated.path))
        assert sentence.startswith("The ledger is at 9999, of a newer version"), command


def test_serve_with_faulty_settings_does_not_happen(migrated: SettingsFile) -> None:
    migrated.removes("service.instance")
    sentence = told(vardmote("serve", "--settings", migrated.path))
    assert sentence == "service.instance: is missing and must be set"


def test_serve_with_a_type_that_nobody_serves_does_not_happen(migrated: SettingsFile) -> None:
    migrated.removes("meetings.providers")
    migrated.puts("server.port", 0)
    assert 'internal-meeting needs the provider "teams"' in told(
        vardmote("serve", "--settings", migrated.path)
    )


def test_serve_of_several_processes_tells_a_fault_once(settings: SettingsFile) -> None:
    settings.puts("ledger.url", "postgresql://vardmote@127.0.0.1:1/vardmote")
    settings.puts("server.processes", 2)
    settings.puts("server.port", 0)
    settings.removes("meetings.providers")
    assert 'internal-meeting needs the provider "teams"' in told(
        vardmote("serve", "--settings", settings.path)
    )


def test_serve_of_several_processes_on_a_ledger_that_is_not_prepared_tells_it_once(
    settings: SettingsFile, postgres: Postgres
) -> None:
    settings.puts("ledger.url", postgres.new_database())
    settings.puts("server.processes", 2)
    settings.puts("server.port", 0)
    assert "vardmote migrate" in told(vardmote("serve", "--settings", settings.path))


def test_a_second_process_on_the_same_sqlite_ledger_is_refused(region: Region, tmp_path: Path) -> None:
    text = region.settings.read_text(encoding="utf-8")
    second = region.folder / "second.toml"
    second.write_text(text.replace(f"port = {region.ports.service}", "port = 0"), encoding="utf-8")
    sentence = told(vardmote("serve", "--settings", second))
    assert "another process already uses this ledger" in sentence
    assert "PostgreSQL" in sentence
    assert region.meeting(region.books()["id"])["state"] == "live", "the first one goes on"


def test_a_server_process_that_was_killed_ends_the_service_and_is_told(
    migrated: SettingsFile, tmp_path: Path
) -> None:
    migrated.puts("server.port", 0)
    log = tmp_path / "serve.log"
    service = spawn(service_command(migrated.path), log)
    try:
        (server_process,) = _children(service.pid)
        server_process.kill()
        assert service.wait(SECONDS) == 1
    finally:
        end_group(service.pid)
    assert "Unexpected exit from worker-1" in log.read_text(encoding="utf-8")


def _children(pid: int) -> list[psutil.Process]:
    """Return the processes that one has started, as soon as it has."""
    latest = time.monotonic() + SECONDS
    while time.monotonic() < latest:
        if children := psutil.Process(pid).children():
            return children
        time.sleep(PAUSE)
    raise AssertionError("nothing was started")


def test_a_worker_of_its_own_needs_postgresql(migrated: SettingsFile) -> None:
    assert "needs PostgreSQL" in told(vardmote("worker", "--settings", migrated.path))


def test_a_worker_on_postgresql_that_is_not_prepared_says_what_to_do(
    settings: SettingsFile, postgres: Postgres
) -> None:
    settings.puts("ledger.url", postgres.new_database())
    assert "vardmote migrate" in told(vardmote("worker", "--settings", settings.path, fresh=True))


# --- audit --------------------------------------------------------------------------------------------------


def test_audit_tells_who_did_what_to_a_meeting_beside_the_running_service(region: Region) -> None:
    meeting = region.books()
    region.change(meeting, unit="vardcentral").raise_for_status()
    region.cancel(meeting).raise_for_status()
    done = vardmote("audit", "--settings", region.settings, "--meeting", meeting["id"], fresh=True)
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["action"] for entry in entries] == ["booked", "changed", "cancelled"]
    assert {entry["actor"] for entry in entries} == {people.ANNA.object_id}
    assert {entry["tenant"] for entry in entries} == {people.TENANT}
    assert {entry["meeting"] for entry in entries} == {meeting["id"]}
    assert set(entries[0]) == {"at", "tenant", "actor", "action", "meeting", "reason"}


def test_audit_of_a_future_day_is_empty(region: Region) -> None:
    region.books()
    done = vardmote("audit", "--settings", region.settings, "--since", "2999-01-01")
    assert (done.returncode, done.stdout) == (0, "")


def test_audit_of_a_ledger_that_is_not_prepared_says_what_to_do(settings: SettingsFile) -> None:
    assert "vardmote migrate" in told(vardmote("audit", "--settings", settings.path))


# --- texts and manifest -------------------------------------------------------------------------------------


def test_the_shipped_texts_have_no_faults() -> None:
    done = vardmote("texts", "check", fresh=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_published_text_that_was_changed_is_found(tmp_path: Path) -> None:
    from templates_messages.catalogue import SHIPPED

    shutil.copytree(SHIPPED, tmp_path / "texts")
    text = tmp_path / "texts" / "patient-care-meeting" / "1.sv.md"
    text.write_text(text.read_text(encoding="utf-8") + "\nEn rad till.\n", encoding="utf-8")
    done = vardmote("texts", "check", "--directory", tmp_path / "texts")
    assert done.returncode == 1
    assert "patient-care-meeting/1.sv.md" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_text_in_another_encoding_is_found(tmp_path: Path) -> None:
    from templates_messages.catalogue import SHIPPED

    shutil.copytree(SHIPPED, tmp_path / "texts")
    text = tmp_path / "texts" / "patient-care-meeting" / "1.sv.md"
    text.write_bytes(text.read_text(encoding="utf-8").encode("utf-16"))
    done = vardmote("texts", "check", "--directory", tmp_path / "texts")
    assert done.returncode == 1
    assert "patient-care-meeting/1.sv.md:1: the file is not UTF-8" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_manifest_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    done = vardmote(
        *("manifest", "build", "--base-url", "https://vardmote.region.example", "--out", tmp_path / "out"),
        *("--client-id", people.API_CLIENT),
        fresh=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    written = [Path(line) for line in done.stdout.splitlines()]
    assert all(file.is_file() for file in written)
    assert any(
        "https://vardmote.region.example/pane/" in file.read_text(encoding="utf-8") for file in written
    )


@pytest.mark.parametrize(
    "address", ["http://vardmote.region.example", "vardmote", "https://vardmote.region.example/under?a=1"]
)
def test_a_manifest_that_outlook_would_refuse_is_not_written(tmp_path: Path, address: str) -> None:
    done = vardmote("manifest", "build", "--base-url", address, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("out/*.xml"))


@pytest.mark.parametrize("out", ["/proc/manifest", "{folder}/a-file/manifest"])
def test_a_manifest_for_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, out: str) -> None:
    (tmp_path / "a-file").touch()
    place = out.format(folder=tmp_path)
    sentence = told(
        vardmote("manifest", "build", "--base-url", "https://vardmote.region.example", "--out", place)
    )
    assert sentence.startswith(f"{place}: cannot be written (")


def test_a_client_id_that_is_none_is_refused(tmp_path: Path) -> None:
    done = vardmote(
        *("manifest", "build", "--base-url", "https://vardmote.region.example"),
        *("--out", tmp_path / "out", "--client-id", "inte-ett-id"),
    )
    assert done.returncode == 2
    assert "'--client-id': 'inte-ett-id' is not" in done.stderr


# --- sandbox ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["click", "addin.trial"])
def test_ctrl_c_while_the_sandbox_is_loaded_ends_it_without_a_word(tmp_path: Path, part: str) -> None:
    pressed = (
        "import importlib.abc, os, runpy, signal, sys\n"
        "class CtrlC(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == {part!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, CtrlC())\n"
        f"sys.argv[1:] = ['sandbox', '--var', {str(tmp_path)!r}]\n"
        "runpy.run_module('addin.cli', run_name='__main__', alter_sys=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", pressed], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_the_sandbox_on_a_taken_port_says_what_to_do(taken_port: int, tmp_path: Path) -> None:
    sentence = told(vardmote("sandbox", "--port", str(taken_port), "--var", tmp_path / "var", fresh=True))
    assert f"Port {taken_port} cannot be used" in sentence
    assert "--port" in sentence


def test_the_trial_s_settings_are_written_anew_and_its_key_is_kept(tmp_path: Path) -> None:
    ports = Ports(window=1, service=2)
    write_settings(tmp_path, ports)
    key = (tmp_path / "key").read_text(encoding="ascii")
    write_settings(tmp_path, ports)
    assert (tmp_path / "key").read_text(encoding="ascii") == key
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
