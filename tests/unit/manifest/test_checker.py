"""Each fault that Outlook would refuse a manifest for is planted in a good one, and found by its rule."""

import re
from typing import NamedTuple
from uuid import UUID
from xml.etree.ElementTree import ParseError, fromstring

import pytest

from manifest.build import build
from manifest.checker import RULES, Document, check
from manifest.source import WebApplication

CLIENT = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("manifest")
    application = WebApplication(UUID(CLIENT))
    (manifest,) = build("https://vardmote.region.example", folder, web_application=application)
    return manifest.read_text(encoding="utf-8")


class Planted(NamedTuple):
    """A fault: what is replaced in the good manifest (a pattern, first match only) and the rule that must find it."""

    what: str
    pattern: str
    replacement: str
    rule: str


PLANTED = [
    Planted("two elements change places", r"(<Id>.*</Id>)\s*(<Version>.*</Version>)", r"\2\1", "order"),
    Planted("the id is missing", r"<Id>.*</Id>", "", "order"),
    Planted("the form is missing", r"(?s)<FormSettings>.*</FormSettings>", "", "order"),
    Planted("the rule is missing", r"<Rule .*/>", "", "order"),
    Planted("an unknown element", r"<Hosts>", "<Colour/><Hosts>", "order"),
    Planted("an element of a foreign name space", r"<Hosts>", '<x:Hosts xmlns:x="urn:x"/><Hosts>', "order"),
    Planted("shared calendars after the command", r"(?s)(<SupportsSharedFolders>true</SupportsSharedFolders>)"
            r"(.*?)(</DesktopFormFactor>)", r"\2\1\3", "order"),
    Planted("a control without a tip", r"(?s)<Supertip>.*?</Supertip>", "", "order"),
    Planted("another root", r"(?s)<OfficeApp (.*)</OfficeApp>", r"<AddIn \1</AddIn>", "order"),
    Planted("a task pane add-in", r'xsi:type="MailApp"', 'xsi:type="TaskPaneApp"', "kind"),
    Planted("an unknown surface", "AppointmentOrganizerCommandSurface", "AppointmentCommandSurface", "kind"),
    Planted("an unknown action", "ShowTaskpane", "ShowPane", "kind"),
    Planted("a tab of another program", 'OfficeTab id="TabDefault"', 'OfficeTab id="TabHome"', "kind"),
    Planted("an id that is no GUID", r"<Id>.*</Id>", "<Id>vardmote</Id>", "identity"),
    Planted("an id of zeros", r"<Id>.*</Id>", f"<Id>{UUID(int=0)}</Id>", "identity"),
    Planted("a version in words", r"<Version>.*</Version>", "<Version>one</Version>", "identity"),
    Planted("another default language", "<DefaultLocale>sv-SE<", "<DefaultLocale>en-US<", "identity"),
    Planted("rights to the whole mailbox", "ReadWriteItem", "ReadWriteMailbox", "rights"),
    Planted("more than Exchange on premises has", 'MinVersion="1.5"', 'MinVersion="1.8"', "rights"),
    Planted("1.1 outside 1.0", 'xsi:type="VersionOverridesV1_0"', 'xsi:type="VersionOverridesV1_1"', "overrides"),
    Planted("1.1 under the name of 1.0", "mailappversionoverrides/1.1", "mailappversionoverrides", "overrides"),
    Planted("no delegates", "<SupportsSharedFolders>true", "<SupportsSharedFolders>false", "overrides"),
    Planted("delegates in 1.0", "<DesktopFormFactor>",
            "<DesktopFormFactor><SupportsSharedFolders>true</SupportsSharedFolders>", "overrides"),
    Planted("a resource that is not there", 'resid="Pane.Url"', 'resid="Pane.Page"', "resource"),
    Planted("a label among the long texts", 'Label resid="Command.Label"', 'Label resid="Command.Tip"', "resource"),
    Planted("a label that points nowhere", '<Label resid="Group.Label"', "<Label", "resource"),
    Planted("two resources of one id", 'String id="Command.Label"', 'String id="Group.Label"', "resource"),
    Planted("a resource id of 33 characters", 'String id="Group.Label"', f'String id="{"G" * 33}"', "resource"),
    Planted("two controls of one id", 'Group id="vardmote.organiser"', 'Group id="vardmote.organiser.open"',
            "control-id"),
    Planted("a control id of 126 characters", 'id="vardmote.organiser.open"', f'id="{"v" * 126}"', "control-id"),
    Planted("a control without an id", 'id="vardmote.organiser.open"', 'id=""', "control-id"),
    Planted("an icon size is missing", r'<bt:Image size="32" .*/>', "", "icon"),
    Planted("an icon size too many", '<bt:Image size="80" resid="Icon.80" />',
            '<bt:Image size="64" resid="Icon.80" /><bt:Image size="80" resid="Icon.80" />', "icon"),
    Planted("a name of 126 characters", 'DisplayName DefaultValue="[^"]*"',
            f'DisplayName DefaultValue="{"å" * 126}"', "text"),
    Planted("an empty description", 'Description DefaultValue="[^"]*"', 'Description DefaultValue=""', "text"),
    Planted("an English label of 126 characters", r'(?s)(bt:ShortStrings>.*?Value=)"Protected[^"]*"',
            rf'\1"{"P" * 126}"', "text"),
    Planted("a tip of 251 characters", 'id="Command.Tip" DefaultValue="[^"]*"',
            f'id="Command.Tip" DefaultValue="{"t" * 251}"', "text"),
    Planted("no provider", "<ProviderName>[^<]*<", "<ProviderName><", "text"),
    Planted("a text in Swedish only", r'<bt:Override Locale="en-US" .*/>', "", "language"),
    Planted("an override in Swedish", 'Override Locale="en-US"', 'Override Locale="sv-SE"', "language"),
    Planted("a pane without TLS", 'Pane.Url" DefaultValue="https:', 'Pane.Url" DefaultValue="http:', "address"),
    Planted("an icon without TLS", 'Icon.16" DefaultValue="https:', 'Icon.16" DefaultValue="http:', "address"),
    Planted("an address of 2049 characters", '/pane/" />', f'/{"p" * 2049}" />', "address"),
    Planted("a loopback address outside the sandbox", r"https://vardmote.region.example/icons/vardmote-64.png",
            "http://127.0.0.1:8000/icons/vardmote-64.png", "address"),
    Planted("a registration for another host", "api://vardmote", "api://annan", "sign-in"),
    Planted("a registration that is no GUID", f"<Id>{CLIENT}</Id>", "<Id>vardmote</Id>", "sign-in"),
    Planted("a document type", "<OfficeApp", '<!DOCTYPE OfficeApp [<!ENTITY a "b">]><OfficeApp', "no-dtd"),
    Planted("an element that is not closed", "</OfficeApp>", "", "well-formed"),
    Planted("more than 256 KB", "<OfficeApp", f"<!--{' ' * 256 * 1024}--><OfficeApp", "size"),
]  # fmt: skip


