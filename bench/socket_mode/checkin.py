"""Our app as it is wired in production: `python -m bench.socket_mode.checkin URL [--database URL] [--buttons N]`.

Without a database the work behind the ack is left undone, so that the way to the ack alone is measured. With
`--composing URL` check-ins of that database are composed and charts drawn all the while.
"""

import argparse
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from bench.clients import ZONE
from bench.socket_mode.click import USER
from bench.socket_mode.peers import APP_TOKEN, TOKEN
from bot.app import BUTTONS
from bot.connection import bolt_app, socket
from bot.listeners import Listeners
from bot.people import People
from charts import CheckinChart, DueHour, PublishHour, Rate, Renderer
from digests import flow
from digests.checkins import MORNING
from digests.flow import Digests
from digests.model import Pod
from messages.slack import Slack
from metrics.reader import Reader
from operations.approve import APPROVE
from operations.model import Role
from storage.engine import connect
from telemetry.ids import Platform


class _Idle(ThreadPoolExecutor):
    """Takes work and leaves it."""

    def submit(self, _work: Callable[..., Any], /, *_arguments: Any, **_named: Any) -> Future[Any]:
        return Future()


def compose(database: str) -> None:
    """Starts what goes on for as long as this process lives: check-in after check-in, chart after chart."""
    engine, renderer = connect(database, name="digests", pool_size=10), Renderer()
    pod = Pod("main", "#ops", ZONE, {MORNING.name: time_of_day(9)})
    nobody = Reader("http://127.0.0.1:9")
    digests = Digests(engine, nobody, renderer, (pod,), ThreadPoolExecutor(12))
    for step in (lambda: flow.preview(digests, MORNING.name, pod), lambda: renderer.draw(_chart())):
        threading.Thread(target=_for_ever, args=[step], daemon=True).start()


def _for_ever(step: Callable[[], object]) -> None:
    while True:
        step()


def _chart() -> CheckinChart:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = tuple(PublishHour(now - timedelta(hours=n), 30 + n % 7, n % 3) for n in range(24, 0, -1))
    schedule = tuple(DueHour(now + timedelta(hours=n), 10 + n) for n in range(6))
    platforms = tuple(Rate(platform.title, 400, 405) for platform in Platform)
    return CheckinChart(zone=ZONE, at=now, hours=hours, platforms=platforms, schedule=schedule)


def answer(url: str, database: str | None, buttons: int | None) -> None:
    slack = Slack(TOKEN, base_url=url)
    people = People(slack, {Role.OPERATOR: [USER]})
    table = BUTTONS if buttons is None else {f"bench.{number}": APPROVE for number in range(1, buttons + 1)}
    engine = connect(database or "postgresql+psycopg://", name="checkin", pool_size=10)  # connects when it is used
    pool = ThreadPoolExecutor(max_workers=12) if database else _Idle()
    app = bolt_app(slack, Listeners(engine, slack, people, table, pool, lambda: None, lambda *_: None))
    socket(app, APP_TOKEN).connect()  # type: ignore[no-untyped-call]
    threading.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--database")
    parser.add_argument("--buttons", type=int)
    parser.add_argument("--composing")
    asked = parser.parse_args()
    if asked.composing:
        compose(asked.composing)
    answer(asked.url, asked.database, asked.buttons)
