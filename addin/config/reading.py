"""From the settings file to the settings, or to every fault in it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields

from addin.config.kinds import OneOfKinds, settings_folder
from addin.config.schema import SettingsSchema
from addin.config.settings import Settings, SettingsFaulty


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a file: `sections` without a fault by name, `written` as it stands, and all faults."""

    path: Path
    written: Mapping[str, Any]
    sections: Mapping[str, Any]
    faults: list[str]

    def settings(self) -> Settings:
        """Return the settings; raises SettingsFaulty with every fault."""
        if self.faults:
            raise SettingsFaulty(self.faults)
        return Settings(path=self.path, **self.sections)


def load_settings(path: Path) -> Settings:
    """Read the file; raises SettingsFaulty with every fault that can be seen without trying the connections."""
    return read_settings(path).settings()


def read_settings(path: Path) -> Reading:
    """Read as much of the file as can be read; raises SettingsFaulty when it is no TOML at all."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise SettingsFaulty([f"{path}: cannot be read ({type(fault).__name__})"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsFaulty([f"{path}: is not TOML: {fault}"]) from None
    token = settings_folder.set(path.resolve().parent)
    try:
        return Reading(path, written, _schema().load(written), [])
    except ValidationError as fault:
        faulty = fault.messages_dict
        # The schema's own `valid_data` is a dict, and a section in which something is wrong is in it only in part.
        read: Any = fault.valid_data
        sections = {name: section for name, section in read.items() if name not in faulty}
        # A section that is not written has the values that it has by default.
        for name, declared in _schema().fields.items():
            if name not in written and callable(declared.load_default):
                sections.setdefault(name, declared.load_default())
        return Reading(path, written, sections, list(_sentences(fault.messages, "")))
    finally:
        settings_folder.reset(token)


@cache
def _schema() -> SettingsSchema:
    """Return the one schema: to make it takes longer than to use it."""
    return SettingsSchema()


# What marshmallow says by itself, for whoever does not know it.
_PLAIN: Final = {
    "Missing data for required field.": "is missing and must be set",
    "Unknown field.": "there is no such setting; is it misspelt, or in another section?",
    "Shorter than minimum length 1.": "must not be empty",
    "Not a valid list.": "write a list: [ ] around its values; a list of sections has two brackets, such as [[units]]",
    "Not a valid mapping type.": "write a table: a section of its own, or { name = value }",
    "Invalid input type.": "write a table: a section of its own, or { name = value }",
}


def _sentences(messages: Any, place: str) -> Iterator[str]:
    """Flatten marshmallow's nested messages to `section.key: sentence`."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            # Fields of a Dict report under `key` and `value`, which nobody wrote.
            below = place if key in ("value", "_schema") else f"{place}.{key}".lstrip(".")
            yield from _sentences(inner, below)
    else:
        yield from (f"{place}: {_PLAIN.get(sentence, sentence)}" for sentence in messages)


def setting_names() -> list[str]:
    """Return every setting as `section.key`, for the test that holds the documentation equal to this file."""
    return sorted(set(_names(_schema(), "")))


def _names(schema: Schema, place: str) -> Iterator[str]:
    for name, fld in schema.fields.items():
        inner: fields.Field[Any] = fld
        path = f"{place}{name}"
        if isinstance(inner, fields.List):
            path = f"{path}[]" if isinstance(inner.inner, fields.Nested) else path
            inner = inner.inner
        if isinstance(inner, fields.Dict) and isinstance(inner.value_field, OneOfKinds):
            for kind in inner.value_field.schemas.values():
                yield from _names(kind, f"{path}.<name>.")
            continue
        if isinstance(inner, fields.Nested):
            yield from _names(inner.schema, f"{path}.")
        else:
            yield path
