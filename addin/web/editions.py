"""Static files under an address that changes with what they hold, so that a browser need not ask for them anew.

An edition is the digest of a folder's files. What a page names by its edition may be kept for good: the next edition
has another address. A process that has other files than the page's (an upgrade under way) gives its own, and lets none
of them be kept.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Response, send_from_directory

FOR_GOOD_SECONDS: Final = 365 * 24 * 3600


def edition_of(folder: Path) -> str:
    """Return the edition of the files that lie in the folder now."""
    found = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return _digest(folder, tuple((path, told.st_mtime_ns, told.st_size) for path, told in found))


@lru_cache(maxsize=4)
def _digest(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _, size in files:
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def sent_of_edition(folder: Path, edition: str, name: str) -> Response:
    """Return the file, to be kept for good where it is of that edition; raises NotFound."""
    answer = send_from_directory(folder, name)
    if edition == edition_of(folder):
        # RFC 8246: not asked for again even when somebody reloads the page.
        answer.headers["Cache-Control"] = f"public, max-age={FOR_GOOD_SECONDS}, immutable"
    return answer
