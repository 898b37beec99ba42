from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.scales import bar_ticks, moment, spread, time_ticks, value_ticks

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_six_hours_are_named_at_full_local_hours() -> None:
    ticks = time_ticks(NOON - timedelta(minutes=350), NOON, "Asia/Kolkata", most=8)
    assert [label for _, label in ticks] == ["12:00", "13:00", "14:00", "15:00", "16:00", "17:00"]


def test_midnight_is_named_by_its_local_day() -> None:
    ticks = time_ticks(NOON - timedelta(hours=24), NOON, "Europe/Berlin", most=5)
    assert [label for _, label in ticks] == ["18:00", "Tue 17", "06:00", "12:00"]


def test_the_day_the_clock_goes_back_keeps_round_hours() -> None:
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)  # in Berlin
    ticks = time_ticks(midnight, midnight + 25 * HOUR, "Europe/Berlin", most=6)
    assert [label for _, label in ticks] == ["Sun 25", "06:00", "12:00", "18:00", "Mon 26"]
    assert ticks[1][0] - ticks[0][0] == 7 * HOUR


def test_long_windows_are_named_by_days() -> None:
    ticks = time_ticks(NOON - timedelta(days=30), NOON, "UTC", most=6)
    assert 3 <= len(ticks) <= 6
    assert all(at.hour == 0 for at, _ in ticks)


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=800)), st.integers(2, 10))
def test_there_are_never_more_time_ticks_than_asked_for(span: timedelta, most: int) -> None:
    ticks = time_ticks(NOON - span, NOON, "America/New_York", most)
    assert len(ticks) <= most
    assert all(NOON - span <= at <= NOON for at, _ in ticks)


@given(st.floats(-1e12, 0), st.floats(0, 1e12), st.booleans())
def test_value_ticks_cover_the_range_in_few_even_steps(low: float, high: float, whole: bool) -> None:
    ticks = value_ticks(low, high, whole=whole)
    slack = 1e-6 * max(high - low, 1e-6)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 6
    assert not whole or all(tick == int(tick) for tick in ticks)


def test_bars_of_a_zone_with_half_hours_are_named_too() -> None:
    starts = [NOON + n * HOUR for n in range(24)]
    assert bar_ticks(starts, "Asia/Kolkata", "hour", most=4)[0] == (1, "18:30")


@pytest.mark.parametrize(("count", "last"), [(7, "Mon 23"), (60, "12 Jan")])
def test_many_days_are_thinned_out_and_named_by_date(count: int, last: str) -> None:
    ticks = bar_ticks([NOON + timedelta(days=n) for n in range(count)], "UTC", "day", most=8)
    assert len(ticks) <= 8
    assert ticks[-1][1] == last


def test_hours_over_a_week_are_named_by_days() -> None:
    ticks = bar_ticks([NOON + n * HOUR for n in range(168)], "UTC", "hour", most=8)
    assert [label for _, label in ticks] == [
        "Tue 17",
        "Wed 18",
        "Thu 19",
        "Fri 20",
        "Sat 21",
        "Sun 22",
        "Mon 23",
        "Tue 24",
    ]


def test_another_day_is_named_with_its_time() -> None:
    assert moment(NOON, "UTC", NOON) == "12:00"
    assert moment(NOON - timedelta(days=1), "UTC", NOON) == "Mon 16 12:00"


@given(st.lists(st.floats(0, 100), max_size=8))
def test_spread_places_are_apart_and_inside(wanted: list[float]) -> None:
    places = spread(wanted, 10, 0, 100)
    assert all(0 <= place <= 100 for place in places)
    assert all(after - before >= 10 - 1e-9 for before, after in pairwise(sorted(places)))


def test_spread_leaves_alone_what_is_apart() -> None:
    assert spread([50, 10, 90], 10, 0, 100) == [50, 10, 90]
