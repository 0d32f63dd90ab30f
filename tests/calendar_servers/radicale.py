"""Radicale (PyPI), with the service let into every calendar and nobody else into another's."""

from __future__ import annotations

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


class Radicale:
    """One Radicale."""

    name: ClassVar[str] = "radicale"
    schedules: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self._base = f"http://127.0.0.1:{port}"
        self.url = self._base + "/{user}/"
        self._names = Names()
        (folder / "people").write_text(":".join(SERVICE) + "\n")
        (folder / "rights").write_text(_RIGHTS.format(service=SERVICE[0]))
        (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
        log = folder / "log"
        self._process = started([sys.executable, "-m", "radicale", "--config", folder / "config"], log)
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
        assert ask("DELETE", mailbox.home, SERVICE).status_code in {200, 204}

    def stop(self) -> None:
        stopped(self._process)
