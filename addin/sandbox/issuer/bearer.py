"""Checks the issuer's own access tokens, for the simulated systems that ask for one."""

from typing import cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from addin.sandbox.issuer.keys import SigningKeys
from addin.sandbox.issuer.tokens import Claims
from addin.sandbox.people import TENANT
from addin.sandbox.shelf import Json


class BadToken(Exception):
    """The request bears no token that is good here; the text is Entra's sentence."""


class Bearer:
    """Accepts what our own issuer signed, for the right audience, while it lives."""

    def __init__(self, keys: SigningKeys, claims: Claims) -> None:
        self._keys, self._claims = keys, claims

    def claims(self, authorization: str, audience: str) -> Json:
        """Return the claims of `Authorization: Bearer ...`; raises BadToken."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise BadToken("Access token is empty.")
        wanted = jwt.JWTClaimsRegistry(
            iss={
                "essential": True,
                "values": [self._claims.issuer(TENANT, version) for version in ("1.0", "2.0")],
            },
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        published = cast("KeySetSerialization", self._keys.published())
        try:
            opened = jwt.decode(token, KeySet.import_key_set(published), algorithms=["RS256"])
            wanted.validate(opened.claims)
        except (JoseError, ValueError) as fault:
            raise BadToken(
                "Access token validation failure: signature, audience, issuer or lifetime."
            ) from fault
        return dict(opened.claims)
