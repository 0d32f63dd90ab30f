"""The settings: one TOML file, secrets from the environment or from files, and every fault named at once.

A secret is never written in the file itself: it is `{ env = "NAME" }` or `{ file = "path" }`. Relative paths are
taken from the folder of the settings file. Nothing has a silent stand-in: what the service cannot run without must
be there. `docs/operations.md` describes every setting; a test holds the two equal.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, ClassVar, Final, Literal
from urllib.parse import SplitResult, urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from manifest.source import SKYDDAT_VARDMOTE

Network = IPv4Network | IPv6Network
_THIS_MACHINE: Final = (IPv4Network("127.0.0.1"), IPv6Network("::1"))

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

    `provider_notes`: a Swedish sentence by type that people are shown about its provider.
    """

    types_file: Path | None
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
    certificate: Path | None
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
    meeting. `outside_mailbox`: one that the service must not be able to read, tried by
    `vardmote check --live`. `add_in_id`: under which Outlook keeps what the pane stores in an item. `hooks_url`:
    where calendars reach the surface `hooks`.
    """

    access: Literal["none", "read", "read_and_write"]
    grace_minutes: int
    sweep_minutes: float
    pull_seconds: float
    also_search: list[str]
    outside_mailbox: str | None
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
class Settings:
    """Everything; `path` is the file it was read from."""

    path: Path
    service: ServiceSettings
    server: ServerSettings
    ledger: LedgerSettings
    keys: KeySettings
    sign_in: SignInSettings
    start_sign_in: StartSignInSettings
    providers: dict[str, PexipProviderSettings]
    network: NetworkSettings
    mail: MailSettings | None
    meetings: MeetingSettings
    pane: PaneSettings
    calendars: CalendarSettings
    units: list[UnitSettings]


# --- how the file is read -----------------------------------------------------------------------------------

# The folder of the file that is being read; relative paths are taken from it.
_folder: ContextVar[Path] = ContextVar("settings_folder")


class _Secret(fields.Field[str]):
    """`{ env = "NAME" }` or `{ file = "path" }`; the value's own text never stands in the file or in a fault."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, dict) or len(value) != 1 or not set(value) <= {"env", "file"}:
            raise ValidationError(
                'write { env = "NAME" } or { file = "path" }; a secret does not belong in this file'
            )
        (name,) = value.values()
        if not isinstance(name, str) or not name.strip():
            raise ValidationError("write the name of an environment variable or of a file")
        secret = self._from_environment(name) if "env" in value else self._from_file(name)
        if not secret:
            raise ValidationError("the secret is empty")
        return secret

    def _from_environment(self, name: str) -> str:
        if name not in os.environ:
            raise ValidationError(f"the environment variable {name} is not set")
        return os.environ[name].strip()

    def _from_file(self, name: str) -> str:
        path = _folder.get() / name
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise ValidationError(f"{path} cannot be read ({type(fault).__name__})") from None


def _parts(address: str) -> SplitResult:
    """Return the parts of an address; raises ValidationError without the address, which may hold a password."""
    try:
        parts = urlsplit(address)
        usable = parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValidationError("this is not an address: check its brackets and its port")
    return parts


class _LedgerUrl(_Secret):
    """A database URL, or a secret that holds one since it has a password; a SQLite path is made absolute."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = value if isinstance(value, str) else super()._deserialize(value, attr, data, **kwargs)
        scheme, _, rest = text.partition("://")
        if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
            return f"sqlite:///{(_folder.get() / rest[1:]).resolve()}"
        if scheme not in ("postgresql", "postgresql+psycopg") or not rest:
            raise ValidationError("write sqlite:///ledger.db or postgresql://user@host/database")
        if _parts(text).password and isinstance(value, str):
            raise ValidationError(
                "the address has a password: put the whole address in a file or the environment"
            )
        return text


class _Path(fields.Field[Path]):
    """A path, relative to the folder of the settings file."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Path:
        if not isinstance(value, str) or not value:
            raise ValidationError("write a path")
        return _folder.get() / value


