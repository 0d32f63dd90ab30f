"""Where Outlook finds what the manifest points at: every address below the service's base address."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

MAX_ADDRESS: Final = 2048
"""Longest address in a manifest, in characters ([MS-OWEMXML], simple type URL)."""


class UnusableAddress(ValueError):
    """An address that must not stand in a manifest; the message says why and what to give instead."""


@dataclass(frozen=True, slots=True)
class Places:
    """The addresses of one installation. `base` has no trailing slash; `support` is a whole address."""

    base: str
    support: str

    def page(self, path: str) -> str:
        """Return the address of a page of the service; `path` begins with a slash."""
        return self.base + path

    def icon(self, size: int) -> str:
        """Return the address of our icon of `size` by `size` pixels."""
        return f"{self.base}/icons/vardmote-{size}.png"

    @property
    def host(self) -> str:
        """Return host and, where there is one, port: what an application id URI repeats."""
        return urlsplit(self.base).netloc


def fault_in_address(address: str, *, allow_loopback_http: bool) -> str | None:
    """Say in one clause why Outlook could not use `address`, or None when it can.

    Outlook loads nothing over plain HTTP; only the sandbox, which is not Outlook, may be on http://127.0.0.1.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "is not an address"
    loopback = allow_loopback_http and parts.scheme == "http" and parts.hostname == "127.0.0.1"
    if parts.scheme != "https" and not loopback:
        return "does not begin with https://"
    if not parts.hostname or port == 0:
        return "has no host, or no usable port"
    if parts.username is not None or parts.password is not None:
        return "carries a user name or a password"
    if len(address) > MAX_ADDRESS or any(character.isspace() for character in address):
        return f"is longer than {MAX_ADDRESS} characters or has a space in it"
    return None


def places(base_url: str, support_url: str | None, *, allow_loopback_http: bool) -> Places:
    """Return the addresses of the installation at `base_url`, or raise UnusableAddress.

    Without a `support_url` the pane's own page answers: outside Outlook it shows whom to call.
    """
    base = base_url.rstrip("/")
    support = support_url or f"{base}/pane/"
    for address in (base, support):
        fault = fault_in_address(address, allow_loopback_http=allow_loopback_http)
        if fault:
            raise UnusableAddress(f"The address {address!r} {fault}. Give a whole https:// address.")
    if urlsplit(base)[2:] != ("", "", ""):
        # The pane asks for what it needs by absolute paths, so that the service cannot stand below one.
        raise UnusableAddress(f"The address {base!r} has more than scheme and host. Give service.base_url.")
    return Places(base=base, support=support)
