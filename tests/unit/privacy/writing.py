"""Hypothesis strategies for personal numbers and for the ways in which people write them."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from hypothesis import strategies as st

from addin.privacy import Kind
from tests.unit.privacy.vectors import TODAY

FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")
MATHEMATICAL: Final = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
CIRCLED: Final = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
STYLES: Final[tuple[dict[int, int], ...]] = ({}, {}, {}, {}, FULL_WIDTH, MATHEMATICAL, CIRCLED, RAISED)
SEPARATORS: Final = (
    "-",
    "–",
    "—",
    "‑",
    "−",
    "－",
    " ",
    "\u00a0",
    "\u2009",
    "/",
    ".",
    "_",
    " - ",
    "\n",
    "<br>",
    "&nbsp;",
)
INVISIBLE: Final = ("", "", "", "\u200b", "\u00ad", "\u2060", "\u200d", "\ufe0f", "<b>", "</span>", "&shy;")
WORDS: Final = st.text("xyzåäöXYZÅÄÖ ,.!?\n🙂é", max_size=30)
"""What stands around a number: no digits, and no letters that make one of the words that change what it is."""

NEWEST_SERIALS: Final = (238, 239)
OLDER_SERIALS: Final = range(980, 1000)
"""The serials of Skatteverket's test numbers: nobody alive or dead has one."""

COORDINATION: Final = 60
_CHOICES: Final = st.binary(min_size=24, max_size=24)
"""More choices than a number has places between its parts."""


@dataclass(frozen=True)
class Number:
    """A test number: twelve digits, and what it is."""

    digits: str
    kind: Kind
    born: date


@st.composite
def numbers(draw: st.DrawFn) -> Number:
    """Draw a personnummer or samordningsnummer of the test series with the right check digit."""
    born = draw(st.dates(min_value=date(1850, 1, 1), max_value=TODAY))
    kind = draw(st.sampled_from([Kind.PERSONAL_NUMBER, Kind.COORDINATION_NUMBER]))
    day = born.day + (COORDINATION if kind is Kind.COORDINATION_NUMBER else 0)
    serial = draw(st.sampled_from([*NEWEST_SERIALS, *OLDER_SERIALS]))
    body = f"{born.year}{born.month:02}{day:02}{serial}"
    return Number(body + check_digit(body[2:]), kind, born)


def check_digit(digits: str) -> str:
    """Return the Luhn digit that follows nine digits, from the definition and not from the library that we use."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits)]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


@st.composite
def written(draw: st.DrawFn, number: Number) -> str:
    """Draw one of the ways in which people write a number, with nothing before or after it."""
    first, *parts = _parts(draw, number)
    # One draw for all: one for each place took longer than everything that is done with the number. The first says how
    # seldom something stands between two parts.
    seldom, *drawn = draw(_CHOICES)
    between = (INVISIBLE[one % len(INVISIBLE)] if one >= seldom else "" for one in drawn)
    return first + "".join(before + part for before, part in zip(between, parts, strict=False))


def _parts(draw: st.DrawFn, number: Number) -> list[str]:
    """Return digits and separators, one by one: with or without century, cut before the last four or oftener."""
    digits = number.digits if draw(st.booleans()) else number.digits[2:]
    main = len(digits) - 4
    inner = [place for place in (main - 6, main - 4, main - 2, main + 2, main + 3) if place > 0]
    cuts = {main, *draw(st.sets(st.sampled_from(inner)))} if draw(st.booleans()) else set[int]()
    style = draw(st.sampled_from(STYLES))
    parts = []
    for place, digit in enumerate(digits):
        if place in cuts:
            over_a_hundred = place == main and is_over_a_hundred(number.born) and len(digits) == 10
            parts.append("+" if over_a_hundred else draw(st.sampled_from(SEPARATORS)))
        parts.append(digit.translate(style))
    return parts


def is_over_a_hundred(born: date) -> bool:
    """Say whether the number is written with + this year (SKV 704)."""
    return TODAY.year - born.year >= 100


def near_days() -> st.SearchStrategy[date]:
    """Draw a day for which appointments are made: within two years of the vectors' day."""
    return st.integers(-730, 730).map(lambda days: TODAY + timedelta(days=days))


def any_days() -> st.SearchStrategy[date]:
    """Draw any day that calendars of ours hold."""
    return st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))


def clock_times() -> st.SearchStrategy[time]:
    """Draw a time of day to the minute."""
    return st.builds(time, st.integers(0, 23), st.integers(0, 59))


PIECES: Final = (
    *(
        "900101-2385",
        "19900101",
        "9001012386",
        "2385",
        "900101",
        "202601612381",
        "198108320014",
        "991981000010",
    ),
    *(
        "19810829M071",
        "810829DA0B",
        "22950606FH20",
        "M071",
        "20261130",
        "261130",
        "1530",
        "15.30",
        "070-1740605",
    ),
    *(
        "pnr ",
        "pat. ",
        "patient ",
        "Order nr ",
        "Dnr: ",
        "tel ",
        "personnumret",
        "PNR",
        "född ",
        "sista fyra ",
        "4 sista: ",
        "rum ",
        "id",
    ),
    *(
        "anna@gmail.example",
        "@",
        "(at)",
        "gmail",
        ".example",
        "@region.example",
        "https://x.example/",
        "www.",
    ),
    *("<b>", "</b>", "<br>", "<p class='a'>", "<", ">", "<a href='", "'>", "<o:p>", "<!--", "-->", "<anna@"),
    *(
        "&nbsp;",
        "&#45;",
        "&#x39;",
        "&#0;",
        "&#55296;",
        "&shy;",
        "&",
        ";",
        "&ndash;",
        "&Aring;",
        "&x;",
        "&amp;#57;",
    ),
    *(
        "-",
        "–",
        "−",
        "+",
        " ",
        "  ",
        "\u00a0",
        "\t",
        "\n",
        ".",
        "/",
        ",",
        ", ",
        ":",
        "_",
        "(",
        ")",
        "|",
        "*",
        "'",
    ),
    *(
        "\u200b",
        "\u00ad",
        "\ufeff",
        "\u0301",
        "\ufe0f\u20e3",
        "²",
        "é",
        "Ö",
        "ß",
        "🙂",
        "K",
        "ſ",
        "x",
        "T",
        "Z",
    ),
    *("0", "1", "2", "9", "00", "18", "19", "20", "61", "99", "９", "٩", "𝟗", "①", "⑲", "⑨⓪⓪①⓪①", "〇"),
)
"""What the rules look at, in pieces: strung together at random they make texts that few would think of."""


def strange_texts() -> st.SearchStrategy[str]:
    """Draw texts that bring the rules into conflict."""
    piece = st.one_of(st.sampled_from(PIECES), numbers().flatmap(written), st.text(max_size=3))
    return st.lists(piece, max_size=12).map("".join)
