"""Puts canaries into every input of the service, surface by surface, and keeps every answer that is an error."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import uuid4

import requests

from addin.sandbox import people
from addin.trial_job import PROPERTY, ZONE
from tests.integration.canaries.search import Place
from tests.integration.canaries.words import Canaries
from tests.region import ROOMS, Json, Region, booking

SECONDS: Final = 60
HEADERS: Final = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Baggage",
    "Content-Type",
    "Cookie",
    "Forwarded",
    "From",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Origin",
    "Referer",
    "Traceparent",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Request-Id",
)
PAGES: Final = (
    "/m",
    "/m/",
    "/start/",
    "/pane/",
    "/static/",
    "/icons/",
    "/healthz",
    "/readyz",
    "/",
    "/hooks/",
)


class Feeding:
    """Feeds one region. `given` says which canaries each surface was given; `answers` are those that failed."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.given: dict[str, Canaries] = {}
        self.answers: list[Place] = []

    def everything(self) -> None:
        """Feed every surface."""
        self.bookings()
        self.api()
        self.headers()
        self.pages()
        self.start_page()
        self.provider()
        self.identity_provider()
        self.calendar()

    # --- the JSON interface -----------------------------------------------------------------------------------

    def bookings(self, *kinds: str) -> None:
        """Feed what a booking is made of, field by field, and what is around it; only `kinds` where any are named."""
        for text in self.texts("bookings", *kinds):
            for body in self._spoilt(booking(), text):
                self._asks("POST", "/meetings", json=body)
            for raw in _broken(text):
                self._asks("POST", "/meetings", data=raw, headers={"Content-Type": "application/json"})
            self._asks("POST", "/meetings", data=text.encode(), headers={"Content-Type": "text/plain"})
            self._asks("POST", "/meetings", data={"subject": text})
            self._asks("POST", "/meetings", files={"subject": (f"{text[:40]}.txt", text * 100)})

    def api(self) -> None:
        """Feed every other field, query and part of an address."""
        meeting = self.region.books()
        for text in self.texts("api"):
            self._fields(meeting, text)
            self._queries(f"/meetings/{meeting['id']}", text)
            self._checks(text)
            for method, below in _addresses(text):
                self._asks(method, below, json={} if method in {"PATCH", "POST"} else None)

    def _fields(self, meeting: Json, text: str) -> None:
        path = f"/meetings/{meeting['id']}"
        seen = {"If-Match": f'"{meeting["revision"]}"'}
        change = {name: meeting[name] for name in ("type", "variant", "unit", "start", "end", "time_zone")}
        for body in self._spoilt(change, text):
            self._asks("PATCH", path, json=body, headers=seen)
        for body in self._spoilt({"audience": "patient", "what": "link", "as_of": {}}, text):
            self._asks("POST", f"{path}/copied", json=body)

    def _queries(self, path: str, text: str) -> None:
        parts = {
            f"{path}/texts": ("audience", "language", text),
            f"{path}/item-block": ("format", text),
            f"{path}/invitation": ("audience", text),
            "/meetings": ("from", "to", "page_size", "after", text),
            "/units": ("mailbox", text),
            "/meeting-types": (text,),
        }
        for address, names in parts.items():
            for name in names:
                usual = {"audience": "patient"} if address.endswith("texts") else {}
                self._asks("GET", address, params=usual | {name: text})

    def _checks(self, text: str) -> None:
        """Give the personal-data check what it is there for; its answers are searched, too."""
        for body in (
            {"fields": [{"field": "subject", "text": text}, {"field": "body", "text": f"<p>{text}</p>"}]},
            {"fields": [{"field": text, "text": text}]},
            {"fields": [{"field": "subject", "text": text, text: text}]},
            {"fields": text, text: text},
        ):
            self._keep(self._asks("POST", "/personal-data-checks", json=body))

    def headers(self) -> None:
        """Feed every header: of a booking one by one, of the pages all at once."""
        code = self.region.books()["join_code_spoken"]
        for text in self.texts("headers"):
            for name, value in _header_values(text):
                self._asks("POST", "/meetings", headers={name: value}, json=booking() | {"unit": "no-such"})
            for sent in (text.encode(), quote(text).encode()):
                for page in (f"/m/{code}", "/m/unknown", "/start/unknown", "/pane/settings.json"):
                    self.sends("GET", page, headers=dict.fromkeys(HEADERS, sent))
            token = base64.urlsafe_b64encode(json.dumps({"iss": text, "name": text}).encode()).decode()
            for forged in (f"{token}.{token}.{token}", f"eyJhbGciOiJub25lIn0.{token}.", quote(text)):
                self._asks("GET", "/meetings", headers={"Authorization": f"Bearer {forged}"})

    # --- the pages --------------------------------------------------------------------------------------------

    def pages(self) -> None:
        """Feed the forms, queries and addresses of the join page, and the addresses of all others."""
        link = urlsplit(self.region.books()["join_url"]).path
        for text in self.texts("pages"):
            part = quote(text, safe="")
            for page in PAGES:
                self.sends("GET", f"{page.rstrip('/')}/{part}")
                self.sends("GET", page, params={"lang": text, "still": text, "code": text, text: text})
                self.sends("POST", f"{page.rstrip('/')}/{part}", data={text: text})
            for address in (link, f"{link}/join", "/m/0000000000000a", f"/m/{part}/join", f"{link}/{part}"):
                for method in ("GET", "POST", "PUT"):
                    self.sends(method, address, params={text: text}, data={"name": text, "code": text})
            self.sends("POST", "/m", data={"code": text})
            self.sends("POST", "/m", files={"code": (text[:40], text * 100)})

    def start_page(self) -> None:
        """Feed the start page before, during and after a sign-in."""
        link = self._startable()
        host = self._signed_in(link)
        for text in self.texts("start page"):
            part = quote(text, safe="")
            query = {"code": text, "state": text, "error": text, "error_description": text, text: text}
            for session in (requests.Session(), host):
                self.sends("GET", "/start/callback", session=session, params=query)
                for address in (
                    link,
                    f"/start/{part}",
                    f"{link}/host",
                    f"/start/{part}/host",
                    f"/start/{part}/sign-in/{part}",
                ):
                    self.sends("GET", address, session=session, params=query)
                    form = {"form_token": text, "reason": text, text: text}
                    self.sends("POST", address, session=session, data=form)
                self.sends("POST", "/start/sign-out", session=session, data={"form_token": text})
            self.sends("GET", f"{link}/host", headers={"Cookie": f"start={part}"})

    def _startable(self) -> str:
        """Return the start link of a meeting that can be started: booked, made, and known to all of Pexip."""
        link = urlsplit(self.region.books()["start_url"]).path
        self.region.waits_until(lambda: self.sends("POST", link).status_code == 303, "it can be started")
        return link

    def _signed_in(self, link: str) -> requests.Session:
        """Return a browser in which Anna has signed in to the start page."""
        browser = requests.Session()
        sent = self.sends("POST", link, session=browser)
        address, _, query = sent.headers["Location"].partition("?")
        form = dict(parse_qsl(query)) | {"object_id": people.ANNA.object_id}
        chosen = browser.post(address, data=form, allow_redirects=False, timeout=SECONDS)
        back = browser.get(chosen.headers["Location"], allow_redirects=False, timeout=SECONDS)
        assert back.headers["Location"].endswith("/host"), back.text
        return browser

    # --- those around us --------------------------------------------------------------------------------------

    def provider(self) -> None:
        """Let Pexip's answers hold canaries: bodies, fields' names, a header, a foreign room's description."""
        text = self.gives("provider").together()
        body = json.dumps({"conference": {"name": [text], text: [text]}, "error_message": text})
        for status in (400, 401, 403, 404, 409, 429, 500, 503):
            self.region.fault("status", method="POST", status=status, body=body, retry_after=quote(text))
            self.keeps(self.region.book())
            self.region.heal()
        for method in ("PATCH", "GET", "DELETE"):
            meeting = self.region.books()
            self.region.fault("status", method=method, status=400, body=body, times=3)
            self.keeps(self.region.change(meeting, type="information-meeting-patient"))
            self.keeps(self.region.cancel(meeting))
            self.region.heal()
        login = (people.PEXIP_USER, people.PEXIP_PASSWORD)
        self.region.sandbox("POST", ROOMS, auth=login, json={"name": text[:200], "description": text[:200]})

    def identity_provider(self) -> None:
        """Let the identity provider's answers hold canaries while somebody signs in."""
        text = self.gives("identity provider").together()
        link = self._startable()
        for status in (200, 400, 401, 500):
            body = json.dumps({"error": text, "error_description": text, "id_token": text})
            browser = requests.Session()
            sent = self.sends("POST", link, session=browser)
            address, _, query = sent.headers["Location"].partition("?")
            form = dict(parse_qsl(query)) | {"object_id": people.ANNA.object_id}
            chosen = browser.post(address, data=form, allow_redirects=False, timeout=SECONDS)
            self.region.fault("status", f"/{people.TENANT}/oauth2/", method="POST", status=status, body=body)
            self._keep(browser.get(chosen.headers["Location"], allow_redirects=False, timeout=SECONDS))
            self.region.heal()

    def calendar(self) -> None:
        """Put canaries into a calendar item that holds one of our meetings."""
        canaries = self.gives("calendar")
        meeting = self.region.books()
        answer = self.region.sandbox(
            "POST",
            "/sandbox/token",
            json={"object_id": people.ANNA.object_id, "audience": people.GRAPH_AUDIENCE},
        )
        event = {
            "subject": canaries.subject,
            "location": {"displayName": canaries.name},
            "body": {
                "contentType": "html",
                "content": f"<p>{canaries.body}</p>{meeting['item_block']['html']}",
            },
            "attendees": [
                {"type": "required", "emailAddress": {"address": canaries.mail, "name": canaries.name}}
            ],
            "start": {"dateTime": meeting["start"][:19], "timeZone": ZONE},
            "end": {"dateTime": meeting["end"][:19], "timeZone": ZONE},
            "singleValueExtendedProperties": [
                {"id": PROPERTY, "value": json.dumps({"meeting": meeting["id"], "note": canaries.body})}
            ],
        }
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.region.sandbox("POST", "/v1.0/me/events", json=event, headers=headers)
        start = booking()["start"].replace("T10", "T11")
        moved = {"start": start, "end": start.replace("T11:00", "T11:30"), "time_zone": ZONE}
        self.keeps(self.region.change(meeting, **moved))

    # --- parts ------------------------------------------------------------------------------------------------

    def gives(self, surface: str) -> Canaries:
        """Return the surface's canaries, and note that it is given them."""
        return self.given.setdefault(surface, Canaries.drawn())

    def texts(self, surface: str, *kinds: str) -> Iterator[str]:
        """Yield each of the surface's canaries."""
        for kind, text in self.gives(surface).each().items():
            if not kinds or kind in kinds:
                yield text

    def _spoilt(self, good: Json, text: str) -> Iterator[Any]:
        """Yield the body with the text in each field in turn, in several shapes, and beside the fields."""
        for name in (*good, "hosts", "on_behalf_of", "item_id"):
            for value in (text, [text], {text: text}):
                yield good | {name: value}
        yield good | {"mailbox": f"{quote(text).replace('@', '.')}@region.example", "unit": "no-such-unit"}
        yield good | {"subject": text, text: text}
        yield [text]
        yield text

    def _asks(
        self, method: str, path: str, headers: dict[str, Any] | None = None, **more: Any
    ) -> requests.Response:
        """Call the JSON interface as Anna; headers replace the usual ones."""
        usual = {"Authorization": f"Bearer {self.region.token()}", "Idempotency-Key": uuid4().hex}
        return self.sends(method, f"/api/v1{path}", headers=usual | (headers or {}), **more)

    def sends(
        self, method: str, path: str, session: requests.Session | None = None, **more: Any
    ) -> requests.Response:
        """Call the service, and keep its answer when it is an error."""
        sending = session or requests.Session()
        sending.trust_env = False
        # A server may hang up after a body that it did not read, just as the next request is on its way.
        sending.headers["Connection"] = "close"
        url = self.region.service_url + path
        answer = sending.request(method, url, allow_redirects=False, timeout=SECONDS, **more)
        self._keep(answer)
        if session is None:
            sending.close()
        return answer

    def _keep(self, answer: requests.Response) -> requests.Response:
        """Keep an answer for the search when it is an error; every answer of the check is kept."""
        if answer.status_code >= 400 or answer.url.endswith("/personal-data-checks"):
            self.keeps(answer)
        return answer

    def keeps(self, answer: requests.Response) -> None:
        """Keep an answer for the search, whatever it is."""
        name = f"answer {answer.status_code} to {answer.request.method} {urlsplit(answer.url).path[:60]}"
        self.answers.append(Place(name, str(answer.headers).encode() + b"\n" + answer.content))


