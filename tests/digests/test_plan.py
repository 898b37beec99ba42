from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.calendar import PLAN_DAYS, plan
from digests.model import Pod

# With both hemispheres, half an hour's change, no change, and a zone that once had no 30 December.
ZONES = ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "UTC"]


def _pod(zone: str, at: time) -> Pod:
    return Pod("main", "#ops", zone, {"morning": at})


def _due(zone: str, at: time, day: date) -> datetime:
    now = datetime.combine(day, time(0, 30), ZoneInfo(zone))
    (first, *_) = plan([_pod(zone, at)], now)
    assert first.local_date == day
    return first.due_at.astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/Madrid", date(2026, 3, 28), "08:00"),
        ("Europe/Madrid", date(2026, 3, 29), "07:00"),
        ("Europe/Madrid", date(2026, 10, 24), "07:00"),
        ("Europe/Madrid", date(2026, 10, 25), "08:00"),
        ("America/New_York", date(2026, 3, 7), "14:00"),
        ("America/New_York", date(2026, 3, 8), "13:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), "22:30"),
        ("Asia/Kolkata", date(2026, 3, 29), "03:30"),
    ],
)
def test_nine_is_nine_on_the_wall_whatever_the_clocks_do(zone: str, day: date, expected: str) -> None:
    assert f"{_due(zone, time(9), day):%H:%M}" == expected


def test_a_time_that_the_spring_skips_comes_an_hour_later_on_the_wall() -> None:
    due = _due("Europe/Madrid", time(2, 30), date(2026, 3, 29))
    assert due.astimezone(ZoneInfo("Europe/Madrid")).time() == time(3, 30)


def test_a_time_that_the_autumn_repeats_comes_once_and_first() -> None:
    assert _due("Europe/Madrid", time(2, 30), date(2026, 10, 25)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    st.sampled_from(ZONES),
    st.integers(0, 3 * 365 * 24 * 60),
    st.times(),
)
def test_every_local_day_has_its_slot_and_they_follow_each_other(zone: str, minutes: int, at: time) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    slots = plan([_pod(zone, at)], now)
    assert [slot.local_date for slot in slots] == [
        now.astimezone(ZoneInfo(zone)).date() + timedelta(days=n) for n in range(PLAN_DAYS + 1)
    ]
    steps = [after.due_at.astimezone(UTC) - before.due_at.astimezone(UTC) for before, after in pairwise(slots)]
    assert all(timedelta(hours=23) <= step <= timedelta(hours=25) for step in steps)


def test_each_pod_has_slots_of_its_own() -> None:
    pods = [_pod("Europe/Madrid", time(9)), Pod("us", "#us", "America/New_York", {"morning": time(8)})]
    slots = plan(pods, datetime(2026, 3, 10, 2, tzinfo=UTC))
    assert [(slot.pod, slot.local_date.day) for slot in slots[:: PLAN_DAYS + 1]] == [("main", 10), ("us", 9)]
    assert len({slot.key for slot in slots}) == len(slots)
