"""DavMail, a gateway that others wrote in another language, works against our Exchange: CalDAV in, EWS out."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import requests
from lxml import etree

from addin.sandbox import people
from addin.sandbox.exchange.items import Attendee, Body, Recurrence, Wish
from tests.conftest import cannot_prove
from tests.contract.ews.on_premises import OnPremises
from tests.ports import kept_port

pytestmark = pytest.mark.slow_servers

SECONDS: Final = 120.0
ZONE: Final = """BEGIN:VTIMEZONE
TZID:Europe/Stockholm
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE"""


class DavMail:
    """The gateway, as Anna's calendar program sees it."""

    def __init__(self, port: int) -> None:
        self._calendar = f"http://127.0.0.1:{port}/users/{people.ANNA.address}/calendar/"
        self._http = requests.Session()
        self._http.auth = (people.ANNA.address, people.MAILBOX_PASSWORD)

    def send(self, method: str, name: str = "", body: str = "", **headers: str) -> requests.Response:
        """Send one request for the calendar or (with a name) an item in it."""
        return self._http.request(
            method, self._calendar + name, data=body.encode(), headers=headers, timeout=SECONDS
        )

    def puts(self, name: str, *lines: str) -> int:
        """Write an item with these lines of a VEVENT; returns the status."""
        event = "\n".join(["BEGIN:VEVENT", f"UID:{name}@region.example", "DTSTAMP:20270201T100000Z", *lines])
        whole = (
            f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//SV\n{ZONE}\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
        )
        answer = self.send(
            "PUT", f"{name}.ics", whole.replace("\n", "\r\n"), **{"Content-Type": "text/calendar"}
        )
        return answer.status_code

    def names(self) -> list[str]:
        """Return the names of the items that the calendar lists."""
        wish = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self.send("PROPFIND", "", wish, **{"Depth": "1", "Content-Type": "text/xml"})
        assert answer.status_code == 207
        paths = etree.fromstring(answer.content).iterfind("{DAV:}response/{DAV:}href")
        return [name for path in paths if (name := (path.text or "").rpartition("/")[2])]

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def _gateway(_running: OnPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("davmail-server")
    if program is None or shutil.which("java") is None:
        cannot_prove("there is no DavMail, so no second client tried Exchange Web Services (davmail-server).")
    folder = tmp_path_factory.mktemp("davmail")
    port = kept_port()
    told = {
        "server": "true",
        "mode": "EWS",
        "enableEws": "true",
        "url": _running.url,
        "caldavPort": str(port),
        **dict.fromkeys(("imapPort", "popPort", "smtpPort", "ldapPort"), ""),
        "bindAddress": "127.0.0.1",
        "allowRemote": "false",
        "disableUpdateCheck": "true",
        # By default nothing older than this many days is listed.
        "caldavPastDelay": "0",
        "logFilePath": str(folder / "davmail.log"),
    }
    settings = folder / "davmail.properties"
    settings.write_text("".join(f"davmail.{name}={value}\n" for name, value in told.items()))
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen([program, str(settings)], cwd=folder, stdout=out, stderr=out)
    try:
        _wait_until_open(process, port, folder / "out")
        yield port
    finally:
        process.terminate()
        process.wait(SECONDS)


def _wait_until_open(process: subprocess.Popen[bytes], port: int, out: Path) -> None:
    latest = time.monotonic() + SECONDS
    while time.monotonic() < latest and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"DavMail does not answer: {out.read_text(errors='replace')[-2000:]}")


@pytest.fixture
def davmail(exchange: OnPremises, _gateway: int) -> Iterator[DavMail]:
    """A signed-in client before an empty mailbox."""
    client = DavMail(_gateway)
    yield client
    client.close()


def utc(day: int, hour: int) -> datetime:
    return datetime(2027, 3, day, hour, tzinfo=UTC)


