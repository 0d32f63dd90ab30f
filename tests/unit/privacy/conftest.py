"""The JavaScript twin in a browser, for the tests that compare it with Python."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from addin.privacy import Finding, Kind, Tier
from tests.unit.privacy.vectors import TODAY

ROOT: Final = Path(__file__).parents[3]
InBrowser = Callable[[Sequence[str], Mapping[str, Sequence[str]]], list[list[Finding]]]


@pytest.fixture(scope="module")
def in_browser(requires_chromium: Path) -> Iterator[InBrowser]:
    """Return a function that checks many texts at once in Chromium, on the vectors' day, with one allow-list."""
    command = [sys.executable, "-m", "tests.unit.privacy.in_chromium", str(requires_chromium)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as browser:
        stdin, stdout = browser.stdin, browser.stdout
        assert stdin is not None
        assert stdout is not None

        def check(texts: Sequence[str], allow: Mapping[str, Sequence[str]]) -> list[list[Finding]]:
            request = {"texts": texts, "today": TODAY.isoformat(), "allow": _as_javascript_names(allow)}
            stdin.write(json.dumps(request) + "\n")
            stdin.flush()
            answers = json.loads(stdout.readline())
            return [
                [_finding(text, found) for found in answer]
                for text, answer in zip(texts, answers, strict=True)
            ]

        yield check
        stdin.close()


def _as_javascript_names(allow: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    names = {
        "mail_domains": "mailDomains",
        "mail_addresses": "mailAddresses",
        "telephone_numbers": "telephoneNumbers",
    }
    return {names[name]: list(entries) for name, entries in allow.items()}


def _finding(text: str, found: Mapping[str, Any]) -> Finding:
    """Return a finding of the browser with its UTF-16 places as code points."""
    units = text.encode("utf-16-le", "surrogatepass")
    start, end = (
        len(units[: 2 * found[place]].decode("utf-16-le", "surrogatepass")) for place in ("start", "end")
    )
    return Finding(Kind(found["kind"]), Tier(found["tier"]), start, end)
