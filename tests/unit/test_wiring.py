"""How the service is put together: surfaces that stand alone, and data that is held against each other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from addin.checking import static_faults
from addin.config.settings import SettingsFaulty
from addin.store.needed import Needed
from addin.store.schema import SchemaDiffers
from addin.trial import prepare
from addin.wiring.content import load_content, missing_settings
from addin.wiring.opening import open_service
from addin.wiring.service import Service
from addin.wiring.surfaces import SURFACES, app_of
from templates_messages.catalogue import SHIPPED
from tests.unit.settings_file import PORTS, SettingsFile

BELONGS_TO: Final = {
    "join": ("/m", "/M"),
    "staff": ("/api/v1/", "/pane/", "/static/", "/icons/", "/start/"),
    "hooks": ("/hooks/",),
}
ON_EVERY: Final = ("/healthz", "/metrics", "/readyz")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return the trial's service, with nothing behind it that answers."""
    settings = SettingsFile(tmp_path_factory.mktemp("wiring"))
    prepare(settings.path, settings.path.parent, PORTS)
    made = open_service(settings.loads())
    yield made
    made.ledger.close()


@pytest.fixture(scope="module")
def visits(service: Service) -> Callable[..., FlaskClient]:
    """Return what visits the application of some surfaces, which has a route that fails; each is made once."""

    @cache
    def visitor(*surfaces: str) -> FlaskClient:
        app = app_of(service, surfaces)

        @app.get("/broken")
        def broken() -> str:
            raise KeyError("anna")

        return app.test_client()

    return visitor


def _rules(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules()}


def test_what_meetings_in_the_ledger_need_and_the_settings_lack_is_named(service: Service) -> None:
    (unit, *_), current = [unit.id for unit in service.content.units], service.settings.keys.current
    care = ("care-meeting-patient", "one-patient")
    kept = Needed(frozenset({current}), frozenset({care[0]}), frozenset({care}), frozenset({unit}))
    assert missing_settings(kept, service.settings, service.content) == []
    variants = frozenset({care, (care[0], "three-patients"), ("gone-meeting", "one-patient")})
    lacking = Needed(
        frozenset({"old"}), frozenset({care[0], "gone-meeting"}), variants, frozenset({"closed"})
    )
    assert [
        fault.partition(":")[0] + " " + fault.partition(";")[0].rpartition(" ")[2]
        for fault in missing_settings(lacking, service.settings, service.content)
    ] == [
        "keys.known old",
        "meetings.types_file gone-meeting",
        "meetings.types_file care-meeting-patient/three-patients",
        "units closed",
    ]


@pytest.mark.parametrize("surface", SURFACES)
def test_a_surface_has_its_own_routes_and_no_other_s(service: Service, surface: str) -> None:
    expected = (*BELONGS_TO[surface], *ON_EVERY)
    rules = _rules(app_of(service, [surface]))
    assert all(rule.startswith(expected) for rule in rules)
    assert all(any(rule.startswith(beginning) for rule in rules) for beginning in expected)


def test_all_surfaces_together_have_the_routes_of_each(service: Service) -> None:
    each = [_rules(app_of(service, [surface])) for surface in SURFACES]
    assert _rules(app_of(service, SURFACES)) == set().union(*each)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_says_that_it_is_ready(service: Service, surface: str) -> None:
    visitor = app_of(service, [surface]).test_client()
    assert visitor.get("/healthz").json == {"alive": True}
    assert visitor.get("/readyz").json == {"ready": True, "frozen": False, "rights_too_wide": False}


@pytest.mark.parametrize("surfaces", [["join"], ["staff"], list(SURFACES)])
@pytest.mark.parametrize("path", ["/", "/start", "/start/", "/m/anna/andersson", "/start/anna/andersson"])
def test_an_address_that_leads_nowhere_is_answered_in_plain_swedish(
    visits: Callable[..., FlaskClient], surfaces: list[str], path: str
) -> None:
    answer = visits(*surfaces).get(path)
    assert answer.status_code == 404
    assert "Sidan finns inte" in answer.text
    assert "Inget har ändrats." in answer.text
    assert "andersson" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/m//anna", "/start//anna", "/pane", "/pane//", "/api//v1/units"])
