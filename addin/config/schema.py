"""What each section of the settings file may hold, and what must be true of its values together."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any, ClassVar, Final

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from addin.config.kinds import (
    FilePath,
    FileText,
    FolderPath,
    LedgerUrl,
    MailboxAddress,
    Mailboxes,
    NetworkRange,
    OneOfKinds,
    Origin,
    Proxy,
    Secret,
    TrustedCertificates,
    WebAddress,
    WebAddressOrNone,
    settings_folder,
)
from addin.config.settings import (
    KEY_BYTES,
    CalDavSettings,
    CalendarSettings,
    EntraApplication,
    EwsSettings,
    GraphSettings,
    KeySettings,
    LedgerSettings,
    MailSettings,
    MeetingSettings,
    NetworkSettings,
    PaneSettings,
    PexipProviderSettings,
    ServerSettings,
    ServiceSettings,
    SharedMailboxSettings,
    SignInSettings,
    StartSignInSettings,
    TenantSettings,
    UnitSettings,
)
from manifest.source import SKYDDAT_VARDMOTE

_THIS_MACHINE: Final = (IPv4Network("127.0.0.1"), IPv6Network("::1"))


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
    base_url = Origin(required=True)
    instance = fields.String(required=True, validate=_lower_case(2, 20))
    environment = fields.String(required=True, validate=validate.OneOf(["production", "test", "sandbox"]))
    mail_domains = fields.List(fields.String(validate=_domain), required=True, validate=_some)
    support = fields.String(load_default="")
    support_telephone = fields.String(load_default="")
    info_page = WebAddressOrNone(load_default="")

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
    trusted_proxies = fields.List(NetworkRange(), load_default=list)
    metrics_from = fields.List(NetworkRange(), load_default=lambda: list(_THIS_MACHINE))


class _LedgerSchema(_Section):
    makes = LedgerSettings
    url = LedgerUrl(required=True)
    state_directory = FilePath(load_default=settings_folder.get)


class _KeysSchema(Schema):
    current = fields.String(required=True, validate=_some)
    known = fields.Dict(
        keys=fields.String(validate=_lower_case(1, 20)),
        values=Secret(),
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
    issuer_v2 = WebAddress(required=True)
    issuer_v1 = fields.String(required=True, validate=_some)
    jwks_url = WebAddress(required=True)

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
    metadata_url = WebAddress(required=True)
    client_id = fields.String(required=True, validate=_some)
    client_secret = Secret(required=True)
    sole_tenant = fields.String(load_default=None)
    object_claim = fields.String(load_default="oid", validate=_some)


class _ProviderSchema(_Section):
    """What every kind of provider has; `kind` chooses the schema and is no more needed after it."""

    kind = fields.String(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        return self.makes(**{key: value for key, value in data.items() if key != "kind"})


class _PexipSchema(_ProviderSchema):
    makes = PexipProviderSettings
    management_url = Origin(required=True)
    join_url = Origin(required=True)
    username = fields.String(required=True, validate=_some)
    password = Secret(required=True)
    ready_after_seconds = fields.Float(load_default=90.0, validate=validate.Range(0, 600))
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 20))


# The schema of each kind of provider, by what stands as its `kind`.
_PROVIDERS: Final[Mapping[str, _ProviderSchema]] = {"pexip": _PexipSchema()}


class _NetworkSchema(_Section):
    makes = NetworkSettings
    proxy = Proxy(load_default=None)
    ca_bundle = TrustedCertificates(load_default=None)


class _MailSchema(_Section):
    makes = MailSettings
    host = fields.String(required=True, validate=_some)
    port = fields.Integer(load_default=587, strict=True, validate=validate.Range(1, 65535))
    security = fields.String(load_default="starttls", validate=validate.OneOf(["starttls", "tls", "none"]))
    sender = fields.Email(required=True)
    sender_name = fields.String(load_default="Skyddat vårdmöte", validate=_some)
    username = fields.String(load_default="")
    password = Secret(load_default="")
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 60))
    quiet_seconds = fields.Float(load_default=120.0, validate=validate.Range(0, 3600))
    reminder_hours = fields.Float(load_default=4.0, validate=validate.Range(0.25, 72))

    @validates_schema(skip_on_field_errors=False)
    def check_protection(self, data: dict[str, Any], **_: object) -> None:
        faults: dict[str, list[str]] = {}
        local = data.get("host") in ("127.0.0.1", "localhost", "::1")
        if data.get("security") == "none" and "host" in data and not local:
            faults["security"] = ["only a server on this machine may be used without encryption"]
        # A password that cannot be had is a fault of its own already.
        if "password" in data and bool(data.get("username")) != bool(data["password"]):
            faults["password"] = ["username and password come together, or neither"]
        if faults:
            raise ValidationError(faults)


class _MeetingsSchema(_Section):
    makes = MeetingSettings
    types_file = FilePath(load_default=None)
    texts_directory = FolderPath(load_default=None)
    offered = fields.List(fields.String(), load_default=None, validate=_some)
    providers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    provider_notes = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)


class _PaneSchema(_Section):
    makes = PaneSettings
    office_js_url = WebAddress(load_default="https://appsforoffice.microsoft.com/lib/1/hosted/office.js")
    client_id = fields.String(required=True, validate=_some)
    frame_ancestors = fields.List(
        Origin(),
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
    certificate = FileText(load_default=None)
    private_key = Secret(load_default=None)
    client_secret = Secret(load_default=None)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def check_proof(self, data: dict[str, Any], written: Any, **_: object) -> None:
        named = written if isinstance(written, dict) else {}
        given = {name for name in ("certificate", "private_key", "client_secret") if name in named}
        if given not in ({"certificate", "private_key"}, {"client_secret"}):
            raise ValidationError(
                "give certificate and private_key, or (in the sandbox) client_secret", "certificate"
            )
        if data.get("certificate") is not None and data.get("private_key"):
            from calendar_sync.microsoft.settings import Certificate

            try:
                Certificate(data["private_key"], data["certificate"])
            except ValueError as fault:
                raise ValidationError(str(fault), "certificate") from None


class _GraphSchema(_EntraApplicationSchema):
    makes = GraphSettings
    base_url = WebAddress(load_default="https://graph.microsoft.com/v1.0")
    authority = WebAddress(load_default="https://login.microsoftonline.com")
    tenant = fields.String(required=True, validate=_some)
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 20))
    on_behalf_of = fields.Nested(_EntraApplicationSchema, load_default=None)


class _EwsSchema(_Section):
    makes = EwsSettings
    url = WebAddress(required=True)
    username = fields.String(required=True, validate=_some)
    password = Secret(required=True)
    auth = fields.String(load_default="ntlm", validate=validate.OneOf(["ntlm", "basic"]))
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 20))


class _CalDavSchema(_Section):
    makes = CalDavSettings
    url = MailboxAddress(required=True)
    username = fields.String(required=True, validate=_some)
    password = Secret(required=True)
    timeout_seconds = fields.Float(load_default=10.0, validate=validate.Range(0.5, 20))


class _CalendarsSchema(_Section):
    makes = CalendarSettings
    access = fields.String(load_default="none", validate=validate.OneOf(["none", "read", "read_and_write"]))
    grace_minutes = fields.Integer(load_default=10, strict=True, validate=validate.Range(1, 1440))
    sweep_minutes = fields.Float(load_default=15.0, validate=validate.Range(0.5, 60))
    pull_seconds = fields.Float(load_default=15.0, validate=validate.Range(5, 900))
    also_search = fields.List(fields.Email(), load_default=list)
    outside_mailbox = Mailboxes(load_default=list)
    add_in_id = fields.String(load_default=str(SKYDDAT_VARDMOTE.id), validate=_some)
    hooks_url = WebAddress(load_default=None)
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


class _SharedMailboxSchema(_Section):
    makes = SharedMailboxSettings
    address = fields.Email(required=True)
    groups = fields.List(fields.String(validate=_some), required=True, validate=_some)


class SettingsSchema(Schema):
    """The whole file."""

    service = fields.Nested(_ServiceSchema, required=True)
    server = fields.Nested(_ServerSchema, load_default=lambda: _ServerSchema().load({}))
    ledger = fields.Nested(_LedgerSchema, required=True)
    keys = fields.Nested(_KeysSchema, required=True)
    sign_in = fields.Nested(_SignInSchema, required=True)
    start_sign_in = fields.Nested(_StartSignInSchema, required=True)
    providers = fields.Dict(
        keys=fields.String(validate=_lower_case(1, 40)),
        values=OneOfKinds(_PROVIDERS),
        required=True,
        validate=_some,
    )
    network = fields.Nested(_NetworkSchema, load_default=lambda: _NetworkSchema().load({}))
    mail = fields.Nested(_MailSchema, load_default=None)
    meetings = fields.Nested(_MeetingsSchema, load_default=lambda: _MeetingsSchema().load({}))
    pane = fields.Nested(_PaneSchema, required=True)
    calendars = fields.Nested(_CalendarsSchema, load_default=lambda: _CalendarsSchema().load({}))
    units = fields.List(fields.Nested(_UnitSchema), required=True, validate=_some)
    shared_mailboxes = fields.List(fields.Nested(_SharedMailboxSchema), load_default=list)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def check_units(self, _data: dict[str, Any], written: Any, **_: object) -> None:
        units = written.get("units")
        ids = [unit.get("id") for unit in units if isinstance(unit, dict)] if isinstance(units, list) else []
        if twice := sorted({one for one in ids if isinstance(one, str) and ids.count(one) > 1}):
            raise ValidationError([f"the id {one} stands twice" for one in twice], "units")
