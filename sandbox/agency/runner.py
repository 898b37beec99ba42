"""The runner: takes jobs from the queue and does them, each kind in its own file; retries what broke, then gives up.

A clock beside it keeps the agency busy: it asks for posts and drafts at the pace of the settings.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from random import Random

import httpx
from sqlalchemy.exc import OperationalError

from clients import work_items
from clients.model import ItemKind, ItemState
from sandbox.agency import (
    connections,
    content,
    engagement,
    labels,
    missed,
    publishing,
    queue,
    seed,
    service,
    verification,
)
from sandbox.agency.queue import Job
from sandbox.agency.settings import Settings
from sandbox.agency.thinking import ModelError
from sandbox.agency.work import AGENTS, Done, Failed, GatewayError, Later, Outcome, Shop, call_tool, escalated
from storage import clock
from telemetry import catalog, ids, logs, spans, traces

NAME = "runner"
_POLL = 0.2
_TRIES = 3
# Longer than the gateway waits for the browser runner.
_TOOL_SECONDS = 25.0
_TOKEN_EVERY = 30.0
_SWEEP_EVERY = 10.0
# More drafts than this are not asked for: a check-in must be finishable.
_DRAFTS_WAITING = 12

HANDLERS: Mapping[str, Callable[[Shop, Job], Outcome]] = {
    "plan": content.plan,
    "asset": content.asset,
    "calendar": content.calendar,
    "publish": publishing.publish,
    "verify": verification.verify,
    "engage": engagement.engage,
    "resolve": engagement.resolve,
    "answer": engagement.answer,
}

_log = logs.get(__name__)


def run(settings: Settings) -> None:
    metrics = service.set_up(NAME, settings)
    shop = Shop(
        engine=service.open_database(NAME, settings),
        metrics=metrics,
        gateway=service.client(settings.gateway_url, seconds=_TOOL_SECONDS),
        web=service.client(settings.web_url),
        outside=httpx.Client(timeout=5, trust_env=False),
        models=service.client(settings.platforms_url, seconds=10),
        storage=service.client(settings.storage_url),
        rng=Random(),
    )
    stop = threading.Event()
    threads = [
        threading.Thread(target=_take_jobs, args=(shop, stop), name="jobs"),
        threading.Thread(target=_keep_busy, args=(shop, settings, stop), name="clock"),
    ]
    for thread in threads:
        thread.start()
    try:
        service.serve(service.application(metrics, measured=False), NAME, settings.port)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _take_jobs(shop: Shop, stop: threading.Event) -> None:
    """Gives jobs to the pools as long as they have hands free; waits for what runs before it ends."""
    pools = {name: ThreadPoolExecutor(size, thread_name_prefix=name) for name, size in labels.POOLS.items()}
    running: dict[str, set[Future[None]]] = {name: set() for name in pools}
    for name, size in labels.POOLS.items():
        shop.metrics.set(catalog.RUNNER_CAPACITY_TOTAL, size, runner_pool=name)
    while not stop.wait(_POLL):
        try:
            for name, pool in pools.items():
                running[name] = {future for future in running[name] if not future.done()}
                for job in _claimed(shop, name, labels.POOLS[name] - len(running[name])):
                    running[name].add(pool.submit(do, shop, job))
                shop.metrics.set(catalog.RUNNER_CAPACITY_IN_USE, len(running[name]), runner_pool=name)
            _measure_queues(shop)
        except OperationalError:
            _log.exception("database.away")
            stop.wait(1)
    for pool in pools.values():
        pool.shutdown(wait=True, cancel_futures=True)


def _claimed(shop: Shop, pool: str, free: int) -> Iterator[Job]:
    for _ in range(free):
        with shop.engine.begin() as db:
            job = queue.claim(db, pool)
        if job is None:
            return
        shop.metrics.record(catalog.JOB_START_DELAY_MS, job.start_delay_ms, queue=job.lane)
        yield job


def _measure_queues(shop: Shop) -> None:
    with shop.engine.begin() as db:
        depths = queue.depths(db)
    for lane in labels.LANES:
        shop.metrics.set(catalog.QUEUE_DEPTH, depths.get(lane, 0), queue=lane)
        shop.metrics.set(catalog.QUEUE_DEPTH_LIMIT, labels.QUEUE_LIMIT, queue=lane)


def do(shop: Shop, job: Job) -> None:
    """Does one claimed job and settles it: done, to be tried again, or failed for good."""
    started = time.perf_counter()
    bound = ids.bound(
        job_id=str(job.job_id),
        lane=job.lane,
        blueprint_id=job.blueprint,
        episode_id=f"episode-{job.job_id}",
        runner_id=threading.current_thread().name,
    )
    with (
        traces.extract(job.carrier),
        bound,
        spans.job_dequeue(job.lane, attempt=job.attempt, start_delay_ms=job.start_delay_ms),
    ):
        try:
            with spans.agent_episode(AGENTS[job.kind], attempt=job.attempt):
                outcome = HANDLERS[job.kind](shop, job)
        except ModelError as problem:
            outcome = _again(job, problem.reason)
        except Exception:  # whatever it was, the job is tried again
            _log.exception("job.broke")
            outcome = _again(job, "error")
        _settle(shop, job, outcome)
        _log.info(
            f"job.{job.kind}",
            outcome=type(outcome).__name__.lower(),
            **_told(outcome),
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
        )


def _told(outcome: Outcome) -> dict[str, str]:
    match outcome:
        case Failed(reason):
            return {"status": "error", "error_code": reason, "error_message": f"given up: {reason}"}
        case Later(note=note, free=False):
            return {"status": "retry", "error_code": note, "error_message": f"to be tried again: {note}"}
        case Later(note=note):
            return {"status": "ok", "note": note}
        case Done():
            return {"status": "ok"}


def _again(job: Job, reason: str) -> Outcome:
    return Failed(reason) if job.attempt >= _TRIES else Later(timedelta(seconds=2**job.attempt), reason, free=False)


def _settle(shop: Shop, job: Job, outcome: Outcome) -> None:
    own = {"lane": job.lane, "blueprint": job.blueprint}
    with shop.engine.begin() as db:
        match outcome:
            case Later(after, note, free):
                queue.put_back(db, job, after, note, free=free)
                return
            case Done():
                queue.finish(db, job)
            case Failed(reason):
                queue.fail(db, job, reason)
        took = clock.now(db) - job.enqueued_at
    shop.metrics.record(catalog.JOB_END_TO_END_DURATION_MS, took / timedelta(milliseconds=1), **own)
    if isinstance(outcome, Failed):
        shop.metrics.add(catalog.JOB_FAILURES_TOTAL, 1, **own, reason=outcome.reason)
    else:
        shop.metrics.add(catalog.JOBS_COMPLETED_TOTAL, 1, **own)


def _keep_busy(shop: Shop, settings: Settings, stop: threading.Event) -> None:
    """Posts, drafts, token refreshes and sweeps, each at its own pace; a pace of 0 is never."""
    paces: list[tuple[float, Callable[[Shop], None]]] = [
        (settings.pace, _want_post),
        (settings.draft_every, _want_draft),
        (_TOKEN_EVERY, _refresh_a_token),
        (_SWEEP_EVERY, missed.sweeper()),
    ]
    due = [time.monotonic() + pace for pace, _ in paces]
    while not stop.wait(_POLL):
        for place, (pace, act) in enumerate(paces):
            if pace and time.monotonic() >= due[place]:
                due[place] += pace
                try:
                    act(shop)
                except (httpx.HTTPError, GatewayError, OperationalError):
                    _log.exception("clock.broke")


def _want_post(shop: Shop) -> None:
    client_id, platform = shop.rng.choice(seed.PAIRS)
    wish = {"client_id": client_id, "platform": platform}
    shop.web.post("/plans", json=wish).raise_for_status()


def _want_draft(shop: Shop) -> None:
    with shop.engine.begin() as db:
        approvals = work_items.items_of(db, [ItemKind.APPROVAL], closed_since=clock.now(db))
    if sum(item.state is ItemState.OPEN for item in approvals) < _DRAFTS_WAITING:
        client_id, platform = shop.rng.choice(seed.PAIRS)
        wish = {"client_id": client_id, "platform": platform, "draft": True}
        shop.web.post("/plans", json=wish).raise_for_status()


def _refresh_a_token(shop: Shop) -> None:
    client_id, platform = shop.rng.choice(seed.PAIRS)
    refresh_token(shop, client_id, platform)


def refresh_token(shop: Shop, client_id: str, platform: str) -> None:
    """Has a fresh token fetched, and reports the connection as it turned out to be."""
    ok, reason = True, ""
    try:
        call_tool(shop, "keeper", "refresh_token", client_id, platform)
    except GatewayError as problem:
        ok, reason = False, problem.reason
    shop.metrics.add(catalog.TOKEN_REFRESH_TOTAL, platform=platform, outcome="ok" if ok else "fail")
    with shop.engine.begin() as db:
        if ok:
            connections.refreshed(db, client_id, platform)
        elif reason in connections.LOST and connections.lost(db, client_id, platform, reason):
            escalated(shop, "keeper", reason)
