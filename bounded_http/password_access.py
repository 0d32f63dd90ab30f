"""Where a server is that takes a name and a password with every call, and how it is reached.

For adapters of any vendor; refuses an address to which a password must not be sent.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bounded_http.connections import Way, is_this_machine


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordAccess:
    """An address and its credentials; times in seconds, `ca_bundle` a file of PEM certificates.

    `base_url` is scheme, host and port alone. It is https, or http to this machine, because the password goes with
    every call; ValueError for any other.
    """

    base_url: str
    username: str
    password: str = field(repr=False)
    pool_size: int
    timeout_seconds: float = 10.0
    connect_timeout_seconds: float = 3.0
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.path.rstrip("/") or parts.query or parts.fragment or parts.username or not parts.hostname:
            raise ValueError("base_url must be scheme, host and port alone")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname)):
            raise ValueError("base_url must be https")

    @property
    def origin(self) -> str:
        """Return the address without a slash at its end."""
        return self.base_url.rstrip("/")

    @property
    def way(self) -> Way:
        """Return proxies and trust as a call takes them."""
        return Way(self.proxies, self.ca_bundle)

    @property
    def authorization(self) -> str:
        """Return Basic credentials in UTF-8 (RFC 7617, section 2.1); requests alone would write them in Latin-1."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")
