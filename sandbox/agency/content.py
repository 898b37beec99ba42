"""Planning and creation: from a wish to an item in the calendar. Jobs plan → asset → calendar."""

import time
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

import audits
from audits.store import record
from clients import store as reports
from clients import work_items
from clients.model import CalendarItem, CalendarStatus, FunnelStep, Stage
from sandbox.agency import filing, policies, seed, store, world
from sandbox.agency.picture import picture
from sandbox.agency.queue import Job
from sandbox.agency.thinking import think
from sandbox.agency.work import Done, Failed, Later, Outcome, Shop, ask, ask_to_publish, new_job, traced_ids
from storage import clock
from telemetry import catalog, logs

# What is wanted at once is planned for this much later: it must still be made.
_AT_ONCE = timedelta(seconds=3)
_UPLOADS = 3

_log = logs.get(__name__)


def plan(shop: Shop, job: Job) -> Outcome:
    """Decides what is posted when. Args: client_id, platform; scheduled_at, without which it is now; draft; text."""
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
        text=job.args.get("text"),
    )
    with world.ids_of(item):
        think(shop, "planner", item, "planning")
        args = {"calendar_item_id": item.calendar_item_id, "draft": job.args.get("draft", False)}
        after = max(item.scheduled_at - now - world.lead(shop.rng), timedelta(0))
        with shop.engine.begin() as db:
            reports.report_calendar(db, [item])
            ask(db, shop.metrics, new_job("asset", item.calendar_item_id, args, blueprint=job.blueprint, after=after))
    return Done()


def _wanted_at(job: Job, now: datetime, shop: Shop) -> datetime:
    if wanted := job.args.get("scheduled_at"):
        return datetime.fromisoformat(wanted)
    return now + (timedelta(minutes=shop.rng.randrange(50, 200)) if job.args.get("draft") else _AT_ONCE)


def asset(shop: Shop, job: Job) -> Outcome:
    """Makes text and picture. Args: calendar_item_id, draft."""
    with shop.engine.begin() as db:
        item = reports.calendar_of(db, job.args["calendar_item_id"])
    if item is None or item.status is not CalendarStatus.PLANNED:
        return Done()
    with world.ids_of(item):
        took = think(shop, "creator", item, "creation")
        shop.metrics.record(catalog.ASSET_RENDER_DURATION_MS, took.pop("llm", 0.0), type="caption")
        filed = _rendered(shop, item, "video" if "video" in took else "image", sum(took.values()))
        if filed is None:
            _step(shop, item, Stage.ASSET, ok=False)
            return Failed("upload") if job.attempt >= _UPLOADS else Later(timedelta(seconds=2), "upload", free=False)
        with shop.engine.begin() as db:
            store.keep_asset(db, store.Asset(str(item.asset_id), item.client_id, item.title, filed.name))
            ask(db, shop.metrics, new_job("calendar", item.calendar_item_id, job.args, blueprint=job.blueprint))
        _step(shop, item, Stage.ASSET, ok=True)
    return Done()


def _rendered(shop: Shop, item: CalendarItem, type_: str, model_ms: float) -> filing.Filed | None:
    """Draws the picture, a clip's being its first frame, and files it."""
    started = time.perf_counter()
    account = seed.ACCOUNTS[item.client_id]
    filed = filing.file(shop.storage, shop.metrics, picture(item.title, account.name, account.colour))
    ms = model_ms + (time.perf_counter() - started) * 1000
    shop.metrics.record(catalog.ASSET_RENDER_DURATION_MS, ms, type=type_)
    if filed and not filed.new:
        shop.metrics.add(catalog.ASSET_DEDUPE_HITS_TOTAL, client_id=item.client_id)
    return filed


def calendar(shop: Shop, job: Job) -> Outcome:
    """Gives the item its place in the calendar, or asks a person to approve it. Args: calendar_item_id, draft, risk."""
    with shop.engine.begin() as db:
        item = reports.calendar_of(db, job.args["calendar_item_id"])
        if item is None or item.status is not CalendarStatus.PLANNED:
            return Done()
        with world.ids_of(item):
            if breach := policies.breach(item.payload["text"]):
                _block(shop, db, item, breach)
            elif job.args.get("draft"):
                reports.report_calendar(db, [replace(item, status=CalendarStatus.AWAITING_APPROVAL)])
                work_items.open_items(db, [world.approval(item, clock.now(db), job.args.get("risk"))])
            else:
                reports.report_calendar(db, [replace(item, status=CalendarStatus.SCHEDULED)])
                after = max(item.scheduled_at - clock.now(db), timedelta(0))
                ask_to_publish(db, shop.metrics, item, after=after)
    _step(shop, item, Stage.CALENDAR, ok=breach is None)
    return Done()


def _block(shop: Shop, db: Connection, item: CalendarItem, breach: policies.Breach) -> None:
    """What breaches a policy goes nowhere; the record says so, and a person may judge the policy."""
    blocked = replace(item, status=CalendarStatus.BLOCKED, error_reason=breach.reason)
    proof = {"policy": breach.policy, "reason": breach.reason}
    record(db, world.publish_effect(item, traced_ids()), audits.Phase.OUTCOME, audits.Result.BLOCKED, proof)
    reports.report_calendar(db, [blocked])
    work_items.open_items(db, [world.policy_block(blocked, clock.now(db))])
    shop.metrics.add(catalog.POLICY_GUARD_BLOCKS_TOTAL, 1, **proof)
    own = {"client_id": item.client_id, "platform": item.platform}
    shop.metrics.add(catalog.CLIENT_PUBLISH_OUTCOMES_TOTAL, 1, **own, outcome="blocked")
    _log.warning("policy.blocked", status="blocked", **proof)


def _step(shop: Shop, item: CalendarItem, stage: Stage, *, ok: bool) -> None:
    with shop.engine.begin() as db:
        reports.report_funnel(db, [FunnelStep(item.client_id, stage, item.calendar_item_id, ok=ok, at=clock.now(db))])
