"""What an administrator gets from `vardmote manifest build`, and what is refused before anything is written."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID
from xml.etree.ElementTree import Element, fromstring

import pytest

from manifest.build import ManifestRefused, build
from manifest.checker import check
from manifest.places import UnusableAddress
from manifest.source import SKYDDAT_VARDMOTE, Text, WebApplication

BASE_URL = "https://vardmote.region.example"
NAMES = {
    "": "http://schemas.microsoft.com/office/appforoffice/1.1",
    "v10": "http://schemas.microsoft.com/office/mailappversionoverrides",
    "v11": "http://schemas.microsoft.com/office/mailappversionoverrides/1.1",
    "bt": "http://schemas.microsoft.com/office/officeappbasictypes/1.0",
}
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def built(folder: Path, base_url: str = BASE_URL, **choices: object) -> Element:
    (manifest,) = build(base_url, folder, **choices)  # type: ignore[arg-type]  # each test names what it passes
    return fromstring(manifest.read_bytes())


def found(root: Element, path: str) -> Element:
    element = root.find(path, NAMES)
    assert element is not None, path
    return element


def test_the_built_manifest_passes_our_own_checker(tmp_path: Path) -> None:
    (manifest,) = build(BASE_URL, tmp_path / "new folder")

    assert manifest == tmp_path / "new folder" / "manifest.xml"
    assert check(manifest.read_bytes()) == []


@pytest.mark.parametrize("version", ["v10", "v11"])
def test_the_organiser_has_a_button_that_opens_the_pane(tmp_path: Path, version: str) -> None:
    root = built(tmp_path)

    surface = found(root, f".//{version}:DesktopFormFactor/{version}:ExtensionPoint")
    assert surface.get(XSI_TYPE) == "AppointmentOrganizerCommandSurface"
    action = found(surface, f".//{version}:Action")
    assert action.get(XSI_TYPE) == "ShowTaskpane"
    pane = found(action, f"{version}:SourceLocation").get("resid")
    assert found(root, f".//bt:Url[@id='{pane}']").get("DefaultValue") == f"{BASE_URL}/pane/"
    label = found(surface, f".//{version}:Control/{version}:Label").get("resid")
    assert found(root, f".//bt:String[@id='{label}']").get("DefaultValue") == "Skyddat vårdmöte"


def test_delegates_and_shared_calendars_get_the_button(tmp_path: Path) -> None:
    assert found(built(tmp_path), ".//v11:SupportsSharedFolders").text == "true"


def test_a_base_url_may_end_in_a_slash(tmp_path: Path) -> None:
    root = built(tmp_path, f"{BASE_URL}/")

    assert found(root, ".//SourceLocation").get("DefaultValue") == f"{BASE_URL}/pane/"


def test_without_a_support_address_the_pane_answers_for_support(tmp_path: Path) -> None:
    assert found(built(tmp_path / "own"), "SupportUrl").get("DefaultValue") == f"{BASE_URL}/pane/"
    named = built(tmp_path / "named", support_url="https://stod.region.example/video")
    assert found(named, "SupportUrl").get("DefaultValue") == "https://stod.region.example/video"


def test_the_registration_names_the_host_that_the_pane_comes_from(tmp_path: Path) -> None:
    client = UUID("11111111-2222-4333-8444-555555555555")
    root = built(tmp_path, web_application=WebApplication(client))

    assert (
        found(root, ".//v11:WebApplicationInfo/v11:Resource").text
        == f"api://vardmote.region.example/{client}"
    )


def test_a_test_environment_has_its_own_id_and_name(tmp_path: Path) -> None:
    own = UUID("11111111-2222-4333-8444-555555555555")
    name = Text(sv="Skyddat vårdmöte TEST", en="Protected care meeting TEST")
    root = built(tmp_path, add_in=replace(SKYDDAT_VARDMOTE, id=own, name=name))

    assert found(root, "Id").text == str(own)
    assert found(root, "DisplayName").get("DefaultValue") == "Skyddat vårdmöte TEST"


@pytest.mark.parametrize(
    "address",
    [
        "http://vardmote.region.example",
        "http://127.0.0.1:8000",
        "vardmote.region.example",
        "https://",
        "https://[half",
        "https://vardmote.region.example:port",
        "https://vardmote.region.example/a b",
        "https://namn:losen@vardmote.region.example",
        "https://vardmote.region.example/?miljo=test",
        "https://vardmote.region.example/pane/",
        "https://vardmote.region.example/" + "a" * 2048,
    ],
)
def test_an_address_that_outlook_cannot_use_is_refused_and_nothing_is_written(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(UnusableAddress, match="The address"):
        build(address, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_sandbox_alone_may_be_on_the_loopback_address_without_tls(tmp_path: Path) -> None:
    root = built(tmp_path, "http://127.0.0.1:8000", allow_loopback_http=True)

    assert found(root, ".//SourceLocation").get("DefaultValue") == "http://127.0.0.1:8000/pane/"
    with pytest.raises(UnusableAddress):
        build("http://vardmote.region.example", tmp_path, allow_loopback_http=True)


def test_a_source_that_outlook_would_refuse_is_named_and_leaves_the_old_file_alone(tmp_path: Path) -> None:
    (manifest,) = build(BASE_URL, tmp_path)
    before = manifest.read_bytes()
    too_long = replace(SKYDDAT_VARDMOTE, name=Text(sv="å" * 126, en="Too long"), mailbox_version="1.8")

    with pytest.raises(ManifestRefused) as refused:
        build(BASE_URL, tmp_path, add_in=too_long)

    assert {fault.rule for fault in refused.value.faults} == {"text", "rights"}
    assert manifest.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.xml"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_names_fit_the_unified_manifest_too(language: str) -> None:
    """Limits of the Teams manifest schema: name.short 30, developer.name 32, description.short 80 characters."""
    assert len(getattr(SKYDDAT_VARDMOTE.name, language)) <= 30
    assert len(SKYDDAT_VARDMOTE.provider) <= 32
    assert len(getattr(SKYDDAT_VARDMOTE.description, language)) <= 80
