"""What the record costs at any size: a batch appended beside COPY, a client's last audits, the whole of it verified.

Part of `python -m bench audits`. Each size has a database of its own, so that the sizes can take turns.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Engine, make_url

from audits import ActionType, ActorType, AuditEvent, Phase, Result, payload_hash, sealing, store
from audits.checking import at_one_moment, check
from audits.signing import Signer, new_key
from audits.verify import State
from bench.measure import Row, compared, turns
from storage.engine import connect
from storage.migrations import upgrade

SIZES = (10_000, 100_000, 1_000_000)
BATCH = 500  # what one request to /v1/audits may carry
TURNS, READS = 10, 20  # of each side in a round; reads in one turn
SECONDS = 60.0  # that a million rows may take to be verified
BUSY, RARE = "busy", "rare"  # who has every tenth row, and who has 20 of a year ago
_SEALED_AT_ONCE = 10_000
_NOTHING = payload_hash({})

Work = Callable[[], object]

_FIELDS = [name for name in store.EVENT_FIELDS if name != "created_at"]
_LAST = f"""
SELECT {", ".join(store.EVENT_FIELDS)} FROM audit_event WHERE client_id = %s ORDER BY created_at DESC, seq DESC LIMIT 20
"""  # noqa: S608 - our columns


def rows(database_url: str, rounds: int) -> list[Row]:
    """The record's part of the table; the largest record is verified."""
    with ExitStack() as at_end:
        engines: dict[int, Engine] = {}
        for size in SIZES:
            url = _database(database_url, f"record_{size}")
            engines[size] = connect(url, name="bench")
            at_end.callback(engines[size].dispose)
            _fill(url, size)
        return [*_reads(engines, rounds), _verified(engines[SIZES[-1]]), _batches(engines[SIZES[0]], rounds)]


