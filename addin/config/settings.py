"""What is set: values that have been checked, by section. Secrets are never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, TypeAlias

Network = IPv4Network | IPv6Network

KEY_BYTES = 32


class SettingsFaulty(Exception):
    """The settings cannot be used; `faults` are all of them, each `place: what is wrong and what to do`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What this installation is called and where it is reached (`base_url` without a slash at the end)."""

    base_url: str
    instance: str
    environment: Literal["sandbox", "test", "production"]
    mail_domains: list[str]
    support: str
    support_telephone: str
    info_page: str


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the service listens.

    `trusted_proxies`: networks whose X-Forwarded-For is believed; `metrics_from`: networks that `/metrics` answers.
    """

    host: str
    port: int
    threads: int
    processes: int
    trusted_proxies: list[Network]
    metrics_from: list[Network]


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """Where the ledger is."""

    url: str = field(repr=False)
    state_directory: Path


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The service's own keys by id; `current` makes new things."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """A directory whose employees may use the service."""

    id: str
    issuer_v2: str
    issuer_v1: str
    jwks_url: str


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """What a token for the API must say.

    `account_type_required`: refuse tokens without the optional claim `acct`, by which Entra tells guests of the tenant
    from its employees; set it when the API's registration sends that claim.
    """

    tenants: list[TenantSettings]
    audiences: list[str]
    scope: str
    authorised_parties: list[str]
    account_type_required: bool


@dataclass(frozen=True, slots=True)
class StartSignInSettings:
    """The OpenID provider that the start page sends people to.

    A provider that sends no `tid` knows one organisation: `sole_tenant` names it, `object_claim` the claim that
    holds a person's id.
    """

    metadata_url: str
    client_id: str
    sole_tenant: str | None
    object_claim: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PexipProviderSettings:
    """One Pexip Infinity. `management_url` is the management node, `join_url` where people's browsers go."""

    management_url: str
    join_url: str
    username: str
    password: str = field(repr=False)
    ready_after_seconds: float
    timeout_seconds: float


# What the schema of each kind of provider makes; another kind is one more: `A | B`.
ProviderSettings: TypeAlias = PexipProviderSettings


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """How the service reaches out: a proxy or None, and a CA bundle or None for the public ones."""

    proxy: str | None = field(repr=False)
    ca_bundle: Path | None


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server by which staff are told that others must hear of a change.

    `quiet_seconds`: how long the calendar must be quiet about a meeting before anybody is told of a change.
    `reminder_hours`: working hours after which they are reminded.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    sender_name: str
    username: str
    password: str = field(repr=False)
    timeout_seconds: float
    quiet_seconds: float
    reminder_hours: float


@dataclass(frozen=True, slots=True)
class MeetingSettings:
    """Which meeting types there are and are offered (None: all), and who serves a type instead of its own provider.

    `texts_directory`: an organisation's own texts and titles; None: the shipped ones. `provider_notes`: a Swedish
    sentence by type that people are shown about its provider.
    """

    types_file: Path | None
    texts_directory: Path | None
    offered: list[str] | None
    providers: dict[str, str]
    provider_notes: dict[str, str]


@dataclass(frozen=True, slots=True)
class PaneSettings:
    """What the task pane needs to know.

    `office_js_url`: in production Microsoft's own address, since an add-in may not bring a copy of Office.js along.
    `frame_ancestors`: the origins of Outlook on the web; an on-premises Exchange adds its own.
    """

    office_js_url: str
    client_id: str
    frame_ancestors: list[str]
    copy_first: Literal["link", "text"]


@dataclass(frozen=True, slots=True)
class EntraApplication:
    """A registration in Entra; a certificate with its key (PEM) or, in the sandbox, a client secret proves who asks."""

    client_id: str
    certificate: str | None = field(repr=False)
    private_key: str | None = field(repr=False)
    client_secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class GraphSettings(EntraApplication):
    """Exchange Online, and the application that follows items there.

    `on_behalf_of`: the application whose access tokens the pane has, when it may ask Graph in the name of whoever
    clicks; None: every look is with the service's own rights.
    """

    base_url: str
    authority: str
    tenant: str
    timeout_seconds: float
    on_behalf_of: EntraApplication | None


@dataclass(frozen=True, slots=True)
class EwsSettings:
    """Exchange on premises: the address of `Exchange.asmx`, and an account that may impersonate."""

    url: str
    username: str
    password: str = field(repr=False)
    auth: Literal["ntlm", "basic"]
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class CalDavSettings:
    """A CalDAV server.

    `url` is where a mailbox is, with `{mailbox}` for its address or `{user}` for what stands before the @.
    """

    url: str
    username: str
    password: str = field(repr=False)
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """Which calendars are followed, and what may be done in them.

    `access` none: nothing is read, and everything is as it was without calendars. `grace_minutes`: how long an item
    must be gone before its meeting ends. `sweep_minutes`: how often an item is looked at, whatever notifications tell,
    whose meeting begins within a day. `pull_seconds`: how often a mailbox is asked for changes whose calendar
    tells of none itself. `also_search`: mailboxes that are searched for copies though nobody there has to do with a
    meeting. `outside_mailbox`: those that the service must not be able to read, tried at each start and by
    `vardmote check --live`. `add_in_id`: under which Outlook keeps what the pane stores in an item. `hooks_url`:
    where calendars reach the surface `hooks`.
    """

    access: Literal["none", "read", "read_and_write"]
    grace_minutes: int
    sweep_minutes: float
    pull_seconds: float
    also_search: list[str]
    outside_mailbox: list[str]
    add_in_id: str
    hooks_url: str | None
    graph: GraphSettings | None
    ews: EwsSettings | None
    caldav: CalDavSettings | None

    @property
    def are_followed(self) -> bool:
        """Whether anything is read at all."""
        return self.access != "none"

    @property
    def outside(self) -> list[str]:
        """The mailboxes that must not be readable, in lower case."""
        return [mailbox.lower() for mailbox in self.outside_mailbox]

    @property
    def may_write(self) -> bool:
        """Whether tag and block may be written."""
        return self.access == "read_and_write"


@dataclass(frozen=True, slots=True)
class UnitSettings:
    """One unit (enhet)."""

    id: str
    name: str
    telephone: str
    hours: str
    contact_without_speech: str
    data_controller: str
    hsa_id: str
    mailboxes: list[str]


@dataclass(frozen=True, slots=True)
class SharedMailboxSettings:
    """A mailbox whose meetings the members of `groups` handle together; ids as the claim `groups` names them."""

    address: str
    groups: list[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything; `path` is the file it was read from."""

    path: Path
    service: ServiceSettings
    server: ServerSettings
    ledger: LedgerSettings
    keys: KeySettings
    sign_in: SignInSettings
    start_sign_in: StartSignInSettings
    providers: dict[str, ProviderSettings]
    network: NetworkSettings
    mail: MailSettings | None
    meetings: MeetingSettings
    pane: PaneSettings
    calendars: CalendarSettings
    units: list[UnitSettings]
    shared_mailboxes: list[SharedMailboxSettings]
