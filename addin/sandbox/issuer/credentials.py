"""How a confidential client proves who it is: a secret, or an assertion that its registered certificate signed.

Source: RFC 7523, section 3; Microsoft identity platform, "Application authentication certificate credentials" (PS256,
`x5t#S256`), as msal sends it.
"""

import hmac
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from flask import request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from addin.sandbox import people
from addin.sandbox.shelf import Json, Shelf

CLOCK_SECONDS: Final = 60
KIND: Final = "client-certificate"
BY_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class UnknownClient(Exception):
    """The client did not prove that it is who it says; the text is Entra's sentence."""


class Credentials:
    """The clients' secrets, which are public, and the certificates that were registered for them."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def register(self, client: str, certificate: str) -> str:
        """Register a certificate (PEM) for a client, as an administrator does; returns its thumbprint.

        Raises ValueError when there is no such client, or it is no certificate.
        """
        if client not in people.SECRETS:
            raise ValueError("client: no such confidential client")
        thumbprint = _thumbprint(certificate)
        self._shelf.put(KIND, f"{client} {thumbprint}", {"certificate": certificate})
        return thumbprint

    def client(self, token_endpoint: str) -> str:
        """Return the client that the request to the token endpoint proves to be; raises UnknownClient."""
        if request.form.get("client_assertion_type") == BY_ASSERTION:
            return self._by_assertion(request.form.get("client_assertion", ""), token_endpoint)
        basic = request.authorization
        basic = basic if basic and basic.type == "basic" else None
        client = (basic.username if basic else request.form.get("client_id")) or ""
        secret = (basic.password if basic else request.form.get("client_secret")) or ""
        if client in people.PUBLIC_CLIENTS and not secret:
            return client
        known = people.SECRETS.get(client, "")
        if not secret or not hmac.compare_digest(known.encode(), secret.encode()):
            raise UnknownClient("AADSTS7000215: unknown client or wrong secret.")
        return client

    def _by_assertion(self, assertion: str, token_endpoint: str) -> str:
        client = request.form.get("client_id", "")
        wanted = jwt.JWTClaimsRegistry(
            leeway=CLOCK_SECONDS,
            iss={"essential": True, "value": client},
            sub={"essential": True, "value": client},
            # msal takes an address for https, even where the sandbox has no certificate of its own.
            aud={"essential": True, "values": [token_endpoint, token_endpoint.replace("http:", "https:", 1)]},
            exp={"essential": True},
        )
        for certificate in self._certificates(client):
            try:
                opened = jwt.decode(
                    assertion, _public_key(certificate), registry=_Assertions(algorithms=["PS256"])
                )
                wanted.validate(opened.claims)
            except (JoseError, ValueError):
                continue
            return client
        raise UnknownClient(
            "AADSTS700027: the certificate is not registered, or the assertion is not its own."
        )

    def _certificates(self, client: str) -> list[str]:
        kept: dict[str, Json] = self._shelf.documents(KIND)
        return [told["certificate"] for key, told in kept.items() if key.partition(" ")[0] == client]


class _Assertions(JWSRegistry):
    """Has room for a header that bears the whole certificate (`x5c`)."""

    max_header_length = 16 * 1024


def _public_key(certificate: str) -> RSAKey:
    public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    return RSAKey.import_key(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _thumbprint(certificate: str) -> str:
    return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA256()).hex()
