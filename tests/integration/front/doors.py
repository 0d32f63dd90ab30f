"""The two doors of a meeting over real sockets: ledger, Pexip adapter, sign-in and pages against the sandbox.

The pages' own clock stands still until a test moves it; the simulated region keeps real time, and so does sign-in.
Folders whose tests use them import the fixtures `region` and `doors` into their conftest.
"""

from __future__ import annotations

import html
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from addin.conferencing.pexip import PexipProvider, PexipSettings
from addin.meetings.book import BookingRequest, BookMeeting
from addin.meetings.cancel import CancelMeeting
from addin.meetings.change import Change, ChangeMeeting
from addin.meetings.codes import grouped
from addin.meetings.deadline import Deadline
from addin.meetings.join import JoinMeeting
from addin.meetings.keyring import Keyring
from addin.meetings.meeting_types import MeetingTypes, load_meeting_types
from addin.meetings.model import CalendarNote, Meeting, Principal, Window
from addin.meetings.occupancy import OccupancyMemory
from addin.meetings.reconcile import LEASE_SECONDS, Reconciler
from addin.meetings.rooms import RoomPlans
from addin.meetings.start import StartMeeting
from addin.meetings.tell import TellOthers
from addin.meetings.texts import Contact, MeetingTexts
from addin.meetings.units import Unit, Units
from addin.sandbox import people
from addin.store.ledger import SqlLedger, open_ledger
from addin.web.join.page import JoinPageSettings, join_blueprint
from addin.web.pages import Environment
from addin.web.staff.auth.openid import OpenIdSettings, OpenIdSignIn
from addin.web.staff.auth.tokens import TrustedTenant
from addin.web.staff.start import StartPageParts, StartPageSettings, start_blueprint
from templates_messages.catalogue import Catalogue, load_catalogue
from templates_messages.titles import Titles, load_titles
from tests.ledgers import new_ledger
from tests.sandbox_process import SandboxProcess

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(minutes=45), "Europe/Stockholm")
ANNA = Principal(people.TENANT, people.ANNA.object_id, people.ANNA.address)
UNIT = Unit(
    id="psychiatry",
    name="Psykiatrimottagningen Björkbacken",
    telephone="08-465 004 10",
    hours="vardagar kl. 8–16",
    contact_without_speech="Skriv till mottagningen på 1177.se",
    data_controller="Region Exempel",
    hsa_id="",
    mailboxes=frozenset({"psykiatrimottagningen@region.example"}),
)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


class RealClock:
    """The machine's clock, which the sandbox's issuer keeps, too."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class _Quiet(WSGIRequestHandler):
    """A server without an access log, as the service's own is for these paths."""

    def log_request(self, *_: object) -> None:
        """Say nothing."""


class Region:
    """The sandbox as a process of its own."""

    def __init__(self, state: Path) -> None:
        self._sandbox = SandboxProcess(state, "http://127.0.0.1:9", "--replication-seconds", "0")
        self.base = self._sandbox.base
        self.levers = browser()

    @property
    def tenant(self) -> TrustedTenant:
        """The region's directory, as a real Entra tenant would be written in the settings."""
        return TrustedTenant(
            people.TENANT,
            issuer_v2=f"{self.base}/{people.TENANT}/v2.0",
            issuer_v1=f"https://sts.windows.net/{people.TENANT}/",
            jwks_url=f"{self.base}/{people.TENANT}/discovery/v2.0/keys",
        )

    def fault(self, kind: str, path_prefix: str, **more: Any) -> None:
        """Switch on a fault for calls to that path."""
        fault = {"fault": kind, "match": {"path_prefix": path_prefix}, **more}
        self.levers.post(f"{self.base}/sandbox/faults", json=fault, timeout=10).raise_for_status()

    def heal(self) -> None:
        """Take all faults away."""
        self.levers.delete(f"{self.base}/sandbox/faults", timeout=10).raise_for_status()

    def token(self, **wish: Any) -> str:
        """Return an access token as the Outlook host would give it."""
        body = {"object_id": people.ANNA.object_id, **wish}
        answer = self.levers.post(f"{self.base}/sandbox/token", json=body, timeout=10)
        return str(answer.json()["access_token"])

    def enters(self, address: str, name: str, pin: str | None = None) -> int:
        """Enter the room behind a provider's address, as its web page does; without a PIN as a guest.

        Returns the HTTP status.
        """
        alias = urlsplit(address).path.rstrip("/").rpartition("/")[2]
        body = {"display_name": name, "pin": pin or "none"}
        url = f"{self.base}/api/client/v2/conferences/{alias}/request_token"
        return self.levers.post(url, json=body, timeout=10).status_code

    def stop(self) -> None:
        self._sandbox.stop()


