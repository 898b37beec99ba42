"""SIGKILL at every named point of guard, sweep, outbox and commands, twenty seeds each; then life goes on.

Nothing lost, nothing twice, and whoever may have acted without our learning of it becomes a person's work.
"""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text

from audits.store import audit_event
from clients import store as clients
from clients import work_items
from clients.model import ItemKind
from messages import store as messages
from messages import tables
from messages.blocks import Message, section
from operations import store as operations
from sandbox.slack.local import LocalSlack, running
from tests.factories import NOON, client
from tests.fakes import turn_clock
from tests.operations.receiving import Receiver, listening
from tests.sandbox.slack.hands import CONFIG, Hands
from tests.scenarios.killed import COMMANDS, EDITS, GUARD, JOBS, OUTBOX, SWEEP, Order, command_id

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SEEDS = range(20)
# Longer than any lease, any grace and any permit.
LATER = timedelta(seconds=120)

Work = Callable[..., int]


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with running(CONFIG) as local:
        yield local


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with listening(receiver):
        yield receiver


@pytest.fixture
def work(engine: Engine, database_url: str, slack: LocalSlack, receiver: Receiver) -> Iterator[Work]:
    """Has a piece of work done by a process of its own; gives the signal that ended it."""
    with engine.begin() as db:
        clients.report_clients(db, [client()])
        db.execute(text("CREATE TABLE world_effect (command uuid); CREATE TABLE world_told (command uuid)"))
    command = [sys.executable, "-m", "tests.scenarios.killed"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin
        assert parent.stdout
        ordered, ended = parent.stdin, parent.stdout

        def obey(name: str, batch: str = "", point: str = "", call: int = 0) -> int:
            order = Order(name, database_url, slack.api_url, receiver.url, batch, point, call)
            ordered.write(json.dumps(asdict(order)) + "\n")
            ordered.flush()
            return int(ended.readline())

        yield obey
        ordered.close()


def _effects(engine: Engine) -> Counter[UUID]:
    with engine.connect() as db:
        return Counter(db.execute(text("SELECT command FROM world_effect")).scalars())


def _told(engine: Engine, phase: str) -> dict[UUID, list[str | None]]:
    told: dict[UUID, list[str | None]] = {}
    with engine.connect() as db:
        query = select(audit_event.c.command_id, audit_event.c.result).where(audit_event.c.phase == phase)
        for command, result in db.execute(query.order_by(audit_event.c.seq)):
            told.setdefault(command, []).append(result)
    return told


def test_a_guard_killed_at_any_point_causes_nothing_twice_and_loses_nothing(engine: Engine, work: Work) -> None:
    batches = {f"{point}/{seed}": (point, seed) for point in GUARD for seed in SEEDS}
    for batch, (point, seed) in batches.items():
        assert work("guarded", batch, point, seed % JOBS) == signal.SIGKILL, point
    for batch in batches:
        assert work("guarded", batch) == 0
    assert work("sweep") == 0
    in_doubt = {command for command, results in _told(engine, "outcome").items() if "unknown" in results}
    assert in_doubt == set()

    turn_clock(engine, LATER)
    for point in SWEEP:
        for seed in SEEDS:
            assert work("sweep", point=point, call=seed % 2) == signal.SIGKILL
    assert work("sweep") == 0

    every = {command_id(batch, piece) for batch in batches for piece in range(JOBS)}
    effects, outcomes = _effects(engine), _told(engine, "outcome")
    assert max(effects.values()) == 1
    assert set(_told(engine, "intent")) == set(outcomes) == every
    assert {len(results) for results in outcomes.values()} == {1}
    assert all(effects[command] for command, (result,) in outcomes.items() if result == "success")
    unknown = {command for command, (result,) in outcomes.items() if result == "unknown"}
    between = ("permit committed", "acted", "outcome to be written")
    assert unknown == {command_id(b, seed % JOBS) for b, (point, seed) in batches.items() if point in between}
    with engine.connect() as db:
        items = work_items.items_of(db, [ItemKind.UNKNOWN_OUTCOME], closed_since=NOON)
    assert sorted(item.item_id for item in items) == sorted(f"unknown-{command}" for command in unknown)


def test_the_harness_catches_who_acts_twice_and_who_forgets(engine: Engine, work: Work) -> None:
    for seed in SEEDS:
        for name, point in (("naive_repeats", "acted"), ("naive_forgets", "permit committed")):
            assert work(name, f"{name}/{seed}", point, seed % JOBS) == signal.SIGKILL
            assert work(name, f"{name}/{seed}") == 0
    effects = _effects(engine)
    wanted = {
        name: [command_id(f"{name}/{s}", p) for s in SEEDS for p in range(JOBS)]
        for name in ("naive_repeats", "naive_forgets")
    }
    assert sum(effects[command] == 2 for command in wanted["naive_repeats"]) == len(SEEDS)
    assert sum(effects[command] == 0 for command in wanted["naive_forgets"]) == len(SEEDS)


def _put(engine: Engine, keys: list[str], words: str) -> None:
    with engine.begin() as db:
        for key in keys:
            messages.put(db, key, "ops", Message(f"{key} {words}", [section(f"{key} {words}")]))


def _read(slack: LocalSlack) -> Counter[str]:
    return Counter(message["text"] for message in Hands(slack, "ana").messages())


def test_an_outbox_killed_at_any_point_shows_each_card_once(engine: Engine, slack: LocalSlack, work: Work) -> None:
    keys = [f"card:{number}" for number in range(2 * len(SEEDS) * len(OUTBOX))]
    for point in OUTBOX:
        for seed in SEEDS:
            fresh = [keys.pop() for _ in range(seed % 2 + 1)]
            _put(engine, fresh, "new")
            assert work("cards", point=point, call=seed % 2) == signal.SIGKILL, point
    turn_clock(engine, LATER)
    assert work("cards") == 0
    with engine.connect() as db:
        put = db.execute(select(tables.card.c.key)).scalars().all()
    assert _read(slack) == Counter({f"{key} new": 1 for key in put})

    later = count(2)
    for point in EDITS:
        for seed in SEEDS:
            _put(engine, list(put[: seed % 2 + 1]), f"{point} {seed}")
            assert work("cards", point=point, call=seed % 2) == signal.SIGKILL, point
            turn_clock(engine, LATER * next(later))
    _put(engine, list(put), "edited")
    assert work("cards") == 0
    assert _read(slack) == Counter({f"{key} edited": 1 for key in put})


def test_the_harness_catches_who_posts_twice(engine: Engine, slack: LocalSlack, work: Work) -> None:
    _put(engine, ["card:1", "card:2"], "new")
    assert work("naive_cards", point="after the post", call=0) == signal.SIGKILL
    assert work("naive_cards") == 0
    assert _read(slack)["card:1 new"] == 2


def test_a_sender_of_commands_killed_at_any_point_loses_none(engine: Engine, receiver: Receiver, work: Work) -> None:
    put: list[UUID] = []
    for point in COMMANDS:
        for seed in SEEDS:
            with engine.begin() as db:
                for _ in range(seed % 2 + 1):
                    put.append(uuid4())
                    operations.put_command(db, put[-1], "publish", {"n": len(put)}, ttl=None)
            assert work("orders", point=point, call=seed % 2) == signal.SIGKILL, point
    turn_clock(engine, LATER)
    assert work("orders") == 0
    heard: dict[str, Any] = {}
    for command, body in zip(receiver.ids, receiver.heard, strict=True):
        assert heard.setdefault(command, body) == body, "the platform knows a repetition by its id"
    assert set(heard) == {str(command) for command in put}
    with engine.connect() as db:
        assert set(db.execute(select(operations.command.c.state)).scalars()) == {"accepted"}
