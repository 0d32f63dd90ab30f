"""A catalogue on disk that passes every check, for tests that plant one fault in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

GOOD_BODY: Final = """Du är välkommen till ett möte via video.

Tid: {{ tid }}
Mottagning: {{ enhet }}

Länk till mötet:
{{ lank }}

Frågor? Kontakta oss: {{ kontakt }}."""

CALENDAR_BODY: Final = """**Anslut till mötet:** {{ lank }}

Enhet: {{ enhet }}
Frågor: {{ kontakt }}

[Starta möte (vårdpersonal)]({{ motesvard_lank }})"""

TITLES: Final = """
[care]
audiences = ["patient"]
[care.variants.one]
subject = "Vårdmöte"
room_title = "Vårdmöte"
location = "Videomöte"
"""

FRONT: Final[Mapping[str, str]] = {
    "audience": "patient",
    "channel": '"1177"',
    "language": "sv",
    "occasion": "invitation",
    "owner": "Förvaltningen",
    "author": "Redaktionen",
    "reviewer": "Granskaren",
    "valid_from": "2026-11-01",
    "title": "Vårdmöte",
    "serves": "[care/one]",
    "placeholders": "[tid, enhet, lank, kontakt]",
}


def put(directory: Path, file: str, body: str = GOOD_BODY, /, **front: str | None) -> str:
    """Write one text; `front` replaces keys of the front matter, None strikes one. Returns the file."""
    text_id, _, name = file.partition("/")
    version, language, _ = name.split(".")
    keys = {"id": text_id, "version": version, **FRONT, "language": language, **front}
    lines = [f"{key}: {value}" for key, value in keys.items() if value is not None]
    path = directory / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["---", *lines, "---", body, ""]), encoding="utf-8")
    return file


def fill(directory: Path) -> Path:
    """Write a small catalogue without faults: one kind of meeting, patient and calendar."""
    put(directory, "care/1.sv.md")
    rescheduled = GOOD_BODY.replace("{{ tid }}", "{{ tid }}\nTidigare tid: {{ tidigare_tid }}")
    put(
        directory,
        "care-rescheduled/1.sv.md",
        rescheduled,
        occasion="rescheduled",
        placeholders="[tid, tidigare_tid, enhet, lank, kontakt]",
    )
    put(directory, "care-cancelled/1.sv.md", occasion="cancelled")
    put(
        directory,
        "calendar/1.sv.md",
        CALENDAR_BODY,
        audience="calendar",
        channel="outlook",
        placeholders="[enhet, lank, kontakt, motesvard_lank]",
    )
    (directory / "titles.toml").write_text(TITLES, encoding="utf-8")
    return directory
