"""Where Entra and Graph are, and who we are there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bounded_http.connections import Way, is_this_machine
from calendar_sync.calendar import CalendarUnavailable


@dataclass(frozen=True, slots=True)
class Certificate:
    """How an application proves itself: a private key and its certificate, both PEM; raises ValueError for others.

    The key is RSA, since Entra knows signatures of no other kind ("Certificate credentials": PS256).
    """

    private_key: str = field(repr=False)
    certificate: str = field(repr=False)

    def __post_init__(self) -> None:
        try:
            key = load_pem_private_key(self.private_key.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ValueError("the private key is no PEM, or has a password") from None
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate.encode())
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("the certificate is no PEM") from None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("the private key is not RSA, and Entra takes no other")  # noqa: TRY004 - as the others
        if key.public_key() != certificate.public_key():
            raise ValueError("the private key is not the certificate's")


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A secret instead of a certificate; for the sandbox only, since it travels with every request for a token."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrosoftSettings:
    """Where Entra and Graph are, and who we are there; times in seconds.

    `authority` is the tenant's address, `base_url` Graph's with its version. Both are https, or http to this
    machine.
    """

    authority: str
    client_id: str
    credential: Certificate | ClientSecret
    base_url: str = "https://graph.microsoft.com/v1.0"
    timeout_seconds: float = 10.0
    connect_timeout_seconds: float = 3.0
    pool_size: int = 40
    way: Way = field(default_factory=Way)


def seconds_left(settings: MicrosoftSettings, until: float) -> float:
    """Return how long one call may take that ends by `until` (`time.monotonic()`); raises CalendarUnavailable."""
    left = until - time.monotonic()
    if left <= 0:
        raise CalendarUnavailable
    return min(settings.timeout_seconds, left)


def origin_of(address: str) -> str:
    """Return scheme, host and port; raises ValueError for an address to which no secret may be sent."""
    parts = urlsplit(address)
    local = parts.scheme == "http" and is_this_machine(parts.hostname or "")
    if not parts.hostname or parts.username or not (parts.scheme == "https" or local):
        raise ValueError("the address must be https")
    return f"{parts.scheme}://{parts.netloc}"