def test_an_item_that_is_put_lies_in_the_mailbox(exchange: OnPremises, davmail: DavMail) -> None:
    status = davmail.puts(
        "samtal",
        "DTSTART;TZID=Europe/Stockholm:20270301T100000",
        "DTEND;TZID=Europe/Stockholm:20270301T110000",
        "SUMMARY:Samtal",
        "LOCATION:Rum 1",
    )

    assert status == 201
    (item,) = exchange.store.items(exchange.mailbox())
    assert (item.subject, item.location, item.uid) == ("Samtal", "Rum 1", "samtal@region.example")
    assert (item.start, item.end) == (utc(1, 9), utc(1, 10))
    # DavMail's own table has another of the zones with that clock.
    assert item.start_zone == "Central Europe Standard Time"
    assert len(davmail.names()) == 1


def test_an_item_that_is_put_again_is_changed_and_keeps_its_identity(
    exchange: OnPremises, davmail: DavMail
) -> None:
    davmail.puts("samtal", "DTSTART:20270301T090000Z", "DTEND:20270301T100000Z", "SUMMARY:Samtal")
    (before,) = exchange.store.items(exchange.mailbox())

    status = davmail.puts(
        "samtal",
        "DTSTART;TZID=Europe/Stockholm:20270329T100000",
        "DTEND;TZID=Europe/Stockholm:20270329T103000",
        "SUMMARY:Samtal igen",
    )

    assert status == 200
    (after,) = exchange.store.items(exchange.mailbox())
    assert (after.uid, after.item_id) == (before.uid, before.item_id)
    assert (after.subject, after.start) == ("Samtal igen", utc(29, 8))
    assert after.change_key != before.change_key


def test_what_was_booked_in_outlook_is_read(exchange: OnPremises, davmail: DavMail) -> None:
    fields = {
        "start": utc(1, 9),
        "end": utc(1, 10),
        "start_zone": "W. Europe Standard Time",
        "end_zone": "W. Europe Standard Time",
        "subject": "Möte på Rum 1",
        "body": Body("html", "<p>Hej</p>"),
        "attendees": (Attendee("Bo", people.BO.address),),
    }
    exchange.store.create(exchange.mailbox(), Wish(fields))
    (name,) = davmail.names()

    told = davmail.send("GET", name)

    assert told.status_code == 200
    text = told.content.decode().replace("\r\n ", "")
    assert "SUMMARY:Möte på Rum 1" in text
    assert "20270301T100000" in text


def test_a_series_is_put_and_told_with_what_was_taken_out(exchange: OnPremises, davmail: DavMail) -> None:
    status = davmail.puts(
        "serie",
        "DTSTART;TZID=Europe/Stockholm:20270301T100000",
        "DTEND;TZID=Europe/Stockholm:20270301T110000",
        "RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=MO",
        "SUMMARY:Serie",
    )
    store, anna = exchange.store, exchange.mailbox()
    (master,) = store.items(anna)
    assert status == 201
    assert isinstance(master.recurrence, Recurrence)
    assert [one.start.hour for one in store.instances(master, utc(1, 0), utc(31, 0))] == [9, 9, 9, 9, 8]

    store.delete(anna, store.instances(master, utc(1, 0), utc(31, 0))[1].item_id)

    told = davmail.send("GET", "serie.ics").text
    assert "RRULE:FREQ=WEEKLY" in told
    assert "EXDATE" in told
    assert "20270308T100000" in told


def test_an_item_that_is_deleted_lies_in_deleted_items(exchange: OnPremises, davmail: DavMail) -> None:
    davmail.puts("samtal", "DTSTART:20270301T090000Z", "DTEND:20270301T100000Z", "SUMMARY:Samtal")

    assert davmail.send("DELETE", "samtal.ics").status_code == 200

    assert exchange.store.items(exchange.mailbox()) == []
    assert davmail.send("GET", "samtal.ics").status_code == 404


def test_a_wrong_password_opens_nothing(davmail: DavMail) -> None:
    davmail._http.auth = (people.ANNA.address, "wrong")

    assert davmail.send("GET", "samtal.ics").status_code == 401
