"""The shelf of texts: reads `texts/<id>/<version>.<language>.md` and picks those that a meeting needs.

A published version never changes: the service refuses to load a catalogue in which one did, and never picks a
version that is not published (`fingerprints.py`). It knows nothing of rendering.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler
from marshmallow import Schema, ValidationError, fields, post_load, validate

from templates_messages.findings import Code
from templates_messages.fingerprints import Published, fingerprint, read_published
from templates_messages.vocabulary import Audience, Channel, Language, Occasion

SHIPPED: Final = Path(__file__).with_name("texts")
"""The texts that come with the product; a region may keep a directory of its own in the same form."""

ANY_VARIANT: Final = "*"
EVERY_KIND: Final = "*/*"
_FILE_NAME: Final = re.compile(r"(?P<version>[1-9]\d*)\.(?P<language>[a-z]{2,3})\.md")
_ORDER_OF_OCCASIONS: Final = {occasion: rank for rank, occasion in enumerate(Occasion)}


class CatalogueFault(ValueError):
    """A text file that cannot be used. `code` and `line` are for the report of `vardmote texts check`."""

    def __init__(self, file: str, code: Code, message: str, line: int | None = None) -> None:
        """`file` is relative to the catalogue's directory."""
        super().__init__(f"{file}: {message}")
        self.file, self.code, self.message, self.line = file, code, message, line


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """What a text file says about itself, above the text."""

    id: str
    version: int
    audience: Audience
    channel: Channel
    language: Language
    occasion: Occasion
    owner: str
    author: str
    reviewer: str
    valid_from: date
    title: str
    placeholders: tuple[str, ...]
    serves: tuple[str, ...]
    """`<meeting type>/<variant>`, `<meeting type>/*`, or `*/*` for every kind."""
    central_template: str | None = None
    order: int = 0
    """Decides between texts of the same occasion; lower comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(FrontMatter):
    """One version of one text in one language. `body` is Markdown with Jinja tags, before any filling."""

    body: str
    file: str
    body_line: int
    published: bool

    def serves_meeting(self, meeting_type: str, variant: str) -> bool:
        """Tell whether the text is meant for meetings of this type and variant."""
        kinds = (f"{meeting_type}/{variant}", f"{meeting_type}/{ANY_VARIANT}", EVERY_KIND)
        return any(kind in self.serves for kind in kinds)


@dataclass(frozen=True)
class Catalogue:
    """All texts of a directory, published and not."""

    texts: tuple[Text, ...]
    _published: dict[tuple[str, str, Audience], tuple[Text, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Filled as kinds of meetings are asked for: every booking asks for one."""

    def published_for(self, meeting_type: str, variant: str, audience: Audience) -> tuple[Text, ...]:
        """Return every published version, in every language, that serves this audience of such a meeting."""
        key = (meeting_type, variant, audience)
        if key not in self._published:
            self._published[key] = tuple(
                text
                for text in self.texts
                if text.published and text.audience is audience and text.serves_meeting(meeting_type, variant)
            )
        return self._published[key]


def load_catalogue(directory: Path = SHIPPED) -> Catalogue:
    """Read every text. Raises CatalogueFault at the first that is unreadable or changed after publication."""
    return Catalogue(tuple(read_texts(directory)))


def select(
    catalogue: Catalogue,
    meeting_type: str,
    variant: str,
    audience: Audience,
    language: Language,
    *,
    on: date,
    has_previous_time: bool = False,
    of_one_time: bool = False,
) -> list[Text]:
    """Return the texts for `audience`, in the order the pane shows them: invitation, new time, cancelled, inserts.

    Of each text the newest version that is published and valid on the date `on`; in Swedish when that version
    has no `language` (`rendering.render` then says so). The text about a new time comes only with
    `has_previous_time`, and that one time of a series is off only with `of_one_time`.
    """
    in_force: dict[str, dict[Language, Text]] = {}
    for text in catalogue.published_for(meeting_type, variant, audience):
        if text.valid_from > on or text.occasion is Occasion.NOTICE:
            continue
        if text.occasion is Occasion.RESCHEDULED and not has_previous_time:
            continue
        if text.occasion is Occasion.OCCURRENCE_CANCELLED and not of_one_time:
            continue
        known = in_force.setdefault(text.id, {})
        newest = next(iter(known.values()), text).version
        if text.version > newest:
            known.clear()
        if text.version >= newest:
            known[text.language] = text
    chosen = (known.get(language) or known.get(Language.SWEDISH) for known in in_force.values())
    return sorted(filter(None, chosen), key=_shown_order)


def select_notice(catalogue: Catalogue, text_id: str, *, on: date) -> Text | None:
    """Return the newest version of a text that is sent to staff, published and valid on the date `on`, in Swedish."""
    candidates = [
        text
        for text in catalogue.texts
        if (text.id, text.occasion, text.language) == (text_id, Occasion.NOTICE, Language.SWEDISH)
        and text.published
        and text.valid_from <= on
    ]
    return max(candidates, key=lambda text: text.version, default=None)


