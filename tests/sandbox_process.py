"""A sandbox of its own for tests of it, and of what calls it. Knows how it is started and ended, nothing of its forms.

It is forked (`tests/zygote.py`); that it starts by itself and tells its port on standard output is proved in
`tests/contract/sandbox/test_window_routes.py`.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.zygote import zygote

SECONDS: Final = 60.0
PAUSE: Final = 0.01


class SandboxProcess:
    """One process of `python -m addin.sandbox`, which has said that it is ready. `told` is what it said."""

    def __init__(self, state: Path, service_url: str, *options: str) -> None:
        # Of its own: another sandbox on the same state has written there, too.
        folder = Path(tempfile.mkdtemp(prefix="sandbox-", dir=state.parent))
        self._out, self._errors = folder / "out", folder / "errors"
        command = [sys.executable, "-m", "addin.sandbox", "--service-url", service_url, "--state", str(state)]
        self.process = zygote().starts([*command, *options], self._out, self._errors)
        self.told: dict[str, Any] = json.loads(self._first_line())
        self.base = f"http://127.0.0.1:{self.told['port']}"

    def stop(self) -> int:
        """End it (SIGTERM), if it has not ended, and return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(SECONDS)

    def _first_line(self) -> str:
        latest = time.monotonic() + SECONDS
        while time.monotonic() < latest and self.process.poll() is None:
            said = self._out.read_text(encoding="utf-8") if self._out.exists() else ""
            if "\n" in said:
                return said.splitlines()[0]
            time.sleep(PAUSE)
        self.stop()
        raise AssertionError(f"the sandbox did not come up: {self._errors.read_text(encoding='utf-8')}")
