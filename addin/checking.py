"""What `vardmote check` and every start look at: settings, texts, types, manifest; and, when asked, the connections."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import requests
from sqlalchemy.exc import SQLAlchemyError

from addin.config.reading import Reading, load_settings, read_settings
from addin.config.settings import (
    CalendarSettings,
    LedgerSettings,
    MeetingSettings,
    ServerSettings,
    ServiceSettings,
    Settings,
    SettingsFaulty,
    SignInSettings,
    StartSignInSettings,
)
from addin.meetings.deadline import Deadline
from addin.meetings.errors import MailError, ProviderError
from addin.meetings.rights import NOT_SET, answer_of, try_limit
from addin.meetings.times import date_at_home
from addin.privacy import AllowList, find_personal_data, is_telephone_number
from addin.store.ledger import is_sqlite, open_engine
from addin.store.needed import settings_needed
from addin.store.schema import SchemaDiffers, refuse_other_schema
from addin.web.staff.auth.errors import IdentityError
from addin.web.staff.auth.outbound import Outbound
from addin.wiring.adapters import calendars_of, mail_domains_of, mailer_of, outbound_of, providers_of
from addin.wiring.content import content_faults, load_content, missing_settings
from calendar_sync.calendar import (
    AccessDenied,
    Calendar,
    CalendarUnreadable,
    CredentialsRefused,
    MailboxElsewhere,
    MailboxMissing,
)
from manifest.build import build
from manifest.source import WebApplication
from templates_messages.catalogue import SHIPPED as SHIPPED_TEXTS
from templates_messages.checks import check_catalogue
from templates_messages.findings import Finding
from templates_messages.samples import FULL
from templates_messages.values import UnfitValue

__all__ = [
    "SHIPPED_TEXTS",
    "finds_personal_data",
    "live_faults",
    "remarks",
    "static_faults",
    "text_findings",
    "write_manifest",
]

TRY_SECONDS: Final = 10.0
MOST_NAMED: Final = 5


def static_faults(path: Path) -> list[str]:
    """Return every fault that can be seen without trying a connection, each `place: what is wrong, what to do`.

    What has a fault of its own is left out of the rest: it is held against nothing.
    """
    try:
        reading = read_settings(path)
    except SettingsFaulty as faulty:
        return faulty.faults
    meetings: MeetingSettings | None = reading.sections.get("meetings")
    own_texts = meetings.texts_directory if meetings else None
    findings = text_findings(own_texts) if own_texts else _shipped_text_changes()
    faults = [*reading.faults, *(f"texts: {finding}" for finding in findings)]
    providers = reading.written.get("providers")
    if meetings:
        faults += content_faults(meetings, providers if isinstance(providers, Mapping) else None)
    faults += [*_contradictions(reading.sections), *_unfit_for_texts(reading)]
    # What stops a text from being read is found twice.
    return list(dict.fromkeys(faults))


def _contradictions(sections: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between the sections that were read, and with what they name."""
    server: ServerSettings | None = sections.get("server")
    ledger: LedgerSettings | None = sections.get("ledger")
    calendars: CalendarSettings | None = sections.get("calendars")
    if calendars and {one.lower() for one in calendars.also_search}.intersection(calendars.outside):
        yield "calendars.also_search: calendars.outside_mailbox stands in it, which must not be readable"
    if server and ledger and server.processes > 1 and is_sqlite(ledger.url):
        yield "server.processes: SQLite serves one process; set it to 1, or ledger.url to a PostgreSQL database"
    if ledger and not is_sqlite(ledger.url) and (fault := _unwritable(ledger.state_directory)):
        yield f"ledger.state_directory: {fault}"
    sign_in: SignInSettings | None = sections.get("sign_in")
    start: StartSignInSettings | None = sections.get("start_sign_in")
    tenants = {tenant.id for tenant in sign_in.tenants} if sign_in else set()
    if sign_in and start and start.sole_tenant is not None and start.sole_tenant not in tenants:
        yield f"start_sign_in.sole_tenant: write the id of one of sign_in.tenants: {' or '.join(sorted(tenants))}"


def _unwritable(folder: Path) -> str | None:
    """Say why no file can be made in the folder; whether it can depends on who asks."""
    if not folder.is_dir():
        return f"{folder} is not a folder"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"nothing can be written in {folder}"


