"""What docs/operations.md promises an operator: a restore that breaks no link, and keys that can be rotated.

Real processes, the ledger on SQLite; the same drill as in the document, step by step.
"""

from __future__ import annotations

import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import requests

from tests.region import Json, Region
from tests.zygote import zygote


def test_a_restored_ledger_removes_nothing_until_it_is_rebuilt(fresh_region: Region) -> None:
    region = fresh_region
    meeting = region.books()
    _restore(region, _backup(region), between=region.books)
    region.start()
    assert _health(region) == {"ready": True, "frozen": True, "rights_too_wide": False}
    region.waits_until(
        lambda: '"event": "ledger_frozen", "level": "error"' in region.logs(), "the log says so"
    )
    assert region.cancel(meeting).status_code == 202
    region.waits_until(lambda: region.meeting(meeting["id"])["state"] == "cancelling", "the wish is kept")
    assert len(region.rooms_of(meeting["id"])) == 1
    _rebuild(region)
    assert _health(region) == {"ready": True, "frozen": False, "rights_too_wide": False}
    region.waits_for_state(meeting["id"], "cancelled")
    assert region.rooms_of(meeting["id"]) == []


def test_rebuild_leaves_rooms_made_after_the_backup_and_makes_removed_ones_again(
    fresh_region: Region,
) -> None:
    region = fresh_region
    meeting = region.books()

    def goes_on() -> None:
        region.books()
        _cancels(region, meeting)

    _restore(region, _backup(region), between=goes_on)
    said = _rebuild(region)
    assert "is ours and unknown to the ledger" in said
    assert "0 rooms known, 1 unknown to the ledger" in said
    assert "1 missing at the provider" in said
    region.settles()
    assert len(region.pexip_rooms()) == 2
    assert len(region.rooms_of(meeting["id"])) == 1
    assert region.meeting(meeting["id"])["join_url"] == meeting["join_url"]


def test_a_key_may_go_when_no_meeting_needs_it_and_old_links_open_after_it_was_changed(
    fresh_region: Region,
) -> None:
    region = fresh_region
    region.settles()
    _change_key(region, "trial", "second")
    _forget_key(region, "trial")
    region.restart()
    before = region.books(item_id="item-before")
    region.settles()
    _change_key(region, "second", "third")
    region.stop()
    forgotten = _forget_key(region, "second")
    for command in (["check", "--live"], ["serve"]):
        refused = _vardmote(region, *command)
        assert refused.returncode == 1
        assert "still holds meetings with the key second" in refused.stderr
    region.replace_setting("[keys]\n", f"[keys]\n{forgotten}")
    region.start()
    assert _get(before["join_url"]).status_code == 200
    assert _get(before["start_url"]).status_code == 200
    assert before["id"] in [one["id"] for one in region.api("GET", "/meetings").json()["meetings"]]
    assert region.books(item_id="item-before")["id"] == before["id"]
    assert region.change(region.meeting(before["id"]), variant="group").status_code == 200
    after = region.books()
    region.settles()
    assert _cancels(region, before) == _cancels(region, after) == 204


def _backup(region: Region) -> Path:
    region.settles()
    kept = region.folder / "backup.db"
    with (
        closing(sqlite3.connect(region.folder / "ledger.db")) as live,
        closing(sqlite3.connect(kept)) as copy,
    ):
        live.backup(copy)
    return kept


def _restore(region: Region, backup: Path, *, between: Callable[[], object]) -> None:
    """Let something happen after the backup, have it noted beside the ledger, then put the backup in its place."""
    between()
    region.settles()
    region.restart()
    region.stop()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (region.folder / name).unlink(missing_ok=True)
    backup.replace(region.folder / "ledger.db")


def _rebuild(region: Region) -> str:
    region.stop()
    done = _vardmote(region, "rebuild")
    assert done.returncode == 0, done.stderr
    region.start()
    return done.stdout


def _change_key(region: Region, before: str, after: str) -> None:
    """Have new meetings use another key, and keep the one before; counts from the next start."""
    (region.folder / f"{after}-key").write_text(secrets.token_hex(32), encoding="ascii")
    known = f'known.{after} = {{ file = "{after}-key" }}'
    region.replace_setting(f'current = "{before}"', f'current = "{after}"\n{known}')


def _forget_key(region: Region, name: str) -> str:
    """Take a key out of the settings, and return its line."""
    lines = region.settings.read_text(encoding="utf-8").splitlines(keepends=True)
    (line,) = (one for one in lines if one.startswith(f"known.{name} = "))
    region.replace_setting(line, "")
    return line


def _cancels(region: Region, meeting: Json) -> int:
    status = region.cancel(meeting).status_code
    region.waits_for_state(meeting["id"], "cancelled")
    return status


def _vardmote(region: Region, *command: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "addin.cli", *command, "--settings", str(region.settings)]
    return zygote().runs(program)


def _health(region: Region) -> object:
    return _get(f"{region.service_url}/readyz").json()


def _get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=10, allow_redirects=False)
