"""What `vardmote texts check` prints: one fault, where it is and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "block-marks",
    "block-tells-time",
    "empty-line",
    "file-name",
    "foreign-link",
    "front-matter",
    "hard-to-read",
    "html-differs",
    "invisible-character",
    "language-without-swedish",
    "languages-differ",
    "link-not-alone",
    "long-sentence",
    "markup",
    "not-utf-8",
    "personal-data",
    "placeholder-missing",
    "placeholder-not-allowed",
    "placeholder-surplus",
    "placeholder-undeclared",
    "placeholder-unguarded",
    "placeholder-unknown",
    "promise-without-flag",
    "published-changed",
    "published-list",
    "published-missing",
    "reviewer-not-another",
    "serves-unknown",
    "template",
    "text-missing",
    "texts-compete",
    "titles",
    "too-long",
    "vague-link",
]
"""Every kind of fault; explained in `docs/how-to/change-a-text.md`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: `file` is relative to the catalogue, `line` counts from 1."""

    file: str
    line: int | None
    code: Code
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message} [{self.code}]"
