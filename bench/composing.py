"""What a check-in costs the bot, at sizes the demo never has: its queries, and its time beside its slowest source.

Posted is a check-in when its card waits in the outbox: from there on the pace is Slack's. Part of
`python -m bench checkin`.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import time as time_of_day
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from bench.clients import ZONE, one_more, settle
from bench.measure import Row, compared, turns
from charts import Renderer
from digests import flow, store
from digests.checkins import CHECKINS, MORNING
from digests.flow import Digests
from digests.model import Pod, Slot, World
from metrics.reader import Reader
from sandbox.servers.prometheus import start_prometheus
from storage import clock
from storage.engine import connect
from storage.server import private_postgres

SIZES = (50, 500, 2000)
"""Clients, with three open items each."""

_POD = Pod("main", "#ops-checkin", ZONE, {MORNING.name: time_of_day(9)})


@dataclass
class Figures:
    """A figure per round: milliseconds, but for the queries."""

    queries: list[float] = field(default_factory=list)
    posted: list[float] = field(default_factory=list)
    slowest: list[float] = field(default_factory=list)
    thread: list[float] = field(default_factory=list)


def measured(folder: Path, rounds: int, sizes: Sequence[int] = SIZES) -> dict[int, Figures]:
    """By size. A first round, which fills caches, is not counted."""
    shown = {size: Figures() for size in sizes}
    with ExitStack() as at_end:
        server = at_end.enter_context(private_postgres(folder))
        prometheus = at_end.enter_context(start_prometheus(folder / "prometheus", scrape=[], rules_yaml="groups: []"))
        renderer = at_end.enter_context(Renderer())
        pool = at_end.enter_context(ThreadPoolExecutor(12))
        reader = Reader(prometheus.url)
        worlds = {}
        for size in sizes:
            database = one_more(server.url, f"clients_{size}")
            settle(database, size)
            engine = connect(database, name="bench", pool_size=10)
            at_end.callback(engine.dispose)
            worlds[size] = Digests(engine, reader, renderer, (_POD,), pool)
        for number, turn in enumerate(turns([str(size) for size in sizes], rounds + 1)):
            _round(worlds[int(turn)], number, shown[int(turn)])
    return {many: Figures(**{name: own[1:] for name, own in vars(of).items()}) for many, of in shown.items()}


def rows(shown: Mapping[int, Figures]) -> Iterator[Row]:
    """The bot's part of the table."""
    fewest = min(shown)
    least = shown[fewest]
    for size, own in shown.items():
        yield compared(f"queries, {size} clients", "queries", own.queries, f"{fewest} clients", least.queries, "<= 1")
    for size, own in shown.items():
        case = f"card in the outbox, {size} clients"
        yield compared(case, "ms", own.posted, "its slowest source", own.slowest, "<= 1.5")
    for size, own in shown.items():
        if size != fewest:
            growth = f"{fewest} clients, of {size // fewest} times as many"
            yield compared(f"card in the outbox, {size} clients", "ms", own.posted, growth, least.posted)
    for size, own in shown.items():
        yield compared(f"its thread too, {size} clients", "ms", own.thread, "its card", own.posted)


def _round(digests: Digests, number: int, figures: Figures) -> None:
    took: dict[str, float] = {}
    with digests.engine.begin() as db:
        now = clock.now(db)
        slot = Slot(_POD.name, MORNING.name, now.date() + timedelta(days=number), now, "due")
        store.plan(db, [slot])
    with _watched(digests.engine) as watch, _timed(took):
        flow.post(digests, slot, _POD)
    figures.queries.append(watch.queries)
    figures.slowest.append(max(took.values()))
    figures.posted.append(watch.written[0])
    figures.thread.append(watch.written[1])


class _Watch:
    """Counts queries, and notes after how many milliseconds cards were in the outbox for good."""

    def __init__(self) -> None:
        self.queries = 0
        self.written: list[float] = []
        self._began = time.perf_counter()
        self._writes = False

    def query(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.queries += 1
        self._writes |= statement.startswith("INSERT INTO card ")

    def commit(self, _connection: Any) -> None:
        if self._writes:
            self.written.append((time.perf_counter() - self._began) * 1000)
            self._writes = False


@contextmanager
def _watched(engine: Engine) -> Iterator[_Watch]:
    watch = _Watch()
    event.listen(engine, "before_cursor_execute", watch.query)
    event.listen(engine, "commit", watch.commit)
    yield watch
    event.remove(engine, "before_cursor_execute", watch.query)
    event.remove(engine, "commit", watch.commit)


@contextmanager
def _timed(took: dict[str, float]) -> Iterator[None]:
    """Notes the milliseconds of each source while this is open."""

    def noted(name: str, collect: Callable[[World], Any], world: World) -> Any:
        began = time.perf_counter()
        found = collect(world)
        took[name] = (time.perf_counter() - began) * 1000
        return found

    steps = tuple(replace(step, collect=partial(noted, step.name, step.collect)) for step in MORNING.steps)
    with patch.dict(CHECKINS, {MORNING.name: replace(MORNING, steps=steps)}):
        yield
