"""What the steps of the work share: the tools at hand, how a step can end, and how it asks for the next one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import httpx
from sqlalchemy import Connection, Engine

from clients.model import CalendarItem
from sandbox.agency import queue, service, world
from telemetry import catalog, traces
from telemetry.metrics import Metrics

LANES: Mapping[str, str] = {
    "plan": "planning",
    "asset": "creation",
    "calendar": "planning",
    "publish": "publishing",
    "verify": "publishing",
    "engage": "engagement",
    "resolve": "engagement",
}


@dataclass(frozen=True)
class Shop:
    """What a runner works with."""

    engine: Engine
    metrics: Metrics
    gateway: httpx.Client
    web: httpx.Client
    outside: httpx.Client
    rng: Random


@dataclass(frozen=True)
class Done:
    """The job is finished."""


@dataclass(frozen=True)
class Failed:
    """The job failed for good."""

    reason: str


@dataclass(frozen=True)
class Later:
    """The job waits. A `free` wait is none of its attempts: nothing went wrong, it is not its time yet."""

    after: timedelta
    note: str
    free: bool = True


Outcome = Done | Failed | Later


class GatewayError(Exception):
    """A tool call failed; `reason` is one of few words. After a `timeout` nobody knows whether it had an effect."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


def call_tool(shop: Shop, tool_id: str, client_id: str, platform: str, **arguments: Any) -> dict[str, Any]:
    """Asks the gateway to call a tool; its result, or GatewayError."""
    body = {"platform": platform, "client_id": client_id, "arguments": arguments}
    try:
        answer = shop.gateway.post(f"/tools/{tool_id}", json=body, headers=service.outgoing())
    except httpx.TimeoutException as problem:
        raise GatewayError("timeout", permanent=False) from problem
    except httpx.HTTPError as problem:
        raise GatewayError("platform_5xx", permanent=False) from problem
    told: dict[str, Any] = answer.json()
    if answer.status_code == 502:
        raise GatewayError(told["error"], permanent=told["permanent"])
    answer.raise_for_status()
    return told


def ask(
    db: Connection,
    metrics: Metrics,
    kind: str,
    key: str,
    args: Mapping[str, Any],
    *,
    blueprint: str,
    pool: str = "api",
    after: timedelta = timedelta(0),
    urgent: bool = False,
) -> bool:
    """Puts a job in the queue with the present trace context; False when the same work is there already."""
    lane = LANES[kind]
    carrier: dict[str, str] = {}
    traces.inject(carrier)
    priority = queue.URGENT if urgent else queue.ROUTINE
    job_id = queue.enqueue(
        db,
        kind,
        key,
        lane=lane,
        blueprint=blueprint,
        carrier=carrier,
        args=args,
        pool=pool,
        priority=priority,
        after=after,
    )
    if job_id is not None:
        metrics.add(catalog.JOBS_ENQUEUED_TOTAL, lane=lane, blueprint=blueprint)
    return job_id is not None


def ask_to_publish(
    db: Connection, metrics: Metrics, item: CalendarItem, *, after: timedelta = timedelta(0), approved: bool = False
) -> None:
    """Puts the item's publish in the queue, or moves the one that waits there to this time."""
    args = {"calendar_item_id": item.calendar_item_id} | ({"approved": True} if approved else {})
    blueprint = item.blueprint_id or world.QUICK
    key = item.calendar_item_id
    if not ask(db, metrics, "publish", key, args, blueprint=blueprint, pool=item.mode, after=after, urgent=approved):
        queue.move(db, "publish", key, args, after=after, priority=queue.URGENT if approved else queue.ROUTINE)