def _database(server: str, name: str) -> str:
    with psycopg.connect(_bare(server), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    upgrade(url)
    return url


def _bare(url: str) -> str:
    return url.replace("+psycopg", "")


def _fill(url: str, size: int) -> None:
    """Puts so many rows into the record, evenly over a year, in partitions as the months of that year had them."""
    until = datetime.now(UTC)
    always = {name: value for name, value in vars(_event()).items() if isinstance(value, str) and name != "client_id"}
    names = ", ".join((*always, "audit_id", "command_id", "ids", "proof", "client_id", "created_at"))
    same = "\t".join(always.values())
    with psycopg.connect(_bare(url)) as db:
        month = "(date_trunc('month', now()) - make_interval(months => ago))::date"
        db.execute(f"SELECT audit_make_partition({month}) FROM generate_series(0, 12) AS ago")  # noqa: S608 - ours
        db.execute("INSERT INTO policy_snapshot (policy_snapshot_id, body) VALUES (%s, '{}')", [_NOTHING])
        with db.cursor().copy(f"COPY audit_event ({names}) FROM STDIN") as copy:
            for number in range(size):
                client = RARE if number < 20 else BUSY if number % 10 == 0 else f"client-{number % 300}"
                at = until - timedelta(days=365) * (1 - number / size)
                own = os.urandom(16).hex()
                proof = f'{{"post_url": "https://x.test/{number}"}}'
                copy.write(f'{same}\t{own}\t{own}\t{{"job_id": "{number}"}}\t{proof}\t{client}\t{at}\n')


def _event() -> AuditEvent:
    command = uuid4()
    return AuditEvent(
        audit_id=uuid4(),
        command_id=command,
        phase=Phase.OUTCOME,
        client_id=BUSY,
        actor_type=ActorType.AGENT,
        actor_id="studio:publisher-1",
        action_type=ActionType.PUBLISH,
        platform="instagram",
        surface="reels",
        lane="publishing",
        payload_hash=_NOTHING,
        payload_summary="reel: Spring is here",
        policy_snapshot_id=_NOTHING,
        result=Result.SUCCESS,
        proof={"post_url": f"https://x.test/{command}", "at": "2026-03-10T12:00:00+00:00"},
        ids={"source": "studio", "reported_as": str(command)},
    )


# The last audits of a client


def _reads(engines: dict[int, Engine], rounds: int) -> Iterator[Row]:
    smallest, largest = min(engines), max(engines)
    with ExitStack() as at_end:
        sides: dict[tuple[str, int, str], Work] = {}
        for size, engine in engines.items():
            bare = at_end.enter_context(psycopg.connect(_bare(engine.url.render_as_string(hide_password=False))))
            for client in (BUSY, RARE):
                sides["ours", size, client] = _ours(engine, client)
                sides["bare", size, client] = _theirs(bare, client)
        took: dict[tuple[str, int, str], list[float]] = {side: [] for side in sides}
        for side in turns(tuple(sides), rounds * TURNS + 1):
            took[side].append(_milliseconds(sides[side]) / READS)
    for (who, size, client), figures in took.items():
        if who == "ours":
            case, floor = f"last 20 audits, {client} client, {size:,} rows", took["bare", size, client]
            # The first turn of each side fills caches.
            yield compared(case, "ms", figures[1:], "the query by bare psycopg", floor[1:], "<= 1.5")
    for client in (BUSY, RARE):
        many, few = took["ours", largest, client][1:], took["ours", smallest, client][1:]
        case = f"last 20 audits, {client} client, {largest:,} rows"
        yield compared(case, "ms", many, f"{smallest:,} rows", few, "<= 1.5")


def _ours(engine: Engine, client: str) -> Work:
    def read() -> None:
        with engine.begin() as db:
            for _ in range(READS):
                store.last(db, client)

    return read


def _theirs(bare: psycopg.Connection[Any], client: str) -> Work:
    def read() -> None:
        with bare.transaction():
            for _ in range(READS):
                bare.execute(_LAST, [client]).fetchall()

    return read


def _milliseconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


# The whole record


def _verified(engine: Engine) -> Row:
    """Seals the record as the bot does, then verifies it as `checkin audits verify` does."""
    signer = Signer.parse(new_key())
    sealed = True
    while sealed:
        with engine.begin() as db:
            sealed = sealing.seal(db, signer, datetime.now(UTC), _SEALED_AT_ONCE) > 0
    started = time.perf_counter()
    with at_one_moment(engine) as db:
        verdict = check(db, {signer.public.key_id: signer.public}, datetime.now(UTC))
    took = time.perf_counter() - started
    if verdict.state is not State.WHOLE:
        raise RuntimeError(f"a false alarm: {verdict}")
    limit = SECONDS * verdict.size / 1_000_000
    return Row(f"verify {verdict.size:,} rows", took, "s", f"{limit:g} s", took / limit, "<= 1")


# A batch


def _batches(engine: Engine, rounds: int) -> Row:
    """What one request to /v1/audits appends."""
    with psycopg.connect(_bare(engine.url.render_as_string(hide_password=False))) as bare:
        sides: dict[str, Callable[[Sequence[AuditEvent]], None]] = {
            "ours": lambda events: _appended(engine, events),
            "bare": lambda events: _copied(bare, events),
        }
        rates: dict[str, list[float]] = {side: [] for side in sides}
        for side in turns(tuple(sides), rounds * TURNS + 1):
            events = [_event() for _ in range(BATCH)]
            started = time.perf_counter()
            sides[side](events)
            rates[side].append(BATCH / (time.perf_counter() - started))
    return compared(f"a batch of {BATCH}", "rows/s", rates["ours"][1:], "bare COPY", rates["bare"][1:], ">= 0.5")


def _appended(engine: Engine, events: Sequence[AuditEvent]) -> None:
    with engine.begin() as db:
        store.record_reported(db, events)


def _copied(bare: psycopg.Connection[Any], events: Sequence[AuditEvent]) -> None:
    with bare.transaction(), bare.cursor().copy(f"COPY audit_event ({', '.join(_FIELDS)}) FROM STDIN") as copy:
        for event in events:
            row = [getattr(event, name) for name in _FIELDS]
            copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in row])
