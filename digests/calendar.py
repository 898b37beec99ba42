"""When each pod checks in: its own days, in its own zone, one slot per check-in and local date."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digests.model import Pod, Slot

PLAN_DAYS = 2


def plan(pods: Iterable[Pod], now: datetime) -> list[Slot]:
    """The slots of today and the next days on which each pod works."""
    return [
        Slot(pod.name, checkin, day, due_at(day, at, pod.zone), "due")
        for pod in pods
        for checkin, at in pod.checkins.items()
        for day in _days(now.astimezone(pod.zone).date())
        if works(pod, day)
    ]


def works(pod: Pod, day: date) -> bool:
    return day.weekday() in pod.working_days and day not in pod.holidays


def due_at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """That time of that day, in UTC; a time that comes twice is the first, one that is skipped comes an hour later.

    Where the clock is put on over midnight, the hour later would be another day's: there it comes an hour earlier.
    https://docs.python.org/3/library/datetime.html#datetime.datetime.fold
    """
    later, earlier = (datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return later if later.astimezone(zone).date() == day else earlier


def _days(today: date) -> Iterator[date]:
    return (today + timedelta(days=n) for n in range(PLAN_DAYS + 1))
