"""The kinds of values that a settings file may hold, and what is said when one is none."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from ipaddress import ip_network
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext, SSLError
from typing import Any, Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from marshmallow import Schema, ValidationError, fields

from addin.config.settings import Network

# The folder of the file that is being read; relative paths are taken from it.
settings_folder: ContextVar[Path] = ContextVar("settings_folder")


class Secret(fields.Field[str]):
    """`{ env = "NAME" }` or `{ file = "path" }`; the value's own text never stands in the file or in a fault."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, dict) or len(value) != 1 or not set(value) <= {"env", "file"}:
            raise ValidationError(
                'write { env = "NAME" } or { file = "path" }; a secret does not belong in this file'
            )
        (name,) = value.values()
        if not isinstance(name, str) or not name.strip():
            raise ValidationError("write the name of an environment variable or of a file")
        secret = self._from_environment(name) if "env" in value else self._from_file(name)
        if not secret:
            raise ValidationError("the secret is empty")
        return secret

    def _from_environment(self, name: str) -> str:
        if name not in os.environ:
            raise ValidationError(f"the environment variable {name} is not set")
        return os.environ[name].strip()

    def _from_file(self, name: str) -> str:
        path = settings_folder.get() / name
        try:
            # Some editors begin a file with a mark that nobody sees; a password with it is another one.
            return path.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise ValidationError(f"{path} cannot be read ({type(fault).__name__})") from None


def _parts(address: str) -> SplitResult:
    """Return the parts of an address; raises ValidationError without the address, which may hold a password."""
    try:
        parts = urlsplit(address)
        usable = parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValidationError("this is not an address: check its brackets and its port")
    return parts


class LedgerUrl(Secret):
    """A database URL, or a secret that holds one since it has a password; a SQLite path is made absolute."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = value if isinstance(value, str) else super()._deserialize(value, attr, data, **kwargs)
        scheme, _, rest = text.partition("://")
        if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
            # Written as an address: of `50%25` or `?` in a folder's name another file would be made.
            return f"sqlite:///{quote(str((settings_folder.get() / unquote(rest[1:])).resolve()))}"
        if scheme not in ("postgresql", "postgresql+psycopg") or not rest:
            raise ValidationError("write sqlite:///ledger.db or postgresql://user@host/database")
        if _parts(text).password and isinstance(value, str):
            raise ValidationError(
                "the address has a password: put the whole address in a file or the environment"
            )
        return text


class FilePath(fields.Field[Path]):
    """A path, relative to the folder of the settings file."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Path:
        if not isinstance(value, str) or not value:
            raise ValidationError("write a path")
        return settings_folder.get() / value


class FileText(FilePath):
    """What stands in a file; its path is relative to the folder of the settings file."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        path = super()._deserialize(value, attr, data, **kwargs)
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise ValidationError(f"{path} cannot be read ({type(fault).__name__})") from None


class TrustedCertificates(FilePath):
    """A file of trusted certificates, PEM: with one that holds none, nothing at all could be reached."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Path:
        path = super()._deserialize(value, attr, data, **kwargs)
        try:
            SSLContext(PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except SSLError:
            raise ValidationError(f"{path} holds no certificates in PEM") from None
        except OSError as fault:
            raise ValidationError(f"{path} cannot be read ({type(fault).__name__})") from None
        return path


class FolderPath(FilePath):
    """A folder that is there; its path is relative to the folder of the settings file."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Path:
        folder = super()._deserialize(value, attr, data, **kwargs)
        if not folder.is_dir():
            raise ValidationError(f"{folder} is not a folder")
        return folder


class OneOfKinds(fields.Field[Any]):
    """A table whose `kind` says which schema reads all of it."""

    def __init__(self, schemas: Mapping[str, Schema], **told: Any) -> None:
        super().__init__(**told)
        self.schemas = schemas

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("write a table")
        if "kind" not in value:
            raise ValidationError({"kind": ["is missing and must be set"]})
        schema = self.schemas.get(value["kind"]) if isinstance(value["kind"], str) else None
        if schema is None:
            raise ValidationError({"kind": [f"must be one of: {', '.join(sorted(self.schemas))}"]})
        return schema.load(value)


class NetworkRange(fields.Field[Network]):
    """An address or a network, e.g. `10.0.0.0/8`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Network:
        try:
            return ip_network(value)
        except ValueError:
            raise ValidationError("write an address or a network, such as 10.1.0.0/16") from None


class WebAddress(fields.String):
    """An http or https address without a slash at the end; plain http only in the sandbox, on this machine."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = str(super()._deserialize(value, attr, data, **kwargs)).rstrip("/")
        parts = _parts(address)
        if "@" in parts.netloc:
            raise ValidationError("leave name and password out of the address")
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
            raise ValidationError("write an address that begins with https://")
        return address


# Of an origin, which also stands in a header where a semicolon or a space would begin something else.
_HOST: Final = re.compile(r"[A-Za-z0-9.*:\[\]-]+")


class WebAddressOrNone(WebAddress):
    """The same, or an empty text where there is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return "" if value == "" else super()._deserialize(value, attr, data, **kwargs)


class Origin(WebAddress):
    """An address that is scheme, host and port alone: the paths behind it are the adapter's own."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        parts = _parts(address)
        if parts.path or parts.query or parts.fragment or not _HOST.fullmatch(parts.netloc):
            raise ValidationError("write scheme and host alone, such as https://video.region.example")
        return address


class MailboxAddress(WebAddress):
    """The address of a mailbox, with a place in its path for which one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        if not any(place in _parts(address).path for place in ("{mailbox}", "{user}")):
            raise ValidationError("write {mailbox} or {user} where the mailbox's own name stands in the path")
        return address


class Mailboxes(fields.List[str]):
    """One address, or a list of them."""

    def __init__(self, **told: Any) -> None:
        super().__init__(fields.Email(), **told)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, str):
            return [self.inner.deserialize(value)]
        return super()._deserialize(value, attr, data, **kwargs)


class Proxy(Secret):
    """A proxy's address, or a secret that holds one since it has a password; plain http is what proxies speak."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = value if isinstance(value, str) else super()._deserialize(value, attr, data, **kwargs)
        parts = _parts(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValidationError("write the address of a proxy, such as http://proxy.region.example:3128")
        if isinstance(value, str) and parts.password:
            raise ValidationError(
                "the address has a password: put the whole address in a file or the environment"
            )
        return text.rstrip("/")
