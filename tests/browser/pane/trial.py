"""A whole region as its users start it: the service and the sandbox, real processes, and the sandbox's levers."""

import os
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import requests

from addin.sandbox import people

ROOMS: Final = "/api/admin/configuration/v1/conference/"
API: Final = "/api/v1"
START_SECONDS: Final = 60


class Trial:
    """`vardmote sandbox` with a folder of its own. Its addresses are `window_url` and `service_url`."""

    def __init__(self, folder: Path) -> None:
        port = _two_free_ports()
        self.window_url, self.service_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
        command = [sys.executable, "-m", "addin.cli", "sandbox", "--port", str(port), "--var", str(folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._http = requests.Session()
        self._http.trust_env = False
        self._await_address()

    def _await_address(self) -> None:
        """Return when the one address is printed; what is printed instead is the failure."""
        assert self._process.stdout
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            assert selector.select(START_SECONDS), "the region did not start in time"
        line = self._process.stdout.readline()
        assert self.window_url in line, line + self._process.stdout.read()

    def stop(self) -> None:
        """Press Ctrl-C."""
        self._http.close()
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)
        if self._process.stdout:
            self._process.stdout.close()

    def fault(self, kind: str, method: str, path_prefix: str = ROOMS, **more: Any) -> None:
        """Switch on a fault of the simulated provider."""
        match = {"method": method, "path_prefix": path_prefix}
        self._lever("POST", "faults", json={"fault": kind, "match": match, **more})

    def await_hold(self) -> None:
        """Return when a request to the provider stands still."""
        held = self._lever("GET", "holds", params={"wait": "20"}).json()["holds"]
        assert held, "nothing was held"

    def release(self) -> None:
        """Let every held request go on."""
        self._lever("POST", "release", json={})

    def heal(self) -> None:
        """Switch all faults off and let everything go on."""
        self._lever("DELETE", "faults")

    def rooms(self) -> int:
        """Return how many rooms the provider has."""
        account = (people.PEXIP_USER, people.PEXIP_PASSWORD)
        answer = self._http.get(f"{self.window_url}{ROOMS}", auth=account, timeout=10)
        return int(answer.json()["meta"]["total_count"])

    def api(
        self, method: str, path: str, person: people.Person = people.ANNA, **more: Any
    ) -> requests.Response:
        """Call the service as somebody's pane would, from elsewhere."""
        token = self._lever("POST", "token", json={"object_id": person.object_id}).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self._http.request(
            method, f"{self.service_url}{API}{path}", headers=headers, timeout=20, **more
        )

    def _lever(self, method: str, name: str, **more: Any) -> requests.Response:
        answer = self._http.request(method, f"{self.window_url}/sandbox/{name}", timeout=30, **more)
        answer.raise_for_status()
        return answer


def _two_free_ports() -> int:
    """Return a port that is free together with the next one."""
    first = 20000 + os.getpid() % 20000
    for port in range(first, first + 2000, 2):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no two free ports in a row")
