from datetime import UTC, datetime, timedelta

import pytest

from dashboards.times import days_earlier, midnight, told

BERLIN = "Europe/Berlin"
NOON = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)


def test_midnight_is_the_local_one() -> None:
    late = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)  # 00:30 of the fourth in Berlin
    assert midnight(late, BERLIN) == datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
    assert midnight(late, BERLIN, -1) == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert midnight(NOON, "Asia/Kolkata") == datetime(2026, 3, 2, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (10, 25, 25)])
def test_a_day_of_a_changed_clock_has_its_own_length(month: int, day: int, hours: int) -> None:
    noon = datetime(2026, month, day, 11, 0, tzinfo=UTC)
    assert midnight(noon, BERLIN, 1) - midnight(noon, BERLIN) == timedelta(hours=hours)
    assert noon - days_earlier(noon, BERLIN, 1) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOON, "12:00"),
        (NOON - timedelta(hours=13), "yesterday 23:00"),
        (NOON + timedelta(hours=13), "tomorrow 01:00"),
        (NOON - timedelta(days=6), "Wed 12:00"),
        (NOON + timedelta(days=6), "Mon 12:00"),
        (NOON + timedelta(days=7), "10 Mar 12:00"),
        (NOON - timedelta(days=90), "3 Dec 2025 12:00"),
    ],
)
def test_moments_are_told_as_people_say_them(moment: datetime, words: str) -> None:
    assert told(moment, NOON, BERLIN) == words
