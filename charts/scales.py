"""Where the ticks of an axis stand: round values, and local hours that survive a change of the clock. Pure arithmetic."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_QUARTER = timedelta(minutes=15)  # every zone's offset is a multiple of it
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
_DAYS = (1, 2, 7, 14, 30, 90, 365)


def clock(at: datetime, zone: str) -> str:
    """The local time of day, `09:12`."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def day(at: datetime, zone: str) -> str:
    """The local day, `Mon 13`."""
    return f"{at.astimezone(ZoneInfo(zone)):%a} {at.astimezone(ZoneInfo(zone)).day}"


def time_ticks(start: datetime, end: datetime, zone: str, most: int = 6) -> list[tuple[datetime, str]]:
    """At most `most` moments from start to end on round local times, each with its label; midnight is named by its day."""
    minutes = (end - start) / timedelta(minutes=1)
    step = next((m for m in _MINUTES if minutes / m < most), None)
    moments = (
        _round_days(start, end, zone, minutes / 1440 / most) if step is None else _round_times(start, end, zone, step)
    )
    midnight = "00:00"
    return [(at, day(at, zone) if clock(at, zone) == midnight else clock(at, zone)) for at in moments]


def value_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """At most about `most` round values that cover low to high, the first at or below low, the last at or above high."""
    if not high > low:
        high = low + 1
    rough = (high - low) / (most - 1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = magnitude * next((m for m in (1, 2, 2.5, 5) if rough <= m * magnitude * 1.0001), 10)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    return [step * n for n in range(first, last + 1)]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near the wanted ones, in the given order of entries, at least `gap` apart where low to high has the room."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    floor = low
    for i in order:
        placed[i] = floor = max(wanted[i], floor)
        floor += gap
    ceiling = high
    for i in reversed(order):
        placed[i] = ceiling = min(placed[i], ceiling)
        ceiling -= gap
    return placed


def _round_times(start: datetime, end: datetime, zone: str, step: int) -> list[datetime]:
    # Walks in UTC and asks for the local time, so that a day of 23 or 25 hours keeps its round hours.
    stride = min(timedelta(minutes=step), _QUARTER)
    offset = (start.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) % stride
    at = start.astimezone(UTC) + ((stride - offset) if offset else timedelta())
    moments = []
    while at <= end:
        local = at.astimezone(ZoneInfo(zone))
        if (60 * local.hour + local.minute) % step == 0:
            moments.append(at)
        at += stride
    return moments


def _round_days(start: datetime, end: datetime, zone: str, least: float) -> list[datetime]:
    step = next((d for d in _DAYS if d >= least), math.ceil(least))
    midnight = start.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    count = (end - midnight) // timedelta(days=step) + 1
    moments = [midnight + timedelta(days=step * n) for n in range(count + 1)]
    return [at for at in moments if start <= at <= end]
