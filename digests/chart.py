"""The one picture of a check-in: the last 24 hours, success per platform, what is due next."""

from collections import Counter
from datetime import datetime, timedelta

from charts import CheckinChart, DueHour, NoData, PublishHour, Rate
from clients.model import CalendarItem
from digests.model import World
from digests.sections import next_hours
from metrics import queries
from metrics.model import Missing, Vector
from telemetry.ids import Platform

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


def collect(world: World) -> CheckinChart:
    """Each panel stands alone: what one source does not answer is missing there only."""
    since_first_hour = world.now - (_end(world.now) - DAY)
    published = world.reader.instant(queries.posts_published(since_first_hour), world.now)
    failed = world.reader.instant(queries.publish_failures(since_first_hour), world.now)
    due = next_hours.collect(world)
    return CheckinChart(
        zone=world.pod.time_zone,
        at=world.now,
        hours=_hours(world),
        platforms=_platforms(published, failed),
        schedule=_schedule(due, world.now),
    )


def _hours(world: World) -> tuple[PublishHour, ...] | NoData:
    end = _end(world.now)
    published = _per_hour(world, queries.posts_published(HOUR), end)
    failed = _per_hour(world, queries.publish_failures(HOUR), end)
    if isinstance(published, Missing) or isinstance(failed, Missing):
        missing = published if isinstance(published, Missing) else failed
        assert isinstance(missing, Missing)  # noqa: S101  (one of the two is)
        return NoData(missing.since)
    starts = [end - HOUR * n for n in range(24, 0, -1)]
    # A counter that is scraped but did not move is zero; one that was not scraped has no point at all.
    return tuple(PublishHour(s, published.get(s + HOUR), failed.get(s + HOUR, 0)) for s in starts)


def _end(now: datetime) -> datetime:
    """The end of the hour that runs."""
    return now.replace(minute=0, second=0, microsecond=0) + HOUR


def _per_hour(world: World, query: str, end: datetime) -> dict[datetime, int] | Missing:
    """Counts by the end of their hour, all platforms together."""
    answer = world.reader.range(query, end - DAY + HOUR, end, HOUR)
    if isinstance(answer, Missing):
        return answer
    totals: Counter[datetime] = Counter()
    for line in answer.series:
        for at, value in line.points:
            totals[at] += round(value)
    return dict(totals)


def _platforms(published: Vector | Missing, failed: Vector | Missing) -> tuple[Rate, ...] | NoData:
    if isinstance(published, Missing):
        return NoData(published.since)
    if isinstance(failed, Missing):
        return NoData(failed.since)
    good, bad = published.by("platform"), failed.by("platform")
    return tuple(_rate(platform, good.get(platform), bad.get(platform, 0)) for platform in Platform)


def _rate(platform: Platform, good: float | None, bad: float) -> Rate:
    if good is None:
        return Rate(platform.title, None)
    of = round(good) + round(bad)
    return Rate(platform.title, round(good) / of if of else None, of)


def _schedule(due: list[CalendarItem], now: datetime) -> tuple[DueHour, ...]:
    """Seven clock hours hold six hours from now, unless now is a full hour."""
    first = _end(now) - HOUR
    counts = Counter(item.scheduled_at.replace(minute=0, second=0, microsecond=0) for item in due)
    hours = (first + HOUR * n for n in range(7))
    return tuple(DueHour(hour, counts[hour]) for hour in hours if hour < now + next_hours.HORIZON)
