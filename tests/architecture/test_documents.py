"""What the documentation lists is what the code has: settings, routes, error codes, commands, log fields.

Each list is a table whose first column is the name in backquotes, and nothing else in that cell:

    | `server.port` | ...            docs/operations.md, every setting as `addin.config.reading.setting_names` writes it
    | `vardmote serve` | ...         docs/operations.md, every command
    | `GET /api/v1/meetings` | ...   docs/architecture.md, every method and rule of the whole application
    | `meeting-changed` | 412 | no | docs/errors.md, every code with its status and whether a repeat may help

Events of the log are the exception: several that mean the same share a row of docs/operations.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import click
import pytest
from flask import Flask

from addin import logs
from addin.cli import main
from addin.config.reading import setting_names
from addin.meetings.model import Attention, CalendarNote
from addin.web import problems
from addin.web.problems import ATTENTION, CALENDAR_NOTES, PROBLEMS, Problem
from tests.architecture.tables import names, rows, sections
from tests.conftest import ROOT

# Flask answers these itself, from what the route says.
_AUTOMATIC = {"HEAD", "OPTIONS"}
_LOGS = {f"log.{level}" for level in ("debug", "info", "warning", "error", "exception", "critical", "log")}


def test_every_setting_is_described() -> None:
    described = [name for name in names("operations.md") if name in _like_settings(names("operations.md"))]
    assert sorted(described) == setting_names()


def test_every_command_is_described() -> None:
    described = [name for name in names("operations.md") if name.startswith("vardmote ")]
    assert sorted(described) == sorted(_commands(main, "vardmote"))


def test_every_route_is_described(whole_application: Flask) -> None:
    described = [name for name in names("architecture.md") if name.partition(" ")[2].startswith("/")]
    assert sorted(described) == sorted(_routes(whole_application))


def test_every_error_code_is_described_with_its_status() -> None:
    described = {name: (cells[0], cells[1]) for name, cells in rows("errors.md", "Codes")}
    assert described == {
        problem.code: (str(problem.status), "yes" if problem.retryable else "no") for problem in _problems()
    }


def test_every_reason_for_attention_is_described() -> None:
    assert sorted(names("errors.md", "Attention")) == sorted(reason.value for reason in Attention)
    assert set(ATTENTION) == set(Attention)


def test_every_calendar_note_is_described() -> None:
    described = {name for name, _ in rows("errors.md", "Calendar notes")}
    assert described == {note.value for note in CalendarNote} == {note.value for note in CALENDAR_NOTES}


def test_every_field_of_the_log_is_described() -> None:
    assert names("data.md", "In the log") == sorted(logs._FIELDS)


def test_every_event_of_the_log_is_described() -> None:
    logged = set(_events())
    assert "refused" in logged
    assert sorted(logged - _first_cells("operations.md", "## Logs")) == []


@pytest.mark.parametrize("document", ["operations.md", "architecture.md", "errors.md", "data.md"])
def test_no_table_lists_anything_twice(document: str) -> None:
    for heading, found in sections(document).items():
        assert sorted(found) == sorted(set(found)), heading


def _like_settings(found: list[str]) -> set[str]:
    """Return the names that look like `section.key`, so that a surplus one is noticed."""
    sections = {name.partition(".")[0] for name in setting_names()}
    return {name for name in found if "." in name and name.partition(".")[0] in sections and " " not in name}


def _events() -> Iterator[str]:
    """Yield the name of each event that the service writes into its log."""
    files = (file for part in ("addin", "calendar_sync") for file in (ROOT / part).rglob("*.py"))
    for file in files:
        if "sandbox" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _LOGS:
                event = node.args[1 if ast.unparse(node.func) == "log.log" else 0]
                assert isinstance(event, ast.Constant), f"{file}:{node.lineno}: an event is a fixed name"
                yield str(event.value)


def _first_cells(document: str, heading: str) -> set[str]:
    """Return what stands in backquotes in the first cells of a section's table, also several in one."""
    _, _, section = (ROOT / "docs" / document).read_text(encoding="utf-8").partition(f"{heading}\n")
    firsts = (
        line.split("|")[1] for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")
    )
    return {name for first in firsts for name in re.findall("`([^`]+)`", first)}


def _commands(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _commands(inner, f"{name} {inner.name}")
    else:
        yield name


def _routes(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - _AUTOMATIC):
            yield f"{method} {rule.rule}"


def _problems() -> set[Problem]:
    constants = {value for value in vars(problems).values() if isinstance(value, Problem)}
    return constants | set(PROBLEMS.values())
