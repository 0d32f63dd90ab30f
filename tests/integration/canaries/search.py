"""Looks for canaries in all that a region's service has written: ledger, logs, other files, answers."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.canaries.words import Canaries, forms

# The simulated vendors' own memory: they are given canaries, too.
NOT_OURS: Final = ("region.db",)
_APART: Final = b"\n\0\n"
_BETWEEN: Final = re.compile(rb"\n+|\0\0+")


@dataclass(frozen=True, slots=True)
class Place:
    """Something that was written, and where."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """A canary where it must not be."""

    place: str
    given_to: str
    kind: str
    form: str
    around: bytes


def files(folder: Path) -> list[Place]:
    """Return every file below the folder: settings, ledger with its companions, logs, temporary files."""
    found = (file for file in sorted(folder.rglob("*")) if not file.name.startswith(NOT_OURS))
    return [place for file in found if (place := _place(file, folder))]


def _place(file: Path, folder: Path) -> Place | None:
    """Return what stands in a file; None for a folder, and for what has got its own name meanwhile (the mark)."""
    try:
        return Place(str(file.relative_to(folder)), file.read_bytes())
    except (IsADirectoryError, FileNotFoundError):
        return None


def search(places: Iterable[Place], given: dict[str, Canaries]) -> list[Finding]:
    """Return where any canary stands, in any form. `given` says which canaries were given to which surface."""
    sought = {
        written: (surface, kind, form)
        for surface, canaries in given.items()
        for kind, text in canaries.each().items()
        for form, written in forms(text).items()
    }
    places = list(places)
    whole = _Heap(_by_content((place.content, place.name) for place in places))
    # A database's pages are written again and again with little changed, and pages for people have their frame in
    # common: four fifths are gone when what stands between these bytes is kept once. Hardly a form holds them, but at
    # its ends: in UTF-16 every other byte is zero.
    apart = _Heap(
        _by_content((part, place.name) for place in places for part in _BETWEEN.split(place.content))
    )
    return [
        Finding(name, *what, heap.around(at, len(needle)))
        for (written, exact), what in sought.items()
        for needle in [written.strip(b"\0")]
        for heap in [whole if _BETWEEN.search(needle) else apart]
        for at in heap.positions(needle, exact=exact)
        for name in heap.places_at(at)
    ]


def _by_content(pieces: Iterable[tuple[bytes, str]]) -> dict[bytes, set[str]]:
    """Return each different piece once, with the names of the places where it stands."""
    found: dict[bytes, set[str]] = {}
    for content, name in pieces:
        found.setdefault(content, set()).add(name)
    return found


class _Heap:
    """Many pieces in one, since a million short searches take longer than a few thousand long ones."""

    def __init__(self, pieces: Mapping[bytes, set[str]]) -> None:
        self._places, self._starts, size = list(pieces.values()), [], 0
        for piece in pieces:
            self._starts.append(size)
            size += len(piece) + len(_APART)
        self._whole = _APART.join(pieces)
        self._lowered = self._whole.lower()

    def positions(self, needle: bytes, *, exact: bool) -> Iterator[int]:
        """Yield where it stands, once for each piece."""
        content = self._whole if exact else self._lowered
        at = content.find(needle)
        while at >= 0:
            yield at
            following = bisect(self._starts, at)
            at = content.find(needle, self._starts[following]) if following < len(self._starts) else -1

    def places_at(self, at: int) -> list[str]:
        return sorted(self._places[bisect(self._starts, at) - 1])

    def around(self, at: int, length: int) -> bytes:
        return self._whole[max(0, at - 80) : at + length + 80]
