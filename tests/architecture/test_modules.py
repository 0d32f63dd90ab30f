"""Every module says what it is for, every name says what it holds."""

from __future__ import annotations

import ast
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
