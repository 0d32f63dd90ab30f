"""From settings to what speaks with the outside: providers, calendars, mail, sign-in; only here are they named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from addin.conferencing.pexip import PexipProvider, PexipSettings
from addin.config.settings import (
    EntraApplication,
    GraphSettings,
    PexipProviderSettings,
    ProviderSettings,
    Settings,
    SettingsFaulty,
)
from addin.mail.smtp import SmtpMailer, SmtpSettings
from addin.meetings.click import PersonsCalendar
from addin.meetings.keyring import Keyring
from addin.meetings.ports import ConferencingProvider, Mailer
from addin.store.ledger import mark_path
from addin.web.staff.auth.claims import SharedMailboxes
from addin.web.staff.auth.outbound import Outbound
from addin.web.staff.auth.tokens import TrustedTenant
from bounded_http.connections import Way
from calendar_sync.calendar import Calendar

if TYPE_CHECKING:
    from calendar_sync.graph import GraphCalendar


def keyring_of(settings: Settings) -> Keyring:
    """Return the service's own keys."""
    return Keyring(settings.keys.keys, settings.keys.current)


def providers_of(settings: Settings) -> dict[str, ConferencingProvider]:
    """Return an adapter for each configured provider."""
    return {name: _provider(name, chosen, settings) for name, chosen in settings.providers.items()}


def calendars_of(settings: Settings) -> dict[str, Calendar]:
    """Return an adapter for each configured calendar, in the order in which a mailbox is looked for in them."""
    chosen = settings.calendars
    if not chosen.are_followed:
        return {}
    return {
        name: _calendar(name, make, settings) for name, make in _CALENDARS.items() if getattr(chosen, name)
    }


def persons_calendars_of(settings: Settings) -> dict[str, PersonsCalendar]:
    """Return an adapter for each calendar that may be asked in the name of the person who clicks."""
    graph = settings.calendars.graph
    if not settings.calendars.are_followed or graph is None or graph.on_behalf_of is None:
        return {}
    return {"graph": _graph_calendar(settings, graph, graph.on_behalf_of, "calendars.graph.on_behalf_of")}


def _calendar(name: str, make: Callable[[Settings], Calendar], settings: Settings) -> Calendar:
    try:
        return make(settings)
    except ValueError:
        raise _unusable(f"calendars.{name}") from None


def _unusable(setting: str) -> SettingsFaulty:
    # What a library says may hold a part of a key or a password.
    return SettingsFaulty(
        [f"{setting}: cannot be used as it is set up; check addresses, certificate and key"]
    )


def _graph(settings: Settings) -> Calendar:
    chosen = settings.calendars.graph
    if chosen is None:
        raise SettingsFaulty(["calendars.graph: is missing"])
    return _graph_calendar(settings, chosen, chosen, "calendars.graph")


def _graph_calendar(
    settings: Settings, there: GraphSettings, who: EntraApplication, setting: str
) -> GraphCalendar:
    """Return Exchange Online as one application sees it; `setting` is where that application stands."""
    from calendar_sync.graph import GraphCalendar
    from calendar_sync.graph import GraphSettings as Graph
    from calendar_sync.microsoft.settings import Certificate, ClientSecret, MicrosoftSettings

    credential: Certificate | ClientSecret
    if who.certificate and who.private_key:
        credential = Certificate(who.private_key, who.certificate)
    else:
        credential = ClientSecret(who.client_secret or "")
    microsoft = MicrosoftSettings(
        authority=f"{there.authority}/{there.tenant}",
        client_id=who.client_id,
        credential=credential,
        base_url=there.base_url,
        timeout_seconds=there.timeout_seconds,
        way=Way(_proxies(settings), _ca_bundle(settings)),
    )
    graph = Graph(
        microsoft=microsoft,
        instance=settings.service.instance,
        add_in_id=settings.calendars.add_in_id,
        writes=settings.calendars.may_write,
    )
    try:
        return GraphCalendar(graph)
    except ValueError:
        raise _unusable(setting) from None


