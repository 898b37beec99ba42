"""What the steps of the work share: the tools at hand, how a step can end, and how it asks for the next one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import httpx
from opentelemetry import trace
from sqlalchemy import Connection, Engine

from clients.model import CalendarItem
from sandbox.agency import queue, service
from sandbox.agency.queue import NewJob
from telemetry import catalog, ids, traces
from telemetry.metrics import Metrics

_LANES: Mapping[str, str] = {
    "plan": "planning",
    "asset": "creation",
    "calendar": "planning",
    "publish": "publishing",
    "verify": "publishing",
    "engage": "engagement",
    "resolve": "engagement",
    "answer": "engagement",
}

AGENTS: Mapping[str, str] = {
    "plan": "planner",
    "asset": "creator",
    "calendar": "planner",
    "publish": "publisher",
    "verify": "verifier",
    "engage": "responder",
    "resolve": "responder",
    "answer": "responder",
}
"""Who does a job of this kind."""


@dataclass(frozen=True)
class Shop:
    """What a runner works with: `outside` sees what anybody sees, `models` are the providers."""

    engine: Engine
    metrics: Metrics
    gateway: httpx.Client
    web: httpx.Client
    outside: httpx.Client
    models: httpx.Client
    storage: httpx.Client
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

    def __init__(self, reason: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


def call_tool(shop: Shop, agent: str, tool_id: str, client_id: str, platform: str, **arguments: Any) -> dict[str, Any]:
    """A step of the agent: asks the gateway to call a tool; its result, or GatewayError."""
    shop.metrics.add(catalog.EPISODE_STEPS_TOTAL, agent=agent)
    body = {"platform": platform, "client_id": client_id, "arguments": arguments}
    try:
        answer = shop.gateway.post(f"/tools/{tool_id}", json=body, headers=service.outgoing())
    except httpx.ConnectError as problem:
        raise GatewayError("tool_away", permanent=False) from problem
    except httpx.HTTPError as problem:
        raise GatewayError("timeout", permanent=False) from problem
    told: dict[str, Any] = answer.json()
    if answer.status_code == 502:
        raise GatewayError(told["error"], permanent=told["permanent"], retry_after=told["retry_after"])
    answer.raise_for_status()
    return told


def traced_ids() -> dict[str, str]:
    """The ids of this moment for the record, with the trace they are found in."""
    here = trace.get_current_span().get_span_context()
    return ids.current().present() | {"trace_id": trace.format_trace_id(here.trace_id)}


def escalated(shop: Shop, agent: str, reason: str) -> None:
    """Counts that the agent called a person in, and marks the trace as one to keep."""
    shop.metrics.add(catalog.EPISODE_ESCALATIONS_TOTAL, agent=agent, reason=reason)
    traces.escalate(reason)


def new_job(kind: str, key: str, args: Mapping[str, Any], *, blueprint: str, **more: Any) -> NewJob:
    """A job in its lane, with the trace context and the ids of this moment; `more` are NewJob's other fields."""
    return NewJob(kind, key, _LANES[kind], blueprint, args, traces.inject({}), **more)


def ask(db: Connection, metrics: Metrics, wanted: NewJob) -> bool:
    """Puts the job in the queue and counts it; False when the same work is there already."""
    new = queue.enqueue(db, wanted)
    if new:
        metrics.add(catalog.JOBS_ENQUEUED_TOTAL, lane=wanted.lane, blueprint=wanted.blueprint)
    return new


def ask_to_publish(
    db: Connection, metrics: Metrics, item: CalendarItem, *, after: timedelta = timedelta(0), approved: bool = False
) -> None:
    """Puts the item's publish in the queue, or moves the one that waits there to this time."""
    wanted = new_job(
        "publish",
        item.calendar_item_id,
        {"calendar_item_id": item.calendar_item_id} | ({"approved": True} if approved else {}),
        blueprint=str(item.blueprint_id),
        pool=item.mode,
        after=after,
        urgent=approved,
    )
    if not ask(db, metrics, wanted):
        queue.move(db, wanted)