def _shown_order(text: Text) -> tuple[int, int, str]:
    return _ORDER_OF_OCCASIONS[text.occasion], text.order, text.id


def text_files(directory: Path) -> list[Path]:
    """Return the text files in a stable order."""
    return sorted(directory.glob("*/*.md"))


def read_texts(directory: Path) -> Iterator[Text]:
    """Read the texts one by one. Raises CatalogueFault."""
    published = read_published(directory)
    for path in text_files(directory):
        text = read_text(path, published)
        if text.file in published and not text.published:
            raise CatalogueFault(text.file, "published-changed", CHANGED)
        yield text


CHANGED: Final = (
    "this version is published and has been changed since; restore it and make your change in a new version"
)


def read_text(path: Path, published: Published) -> Text:
    """Read one file. Raises CatalogueFault with code `front-matter`, `file-name` or `not-utf-8`."""
    file = f"{path.parent.name}/{path.name}"
    content = read_utf8(path, file)
    return _text(file, content, published=published.get(file) == fingerprint(content))


# A start reads every text three times: to check it, to hold it against the settings, and to use it.
@lru_cache(maxsize=256)
def _text(file: str, content: str, *, published: bool) -> Text:
    metadata, body = _split(file, content)
    try:
        front = _front_matter.load(metadata)
    except ValidationError as fault:
        key, message = _first(fault)
        raise CatalogueFault(
            file, "front-matter", f"{key}: {message}", _line_of(content, f"{key}:")
        ) from fault
    _check_file_name(file, front)
    return Text(
        **front,
        body=body,
        file=file,
        body_line=content[: content.rindex(body)].count("\n") + 1 if body else 1,
        published=published,
    )


def read_utf8(path: Path, file: str) -> str:
    """Return what stands in the file. Raises CatalogueFault, in the name of `file`, with code `not-utf-8`."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        line = path.read_bytes()[: fault.start].count(b"\n") + 1
        message = "the file is not UTF-8; save it with that encoding"
        raise CatalogueFault(file, "not-utf-8", message, line) from fault


# libyaml reads ten times as fast, and all texts are read whenever a process starts; not every PyYAML has it.
_Loader: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _WordsOnly(YAMLHandler):
    """YAML in which every value is a string, so that `no` is a word and dates are read by our schema."""

    def load(self, fm: str, **kwargs: object) -> Any:
        return super().load(fm, **kwargs | {"Loader": _Loader})


def _split(file: str, content: str) -> tuple[dict[str, object], str]:
    try:
        metadata, body = frontmatter.parse(content, handler=_WordsOnly())
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise CatalogueFault(file, "front-matter", "the lines between --- are not YAML", line) from fault
    return metadata, body.strip()


class _FrontMatterSchema(Schema):
    """The front matter as it must stand in a file; unknown keys are refused."""

    id = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9]+(-[a-z0-9]+)*\Z"))
    version = fields.Integer(required=True, validate=validate.Range(min=1))
    audience = fields.Enum(Audience, by_value=True, required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    language = fields.Enum(Language, by_value=True, required=True)
    occasion = fields.Enum(Occasion, by_value=True, required=True)
    owner = fields.String(required=True, validate=validate.Length(min=2))
    author = fields.String(required=True, validate=validate.Length(min=2))
    reviewer = fields.String(required=True, validate=validate.Length(min=2))
    valid_from = fields.Date(required=True)
    title = fields.String(required=True, validate=validate.Length(min=2, max=120))
    placeholders = fields.List(fields.String(), required=True)
    serves = fields.List(
        fields.String(validate=validate.Regexp(r"(\*/\*|[a-z0-9-]+/([a-z0-9-]+|\*))\Z")),
        required=True,
        validate=validate.Length(min=1),
    )
    central_template = fields.String(validate=validate.Length(min=2))
    order = fields.Integer()

    @post_load
    def _freeze(self, front: dict[str, Any], **_: object) -> dict[str, Any]:
        return front | {"placeholders": tuple(front["placeholders"]), "serves": tuple(front["serves"])}


# One for all texts: making it costs more than reading with it.
_front_matter: Final = _FrontMatterSchema()


def _first(fault: ValidationError) -> tuple[str, str]:
    """Return the first faulty field and what is wrong with it."""
    key, messages = next(iter(fault.messages_dict.items()))
    while isinstance(messages, dict):
        messages = next(iter(messages.values()))
    return key, " ".join(messages)


def _check_file_name(file: str, front: dict[str, Any]) -> None:
    folder, _, file_name = file.rpartition("/")
    name = _FILE_NAME.fullmatch(file_name)
    if name is None:
        raise CatalogueFault(file, "file-name", "name the file <version>.<language>.md, such as 1.sv.md")
    told = (front["id"], str(front["version"]), front["language"].value)
    if (folder, name["version"], name["language"]) != told:
        raise CatalogueFault(
            file, "file-name", "id, version and language must be those of the file's path", 1
        )


def _line_of(content: str, start: str) -> int | None:
    lines: Iterable[str] = content.splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(start)), None)
