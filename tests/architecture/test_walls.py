"""The house's walls hold, in the real code and against the ways in which an import could slip past them."""

from __future__ import annotations

import configparser
import graphlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import grimp
import pytest

from tests.conftest import ROOT

PACKAGES: Final = ("addin", "bounded_http", "calendar_sync", "templates_messages", "manifest")

SCRIPT_IMPORTED: Final = re.compile(r"""^(?:import|export) [^;]*?"\./([\w.]+)";""", re.MULTILINE)

# A wall between two rooms of a house of its own, and an import that is done late.
LAZY_HOUSE: Final = {
    "setup.cfg": (
        "[importlinter]\nroot_package = house\n"
        "[importlinter:contract:wall]\nname = A wall\ntype = forbidden\n"
        "source_modules = house.below\nforbidden_modules = house.above\n"
    ),
    "house/__init__.py": "",
    "house/above.py": "",
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Return who imports whom among our modules, lazy and type-only imports included."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Hold the walls written in the folder's setup.cfg against the code there."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_every_wall_of_the_house_holds() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "late",
    [
        "def use() -> None:\n    from house import above\n",
        "def use() -> None:\n    import house.above as other\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house import above\n",
        "try:\n    from house import above\nexcept ImportError:\n    above = None\n",
    ],
    ids=["in a function", "in a function, renamed", "for types only", "when it can be had"],
)
def test_a_late_import_does_not_slip_past_a_wall(tmp_path: Path, late: str) -> None:
    for name, content in {**LAZY_HOUSE, "house/below.py": late}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    done = _lint(tmp_path)
    assert done.returncode == 1
    assert "house.below -> house.above" in done.stdout


def test_no_code_imports_by_a_name_that_the_walls_cannot_see() -> None:
    hidden = re.compile(r"\bimport_module\(|\b__import__\(")
    found = [
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if hidden.search(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_module_imports_itself_by_a_detour(graph: grimp.ImportGraph) -> None:
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as cycle:
        pytest.fail(" imports ".join(reversed(cycle.args[1])))


@pytest.mark.parametrize("folder", ["addin/web/static", "addin/sandbox/window/js"])
def test_no_script_imports_itself_by_a_detour(folder: str) -> None:
    scripts = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / folder).glob("*.js")}
    imports = {name: set(SCRIPT_IMPORTED.findall(text)) for name, text in scripts.items()}
    assert sum(map(len, imports.values())) > len(scripts)
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as cycle:
        pytest.fail(" imports ".join(reversed(cycle.args[1])))


def test_every_module_of_the_service_stands_on_a_floor(graph: grimp.ImportGraph) -> None:
    placed = set(_contracts()["floors"]["layers"].replace(":", " ").replace("|", " ").split())
    rooms = {*PACKAGES[1:], *graph.find_children("addin")}
    assert rooms - placed == set(), "name the floor of each under [importlinter:contract:floors] in setup.cfg"
    # A package whose first module is still to be written has its place already.
    assert placed - rooms == set()


def test_no_wall_stands_for_a_room_that_is_gone(graph: grimp.ImportGraph) -> None:
    ours = {
        module
        for contract in _contracts().values()
        for key in ("source_modules", "forbidden_modules", "modules")
        for module in contract.get(key, "").split()
        if module.split(".")[0] in PACKAGES
    }
    assert ours - graph.modules == set()


def test_every_wall_says_what_it_is_and_why_it_is_there() -> None:
    text = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    for name, contract in _contracts().items():
        assert contract["name"].strip()
        above = text.partition(f"[importlinter:contract:{name}]")[0].splitlines()[-1]
        assert above.startswith("# "), f"write above the wall {name} why it is there"


def _contracts() -> dict[str, configparser.SectionProxy]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    beginning = "importlinter:contract:"
    return {
        section.removeprefix(beginning): parser[section]
        for section in parser.sections()
        if section.startswith(beginning)
    }
