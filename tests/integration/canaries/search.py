"""Looks for canaries in all that a region's service has written: ledger, logs, other files, answers."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.canaries.words import Canaries, forms

# The simulated vendors' own memory: they are given canaries, too.
NOT_OURS: Final = ("region.db",)
_APART: Final = b"\n\0\n"


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
    heap = _Heap(places)
    return [
        Finding(heap.place_at(at), *what, heap.around(at, len(needle)))
        for (needle, exact), what in sought.items()
        for at in heap.positions(needle, exact=exact)
    ]


class _Heap:
    """All places in one piece, since a million short searches take longer than a few thousand long ones."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._names, self._starts, pieces, size = [], [], list[bytes](), 0
        for place in {place.content: place for place in places}.values():
            self._names.append(place.name)
            self._starts.append(size)
            pieces += [place.content, _APART]
            size += len(place.content) + len(_APART)
        self._whole = b"".join(pieces)
        self._lowered = self._whole.lower()

    def positions(self, needle: bytes, *, exact: bool) -> Iterator[int]:
        """Yield where it stands, once for each place."""
        content = self._whole if exact else self._lowered
        at = content.find(needle)
        while at >= 0:
            yield at
            following = bisect(self._starts, at)
            at = content.find(needle, self._starts[following]) if following < len(self._starts) else -1

    def place_at(self, at: int) -> str:
        return self._names[bisect(self._starts, at) - 1]

    def around(self, at: int, length: int) -> bytes:
        return self._whole[max(0, at - 80) : at + length + 80]
