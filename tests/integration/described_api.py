"""The JSON interface as its own description says: every call is looked up there, and every answer held against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import requests
from jsonschema import Draft202012Validator

from addin.sandbox import people
from addin.sandbox.people import Person
from tests.region import Json, Region, booking

__all__ = ["DescribedApi", "Json", "booking"]

PROBLEM: Final = "application/problem+json"


class DescribedApi:
    """Calls a region's service; raises AssertionError when an answer is not one that the description promises."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.description: Json = _get(f"{region.service_url}/api/v1/openapi.json")

    def __call__(
        self, method: str, path: str, *, person: Person = people.ANNA, **more: Any
    ) -> requests.Response:
        """Call `path` (after `/api/v1`) as that person, and return the answer once it has been held to its word."""
        answer = self.region.api(method, path, person=person, **more)
        self.hold(method, path, answer)
        return answer

    def hold(self, method: str, path: str, answer: requests.Response) -> None:
        """Hold an answer against the description."""
        promised = self._promised(method, path, answer.status_code)
        for name in promised.get("headers", {}):
            assert name in answer.headers, f"{method} {path} answered {answer.status_code} without {name}"
        content = promised.get("content")
        if not content:
            assert answer.content == b"", f"{method} {path} answered something where nothing is promised"
            return
        media_type = answer.headers["Content-Type"].partition(";")[0]
        assert media_type in content, f"{method} {path} answered {media_type}"
        schema = {**content[media_type]["schema"], "components": self.description["components"]}
        told = answer.json() if media_type.endswith("json") else answer.text
        faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(told)]
        assert faults == [], f"{method} {path} answered {answer.status_code}: {faults}"

    def refuses(self, status: int, code: str, method: str, path: str, **more: Any) -> Json:
        """Call, and return the problem, which must be that one."""
        answer = self(method, path, **more)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["Content-Type"] == PROBLEM
        problem = answer.json()
        assert problem["status"] == status
        assert problem["type"].endswith(f":{code}")
        return dict(problem)

    def books(
        self, *, key: str | None = None, person: Person = people.ANNA, status: int = 201, **more: Any
    ) -> Json:
        """Press *Skapa möte* and return the meeting; `more` replaces fields of the usual booking.

        A machine that is busy may promise the room with 202 first.
        """
        answer = self.region.book(key=key, person=person, **more)
        self.hold("POST", "/meetings", answer)
        assert answer.status_code in {status, 202}, answer.text
        return self._made(answer, person) if status != 202 else dict(answer.json())

    def changes(self, meeting: Json, **more: Any) -> Json:
        """Change a meeting as it was last seen and return it; while the worker is at its room, that takes a moment."""
        answer = self("PATCH", f"/meetings/{meeting['id']}", headers=seen(meeting), json=more)
        assert answer.status_code in {200, 202}, answer.text
        return self._made(answer)

    def takes_back(self, meeting: Json) -> int:
        """Press *Ta bort möte* when nobody is at the room, and return the status."""
        self.region.settles(meeting["id"])
        return self("DELETE", f"/meetings/{meeting['id']}").status_code

    def listed(self, person: Person = people.ANNA, query: Mapping[str, str] | None = None) -> list[str]:
        """Return the ids that a person's list shows on its first page."""
        answer = self("GET", "/meetings", person=person, params={"page_size": 100, **(query or {})})
        assert answer.status_code == 200, answer.text
        return [meeting["id"] for meeting in answer.json()["meetings"]]

    def _made(self, answer: requests.Response, person: Person = people.ANNA) -> Json:
        """Return the meeting of an answer when its room is as wished."""
        meeting = dict(answer.json())
        if answer.status_code != 202:
            return meeting
        return self.region.waits_for_state(meeting["id"], "live", person=person)

    def _promised(self, method: str, path: str, status: int) -> Json:
        responses = self._operation(method, path)["responses"]
        return self._resolved(responses.get(str(status)) or responses["default"])

    def _operation(self, method: str, path: str) -> Json:
        bare = f"/api/v1{path}".partition("?")[0]
        for template, operations in self.description["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, bare) and method.lower() in operations:
                return dict(operations[method.lower()])
        raise AssertionError(f"the description knows no {method} {bare}")

    def _resolved(self, promised: Mapping[str, Any]) -> Json:
        reference = promised.get("$ref")
        if reference is None:
            return dict(promised)
        found: Any = self.description
        for part in str(reference).removeprefix("#/").split("/"):
            found = found[part]
        return dict(found)


def seen(meeting: Json) -> dict[str, str]:
    """Return the header that says as which revision the meeting was last seen."""
    return {"If-Match": f'"{meeting["revision"]}"'}


def _get(url: str) -> Json:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, timeout=10)
    answer.raise_for_status()
    return dict(answer.json())
