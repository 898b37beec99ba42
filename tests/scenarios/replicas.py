"""Replicas of the bot that somebody torments: `python -m tests.scenarios.replicas` forks them, anew when one dies.

Each plans, posts and sends as the bot does, only with shorter patience. Its argument is an `Order` in JSON. The naive
ways of sending are here too, for the torments must catch them.
"""

import ctypes
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, update

from bot.workers import Workers
from charts import Chart, Renderer
from digests import calendar, flow
from digests import store as slots
from digests.flow import Digests
from digests.model import Pod, Slot
from messages import outbox, store, tables
from messages.blocks import Message
from messages.slack import Slack, SlackError
from storage.engine import connect
from tests.fakes import ToldPrometheus
from tests.messages.test_outbox_pictures import PNG

# A minute and a half of real waiting takes six seconds here; what must hold between them still does:
# lease + grace > the client's patience + the longest that Slack takes to do it + the lag of its history.
PATIENCE, LEASE, GRACE = 1, timedelta(seconds=3), timedelta(seconds=3)
CHANNELS = 10
LAST_LOOK = timedelta(seconds=10)
PACE = timedelta(seconds=0.02)


@dataclass(frozen=True)
class Order:
    strategy: str
    database_url: str
    slack_url: str
    replicas: int
    slots: int
    begins: float
    """When the first slot is due, in seconds since 1970."""
    lasts: float
    """Seconds from the first slot to the last."""


def pods(order: Order) -> tuple[Pod, ...]:
    """Two check-ins each, due one after the other, at times of a zone where it is about noon."""
    begins = datetime.fromtimestamp(order.begins, UTC)
    zone = f"Etc/GMT{begins.hour - 12:+d}"
    local = begins.astimezone(ZoneInfo(zone))
    due = [(local + timedelta(seconds=order.lasts * n / order.slots)).time() for n in range(order.slots)]
    return tuple(
        Pod(f"pod-{n}", f"#team-{n % CHANNELS}", zone, {"morning": first, "midday": then}, frozenset({f"client-{n}"}))
        for n, (first, then) in enumerate(zip(due[::2], due[1::2], strict=True))
    )


class Painted(Renderer):
    """The same picture whatever is asked: how it is drawn is not what is tormented."""

    def __init__(self) -> None:
        pass

    def draw(self, chart: Chart, timeout: float = 10) -> bytes:  # noqa: ARG002
        return PNG


def ours(engine: Engine, slack: Slack) -> bool:
    return outbox.deliver(engine, slack, pace=PACE)


def post_then_mark(engine: Engine, slack: Slack) -> bool:
    """Who finds a card unmarked after the lease of another posts it."""
    slack.find = lambda *_given, **_named: []  # type: ignore[method-assign]
    return ours(engine, slack)


def mark_then_post(engine: Engine, slack: Slack) -> bool:
    """What is marked is nobody's business any more."""
    with engine.begin() as db:
        claimed = store.claim(db, LEASE, GRACE)
        if claimed is None:
            return False
        done = update(tables.card).where(tables.card.c.key == claimed.key)
        db.execute(done.values(shown=claimed.revision, ts=f"mark of {claimed.key}"))
    with suppress(SlackError):
        slack.post(claimed.channel, Message(**claimed.wanted), thread_ts=None, key=claimed.key)
    return True


def repeat_on_error(engine: Engine, slack: Slack) -> bool:
    """As an HTTP client with retries does: what was not answered is asked again."""
    once = Slack.post

    def insisting(channel: str, message: Message, *, thread_ts: str | None, key: str) -> tuple[str, str]:
        with suppress(SlackError):
            return once(slack, channel, message, thread_ts=thread_ts, key=key)
        return once(slack, channel, message, thread_ts=thread_ts, key=key)

    slack.post = insisting  # type: ignore[method-assign]
    return ours(engine, slack)


STRATEGIES: dict[str, Callable[[Engine, Slack], bool]] = {
    each.__name__: each for each in (ours, post_then_mark, mark_then_post, repeat_on_error)
}


def each_in_its_own_order() -> None:
    """Replicas that do the same at the same time would do most of it for nothing."""
    due = slots.due

    def shuffled(db: Connection, now: datetime) -> list[Slot]:
        return random.sample(found := due(db, now), len(found))

    slots.due = shuffled


def work(order: Order) -> None:
    """One replica, until the process that forked it is gone; on Linux the kernel sees to that, even in its sleep."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    outbox.LEASE, outbox.GRACE, outbox.LAST_LOOK = LEASE, GRACE, LAST_LOOK
    each_in_its_own_order()
    calendar.PLAN_DAYS = 0
    parent = os.getppid()
    engine = connect(order.database_url, name="chaos", pool_size=6)
    slack = Slack("xoxb-local", base_url=order.slack_url, timeout=PATIENCE)
    pool = ThreadPoolExecutor(4)
    digests = Digests(engine, ToldPrometheus(), Painted(), pods(order), pool)
    send = STRATEGIES[order.strategy]
    workers = Workers()

    def tick() -> bool:
        flow.tick(digests)
        return False

    def refresh() -> bool:
        flow.refresh(digests)  # brings the thread of a check-in whose replica died when its card was written
        return False

    for number in (1, 2):
        workers.loop(f"outbox-{number}", lambda: send(engine, slack), every=0.1, after_failure=0.2)
    if send is ours:
        workers.loop("outbox-sweep", lambda: outbox.sweep(engine, slack), every=0.3, after_failure=0.2)
    workers.loop("tick", tick, every=1.5, after_failure=0.5)
    workers.loop("refresh", refresh, every=10.0, after_failure=0.5)
    while os.getppid() == parent:
        time.sleep(0.2)


def main() -> None:
    order = Order(**json.loads(sys.argv[1]))
    living: set[int] = set()
    while True:
        while len(living) < order.replicas:
            child = os.fork()
            if child == 0:
                try:
                    work(order)
                finally:
                    os._exit(0)
            living.add(child)
        living.discard(os.wait()[0])


if __name__ == "__main__":
    main()
