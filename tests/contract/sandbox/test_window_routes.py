"""What the Outlook window, and whoever starts the sandbox, is given."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from addin.sandbox import people
from tests.contract.sandbox.running import SERVICE, Sandbox


def test_the_window_is_told_who_is_who(region: Sandbox) -> None:
    told = region.call("GET", "/window/config.json").json()

    assert told["service_url"] == SERVICE
    assert told["tenant"] == people.TENANT
    assert [user["role"] for user in told["users"]] == [
        "clinician",
        "clinician",
        "secretary",
        "substitute",
        "administrator",
    ]
    assert {"object_id", "name", "address", "role"} <= set(told["users"][0])
    assert [box["address"] for box in told["mailboxes"] if box["shared"]] == [
        "psykiatrimottagningen@region.example"
    ]
    assert not any(secret in json.dumps(told) for secret in people.SECRETS.values())


def test_every_address_is_reserved_for_examples() -> None:
    persons, boxes = people.PEOPLE.values(), people.MAILBOXES
    addresses = [person.address for person in persons] + [box.address for box in boxes]

    assert all(address.endswith(".example") for address in addresses)


def test_the_manifest_is_the_file_that_was_named(region: Sandbox) -> None:
    answer = region.call("GET", "/window/manifest.xml")

    assert (answer.text, answer.headers["Content-Type"].partition(";")[0]) == (
        "<OfficeApp/>",
        "application/xml",
    )


def test_without_a_manifest_the_window_is_told_so(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "state.db") as sandbox:
        answer = sandbox.call("GET", "/window/manifest.xml")

    assert answer.status_code == 404
    assert "--manifest" in answer.text


@pytest.mark.parametrize("path", ["/", "/office.js", "/window/icon.svg"])
def test_the_windows_files_are_served_and_never_stored(region: Sandbox, path: str) -> None:
    answer = region.call("GET", path)

    assert answer.status_code == 200
    assert "max-age=0" in answer.headers["Cache-Control"] or "no-cache" in answer.headers["Cache-Control"]


def test_the_windows_scripts_and_styles_are_kept_until_they_change(region: Sandbox) -> None:
    named = re.findall(r'(?:src|href)="(/window/edition-[^"]+)"', region.call("GET", "/").text)

    assert [Path(path).name for path in named] == [
        "colours.css",
        "shell.css",
        "week.css",
        "form.css",
        "main.js",
    ]
    for path in named:
        assert "immutable" in region.call("GET", path).headers["Cache-Control"]
    other = region.call("GET", "/window/edition-0123456789abcdef/js/main.js")
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-cache, max-age=0")


@pytest.mark.parametrize(
    "path", ["/window/../people.py", "/window/%2e%2e/people.py", "/window/nothing.js", "/nowhere"]
)
def test_nothing_else_is_served(region: Sandbox, path: str) -> None:
    answer = region.call("GET", path)

    assert answer.status_code == 404
    assert answer.text.startswith("Sandlåda – inga riktiga möten")


def test_a_taken_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "addin.sandbox", "--service-url", SERVICE, "--port", port]
        ended = subprocess.run(
            [*command, "--state", tmp_path / "s.db"], capture_output=True, text=True, check=False
        )

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert port in ended.stderr


def test_a_state_that_cannot_be_kept_is_one_clear_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "addin.sandbox", "--service-url", SERVICE]
    state = tmp_path / "no" / "such" / "folder" / "s.db"

    ended = subprocess.run([*command, "--state", state], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)


def test_it_tells_its_port_when_it_is_ready_and_stops_when_it_is_told_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "addin.sandbox", "--service-url", SERVICE]
    with subprocess.Popen(
        [*command, "--state", tmp_path / "state.db"], stdout=subprocess.PIPE, text=True
    ) as sandbox:
        assert sandbox.stdout is not None
        told = json.loads(sandbox.stdout.readline())
        assert requests.get(f"http://127.0.0.1:{told['port']}/window/config.json", timeout=60).ok
        sandbox.terminate()

        assert told["ready"] is True
        assert sandbox.wait(timeout=60) == 0
