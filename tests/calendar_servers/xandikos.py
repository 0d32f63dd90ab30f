"""Xandikos (PyPI), without access control: it offers none over plain HTTP."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.calendar_servers.plain_folders import FolderServer
from tests.calendar_servers.server import Mailbox


class Xandikos(FolderServer):
    """One Xandikos; its mailboxes are plain folders of calendars, reached without a principal."""

    name: ClassVar[str] = "xandikos"

    def _command(self, folder: Path, port: int) -> Sequence[str | Path]:
        self._data = folder / "data"
        where = ["-d", str(self._data), "-l", "127.0.0.1", "-p", str(port)]
        return [sys.executable, "-m", "xandikos", "serve", *where, "--autocreate", "--no-detect-systemd"]

    def removes(self, mailbox: Mailbox) -> None:
        # It lets nobody remove what is no calendar.
        shutil.rmtree(self._data / mailbox.address.partition("@")[0])
