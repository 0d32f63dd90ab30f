"""Reads `vectors.json`: texts with what must be found in them, the same for Python and JavaScript."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from addin.privacy import AllowList, Finding, Kind, Tier

FILE: Final = Path(__file__).with_name("vectors.json")
MARKS: Final = re.compile("[⟦⟧]")


@dataclass(frozen=True)
class Vector:
    """One text without its marks, and the findings that the marks stand for."""

    why: str
    text: str
    findings: Sequence[Finding]
    allow_lists: Mapping[str, Sequence[str]]

    @property
    def allow(self) -> AllowList:
        return AllowList(**{name: frozenset(entries) for name, entries in self.allow_lists.items()})


def read_vectors() -> tuple[date, list[Vector]]:
    """Return the day on which the vectors hold, and the vectors."""
    data = json.loads(FILE.read_text("utf-8"))
    return date.fromisoformat(data["today"]), [_vector(one) for one in data["vectors"]]


def _vector(data: Mapping[str, Any]) -> Vector:
    # Every mark before a place shifts it by one.
    places = [match.start() - count for count, match in enumerate(MARKS.finditer(data["text"]))]
    spans = zip(places[::2], places[1::2], strict=True)
    kinds = [said.split() for said in data["findings"]]
    findings = [
        Finding(Kind(kind), Tier(tier), start, end)
        for (kind, tier), (start, end) in zip(kinds, spans, strict=True)
    ]
    return Vector(data["why"], MARKS.sub("", data["text"]), findings, data.get("allow", {}))


TODAY, VECTORS = read_vectors()