def test_a_good_manifest_has_no_fault(good: str) -> None:
    assert check(good.encode()) == []


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.what)
def test_a_planted_fault_is_found(good: str, planted: Planted) -> None:
    faulty, count = re.subn(planted.pattern, planted.replacement, good, count=1)
    assert count == 1, "the fault was not planted"

    assert planted.rule in {fault.rule for fault in check(faulty.encode())}


def test_a_file_in_another_encoding_is_refused(good: str) -> None:
    assert [fault.rule for fault in check(good.encode("latin-1"))] == ["encoding"]


def test_all_faults_are_named_at_once(good: str) -> None:
    faulty = good.replace("ReadWriteItem", "ReadItem").replace("https://", "http://")

    faults = check(faulty.encode())

    assert {fault.rule for fault in faults} == {"rights", "address"}
    assert all(fault.where and fault.sentence.endswith(".") for fault in faults)


def test_the_sandbox_may_use_its_loopback_address(good: str) -> None:
    sandbox = good.replace("https://vardmote.region.example", "http://127.0.0.1:8000")
    sandbox = sandbox.replace("api://vardmote.region.example", "api://127.0.0.1:8000")

    assert check(sandbox.encode(), allow_loopback_http=True) == []
    assert {fault.rule for fault in check(sandbox.encode())} == {"address"}


def test_every_rule_has_found_a_planted_fault(good: str) -> None:
    faulty = [re.sub(planted.pattern, planted.replacement, good, count=1) for planted in PLANTED]
    read = [Document(fromstring(text), loopback=False) for text in faulty if is_xml(text)]

    idle = [rule.__name__ for rule in RULES if not any(list(rule(document)) for document in read)]

    assert idle == []


def is_xml(text: str) -> bool:
    try:
        fromstring(text)
    except ParseError:
        return False
    return True