def _unfit_for_texts(reading: Reading) -> Iterator[str]:
    """Yield what no text can carry: each booking would find it, one meeting after the other."""
    service: ServiceSettings | None = reading.sections.get("service")
    if service:
        yield from _unfit("service.base_url", "join_link", f"{service.base_url}/m/7K3M9-QXP2R-TWHD")
        yield from _unfit("service.info_page", "info_page", service.info_page or None)
        yield from _unfit("service.support", "support", service.support)
    for number, unit in enumerate(_units_as_written(reading)):
        for setting, value in _IN_TEXTS.items():
            if setting in unit:
                yield from _unfit(f"units.{number}.{setting}", value, unit[setting])
        if "telephone" in unit and not is_telephone_number(unit["telephone"]):
            yield f"units.{number}.telephone: this is not a telephone number"


def _units_as_written(reading: Reading) -> Iterator[Mapping[str, str]]:
    """Yield what stands in each unit, without what has a fault of its own already: a fault in one hides no other."""
    units = reading.written.get("units")
    for unit in units if isinstance(units, list) else []:
        written = unit if isinstance(unit, Mapping) else {}
        yield {name: value for name, value in written.items() if isinstance(value, str) and value}


# Settings of a unit by the value of texts that they become.
_IN_TEXTS: Final = {
    "name": "unit_name",
    "telephone": "contact_telephone",
    "hours": "contact_hours",
    "contact_without_speech": "contact_without_speech",
    "data_controller": "data_controller",
}


def _unfit(place: str, name: str, value: str | None) -> Iterator[str]:
    changed: dict[str, Any] = {name: value}
    try:
        replace(FULL, **changed)
    except UnfitValue as fault:
        yield f"{place}: {str(fault).removeprefix(f'{name} ')}"


def live_faults(path: Path) -> list[str]:
    """Try the ledger, each provider, each sign-in and the mail server; returns what failed."""
    settings = load_settings(path)
    tries: list[tuple[str, Callable[[], str | None]]] = [("ledger.url", lambda: _try_ledger(settings))]
    for name, provider in providers_of(settings).items():
        tries.append((f"providers.{name}", partial(provider.check, Deadline.after(TRY_SECONDS))))
    addresses = {f"sign_in.tenants {tenant.id}": tenant.jwks_url for tenant in settings.sign_in.tenants}
    addresses["start_sign_in.metadata_url"] = settings.start_sign_in.metadata_url
    mailer = mailer_of(settings)
    if mailer:
        tries.append(("mail.host", partial(mailer.check, Deadline.after(TRY_SECONDS))))
    tries += _calendar_tries(settings)
    for place, url in addresses.items():
        tries.append((place, partial(_try_sign_in, outbound_of(settings), url)))
    return [f"{place}: {fault}" for place, attempt in tries if (fault := _fault_of(attempt))]


def remarks(path: Path) -> list[str]:
    """Return what is no fault and yet to be known of settings that have none."""
    settings = load_settings(path)
    calendars = settings.calendars
    unproven = [NOT_SET] if calendars.are_followed and not calendars.outside_mailbox else []
    return [*unproven, *_mailboxes_outside(settings)]


def _mailboxes_outside(settings: Settings) -> Iterator[str]:
    """Yield which mailboxes that should hold meetings cannot: often a slip, and nothing else would tell of it."""
    own = mail_domains_of(settings)
    named = {
        f"units.{number}.mailboxes.{at}": mailbox
        for number, unit in enumerate(settings.units)
        for at, mailbox in enumerate(unit.mailboxes)
    }
    named |= {
        f"shared_mailboxes.{number}.address": shared.address
        for number, shared in enumerate(settings.shared_mailboxes)
    }
    for place, mailbox in named.items():
        if mailbox.lower().rpartition("@")[2] not in own:
            yield (
                f"{place}: {mailbox} is in none of service.mail_domains, so that no meeting can be booked in it; "
                "add its domain, or take it away"
            )


def _calendar_tries(settings: Settings) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Yield tries of the calendars: with a unit's mailbox, with those that are also searched, with the one outside."""
    calendars, outside = calendars_of(settings), settings.calendars.outside
    inside = next((mailbox for unit in settings.units for mailbox in unit.mailboxes), None)
    if inside:
        for name, calendar in calendars.items():
            yield f"calendars.{name}", partial(_try_calendar, calendar, inside.lower())
    if settings.calendars.also_search and calendars:
        searched = [mailbox.lower() for mailbox in settings.calendars.also_search]
        yield "calendars.also_search", partial(_try_searched, calendars, searched)
    if outside:
        for name, calendar in calendars.items():
            yield f"calendars.outside_mailbox in {name}", partial(_try_outside, calendar, outside)


