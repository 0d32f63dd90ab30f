"""What the join page says, one TOML file a language; the page knows only the keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from templates_messages.vocabulary import Language

Words = Mapping[str, Any]


def _read(language: Language) -> Words:
    return tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))


WORDS: Final[Mapping[Language, Words]] = {language: _read(language) for language in Language}
