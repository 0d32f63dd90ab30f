"""The documents hold together: links lead somewhere, the example configuration is good, commands in them exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest

from addin.checking import static_faults
from addin.cli import main
from addin.config.reading import load_settings, setting_names
from tests.conftest import ROOT
from tests.contract.calendars.certificates import new_certificate

EXAMPLE: Final = ROOT / "docs" / "vardmote.example.toml"
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS: Final = sorted((ROOT / "docs" / "adr").glob("0*.md"))

_LINK: Final = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
_FENCE: Final = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_INLINE: Final = re.compile(r"`(vardmote [^`\n]+)`")
_PROGRAM: Final = re.compile(r"^(?:.*/)?vardmote$")


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=_named)


# --- links --------------------------------------------------------------------------------------------------


@each_document
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    assert [target for target in _targets(document) if not _is_there(document, target)] == []


def _targets(document: Path) -> Iterator[str]:
    # What stands as code is an example, not a link.
    prose = re.sub(r"`[^`\n]*`", "code", _FENCE.sub("", document.read_text(encoding="utf-8")))
    for link in _LINK.finditer(prose):
        if not re.match(r"[a-z]+:", link["target"]):
            yield link["target"]


def _is_there(document: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = (document.parent / path).resolve() if path else document
    if not there.exists() or ROOT not in (there, *there.parents):
        return False
    return not anchor or anchor in _anchors(there)


def _anchors(document: Path) -> set[str]:
    """Return what headings are linked by, as GitHub makes it: lower case, words joined, other signs dropped."""
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# --- the example configuration ------------------------------------------------------------------------------


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example as an administrator has it who has only filled in the secrets."""
    for name in re.findall(r'env = "(\w+)"', EXAMPLE.read_text(encoding="utf-8")):
        monkeypatch.setenv(name, "not-a-secret")
    (tmp_path / "key-2027-01").write_text("0" * 64, encoding="ascii")
    proof = new_certificate()
    for name in ("graph", "api"):
        (tmp_path / f"{name}.crt").write_text(proof.certificate, encoding="ascii")
        (tmp_path / f"{name}.key").write_text(proof.private_key, encoding="ascii")
    bundle = tmp_path / "ca.pem"
    bundle.write_text(proof.certificate, encoding="ascii")
    text = EXAMPLE.read_text(encoding="utf-8").replace("/etc/ssl/certs/ca-certificates.crt", str(bundle))
    copy = tmp_path / "vardmote.toml"
    copy.write_text(text, encoding="utf-8")
    return copy


def test_the_example_configuration_has_no_faults(example: Path) -> None:
    assert static_faults(example) == []
    assert load_settings(example).service.environment == "production"


def test_the_example_configuration_without_its_secrets_names_each_of_them(tmp_path: Path) -> None:
    copy = tmp_path / "vardmote.toml"
    copy.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    places = {fault.partition(":")[0] for fault in static_faults(copy)}
    assert places == {
        "start_sign_in.client_secret",
        "providers.pexip.password",
        "keys.known.2027-01",
        "calendars.graph.certificate",
        "calendars.graph.private_key",
        "calendars.graph.on_behalf_of.certificate",
        "calendars.graph.on_behalf_of.private_key",
        "calendars.ews.password",
        "calendars.caldav.password",
        "mail.password",
    }


def test_the_example_configuration_shows_every_setting() -> None:
    uncommented = re.sub(r"^# (?=\w+ = )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(set(_shown(tomllib.loads(uncommented)))) == setting_names()


def _shown(table: dict[str, Any], place: str = "") -> Iterator[str]:
    """Yield what the example sets, written as `addin.config.reading.setting_names` writes it."""
    for key, value in table.items():
        path = f"{place}{key}"
        if path in setting_names():
            yield path
        elif isinstance(value, list):
            for inner in value:
                yield from _shown(inner, f"{path}[].")
        elif place == "providers.":
            yield from _shown(value, "providers.<name>.")
        else:
            yield from _shown(value, f"{path}.")


def test_every_line_of_the_example_configuration_is_explained() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.strip("]\n ") and not re.search(r"(^|\s)#( \S|$)", line)] == []


