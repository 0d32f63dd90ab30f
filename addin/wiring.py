"""The only place that chooses concrete adapters: from settings to a service that can be served or worked.

Everything below gets what it needs as arguments; nothing here decides anything about meetings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from flask import Blueprint, Flask
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from addin.conferencing.pexip import PexipProvider, PexipSettings
from addin.config import (
    EntraApplication,
    GraphSettings,
    MeetingSettings,
    PexipProviderSettings,
    Settings,
    SettingsFaulty,
)
from addin.mail.smtp import SmtpMailer, SmtpSettings
from addin.meetings.bind import ItemAnswers
from addin.meetings.book import BookMeeting
from addin.meetings.cancel import CancelMeeting
from addin.meetings.change import ChangeMeeting
from addin.meetings.change_link import ChangeLink
from addin.meetings.click import BindItem, PersonsCalendar
from addin.meetings.due import Queue, Work
from addin.meetings.explain import ExplainFollowing
from addin.meetings.follow import FollowItems
from addin.meetings.hints import HintInbox
from addin.meetings.invitations import MeetingInvitations
from addin.meetings.join import JoinMeeting, OccupancyMemory
from addin.meetings.keyring import Keyring
from addin.meetings.look import ItemLooks
from addin.meetings.mailboxes import FollowMailboxes
from addin.meetings.meeting_types import SHIPPED, MeetingTypes, load_meeting_types
from addin.meetings.model import Meeting
from addin.meetings.ports import Clock, ConferencingProvider, Mailer
from addin.meetings.rebuild import Rebuild
from addin.meetings.reconcile import Reconciler
from addin.meetings.rooms import RoomPlans
from addin.meetings.send_notices import SendNotices
from addin.meetings.start import StartMeeting
from addin.meetings.sweep import Sweep
from addin.meetings.take_hints import TakeHints
from addin.meetings.tell import TellOthers
from addin.meetings.texts import Contact, MeetingTexts
from addin.meetings.times import date_at_home
from addin.meetings.turn import FollowRules
from addin.meetings.units import Unit, Units
from addin.privacy import AllowList
from addin.store.ledger import SqlLedger, mark_path, open_ledger
from addin.store.needed import Needed, settings_needed
from addin.store.restored import begin_service, note_progress
from addin.store.rows import to_time
from addin.store.schema import is_current
from addin.web.error_pages import FailureAnswer, by_reader, error_page
from addin.web.health import health_blueprint
from addin.web.hooks.graph import graph_blueprint
from addin.web.join.page import JoinPageSettings, join_blueprint
from addin.web.metrics import metrics_blueprint
from addin.web.staff.api.choices import choices_blueprint
from addin.web.staff.api.edge import LARGEST_BODY, guard, make_api
from addin.web.staff.api.meetings import MeetingUseCases, meetings_blueprint
from addin.web.staff.api.personal_data import personal_data_blueprint
from addin.web.staff.api.representation import Representation
from addin.web.staff.api.texts import texts_blueprint
from addin.web.staff.auth.openid import OpenIdSettings, OpenIdSignIn
from addin.web.staff.auth.outbound import Outbound
from addin.web.staff.auth.tokens import TokenSettings, TokenVerifier, TrustedTenant
from addin.web.staff.icons import icons_blueprint
from addin.web.staff.pane import PaneSettings, SignIn, Support, pane_blueprint
from addin.web.staff.start import StartPageParts, StartPageSettings, start_blueprint
from addin.worker import Loop, Worker
from bounded_http.connections import Way
from calendar_sync.calendar import Calendar
from calendar_sync.items import Block
from manifest import icons
from templates_messages.catalogue import Catalogue, CatalogueFault, load_catalogue
from templates_messages.titles import Titles, load_titles

if TYPE_CHECKING:
    from calendar_sync.graph import GraphCalendar

T = TypeVar("T")

SURFACES: Final = ("join", "staff", "hooks")


class SchemaOutdated(Exception):
    """The ledger's schema is not the one that this version needs."""

    def __init__(self) -> None:
        super().__init__("The ledger is not prepared for this version. Run: vardmote migrate")


