"""TypeScript's word on the window's JavaScript: the stand-in against Microsoft's types, the modules by their own."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("project", ["tsconfig.json", "window.tsconfig.json"])
def test_the_types_hold(requires_node: Path, project: str) -> None:
    command = [str(requires_node / "tsc"), "--project", str(HERE / project)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_a_member_that_outlook_does_not_have_is_refused(requires_node: Path, tmp_path: Path) -> None:
    office = HERE.parents[2] / "addin" / "sandbox" / "window" / "office.js"
    source = office.read_text(encoding="utf-8")
    wrong = source.replace("    location: place,\n", "    location: place,\n    isAllDayEvent: place,\n", 1)
    assert wrong != source
    (tmp_path / "office.js").write_text(wrong, encoding="utf-8")
    types = requires_node.parent / "@types"
    options = [
        "--strict",
        "--skipLibCheck",
        "--noEmit",
        "--allowJs",
        "--checkJs",
        "--types",
        "office-js",
        "--typeRoots",
        str(types),
    ]
    libraries = ["--target", "es2022", "--lib", "es2023,dom"]
    command = [str(requires_node / "tsc"), *options, *libraries, str(tmp_path / "office.js")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode != 0
    assert "isAllDayEvent" in told.stdout
