"""The add-in's icons, ready drawn: Outlook fetches them by name from the service, which serves this folder."""

from pathlib import Path
from typing import Final

SIZES: Final = (16, 32, 64, 80, 128)
"""Pixels: 16, 32 and 80 for the button, 64 and 128 for the add-in lists."""

FOLDER: Final = Path(__file__).parent
"""Where the PNG files lie."""

NAMES: Final = tuple(f"vardmote-{size}.png" for size in SIZES)
"""The names under /icons/ and in FOLDER. A new drawing gets new names, because Office keeps what it has fetched."""
