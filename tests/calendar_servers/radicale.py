"""Radicale (PyPI), with the service let into every calendar and nobody else into another's."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.calendar_servers.plain_folders import FolderServer
from tests.calendar_servers.server import SERVICE, Mailbox, ask

_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/people
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = {folder}/rights
[storage]
filesystem_folder = {folder}/collections
[logging]
level = error
"""
_RIGHTS = """
[service]
user: {service}
collection: (?!closed).*
permissions: RrWw
"""


class Radicale(FolderServer):
    """One Radicale."""

    name: ClassVar[str] = "radicale"

    def _command(self, folder: Path, port: int) -> Sequence[str | Path]:
        (folder / "people").write_text(":".join(SERVICE) + "\n")
        (folder / "rights").write_text(_RIGHTS.format(service=SERVICE[0]))
        (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
        return [sys.executable, "-m", "radicale", "--config", folder / "config"]

    def removes(self, mailbox: Mailbox) -> None:
        assert ask("DELETE", mailbox.home, SERVICE).status_code in {200, 204}
