"""What a server process loads: checks the settings once more, takes the ledger, and answers.

The process that supervises it knows only the settings, so that it stays small.
"""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import Final

from flask import Flask

from addin.checking import static_faults
from addin.config import SettingsFaulty, load_settings
from addin.logs import set_up_logging
from addin.plain_failures import sentence_of
from addin.wiring import Service, open_service

SETTINGS_VARIABLE: Final = "VARDMOTE_SETTINGS"
SURFACES_VARIABLE: Final = "VARDMOTE_SURFACES"
WORKER_VARIABLE: Final = "VARDMOTE_WORKER"


def app() -> Flask:
    """Return the application; settings and surfaces come in the environment. A faulty start ends the process."""
    set_up_logging()
    try:
        service = _service(Path(os.environ[SETTINGS_VARIABLE]))
    except Exception as failure:
        sentence = sentence_of(failure)
        if sentence is None:
            raise
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
        # Straight out: the server would otherwise print where in its own code the process ended.
        os._exit(1)
    atexit.register(service.ledger.close)
    if os.environ.get(WORKER_VARIABLE) == "1":
        service.worker.start()
        atexit.register(service.worker.stop)
    return service.app(os.environ[SURFACES_VARIABLE].split(","))


def _service(path: Path) -> Service:
    faults = static_faults(path)
    if faults:
        raise SettingsFaulty(faults)
    return open_service(load_settings(path))
