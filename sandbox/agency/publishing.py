"""Publishing: the post goes out under the guard, three tries and then for good. Job publish.

What a person decided is told back to the item it was decided on. Looking for the post is left to `verification`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

import audits
from audits.approvals import Objection, Why
from audits.store import outcomes_of
from audits.switches import switches_on
from clients import store as reports
from clients import work_items
from clients.model import CalendarItem, CalendarStatus, FunnelStep, ItemKind, ItemState, Stage, WorkItem
from sandbox.agency import connections, world
from sandbox.agency.blueprints import QUICK
from sandbox.agency.queue import Job
from sandbox.agency.work import (
    Done,
    Failed,
    GatewayError,
    Later,
    Outcome,
    Shop,
    ask,
    call_tool,
    escalated,
    new_job,
    traced_ids,
)
from storage import clock
from telemetry import catalog, logs, traces

_TRIES, _TRY_GAP = 3, 1.0
# No new try after this long: a permit and a lease last 60 s, and the last try may take 20.
_TRYING = 30.0
_STOP_PAUSE = timedelta(seconds=3)
_ANOTHERS_PAUSE = timedelta(seconds=5)

_UNPUBLISHED = (CalendarStatus.SCHEDULED, CalendarStatus.PUBLISHING)
_WITH_APPROVAL = (*_UNPUBLISHED, CalendarStatus.AWAITING_APPROVAL, CalendarStatus.FAILED)

_log = logs.get(__name__)


@dataclass(frozen=True)
class _Posted:
    """If a browser published, `hands` says which, and `screenshot_ref` is what it saw: not all have eyes."""

    post_id: str
    post_url: str
    screenshot_ref: str | None = None
    hands: str | None = None

    @property
    def proof(self) -> dict[str, str]:
        told = {"post_url": self.post_url, "screenshot_ref": self.screenshot_ref, "hands": self.hands}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True)
class _Refused:
    reason: str


def publish(shop: Shop, job: Job) -> Outcome:
    """Publishes one calendar item. Args: calendar_item_id; approved, when a person said so."""
    approved = bool(job.args.get("approved"))
    with shop.engine.begin() as db:
        item = reports.calendar_of(db, job.args["calendar_item_id"])
        if item is None or item.status not in (_WITH_APPROVAL if approved else _UNPUBLISHED):
            return Done()
        wait = item.scheduled_at - clock.now(db)
        if wait > timedelta(0):
            report(db, replace(item, status=CalendarStatus.SCHEDULED), "queued", scheduled_at=item.scheduled_at)
            return Later(wait, "scheduled")
        if job.note == "stopped" and is_stopped(db, item):
            return Later(_STOP_PAUSE, "stopped")
    with world.ids_of(item):
        try:
            with audits.guard(shop.engine, world.publish_effect(item, traced_ids())) as permit:
                with shop.engine.begin() as db:
                    report(db, replace(item, status=CalendarStatus.PUBLISHING), "publishing")
                answer = _send(shop, item)
                match answer:
                    case _Posted(proof=proof):
                        permit.succeeded(**proof)
                    case _Refused(reason="timeout"):
                        pass  # nobody knows whether it is out
                    case _Refused(reason=reason):
                        permit.failed(error=reason)
        except audits.Stopped as stopped:
            return _held_back(shop, item, stopped)
        except audits.Twice as twice:
            return _met_another(shop, item, twice.objection, soon=approved)
        if isinstance(answer, _Refused):
            return _gave_up(shop, item, answer.reason)
        return _went_out(shop, item, answer, soon=approved)


def is_stopped(db: Connection, item: CalendarItem | WorkItem, lane: str = "publishing") -> bool:
    """Read only, so that what waits does not write a refusal every few seconds; the guard decides for good."""
    covering = audits.Scope(item.client_id, item.platform, lane).covering()
    return any(switch.scope.key in covering for switch in switches_on(db))


def _send(shop: Shop, item: CalendarItem) -> _Posted | _Refused:
    """Three tries; the key makes the platform show one post however many of them arrive."""
    deadline = time.monotonic() + _TRYING
    for attempt in range(1, _TRIES + 1):
        try:
            answer = call_tool(
                shop,
                "publisher",
                "publish",
                item.client_id,
                item.platform,
                surface=item.surface,
                text=item.payload["text"],
                image_url=item.payload["asset_url"],
                key=world.post_key(item),
            )
        except GatewayError as problem:
            last = problem
            wait = problem.retry_after or _TRY_GAP
            if problem.permanent or attempt == _TRIES or time.monotonic() + wait > deadline:
                break
            shop.metrics.add(catalog.EPISODE_RETRIES_TOTAL, agent="publisher", reason=problem.reason)
            _log.warning("publish.retry", status="retry", error_code=problem.reason, attempt=attempt)
            time.sleep(wait)
        else:
            seen = answer.get("screenshot_ref"), answer.get("hands")
            return _Posted(answer["post_id"], answer["post_url"], *seen)
    traces.fail(last.reason)
    return _Refused(last.reason)


def _went_out(shop: Shop, item: CalendarItem, posted: _Posted, *, soon: bool) -> Outcome:
    with shop.engine.begin() as db:
        now = clock.now(db)
        out = replace(
            item, status=CalendarStatus.PUBLISHED, published_at=now, post_url=posted.post_url, error_reason=None
        )
        report(db, out, "published", post_url=posted.post_url)
        _step(db, item, now, ok=True)
        close_failure(db, item)
        connections.regained(db, item.client_id, item.platform)
        _ask_for_more(shop, db, out, posted, soon=soon)
    shop.metrics.add(catalog.POSTS_PUBLISHED_TOTAL, platform=item.platform, surface=item.surface)
    _count(shop, item, "ok")
    _log.info("publish.done", status="ok", post_url=posted.post_url)
    return Done()


def _ask_for_more(shop: Shop, db: Connection, item: CalendarItem, posted: _Posted, *, soon: bool) -> None:
    """Somebody looks for the post; and the calendar stays full: the same place tomorrow, but not for what was quick."""
    blueprint = str(item.blueprint_id)
    look_after = timedelta(seconds=0.6 if soon else shop.rng.uniform(2, 6))
    args = {"calendar_item_id": item.calendar_item_id, "post_id": posted.post_id}
    look = new_job("verify", item.calendar_item_id, args, blueprint=blueprint, after=look_after, urgent=soon)
    ask(db, shop.metrics, look)
    if blueprint != QUICK:
        tomorrow = {
            "client_id": item.client_id,
            "platform": item.platform,
            "scheduled_at": (item.scheduled_at + timedelta(days=1)).isoformat(),
        }
        ask(db, shop.metrics, new_job("plan", f"after-{item.calendar_item_id}", tomorrow, blueprint=blueprint))


def _gave_up(shop: Shop, item: CalendarItem, reason: str) -> Outcome:
    kind = ItemKind.UNKNOWN_OUTCOME if reason == "timeout" else ItemKind.PUBLISH_FAILURE
    with shop.engine.begin() as db:
        now = clock.now(db)
        failed = replace(item, status=CalendarStatus.FAILED, error_reason=reason)
        report(db, failed, "failed", error_reason=reason)
        _step(db, item, now, ok=False)
        work_items.open_items(db, [world.failure(failed, kind, now, reason)])
        if reason in connections.LOST and connections.lost(db, item.client_id, item.platform, reason):
            escalated(shop, "publisher", reason)
    shop.metrics.add(catalog.PUBLISH_FAILURES_TOTAL, platform=item.platform, reason=reason)
    _count(shop, item, "fail")
    _log.error("publish.failed", status="error", error_code=reason)
    return Failed(reason)


def _held_back(shop: Shop, item: CalendarItem, stopped: audits.Stopped) -> Outcome:
    with shop.engine.begin() as db:
        report(db, replace(item, status=CalendarStatus.SCHEDULED), "stopped")
    _count(shop, item, "blocked")
    _log.warning("publish.stopped", status="blocked", switches=stopped.switches)
    return Later(_STOP_PAUSE, "stopped")


def _met_another(shop: Shop, item: CalendarItem, met: Objection, *, soon: bool) -> Outcome:
    """A runner before us died over it, or could not say how it went: what it told the record counts."""
    if met.why is Why.ON_ITS_WAY or met.command_id is None:
        return Later(_ANOTHERS_PAUSE, "on its way")
    with shop.engine.begin() as db:
        told = outcomes_of(db, met.command_id)
    if told and (url := told[-1].proof.get("post_url")):
        return _went_out(shop, item, _Posted(url.rpartition("/")[2], url), soon=soon)
    return _gave_up(shop, item, "timeout")


def report(db: Connection, item: CalendarItem, status: str, **more: object) -> None:
    """Tells the calendar, and whatever was decided on this item, how it stands."""
    reports.report_calendar(db, [item])
    result: Mapping[str, Any] = {"status": status, "at": clock.now(db).isoformat()} | {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in more.items()
    }
    for item_id in (world.approval_id, world.failure_id, world.policy_id):
        work_items.report_result(db, item_id(item.calendar_item_id), result)


def _step(db: Connection, item: CalendarItem, at: datetime, *, ok: bool) -> None:
    reports.report_funnel(
        db, [FunnelStep(item.client_id, Stage.PUBLISH, item.calendar_item_id, ok, at, platform=item.platform)]
    )


def close_failure(db: Connection, item: CalendarItem) -> None:
    """What went out after all needs no person any more."""
    problem = work_items.item(db, world.failure_id(item.calendar_item_id))
    if problem is not None and problem.state is ItemState.OPEN:
        work_items.close_item(
            db,
            problem.item_id,
            version=problem.version,
            payload_hash=problem.payload_hash,
            outcome="published",
            by="a later try",
        )


def _count(shop: Shop, item: CalendarItem, outcome: str) -> None:
    own = {"client_id": item.client_id, "platform": item.platform}
    shop.metrics.add(catalog.CLIENT_PUBLISH_OUTCOMES_TOTAL, 1, **own, outcome=outcome)
