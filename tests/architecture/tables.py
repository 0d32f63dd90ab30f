"""Reads the tables of our own documentation, so that it can be held equal to the code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.conftest import ROOT

_ROW = re.compile(r"^\| *`(?P<name>[^`]+)` *\|(?P<rest>.*)\|$")
_HEADING = re.compile(r"^#+ +(?P<title>.*?) *$")


def rows(document: str, section: str | None = None) -> list[tuple[str, list[str]]]:
    """Return (name, other cells) of each table row whose first cell is one name in backquotes.

    `document` is a path below `docs/`; `section` the heading (without backquotes) that the row must stand under.
    """
    return [(name, cells) for heading, name, cells in _all(document) if section in {None, heading}]


def names(document: str, section: str | None = None) -> list[str]:
    """Return the first cells of these rows."""
    return [name for name, _ in rows(document, section)]


def sections(document: str) -> dict[str, list[str]]:
    """Return the names by heading, for headings that have any."""
    found: dict[str, list[str]] = {}
    for heading, name, _ in _all(document):
        found.setdefault(heading, []).append(name)
    return found


def _all(document: str) -> Iterator[tuple[str, str, list[str]]]:
    heading = ""
    for line in (ROOT / "docs" / document).read_text(encoding="utf-8").splitlines():
        if title := _HEADING.match(line):
            heading = title["title"].replace("`", "")
        elif row := _ROW.match(line):
            yield heading, row["name"], [cell.strip() for cell in row["rest"].split("|")]
