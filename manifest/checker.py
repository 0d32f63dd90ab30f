"""Finds what Outlook would refuse in an XML manifest, without asking anybody.

Microsoft's own validator for this format is a web service, and its offline converter lets a wrong element order, an
unknown surface and plain http:// through; so the rules that matter to us are written out here. Sources: [MS-OWEMXML]
for order, types and lengths; the Office add-in manifest reference for sizes, counts and permissions. It knows the
elements that our manifest uses: any other is a fault until its rule is added.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree.ElementTree import Element, ParseError, fromstring

from manifest.places import fault_in_address
from manifest.schema import (
    BUTTON_ICONS,
    GUID,
    KINDS,
    MAX_BYTES,
    MAX_CONTROL_ID,
    MAX_RESOURCE_ID,
    MAX_SHORT,
    ORDER,
    OVERRIDES_1_0,
    OVERRIDES_1_1,
    PREFIXES,
    SHELF,
    TEXT_LIMITS,
    XSI,
)
from manifest.source import DEFAULT_LOCALE, ENGLISH

TYPE: Final = f"{{{XSI}}}type"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why Outlook would refuse the manifest: the rule that it breaks, where, and a sentence."""

    rule: str
    where: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed manifest; `loopback` allows http://127.0.0.1, for the sandbox only."""

    root: Element
    loopback: bool


def check(manifest: bytes, *, allow_loopback_http: bool = False) -> list[Fault]:
    """Return everything that is wrong with `manifest`, all at once; an empty list means that nothing was found."""
    if len(manifest) > MAX_BYTES:
        return [Fault("size", "the file", f"It is {len(manifest)} bytes; Outlook reads at most {MAX_BYTES}.")]
    try:
        text = manifest.decode("utf-8")
    except UnicodeDecodeError:
        return [Fault("encoding", "the file", "It is not UTF-8.")]
    if "<!" in text.replace("<!--", ""):
        return [Fault("no-dtd", "the file", "It declares a document type or entities.")]
    try:
        root = fromstring(text)  # noqa: S314 - without a DTD there is nothing to expand
    except ParseError as error:
        return [Fault("well-formed", "the file", f"It is not XML: {error}.")]
    document = Document(root, allow_loopback_http)
    return [fault for rule in RULES for fault in rule(document)]


def _elements_stand_in_order(document: Document) -> Iterator[Fault]:
    if _name(document.root) != "OfficeApp":
        yield Fault("order", "the file", "The outermost element must be OfficeApp of schema 1.1.")
    for element in document.root.iter():
        name, model = _name(element), ORDER.get(_name(element), "")
        children = [_name(child) for child in element]
        if not _content(model).fullmatch("".join(f"{child} " for child in children)):
            held = " ".join(children) or "nothing"
            yield Fault("order", name, f"It must hold {model or 'no element'}; it holds {held}.")


def _kinds_are_known(document: Document) -> Iterator[Fault]:
    for element in document.root.iter():
        known, kind = KINDS.get(_name(element)), element.get(TYPE)
        if known and kind not in known:
            yield Fault("kind", _name(element), f"xsi:type {kind!r} is none of {', '.join(sorted(known))}.")
        if _name(element) == "v:OfficeTab" and element.get("id") != "TabDefault":
            yield Fault("kind", "v:OfficeTab", "In Outlook the tab is always TabDefault.")


def _identity_is_usable(document: Document) -> Iterator[Fault]:
    add_in, version = _text(document.root, "Id"), _text(document.root, "Version")
    if not re.fullmatch(GUID, add_in) or UUID(add_in).int == 0:
        yield Fault("identity", "Id", f"{add_in!r} is not a GUID of our own.")
    if not re.fullmatch(r"\d{1,5}(\.\d{1,5}){1,3}", version):
        yield Fault("identity", "Version", f"{version!r} is not two to four numbers with dots between.")
    if _text(document.root, "DefaultLocale") != DEFAULT_LOCALE:
        yield Fault("identity", "DefaultLocale", f"The default language must be {DEFAULT_LOCALE}.")