# --- commands -----------------------------------------------------------------------------------------------


@each_document
def test_documents_name_only_commands_and_options_that_exist(document: Path) -> None:
    assert [line for line in _commands(document) if not _exists(shlex.split(line)[1:], main)] == []


def test_the_manual_names_commands_at_all() -> None:
    assert len(list(_commands(ROOT / "docs" / "operations.md"))) > 20


def _commands(document: Path) -> Iterator[str]:
    text = document.read_text(encoding="utf-8")
    yield from _INLINE.findall(_FENCE.sub("", text))
    for fence in _FENCE.finditer(text):
        if fence["kind"] in {"sh", "shell", "bash", "console", "ini"}:
            yield from filter(None, map(_command_in, fence["text"].splitlines()))


def _command_in(line: str) -> str | None:
    """Return the command of ours that a shell line runs, without the program's folder."""
    words = re.sub(r"^sudo (-u \w+ )?", "", line.replace("ExecStart=", "")).split(" ")
    return " ".join(["vardmote", *words[1:]]) if _PROGRAM.match(words[0]) else None


def _exists(words: list[str], command: click.Command) -> bool:
    """Whether the words after the program are commands and options of ours; values are not looked at."""
    options = {name for option in command.params for name in [*option.opts, *option.secondary_opts]}
    options |= {"--help", "-h"}
    for number, word in enumerate(words):
        if word.startswith("-"):
            if word.partition("=")[0] not in options:
                return False
        elif isinstance(command, click.Group):
            inner = command.commands.get(word)
            return inner is not None and _exists(words[number + 1 :], inner)
    return True


@pytest.mark.parametrize(
    "line",
    ["vardmote sreve", "vardmote serve --surfaces join", "vardmote texts chek", "vardmote check --life"],
)
def test_a_slip_in_a_command_would_be_seen(line: str) -> None:
    assert not _exists(shlex.split(line)[1:], main)


@each_document
def test_examples_of_settings_are_toml(document: Path) -> None:
    for fence in _FENCE.finditer(document.read_text(encoding="utf-8")):
        if fence["kind"] == "toml":
            tomllib.loads(fence["text"])


# --- words and decisions ------------------------------------------------------------------------------------


def test_the_glossary_has_each_swedish_term_once() -> None:
    terms = [cells[0] for cells in _glossary()]
    assert len(terms) > 80
    assert sorted(terms) == sorted(set(terms))


def test_names_that_the_glossary_takes_from_the_code_are_there() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in _code())
    named = {name for cells in _glossary() for name in re.findall(r"`([^`]+)`", cells[2])}
    paths = {name for name in named if "/" in name}
    assert [name for name in sorted(paths) if not (ROOT / "addin" / name).exists()] == []
    assert [name for name in sorted(named - paths) if name not in code] == []


def _glossary() -> Iterator[list[str]]:
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] not in {"Swedish", "---"}:
            yield cells


def _code() -> Iterator[Path]:
    for folder in ("addin", "templates_messages", "manifest"):
        for kind in ("*.py", "*.js", "*.toml"):
            yield from (ROOT / folder).rglob(kind)
        yield from (file for file in (ROOT / folder).rglob("*") if file.name == "block.js")
    yield from (ROOT / "templates_messages" / "texts").rglob("*.md")


@pytest.mark.parametrize("decision", DECISIONS, ids=_named)
def test_a_decision_has_context_decision_and_consequences_on_one_page(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert text.startswith(f"# {int(decision.name[:4])}. ")
    assert len(text.splitlines()) <= 40


def test_the_list_of_decisions_is_whole() -> None:
    listed = re.findall(
        r"\((0[^)]+\.md)\)", (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    )
    assert listed == [decision.name for decision in DECISIONS]