def _try_calendar(calendar: Calendar, mailbox: str) -> str | None:
    """Say why the calendar cannot be used; that another one serves the mailbox is no fault."""
    try:
        calendar.probe(mailbox)
    except (MailboxElsewhere, MailboxMissing):
        return None
    except CredentialsRefused:
        return "the service's account is not accepted; check its id or name, and its certificate, key or password"
    except AccessDenied:
        return (
            f"the account is accepted, and may not read {mailbox}; give it the right to, in a scope that holds the "
            "mailbox (docs/permissions.md)"
        )
    except CalendarUnreadable as failure:
        return f"{failure.reason.value}; check address, proxy and CA bundle"
    return None


def _try_searched(calendars: Mapping[str, Calendar], mailboxes: Sequence[str]) -> str | None:
    """Name the mailboxes that no calendar lets the service search; after one that nobody answers for none is tried."""
    closed = []
    for mailbox in mailboxes:
        answers = [answer_of(calendar, mailbox) for calendar in calendars.values()]
        unsure = next((one for one in answers if one and not _is_about_mailbox(one)), None)
        if unsure:
            return f"{mailbox}: {unsure.reason.value}; what comes after it was not tried"
        if None not in answers:
            closed.append(mailbox)
    if not closed:
        return None
    more = f" and {len(closed) - MOST_NAMED} more" if len(closed) > MOST_NAMED else ""
    named = f"{', '.join(closed[:MOST_NAMED])}{more}"
    return (
        f"no calendar lets the service search {named}; take them out, or into the group (docs/permissions.md)"
    )


def _is_about_mailbox(failure: CalendarUnreadable) -> bool:
    """Whether the calendar has said of this mailbox that it is not there or may not be read."""
    told = isinstance(failure, AccessDenied | MailboxElsewhere | MailboxMissing)
    return told and not isinstance(failure, CredentialsRefused)


def _try_outside(calendar: Calendar, mailboxes: Sequence[str]) -> str | None:
    """Say how it went when none was denied: rights that reach everybody are found before they are used."""
    return try_limit(calendar, mailboxes).why or None


def _fault_of(attempt: Callable[[], str | None]) -> str | None:
    try:
        return attempt()
    except SchemaDiffers as differs:
        return str(differs)
    except (MailError, ProviderError, IdentityError, requests.RequestException, SQLAlchemyError) as failure:
        return f"{type(failure).__name__}; check address, credentials, proxy and CA bundle"


def _try_ledger(settings: Settings) -> str | None:
    engine = open_engine(settings.ledger.url)
    try:
        refuse_other_schema(engine)
        return "; ".join(missing_settings(settings_needed(engine), settings, load_content(settings))) or None
    finally:
        engine.dispose()


def _try_sign_in(outbound: Outbound, url: str) -> None:
    outbound.fetch_json(url)


def text_findings(directory: Path | None) -> list[Finding]:
    """Return what is wrong with the texts in the folder (the shipped ones by default)."""
    return check_catalogue(directory or SHIPPED_TEXTS, finds_personal_data)


def _shipped_text_changes() -> list[Finding]:
    """Return what is wrong with the shipped texts now that they lie here.

    Filling and measuring all of them was a quarter of a start, and finds nothing that the tests of this version have
    not found; what somebody has changed, added or taken away since is found, and what was added is read whole.
    """
    return check_catalogue(SHIPPED_TEXTS, finds_personal_data, trusts_published=True)


def finds_personal_data(text: str) -> bool:
    """Whether our own check would stop this text."""
    return bool(find_personal_data(text, today=date_at_home(datetime.now(UTC)), allow=AllowList()))


def write_manifest(
    base_url: str, out: Path, *, client_id: UUID | None, support_url: str | None
) -> list[Path]:
    """Write the add-in's manifest; raises ValueError that says what Outlook would refuse, and OSError.

    `client_id` is our API's application in Entra, which the pane asks Outlook for a token to.
    """
    application = WebApplication(client_id) if client_id else None
    return build(base_url, out, support_url=support_url, web_application=application)
