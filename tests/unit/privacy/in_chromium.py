"""Runs `personal_data.js` in a real Chromium for the tests: JSON lines in on stdin, answers out on stdout.

A process of its own, because Playwright allows one synchronous driver in a process and the browser tests have theirs.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, Route, sync_playwright

STATIC: Final = Path(__file__).parents[3] / "addin" / "web" / "static"
ORIGIN: Final = "http://pane.example"
TYPES: Final = {".js": "text/javascript", ".json": "application/json", ".html": "text/html"}
FIND_ALL: Final = """async ({texts, today, allow}) => {
  const { findPersonalData } = await import("/personal_data.js");
  return Promise.all(texts.map((text) => findPersonalData(text, { today, allow })));
}"""


def main() -> None:
    """Answer every line on stdin until it ends; `sys.argv[1]` is the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
        page = browser.new_page()
        page.route(f"{ORIGIN}/**", _serve)
        page.goto(f"{ORIGIN}/empty.html")
        for line in sys.stdin:
            print(json.dumps(_answer(page, json.loads(line))), flush=True)  # noqa: T201 - the answer
        browser.close()


def _serve(route: Route) -> None:
    path = STATIC / route.request.url.removeprefix(f"{ORIGIN}/")
    body = path.read_bytes() if path.is_file() else b"<!doctype html>"
    route.fulfill(body=body, content_type=TYPES[path.suffix])


def _answer(page: Page, request: dict[str, Any]) -> Any:
    return page.evaluate(FIND_ALL, request)


if __name__ == "__main__":
    main()
