"""The how-to tells every placeholder, key and code that there is, and no other."""

import re
from typing import get_args

from templates_messages.catalogue import SHIPPED, FrontMatter
from templates_messages.findings import Code
from templates_messages.placeholders import PLACEHOLDERS
from templates_messages.vocabulary import Audience, Channel, Language, Occasion

ROOT = SHIPPED.parents[1]
HOW_TO = (ROOT / "docs/how-to/change-a-text.md").read_text(encoding="utf-8")


def first_column(heading: str) -> set[str]:
    """Return the code words in the first column of the table under `heading`."""
    section = HOW_TO.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_every_placeholder_is_told() -> None:
    assert first_column("What a text may contain") == set(PLACEHOLDERS)


def test_every_key_of_the_front_matter_is_told() -> None:
    assert first_column("The front matter") == set(FrontMatter.__dataclass_fields__)


def test_every_choice_is_told() -> None:
    for choice in (*Audience, *Channel, *Language, *Occasion):
        assert f"`{choice}`" in HOW_TO


def test_every_code_of_the_check_is_told() -> None:
    assert first_column("What the check looks for") == set(get_args(Code))