class SystemClock:
    """The machine's own clock (`ports.Clock`)."""

    def now(self) -> datetime:
        return datetime.now(UTC)


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


def content_faults(meetings: MeetingSettings, providers: Collection[str]) -> list[str]:
    """Return every fault for which `load_content` would refuse such settings; `providers` are their names."""
    faults: list[str] = []
    _read_content(meetings, providers, faults)
    return faults


def _read_content(
    meetings: MeetingSettings, providers: Collection[str], faults: list[str]
) -> tuple[MeetingTypes | None, Catalogue | None, Titles | None]:
    types = _collect(faults, partial(_types, meetings, faults))
    catalogue = _collect(faults, load_catalogue)
    titles = _collect(faults, load_titles)
    if types and titles:
        faults += _mismatches(providers, types, titles)
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


def _mismatches(providers: Collection[str], types: MeetingTypes, titles: Titles) -> Iterable[str]:
    for kind in types:
        if kind.provider not in providers:
            yield (
                f'meetings: {kind.id} needs the provider "{kind.provider}", which is not under [providers]; '
                "set it up, choose another one in meetings.providers, or leave the type out of meetings.offered"
            )
        for variant in kind.variants:
            if (kind.id, variant.id) not in titles.by_kind:
                yield f"texts: titles.toml has no titles for {kind.id}/{variant.id}"


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


