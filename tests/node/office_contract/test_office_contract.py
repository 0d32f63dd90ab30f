"""TypeScript's word on the JavaScript of pane and window: against Microsoft's types, and the modules by their own."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

HERE = Path(__file__).parent
PROJECTS = (HERE / "tsconfig.json", HERE / "window.tsconfig.json", HERE.parent / "pane" / "tsconfig.json")


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the stand-in for Outlook, to which a member has been added that Outlook does not have."""
    folder = tmp_path_factory.mktemp("wrong")
    source = (ROOT / "addin" / "sandbox" / "window" / "office.js").read_text(encoding="utf-8")
    added = source.replace("    location: place,\n", "    location: place,\n    isAllDayEvent: place,\n", 1)
    assert added != source
    (folder / "office.js").write_text(added, encoding="utf-8")
    types = str(HERE.parent / "node_modules" / "@types")
    project = {
        "extends": str(HERE / "tsconfig.json"),
        "compilerOptions": {"typeRoots": [types], "tsBuildInfoFile": "./wrong.tsbuildinfo"},
        "files": ["office.js"],
    }
    (folder / "tsconfig.json").write_text(json.dumps(project), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def faults(requires_node: Path, wrong: Path) -> list[str]:
    """What TypeScript finds in all projects at once: together they read the libraries' declarations only once."""
    command = [
        str(requires_node / "tsc"),
        "--build",
        "--force",
        "--pretty",
        "false",
        *map(str, PROJECTS),
        str(wrong),
    ]
    told = subprocess.run(command, cwd=wrong, capture_output=True, text=True, check=False)
    # The last of them has its fault, so all were read.
    assert "office.js(" in told.stdout, told.stderr
    return told.stdout.splitlines()


def test_the_types_hold(faults: list[str]) -> None:
    assert [fault for fault in faults if not fault.startswith("office.js(")] == []


def test_a_member_that_outlook_does_not_have_is_refused(faults: list[str]) -> None:
    assert any(fault.startswith("office.js(") and "isAllDayEvent" in fault for fault in faults), faults
