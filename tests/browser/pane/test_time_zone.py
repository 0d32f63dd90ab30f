"""Times as the API and as people want them, from the zone names that Outlook uses."""

from typing import Any, Final

import pytest
from playwright.sync_api import Page

CALL: Final = """async ([name, dates, zone]) => {
  const times = await import("/static/time_zone.js");
  return times[name](...dates.map((date) => new Date(date)), zone);
}"""


def call(page: Page, name: str, zone: str, *dates: str) -> Any:
    return page.evaluate(CALL, [name, list(dates), zone])


@pytest.mark.parametrize(
    ("moment", "zone", "written"),
    [
        ("2027-03-01T09:00:00Z", "Europe/Stockholm", "2027-03-01T10:00:00+01:00"),
        ("2027-07-01T22:30:00Z", "Europe/Stockholm", "2027-07-02T00:30:00+02:00"),
        ("2027-07-01T09:00:00Z", "Etc/UTC", "2027-07-01T09:00:00+00:00"),
        ("2027-07-01T09:00:00Z", "America/St_Johns", "2027-07-01T06:30:00-02:30"),
        ("2026-10-25T00:30:00Z", "Europe/Stockholm", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T01:30:00Z", "Europe/Stockholm", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_a_moment_is_written_with_the_offset_that_its_zone_has_then(
    modules: Page, moment: str, zone: str, written: str
) -> None:
    assert call(modules, "withOffset", zone, moment) == written


@pytest.mark.parametrize(
    ("outlook", "iana"),
    [
        ("W. Europe Standard Time", "Europe/Stockholm"),
        ("FLE Standard Time", "Europe/Helsinki"),
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("UTC", "Etc/UTC"),
    ],
)
def test_outlooks_zone_names_become_iana_names(modules: Page, outlook: str, iana: str) -> None:
    assert call(modules, "ianaZone", outlook) == iana


def test_an_unknown_zone_is_answered_with_the_browsers_own(modules: Page) -> None:
    own = modules.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert call(modules, "ianaZone", "Customized Time Zone") == own


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2027-04-22T13:30:00Z", "2027-04-22T14:00:00Z", "torsdag 22 april 2027 kl. 15.30–16.00"),
        (
            "2027-04-22T21:30:00Z",
            "2027-04-22T22:30:00Z",
            "torsdag 22 april 2027 kl. 23.30 – fredag 23 april 2027 kl. 00.30",
        ),
        # Whole days, of 24 hours, of 23 and of 25; what begins or ends at midnight alone is none.
        ("2027-04-21T22:00:00Z", "2027-04-22T22:00:00Z", "torsdag 22 april 2027, hela dagen"),
        ("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", "söndag 28 mars 2027, hela dagen"),
        ("2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z", "söndag 31 oktober 2027, hela dagen"),
        (
            "2027-04-21T22:00:00Z",
            "2027-04-23T22:00:00Z",
            "torsdag 22 april 2027 – fredag 23 april 2027, hela dagarna",
        ),
        ("2027-04-21T22:00:00Z", "2027-04-21T23:00:00Z", "torsdag 22 april 2027 kl. 00.00–01.00"),
    ],
)
def test_a_time_is_told_as_swedish_prose_writes_it(modules: Page, start: str, end: str, words: str) -> None:
    assert call(modules, "spoken", "Europe/Stockholm", start, end) == words


@pytest.mark.parametrize(
    ("zone", "start", "end", "words"),
    [
        (
            "Europe/Helsinki",
            "2027-04-22T12:30:00Z",
            "2027-04-22T13:00:00Z",
            "torsdag 22 april 2027 kl. 14.30–15.00 svensk tid (kl. 15.30–16.00 i din Outlook)",
        ),
        (
            "Etc/UTC",
            "2027-04-22T22:15:00Z",
            "2027-04-22T22:45:00Z",
            "fredag 23 april 2027 kl. 00.15–00.45 svensk tid (torsdag 22 april 2027 kl. 22.15–22.45 i din Outlook)",
        ),
        (
            "Europe/Berlin",
            "2027-04-22T13:30:00Z",
            "2027-04-22T14:00:00Z",
            "torsdag 22 april 2027 kl. 15.30–16.00",
        ),
        # A whole day keeps its date, which is the one that Outlook shows.
        (
            "Europe/Helsinki",
            "2027-04-21T21:00:00Z",
            "2027-04-22T21:00:00Z",
            "torsdag 22 april 2027, hela dagen",
        ),
        # The hour that comes twice.
        (
            "Europe/Stockholm",
            "2027-10-31T00:30:00Z",
            "2027-10-31T01:30:00Z",
            "söndag 31 oktober 2027 kl. 02.30 sommartid – 02.30 normaltid",
        ),
        (
            "Europe/Helsinki",
            "2027-10-31T00:15:00Z",
            "2027-10-31T00:45:00Z",
            "söndag 31 oktober 2027 kl. 02.15–02.45 svensk sommartid (kl. 03.15–03.45 sommartid i din Outlook)",
        ),
        (
            "Europe/Stockholm",
            "2027-10-30T23:00:00Z",
            "2027-10-31T02:30:00Z",
            "söndag 31 oktober 2027 kl. 01.00–03.30",
        ),
    ],
)
def test_the_pane_tells_swedish_time_first_and_then_outlooks_where_it_differs(
    modules: Page, zone: str, start: str, end: str, words: str
) -> None:
    assert call(modules, "spoken", zone, start, end) == words
