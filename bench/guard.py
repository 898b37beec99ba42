"""What the guard costs: permit, intent and outcome beside the same rows by bare psycopg in the same two transactions.

Part of `python -m bench audits`. And how long a stop takes from the click to the last effect on its way.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from audits import ActionType, ActorType, Effect, Scope, Stopped, guard, payload_hash, switches
from audits.guard import PERMIT_TTL
from bench.measure import Row, compared, percentile, turns
from operations.flow import perform
from operations.model import Click, Person, Role
from operations.stop import STOP, ordered
from storage.engine import connect

CALLERS = 16
TURNS = 10  # of each side in a round: many short ones, for what else the machine does should hit both
ALONE, TOGETHER = 25, 5  # effects of one caller in one turn
STOPS = 5  # for each round
_LONGEST = 0.02  # seconds that a publish takes here, at most
_POLICY: Mapping[str, Any] = {"id": "bench", "rules": ["brand-voice"]}

Cause = Callable[[], None]

_INTENT = """
INSERT INTO audit_event (audit_id, command_id, phase, client_id, actor_type, actor_id, action_type, platform, surface,
  lane, payload_hash, payload_summary, policy_snapshot_id, result, proof, ids)
VALUES
  (%s, %s, %s, 'acme', 'agent', 'bench', 'publish', 'instagram', 'reels', 'publishing', %s, 'A post', %s, %s, %s, %s)
"""
_POLICY_ROW = "INSERT INTO policy_snapshot (policy_snapshot_id, body) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_PERMIT = """
INSERT INTO permit (command_id, client_id, platform, lane, expires_at, once)
VALUES (%s, 'acme', 'instagram', 'publishing', checkin_now() + %s, %s)
"""
_SETTLED = "UPDATE permit SET settled_at = checkin_now() WHERE command_id = %s"


def rows(database_url: str, rounds: int) -> list[Row]:
    """The guard's part of the table."""
    with ExitStack() as at_end:
        engine = connect(database_url, name="bench", pool_size=CALLERS + 2)
        at_end.callback(engine.dispose)
        ours = [lambda: _guarded(engine)] * CALLERS
        bare = [at_end.enter_context(_bare(database_url)) for _ in range(CALLERS)]
        sides: Mapping[str, Sequence[Cause]] = {"ours": ours, "bare": bare}
        alone: dict[str, list[float]] = {name: [] for name in sides}
        together: dict[str, list[float]] = {name: [] for name in sides}
        for side in turns(tuple(sides), TURNS * rounds + 1):
            alone[side].append(_milliseconds(sides[side][:1], ALONE))
            together[side].append(_milliseconds(sides[side], TOGETHER))
        stops = [_stop(engine, number) for number in range(STOPS * rounds)]
    floor, many = "the same rows by bare psycopg", f"guarded side effect, {CALLERS} callers"
    return [
        # The first turn of each side fills caches.
        compared("guarded side effect, alone", "ms", alone["ours"][1:], floor, alone["bare"][1:], "<= 1.5"),
        compared(many, "ms", together["ours"][1:], floor, together["bare"][1:], "<= 1.5"),
        *_told_of(stops),
    ]


def _told_of(stops: Sequence[tuple[float, float]]) -> Iterator[Row]:
    """Stops in milliseconds: until recorded, until settled."""
    for what, figures in (("recorded", [one for one, _ in stops]), ("settled", [two for _, two in stops])):
        for percent in (50, 100):
            value = percentile(figures, percent)
            longest = _LONGEST * 1000
            case = f"stop to {what}, {CALLERS} publishers, {'p50' if percent == 50 else 'longest'}"
            yield Row(case, value, "ms", "the longest publish", value / longest)


def _milliseconds(causes: Sequence[Cause], each: int) -> float:
    """Of one effect, when each of these callers causes so many."""
    together = threading.Barrier(len(causes) + 1)

    def work(cause: Cause) -> None:
        together.wait()
        for _ in range(each):
            cause()

    with ThreadPoolExecutor(len(causes)) as pool:
        running = [pool.submit(work, cause) for cause in causes]
        together.wait()
        started = time.perf_counter()
        for one in running:
            one.result()
        return (time.perf_counter() - started) * 1000 / (each * len(causes))


def _effect(client_id: str = "acme") -> Effect:
    return Effect(
        client_id=client_id,
        action_type=ActionType.PUBLISH,
        actor_type=ActorType.AGENT,
        actor_id="bench",
        payload={"text": "A post"},
        summary="A post",
        platform="instagram",
        surface="reels",
        lane="publishing",
        policy=_POLICY,
        ids={"calendar_item_id": f"cal-{uuid4()}"},
    )


def _guarded(engine: Engine) -> None:
    with guard(engine, _effect()) as permit:
        permit.succeeded(post_url="https://x.test/1")


@contextmanager
def _bare(database_url: str) -> Iterator[Cause]:
    with psycopg.connect(database_url.replace("+psycopg", "")) as db:

        def cause() -> None:
            command, hashed, policy = uuid4(), payload_hash({"text": "A post"}), payload_hash(_POLICY)
            item_id = f"cal-{uuid4()}"
            ids = Jsonb({"calendar_item_id": item_id})
            with db.transaction(), db.cursor() as cursor:
                cursor.execute(_PERMIT, (command, PERMIT_TTL, f'["acme","publish","{item_id}","instagram","reels"]'))
                cursor.execute(_POLICY_ROW, (policy, Jsonb(_POLICY)))
                cursor.execute(_INTENT, (uuid4(), command, "intent", hashed, policy, None, Jsonb({}), ids))
            with db.transaction(), db.cursor() as cursor:
                proof = Jsonb({"post_url": "https://x.test/1"})
                cursor.execute(_POLICY_ROW, (policy, Jsonb(_POLICY)))
                cursor.execute(_INTENT, (uuid4(), command, "outcome", hashed, policy, "success", proof, ids))
                cursor.execute(_SETTLED, (command,))

        yield cause


def _stop(engine: Engine, number: int) -> tuple[float, float]:
    """Milliseconds from the click until it is recorded, and until nothing is on the way, while all publish."""
    client_id, person = f"client-{number}", Person("U0BENCH", "Bench", Role.OPERATOR)

    def publish(seed: int) -> None:
        chance = Random(seed)
        while True:
            try:
                with guard(engine, _effect(client_id)) as permit:
                    time.sleep(chance.uniform(0, _LONGEST))
                    permit.succeeded()
            except Stopped:
                return

    with ThreadPoolExecutor(CALLERS) as pool:
        running = [pool.submit(publish, number * CALLERS + n) for n in range(CALLERS)]
        time.sleep(0.3)
        clicked = time.perf_counter()
        value = ordered(Scope(client_id), "benchmark")
        perform(engine, STOP, Click(f"bench:{uuid4()}", person, STOP.action_id, value))
        recorded = time.perf_counter()
        while _flying(engine, client_id):
            time.sleep(0.002)
        settled = time.perf_counter()
        for one in running:
            one.result(timeout=30)
    return (recorded - clicked) * 1000, (settled - clicked) * 1000


def _flying(engine: Engine, client_id: str) -> int:
    with engine.begin() as db:
        return len(switches.in_flight(db, Scope(client_id)))
