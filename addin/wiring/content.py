"""What is data and not code (meeting types, texts, titles, units), read and held against each other and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from marshmallow import ValidationError

from addin.config.settings import MeetingSettings, Settings, SettingsFaulty
from addin.meetings.meeting_types import SHIPPED, MeetingTypes, load_meeting_types
from addin.meetings.send_notices import NOTICE_TEXTS
from addin.meetings.texts import notice_id
from addin.meetings.units import Unit, Units
from addin.store.needed import Needed
from templates_messages.catalogue import SHIPPED as SHIPPED_TEXTS
from templates_messages.catalogue import Catalogue, CatalogueFault, load_catalogue
from templates_messages.titles import Titles, load_titles

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Content:
    """What is data and not code: meeting types, texts, titles, units."""

    types: MeetingTypes
    catalogue: Catalogue
    titles: Titles
    units: Units


def load_content(settings: Settings) -> Content:
    """Read the types and texts and hold them against each other; raises SettingsFaulty with every fault."""
    faults: list[str] = []
    types, catalogue, titles = _read_content(settings.meetings, settings.providers, faults)
    if faults or types is None or catalogue is None or titles is None:
        raise SettingsFaulty(faults)
    return Content(types, catalogue, titles, _units(settings))


def content_faults(meetings: MeetingSettings, providers: Collection[str] | None) -> list[str]:
    """Return every fault for which `load_content` would refuse such settings.

    `providers` are their names; None where they could not be read, and no type is held against them.
    """
    faults: list[str] = []
    _read_content(meetings, providers, faults)
    return faults


def _read_content(
    meetings: MeetingSettings, providers: Collection[str] | None, faults: list[str]
) -> tuple[MeetingTypes | None, Catalogue | None, Titles | None]:
    types = _collect(faults, partial(_types, meetings, faults))
    texts = meetings.texts_directory or SHIPPED_TEXTS
    catalogue = _collect(faults, partial(load_catalogue, texts))
    titles = _collect(faults, partial(load_titles, texts))
    if types and titles:
        faults += _mismatches(providers, types, titles)
    if catalogue:
        faults += _missing_notices(catalogue)
    return types, catalogue, titles


def _collect(faults: list[str], load: Callable[[], T]) -> T | None:
    try:
        return load()
    except SettingsFaulty as fault:
        faults += fault.faults
    except CatalogueFault as fault:
        faults.append(f"texts: {fault}")
    return None


def _types(meetings: MeetingSettings, faults: list[str]) -> MeetingTypes:
    """Return the types as the settings want them; a type that does not exist is a fault, and the rest goes on."""
    path = meetings.types_file or SHIPPED
    try:
        known = load_meeting_types(path).known
        faults += _unknown_types(meetings, known)
        offered = None if meetings.offered is None else [one for one in meetings.offered if one in known]
        providers = {kind: name for kind, name in meetings.providers.items() if kind in known}
        return load_meeting_types(path, offered).with_providers(providers)
    except ValidationError as fault:
        raise SettingsFaulty([f"meetings.types_file: {fault.messages}"]) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsFaulty([f"meetings.types_file: cannot be read ({type(fault).__name__})"]) from None


def _unknown_types(meetings: MeetingSettings, known: Collection[str]) -> Iterator[str]:
    named = {
        "offered": meetings.offered or [],
        "providers": meetings.providers,
        "provider_notes": meetings.provider_notes,
    }
    for setting, types in named.items():
        for kind in types:
            if kind not in known:
                yield f'meetings.{setting}: there is no meeting type "{kind}"; write {" or ".join(sorted(known))}'


def _mismatches(providers: Collection[str] | None, types: MeetingTypes, titles: Titles) -> Iterable[str]:
    for kind in types:
        if providers is not None and kind.provider not in providers:
            yield (
                f'meetings: {kind.id} needs the provider "{kind.provider}", which is not under [providers]; '
                "set it up, choose another one in meetings.providers, or leave the type out of meetings.offered"
            )
        for variant in kind.variants:
            if (kind.id, variant.id) not in titles.by_kind:
                yield f"texts: titles.toml has no titles for {kind.id}/{variant.id}"


def _missing_notices(catalogue: Catalogue) -> Iterator[str]:
    """Yield the mails to staff that an organisation's own texts lack, as after an upgrade that brought new ones."""
    there = {text.id for text in catalogue.texts if text.published}
    for needed in map(notice_id, NOTICE_TEXTS):
        if needed not in there:
            yield f"texts: there is no published {needed}, a mail to staff; copy the shipped one"


def _units(settings: Settings) -> Units:
    return Units(
        Unit(
            id=unit.id,
            name=unit.name,
            telephone=unit.telephone,
            hours=unit.hours,
            contact_without_speech=unit.contact_without_speech,
            data_controller=unit.data_controller,
            hsa_id=unit.hsa_id,
            mailboxes=frozenset(mailbox.lower() for mailbox in unit.mailboxes),
        )
        for unit in settings.units
    )


def missing_settings(needed: Needed, settings: Settings, content: Content) -> list[str]:
    """Return a fault for everything that meetings in the ledger need and the settings lack."""
    lacking = [
        ("keys.known", "the key", needed.keys - set(settings.keys.keys)),
        ("meetings.types_file", "the meeting type", needed.types - content.types.known),
        ("meetings.types_file", "the variant", _missing_variants(needed, content)),
        ("units", "the unit", needed.units - {unit.id for unit in content.units}),
    ]
    return [
        f"{place}: the ledger still holds meetings with {what} {name}; put it back until they have been purged"
        for place, what, names in lacking
        for name in sorted(names)
    ]


def _missing_variants(needed: Needed, content: Content) -> set[str]:
    """Return what the types that are known lack, as `type/variant`; a type that is not known is a fault of its own."""
    known = {kind: {one.id for one in content.types.of(kind).variants} for kind in content.types.known}
    return {
        f"{kind}/{variant}" for kind, variant in needed.variants if variant not in known.get(kind, {variant})
    }
