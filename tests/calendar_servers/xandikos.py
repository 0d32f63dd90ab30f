"""Xandikos (PyPI), without access control: it offers none over plain HTTP."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import ClassVar

from tests.calendar_servers.server import (
    DOMAIN,
    SERVICE,
    Mailbox,
    Names,
    ask,
    free_port,
    started,
    stopped,
    until_it_answers,
)


class Xandikos:
    """One Xandikos; its mailboxes are plain folders of calendars, reached without a principal."""

    name: ClassVar[str] = "xandikos"
    schedules: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._base = f"http://127.0.0.1:{port}"
        self.url = self._base + "/{user}/"
        self._names = Names()
        log = folder / "log"
        self._data = folder / "data"
        where = ["-d", str(self._data), "-l", "127.0.0.1", "-p", str(port)]
        command = [sys.executable, "-m", "xandikos", "serve", *where, "--autocreate", "--no-detect-systemd"]
        self._process = started(command, log)
        until_it_answers(self._process, log, lambda: ask("GET", self._base + "/", SERVICE).status_code < 500)

    def new_mailbox(self) -> Mailbox:
        name = self._names.new()
        mailbox = Mailbox(
            f"{name}@{DOMAIN}", f"{self._base}/{name}/", f"{self._base}/{name}/kalender/", SERVICE
        )
        for method, url in (("MKCOL", mailbox.home), ("MKCALENDAR", mailbox.calendar)):
            assert ask(method, url, SERVICE).status_code == 201
        return mailbox

    def removes(self, mailbox: Mailbox) -> None:
        # It lets nobody remove what is no calendar.
        shutil.rmtree(self._data / mailbox.address.partition("@")[0])

    def stop(self) -> None:
        stopped(self._process)
