"""How the personal-data check's time grows with the text: `python -m bench.personal_data [--json]`.

Texts that make a careless pattern slow, each at 25,000, 50,000 and 100,000 characters. `growth` is the time for the
longest over the time for half of it: 2 is linear, 4 is quadratic.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from typing import Final

from addin.privacy import AllowList, find_personal_data

TODAY: Final = date(2026, 11, 22)
LENGTHS: Final = (25_000, 50_000, 100_000)
REPEATS: Final = 3
HOSTILE: Final = {
    "digits": "1",
    "digits and spaces": "1 ",
    "pairs of digits": "90 01 ",
    "digits and dashes": "0-",
    "dashes": "-",
    "dates": "19810829 ",
    "personal numbers": "900101-2385 ",
    "telephone numbers": "070-1740605 ",
    "at signs": "a@",
    "dots after an at sign": "@.",
    "open tags": "<a ",
    "open references": "&#",
    "tags between digits": "<b>9</b>",
    "words": "pnr patient order ",
    "spaces": " ",
}


def seconds(text: str) -> float:
    """Return the least processor time of one check of `text`: what others do on the machine is no part of it."""
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        find_personal_data(text, today=TODAY, allow=AllowList())
        times.append(time.process_time() - began)
    return min(times)


def growth(pattern: str) -> dict[str, float]:
    """Return the milliseconds at each length, and the growth from the middle one to the longest."""
    took = {length: seconds((pattern * length)[:length]) for length in LENGTHS}
    report = {f"ms_{length}": round(1000 * took[length], 1) for length in LENGTHS}
    return report | {"growth": round(took[LENGTHS[-1]] / took[LENGTHS[-2]], 2)}


def main() -> None:
    """Measure every hostile text and print the reports."""
    parser = argparse.ArgumentParser(description="How the personal-data check's time grows with the text.")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a line for each text")
    told = parser.parse_args()
    find_personal_data("warm", today=TODAY, allow=AllowList())
    reports = {name: growth(pattern) for name, pattern in HOSTILE.items()}
    if told.json:
        print(json.dumps(reports))
    else:
        print("\n".join(f"{name}: {report}" for name, report in reports.items()))


if __name__ == "__main__":
    main()
