"""Microsoft's own offline tools read our manifest: converted to the unified format, then held against its schema."""

import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from manifest.build import build
from manifest.source import SKYDDAT_VARDMOTE, WebApplication

BASE_URL = "https://vardmote.region.example"


@pytest.fixture(scope="module")
def converted(requires_node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build and convert; return the JSON manifest."""
    folder = tmp_path_factory.mktemp("manifest")
    application = WebApplication(UUID("11111111-2222-4333-8444-555555555555"))
    (manifest,) = build(BASE_URL, folder, web_application=application)
    converter = requires_node / "office-addin-manifest-converter"
    # The converter ends with 0 even when it wrote nothing, so what counts is the file.
    run(converter, "convert", manifest, "-o", folder / "unified")
    assert (folder / "unified" / "manifest.json").is_file()
    return folder / "unified" / "manifest.json"


def run(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_validator_accepts_the_converted_manifest(requires_node: Path, converted: Path) -> None:
    validated = run(requires_node / "office-addin-manifest", "validate", converted)

    assert validated.returncode == 0, validated.stdout + validated.stderr


def test_the_validator_would_have_refused_a_faulty_one(
    requires_node: Path, converted: Path, tmp_path: Path
) -> None:
    faulty = json.loads(converted.read_text(encoding="utf-8"))
    faulty["name"]["short"] = "x" * 31
    (tmp_path / "manifest.json").write_text(json.dumps(faulty), encoding="utf-8")

    refused = run(requires_node / "office-addin-manifest", "validate", tmp_path / "manifest.json")

    assert refused.returncode == 1


def test_nothing_of_what_we_say_is_lost_on_the_way(converted: Path) -> None:
    unified: dict[str, Any] = json.loads(converted.read_text(encoding="utf-8"))
    (extension,) = unified["extensions"]
    ribbons = extension["ribbons"]

    assert unified["id"] == str(SKYDDAT_VARDMOTE.id)
    assert extension["audienceClaimUrl"] == f"{BASE_URL}/pane/"
    assert {runtime["code"]["page"] for runtime in extension["runtimes"]} == {f"{BASE_URL}/pane/"}
    assert all(ribbon["contexts"] == ["meetingDetailsOrganizer"] for ribbon in ribbons)
    assert unified["webApplicationInfo"]["resource"].startswith("api://vardmote.region.example/")
    rights = {right["name"] for right in unified["authorization"]["permissions"]["resourceSpecific"]}
    assert rights == {"MailboxItem.ReadWrite.User", "Mailbox.AccessSharedFolders.User"}
    assert "<TRUNCATED>" not in json.dumps(unified)