def test_no_address_is_corrected_by_leading_to_the_host_that_somebody_asked_for(
    visits: Callable[..., FlaskClient], path: str
) -> None:
    answer = visits(*SURFACES).get(path, headers={"Host": "evil.example"})
    assert answer.status_code in {200, 404}
    assert "Location" not in answer.headers
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("together", [False, True], ids=["alone", "together"])
@pytest.mark.parametrize(
    ("surface", "method", "path", "status", "title"),
    [
        ("join", "DELETE", "/m/anna", 405, "Sidan kan inte öppnas så"),
        ("join", "POST", "/m", 413, "Det blev för mycket text"),
        ("staff", "PUT", "/start/anna", 405, "Sidan kan inte öppnas så"),
        ("staff", "POST", "/pane/", 405, "Sidan kan inte öppnas så"),
        ("hooks", "PUT", "/healthz", 405, "Sidan kan inte öppnas så"),
        ("hooks", "GET", "/broken", 500, "Något gick fel hos oss"),
        ("join", "GET", "/broken", 500, "Något gick fel hos oss"),
        ("staff", "GET", "/broken", 500, "Något gick fel hos oss"),
    ],
)
def test_what_no_route_of_ours_answers_is_told_in_plain_swedish_with_a_next_step(
    visits: Callable[..., FlaskClient],
    surface: str,
    together: bool,
    method: str,
    path: str,
    status: int,
    title: str,
) -> None:
    visitor = visits(*SURFACES) if together else visits(surface)
    large = {"code": "a" * 65 * 1024} if status == 413 else None
    answer = visitor.open(path, method=method, data=large)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert title in answer.text
    assert "skriv mötets kod" in answer.text
    assert "anna" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize("surfaces", [["staff"], list(SURFACES)])
def test_programs_are_told_of_a_wrong_address_as_programs(service: Service, surfaces: list[str]) -> None:
    answer = app_of(service, surfaces).test_client().get("/api/v1/no-such-thing")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json
    assert answer.json["code"] == "not-found"


def test_a_ledger_that_is_not_prepared_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(SchemaDiffers, match="vardmote migrate"):
        open_service(SettingsFile(tmp_path).loads())


def test_a_ledger_that_was_refused_can_be_prepared_and_opened(tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path)
    with pytest.raises(SchemaDiffers):
        open_service(settings.loads())
    prepare(settings.path, tmp_path, PORTS)
    open_service(settings.loads()).ledger.close()


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("meetings.offered", ["no-such-type"], 'there is no meeting type "no-such-type"'),
        ("meetings.providers", {"no-such-type": "pexip"}, 'there is no meeting type "no-such-type"'),
        (
            "meetings.providers",
            {"internal-meeting": "no-such-provider"},
            'needs the provider "no-such-provider"',
        ),
        ("meetings.types_file", "no-such-file.toml", "cannot be read"),
        ("meetings.types_file", "vardmote.toml", "meetings.types_file"),
        ("meetings.texts_directory", "no-such-folder", "no-such-folder is not a folder"),
    ],
)
def test_data_that_does_not_agree_is_a_fault_of_the_settings(
    tmp_path: Path, place: str, value: object, told: str
) -> None:
    settings = SettingsFile(tmp_path)
    settings.puts(place, value)
    with pytest.raises(SettingsFaulty, match=told):
        load_content(settings.loads())
    assert any(told in fault for fault in static_faults(settings.path))


def test_an_organisations_own_texts_take_the_place_of_the_shipped_ones(tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "own")
    settings.puts("meetings.texts_directory", "own")
    titles = tmp_path / "own" / "titles.toml"
    titles.write_text(
        titles.read_text(encoding="utf-8").replace("Skyddat vårdmöte", "Videomöte"), encoding="utf-8"
    )
    text = load_content(settings.loads()).titles.of("care-meeting-patient", "one-patient")
    assert "Videomöte" in text.subject
    assert static_faults(settings.path) == []

    titles.write_text("", encoding="utf-8")
    shutil.rmtree(tmp_path / "own" / "notice-reminder")
    faults = "\n".join(static_faults(settings.path))
    assert "texts: titles.toml has no titles for care-meeting-patient/one-patient" in faults
    assert "texts: there is no published notice-reminder, a mail to staff" in faults


def test_only_the_offered_types_are_there_in_the_order_of_the_settings(tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path)
    offered = ["information-meeting-patient", "care-meeting-patient"]
    settings.puts("meetings", {"offered": offered})
    assert [kind.id for kind in load_content(settings.loads()).types] == offered


def test_a_part_of_a_file_that_is_not_there_is_no_fault_of_ours(service: Service) -> None:
    visitor = app_of(service, ["staff"]).test_client()
    answer = visitor.get("/static/pane.js", headers={"Range": "bytes=99999999-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"].startswith("bytes */")
