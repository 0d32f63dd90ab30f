"""Draws the icons: a camera on a shield, in calm blue. Run `python -m manifest.icons.draw` after a change here.

Written by hand because the drawing is five shapes; an imaging library would be the largest package we have.
"""

import struct
import zlib
from typing import Final

from manifest.icons import FOLDER, NAMES, SIZES

BLUE: Final = (0x1F, 0x5F, 0x99)
WHITE: Final = (0xFF, 0xFF, 0xFF)
SAMPLES: Final = 8
"""Each pixel is the mean of 8 by 8 points, which makes the edges smooth."""
# No part of the drawing fits between these points of a pixel's edge: where they agree, the whole pixel does.
_FEW: Final = (0, 2, 5, 7)


def png(size: int) -> bytes:
    """Return the icon of `size` by `size` pixels as a PNG file with an alpha channel (PNG 1.2, colour type 6)."""
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    pixels = zlib.compress(rows(size), 9)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def rows(size: int) -> bytes:
    """Return the rows of RGBA pixels, top to bottom, each preceded by the filter byte 0 (none)."""
    return b"".join(b"\0" + b"".join(_pixel(x, y, size) for x in range(size)) for y in range(size))


def _pixel(column: int, row: int, size: int) -> bytes:
    """Return the four bytes of one pixel: the mean colour of the points that the shield covers, and how many."""
    step = 1 / (size * SAMPLES)
    xs = [(column * SAMPLES + sample + 0.5) * step for sample in range(SAMPLES)]
    ys = [(row * SAMPLES + sample + 0.5) * step for sample in range(SAMPLES)]
    points = [_point(x, y) for x in map(xs.__getitem__, _FEW) for y in map(ys.__getitem__, _FEW)]
    if len(set(points)) > 1:
        points = [_point(x, y) for x in xs for y in ys]
    covered = len(points) - points.count(None)
    if not covered:
        return b"\0\0\0\0"
    share = points.count(WHITE) / covered
    colour = (round(blue + (light - blue) * share) for blue, light in zip(BLUE, WHITE, strict=True))
    return bytes((*colour, round(255 * covered / len(points))))


def _point(x: float, y: float) -> tuple[int, int, int] | None:
    """Return the colour of a point, None beside the shield."""
    if not _on_shield(x, y):
        return None
    return WHITE if _on_camera(x, y) else BLUE


def _on_shield(x: float, y: float) -> bool:
    """Say whether the point lies on the shield: straight sides above, an arch of circles to a tip below."""
    aside = abs(x - 0.5)
    if y < 0.5:
        # The upper edge dips from the middle to the corners, as on a heraldic shield.
        return aside < 0.42 and y > 0.03 + 0.35 * aside * aside * 1.6
    # Two circles whose right and left edges meet in the tip at (0.5, 0.97).
    radius = (0.47**2 + 0.42**2) / (2 * 0.42)
    return (aside + radius - 0.42) ** 2 + (y - 0.5) ** 2 < radius**2


def _on_camera(x: float, y: float) -> bool:
    """Say whether the point lies on the camera: a body with rounded corners, and the cone of its lens."""
    dx, dy = max(abs(x - 0.41) - 0.12, 0.0), max(abs(y - 0.45) - 0.10, 0.0)
    on_body = dx * dx + dy * dy < 0.06**2
    on_lens = 0.62 < x < 0.76 and abs(y - 0.45) < 0.06 + (x - 0.62) * 0.6
    return on_body or on_lens


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    """Write every icon into the folder that the service serves."""
    for size, name in zip(SIZES, NAMES, strict=True):
        (FOLDER / name).write_bytes(png(size))


if __name__ == "__main__":
    main()