def _rights_are_the_least_that_work(document: Document) -> Iterator[Fault]:
    if _text(document.root, "Permissions") != "ReadWriteItem":
        yield Fault("rights", "Permissions", "It must be ReadWriteItem: what the pane needs, and no more.")
    for requirement in _all(document.root, "Set"):
        version = requirement.get("MinVersion", "")
        if requirement.get("Name") != "Mailbox" or version not in {"1.3", "1.4", "1.5"}:
            yield Fault("rights", "Set", "Only Mailbox 1.3 to 1.5: Exchange on premises accepts no more.")


def _overrides_nest(document: Document) -> Iterator[Fault]:
    """1.0 stands in the base and 1.1 in 1.0; a client takes the highest that it knows."""
    found = [(_name_space(each), each.get(TYPE)) for each in _all(document.root, "v:VersionOverrides")]
    if found != [(OVERRIDES_1_0, "VersionOverridesV1_0"), (OVERRIDES_1_1, "VersionOverridesV1_1")]:
        yield Fault("overrides", "VersionOverrides", "There must be one 1.0 with one 1.1 inside it.")
    for desktop in _all(document.root, "v:DesktopFormFactor"):
        shared = next((child.text for child in desktop if _name(child) == "v:SupportsSharedFolders"), None)
        wanted = "true" if _name_space(desktop) == OVERRIDES_1_1 else None
        if shared != wanted:
            yield Fault("overrides", "v:DesktopFormFactor", f"SupportsSharedFolders must be {wanted} here.")


def _resources_are_found(document: Document) -> Iterator[Fault]:
    for overrides in _all(document.root, "v:VersionOverrides"):
        shelves = {_name(each): _ids(each) for each in _own(overrides) if _name(each) in SHELF.values()}
        yield from _unusable_ids(
            "resource", [id_ for ids in shelves.values() for id_ in ids], MAX_RESOURCE_ID
        )
        for element in _own(overrides):
            yield from _resource_fault(element, shelves)


def _resource_fault(element: Element, shelves: dict[str, list[str]]) -> Iterator[Fault]:
    """Yield a fault when `element` points at a resource that is missing or of the wrong sort, or at none."""
    points_at, shelf = element.get("resid"), SHELF.get(_name(element))
    if shelf and points_at is None and "id" not in element.attrib:
        yield Fault("resource", _name(element), "It needs a resid.")
    if points_at is not None and (shelf is None or points_at not in shelves.get(shelf, [])):
        yield Fault("resource", _name(element), f"resid {points_at!r} does not stand in {shelf}.")


def _control_ids_are_unique(document: Document) -> Iterator[Fault]:
    for desktop in _all(document.root, "v:DesktopFormFactor"):
        ids = [each.get("id", "") for each in desktop.iter() if _name(each) in {"v:Group", "v:Control"}]
        yield from _unusable_ids("control-id", ids, MAX_CONTROL_ID)


def _icons_have_their_sizes(document: Document) -> Iterator[Fault]:
    for icon in _all(document.root, "v:Icon"):
        sizes = [image.get("size") for image in icon]
        if sizes != [str(size) for size in BUTTON_ICONS]:
            yield Fault("icon", "v:Icon", f"An icon comes in the sizes {BUTTON_ICONS}, in that order.")


def _texts_fit(document: Document) -> Iterator[Fault]:
    for where, text, limit in _texts(document.root):
        if not 0 < len(text) <= limit:
            yield Fault("text", where, f"{len(text)} characters, must be 1 to {limit}: {text[:40]!r}.")


def _texts(root: Element) -> Iterator[tuple[str, str, int]]:
    """Yield every text that somebody reads, with the element it stands in and its greatest length."""
    yield "ProviderName", _text(root, "ProviderName"), MAX_SHORT
    for holder in root.iter():
        name = _name(holder)
        if name in TEXT_LIMITS:
            for setting in holder if name.startswith("bt:") else (holder,):
                yield name, setting.get("DefaultValue", ""), TEXT_LIMITS[name]
                yield from ((name, override.get("Value", ""), TEXT_LIMITS[name]) for override in setting)


