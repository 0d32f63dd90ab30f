"""Fills a text with values: plain text and HTML that say the same, byte for byte the same every time.

Compiling is done once for a text and kept; a warm rendering is two Jinja calls, since it is on the way of
every booking. It must not know why the text is shown or to whom it goes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from templates_messages.catalogue import Text
from templates_messages.markup import turn
from templates_messages.placeholders import PLACEHOLDERS, Kind
from templates_messages.values import TextValues, Value, resolve
from templates_messages.vocabulary import Audience, Language, Occasion

_LINK_NAMES: Final = frozenset(name for name, it in PLACEHOLDERS.items() if it.kind is Kind.LINK)
_PERMITTED_NODES: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
)

SWEDISH_ONLY: Final = {Language.ENGLISH: "This text is available in Swedish only."}
"""The first line of a text that is shown in Swedish to somebody who asked for another language."""


class UnfitTemplate(ValueError):
    """The text's Jinja is not understood, or goes beyond `{{ name }}` and `{% if name %}`."""

    def __init__(self, message: str, line: int = 1) -> None:
        """`line` is counted from 1 within the body."""
        super().__init__(message)
        self.line = line


class UnknownPlaceholder(UnfitTemplate):
    """The text asks for a value that does not exist."""


class MissingValue(ValueError):
    """The text needs a value that the caller did not have. Names text and placeholder."""


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A text ready to be copied: `plain` and `html` say the same; the title is for pane and message subject."""

    id: str
    version: int
    language: Language
    title: str
    plain: str
    html: str
    occasion: Occasion
    audience: Audience
    central_template: str | None
    """The 1177 template that already holds this text, when only the link need be pasted."""


@dataclass(frozen=True, slots=True)
class CompiledBody:
    """A text's body, compiled; `needed` are the placeholders that stand outside an `if` about themselves."""

    html: Template
    plain: Template
    used: frozenset[str]
    needed: frozenset[str]


def render(text: Text, values: TextValues, *, wanted: Language | None = None) -> RenderedText:
    """Fill `text`. If it is not in the `wanted` language, its first line says so in that language.

    Raises MissingValue, UnfitMarkup and UnfitTemplate.
    """
    body = compile_body(text.body)
    filled = _resolved(text, body, values)
    note = SWEDISH_ONLY.get(wanted, "") if wanted is not None and wanted is not text.language else ""
    return RenderedText(
        id=text.id,
        version=text.version,
        language=text.language,
        title=text.title,
        plain=(f"{note}\n\n" if note else "") + _filled(body.plain, filled),
        html=(f"<p>{note}</p>\n" if note else "") + _filled(body.html, filled),
        occasion=text.occasion,
        audience=text.audience,
        central_template=text.central_template,
    )


def render_plain(text: Text, values: TextValues) -> str:
    """Fill `text` as plain text alone. Raises as `render` does."""
    body = compile_body(text.body)
    return _filled(body.plain, _resolved(text, body, values))


def _resolved(text: Text, body: CompiledBody, values: TextValues) -> Mapping[str, Value]:
    filled = resolve(values, body.used, text.language)
    for name in body.needed:
        if filled[name] in {None, ""}:
            raise MissingValue(f"text {text.id} version {text.version} needs a value for {name}")
    return filled


def _filled(template: Template, values: Mapping[str, Value]) -> str:
    """Render with these values alone: mixing in Jinja's own globals, which no text uses, is most of a rendering."""
    return "".join(template.root_render_func(template.new_context(dict(values), shared=True))).strip()


@lru_cache(maxsize=512)
def compile_body(body: str) -> CompiledBody:
    """Compile a text's body. Raises UnfitTemplate and UnfitMarkup (both ValueError)."""
    used, needed = placeholders_of(body)
    pair = turn(body, _LINK_NAMES)
    return CompiledBody(
        html=_environment(escape=True).from_string(pair.html),
        plain=_environment(escape=False).from_string(pair.plain),
        used=used,
        needed=needed,
    )


@lru_cache(maxsize=512)
def placeholders_of(body: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that `body` uses, and those of them that it needs a value for.

    Raises UnfitTemplate for Jinja beyond names and conditions, UnknownPlaceholder for names that do not exist.
    """
    try:
        tree = _environment(escape=False).parse(body)
    except TemplateSyntaxError as fault:
        raise UnfitTemplate(f"the braces are not understood: {fault.message}", fault.lineno) from fault
    found = list(_uses(tree, frozenset()))
    for use in found:
        if use.name not in PLACEHOLDERS:
            raise UnknownPlaceholder(f"there is no placeholder called {use.name}", use.line)
    used = frozenset(use.name for use in found)
    return used, frozenset(use.name for use in found if use.is_needed)


@dataclass(frozen=True, slots=True)
class _Use:
    name: str
    line: int
    is_needed: bool


def _uses(node: nodes.Node, certain: frozenset[str]) -> Iterator[_Use]:
    """Walk the tree; `certain` are names that an enclosing `if` has found to have a value."""
    if not isinstance(node, _PERMITTED_NODES):
        raise UnfitTemplate(
            "only {{ name }}, {% if name %}, {% else %} and {% endif %} may be used", node.lineno
        )
    if isinstance(node, nodes.Name):
        yield _Use(node.name, node.lineno, is_needed=node.name not in certain)
    elif isinstance(node, nodes.If):
        tested = frozenset(name.name for name in node.test.find_all(nodes.Name)) | _own_name(node.test)
        for name in sorted(tested):
            yield _Use(name, node.lineno, is_needed=False)
        for child in node.body:
            yield from _uses(child, certain | _own_name(node.test))
        for child in (*node.elif_, *node.else_):
            yield from _uses(child, certain)
    else:
        for child in node.iter_child_nodes():
            yield from _uses(child, certain)


def _own_name(test: nodes.Node) -> frozenset[str]:
    return frozenset({test.name}) if isinstance(test, nodes.Name) else frozenset()


@cache
def _environment(*, escape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        autoescape=escape, undefined=StrictUndefined, keep_trailing_newline=True
    )
