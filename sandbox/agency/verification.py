"""Verification: looks for a post as anybody would. Job verify."""

from dataclasses import replace
from datetime import datetime, timedelta

import httpx

from clients import store as reports
from clients import work_items
from clients.model import CalendarItem, CalendarStatus, ItemKind
from sandbox.agency import world
from sandbox.agency.publishing import close_failure, report
from sandbox.agency.queue import Job
from sandbox.agency.work import Done, Failed, Later, Outcome, Shop, ask, new_job
from storage import clock
from telemetry import catalog, spans, traces

_LOOKS, _GAP = 4, timedelta(seconds=2)
_IN_TIME = timedelta(minutes=10)


def verify(shop: Shop, job: Job) -> Outcome:
    """Args: calendar_item_id, post_id."""
    with shop.engine.begin() as db:
        item = reports.calendar_of(db, job.args["calendar_item_id"])
    if item is None or item.status is not CalendarStatus.PUBLISHED or item.published_at is None:
        return Done()
    with world.ids_of(item), spans.post_verify(item.platform, post_url=item.post_url) as span:
        problem = _looked(shop, str(item.post_url))
        if problem and job.attempt < _LOOKS:
            return Later(_GAP, "not seen yet", free=False)
        waited = _tell(shop, job, item, problem) - item.published_at
        result = problem or ("visible" if waited <= _IN_TIME else "late")
        span.set_attribute("result", result)
        own = {"platform": item.platform, "lane": "publishing"}
        shop.metrics.add(catalog.PUBLISH_VERIFICATIONS_TOTAL, 1, **own, result=result)
        if problem:
            traces.fail(problem)
            return Failed(problem)
        shop.metrics.record(catalog.PUBLISH_TIME_TO_VISIBLE_MS, waited / timedelta(milliseconds=1), **own)
    return Done()


def _looked(shop: Shop, post_url: str) -> str | None:
    """None when the post is there; `not_found`, or `error` when whoever looks could not see at all."""
    try:
        answer = shop.outside.get(f"{post_url}.json")
    except httpx.HTTPError:
        return "error"
    return None if answer.is_success else "error" if answer.is_server_error else "not_found"


def _tell(shop: Shop, job: Job, item: CalendarItem, problem: str | None) -> datetime:
    """Reports what was seen, and when that was."""
    with shop.engine.begin() as db:
        now = clock.now(db)
        if problem is None:
            live = replace(item, status=CalendarStatus.VERIFIED, verified_at=now)
            report(db, live, "verified", post_url=item.post_url)
            close_failure(db, item)
            after = timedelta(seconds=shop.rng.uniform(3, 12))
            engage = new_job("engage", item.calendar_item_id, job.args, blueprint=job.blueprint, after=after)
            ask(db, shop.metrics, engage)
        else:
            work_items.open_items(db, [world.failure(item, ItemKind.VERIFICATION, now, problem)])
    return now
