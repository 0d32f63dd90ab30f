"""The list of published versions: `texts/published.sha256`, one fingerprint a file.

It has the form of `sha256sum`, so that anybody can verify it without us. A version on the list never
changes; a correction is a new version.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

PUBLISHED: Final = "published.sha256"
Published = Mapping[str, str]
"""`<id>/<version>.<language>.md` to fingerprint."""


def fingerprint(content: str) -> str:
    """Return the SHA-256 of a file's text as Python reads it: with Unix line ends, also on a Windows checkout."""
    return sha256(content.encode()).hexdigest()


def read_published(directory: Path) -> Published:
    """Return the list, empty when nothing is published yet. Raises ValueError for a line that is not understood."""
    path = directory / PUBLISHED
    if not path.exists():
        return {}
    published: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark, _, file = line.partition("  ")
        if len(mark) != sha256().digest_size * 2 or not file:
            raise ValueError(f"{PUBLISHED}, line {number}: expected a fingerprint, two spaces and a file")
        published[file] = mark
    return published


def add_to_published(directory: Path, files: Iterable[str]) -> None:
    """Append the files' fingerprints; what stands in the list already is left as it is."""
    lines = [f"{fingerprint((directory / file).read_text(encoding='utf-8'))}  {file}\n" for file in files]
    with (directory / PUBLISHED).open("a", encoding="utf-8", newline="\n") as sheet:
        sheet.writelines(lines)
