"""Graph as tests call it: what a body looks like, and what an answer tells. Knows addresses and forms, no rules."""

from collections.abc import Callable
from typing import Any, Final

import requests

from addin.sandbox import people
from tests.contract.sandbox.running import Json, Sandbox

Send = Callable[..., requests.Response]

TAG: Final = "String {66F5A359-4659-4830-9070-00047EC6AC6E} Name SkyddatVardmote"
TAG_BACK: Final = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name SkyddatVardmote"
STATE: Final = "Integer {00062002-0000-0000-c000-000000000046} Id 0x8217"
IMMUTABLE: Final = {"Prefer": 'IdType="ImmutableId"'}
WISH: Final[Json] = {
    "subject": "Digitalt vårdmöte",
    "start": {"dateTime": "2027-03-01T10:00:00", "timeZone": "Europe/Stockholm"},
    "end": {"dateTime": "2027-03-01T11:00:00", "timeZone": "Europe/Stockholm"},
}


def made(caller: Send, **changes: Any) -> Json:
    """Make an item in Anna's calendar and return it."""
    answer = caller("POST", "/me/events", WISH | changes)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def code(answer: requests.Response) -> tuple[int, str]:
    """Return status and code of a refusal, which must have Graph's shape."""
    told = answer.json()["error"]
    assert set(told) == {"code", "message", "innerError"}
    return answer.status_code, told["code"]


def at(day: str, clock: str) -> Json:
    """Return a time in the region's zone."""
    return {"dateTime": f"{day}T{clock}:00", "timeZone": "Europe/Stockholm"}


def attendee(person: people.Person) -> Json:
    """Return somebody as an attendee."""
    return {"type": "required", "emailAddress": {"address": person.address, "name": person.name}}


def application_token(region: Sandbox) -> str:
    """Return the background application's token for Graph."""
    form = {
        "grant_type": "client_credentials",
        "client_id": people.BACKGROUND_CLIENT,
        "client_secret": people.BACKGROUND_SECRET,
        "scope": f"{people.GRAPH_AUDIENCE}/.default",
    }
    answer = region.call("POST", f"/{people.TENANT}/oauth2/v2.0/token", data=form)
    return str(answer.json()["access_token"])
