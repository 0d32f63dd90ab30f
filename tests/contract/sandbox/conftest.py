"""Starts one sandbox for each file of tests and gives each test a fresh region."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from tests.contract.sandbox.graph import Send
from tests.contract.sandbox.running import Json, Sandbox

Check = Callable[[str, Json], None]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    manifest = folder / "manifest.xml"
    manifest.write_text("<OfficeApp/>")
    with Sandbox(folder / "state.db", "--manifest", str(manifest)) as sandbox:
        yield sandbox


@pytest.fixture
def region(process: Sandbox) -> Iterator[Sandbox]:
    process.fresh()
    yield process
    process.call("DELETE", "/sandbox/faults")


@pytest.fixture(scope="session")
def conforms(requires_contracts: Path) -> Check:
    """Hold a value against Microsoft's own metadata, by the name of its type."""
    root = json.loads((requires_contracts / "graph" / "graph.schema.json").read_text())
    kinds = ("event", "calendar", "subscription", "changeNotificationCollection")
    checkers = {
        kind: jsonschema.Draft202012Validator({**root, "$ref": f"#/$defs/microsoft.graph.{kind}"})
        for kind in kinds
    }
    return lambda kind, value: checkers[kind].validate(value)


@pytest.fixture
def anna(region: Sandbox, conforms: Check) -> Send:
    """Graph as Anna calls it; every event and calendar that comes back is checked against the schema."""

    def send(method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        answer = region.graph(method, path, body, **more)
        if answer.status_code in {200, 201}:
            told = answer.json()
            kind = (
                "calendar"
                if path.partition("?")[0].rstrip("/").endswith(("calendars", "calendar"))
                else "event"
            )
            for item in told.get("value", [told]):
                conforms(kind, item)
        return answer

    return send
