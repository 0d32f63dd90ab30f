"""What Radicale and Xandikos have in common: mailboxes are folders of calendars, which the service makes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.calendar_servers.server import (
    DOMAIN,
    SERVICE,
    Mailbox,
    Names,
    ask,
    started,
    stopped,
    until_it_answers,
)
from tests.ports import kept_port


class FolderServer(ABC):
    """A running server whose mailboxes the service makes over CalDAV; it sends nothing on to attendees."""

    schedules: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        port = kept_port()
        self._base = f"http://127.0.0.1:{port}"
        self.url = self._base + "/{user}/"
        self._names = Names()
        log = folder / "log"
        self._process = started(self._command(folder, port), log)
        until_it_answers(self._process, log, lambda: ask("GET", self._base + "/", SERVICE).status_code < 500)

    @abstractmethod
    def _command(self, folder: Path, port: int) -> Sequence[str | Path]:
        """Write what the server needs into `folder`, and return how it is started on that port."""

    def new_mailbox(self) -> Mailbox:
        name = self._names.new()
        home = f"{self._base}/{name}/"
        mailbox = Mailbox(f"{name}@{DOMAIN}", home, f"{home}kalender/", SERVICE)
        for method, url in (("MKCOL", mailbox.home), ("MKCALENDAR", mailbox.calendar)):
            assert ask(method, url, SERVICE).status_code == 201
        return mailbox

    def stop(self) -> None:
        stopped(self._process)
