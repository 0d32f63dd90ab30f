"""The claims of the tokens that Entra gives out, versions 1.0 and 2.0, for people and for applications.

Source: Microsoft identity platform, "Access token claims reference" and "ID token claims reference", November 2026.
"""

import hashlib
import time
import uuid
from typing import Final

from addin.sandbox import people
from addin.sandbox.people import Person
from addin.sandbox.shelf import Json

LIFETIME_SECONDS: Final = 3600
BACKGROUND_OBJECT: Final = "8f15b0a4-994c-42dd-8d94-8fefefef9c09"  # the worker's service principal


class Claims:
    """Writes claims for an issuer that is reached at `base`, such as `http://127.0.0.1:8100`."""

    def __init__(self, base: str) -> None:
        self._base = base

    def issuer(self, tenant: str, version: str = "2.0") -> str:
        """Return `iss` of a tenant: at our address for version 2.0, Entra's fixed form for 1.0."""
        return f"{self._base}/{tenant}/v2.0" if version == "2.0" else f"https://sts.windows.net/{tenant}/"

    def access(
        self, person: Person, audience: str | None, version: str = "2.0", client: str | None = None
    ) -> Json:
        """Return an access token's claims for a person; `audience` None means our own service."""
        client = client or people.PANE_CLIENT
        if audience in {None, people.API_CLIENT, people.API_URI}:
            # Whichever name was asked with, Entra writes the one that belongs to the token's version.
            audience = people.API_CLIENT if version == "2.0" else people.API_URI
        is_graph = audience == people.GRAPH_AUDIENCE
        claims = self._common(person, audience, version) | {
            "scp": "Calendars.ReadWrite Calendars.ReadWrite.Shared" if is_graph else people.API_SCOPE,
        }
        if version == "2.0":
            return claims | {"azp": client, "azpacr": "0", "preferred_username": person.address}
        return claims | {
            "appid": client,
            "appidacr": "0",
            "upn": person.address,
            "unique_name": person.address,
        }

    def identity(self, person: Person, client: str, nonce: str | None) -> Json:
        """Return an ID token's claims."""
        claims = self._common(person, client, "2.0") | {"preferred_username": person.address, "acct": 0}
        if person.is_guest:
            claims["acct"] = 1
        return claims if nonce is None else claims | {"nonce": nonce}

    def application(self, client: str, audience: str) -> Json:
        """Return the claims of an application's own token (client credentials): no scope, `idtyp` app."""
        granted = "Calendars.Read" if client == people.READING_CLIENT else "Calendars.ReadWrite"
        roles = [granted] if audience == people.GRAPH_AUDIENCE else []
        return self._times() | {
            "aud": audience,
            "iss": self.issuer(people.TENANT),
            "tid": people.TENANT,
            "oid": BACKGROUND_OBJECT,
            "sub": BACKGROUND_OBJECT,
            "azp": client,
            "azpacr": "1",
            "idtyp": "app",
            "roles": roles,
            "ver": "2.0",
        }

    def _common(self, person: Person, audience: str, version: str) -> Json:
        claims = self._times() | {
            "aud": audience,
            "iss": self.issuer(person.tenant, version),
            "tid": person.tenant,
            "oid": person.object_id,
            "sub": _pairwise(person, audience),
            "name": person.name,
            "ver": version,
        }
        if person.is_guest:
            claims |= {"acct": 1, "idp": f"https://sts.windows.net/{person.home}/"}
        # As the registration's manifest asks for it: "groupMembershipClaims": "ApplicationGroup". Without one of them,
        # Entra leaves the claim out.
        groups = people.groups_of(person)
        return claims | {"groups": groups} if groups else claims

    def _times(self) -> Json:
        now = int(time.time())
        return {"iat": now, "nbf": now, "exp": now + LIFETIME_SECONDS, "uti": uuid.uuid4().hex}


def _pairwise(person: Person, audience: str) -> str:
    # Entra's subject differs for each application, so it can never stand in for the object id.
    return hashlib.sha256(f"{person.object_id}|{audience}".encode()).hexdigest()[:43]
