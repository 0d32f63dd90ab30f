"""The settings file: every fault at once and in its place, secrets from elsewhere only, nothing that breaks."""

from __future__ import annotations

import os
import re
from copy import deepcopy
from itertools import filterfalse
from pathlib import Path
from typing import Any, Final

import pytest
from certifi import where
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import make_url

from addin.checking import remarks, static_faults
from addin.config.reading import load_settings, setting_names
from addin.config.settings import Settings, SettingsFaulty
from addin.sandbox import people
from addin.wiring.content import load_content
from tests.contract.calendars.certificates import new_certificate
from tests.unit.settings_file import SettingsFile

SECRET: Final = "korrekt-häst-batteri"


@pytest.fixture
def settings(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path)


def _faults(settings: SettingsFile) -> list[str]:
    with pytest.raises(SettingsFaulty) as told:
        settings.loads()
    return told.value.faults


# --- what is right ------------------------------------------------------------------------------------------


def test_the_trial_s_settings_are_right(settings: SettingsFile) -> None:
    assert static_faults(settings.path) == []


def test_what_is_left_out_gets_a_safe_value(settings: SettingsFile) -> None:
    for place in ("server.host", "server.port", "pane.office_js_url", "pane.frame_ancestors"):
        settings.removes(place)
    loaded = settings.loads()
    assert (loaded.server.host, loaded.server.port, loaded.server.processes) == ("127.0.0.1", 8080, 1)
    assert loaded.pane.office_js_url == "https://appsforoffice.microsoft.com/lib/1/hosted/office.js"
    assert loaded.pane.frame_ancestors
    assert list(loaded.server.trusted_proxies) == []