def _broken(text: str) -> Iterator[bytes]:
    """Yield bodies that are no JSON, or too much of it."""
    yield f'{{"subject": "{text}"'.encode()
    yield text.encode()
    yield text.encode("utf-16")
    yield f'{{"subject": "{text}", "subject": "\\x{text}"}}'.encode()
    yield json.dumps({"mailbox": text, "unit": text * 6000}).encode()
    yield b"[" * 20_000 + text.encode()


def _addresses(text: str) -> Iterator[tuple[str, str]]:
    part = quote(text, safe="")
    for below in ("", "/texts?audience=patient", "/item-block", "/invitation?audience=external"):
        yield "GET", f"/meetings/{part}{below}"
    yield "PATCH", f"/meetings/{part}"
    yield "DELETE", f"/meetings/{part}"
    yield "POST", f"/meetings/{part}/copied"
    yield "GET", f"/{part}"
    yield "PUT", f"/meetings?{part}={part}"


def _header_values(text: str) -> Iterator[tuple[str, bytes]]:
    for name in HEADERS:
        yield name, text.encode()
        # Many servers drop a header that is not ASCII, so it is sent as the ASCII that browsers make of it, too.
        yield name, quote(text).encode()
    yield f"X-{quote(text).replace('%', '-').replace('/', '-').replace('.', '-')}", b"1"