class _Network(fields.Field[Network]):
    """An address or a network, e.g. `10.0.0.0/8`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Network:
        try:
            return ip_network(value)
        except ValueError:
            raise ValidationError("write an address or a network, such as 10.1.0.0/16") from None


class _Address(fields.String):
    """An http or https address without a slash at the end; plain http only in the sandbox, on this machine."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = str(super()._deserialize(value, attr, data, **kwargs)).rstrip("/")
        parts = _parts(address)
        if "@" in parts.netloc:
            raise ValidationError("leave name and password out of the address")
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
            raise ValidationError("write an address that begins with https://")
        return address


# Of an origin, which also stands in a header where a semicolon or a space would begin something else.
_HOST: Final = re.compile(r"[A-Za-z0-9.*:\[\]-]+")


class _AddressOrNone(_Address):
    """The same, or an empty text where there is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return "" if value == "" else super()._deserialize(value, attr, data, **kwargs)


class _Origin(_Address):
    """An address that is scheme, host and port alone: the paths behind it are the adapter's own."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        parts = _parts(address)
        if parts.path or parts.query or parts.fragment or not _HOST.fullmatch(parts.netloc):
            raise ValidationError("write scheme and host alone, such as https://video.region.example")
        return address


class _MailboxAddress(_Address):
    """The address of a mailbox, with a place in its path for which one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        if not any(place in _parts(address).path for place in ("{mailbox}", "{user}")):
            raise ValidationError("write {mailbox} or {user} where the mailbox's own name stands in the path")
        return address


class _Proxy(_Secret):
    """A proxy's address, or a secret that holds one since it has a password; plain http is what proxies speak."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = value if isinstance(value, str) else super()._deserialize(value, attr, data, **kwargs)
        parts = _parts(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValidationError("write the address of a proxy, such as http://proxy.region.example:3128")
        if isinstance(value, str) and parts.password:
            raise ValidationError(
                "the address has a password: put the whole address in a file or the environment"
            )
        return text.rstrip("/")


class _Section(Schema):
    """A table of the file; becomes the dataclass named in `makes`."""

    makes: ClassVar[type]

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        return self.makes(**data)


_some = validate.Length(min=1)
_domain = validate.Regexp(
    r"[^\s@.]+(\.[^\s@.]+)+\Z", error="write what stands after the @, such as region.example"
)


def _lower_case(shortest: int, longest: int) -> validate.Regexp:
    """A name that also stands in tags, logs and addresses."""
    return validate.Regexp(
        rf"[a-z0-9-]{{{shortest},{longest}}}\Z",
        error=f"write {shortest} to {longest} characters, of a-z, 0-9 and - only",
    )


class _ServiceSchema(_Section):
    makes = ServiceSettings
    base_url = _Origin(required=True)
    instance = fields.String(required=True, validate=_lower_case(2, 20))
    environment = fields.String(required=True, validate=validate.OneOf(["production", "test", "sandbox"]))
    mail_domains = fields.List(fields.String(validate=_domain), required=True, validate=_some)
    support = fields.String(load_default="")
    support_telephone = fields.String(load_default="")
    info_page = _AddressOrNone(load_default="")

    @validates_schema(skip_on_field_errors=False)
    def check_scheme(self, data: dict[str, Any], **_: object) -> None:
        address = data.get("base_url", "")
        if data.get("environment") in ("production", "test") and address.startswith("http://"):
            raise ValidationError(
                "only the sandbox may use http; write an address that begins with https://", "base_url"
            )


class _ServerSchema(_Section):
    makes = ServerSettings
    host = fields.String(load_default="127.0.0.1")
    port = fields.Integer(load_default=8080, strict=True, validate=validate.Range(0, 65535))
    threads = fields.Integer(load_default=32, strict=True, validate=validate.Range(1, 256))
    processes = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 64))
    trusted_proxies = fields.List(_Network(), load_default=list)
    metrics_from = fields.List(_Network(), load_default=lambda: list(_THIS_MACHINE))


class _LedgerSchema(_Section):
    makes = LedgerSettings
    url = _LedgerUrl(required=True)
    state_directory = _Path(load_default=_folder.get)


