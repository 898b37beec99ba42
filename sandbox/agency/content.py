"""Planning and creation: from a new_job to an item in the calendar. Jobs plan → asset → calendar."""

import time
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from clients import store as reports
from clients.model import CalendarItem, CalendarStatus, FunnelStep, Stage
from sandbox.agency import labels, seed, store, world
from sandbox.agency.blueprints import calls
from sandbox.agency.queue import Job
from sandbox.agency.work import Done, Outcome, Shop, ask, ask_to_publish, new_job
from storage import clock

# What is wanted at once is planned for this much later: it must still be made.
_AT_ONCE = timedelta(seconds=3)


def plan(shop: Shop, job: Job) -> Outcome:
    """Decides what is posted when. Args: client_id, platform; scheduled_at, without which it is now; draft."""
    account = seed.ACCOUNTS[job.args["client_id"]]
    with shop.engine.begin() as db:
        now = clock.now(db)
    item = world.planned(
        account,
        job.args["platform"],
        _wanted_at(job, now, shop),
        shop.rng,
        web_url=str(shop.web.base_url).rstrip("/"),
        blueprint=job.blueprint,
    )
    args = {"calendar_item_id": item.calendar_item_id, "draft": job.args.get("draft", False)}
    after = max(item.scheduled_at - now - world.lead(shop.rng), timedelta(0))
    with shop.engine.begin() as db:
        pay(shop, db, item, "planning", now)
        reports.report_calendar(db, [item])
        ask(db, shop.metrics, new_job("asset", item.calendar_item_id, args, blueprint=job.blueprint, after=after))
    return Done()


def _wanted_at(job: Job, now: datetime, shop: Shop) -> datetime:
    if job.args.get("draft"):
        return now + timedelta(minutes=shop.rng.randrange(50, 200))
    wanted = job.args.get("scheduled_at")
    return datetime.fromisoformat(wanted) if wanted else now + _AT_ONCE


def asset(shop: Shop, job: Job) -> Outcome:
    """Makes text and picture. Args: calendar_item_id, draft."""
    time.sleep(shop.rng.uniform(0.05, 0.2))
    with shop.engine.begin() as db:
        item = reports.calendar_of(db, job.args["calendar_item_id"])
        if item is None or item.status is not CalendarStatus.PLANNED:
            return Done()
        now = clock.now(db)
        pay(shop, db, item, "creation", now)
        store.keep_assets(db, [store.Asset(str(item.asset_id), item.client_id, item.title)])
        reports.report_funnel(db, [FunnelStep(item.client_id, Stage.ASSET, item.calendar_item_id, ok=True, at=now)])
        ask(db, shop.metrics, new_job("calendar", item.calendar_item_id, job.args, blueprint=job.blueprint))
    return Done()


def calendar(shop: Shop, job: Job) -> Outcome:
    """Gives the item its place in the calendar, or asks a person to approve it. Args: calendar_item_id, draft."""
    with shop.engine.begin() as db:
        item = reports.calendar_of(db, job.args["calendar_item_id"])
        if item is None or item.status is not CalendarStatus.PLANNED:
            return Done()
        now = clock.now(db)
        reports.report_funnel(db, [FunnelStep(item.client_id, Stage.CALENDAR, item.calendar_item_id, ok=True, at=now)])
        if job.args.get("draft"):
            reports.report_calendar(db, [replace(item, status=CalendarStatus.AWAITING_APPROVAL)])
            reports.open_items(db, [world.approval(item, now)])
        else:
            reports.report_calendar(db, [replace(item, status=CalendarStatus.SCHEDULED)])
            ask_to_publish(db, shop.metrics, item, after=max(item.scheduled_at - now, timedelta(0)))
    return Done()


def pay(shop: Shop, db: Connection, item: CalendarItem, lane: str, now: datetime) -> None:
    """The model calls of one step: reported and counted."""
    made = calls(item, lane, now, shop.rng)
    reports.report_usage(db, made)
    for metric, amount, own in labels.counted(made):
        shop.metrics.add(metric, amount, **own)