def test_paths_are_taken_from_the_file_s_own_folder(
    settings: SettingsFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert settings.loads().ledger.url == f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.mark.parametrize("name", ["V%C3%A5rd", "50% #1", "Vad är vårt?"])
def test_a_ledger_stands_in_the_file_s_own_folder_whatever_its_name_is(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    assert make_url(SettingsFile(folder).loads().ledger.url).database == str(folder / "ledger.db")


def test_proxy_and_certificates_of_the_organisation_are_taken(settings: SettingsFile, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(Path(where()).read_text(encoding="utf-8"), encoding="utf-8")
    settings.puts("network", {"proxy": "https://proxy.region.example:8443", "ca_bundle": "ca.pem"})
    network = settings.loads().network
    assert (network.proxy, network.ca_bundle) == ("https://proxy.region.example:8443", tmp_path / "ca.pem")


# --- what is wrong ------------------------------------------------------------------------------------------


def test_every_fault_is_named_at_once_in_its_place(settings: SettingsFile) -> None:
    settings.removes("service.base_url")
    settings.puts("service.environment", "prod")
    settings.puts("server.port", "8080")
    settings.puts("keys.current", "no-such-key")
    settings.puts("providers.pexip.password", SECRET)
    settings.puts("sign_in.tenants.0.id", "not-a-guid")
    settings.puts("units.1.mailboxes", ["not-an-address"])
    settings.puts("colour", "blue")
    places = [fault.partition(": ")[0] for fault in _faults(settings)]
    assert set(places) == {
        "service.base_url",
        "service.environment",
        "server.port",
        "keys.current",
        "providers.pexip.password",
        "sign_in.tenants.0.id",
        "units.1.mailboxes.0",
        "colour",
    }


def test_faults_of_sections_do_not_hide_those_between_and_within_others(settings: SettingsFile) -> None:
    settings.puts("service.instance", "Sandlåda")
    settings.puts("service.environment", "production")
    settings.puts("keys.current", "no-such-key")
    settings.puts("keys.known.short", {"file": "no-such-file"})
    settings.puts("units.1.id", settings.content["units"][0]["id"])
    settings.puts("units.2.name", "")
    settings.puts("providers.pexip.username", "")
    settings.puts("meetings.providers", {"no-such-type": "pexip", "internal-meeting": "no-such-provider"})
    settings.puts("meetings.offered", ["another-type", "internal-meeting"])
    settings.puts("server.processes", 4)
    faults = static_faults(settings.path)
    for place, told in (
        ("service.instance", "write 2 to 20 characters, of a-z, 0-9 and - only"),
        ("service.base_url", "https://"),
        ("keys.current", "names no key"),
        ("keys.known.short", "cannot be read"),
        ("units", f"the id {settings.content['units'][0]['id']} stands twice"),
        ("units.2.name", ""),
        ("providers.pexip.username", ""),
        ("meetings.providers", 'no meeting type "no-such-type"'),
        ("meetings.offered", 'no meeting type "another-type"'),
        ("meetings", 'needs the provider "no-such-provider"'),
        ("server.processes", "SQLite serves one process"),
    ):
        assert [fault for fault in faults if fault.startswith(f"{place}: ") and told in fault], (
            place,
            faults,
        )
    assert len(faults) == 11


def test_a_unit_without_a_name_and_missing_providers_hide_no_fault_beside_them(
    settings: SettingsFile,
) -> None:
    settings.removes("units.0.name")
    settings.puts("units.0.telephone", "växeln")
    settings.puts("units.1.telephone", "")
    settings.removes("providers")
    settings.puts("meetings.offered", ["no-such-type"])
    places = [fault.partition(": ")[0] for fault in static_faults(settings.path)]
    assert sorted(places) == [
        "meetings.offered",
        "providers",
        "units.0.name",
        "units.0.telephone",
        "units.1.telephone",
    ]


def test_a_key_with_a_fault_of_its_own_can_still_be_the_current_one(settings: SettingsFile) -> None:
    settings.puts("keys.known.trial", {"file": "no-such-file"})
    (fault,) = _faults(settings)
    assert fault.startswith("keys.known.trial: ")


def test_a_fault_elsewhere_leaves_sections_that_are_not_written_to_their_defaults(
    settings: SettingsFile,
) -> None:
    settings.removes("meetings")
    settings.removes("service.instance")
    faults = static_faults(settings.path)
    assert len(faults) == 2
    assert any('internal-meeting needs the provider "teams"' in fault for fault in faults)


@pytest.mark.parametrize(
    ("place", "written"),
    [("units", "list"), ("units.0", "table"), ("service", "table"), ("keys.known", "table")],
)
def test_how_a_list_or_a_section_is_written_is_told(settings: SettingsFile, place: str, written: str) -> None:
    settings.puts(place, "something else")
    assert any(fault.startswith(f"{place}: write a {written}: ") for fault in _faults(settings))


@pytest.mark.parametrize("place", ["service.instance", "units.0.id"])
@pytest.mark.parametrize("name", ["Å", "a b", "a_b", "x" * 61, "trial\n"])
def test_a_name_is_told_its_characters_and_its_length(settings: SettingsFile, place: str, name: str) -> None:
    settings.puts(place, name)
    (fault,) = _faults(settings)
    assert re.fullmatch(rf"{place}: write \d to \d+ characters, of a-z, 0-9 and - only", fault), fault


def test_a_fault_between_sections_is_named_too(settings: SettingsFile, tmp_path: Path) -> None:
    settings.puts("server.processes", 4)
    settings.puts("units.1.id", settings.content["units"][0]["id"])
    settings.puts("network", {"ca_bundle": "missing.pem"})
    settings.puts("meetings.providers", {"internal-meeting": "teams"})
    places = [fault.partition(": ")[0] for fault in static_faults(settings.path)]
    assert sorted(places) == ["meetings", "network.ca_bundle", "server.processes", "units"]


def test_a_provider_of_no_kind_or_of_an_unknown_one_is_named(settings: SettingsFile) -> None:
    settings.puts("providers", {"one": {"kind": "zoom"}, "two": {"username": "u"}, "three": "pexip"})
    assert sorted(_faults(settings)) == [
        "providers.one.kind: must be one of: pexip",
        "providers.three: write a table",
        "providers.two.kind: is missing and must be set",
    ]


def test_a_folder_for_the_mark_that_cannot_be_written_is_named(
    settings: SettingsFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.puts("ledger", {"url": "postgresql://vardmote@db.region.example/v", "state_directory": "none"})
    assert static_faults(settings.path) == [f"ledger.state_directory: {tmp_path / 'none'} is not a folder"]
    (tmp_path / "none").mkdir()
    assert static_faults(settings.path) == []
    # Whoever runs the tests may be one who may write anywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert static_faults(settings.path) == [
        f"ledger.state_directory: nothing can be written in {tmp_path / 'none'}"
    ]


def test_only_the_sandbox_speaks_plain_http(settings: SettingsFile) -> None:
    settings.puts("service.environment", "production")
    assert any(fault.startswith("service.base_url: ") for fault in static_faults(settings.path))


@pytest.mark.parametrize(
    "address", ["http://vardmote.region.example", "vardmote.region.example", "ftp://a", ""]
)
def test_an_address_elsewhere_is_https(settings: SettingsFile, address: str) -> None:
    settings.puts("providers.pexip.management_url", address)
    (fault,) = _faults(settings)
    assert fault.startswith("providers.pexip.management_url: ")


@pytest.mark.parametrize("key", ["00", "z" * 64, "0" * 62, ""])
def test_a_key_is_32_bytes(settings: SettingsFile, tmp_path: Path, key: str) -> None:
    (tmp_path / "key").write_text(key, encoding="ascii")
    assert _faults(settings)[0].startswith("keys.known.trial: ")


@pytest.mark.parametrize("content", ["[service\n", "a = 1\na = 2\n", "\x00"])
def test_a_file_that_is_no_toml_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(content, encoding="utf-8")
    (fault,) = static_faults(path)
    assert fault.startswith(f"{path}: is not TOML")


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, name: str) -> None:
    (fault,) = static_faults(tmp_path / name)
    assert fault.startswith(f"{tmp_path / name}: cannot be read")


ODD_VALUES: Final[tuple[Any, ...]] = (
    17,
    -1.5,
    True,
    "",
    " ",
    "å",
    "https://[",
    [],
    [17],
    [[]],
    {},
    {"env": 17},
    {"file": []},
    {"env": "NO_SUCH", "file": "no-such"},
)


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_no_value_anywhere_makes_the_check_break(tmp_path: Path, value: object) -> None:
    settings = SettingsFile(tmp_path)
    right = deepcopy(settings.content)
    # Of what is listed the first stands for all.
    for place in filterfalse(re.compile(r"\.[1-9]").search, settings.places()):
        settings.content = deepcopy(right)
        settings.puts(place, value)
        section = place.partition(".")[0]
        faults = _first_faults(settings, and_content=section == "meetings")
        # The value may have taken something away that another section speaks of.
        assert faults == [] or any(fault.startswith((section, "meetings")) for fault in faults), (
            place,
            faults,
        )
        assert all(": " in fault for fault in faults), (place, faults)


def _first_faults(settings: SettingsFile, *, and_content: bool) -> list[str]:
    """Return what is wrong with the file itself, and where asked with the types and texts that it chooses."""
    try:
        loaded = settings.loads()
        if and_content:
            load_content(loaded)
    except SettingsFaulty as faulty:
        return faulty.faults
    return []


def test_every_required_setting_is_missed_when_it_is_gone(tmp_path: Path) -> None:
    required = (
        "service.base_url",
        "service.instance",
        "ledger.url",
        "keys.known",
        "sign_in.tenants",
        "units",
    )
    for place in required:
        settings = SettingsFile(tmp_path)
        settings.removes(place)
        assert _faults(settings) == [f"{place}: is missing and must be set"]


# --- secrets ------------------------------------------------------------------------------------------------


def test_a_secret_comes_from_the_environment_or_a_file(
    settings: SettingsFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEXIP_PASSWORD", f" {SECRET}\n")
    settings.puts("providers.pexip.password", {"env": "PEXIP_PASSWORD"})
    (tmp_path / "web").write_text(f"{SECRET}\n", encoding="utf-8")
    settings.puts("start_sign_in.client_secret", {"file": "web"})
    loaded = settings.loads()
    assert loaded.providers["pexip"].password == SECRET
    assert loaded.start_sign_in.client_secret == SECRET


def test_a_mark_that_an_editor_puts_before_a_text_is_no_part_of_it(
    settings: SettingsFile, tmp_path: Path
) -> None:
    settings.puts("start_sign_in.client_secret", {"file": "web"})
    (tmp_path / "web").write_text(SECRET, encoding="utf-8-sig")
    settings.path.write_text(settings.path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert settings.loads().start_sign_in.client_secret == SECRET


@pytest.mark.parametrize(
    "place", ["providers.pexip.password", "start_sign_in.client_secret", "keys.known.trial"]
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(settings: SettingsFile, place: str) -> None:
    settings.puts(place, SECRET)
    faults = _faults(settings)
    assert faults[0].startswith(f"{place}: ")
    assert SECRET not in "".join(faults)


def test_a_password_in_the_ledger_s_address_is_refused_and_not_repeated(settings: SettingsFile) -> None:
    settings.puts("ledger.url", f"postgresql://vardmote:{SECRET}@db.region.example/vardmote")
    (fault,) = _faults(settings)
    assert fault.startswith("ledger.url: ")
    assert SECRET not in fault


def test_a_ledger_s_address_with_its_password_may_come_from_a_file(
    settings: SettingsFile, tmp_path: Path
) -> None:
    address = f"postgresql://vardmote:{SECRET}@db.region.example/vardmote"
    (tmp_path / "ledger-url").write_text(address, encoding="utf-8")
    settings.puts("ledger.url", {"file": "ledger-url"})
    assert settings.loads().ledger.url == address


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ({"env": "NO_SUCH_VARIABLE"}, "NO_SUCH_VARIABLE is not set"),
        ({"file": "no-such-file"}, "no-such-file cannot be read"),
        ({"file": "empty"}, "the secret is empty"),
        ({"file": "."}, "cannot be read"),
    ],
)
def test_a_secret_that_cannot_be_had_is_named(
    settings: SettingsFile, tmp_path: Path, secret: dict[str, str], told: str
) -> None:
    (tmp_path / "empty").write_text("\n", encoding="ascii")
    settings.puts("providers.pexip.password", secret)
    (fault,) = _faults(settings)
    assert told in fault


def test_no_secret_stands_in_what_is_printed_of_the_settings(settings: SettingsFile, tmp_path: Path) -> None:
    (tmp_path / "ledger-url").write_text(
        f"postgresql://vardmote:{SECRET}@db.region.example/v", encoding="utf-8"
    )
    settings.puts("ledger.url", {"file": "ledger-url"})
    loaded = settings.loads()
    key = (tmp_path / "key").read_text(encoding="ascii")
    printed = f"{loaded!r} {loaded}"
    assert isinstance(loaded, Settings)
    for secret in (SECRET, people.PEXIP_PASSWORD, people.WEB_SECRET, key, repr(bytes.fromhex(key))[2:-1]):
        assert secret not in printed


# --- the list of names --------------------------------------------------------------------------------------


def test_every_name_that_the_trial_uses_is_in_the_list_of_names(settings: SettingsFile) -> None:
    listed = set(setting_names())
    for place in settings.places():
        if "." in place:
            name = re.sub(r"\.\d+", "[]", place).replace("providers.pexip", "providers.<name>")
            # A name, the table that holds it, or one of a list's or a free table's own entries.
            known = any(one == name or one.startswith((f"{name}.", f"{name}[")) for one in listed)
            entry = any(name.startswith((f"{one}.", f"{one}[")) for one in listed)
            assert known or entry, name


def test_the_settings_can_be_read_from_two_files_at_once(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = SettingsFile(tmp_path / "one"), SettingsFile(tmp_path / "two")
    assert load_settings(one.path).ledger.url != load_settings(two.path).ledger.url


# --- mail ---------------------------------------------------------------------------------------------------


def test_mail_is_optional_and_protected_unless_the_server_is_this_machine(settings: SettingsFile) -> None:
    settings.puts("mail", {"host": "127.0.0.1", "security": "none", "sender": "vardmote@region.example"})
    mail = settings.loads().mail
    assert mail is not None
    assert (mail.quiet_seconds, mail.reminder_hours) == (120, 4)
    settings.puts("mail.host", "mail.region.example")
    settings.puts("mail.username", "vardmote")
    places = {fault.partition(": ")[0] for fault in _faults(settings)}
    assert places == {"mail.security", "mail.password"}
    settings.puts("mail.host", "127.0.0.1")
    settings.puts("mail.password", {"env": "NO_SUCH_VARIABLE"})
    (lacking,) = _faults(settings)
    assert "NO_SUCH_VARIABLE" in lacking
    settings.removes("mail")
    assert settings.loads().mail is None


# --- calendars ----------------------------------------------------------------------------------------------


def test_without_a_word_of_calendars_none_is_followed(settings: SettingsFile) -> None:
    if "calendars" in settings.content:
        settings.removes("calendars")
    loaded = settings.loads().calendars
    assert (loaded.access, loaded.are_followed, loaded.may_write) == ("none", False, False)


def test_mailboxes_that_are_also_searched_are_addresses(settings: SettingsFile) -> None:
    settings.puts("calendars", {"also_search": ["anna.lindgren@region.example", "anna"]})
    assert _faults(settings) == ["calendars.also_search.1: Not a valid email address."]


def test_a_mailbox_that_is_also_searched_is_not_the_one_that_must_not_be_read(settings: SettingsFile) -> None:
    for outside in ("diarium@region.example", ["arkivet@region.example", "diarium@region.example"]):
        settings.puts("calendars", {"also_search": ["Diarium@region.example"], "outside_mailbox": outside})
        (fault,) = static_faults(settings.path)
        assert fault.startswith("calendars.also_search: calendars.outside_mailbox stands in it")


@pytest.mark.parametrize(("outside", "place"), [("diarium", ""), (["a@region.example", "b"], ".1")])
def test_mailboxes_that_must_not_be_readable_are_addresses(
    settings: SettingsFile, outside: object, place: str
) -> None:
    settings.puts("calendars", {"outside_mailbox": outside})
    assert _faults(settings) == [f"calendars.outside_mailbox{place}: Not a valid email address."]


def test_that_no_mailbox_proves_where_the_rights_end_is_said_and_no_fault(settings: SettingsFile) -> None:
    assert remarks(settings.path) == []
    settings.removes("calendars.outside_mailbox")
    (remark,) = remarks(settings.path)
    assert remark.startswith("calendars.outside_mailbox is not set")
    assert static_faults(settings.path) == []
    settings.removes("calendars")
    assert remarks(settings.path) == []


def test_a_mailbox_in_which_nobody_can_book_is_remarked_on(settings: SettingsFile) -> None:
    settings.puts("units.0.mailboxes", ["Psykiatri@Region.example", "psykiatri@regoin.example"])
    settings.puts("shared_mailboxes", [{"address": "lista@mail.region.example", "groups": ["g"]}])
    assert static_faults(settings.path) == []
    assert [remark.partition(" is in none")[0] for remark in remarks(settings.path)] == [
        "units.0.mailboxes.1: psykiatri@regoin.example",
        "shared_mailboxes.0.address: lista@mail.region.example",
    ]


def test_calendars_that_are_followed_must_be_named(settings: SettingsFile) -> None:
    settings.puts("calendars", {"access": "read"})
    assert _faults(settings) == [
        "calendars.access: say which calendar is read: graph, ews or caldav below calendars"
    ]


def test_a_caldav_address_says_where_the_mailbox_stands_in_it(settings: SettingsFile) -> None:
    caldav = {"url": "https://caldav.region.example/dav/", "username": "u", "password": "p"}
    settings.puts("calendars", {"access": "read", "caldav": caldav})
    assert "calendars.caldav.url" in [fault.partition(":")[0] for fault in _faults(settings)]


def test_a_graph_is_proven_by_a_certificate_with_its_key_or_by_a_secret(settings: SettingsFile) -> None:
    graph = {"tenant": "t", "client_id": "c", "certificate": "graph.crt"}
    settings.puts("calendars", {"access": "read", "graph": graph})
    assert {fault.partition(":")[0] for fault in _faults(settings)} == {"calendars.graph.certificate"}


def test_certificates_and_keys_that_cannot_be_used_are_named_beside_other_faults(
    settings: SettingsFile, tmp_path: Path
) -> None:
    api, another = new_certificate(), new_certificate()
    for name, text in {"api.key": api.private_key, "other": another.certificate, "rubbish": ""}.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    proof = {"client_id": "c", "certificate": "none.crt", "private_key": {"file": "api.key"}}
    behalf = {**proof, "certificate": "other"}
    settings.puts("calendars", {"graph": {**proof, "tenant": "", "on_behalf_of": behalf}})
    settings.puts("network", {"ca_bundle": "rubbish"})
    assert sorted(static_faults(settings.path)) == [
        f"calendars.graph.certificate: {tmp_path / 'none.crt'} cannot be read (FileNotFoundError)",
        "calendars.graph.on_behalf_of.certificate: the private key is not the certificate's",
        "calendars.graph.tenant: must not be empty",
        f"network.ca_bundle: {tmp_path / 'rubbish'} holds no certificates in PEM",
    ]


def test_a_key_that_entra_does_not_take_is_named(settings: SettingsFile, tmp_path: Path) -> None:
    key = generate_private_key(SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "graph.key").write_bytes(pem)
    (tmp_path / "crt").write_text(new_certificate().certificate, encoding="ascii")
    proof = {"client_id": "c", "certificate": "crt", "private_key": {"file": "graph.key"}}
    settings.puts("calendars", {"graph": {**proof, "tenant": "t"}})
    (fault,) = _faults(settings)
    assert fault.startswith("calendars.graph.certificate: the private key is not RSA")


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("service.base_url", "https://vardmote.region.example/mote", "scheme and host alone"),
        ("service.base_url", "https://nn:x@vardmote.region.example", "leave name and password out"),
        ("service.base_url", "https://vård möte.region.example", "scheme and host alone"),
        ("service.info_page", "javascript:alert(1)", "https://"),
        ("service.support", "Ring\noss", "line break"),
        ("service.mail_domains.0", "@region.example", "after the @"),
        ("pane.office_js_url", "office.js", "https://"),
        ("pane.frame_ancestors.0", "https://outlook.office.com; script-src *", "scheme and host alone"),
        ("start_sign_in.sole_tenant", "another-tenant", "one of sign_in.tenants"),
        ("units.0.name", "Mottagningen\u00ad", "invisible character"),
        ("units.0.telephone", "växeln", "not a telephone number"),
        ("units.0.hours", "vardagar\nkl. 8–16", "line break"),
        ("units.0.contact_without_speech", "sms\ttill oss", "control character"),
        ("units.0.data_controller", " ", "is empty"),
    ],
)
def test_what_would_break_pages_or_texts_later_is_named_before_the_start(
    settings: SettingsFile, place: str, value: str, told: str
) -> None:
    settings.puts(place, value)
    faults = static_faults(settings.path)
    assert [fault for fault in faults if fault.startswith(f"{place}: ") and told in fault], faults
    assert len(faults) == 1


def test_an_address_to_read_more_at_may_be_left_empty(settings: SettingsFile) -> None:
    settings.puts("service.info_page", "")
    assert static_faults(settings.path) == []