class _KeysSchema(Schema):
    current = fields.String(required=True, validate=_some)
    known = fields.Dict(
        keys=fields.String(validate=_lower_case(1, 20)),
        values=_Secret(),
        required=True,
        validate=_some,
    )

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def check_keys(self, data: dict[str, Any], written: Any, **_: object) -> None:
        wrong = {
            name: ["a key is 64 hexadecimal digits"]
            for name, text in data.get("known", {}).items()
            if not _key(text)
        }
        faults: dict[str, Any] = {"known": wrong} if wrong else {}
        # What is written, since a key that has a fault of its own is named all the same.
        known = written.get("known") if isinstance(written, dict) else None
        if isinstance(known, dict) and "current" in data and data["current"] not in known:
            faults["current"] = ["names no key under keys.known"]
        if faults:
            raise ValidationError(faults)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> KeySettings:
        return KeySettings(
            data["current"], {name: bytes.fromhex(text) for name, text in data["known"].items()}
        )


def _key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) >= KEY_BYTES
    except ValueError:
        return False


class _TenantSchema(_Section):
    makes = TenantSettings
    id = fields.UUID(required=True)
    issuer_v2 = _Address(required=True)
    issuer_v1 = fields.String(required=True, validate=_some)
    jwks_url = _Address(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> TenantSettings:
        return TenantSettings(**{**data, "id": str(data["id"])})


class _SignInSchema(_Section):
    makes = SignInSettings
    tenants = fields.List(fields.Nested(_TenantSchema), required=True, validate=_some)
    audiences = fields.List(fields.String(validate=_some), required=True, validate=_some)
    scope = fields.String(load_default="access_as_user", validate=_some)
    authorised_parties = fields.List(fields.String(validate=_some), required=True, validate=_some)
    account_type_required = fields.Boolean(load_default=False)


class _StartSignInSchema(_Section):
    makes = StartSignInSettings
    metadata_url = _Address(required=True)
    client_id = fields.String(required=True, validate=_some)
    client_secret = _Secret(required=True)
    sole_tenant = fields.String(load_default=None)
    object_claim = fields.String(load_default="oid", validate=_some)


class _PexipSchema(_Section):
    makes = PexipProviderSettings
    kind = fields.String(required=True, validate=validate.OneOf(["pexip"]))
    management_url = _Origin(required=True)
    join_url = _Origin(required=True)
    username = fields.String(required=True, validate=_some)
    password = _Secret(required=True)
    ready_after_seconds = fields.Float(load_default=90.0, validate=validate.Range(0, 600))
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 20))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PexipProviderSettings:
        return PexipProviderSettings(**{key: value for key, value in data.items() if key != "kind"})


class _NetworkSchema(_Section):
    makes = NetworkSettings
    proxy = _Proxy(load_default=None)
    ca_bundle = _Path(load_default=None)


class _MailSchema(_Section):
    makes = MailSettings
    host = fields.String(required=True, validate=_some)
    port = fields.Integer(load_default=587, strict=True, validate=validate.Range(1, 65535))
    security = fields.String(load_default="starttls", validate=validate.OneOf(["starttls", "tls", "none"]))
    sender = fields.Email(required=True)
    sender_name = fields.String(load_default="Skyddat vårdmöte", validate=_some)
    username = fields.String(load_default="")
    password = _Secret(load_default="")
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 60))
    quiet_seconds = fields.Float(load_default=120.0, validate=validate.Range(0, 3600))
    reminder_hours = fields.Float(load_default=4.0, validate=validate.Range(0.25, 72))

    @validates_schema(skip_on_field_errors=False)
    def check_protection(self, data: dict[str, Any], **_: object) -> None:
        faults: dict[str, list[str]] = {}
        local = data.get("host") in ("127.0.0.1", "localhost", "::1")
        if data.get("security") == "none" and "host" in data and not local:
            faults["security"] = ["only a server on this machine may be used without encryption"]
        if bool(data.get("username")) != bool(data.get("password")):
            faults["password"] = ["username and password come together, or neither"]
        if faults:
            raise ValidationError(faults)


class _MeetingsSchema(_Section):
    makes = MeetingSettings
    types_file = _Path(load_default=None)
    offered = fields.List(fields.String(), load_default=None, validate=_some)
    providers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    provider_notes = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)


