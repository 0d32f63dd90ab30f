"""What the command line says of itself: help that a stranger understands, and no command without it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from addin.cli import main
from addin.meetings.ledger_port import Writing
from addin.meetings.model import AuditEntry
from addin.trial import prepare
from addin.wiring.opening import open_service
from tests.unit.settings_file import PORTS, SettingsFile


def _commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, (*words, name))


COMMANDS = list(_commands(main))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(words: tuple[str, ...], option: str) -> None:
    told = CliRunner().invoke(main, [*words, option])
    assert told.exit_code == 0
    assert told.output.startswith("Usage: ")
    sentence = told.output.split("\n\n")[1].strip()
    assert sentence.endswith((".", "finding.", "1.")), sentence
    assert len(sentence.split()) >= 4


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is_for(words: tuple[str, ...]) -> None:
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    silent = [
        option.name for option in command.params if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


@pytest.mark.parametrize("surfaces", ["", "guests", "join,guests", ","])
def test_a_surface_that_is_none_is_refused_with_those_that_are(surfaces: str) -> None:
    told = CliRunner().invoke(main, ["serve", "--surface", surfaces])
    assert told.exit_code == 2
    assert "join, staff, hooks" in told.output


def test_a_meeting_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path)
    prepare(settings.path, tmp_path, PORTS)
    told = CliRunner().invoke(main, ["follow", "--settings", str(settings.path), "--explain", "0" * 32])
    assert told.exit_code == 1
    assert told.output.startswith("There is no meeting with that id")


def test_an_unknown_command_is_one_sentence() -> None:
    told = CliRunner().invoke(main, ["fly"])
    assert told.exit_code == 2
    assert "No such command 'fly'" in told.output


@pytest.mark.parametrize("group", [[], ["texts"], ["manifest"]])
def test_each_command_is_told_of_in_a_line_that_is_not_cut_off(group: list[str]) -> None:
    told = CliRunner().invoke(main, [*group, "--help"])
    commands = told.output.partition("Commands:\n")[2]
    assert commands
    assert "..." not in commands


@pytest.mark.parametrize("port", ["99999", "65535", "65534", "80", "-1", "x"])
def test_a_port_that_cannot_be_is_refused_with_those_that_can(port: str) -> None:
    told = CliRunner().invoke(main, ["sandbox", "--port", port])
    assert told.exit_code == 2
    assert "Invalid value for '--port'" in told.output


def test_keeping_a_trial_without_checking_it_is_refused_rather_than_passed_over() -> None:
    told = CliRunner().invoke(main, ["sandbox", "--keep"])
    assert told.exit_code == 2
    assert "--keep goes with --check" in told.output


def test_audit_prints_all_that_there_is_however_much_in_order(tmp_path: Path) -> None:
    settings, at = SettingsFile(tmp_path), datetime(2027, 3, 1, tzinfo=UTC)
    prepare(settings.path, tmp_path, PORTS)
    service = open_service(settings.loads())

    def unit(writing: Writing) -> None:
        for number in range(2001):
            writing.audit(AuditEntry(at, "tenant", f"person-{number}", "booked", "0" * 32))

    service.ledger.write(unit)
    service.ledger.close()
    told = CliRunner().invoke(main, ["audit", "--settings", str(settings.path)])
    assert told.exit_code == 0
    actors = [json.loads(line)["actor"] for line in told.output.splitlines()]
    assert actors == [f"person-{number}" for number in range(2001)]
