"""Whoever torments replicas of the bot, their Postgres and their Slack by a seed, and what can be seen afterwards."""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, false, func, or_, select
from sqlalchemy.exc import OperationalError

from clients import store as clients
from clients import work_items
from digests.store import checkin_slot
from messages import tables
from sandbox.slack.local import LocalSlack, running
from storage.engine import connect
from storage.migrations import upgrade
from storage.process import Child, Server, start
from storage.server import private_postgres
from tests.factories import client, work_item
from tests.processes import descendants, eventually
from tests.sandbox.slack.hands import CONFIG, control
from tests.scenarios.replicas import CHANNELS, GRACE, LEASE, PATIENCE, Order

REPLICAS = 3
CARDS = 5  # of a check-in: itself and its four steps
# What happens how often, among all that is done to them.
TORMENTS = {"kill": 8, "stop": 4, "fault": 8, "lag": 1, "outage": 0.5, "crash": 0.5}
FAULTS = ("slow", "ratelimited", "unavailable", "server_error", "internal_error", "dropped")
METHODS = ("chat.postMessage",) * 4 + ("chat.update", "conversations.history", "conversations.replies", "files.info")
SLOWEST = 2 * PATIENCE
LAG = 1
# One torment for so many messages at most, or after a second without: a slow machine is not tormented more for it.
MOST_IN_PEACE = 12
PATIENT = 600
POSTED = select(func.count()).where(checkin_slot.c.state == "posted")


@dataclass
class Report:
    """What was done to them, and what came of it."""

    done: Counter[str] = field(default_factory=Counter)
    slots: int = 0
    posted: int = 0
    cards: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)
    """Cards in another thread than their check-in's, or with other words than were wished."""
    seconds: float = 0

    def __str__(self) -> str:
        done = ", ".join(f"{count} × {what}" for what, count in sorted(self.done.items()))
        seen = f"{len(self.lost)} lost, {len(self.twice)} twice, {len(self.astray)} astray"
        return f"{self.posted} of {self.slots} slots, {self.cards} cards, {seen} · {done} · {self.seconds:.0f} s"


@dataclass
class World:
    """A Postgres of its own that may be crashed, a Slack, and the replicas."""

    folder: Path
    order: Order
    slack: LocalSlack
    server: Server
    replicas: Child
    engine: Engine

    def crash(self) -> None:
        """Postgres ends at once, as if its machine had: all connections break, the next start recovers."""
        for pid in [self.server.child.pid, *descendants(self.server.child.pid)]:
            _signal(pid, signal.SIGKILL)
        self.server.child.wait(10)
        self.server = private_postgres(self.folder, port=urlsplit(self.server.url).port, fast=True)


