"""Where the ticks of an axis stand: round values, and local hours that survive a change of the clock.

Pure arithmetic, no drawing.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Grain = Literal["hour", "day"]
"""How long one bar of a chart lasts."""

_QUARTER = timedelta(minutes=15)  # every zone's offset is a multiple of it
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
_DAYS = (1, 2, 7, 14, 30, 90, 365)


def clock(at: datetime, zone: str) -> str:
    """The local time of day, `09:12`."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def moment(at: datetime, zone: str, near: datetime) -> str:
    """The local time of day, with its day where that is not the day of `near`: `09:12`, `Mon 13 09:12`."""
    same = at.astimezone(ZoneInfo(zone)).date() == near.astimezone(ZoneInfo(zone)).date()
    return clock(at, zone) if same else f"{day(at, zone)} {clock(at, zone)}"


def zone_name(zone: str) -> str:
    """A zone as people write it: `America/New York`."""
    return zone.replace("_", " ")


def day(at: datetime, zone: str) -> str:
    """The local day, `Mon 13`."""
    return f"{at.astimezone(ZoneInfo(zone)):%a} {at.astimezone(ZoneInfo(zone)).day}"


def date(at: datetime, zone: str) -> str:
    """The local date, `13 Nov`."""
    return f"{at.astimezone(ZoneInfo(zone)).day} {at.astimezone(ZoneInfo(zone)):%b}"


def time_ticks(start: datetime, end: datetime, zone: str, most: int = 6) -> list[tuple[datetime, str]]:
    """At most `most` round local times from start to end, each with its label; midnight is named by its day."""
    minutes = (end - start) / timedelta(minutes=1)
    step = next((m for m in _MINUTES if minutes / m < most), None)
    moments = (
        _round_days(start, end, zone, minutes / 1440 / most) if step is None else _round_times(start, end, zone, step)
    )
    return [(at, _time_or_day(at, zone)) for at in moments]


def bar_ticks(starts: Sequence[datetime], zone: str, grain: Grain, most: int) -> list[tuple[int, str]]:
    """Which of the bars that begin at `starts` are named, at most `most`, and how: `09:00`, `Mon 13`, `13 Nov`."""
    if grain == "hour" and len(starts) <= 12 * most:
        step = next(hours for hours in (1, 2, 3, 4, 6, 12) if len(starts) <= hours * most)
        hours = [at.astimezone(ZoneInfo(zone)).hour for at in starts]
        return [(i, _time_or_day(at, zone)) for i, at in enumerate(starts) if hours[i] % step == 0]
    days = {day(at, zone) + str(at.astimezone(ZoneInfo(zone)).month): i for i, at in reversed(list(enumerate(starts)))}
    firsts = sorted(days.values())
    step = math.ceil(len(firsts) / most)
    return [(i, day(starts[i], zone) if len(firsts) <= 14 else date(starts[i], zone)) for i in firsts[::step]]


def value_ticks(low: float, high: float, most: int = 4, whole: bool = False) -> list[float]:
    """About `most` round values that cover low to high and 0, which lies between them; `whole` ones when asked."""
    if high - low < 1e-12:
        high = low + 1
    rough = max((high - low) / (most - 1), 1.0 if whole else 0.0)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    steps = [factor * magnitude for factor in (1, 2, 2.5, 5, 10)]
    step = next(s for s in steps if rough <= s * 1.0001 and (s.is_integer() or not whole))
    first, last = math.floor(low / step), max(1, math.ceil(high / step - 1e-9))
    return [step * n for n in range(first, last + 1)]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """A place near each wanted one, at least `gap` from the next where low to high has the room."""
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


def _time_or_day(at: datetime, zone: str) -> str:
    words = clock(at, zone)
    return day(at, zone) if words == "00:00" else words


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
