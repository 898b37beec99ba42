"""Somebody says stop while sixteen publishers publish. First two naive guards show that the harness sees what leaks."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlalchemy import Engine

from audits import Effect, Scope, Stopped, guard, switches
from storage.engine import connect
from tests.factories import effect

pytestmark = pytest.mark.slow

PUBLISHERS, ROUNDS = 16, 200

Guard = Callable[[Engine, Effect], AbstractContextManager[object]]


@dataclass
class Round:
    """What happened in one round: the moment of each effect, and what the stop promised when."""

    effects: list[tuple[UUID, float]] = field(default_factory=list)
    recorded_at: float = 0.0
    settled_at: float = 0.0
    listed: frozenset[UUID] = frozenset()

    @property
    def unlisted(self) -> int:
        """Effects after "recorded" that were not named as on the way."""
        return sum(at > self.recorded_at and command not in self.listed for command, at in self.effects)

    @property
    def late(self) -> int:
        return sum(at > self.settled_at for _, at in self.effects)


@pytest.fixture
def crowd(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, name="publishers", pool_size=PUBLISHERS + 2)
    yield engine
    engine.dispose()


@contextmanager
def check_then_act(engine: Engine, caused: Effect) -> Iterator[None]:
    with engine.begin() as db:
        stopped = switches.stopped_by(db, caused.scope)
    if stopped:
        raise Stopped(stopped, caused.command_id)
    yield


def cached_flag() -> Guard:
    known: dict[str, tuple[float, list[str]]] = {}

    @contextmanager
    def look(engine: Engine, caused: Effect) -> Iterator[None]:
        at, stopped = known.get(caused.scope.key, (0.0, []))
        if time.monotonic() - at > 0.05:
            with engine.begin() as db:
                stopped = switches.stopped_by(db, caused.scope)
            known[caused.scope.key] = (time.monotonic(), stopped)
        if stopped:
            raise Stopped(stopped, caused.command_id)
        yield

    return look


def play(engine: Engine, guarded: Guard, number: int, pool: ThreadPoolExecutor) -> Round:
    """All publish for one client until they are stopped; somebody stops them at a random moment."""
    chance = random.Random(number)
    client_id = f"client-{number}"
    seen = Round()

    def publish(seed: int) -> None:
        mine = random.Random(seed)
        try:
            while True:
                caused = effect(client_id=client_id)
                with guarded(engine, caused):
                    time.sleep(mine.uniform(0, 0.02))
                    seen.effects.append((caused.command_id, time.monotonic()))
        except Stopped:
            pass

    running = [pool.submit(publish, number * PUBLISHERS + n) for n in range(PUBLISHERS)]
    time.sleep(chance.uniform(0, 0.02))
    scope = Scope(client_id)
    with engine.begin() as db:
        assert switches.set_switch(db, scope, stopped=True, by="Ana", reason="round")
        seen.listed = frozenset(switches.in_flight(db, scope))
    seen.recorded_at = time.monotonic()
    while True:
        with engine.begin() as db:
            if not switches.in_flight(db, scope):
                break
    seen.settled_at = time.monotonic()
    for each in running:
        each.result(timeout=30)
    return seen


@pytest.mark.parametrize("naive", [check_then_act, cached_flag()], ids=["check then act", "cached flag"])
def test_the_harness_catches_a_guard_that_leaks(crowd: Engine, naive: Guard) -> None:
    unlisted = late = 0
    with ThreadPoolExecutor(PUBLISHERS) as pool:
        for number in range(ROUNDS):  # as many as the real guard has to hold for, and mostly only a few
            played = play(crowd, naive, number, pool)
            unlisted, late = unlisted + played.unlisted, late + played.late
            if unlisted and late:
                return
    pytest.fail(f"in {ROUNDS} rounds the harness saw {unlisted} effects not listed, {late} after settled")


def test_nothing_unlisted_goes_out_after_recorded_and_nothing_at_all_after_settled(crowd: Engine) -> None:
    with ThreadPoolExecutor(PUBLISHERS) as pool:
        played = [play(crowd, guard, number, pool) for number in range(ROUNDS)]
    assert sum(each.unlisted for each in played) == 0
    assert sum(each.late for each in played) == 0
    assert sum(len(each.listed) for each in played) > ROUNDS, "it must have been stopped in mid-flight to mean anything"