@contextmanager
def world(folder: Path, strategy: str, slots: int, lasts: float) -> Iterator[World]:
    """Everything runs and the first slot is due in two seconds; all ends with the block."""
    names = [f"team-{n}" for n in range(CHANNELS)]
    app = CONFIG["app"] | {"channels": names}
    channels = [{"name": name, "members": "all"} for name in names]
    with (
        running(CONFIG | {"app": app, "channels": channels}) as slack,
        private_postgres(folder, fast=True) as server,
    ):
        upgrade(server.url)
        engine = connect(server.url, name="tormentor")
        with engine.begin() as db:
            clients.report_clients(db, [client(f"client-{n}") for n in range(slots // 2)])
            work_items.open_items(db, [work_item(f"item-{n}", client_id=f"client-{n}") for n in range(slots // 2)])
        order = Order(strategy, server.url, slack.api_url, REPLICAS, slots, time.time() + 2, lasts)
        command = [sys.executable, "-m", "tests.scenarios.replicas", json.dumps(asdict(order))]
        child = start(command, name="replicas", log=folder / "replicas.log")
        here = World(folder, order, slack, server, child, engine)
        try:
            yield here
        finally:
            child.stop()
            engine.dispose()
            here.server.stop()


def torment(here: World, chance: random.Random) -> Counter[str]:
    """Does one thing after the other to them until all slots were due and are written, or that takes too long."""
    done: Counter[str] = Counter()
    asleep: dict[int, float] = {}
    longest = 2 * (LEASE + GRACE).total_seconds()
    last = here.order.begins + here.order.lasts
    while time.time() < last or (not written(here) and time.time() < last + PATIENT):
        leave_in_peace(here, chance.randint(1, MOST_IN_PEACE))
        for pid in [pid for pid, wakes in asleep.items() if wakes < time.monotonic()]:
            _signal(pid, signal.SIGCONT)
            del asleep[pid]
        what = chance.choices(list(TORMENTS), list(TORMENTS.values()))[0] if done else "crash"
        awake = sorted(descendants(here.replicas.pid) - asleep.keys())
        if what in ("kill", "stop") and not awake:
            continue
        done[what] += 1
        match what:
            case "kill":
                _signal(chance.choice(awake), signal.SIGKILL)
            case "stop":
                pid = chance.choice(awake)
                _signal(pid, signal.SIGSTOP)
                asleep[pid] = time.monotonic() + chance.uniform(0.05, longest)
            case "fault":
                kind, times = chance.choice(FAULTS), chance.randint(1, 3)
                seconds = chance.uniform(0, SLOWEST) if kind == "slow" else 1
                control(here.slack, "faults", method=chance.choice(METHODS), kind=kind, seconds=seconds, times=times)
            case "outage":
                control(here.slack, "faults", method="chat.postMessage", kind="unavailable", times=30)
            case "lag":
                control(here.slack, "lag", seconds=chance.uniform(0, LAG))
            case "crash":
                here.crash()
    for pid in asleep:
        _signal(pid, signal.SIGCONT)
    return done


def _signal(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)


def leave_in_peace(here: World, messages: int) -> None:
    """Until so many more stand in Slack, or a second has passed without."""

    def said() -> int:
        return sum(len(channel.messages) for channel in here.slack.workspace.channels.values())

    enough = said() + messages
    eventually(lambda: said() >= enough, timeout=1)


def written(here: World) -> bool:
    with suppress(OperationalError), here.engine.connect() as db:
        return bool(db.execute(POSTED).scalar_one() == here.order.slots)
    return False


def settled(here: World) -> bool:
    """All that was due is posted with its thread, nothing waits any more and nothing is looked for again."""
    to_look = tables.card.c.sweep_at.is_not(None) if here.order.strategy == "ours" else false()
    waiting = select(func.count()).where(or_(tables.card.c.revision > tables.card.c.shown, to_look))
    with suppress(OperationalError), here.engine.connect() as db:
        whole = db.execute(select(func.count()).select_from(tables.card)).scalar_one() == CARDS * here.order.slots
        return written(here) and whole and not db.execute(waiting).scalar_one()
    return False


def whole(here: World, report: Report) -> bool:
    """Holds what stands in Slack against what the outbox was to say."""
    report.lost, report.twice, report.astray = [], [], []
    messages: dict[str, list[dict[str, Any]]] = {}
    for channel in here.slack.workspace.channels.values():
        for message in channel.messages.values():
            key = message.get("metadata", {}).get("event_payload", {}).get("key")
            messages.setdefault(key, []).append(message)
    with here.engine.connect() as db:
        cards = {row.key: row for row in db.execute(select(tables.card))}
        posted = db.execute(POSTED).scalar_one()
    report.slots, report.posted, report.cards = here.order.slots, posted, len(cards)
    for key, card in cards.items():
        standing = messages.get(key, [])
        report.lost += [] if standing else [key]
        report.twice += [key] if len(standing) > 1 else []
        top = cards[card.thread_key].ts if card.thread_key else None
        for message in standing:
            thread = message.get("thread_ts")
            if thread not in (top, message["ts"]):
                report.astray.append(f"{key} in the thread {thread} instead of {top}")
            if message["text"] != card.wanted["text"]:
                report.astray.append(f"{key} says {message['text']!r} instead of {card.wanted['text']!r}")
    return not (report.lost or report.twice or report.astray)


def run(folder: Path, strategy: str, seed: int, slots: int, lasts: float, patience: float = PATIENT) -> Report:
    """One tormented run from its first slot to rest."""
    began = time.monotonic()
    report = Report()
    with world(folder, strategy, slots, lasts) as here:
        report.done = torment(here, random.Random(seed))
        control(here.slack, "lag", seconds=0)
        # A replica may just now bring a card up to date: what is wrong stays so.
        if not eventually(lambda: settled(here) and whole(here, report), patience):
            whole(here, report)
    report.seconds = time.monotonic() - began
    return report
