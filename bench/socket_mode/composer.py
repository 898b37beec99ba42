"""Composes check-ins and draws charts without a pause, beside an app: `python -m bench.socket_mode.composer URL`."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

from bench.clients import ZONE
from charts import CheckinChart, DueHour, PublishHour, Rate, Renderer
from digests import flow
from digests.checkins import MORNING
from digests.flow import Digests
from digests.model import Pod
from metrics.reader import Reader
from storage.engine import connect
from telemetry.ids import Platform


def main(database: str) -> None:
    """Check-in after check-in, chart after chart, until whoever started it is gone."""
    engine, renderer = connect(database, name="digests", pool_size=10), Renderer()
    pod = Pod("main", "#ops", ZONE, {MORNING.name: time_of_day(9)})
    nobody = Reader("http://127.0.0.1:9")
    digests = Digests(engine, nobody, renderer, (pod,), ThreadPoolExecutor(12))
    for step in (lambda: flow.preview(digests, MORNING.name, pod), lambda: renderer.draw(_chart())):
        threading.Thread(target=_for_ever, args=[step], daemon=True).start()
    sys.stdin.read()
    os._exit(0)


def _for_ever(step: Callable[[], object]) -> None:
    while True:
        step()


def _chart() -> CheckinChart:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = tuple(PublishHour(now - timedelta(hours=n), 30 + n % 7, n % 3) for n in range(24, 0, -1))
    schedule = tuple(DueHour(now + timedelta(hours=n), 10 + n) for n in range(6))
    platforms = tuple(Rate(platform.title, 400, 405) for platform in Platform)
    return CheckinChart(zone=ZONE, at=now, hours=hours, platforms=platforms, schedule=schedule)


if __name__ == "__main__":
    main(sys.argv[1])
