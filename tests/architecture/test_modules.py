"""Every module says what it is for, every name says what it holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tests.conftest import ROOT

FOLDERS: Final = (
    "addin",
    "bounded_http",
    "calendar_sync",
    "templates_messages",
    "manifest",
    "bench",
    "tests",
)
# They say nothing about what a module holds, so everything ends up in them.
EMPTY_NAMES: Final = {"utils", "util", "common", "helpers", "helper", "misc", "core", "base", "manager"}
SAID_OF_SCRIPT: Final = re.compile(r"(?://|/\*\*(?:\n \*)?) [A-Z*](?!typedef).{14}")


def modules() -> Iterator[Path]:
    """Yield every module of the project."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" not in file.parts:
                yield file.relative_to(ROOT)


@cache
def tree_of(module: Path) -> ast.Module:
    """Return a module's syntax; to parse all takes a second."""
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def test_every_module_opens_with_what_it_is_for() -> None:
    assert [str(module) for module in modules() if not _says_what_it_is_for(module)] == []


def test_every_script_opens_with_what_it_is_for() -> None:
    scripts = list((ROOT / "addin").rglob("*.js"))
    assert scripts
    unsaid = [
        script.name for script in scripts if not SAID_OF_SCRIPT.match(script.read_text(encoding="utf-8"))
    ]
    assert unsaid == []


def _says_what_it_is_for(module: Path) -> bool:
    tree = tree_of(module)
    if module.parts[0] == "tests" and not (ROOT / module).stat().st_size:
        return True
    sentence = (ast.get_docstring(tree) or "").partition("\n\n")[0]
    return len(sentence) >= 15


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(module) for module in modules() if module.stem in EMPTY_NAMES] == []


def test_no_class_is_named_after_a_pattern() -> None:
    found = [
        f"{module}: {node.name}"
        for module in modules()
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ClassDef)
        and (
            node.name.startswith(("Abstract", "Base"))
            or node.name.endswith(("Impl", "Manager", "Helper", "Utils"))
        )
    ]
    assert found == []


def test_every_failure_of_the_meetings_stands_in_one_module_and_in_its_tree() -> None:
    home = Path("addin/meetings/errors.py")
    of_meetings = [module for module in modules() if module.is_relative_to(home.parent)]
    tree = (ast.get_docstring(tree_of(home)) or "").split("\n\n")[1].splitlines()
    # What stands three spaces after the names says what they mean.
    names = [re.sub("[│├└─]+", "", line).strip().split("   ")[0] for line in tree]
    drawn = {name for line in names for name in line.split()}
    failures = {"Exception", *_classes(home)}
    assert _classes(home).keys() == drawn
    assert [
        f"{module}: {name}"
        for module in of_meetings
        if module != home
        for name, bases in _classes(module).items()
        if bases & failures
    ] == []


def _classes(module: Path) -> dict[str, set[str]]:
    """Return the names of the module's classes, each with the names of what it is made from."""
    return {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for node in tree_of(module).body
        if isinstance(node, ast.ClassDef)
    }
