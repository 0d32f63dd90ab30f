"""`python -m bench book`, `growth` and `follow`: run, print what came out, and hold nothing against a limit."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import book, follow, growth

DATABASES = ("sqlite", "postgresql")


def main(arguments: list[str] | None = None) -> int:
    """Run one bench; the report goes to standard output, progress to standard error."""
    told = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vardmote-bench-") as folder:
        report: dict[str, Any] = told.run(told, Path(folder))
    print(json.dumps(report) if told.json else "\n".join(_lines(report, "")))
    return 0


def _book(told: argparse.Namespace, folder: Path) -> dict[str, Any]:
    plan = book.Plan(
        pairs=told.pairs,
        seconds=told.seconds,
        open_pairs=told.open_pairs,
        open_seconds=told.open_seconds,
        offered=told.offered,
        settle_seconds=told.settle,
        databases=tuple(told.database or DATABASES),
    )
    return book.book(plan, folder, _tell)


def _growth(told: argparse.Namespace, folder: Path) -> dict[str, Any]:
    plan = growth.Plan(
        pairs=told.pairs,
        seconds=told.seconds,
        small=told.small,
        large=told.large,
        settle_seconds=told.settle,
    )
    return growth.growth(plan, folder, _tell)


def _follow(told: argparse.Namespace, folder: Path) -> dict[str, Any]:
    plan = follow.Plan(
        seconds=told.seconds, rate=told.rate, meetings=told.meetings, pause=told.pause, swept=told.swept
    )
    return follow.follow(plan, folder, _tell)


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _lines(report: dict[str, Any], indent: str) -> list[str]:
    lines = []
    for name, value in report.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name}: {value}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures the service beside the least that the same work can cost on this machine.",
        epilog="A ratio says more than a number: machines differ, and drift within the hour.",
    )
    benches = parser.add_subparsers(title="benches", required=True)
    usual, grown = book.Plan(), growth.Plan()
    one = _bench(
        benches, "book", _book, "bookings of ours beside the floor's, on SQLite and PostgreSQL", usual
    )
    one.add_argument("--open-seconds", type=float, default=usual.open_seconds, help="length of the open loop")
    one.add_argument("--open-pairs", type=_positive, default=usual.open_pairs, help="turns of the open loop")
    one.add_argument(
        "--offered", type=float, default=usual.offered, help="bookings a second in the open loop"
    )
    one.add_argument(
        "--database", action="append", choices=DATABASES, help="only this one; may be given twice"
    )
    two = _bench(
        benches, "growth", _growth, "booking and listing in a large ledger beside a small one", grown
    )
    two.add_argument("--small", type=_positive, default=grown.small, help="meetings in the small ledger")
    two.add_argument("--large", type=_positive, default=grown.large, help="meetings in the large ledger")
    followed = follow.Plan()
    three = benches.add_parser(
        "follow",
        help="notifications from calendars, and how soon a dragged item is on the join page",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    three.set_defaults(run=_follow)
    three.add_argument("--json", action="store_true", help="one line of JSON instead of a list")
    three.add_argument("--seconds", type=float, default=followed.seconds, help="how long it is notified")
    three.add_argument("--rate", type=float, default=followed.rate, help="notifications a second")
    three.add_argument(
        "--meetings", type=_positive, default=followed.meetings, help="items that are followed"
    )
    three.add_argument("--pause", type=float, default=followed.pause, help="seconds between two drags")
    three.add_argument(
        "--swept", type=_positive, default=followed.swept, help="items dragged while nothing is told"
    )
    return parser


def _bench(
    benches: Any,
    name: str,
    run: Callable[[argparse.Namespace, Path], dict[str, Any]],
    does: str,
    plan: book.Plan | growth.Plan,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = benches.add_parser(
        name, help=does, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a list")
    parser.add_argument("--pairs", type=_positive, default=plan.pairs, help="how often both take a turn")
    parser.add_argument("--seconds", type=float, default=plan.seconds, help="length of a turn")
    parser.add_argument(
        "--settle", type=float, default=plan.settle_seconds, help="seconds of quiet between turns; 0: no wait"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