class _PaneSchema(_Section):
    makes = PaneSettings
    office_js_url = _Address(load_default="https://appsforoffice.microsoft.com/lib/1/hosted/office.js")
    client_id = fields.String(required=True, validate=_some)
    frame_ancestors = fields.List(
        _Origin(),
        load_default=lambda: [
            "https://outlook.office.com",
            "https://outlook.office365.com",
            "https://outlook.cloud.microsoft",
        ],
    )
    copy_first = fields.String(load_default="link", validate=validate.OneOf(["link", "text"]))


class _EntraApplicationSchema(_Section):
    makes: ClassVar[type] = EntraApplication
    client_id = fields.String(required=True, validate=_some)
    certificate = _Path(load_default=None)
    private_key = _Secret(load_default=None)
    client_secret = _Secret(load_default=None)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def check_proof(self, _data: dict[str, Any], written: Any, **_: object) -> None:
        named = written if isinstance(written, dict) else {}
        given = {name for name in ("certificate", "private_key", "client_secret") if name in named}
        if given not in ({"certificate", "private_key"}, {"client_secret"}):
            raise ValidationError(
                "give certificate and private_key, or (in the sandbox) client_secret", "certificate"
            )


class _GraphSchema(_EntraApplicationSchema):
    makes = GraphSettings
    base_url = _Address(load_default="https://graph.microsoft.com/v1.0")
    authority = _Address(load_default="https://login.microsoftonline.com")
    tenant = fields.String(required=True, validate=_some)
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 20))
    on_behalf_of = fields.Nested(_EntraApplicationSchema, load_default=None)


class _EwsSchema(_Section):
    makes = EwsSettings
    url = _Address(required=True)
    username = fields.String(required=True, validate=_some)
    password = _Secret(required=True)
    auth = fields.String(load_default="ntlm", validate=validate.OneOf(["ntlm", "basic"]))
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 20))


class _CalDavSchema(_Section):
    makes = CalDavSettings
    url = _MailboxAddress(required=True)
    username = fields.String(required=True, validate=_some)
    password = _Secret(required=True)
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 20))


class _CalendarsSchema(_Section):
    makes = CalendarSettings
    access = fields.String(load_default="none", validate=validate.OneOf(["none", "read", "read_and_write"]))
    grace_minutes = fields.Integer(load_default=10, strict=True, validate=validate.Range(1, 1440))
    sweep_minutes = fields.Float(load_default=15.0, validate=validate.Range(0.5, 60))
    pull_seconds = fields.Float(load_default=15.0, validate=validate.Range(5, 900))
    also_search = fields.List(fields.Email(), load_default=list)
    outside_mailbox = fields.Email(load_default=None)
    add_in_id = fields.String(load_default=str(SKYDDAT_VARDMOTE.id), validate=_some)
    hooks_url = _Address(load_default=None)
    graph = fields.Nested(_GraphSchema, load_default=None)
    ews = fields.Nested(_EwsSchema, load_default=None)
    caldav = fields.Nested(_CalDavSchema, load_default=None)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def check_calendar(self, data: dict[str, Any], written: Any, **_: object) -> None:
        followed = data.get("access", "none") != "none"
        if followed and not {"graph", "ews", "caldav"} & set(written):
            raise ValidationError(
                "say which calendar is read: graph, ews or caldav below calendars", "access"
            )


class _UnitSchema(_Section):
    makes = UnitSettings
    id = fields.String(required=True, validate=_lower_case(1, 60))
    name = fields.String(required=True, validate=_some)
    telephone = fields.String(required=True, validate=_some)
    hours = fields.String(required=True, validate=_some)
    contact_without_speech = fields.String(required=True, validate=_some)
    data_controller = fields.String(required=True, validate=_some)
    hsa_id = fields.String(load_default="")
    mailboxes = fields.List(fields.Email(), load_default=list)