@pytest.fixture(scope="session")
def _region_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    running = Region(tmp_path_factory.mktemp("region") / "state.db")
    yield running
    running.stop()


@pytest.fixture
def region(_region_of_all: Region) -> Iterator[Region]:
    """One simulated region for all tests of a process, each of which finds it without faults."""
    yield _region_of_all
    _region_of_all.heal()


@cache
def meeting_types() -> MeetingTypes:
    """Return the shipped types at Pexip, and three made from them: strict hosts, a guest PIN, three places."""
    shipped = [replace(kind, provider="pexip") for kind in load_meeting_types()]
    care = shipped[0]
    return MeetingTypes(
        [
            *shipped,
            replace(care, id="strict", name="Vårdmöte med namngivna värdar", host_rule="named_hosts"),
            replace(care, id="with-pin", name="Vårdmöte med pinkod", guest_pin=True),
            replace(care, id="small", name="Litet möte", participant_limit=2),
        ]
    )


@dataclass
class FrontDoors:
    """A service that consists of the two pages, over everything real below them."""

    region: Region
    ledger: SqlLedger
    clock: ManualClock
    plans: RoomPlans
    provider: PexipProvider
    reconciler: Reconciler
    url: str = ""

    def books(
        self, kind: str = "care-meeting-patient", window: Window = WINDOW, who: Principal = ANNA, **more: Any
    ) -> Meeting:
        """Book, have the room verified by the worker's way, and return the meeting."""
        meeting = self.books_unverified(kind, window, who, **more)
        self.verifies(meeting)
        return self.reads(meeting)

    def books_unverified(self, kind: str, window: Window, who: Principal = ANNA, **more: Any) -> Meeting:
        """Book as a click does, and no more."""
        book = BookMeeting(
            self.ledger,
            self.reconciler,
            self.plans,
            Units([UNIT]),
            self.clock,
            frozenset({"region.example"}),
            {"pexip": self.provider},
        )
        wish = {
            "mailbox": "psykiatrimottagningen@region.example",
            "variant": self.plans.types.of(kind).variants[0].id,
            "hosts": (),
            "on_behalf_of": None,
            "item_id": None,
        }
        request = BookingRequest(type=kind, unit=UNIT.id, window=window, **{**wish, **more})
        return book(request, who, key=str(datetime.now(UTC).timestamp())).meeting

    def verifies(self, meeting: Meeting) -> None:
        """Do what the worker does next with the meeting's rooms."""
        for room in self.ledger.read(lambda reading: reading.rooms(meeting.id)):
            self._advances(room.id)

    def _advances(self, room_id: str) -> None:
        claim = self.ledger.write(lambda writing: writing.claim(room_id, LEASE_SECONDS))
        assert claim is not None
        self.reconciler.advance(claim, Deadline.after(10))

    def moves(self, meeting: Meeting, window: Window) -> None:
        """Give the meeting another time, as the pane does."""
        change = ChangeMeeting(
            self.ledger, self.reconciler, self.plans, Units([UNIT]), self.clock, {"pexip": self.provider}
        )
        change(meeting.id, Change(window=window), ANNA, meeting.revision)

    def notes(self, meeting: Meeting, *notes: CalendarNote) -> None:
        """Have the calendar's side know something of the meeting."""
        self.ledger.write(lambda writing: writing.note_calendar(meeting.id, notes))

    def reads(self, meeting: Meeting) -> Meeting:
        """Return the meeting as it is now."""
        found = self.ledger.read(lambda reading: reading.meeting(meeting.id))
        assert found is not None
        return found

    def loses_the_ledger(self) -> None:
        """Make the ledger unreadable behind the service's back."""
        with closing(sqlite3.connect(self.ledger.engine.url.database or "")) as direct, direct:
            direct.execute("ALTER TABLE meetings RENAME TO gone")

    def join_url(self, meeting: Meeting) -> str:
        """Return the link that a patient gets."""
        return f"{self.url}/m/{grouped(meeting.join_code)}"

    def start_url(self, meeting: Meeting) -> str:
        """Return the link that stands last in the item."""
        return f"{self.url}/start/{grouped(meeting.start_code)}"


@pytest.fixture
def doors(region: Region, tmp_path: Path) -> Iterator[FrontDoors]:
    """Both pages over an empty ledger, at the time of the meetings that are booked there."""
    with front_doors(region, tmp_path) as served:
        yield served


