"""A settings file that is right, and what a test changes in it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from addin.config.reading import load_settings
from addin.config.settings import Settings
from addin.trial import Ports, write_settings

PORTS: Final = Ports(window=18441, service=18442)

Content = dict[str, Any]


class SettingsFile:
    """The trial's settings in a folder of their own. Paths are written as `section.key`, lists with an index."""

    def __init__(self, folder: Path) -> None:
        self.path = write_settings(folder, PORTS)
        self.content: Content = tomllib.loads(self.path.read_text(encoding="utf-8"))

    def puts(self, place: str, value: object) -> None:
        """Put a value in a place."""
        table, key = self._table(place)
        table[key] = value
        self._write()

    def removes(self, place: str) -> None:
        """Take a place away."""
        table, key = self._table(place)
        del table[key]
        self._write()

    def loads(self) -> Settings:
        """Read the file as the service does."""
        return load_settings(self.path)

    def places(self) -> list[str]:
        """Return every place in the file that can be changed, tables included."""
        return list(_places(self.content, ""))

    def _table(self, place: str) -> tuple[Any, Any]:
        *above, last = place.split(".")
        table: Any = self.content
        for name in above:
            table = table[int(name)] if isinstance(table, list) else table[name]
        return table, int(last) if isinstance(table, list) else last

    def _write(self) -> None:
        self.path.write_text(toml({**self.content}), encoding="utf-8")


def toml(content: Content) -> str:
    """Return a table's content as TOML; every table inline, which is right if not pretty."""
    return "".join(f"{_quoted(key)} = {_value(value)}\n" for key, value in content.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_quoted(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _places(content: Any, above: str) -> Iterator[str]:
    inner = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, value in inner:
        yield f"{above}{key}"
        yield from _places(value, f"{above}{key}.")
