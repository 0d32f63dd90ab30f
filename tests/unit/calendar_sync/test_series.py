"""A series keeps its wall time over the change of the clocks, and an occurrence its identity when it is moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendar_sync.series import Occurrence, Series, refuse_endless

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HALF_HOUR = timedelta(minutes=30)
FAR = timedelta(days=3650)


def weekly(first: datetime, rule: str = "FREQ=WEEKLY;COUNT=6", **more: object) -> Series:
    return Series(rule, first.astimezone(UTC), "Europe/Stockholm", HALF_HOUR, **more)  # type: ignore[arg-type]


def starts(series: Series) -> list[datetime]:
    begin = series.first_start - FAR
    return [one.start for one in series.occurrences(begin, series.first_start + FAR)]


def walls(series: Series) -> set[str]:
    return {f"{start.astimezone(STOCKHOLM):%H:%M}" for start in starts(series)}


def test_an_occurrence_stays_at_its_wall_time_when_the_clocks_go_forward() -> None:
    series = weekly(datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM))
    assert walls(series) == {"10:00"}
    assert {start.hour for start in starts(series)} == {9, 8}


def test_an_occurrence_stays_at_its_wall_time_when_the_clocks_go_back() -> None:
    assert walls(weekly(datetime(2027, 10, 18, 10, 0, tzinfo=STOCKHOLM))) == {"10:00"}


def test_until_in_utc_is_the_last_moment_and_counts() -> None:
    first = datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM)
    # The last occurrence is after the change of the clocks, at 08:00 UTC exactly.
    assert len(starts(weekly(first, "FREQ=WEEKLY;UNTIL=20270405T080000Z"))) == 4
    assert len(starts(weekly(first, "FREQ=WEEKLY;UNTIL=20270405T075959Z"))) == 3


def test_until_as_a_date_holds_that_whole_day_and_as_a_wall_time_counts_in_the_series_zone() -> None:
    first = datetime(2027, 3, 15, 22, 0, tzinfo=STOCKHOLM)
    assert len(starts(weekly(first, "FREQ=DAILY;UNTIL=20270317"))) == 3
    assert len(starts(weekly(first, "FREQ=DAILY;UNTIL=20270317T220000"))) == 3
    assert len(starts(weekly(first, "FREQ=DAILY;UNTIL=20270317T215959"))) == 2


def test_a_cancelled_occurrence_is_left_out_and_the_rest_stay() -> None:
    first = datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM)
    series = weekly(first, cancelled=frozenset({date(2027, 3, 22)}))
    assert datetime(2027, 3, 22, 9, 0, tzinfo=UTC) not in starts(series)
    assert len(starts(series)) == 5


def test_a_moved_occurrence_is_known_by_its_original_start() -> None:
    first = datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM)
    original = datetime(2027, 3, 22, 9, 0, tzinfo=UTC)
    moved = Occurrence(original, original + timedelta(days=1), original + timedelta(days=1) + HALF_HOUR)
    found = list(weekly(first, moved=(moved,)).occurrences(original, original + timedelta(days=2)))
    assert found == [moved]


def test_an_occurrence_that_was_shortened_to_nothing_lasts_as_long_as_the_others() -> None:
    first = datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM)
    original = datetime(2027, 3, 22, 9, 0, tzinfo=UTC)
    series = weekly(first, moved=(Occurrence(original, original, original),))
    lasting = Occurrence(original, original, original + HALF_HOUR)
    assert list(series.occurrences(original, original + HALF_HOUR)) == [lasting]
    assert series.occurrence(original) == lasting


def test_an_occurrence_moved_into_sight_from_far_ahead_is_seen() -> None:
    first = datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM)
    original = datetime(2027, 4, 19, 8, 0, tzinfo=UTC)
    sooner = datetime(2027, 3, 16, 8, 0, tzinfo=UTC)
    moved = Occurrence(original, sooner, sooner + HALF_HOUR)
    found = list(weekly(first, moved=(moved,)).occurrences(sooner, sooner + HALF_HOUR))
    assert found == [moved]


def test_next_is_the_one_that_ends_first_even_when_moved_past_its_neighbour() -> None:
    first = datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM)
    original = datetime(2027, 3, 15, 9, 0, tzinfo=UTC)
    later = original + timedelta(days=8)
    series = weekly(first, moved=(Occurrence(original, later, later + HALF_HOUR),))
    following = series.next_after(original)
    assert following is not None
    assert following.original_start == original + timedelta(days=7)


def test_a_series_that_is_over_has_no_next() -> None:
    series = weekly(datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM))
    assert series.next_after(starts(series)[-1] + HALF_HOUR) is None


def test_a_series_without_an_end_goes_on_however_long_ago_it_began() -> None:
    series = weekly(datetime(2019, 3, 18, 10, 0, tzinfo=STOCKHOLM), "FREQ=WEEKLY")
    following = series.next_after(datetime(2027, 3, 15, 12, 0, tzinfo=UTC))
    assert following is not None
    assert following.start == datetime(2027, 3, 22, 9, 0, tzinfo=UTC)


@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 40),
    st.integers(0, 800),
)
def test_any_series_has_its_count_and_rising_starts(frequency: str, count: int, days: int) -> None:
    first = datetime(2026, 1, 1, 10, 0, tzinfo=UTC) + timedelta(days=days)
    series = weekly(first.replace(day=min(first.day, 28)), f"FREQ={frequency};COUNT={count}")
    found = starts(series)
    assert found == sorted(set(found))
    assert len(found) == count


def test_the_signature_tells_every_difference() -> None:
    first = datetime(2027, 3, 15, 10, 0, tzinfo=STOCKHOLM)
    original = first.astimezone(UTC)
    ones = [
        weekly(first),
        weekly(first, "FREQ=WEEKLY;COUNT=7"),
        weekly(first + HALF_HOUR),
        weekly(first, cancelled=frozenset({date(2027, 3, 22)})),
        weekly(first, moved=(Occurrence(original, original + HALF_HOUR, original + 2 * HALF_HOUR),)),
    ]
    assert len({one.signature for one in ones}) == len(ones)
    assert weekly(first).signature == ones[0].signature


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=DAILY;INTERVAL=0", "FREQ=WEEKLY;INTERVAL=-1", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;INTERVAL=x"),
        *("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WEEKLY;BYWEEKNO=99", "FREQ=MONTHLY;BYMONTH=13"),
        *("FREQ=YEARLY;BYDAY=99MO", "FREQ=DAILY;X=1", "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29"),
    ],
)
def test_a_rule_whose_next_occurrence_would_be_sought_for_ever_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r"rule|unknown parameter|invalid literal"):
        refuse_endless(rule, datetime(2027, 3, 15, 9, 0, tzinfo=UTC), "Europe/Stockholm")


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=1", "FREQ=DAILY;UNTIL=20270316", "FREQ=MONTHLY;BYDAY=-1FR"),
        *("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
    ],
)
def test_a_rule_that_comes_true_is_not_refused(rule: str) -> None:
    refuse_endless(rule, datetime(2027, 3, 15, 9, 0, tzinfo=UTC), "Europe/Stockholm")
