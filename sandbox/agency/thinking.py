"""Calls to models: each is made, paid for and counted, and made again when it breaks."""

import time

import httpx

from clients import store as reports
from clients.model import CalendarItem
from sandbox.agency import labels, service
from sandbox.agency.blueprints import BLUEPRINTS, PRICES, QUICK, Task, size, usage
from sandbox.agency.work import Shop
from storage import clock
from telemetry import catalog, ids, logs

_TRIES = 3
_GAP = 0.2

_log = logs.get(__name__)


class ModelError(Exception):
    """A model did not answer, however often it was asked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = f"model_{reason}"


def think(shop: Shop, agent: str, item: CalendarItem, lane: str) -> dict[str, float]:
    """Makes the calls of one step of the item's blueprint; the ms that each kind of model took. Or ModelError."""
    took: dict[str, float] = {}
    for task in BLUEPRINTS[item.blueprint_id or QUICK].tasks.get(lane, ()):
        started = time.perf_counter()
        _ask(shop, agent, item, task)
        took[task.model.kind] = took.get(task.model.kind, 0.0) + (time.perf_counter() - started) * 1000
    return took


def _ask(shop: Shop, agent: str, item: CalendarItem, task: Task) -> None:
    tokens_in, tokens_out = size(task, shop.rng)
    wanted = {"model": task.model.name, "tokens_in": tokens_in, "tokens_out": tokens_out}
    before: str | None = None
    for attempt in range(1, _TRIES + 1):
        shop.metrics.add(catalog.EPISODE_STEPS_TOTAL, agent=agent)
        told, problem = _answer(shop, task.model.provider, wanted)
        before = _pay(shop, item, task, told, ok=problem is None, retry_of=before)
        if problem is None:
            return
        own = {"provider": task.model.provider, "kind": task.model.kind}
        shop.metrics.add(catalog.PROVIDER_ERRORS_TOTAL, 1, **own, reason=problem)
        if attempt == _TRIES:
            raise ModelError(problem)
        shop.metrics.add(catalog.EPISODE_RETRIES_TOTAL, agent=agent, reason=f"model_{problem}")
        _log.warning("model.retry", status="retry", error_code=problem, attempt=attempt, **own)
        time.sleep(_GAP * 2**attempt)


def _answer(shop: Shop, provider: str, wanted: dict[str, object]) -> tuple[dict[str, int], str | None]:
    """Tokens used, and the reason when it was in vain."""
    try:
        answer = shop.models.post(f"/models/{provider}", json=wanted, headers=service.outgoing())
    except httpx.TimeoutException:
        return {"tokens_in": 0, "tokens_out": 0}, "timeout"
    except httpx.HTTPError:
        return {"tokens_in": 0, "tokens_out": 0}, "5xx"
    told: dict[str, int] = answer.json()
    return told, "5xx" if answer.status_code >= 500 else None


def _pay(shop: Shop, item: CalendarItem, task: Task, told: dict[str, int], *, ok: bool, retry_of: str | None) -> str:
    own = ids.current()
    with shop.engine.begin() as db:
        now = clock.now(db)
        bill = usage(
            item,
            task,
            now,
            shop.rng,
            told["tokens_in"],
            told["tokens_out"],
            ok=ok,
            episode_id=own.episode_id,
            job_id=own.job_id,
            retry_of=retry_of,
        )
        reports.report_usage(db, [bill])
    if bill.kind == "llm":
        PRICES.count(
            shop.metrics,
            provider=bill.provider,
            model=bill.model,
            task_class=bill.task_class,
            tokens_in=bill.tokens_in,
            tokens_out=bill.tokens_out,
            when=now,
            client_id=bill.client_id,
        )
    else:
        shop.metrics.add(labels.GENERATED[bill.kind], provider=bill.provider, model=bill.model)
    return bill.usage_id
