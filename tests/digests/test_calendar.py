"""Each pod's own days, and one slot per local date in every zone there is."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from digests.calendar import due_at, plan
from digests.model import Pod

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
NOONS = [datetime.combine(day, time(12), UTC) for day in DAYS]
TIMES = [time(hour, minute) for hour in (0, 1, 2, 3, 9, 22, 23) for minute in (0, 30)]
TUESDAY = datetime(2026, 3, 10, 2, tzinfo=UTC)
POD = Pod("main", "#ops", "Europe/Madrid", {"morning": time(9), "midday": time(13)})


@cache
def _zones() -> list[tuple[ZoneInfo, list[date]]]:
    """One zone of each set with the same changes of the clock from 2024 to 2030, with the days round each of them."""
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    changes: dict[str, list[datetime]] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        offsets = [noon.astimezone(zone).utcoffset() for noon in NOONS]
        differ = [n for n, (before, after) in enumerate(pairwise(offsets)) if before != after]
        changes[name] = [_change(zone, NOONS[n], NOONS[n + 1]) for n in differ]
        alike[offsets[0], *((at, at.astimezone(zone).utcoffset()) for at in changes[name])].append(name)
    found = []
    for name, *_ in alike.values():
        near = {at.date() + timedelta(days=by) for at in changes[name] for by in (-2, -1, 0, 1)}
        found.append((ZoneInfo(name), sorted(near)))
    return found


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first minute of the new clock."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == old else (before, middle)
    return after


def test_in_every_zone_every_local_date_has_one_slot_and_it_lies_on_that_date() -> None:
    assert len(available_timezones()) > 400
    for zone, _ in _zones():
        slots = [due_at(day, time(9), zone) for day in DAYS]
        assert [slot.astimezone(zone).date() for slot in slots] == DAYS
        steps = {after - before for before, after in pairwise(slots)}
        assert timedelta(hours=22) <= min(steps)
        assert max(steps) <= timedelta(hours=26)


def test_wherever_and_whenever_the_clock_is_changed_the_slot_stays_on_its_date_and_as_near_as_can_be() -> None:
    gaps = folds = 0
    for zone, near in _zones():
        for day in near:
            for at in TIMES:
                slot = due_at(day, at, zone)
                local = slot.astimezone(zone)
                assert local.date() == day, (zone.key, day, at)
                wanted = datetime.combine(day, at)
                off = abs(local.replace(tzinfo=None) - wanted)
                gaps += off > timedelta(0)
                assert off <= timedelta(hours=2), (zone.key, day, at)  # Troll puts its clock on by two
                assert local.fold == 0 or off, "of two equal times the first"
                folds += (slot + timedelta(hours=1)).astimezone(zone).replace(tzinfo=None) == wanted
    assert gaps > 50, "there were times that no clock showed"
    assert folds > 50, "there were times that clocks showed twice"


def test_an_hour_skipped_over_midnight_does_not_move_the_slot_to_the_next_day() -> None:
    nuuk = ZoneInfo("America/Nuuk")  # 28 March 2026: 23:00 is followed by 00:00 of the 29th
    naive = datetime.combine(date(2026, 3, 28), time(23, 30), nuuk).astimezone(UTC).astimezone(nuuk)
    assert naive.date() == date(2026, 3, 29), "which is what is to be avoided"
    assert due_at(date(2026, 3, 28), time(23, 30), nuuk).astimezone(nuuk) == datetime(2026, 3, 28, 22, 30, tzinfo=nuuk)


def _days(pod: Pod) -> list[int]:
    return [slot.local_date.day for slot in plan([pod], TUESDAY) if slot.checkin == "morning"]


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({}, [10, 11, 12]),
        ({"working_days": frozenset({1, 3})}, [10, 12]),
        ({"holidays": frozenset({date(2026, 3, 11)})}, [10, 12]),
        ({"working_days": frozenset({2}), "holidays": frozenset({date(2026, 3, 11)})}, []),
    ],
)
def test_a_pod_checks_in_on_its_working_days_and_not_on_holidays(changes: dict[str, object], days: list[int]) -> None:
    assert _days(replace(POD, **changes)) == days  # type: ignore[arg-type]


def test_each_check_in_of_the_day_has_its_slot() -> None:
    assert {slot.key for slot in plan([POD], TUESDAY) if slot.local_date.day == 10} == {
        "main/morning/2026-03-10",
        "main/midday/2026-03-10",
    }
