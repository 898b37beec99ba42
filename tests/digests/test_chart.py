"""The numbers of the picture, asked of a real Prometheus at an odd minute, beside those of the owner's summary."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from charts import NoData
from clients import store as clients
from dashboards import global_ops
from digests import chart
from digests.model import Pod, World
from digests.sections import next_hours
from metrics.reader import Reader
from sandbox.servers.prometheus import backfill, start_prometheus
from tests.factories import calendar_item, client
from tests.fakes import set_clock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = datetime.now(UTC).replace(minute=5, second=7, microsecond=123_456) - HOUR
GOOD = {"instagram": 7, "tiktok": 23}
"""A post goes out every so many minutes."""
FAILED = [23 * HOUR + 40 * MINUTE, 12 * HOUR + 7 * MINUTE, 3 * HOUR + 30 * MINUTE]
"""So long ago TikTok failed: the first in the hour that is the clock's, and only partly the day's."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("prometheus")
    minutes = [NOW - 26 * HOUR + MINUTE * n for n in range(26 * 60 + 1)]
    published = [
        f'posts_published_total{{platform="{name}"}} {n // every} {at.timestamp():.3f}'
        for name, every in GOOD.items()
        for n, at in enumerate(minutes)
    ]
    failed = [
        f'publish_failures_total{{platform="tiktok",reason="api_error"}} {sum(at >= NOW - ago for ago in FAILED)} '
        f"{at.timestamp():.3f}"
        for at in minutes
    ]
    counters = ["# TYPE posts_published counter", *published, "# TYPE publish_failures counter", *failed, "# EOF", ""]
    (folder / "past.om").write_text("\n".join(counters))
    backfill(folder, folder / "past.om")
    with start_prometheus(folder, scrape=[], rules_yaml="groups: []") as server:
        yield Reader(server.url)


@pytest.fixture
def world(engine: Engine, reader: Reader) -> World:
    set_clock(engine, NOW)
    due = (5, 50, 61, 359, 360)
    with engine.begin() as db:
        clients.report_clients(db, [client()])
        clients.report_calendar(db, [calendar_item(f"due-{n}", scheduled_at=NOW + n * MINUTE) for n in due])
    pod = Pod("main", "#ops", "Europe/Madrid", {})
    return World(engine, reader, pod, [client()], NOW + MINUTE / 60, NOW + MINUTE / 60)


def test_picture_and_words_count_the_same_posts_of_the_same_day(world: World) -> None:
    drawn = chart.collect(world)
    with world.engine.connect() as db:
        told = global_ops.words(global_ops.collect(db, world.reader, [], now=world.now, window=24 * HOUR))
    published, failed = drawn.alt_text.removeprefix("24 hours to ").partition(": ")[2].partition(". ")[0].split(" · ")
    assert told.startswith(f"{published}, {failed} (")
    assert failed == "3 failed"


def test_the_hours_are_those_of_the_day_that_is_counted_and_lose_no_failure(world: World) -> None:
    hours = chart.collect(world).hours
    assert not isinstance(hours, NoData)
    assert (len(hours), hours[-1].start + HOUR) == (24, world.now.replace(microsecond=0))
    assert [n for n, hour in enumerate(hours) if hour.failed] == [0, 11, 20]


def test_six_bars_hold_what_the_step_confirms(world: World) -> None:
    schedule = chart.collect(world).schedule
    assert not isinstance(schedule, NoData)
    assert [hour.due for hour in schedule] == [2, 1, 0, 0, 0, 2]
    assert sum(hour.due for hour in schedule) == len(next_hours.collect(world))
