"""What is written to the log: listed fields only, and never another's words."""

from __future__ import annotations

import ast
import copy
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from flask import Flask

from addin import logs
from addin.conferencing.pexip import PexipProvider, PexipSettings
from tests.conftest import ROOT

SECRET: Final = "7K3M9-QXP2R-TWHD"

POOL: Final = "urllib3.connectionpool"

LogHere = Callable[[], None]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def log_here() -> Iterator[Callable[[], None]]:
    """Return what sets logging up as a server process does, on the stream that the test reads; all is put back."""
    root, hook, raises = logging.getLogger(), threading.excepthook, logging.raiseExceptions
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in (*logs._QUIET, POOL)}
    # Another test's adapter may have set it for itself already.
    logging.getLogger(POOL).setLevel(logging.NOTSET)
    yield logs.set_up_logging
    root.handlers[:], threading.excepthook, logging.raiseExceptions = handlers, hook, raises
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def _written(capsys: Captured) -> tuple[str, dict[str, Any]]:
    """Return the one line that was written, as text and as the object that it is."""
    text = capsys.readouterr().err
    (line,) = text.splitlines()
    return text, json.loads(line)


def test_a_record_is_one_json_object_with_its_listed_fields(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    logging.getLogger("addin.worker").info("withdrawn", extra={"meeting": "0" * 32, "reason": "unbound"})
    _, record = _written(capsys)
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "withdrawn",
        "level": "info",
        "logger": "addin.worker",
        "meeting": "0" * 32,
        "reason": "unbound",
    }


def test_a_field_that_is_not_listed_is_left_out(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    logging.getLogger("addin.web").info("refused", extra={"code": "token-missing", "subject": SECRET})
    text, record = _written(capsys)
    assert record["code"] == "token-missing"
    assert SECRET not in text


def test_a_sentence_is_never_written_even_under_our_own_name(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    logging.getLogger("addin.web").warning("cannot read %s", SECRET)
    text, record = _written(capsys)
    assert record["event"] == "library:addin.web"
    assert SECRET not in text


def test_what_a_library_says_is_replaced_by_its_name(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    logging.getLogger("some.library").error("sent %s", SECRET, extra={"url": SECRET})
    text, record = _written(capsys)
    assert record["event"] == "library:some.library"
    assert SECRET not in text


def test_an_exception_is_written_as_its_type_and_its_places(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    try:
        os.environ[SECRET]
    except KeyError:
        logging.getLogger("addin.worker").exception("worker_failed")
    text, record = _written(capsys)
    assert record["type"] == "KeyError"
    assert "test_logs.py" in record["trace"]
    assert SECRET not in text


def test_a_failure_deep_in_a_library_still_names_our_own_place(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    nested: object = threading.Lock()  # which nobody can copy
    for _ in range(20):
        nested = [nested]
    try:
        copy.deepcopy(nested)
    except TypeError:
        logging.getLogger("addin.worker").exception("worker_failed")
    _, record = _written(capsys)
    assert record["trace"].startswith("copy.py")
    assert "test_logs.py" in record["trace"]


def test_a_view_that_fails_does_not_write_its_path(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    app = Flask("addin.web", static_folder=None)

    @app.get("/m/<typed>")
    def look(typed: str) -> str:
        raise RuntimeError(typed)

    assert app.test_client().get(f"/m/{SECRET}").status_code == 500
    text, record = _written(capsys)
    assert record["type"] == "RuntimeError"
    assert SECRET not in text


def test_a_thread_that_fails_does_not_write_what_it_failed_on(log_here: LogHere, capsys: Captured) -> None:
    log_here()

    def fail() -> None:
        raise RuntimeError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    text, record = _written(capsys)
    assert (record["event"], record["type"]) == ("thread_failed", "RuntimeError")
    assert SECRET not in text


def test_a_chatty_library_is_silent(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    for name in (POOL, "sqlalchemy.pool", "authlib"):
        logging.getLogger(name).warning("retrying %s", SECRET)
    assert capsys.readouterr().err == ""


def test_a_record_that_cannot_be_written_is_not_printed_instead(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    logging.getLogger("some.library").warning("sent %d bytes", SECRET)
    assert SECRET not in capsys.readouterr().err


def test_an_adapter_does_not_wake_the_library_that_was_silenced(log_here: LogHere, capsys: Captured) -> None:
    log_here()
    PexipProvider(
        PexipSettings(
            name="pexip",
            base_url="https://pexip.region.example",
            username="vardmote",
            password="sandbox",
            join_base_url="https://video.region.example",
        )
    )
    logging.getLogger(POOL).warning("retrying %s", SECRET)
    assert capsys.readouterr().err == ""


def test_every_field_that_our_code_logs_is_listed() -> None:
    logged = {
        key.value
        for file in (ROOT / "addin").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.keyword) and call.arg == "extra" and isinstance(call.value, ast.Dict)
        for key in call.value.keys
        if isinstance(key, ast.Constant)
    }
    assert logged, "no call was found"
    assert logged - logs._FIELDS == set()