@contextmanager
def front_doors(
    region: Region, folder: Path, environment: Environment = "sandbox", **sign_in: Any
) -> Iterator[FrontDoors]:
    """Yield the two pages, served on a free port."""
    url = new_ledger(folder)
    clock = ManualClock(START)
    keyring = Keyring({"k1": b"k" * 32}, "k1")
    with closing(open_ledger(url, keyring, clock)) as ledger:
        doors = _doors(region, ledger, clock, keyring)
        app = Flask("front_doors", static_folder=None)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        doors.url = f"http://127.0.0.1:{server.port}"
        _register(app, doors, keyring, environment, sign_in)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield doors
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _doors(region: Region, ledger: SqlLedger, clock: ManualClock, keyring: Keyring) -> FrontDoors:
    types = meeting_types()
    titles = {(kind.id, variant.id): "Vårdmöte" for kind in types for variant in kind.variants}
    plans = RoomPlans(types, keyring, "test", titles)
    provider = PexipProvider(
        PexipSettings(
            name="pexip",
            base_url=region.base,
            username=people.PEXIP_USER,
            password=people.PEXIP_PASSWORD,
            join_base_url=region.base,
            ready_after_seconds=0,
        )
    )
    reconciler = Reconciler(ledger, {"pexip": provider}, plans, clock)
    return FrontDoors(region, ledger, clock, plans, provider, reconciler)


def _register(
    app: Flask, doors: FrontDoors, keyring: Keyring, environment: Environment, sign_in: dict[str, Any]
) -> None:
    providers = {"pexip": doors.provider}
    join = JoinMeeting(doors.ledger, doors.plans, providers, OccupancyMemory(doors.clock), doors.clock)
    # The tests themselves stand behind a proxy at this address.
    trusted = (ip_network("127.0.0.1/32"),)
    join_settings = JoinPageSettings(doors.url, environment, trusted)
    app.register_blueprint(join_blueprint(join, Units([UNIT]), join_settings, doors.clock))
    open_id = {
        "metadata_url": f"{doors.region.base}/{people.TENANT}/v2.0/.well-known/openid-configuration",
        "client_id": people.WEB_CLIENT,
        "redirect_uri": f"{doors.url}/start/callback",
        "tenants": (doors.region.tenant,),
        "client_secret": people.WEB_SECRET,
        **sign_in,
    }
    parts = StartPageParts(
        StartMeeting(doors.ledger, doors.plans, providers, OccupancyMemory(doors.clock), doors.clock),
        TellOthers(doors.ledger, _texts(doors), doors.clock),
        CancelMeeting(doors.ledger, doors.reconciler, doors.clock),
        Units([UNIT]),
        OpenIdSignIn(OpenIdSettings(**open_id), RealClock()),
        keyring,
        doors.clock,
    )
    app.register_blueprint(start_blueprint(parts, StartPageSettings(doors.url, environment, trusted)))


def browser() -> requests.Session:
    """Return a browser without a window: keeps cookies, follows nothing by itself, asks in Swedish."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Accept-Language"] = "sv-SE,sv;q=0.9"
    return session


def text_of(answer: requests.Response) -> str:
    """Return what a page says, without its tags, on one line."""
    body = re.sub(r"<style>.*?</style>|</?span[^>]*>", "", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def hidden_field(answer: requests.Response, name: str) -> str:
    """Return the value of a form's hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found, f"the page has no field {name}"
    return html.unescape(found[1])


def _texts(doors: FrontDoors) -> MeetingTexts:
    contact = Contact("https://mote.region.example", "", "")
    providers = {"pexip": doors.provider}
    return MeetingTexts(*_content(), doors.plans.types, Units([UNIT]), providers, doors.clock, contact)


@cache
def _content() -> tuple[Catalogue, Titles]:
    return load_catalogue(), load_titles()


def signs_in(session: requests.Session, start_url: str, person: people.Person) -> requests.Response:
    """Press *Logga in och starta*, be `person` at the identity provider, and return what comes back last."""
    return comes_back(session, session.post(start_url, allow_redirects=False, timeout=10), person)


def comes_back(
    session: requests.Session, sent: requests.Response, person: people.Person
) -> requests.Response:
    """Be `person` at the identity provider that `sent` leads to, and return what comes back last."""
    assert sent.status_code == 303, text_of(sent)
    query = dict(parse_qsl(urlsplit(sent.headers["Location"]).query))
    authorize = sent.headers["Location"].partition("?")[0]
    chosen = session.post(
        authorize, data={**query, "object_id": person.object_id}, allow_redirects=False, timeout=10
    )
    assert chosen.status_code in {302, 303}, text_of(chosen)
    return session.get(chosen.headers["Location"], timeout=10)