def _texts_come_in_english_too(document: Document) -> Iterator[Fault]:
    for element in document.root.iter():
        if _name(element) in {"DisplayName", "Description", "bt:String"}:
            locales = [override.get("Locale") for override in element]
            if locales != [ENGLISH]:
                where = f"{_name(element)} {element.get('id', '')}".rstrip()
                yield Fault("language", where, f"It needs one override, for {ENGLISH}.")


def _addresses_are_secure(document: Document) -> Iterator[Fault]:
    for where, address in _addresses(document.root):
        fault = fault_in_address(address, allow_loopback_http=document.loopback)
        if fault:
            yield Fault("address", where, f"{address[:80]!r} {fault}.")


def _addresses(root: Element) -> Iterator[tuple[str, str]]:
    """Yield every address in the manifest with the element it stands in."""
    settings = {"IconUrl", "HighResolutionIconUrl", "SupportUrl", "SourceLocation", "bt:Url"}
    for element in root.iter():
        name = _name(element)
        if name in settings or (name == "bt:Image" and "resid" not in element.attrib):
            yield name, element.get("DefaultValue", "")
            yield from ((name, override.get("Value", "")) for override in element)
        elif name == "AppDomain":
            yield name, element.text or ""


def _sign_in_names_the_panes_host(document: Document) -> Iterator[Fault]:
    """Entra gives the Office host no token when the application id URI names another host than the pane's."""
    pane = next(_all(document.root, "SourceLocation"), document.root).get("DefaultValue", "")
    for info in _all(document.root, "v:WebApplicationInfo"):
        client, resource = _text(info, "v:Id"), _text(info, "v:Resource")
        if not re.fullmatch(GUID, client) or resource != f"api://{urlsplit(pane).netloc}/{client}":
            yield Fault("sign-in", "v:WebApplicationInfo", "Resource must be api://<host of the pane>/<Id>.")
        if _name_space(info) != OVERRIDES_1_1:
            yield Fault("sign-in", "v:WebApplicationInfo", "Outlook reads it in VersionOverrides 1.1 only.")


RULES: Final[tuple[Callable[[Document], Iterator[Fault]], ...]] = (
    _elements_stand_in_order,
    _kinds_are_known,
    _identity_is_usable,
    _rights_are_the_least_that_work,
    _overrides_nest,
    _resources_are_found,
    _control_ids_are_unique,
    _icons_have_their_sizes,
    _texts_fit,
    _texts_come_in_english_too,
    _addresses_are_secure,
    _sign_in_names_the_panes_host,
)


def _content(model: str) -> re.Pattern[str]:
    """Turn a content model such as `Label Control+` into a pattern for the child names, each followed by a space."""
    parts = (re.fullmatch(r"([\w:]+)([?*+]?)", token) for token in model.split())
    return re.compile("".join(f"(?:{part[1]} ){part[2]}" for part in parts if part))


def _name_space(element: Element) -> str:
    return element.tag.partition("}")[0].lstrip("{")


def _name(element: Element) -> str:
    """Return the element's name with our prefix for its name space; a foreign name space stays spelled out."""
    name_space, _, local = element.tag.rpartition("}")
    prefix = PREFIXES.get(name_space.lstrip("{"))
    return element.tag if prefix is None else prefix + local


def _all(root: Element, name: str) -> Iterator[Element]:
    return (element for element in root.iter() if _name(element) == name)


def _text(parent: Element, name: str) -> str:
    return next((child.text or "" for child in parent if _name(child) == name), "")


def _own(overrides: Element) -> Iterator[Element]:
    """Yield what stands in these overrides and not in those nested in them."""
    for child in overrides:
        if _name(child) != "v:VersionOverrides":
            yield from child.iter()


def _ids(parent: Element) -> list[str]:
    return [child.get("id", "") for child in parent]


def _unusable_ids(rule: str, ids: list[str], longest: int) -> Iterator[Fault]:
    for id_, count in Counter(ids).items():
        if count > 1 or not 0 < len(id_) <= longest:
            yield Fault(rule, id_[:40], f"An id must be unique and have 1 to {longest} characters.")
