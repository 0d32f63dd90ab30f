"""What must never be committed: a machine's paths, a registry's hosts, a real person's number."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from stdnum import luhn

from tests.conftest import ROOT, cannot_prove

# Written backwards, so that this file does not hold what it looks for.
_FOLDERS: Final = ("krow", "mraf", "toor")
_PATH: Final = re.compile(
    rf"(?<![\w.:])/(?:{'|'.join(name[::-1] for name in _FOLDERS)}|home/\w+|Users/\w+)/[\w.]"
)
_HOSTS: Final = ("gro.ipyp", "gro.detsohnohtyp", "sjmpn.yrtsiger", "gro.naibed.bed", "oi.setarc")
_TOOLS: Final = ("oiduts-mraf", "hcneb-mraf", "/yrarbil.", "pots-erofeb", "dm.SREPOLEVED")

_NUMBER: Final = re.compile(
    r"(?<!\d)(?:18|19|20)?(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})[-+ ]?(?P<serial>\d{3})(?P<check>\d)(?!\d)"
)
# A coordination number adds 60 to the day (Skatteverket, "Samordningsnummer").
_COORDINATION: Final = 60


def test_no_file_holds_a_path_of_somebody_s_machine() -> None:
    assert list(_found(lambda line: _PATH.search(line) is not None)) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert list(_found(lambda line: any(host[::-1] in line.lower() for host in _HOSTS))) == []


def test_no_file_names_a_tool_of_the_workplace() -> None:
    assert list(_found(lambda line: any(tool[::-1] in line for tool in _TOOLS))) == []


def test_no_file_holds_a_personal_number_that_somebody_may_have() -> None:
    assert list(_found(_has_real_number)) == []


@pytest.mark.parametrize(
    ("number", "may_be_somebody_s"),
    [
        # Both have a right check digit; only the second is from the series that is never given to anybody.
        (f"19121212-{1212}", True),
        ("20120229-2384", False),
        ("19121212-1213", False),
        ("9999-12-31 1234", False),
    ],
    ids=["given", "test series", "wrong check digit", "no date"],
)
def test_a_number_is_told_from_one_that_is_nobody_s(number: str, *, may_be_somebody_s: bool) -> None:
    assert _has_real_number(f"personnummer {number}.") == may_be_somebody_s


def _has_real_number(line: str) -> bool:
    """Whether the line holds a personal or coordination number outside Skatteverket's test series."""
    return any(_is_real(match) for match in _NUMBER.finditer(line))


def _is_real(match: re.Match[str]) -> bool:
    digits = "".join(match.groups())
    is_test = match["serial"] in {"238", "239"} or match["serial"] >= "980"
    return not is_test and luhn.is_valid(digits) and _is_date(match)


def _is_date(match: re.Match[str]) -> bool:
    day = int(match["day"])
    try:
        # Whichever century it was: a leap day is taken as one.
        date(2000 + int(match["year"]) % 4, int(match["month"]), day - _COORDINATION * (day > _COORDINATION))
    except ValueError:
        return False
    return True


def _found(holds: Callable[[str], bool]) -> Iterator[str]:
    for file in _files():
        try:
            lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:  # a picture
            continue
        yield from (f"{file}:{number}" for number, line in enumerate(lines, 1) if holds(line))


def _files() -> list[Path]:
    """Return what is committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        cannot_prove("this is no git checkout, so what is committed could not be looked through.")
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
