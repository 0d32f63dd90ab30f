"""The icons that lie ready are the ones that the drawing makes, in the sizes that the manifest asks for."""

import struct
import zlib

import pytest

from manifest.icons import FOLDER, NAMES, SIZES
from manifest.icons.draw import png, rows


def pixels(content: bytes) -> bytes:
    """Return the filtered rows of a PNG with one IDAT chunk, which is how ours are written."""
    start = content.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", content[start - 8 : start - 4])
    return zlib.decompress(content[start : start + length])


@pytest.mark.parametrize(("size", "name"), list(zip(SIZES, NAMES, strict=True)))
def test_an_icon_is_the_drawing_in_its_size(size: int, name: str) -> None:
    content = (FOLDER / name).read_bytes()

    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (size, size)
    # Compressed bytes may differ between zlib versions; the picture may not.
    assert pixels(content) == rows(size)


def test_a_file_is_made_of_the_drawing() -> None:
    assert pixels(png(SIZES[0])) == rows(SIZES[0])


def test_the_corners_are_clear_and_the_camera_is_white_on_blue() -> None:
    size = 32
    picture = rows(size)

    def at(x: int, y: int) -> tuple[int, ...]:
        start = y * (size * 4 + 1) + 1 + x * 4
        return tuple(picture[start : start + 4])

    assert at(0, size - 1) == (0, 0, 0, 0)
    assert at(size // 2, size // 2 - 4) == (255, 255, 255, 255)
    assert at(size // 2, size * 3 // 4) == (0x1F, 0x5F, 0x99, 255)