def _ews(settings: Settings) -> Calendar:
    from calendar_sync.ews import EwsCalendar
    from calendar_sync.ews_connection import EwsSettings as Ews

    chosen = settings.calendars.ews
    if chosen is None:
        raise SettingsFaulty(["calendars.ews: is missing"])
    return EwsCalendar(
        Ews(
            url=chosen.url,
            username=chosen.username,
            password=chosen.password,
            instance=settings.service.instance,
            add_in_id=settings.calendars.add_in_id,
            writes=settings.calendars.may_write,
            auth=chosen.auth,
            timeout_seconds=chosen.timeout_seconds,
            way=Way(_proxies(settings), _ca_bundle(settings)),
        )
    )


def _caldav(settings: Settings) -> Calendar:
    from calendar_sync.caldav import CalDavCalendar
    from calendar_sync.caldav import CalDavSettings as CalDav

    chosen = settings.calendars.caldav
    if chosen is None:
        raise SettingsFaulty(["calendars.caldav: is missing"])
    return CalDavCalendar(
        CalDav(
            url=chosen.url,
            username=chosen.username,
            password=chosen.password,
            instance=settings.service.instance,
            timeout_seconds=chosen.timeout_seconds,
            proxies=_proxies(settings),
            ca_bundle=_ca_bundle(settings),
        )
    )


# What it takes to reach a calendar is loaded only where it is configured: the libraries are large.
_CALENDARS: Final[Mapping[str, Callable[[Settings], Calendar]]] = {
    "graph": _graph,
    "ews": _ews,
    "caldav": _caldav,
}


def tenants_of(settings: Settings) -> tuple[TrustedTenant, ...]:
    """Return the organisations whose employees may sign in."""
    return tuple(
        TrustedTenant(tenant.id, tenant.issuer_v2, tenant.issuer_v1, tenant.jwks_url)
        for tenant in settings.sign_in.tenants
    )


def shared_of(settings: Settings) -> SharedMailboxes:
    """Return which mailboxes each group shares."""
    of_group: dict[str, tuple[str, ...]] = {}
    for mailbox in settings.shared_mailboxes:
        for group in map(str.lower, mailbox.groups):
            of_group[group] = (*of_group.get(group, ()), mailbox.address.lower())
    return SharedMailboxes(of_group)


def outbound_of(settings: Settings) -> Outbound:
    """Return how we reach identity providers."""
    return Outbound(_proxies(settings), _ca_bundle(settings))


def _provider(name: str, chosen: ProviderSettings, settings: Settings) -> ConferencingProvider:
    """Return the adapter for settings of its kind; another kind is one more case."""
    match chosen:
        case PexipProviderSettings():
            return _pexip(name, chosen, settings)


def _pexip(name: str, chosen: PexipProviderSettings, settings: Settings) -> PexipProvider:
    return PexipProvider(
        PexipSettings(
            name=name,
            base_url=chosen.management_url,
            username=chosen.username,
            password=chosen.password,
            join_base_url=chosen.join_url,
            timeout_seconds=chosen.timeout_seconds,
            ready_after_seconds=chosen.ready_after_seconds,
            pool_size=settings.server.threads + 8,
            proxies=_proxies(settings),
            ca_bundle=_ca_bundle(settings),
        )
    )


def mail_domains_of(settings: Settings) -> frozenset[str]:
    """Return the organisation's own mail domains, in lower case."""
    return frozenset(domain.lower() for domain in settings.service.mail_domains)


def mailer_of(settings: Settings) -> Mailer | None:
    """Return what sends mail to staff; None where no mail server is set up."""
    chosen = settings.mail
    if chosen is None:
        return None
    return SmtpMailer(
        SmtpSettings(
            host=chosen.host,
            port=chosen.port,
            security=chosen.security,
            sender=chosen.sender,
            sender_name=chosen.sender_name,
            username=chosen.username,
            password=chosen.password,
            timeout_seconds=chosen.timeout_seconds,
            ca_bundle=_ca_bundle(settings),
        )
    )


def _proxies(settings: Settings) -> dict[str, str]:
    return {"https": settings.network.proxy, "http": settings.network.proxy} if settings.network.proxy else {}


def _ca_bundle(settings: Settings) -> str | None:
    return str(settings.network.ca_bundle) if settings.network.ca_bundle else None


def mark_of(settings: Settings) -> Path:
    """Return where the ledger's mark stands (see `store.restored`)."""
    return mark_path(settings.ledger.url, settings.ledger.state_directory)
