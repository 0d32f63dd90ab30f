"""The benches run and tell what they promise; what the numbers are is no test's business."""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main

Report = dict[str, Any]

ROOT = Path(__file__).parents[2]
# Each client sends one request at least, which is all that a test needs; more only keeps the machine busy.
TINY = ("--pairs", "1", "--seconds", "0.02", "--settle", "0")
RATIOS = ("latency_ratio_50ms", "throughput_ratio_50ms", "throughput_ratio_0ms", "open_loop_p95_ratio")


@pytest.fixture
def bench(capsys: pytest.CaptureFixture[str]) -> Callable[..., Report]:
    """Return what runs a bench in this process, which has loaded what it takes, and returns its report."""

    def run(*arguments: str) -> Report:
        assert main([*arguments, "--json"]) == 0
        report: Report = json.loads(capsys.readouterr().out)
        return report

    return run


def assert_complete(report: Report) -> None:
    assert all(math.isfinite(report[name]) and report[name] > 0 for name in RATIOS)
    # On a machine that is too busy for the clients a click may be promised its room; nothing else may come.
    assert report["errors"] + report["open_loop_errors"] == report["promised"]
    assert report["ready_seconds"] > 0
    assert report["service_rss_mib"] > report["service_pss_mib"] > 10


@pytest.fixture(scope="module")
def following(requires_postgres: None) -> Iterator[subprocess.Popen[str]]:
    """Return a bench that runs beside the tests that ask for it first: its sweep alone takes half a minute."""
    # As a developer starts it; the others are run from here.
    command = [sys.executable, "-m", "bench", "follow", "--json", "--seconds", "2", "--rate", "20"]
    command += ["--meetings", "2", "--swept", "1"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        yield run
        run.terminate()


@pytest.mark.usefixtures("following")
@pytest.mark.timeout(600)  # six servers are started, one after the other
def test_bookings_are_measured_beside_the_floor_on_both_databases(
    bench: Callable[..., Report],
) -> None:
    report = bench("book", "--open-seconds", "0.5", "--offered", "20", *TINY)
    assert_complete(report)
    assert_complete(report["postgresql"])
    # Its processes share what was built before them; where each loads it, this is three quarters.
    assert report["postgresql"]["service_pss_mib"] < 0.6 * report["postgresql"]["service_rss_mib"]


@pytest.mark.timeout(600)
def test_a_grown_ledger_is_measured_beside_a_small_one(bench: Callable[..., Report]) -> None:
    report = bench("growth", "--small", "100", "--large", "300", *TINY)
    assert math.isfinite(report["book_ratio"])
    assert math.isfinite(report["list_ratio"])
    assert report["errors"] == 0


@pytest.mark.timeout(600)
def test_notifications_are_measured_while_items_are_dragged(following: subprocess.Popen[str]) -> None:
    said, errors = following.communicate(timeout=580)
    assert following.returncode == 0, errors
    report: Report = json.loads(said)
    assert (report["ack_errors"], report["notifications"], report["drags_never_seen"]) == (0, 40, 0)
    assert report["drags"] > 0
    assert report["provider_calls_excess"] == 0
    assert report["swept_drags"] == 1
    # Each commit takes so long, and there is no acknowledgement without one.
    assert report["ack_p50_ms"] >= report["commit_ms"]


@pytest.mark.parametrize("asked", [[], ["book"], ["growth"], ["follow"]])
def test_every_bench_explains_itself(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*asked, "--help"])
    assert ended.value.code == 0
    assert "show this help" in capsys.readouterr().out
