"""The whole application in this process: every surface on a ledger of its own, with nothing behind it that answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from addin.config.reading import load_settings
from addin.trial import Ports, prepare, write_settings
from addin.wiring.opening import open_service
from addin.wiring.surfaces import SURFACES, app_of


@pytest.fixture(scope="module")
def whole_application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Return the application with every surface."""
    folder, ports = tmp_path_factory.mktemp("application"), Ports(window=1, service=2)
    path = write_settings(folder, ports)
    prepare(path, folder, ports)
    service = open_service(load_settings(path))
    yield app_of(service, SURFACES)
    service.ledger.close()