class Service:
    """The parts of a running service, each made once and only when asked for."""

    def __init__(self, settings: Settings, ledger: SqlLedger, clock: Clock | None = None) -> None:
        self.settings = settings
        self.ledger = ledger
        self.clock = clock or SystemClock()
        self.content = load_content(settings)

    @cached_property
    def outbound(self) -> Outbound:
        """How we reach identity providers."""
        return outbound_of(self.settings)

    @cached_property
    def keyring(self) -> Keyring:
        """The service's own keys."""
        return keyring_of(self.settings)

    @cached_property
    def providers(self) -> dict[str, ConferencingProvider]:
        """The conferencing providers by name."""
        return providers_of(self.settings)

    @cached_property
    def calendars(self) -> dict[str, Calendar]:
        """The calendars that are followed, by name."""
        return calendars_of(self.settings)

    @cached_property
    def plans(self) -> RoomPlans:
        """What rooms are to be like."""
        titles = {kind: titles.room_title for kind, titles in self.content.titles.by_kind.items()}
        return RoomPlans(self.content.types, self.keyring, self.settings.service.instance, titles)

    @cached_property
    def reconciler(self) -> Reconciler:
        """What makes rooms agree with wishes."""
        # Half of the threads stay free for everybody else when a provider is slow.
        most = max(1, self.settings.server.threads // 2)
        return Reconciler(self.ledger, self.providers, self.plans, self.clock, most_slow_clicks=most)

    @cached_property
    def hints(self) -> HintInbox:
        """What takes in calendars' notifications."""
        return HintInbox(self.ledger, self.keyring, self.clock)

    @cached_property
    def texts(self) -> MeetingTexts:
        """What renders words."""
        service = self.settings.service
        contact = Contact(service.base_url, service.support, service.info_page)
        content = self.content
        return MeetingTexts(
            content.catalogue,
            content.titles,
            content.types,
            content.units,
            self.providers,
            self.clock,
            contact,
        )

    @cached_property
    def invitations(self) -> MeetingInvitations:
        """What writes calendar files for people outside."""
        mail = self.settings.mail
        return MeetingInvitations(self.texts, self.ledger, self.clock, mail.sender if mail else None)

    @cached_property
    def change(self) -> ChangeMeeting:
        """The use cases that change a meeting."""
        return ChangeMeeting(
            self.ledger,
            self.reconciler,
            self.plans,
            self.content.units,
            self.clock,
            self.providers,
            self._quiet_seconds,
        )

    @property
    def _quiet_seconds(self) -> float:
        """How long a mail waits for the next change."""
        mail = self.settings.mail
        return mail.quiet_seconds if mail else 0.0

    @cached_property
    def use_cases(self) -> MeetingUseCases:
        """What the JSON interface calls."""
        domains = mail_domains_of(self.settings)
        return MeetingUseCases(
            book=BookMeeting(
                self.ledger,
                self.reconciler,
                self.plans,
                self.content.units,
                self.clock,
                domains,
                self.providers,
                follows=bool(self.calendars),
            ),
            change=self.change,
            link=ChangeLink(self.ledger, self.reconciler, self.plans, self.clock, self._quiet_seconds),
            cancel=CancelMeeting(self.ledger, self.reconciler, self.clock),
            bind_item=self.bind_item,
            answers=self.answers,
            representation=Representation(self.ledger, self.texts, self.providers),
            ledger=self.ledger,
            clock=self.clock,
        )

    @cached_property
    def worker(self) -> Worker:
        """What does the work that nobody waits for."""
        sweep = Sweep(self.ledger, self.clock)
        note = partial(note_progress, self.ledger.engine, _mark(self.settings))
        return Worker(
            self.ledger,
            self.reconciler,
            sweep,
            self.providers,
            note,
            self.send_notices,
            self.followers,
            self.mailboxes.follow_all if self.calendars else None,
        )

    @cached_property
    def followers(self) -> dict[str, Loop]:
        """What follows calendars, by the name of its thread; nothing where none is followed."""
        if not self.calendars:
            return {}
        loops = {
            "hints": Loop(Queue(Work.HINTS), TakeHints(self.ledger).work_once),
            "route": Loop(Queue(Work.ROUTES), self.mailboxes.route_once),
            "probe": Loop(Queue(Work.MAILBOXES), partial(self.mailboxes.work_once, None)),
        }
        for name in self.calendars:
            watched = Queue(Work.MAILBOXES, name)
            loops[f"watch-{name}"] = Loop(watched, partial(self.mailboxes.work_once, name))
            for number in range(FOLLOWERS_A_CALENDAR):
                followed = Queue(Work.ITEMS, name)
                loops[f"follow-{name}-{number}"] = Loop(followed, partial(self.items.work_once, name))
        return loops

    @cached_property
    def mailboxes(self) -> FollowMailboxes:
        """What looks after followed mailboxes."""
        calls = self.settings.calendars.hooks_url or self.settings.service.base_url
        graph = (f"{calls}/hooks/graph/notifications", f"{calls}/hooks/graph/lifecycle")
        return FollowMailboxes(
            self.ledger,
            self.calendars,
            self.keyring,
            self.settings.service.instance,
            {"graph": graph},
            self.clock,
            [mailbox for unit in self.content.units for mailbox in unit.mailboxes],
            timedelta(seconds=self.settings.calendars.pull_seconds),
            [mailbox.lower() for mailbox in self.settings.calendars.also_search],
        )

    @cached_property
    def looks(self) -> ItemLooks:
        """What looks at calendar items."""
        return self._looking(self.calendars)

    def _looking(self, calendars: Mapping[str, Calendar]) -> ItemLooks:
        grace = timedelta(minutes=self.settings.calendars.grace_minutes)
        instance = self.settings.service.instance
        return ItemLooks(self.ledger, calendars, self.keyring, instance, self.clock, grace)

    @cached_property
    def items(self) -> FollowItems:
        """What makes meetings agree with their calendar items."""
        return self._following(self.calendars)

    def _following(self, calendars: Mapping[str, Calendar]) -> FollowItems:
        rules = FollowRules(
            may_write=self.settings.calendars.may_write,
            service_url=self.settings.service.base_url,
            quiet_seconds=self._quiet_seconds,
            near_period=timedelta(minutes=self.settings.calendars.sweep_minutes),
        )
        return FollowItems(
            self.ledger,
            calendars,
            self._looking(calendars),
            self.plans,
            self.providers,
            self._block,
            rules,
            self.clock,
        )

    @cached_property
    def explain_following(self) -> ExplainFollowing:
        """What tells an operator what following would do."""
        return ExplainFollowing(self.ledger, self.looks)

    @cached_property
    def bind_item(self) -> BindItem:
        """What looks at the item that somebody has open."""
        most = max(1, self.settings.server.threads // 4)
        persons = persons_calendars_of(self.settings)
        return BindItem(self.ledger, persons, self._following, most_slow_clicks=most)

    @cached_property
    def answers(self) -> ItemAnswers:
        """What the pane's people say about calendar items."""
        return ItemAnswers(self.ledger, self.clock, self.settings.calendars.may_write)

    def _block(self, meeting: Meeting) -> Block:
        rendered, earlier = self.texts.block_with_earlier(meeting)
        return Block(rendered.html, rendered.plain, earlier)

    @cached_property
    def send_notices(self) -> SendNotices | None:
        """What tells staff by mail; None where no mail server is set up."""
        mailer, chosen = mailer_of(self.settings), self.settings.mail
        if mailer is None or chosen is None:
            return None
        domains = mail_domains_of(self.settings)
        return SendNotices(self.ledger, mailer, self.texts, self.clock, domains, chosen.reminder_hours)

    @cached_property
    def verifier(self) -> TokenVerifier:
        """What says who sent a token."""
        sign_in = self.settings.sign_in
        token_settings = TokenSettings(
            tenants=_tenants(self.settings),
            audiences=tuple(sign_in.audiences),
            authorised_parties=tuple(sign_in.authorised_parties),
            scope=sign_in.scope,
            account_type_required=sign_in.account_type_required,
            outbound=self.outbound,
        )
        return TokenVerifier(token_settings, self.clock)

    @cached_property
    def rebuild(self) -> Rebuild:
        """The use case after a restore."""
        return Rebuild(self.ledger, self.providers, self.plans)

    def app(self, surfaces: Iterable[str]) -> Flask:
        """Return the Flask application of the chosen surfaces."""
        app = Flask("addin.web", static_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
        app.register_blueprint(health_blueprint(self.ledger))
        server = self.settings.server
        app.register_blueprint(metrics_blueprint(self.ledger, server.metrics_from, server.trusted_proxies))
        app.register_error_handler(HTTPException, self.error_page())
        for surface in surfaces:
            _SURFACES[surface](self, app)
        return app

    def error_page(self) -> FailureAnswer:
        """Return what answers people where no route of ours does."""
        return error_page(self.settings.service.base_url, self.settings.service.environment)


# --- surfaces -----------------------------------------------------------------------------------------------


def _add_join(service: Service, app: Flask) -> None:
    """The pages for guests."""
    settings = service.settings
    page = JoinPageSettings(
        settings.service.base_url,
        settings.service.environment,
        tuple(settings.server.trusted_proxies),
        settings.service.info_page,
    )
    occupancy = OccupancyMemory(service.clock)
    join = JoinMeeting(service.ledger, service.plans, service.providers, occupancy, service.clock)
    app.register_blueprint(join_blueprint(join, service.content.units, page, service.clock))


def _add_staff(service: Service, app: Flask) -> None:
    """The JSON interface, the pane and the start page."""
    content, settings = service.content, service.settings
    api = make_api(app)
    app.register_error_handler(HTTPException, by_reader(service.error_page(), api.handle_http_exception))
    allow = AllowList(
        mail_domains=frozenset(settings.service.mail_domains),
        telephone_numbers=frozenset(unit.telephone for unit in settings.units),
    )
    for blueprint in (
        choices_blueprint(content.types, content.units, content.titles, settings.meetings.provider_notes),
        meetings_blueprint(service.use_cases),
        texts_blueprint(
            service.texts,
            service.invitations,
            service.change,
            service.ledger,
            service.use_cases.representation,
            settings.pane.copy_first,
        ),
        personal_data_blueprint(allow, lambda: date_at_home(service.clock.now())),
    ):
        api.register_blueprint(guard(blueprint, service.verifier))
    app.register_blueprint(pane_blueprint(_pane_settings(settings)))
    app.register_blueprint(icons_blueprint(icons.FOLDER))
    app.register_blueprint(_start_pages(service))


def _start_pages(service: Service) -> Blueprint:
    settings, chosen = service.settings, service.settings.start_sign_in
    sign_in = OpenIdSignIn(
        OpenIdSettings(
            metadata_url=chosen.metadata_url,
            client_id=chosen.client_id,
            client_secret=chosen.client_secret,
            redirect_uri=f"{settings.service.base_url}/start/callback",
            tenants=_tenants(settings),
            sole_tenant=chosen.sole_tenant,
            object_claim=chosen.object_claim,
            outbound=service.outbound,
        ),
        service.clock,
    )
    start = StartMeeting(service.ledger, service.plans, service.providers, service.clock)
    tell = TellOthers(service.ledger, service.texts, service.clock)
    parts = StartPageParts(start, tell, service.content.units, sign_in, service.keyring, service.clock)
    page = StartPageSettings(
        settings.service.base_url, settings.service.environment, tuple(settings.server.trusted_proxies)
    )
    return start_blueprint(parts, page)


def _add_hooks(service: Service, app: Flask) -> None:
    """What calendars call."""
    app.register_blueprint(graph_blueprint(service.hints))


_SURFACES: Final[Mapping[str, Callable[[Service, Flask], None]]] = {
    "join": _add_join,
    "staff": _add_staff,
    "hooks": _add_hooks,
}


def _pane_settings(settings: Settings) -> PaneSettings:
    service, pane, sign_in = settings.service, settings.pane, settings.sign_in
    authority = sign_in.tenants[0].issuer_v2.removesuffix("/v2.0")
    return PaneSettings(
        sign_in=SignIn(pane.client_id, f"{sign_in.audiences[0]}/{sign_in.scope}", authority),
        support=Support(service.support, service.support_telephone),
        environment=service.environment,
        office_js_url=pane.office_js_url,
        frame_ancestors=tuple(pane.frame_ancestors),
        copy_first=pane.copy_first,
        instance=service.instance,
        calendar_access=settings.calendars.access,
        internal_mail_domains=tuple(domain.lower() for domain in service.mail_domains),
    )


# --- from settings to parts ---------------------------------------------------------------------------------


def keyring_of(settings: Settings) -> Keyring:
    """Return the service's own keys."""
    return Keyring(settings.keys.keys, settings.keys.current)


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


def providers_of(settings: Settings) -> dict[str, ConferencingProvider]:
    """Return an adapter for each configured provider."""
    return {name: _pexip(name, chosen, settings) for name, chosen in settings.providers.items()}


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
        credential = Certificate(who.private_key, _certificate(who.certificate, setting))
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


def _certificate(path: Path, setting: str) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsFaulty(
            [f"{setting}.certificate: {path} cannot be read ({type(fault).__name__})"]
        ) from None


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
# How many items of one calendar are looked at together; each batch is one call in most calendars.
FOLLOWERS_A_CALENDAR: Final = 2


def _tenants(settings: Settings) -> tuple[TrustedTenant, ...]:
    return tuple(
        TrustedTenant(tenant.id, tenant.issuer_v2, tenant.issuer_v1, tenant.jwks_url)
        for tenant in settings.sign_in.tenants
    )


def outbound_of(settings: Settings) -> Outbound:
    """Return how we reach identity providers."""
    return Outbound(_proxies(settings), _ca_bundle(settings))


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


def _mark(settings: Settings) -> Path:
    return mark_path(settings.ledger.url, settings.ledger.state_directory)


# --- entries ------------------------------------------------------------------------------------------------


def open_service(settings: Settings, *, writes: bool = True) -> Service:
    """Return the service on its ledger; raises SettingsFaulty, SchemaOutdated, LedgerInUse.

    With `writes`, notes the start and freezes a ledger that was restored from a backup.
    """
    clock = SystemClock()
    ledger = open_ledger(
        settings.ledger.url, keyring_of(settings), clock, writes=writes, pool_size=settings.server.threads
    )
    try:
        service = Service(settings, ledger, clock)
        _prepare(service, writes=writes)
    except BaseException:
        ledger.close()
        raise
    return service


def _prepare(service: Service, *, writes: bool) -> None:
    engine, settings = service.ledger.engine, service.settings
    if not is_current(engine):
        raise SchemaOutdated
    if faults := missing_settings(settings_needed(engine), settings, service.content):
        raise SettingsFaulty(faults)
    if writes:
        begin_service(engine, _mark(settings), now=to_time(service.clock.now()) or 0)
        service.ledger.take_up_leases()