class _SettingsSchema(Schema):
    service = fields.Nested(_ServiceSchema, required=True)
    server = fields.Nested(_ServerSchema, load_default=lambda: _ServerSchema().load({}))
    ledger = fields.Nested(_LedgerSchema, required=True)
    keys = fields.Nested(_KeysSchema, required=True)
    sign_in = fields.Nested(_SignInSchema, required=True)
    start_sign_in = fields.Nested(_StartSignInSchema, required=True)
    providers = fields.Dict(
        keys=fields.String(validate=_lower_case(1, 40)),
        values=fields.Nested(_PexipSchema),
        required=True,
        validate=_some,
    )
    network = fields.Nested(_NetworkSchema, load_default=lambda: _NetworkSchema().load({}))
    mail = fields.Nested(_MailSchema, load_default=None)
    meetings = fields.Nested(_MeetingsSchema, load_default=lambda: _MeetingsSchema().load({}))
    pane = fields.Nested(_PaneSchema, required=True)
    calendars = fields.Nested(_CalendarsSchema, load_default=lambda: _CalendarsSchema().load({}))
    units = fields.List(fields.Nested(_UnitSchema), required=True, validate=_some)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def check_units(self, _data: dict[str, Any], written: Any, **_: object) -> None:
        units = written.get("units")
        ids = [unit.get("id") for unit in units if isinstance(unit, dict)] if isinstance(units, list) else []
        if twice := sorted({one for one in ids if isinstance(one, str) and ids.count(one) > 1}):
            raise ValidationError([f"the id {one} stands twice" for one in twice], "units")


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a file: `sections` without a fault by name, `written` as it stands, and all faults."""

    path: Path
    written: Mapping[str, Any]
    sections: Mapping[str, Any]
    faults: list[str]

    def settings(self) -> Settings:
        """Return the settings; raises SettingsFaulty with every fault."""
        if self.faults:
            raise SettingsFaulty(self.faults)
        return Settings(path=self.path, **self.sections)


def load_settings(path: Path) -> Settings:
    """Read the file; raises SettingsFaulty with every fault that can be seen without trying the connections."""
    return read_settings(path).settings()


def read_settings(path: Path) -> Reading:
    """Read as much of the file as can be read; raises SettingsFaulty when it is no TOML at all."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise SettingsFaulty([f"{path}: cannot be read ({type(fault).__name__})"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsFaulty([f"{path}: is not TOML: {fault}"]) from None
    token = _folder.set(path.resolve().parent)
    try:
        return Reading(path, written, _SettingsSchema().load(written), [])
    except ValidationError as fault:
        faulty = fault.messages_dict
        # The schema's own `valid_data` is a dict, and a section in which something is wrong is in it only in part.
        read: Any = fault.valid_data
        sections = {name: section for name, section in read.items() if name not in faulty}
        # A section that is not written has the values that it has by default.
        for name, declared in _SettingsSchema().fields.items():
            if name not in written and callable(declared.load_default):
                sections.setdefault(name, declared.load_default())
        return Reading(path, written, sections, list(_sentences(fault.messages, "")))
    finally:
        _folder.reset(token)


def _sentences(messages: Any, place: str) -> Iterator[str]:
    """Flatten marshmallow's nested messages to `section.key: sentence`."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            # Fields of a Dict report under `key` and `value`, which nobody wrote.
            below = place if key in ("value", "_schema") else f"{place}.{key}".lstrip(".")
            yield from _sentences(inner, below)
    else:
        yield from (f"{place}: {sentence}" for sentence in messages)


def setting_names() -> list[str]:
    """Return every setting as `section.key`, for the test that holds the documentation equal to this file."""
    return sorted(_names(_SettingsSchema(), ""))


def _names(schema: Schema, place: str) -> Iterator[str]:
    for name, fld in schema.fields.items():
        inner: fields.Field[Any] = fld
        path = f"{place}{name}"
        if isinstance(inner, fields.List):
            path = f"{path}[]" if isinstance(inner.inner, fields.Nested) else path
            inner = inner.inner
        if isinstance(inner, fields.Dict) and isinstance(inner.value_field, fields.Nested):
            inner, path = inner.value_field, f"{path}.<name>"
        if isinstance(inner, fields.Nested):
            yield from _names(inner.schema, f"{path}.")
        else:
            yield path
