"""The one picture of a check-in: the last 24 hours, success per platform, what is due next."""

from collections import Counter, defaultdict
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
    # The very questions of the owner's summary, so that one card never has two totals of one day.
    published = world.reader.instant(queries.posts_published(DAY), world.now)
    failed = world.reader.instant(queries.publish_failures(DAY), world.now)
    return CheckinChart(
        zone=world.pod.time_zone,
        at=world.now,
        hours=_hours(world),
        platforms=_platforms(published, failed),
        schedule=_schedule(next_hours.collect(world), world.since),
    )


def _hours(world: World) -> tuple[PublishHour, ...] | NoData:
    """Whole hours back from now: hours of the clock would begin after the day that is counted, and end after now."""
    end = world.now.replace(microsecond=0)  # a range's moments are whole seconds
    published = _per_hour(world, queries.posts_published(HOUR), end)
    failed = _per_hour(world, queries.publish_failures(HOUR), end)
    if isinstance(published, Missing) or isinstance(failed, Missing):
        missing = published if isinstance(published, Missing) else failed
        assert isinstance(missing, Missing)  # noqa: S101  (one of the two is)
        return NoData(missing.since)
    starts = [end - HOUR * n for n in range(24, 0, -1)]
    # A counter that is scraped but did not move is zero; one that was not scraped has no point at all.
    return tuple(PublishHour(s, published.get(s + HOUR), failed.get(s + HOUR, 0)) for s in starts)


def _per_hour(world: World, query: str, end: datetime) -> dict[datetime, int] | Missing:
    """Counts by the end of their hour, all platforms together, rounded once."""
    answer = world.reader.range(query, end - DAY + HOUR, end, HOUR)
    if isinstance(answer, Missing):
        return answer
    totals: dict[datetime, float] = defaultdict(float)
    for line in answer.series:
        for at, value in line.points:
            totals[at] += value
    return {at: round(total) for at, total in totals.items()}


def _platforms(published: Vector | Missing, failed: Vector | Missing) -> tuple[Rate, ...] | NoData:
    if isinstance(published, Missing):
        return NoData(published.since)
    if isinstance(failed, Missing):
        return NoData(failed.since)
    good, bad = published.by("platform"), failed.by("platform")
    return tuple(_rate(platform, good.get(platform), bad.get(platform)) for platform in Platform)


def _rate(platform: Platform, good: float | None, bad: float | None) -> Rate:
    if good is None and bad is None:
        return Rate(platform.title, None)
    well = round(good or 0)
    of = well + round(bad or 0)
    return Rate(platform.title, well / of if of else None, of)


def _schedule(due: list[CalendarItem], since: datetime) -> tuple[DueHour, ...]:
    counts = Counter((item.scheduled_at - since) // HOUR for item in due)
    return tuple(DueHour(since + HOUR * n, counts[n]) for n in range(next_hours.HORIZON // HOUR))
