"""Exchange's recurrence rules become RFC 5545's, and give the same days as Exchange's own counting of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml.etree import _Element

from addin.sandbox.exchange.ews.recurrence import told_recurrence
from addin.sandbox.exchange.items import Recurrence
from addin.sandbox.exchange.series import days_of
from calendar_sync.ews_series import rule_of, series_of

HOME = ZoneInfo("Europe/Stockholm")
WINDOWS = "W. Europe Standard Time"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def element(xml: str) -> _Element:
    return etree.fromstring(f'<t:Recurrence xmlns:t="{TYPES}">{xml}</t:Recurrence>')


def part(name: str, *told: str) -> str:
    inner = "".join(
        f"<t:{one.partition('=')[0]}>{one.partition('=')[2]}</t:{one.partition('=')[0]}>" for one in told
    )
    return f"<t:{name}>{inner}</t:{name}>"


ENDLESS = part("NoEndRecurrence", "StartDate=2027-03-01Z")


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        (part("DailyRecurrence", "Interval=1"), "FREQ=DAILY"),
        (part("DailyRecurrence", "Interval=3"), "FREQ=DAILY;INTERVAL=3"),
        (
            part("WeeklyRecurrence", "Interval=2", "DaysOfWeek=Tuesday Friday", "FirstDayOfWeek=Sunday"),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR;WKST=SU",
        ),
        (
            part("WeeklyRecurrence", "Interval=1", "DaysOfWeek=Weekday"),
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;WKST=MO",
        ),
        (
            part("AbsoluteMonthlyRecurrence", "Interval=1", "DayOfMonth=17"),
            "FREQ=MONTHLY;BYMONTHDAY=17",
        ),
        (
            part("AbsoluteMonthlyRecurrence", "Interval=1", "DayOfMonth=30"),
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
        ),
        (
            part("RelativeMonthlyRecurrence", "Interval=1", "DaysOfWeek=Weekday", "DayOfWeekIndex=Last"),
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        ),
        (
            part("AbsoluteYearlyRecurrence", "DayOfMonth=6", "Month=June"),
            "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=6",
        ),
        (
            part("RelativeYearlyRecurrence", "DaysOfWeek=Day", "DayOfWeekIndex=Second", "Month=May"),
            "FREQ=YEARLY;BYMONTH=5;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=2",
        ),
    ],
)
def test_a_pattern_becomes_a_rule(pattern: str, rule: str) -> None:
    assert rule_of(element(pattern + ENDLESS)) == rule


@pytest.mark.parametrize(
    ("bounds", "rule"),
    [
        (part("NumberedRecurrence", "StartDate=2027-03-01", "NumberOfOccurrences=8"), "FREQ=DAILY;COUNT=8"),
        (
            part("EndDateRecurrence", "StartDate=2027-03-01+01:00", "EndDate=2027-06-01+02:00"),
            "FREQ=DAILY;UNTIL=20270601",
        ),
    ],
)
def test_its_bounds_do_too(bounds: str, rule: str) -> None:
    assert rule_of(element(part("DailyRecurrence", "Interval=1") + bounds)) == rule


@pytest.mark.parametrize(
    "xml",
    [
        "",
        ENDLESS,
        part("DailyRegeneration", "Interval=1") + ENDLESS,
        part("DailyRecurrence", "Interval=many") + ENDLESS,
        part("WeeklyRecurrence", "Interval=1") + ENDLESS,
        part("AbsoluteYearlyRecurrence", "DayOfMonth=6", "Month=Juni") + ENDLESS,
    ],
)
def test_a_rule_that_is_not_understood_is_refused(xml: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        rule_of(element(xml))


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    kind = draw(
        st.sampled_from(
            ["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]
        )
    )
    first = date(2027, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    ends = draw(st.sampled_from(["noEnd", "numbered", "endDate"]))
    days = draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))
    if kind.startswith("relative") and len(days) > 1:
        days = draw(st.sampled_from([set(WEEKDAYS), set(WEEKDAYS[:5]), set(WEEKDAYS[5:])]))
    return Recurrence(
        kind=kind,  # type: ignore[arg-type]
        interval=draw(st.integers(1, 4)) if not kind.endswith("Yearly") else 1,
        first=first,
        zone=WINDOWS,
        range_kind=ends,  # type: ignore[arg-type]
        last=first + timedelta(days=draw(st.integers(0, 700))) if ends == "endDate" else None,
        count=draw(st.integers(1, 40)) if ends == "numbered" else None,
        days=tuple(sorted(days, key=WEEKDAYS.index)) if kind == "weekly" or "relative" in kind else (),  # type: ignore[arg-type]
        day_of_month=draw(st.integers(1, 31)) if kind.startswith("absolute") else 0,
        month=draw(st.integers(1, 12)) if kind.endswith("Yearly") else 0,
        index=draw(st.sampled_from(["first", "second", "third", "fourth", "last"])),
        first_weekday=draw(st.sampled_from(["sunday", "monday"])),
    )


@given(recurrences())
def test_our_counting_gives_exchanges_days(rule: Recurrence) -> None:
    days = list(islice(days_of(rule), 60))
    if not days:
        return
    master = etree.fromstring(f'<t:CalendarItem xmlns:t="{TYPES}"/>')
    master.append(told_recurrence(rule))
    start = datetime.combine(days[0], time(10), HOME).astimezone(UTC)

    series = series_of(master, "Europe/Stockholm", start, start + timedelta(hours=1))

    latest = start + timedelta(days=365 * 3)
    told = [one.start.astimezone(HOME) for one in series.occurrences(start, latest)]
    assert {moment.time() for moment in told} == {time(10)}
    assert [moment.date() for moment in told[:60]] == list(takewhile(lambda day: day < latest.date(), days))
