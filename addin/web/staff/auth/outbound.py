"""The way out to an identity provider: HTTPS through the organisation's own proxy and trust, and nowhere else."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from addin.web.staff.auth.errors import IdentityUnavailable

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 5.0
# Entra's key set is 10-20 kB; more than this is not a key set or a metadata document.
_LARGEST: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Outbound:
    """How this service reaches the identity provider.

    `proxies` as `requests` takes them, e.g. `{"https": "http://proxy.region.example:3128"}`; empty means direct.
    `ca_bundle` is a file of trusted certificates; None means the public ones. The environment is never asked.
    """

    proxies: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None

    def prepare(self, session: requests.Session) -> None:
        """Make `session` go this way, and no other."""
        session.trust_env = False
        session.proxies = dict(self.proxies)
        session.verify = self.ca_bundle or True

    def fetch_json(self, url: str) -> dict[str, Any]:
        """Return the JSON object at `url`; raises IdentityUnavailable for every other outcome.

        Redirects are not followed: an identity provider's documents stand where they were said to stand.
        """
        with requests.Session() as session:
            self.prepare(session)
            try:
                with session.get(
                    url, timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True, allow_redirects=False
                ) as answer:
                    return _json_object(answer)
            # `from None`: what the provider said, and where it stands, never reaches a log through us.
            except (requests.RequestException, ValueError, TypeError, RecursionError):
                raise IdentityUnavailable("the identity provider did not answer as expected") from None


def _json_object(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code != requests.codes.ok:
        raise ValueError("not 200")
    latest, body = time.monotonic() + READ_SECONDS, bytearray()
    for piece in answer.iter_content(16 * 1024):
        body += piece
        if len(body) > _LARGEST or time.monotonic() > latest:
            raise ValueError("too long, or too slow")
    document = json.loads(body)
    if not isinstance(document, dict):
        raise TypeError("not an object")
    return document
