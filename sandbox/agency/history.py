"""A day that ends now: rows in Postgres and an OpenMetrics file that agree, because both are told from one story.

Seeded: the same seed, moment and zone make the same day. What goes on afterwards is the runner's business.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import sin
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

import audits
from clients.model import CalendarItem, CalendarStatus, Connection, ConnectionStatus, ItemKind, ItemState, Stage
from sandbox.agency import labels, queue, seed, store, waiting, world
from sandbox.agency.blueprints import PLANNED
from sandbox.agency.day import Day
from sandbox.agency.openmetrics import Tally
from telemetry import catalog

_DAY = timedelta(days=1)

# The share of publishes that fail for good; TikTok is having a worse time than the others.
_FAILING = 0.011
_WORST, _TIMES_WORSE = "tiktok", 4
# One of so many failures nobody has handled yet.
_OPEN = 5
_ANSWERED = 0.18
_LOST = 0.03


def make(
    engine: Engine, out: Path, now: datetime, zone: str, random_seed: int, *, web_url: str, platforms_url: str
) -> Day:
    """Tells the day, stores its rows and writes its series to `out`."""
    day = tell(now, zone, random_seed, web_url=web_url, platforms_url=platforms_url)
    with engine.begin() as db:
        day.store(db)
    day.tally.write(out, job="agency")
    return day


def tell(now: datetime, zone: str, random_seed: int, *, web_url: str, platforms_url: str) -> Day:
    """The day that ends `now`. The URLs are where pictures and posts will be."""
    day = Day(now, ZoneInfo(zone), Random(random_seed), web_url, platforms_url, Tally(now - _DAY, now))
    _start_counters(day)
    _meet_clients(day)
    items = sorted(_calendar(day), key=lambda item: item.scheduled_at)
    past = [item for item in items if item.scheduled_at <= now]
    failures = _failures(day, past)
    still_open = set(list(failures)[-max(1, len(failures) // _OPEN) :])
    for item in past:
        _lived(day, item, failures, still_open)
    for item in items[len(past) :]:
        _to_come(day, item)
    waiting.ask_people(day)
    _refreshed_tokens(day)
    _gauges(day)
    return day


def _start_counters(day: Day) -> None:
    for instance in ("web", "browser", "runner"):  # the others had no errors; what never happened need not be told
        for metric, own in labels.bounded(instance):
            day.tally.add(day.now, instance, metric, 0, **own)


def _meet_clients(day: Day) -> None:
    for account in seed.ACCOUNTS.values():
        day.clients.append(world.client(account, day.zone.key))
        for post in account.posts:
            day.assets.append(store.Asset(world.asset_id(account, post), account.client_id, post.title))
    for client_id, platform in seed.PAIRS:
        soon = client_id.startswith("lumen") and platform == "linkedin"  # one for the check-in to find
        expires_in = timedelta(hours=31) if soon else timedelta(days=day.rng.randrange(12, 58))
        day.connections.append(
            Connection(
                client_id=client_id,
                platform=platform,
                mode=world.mode(platform),
                status=ConnectionStatus.EXPIRING if soon else ConnectionStatus.OK,
                token_expires_at=day.now + expires_in,
                last_refresh_at=day.now - timedelta(minutes=day.rng.randrange(5, 600)),
                last_refresh_ok=True,
            )
        )


def _calendar(day: Day) -> Iterator[CalendarItem]:
    """Everything due from yesterday's local midnight until this time tomorrow, but for the minutes around now."""
    today = day.now.astimezone(day.zone).date()
    days: list[date] = [today - _DAY, today, today + _DAY]
    for account in seed.ACCOUNTS.values():
        for local_day in days:
            for platform, at in world.slots(account, local_day, day.zone, day.rng):
                blueprint = day.rng.choice(PLANNED)
                if at <= day.now + _DAY and not -150 < (at - day.now).total_seconds() < 20:
                    yield world.planned(account, platform, at, day.rng, web_url=day.web_url, blueprint=blueprint)


def _failures(day: Day, past: list[CalendarItem]) -> dict[str, str]:
    """Reasons by item. The last in the dict is recent: it is one that somebody must look at."""
    settled = [item for item in past if item.scheduled_at < day.now - timedelta(minutes=30)]
    latest = [item for item in settled if item.platform == _WORST][-1]
    weights = [_TIMES_WORSE if item.platform == _WORST else 1 for item in settled]
    unlucky = day.rng.choices(settled, weights, k=round(len(past) * _FAILING))
    reasons = {item.calendar_item_id: day.rng.choice(labels.API_REASONS) for item in unlucky if item is not latest}
    return reasons | {latest.calendar_item_id: "media_rejected"}


def _lived(day: Day, item: CalendarItem, failures: dict[str, str], still_open: set[str]) -> None:
    _made(day, item)
    at = item.scheduled_at + timedelta(seconds=day.rng.uniform(1, 14))
    if reason := failures.get(item.calendar_item_id):
        _failed(day, item, at, reason, still_open=item.calendar_item_id in still_open)
    else:
        seen_at = at + timedelta(seconds=min(day.rng.lognormvariate(2.9, 0.7), 110))
        _published(day, item, at, seen_at)
        _engaged(day, item, seen_at + timedelta(seconds=day.rng.uniform(2, 20)))


def _made(day: Day, item: CalendarItem) -> datetime:
    """Planning and creation, hours ahead; when it was, or will be, made."""
    made_at = item.scheduled_at - world.lead(day.rng)
    planned_at = made_at - timedelta(minutes=day.rng.uniform(2, 40))
    placed_at = made_at + timedelta(seconds=3)
    day.request(planned_at, "web", "/plans", "202", day.rng.lognormvariate(2.4, 0.5))
    day.job("planning", item, planned_at, instance="web")
    day.job("creation", item, made_at)
    day.job("planning", item, placed_at)
    day.paid(item, "planning", planned_at)
    day.paid(item, "creation", made_at)
    day.step(item, Stage.ASSET, made_at)
    day.step(item, Stage.CALENDAR, placed_at)
    if day.rng.random() < _LOST:  # a plan that never became a post
        lost = replace(item, calendar_item_id=world.new_id("cal", day.rng))
        became_asset = day.rng.random() < 0.5
        day.step(lost, Stage.ASSET, made_at, ok=became_asset)
        if became_asset:
            day.step(lost, Stage.CALENDAR, placed_at, ok=False)
    return made_at


def _published(day: Day, item: CalendarItem, at: datetime, seen_at: datetime) -> None:
    post_id = world.new_id("p", day.rng)
    url = f"{day.platforms_url}/{item.platform}/{item.client_id}/posts/{post_id}"
    live = replace(item, status=CalendarStatus.VERIFIED, published_at=at, verified_at=seen_at, post_url=url)
    day.calendar.append(live)
    day.posts.append(
        store.LivePost(
            platform=item.platform,
            post_id=post_id,
            client_id=item.client_id,
            surface=item.surface,
            text=item.payload["text"],
            image_url=item.payload["asset_url"],
            posted_at=at,
            key=world.post_key(item),
        )
    )
    day.effect(item, at, audits.Result.SUCCESS, {"post_url": url})
    day.job("publishing", item, at)
    day.job("publishing", item, seen_at)
    day.step(item, Stage.PUBLISH, at)
    day.outcome(item, at, "ok")
    day.request(at, "gateway", "/tools/{tool_id}", "200", day.rng.lognormvariate(5.2, 0.5))
    tally, own = day.tally, {"platform": item.platform, "lane": "publishing"}
    if item.mode == "browser":
        tally.add(at, "browser", catalog.BROWSER_RUNS_TOTAL, 1, platform=item.platform, action="publish")
        tally.add(at, "browser", catalog.BROWSER_SCREENSHOT_CAPTURED_TOTAL, 1, reason="proof")
    tally.add(at, "runner", catalog.POSTS_PUBLISHED_TOTAL, 1, platform=item.platform, surface=item.surface)
    tally.add(seen_at, "runner", catalog.PUBLISH_VERIFICATIONS_TOTAL, 1, **own, result="visible")
    visible_ms = (seen_at - at) / timedelta(milliseconds=1)
    tally.record(seen_at, "runner", catalog.PUBLISH_TIME_TO_VISIBLE_MS, visible_ms, **own)


def _failed(day: Day, item: CalendarItem, at: datetime, reason: str, *, still_open: bool) -> None:
    day.calendar.append(replace(item, status=CalendarStatus.FAILED, error_reason=reason))
    day.effect(item, at, audits.Result.FAIL, {"error": reason})
    day.job("publishing", item, at, reason=reason)
    day.step(item, Stage.PUBLISH, at, ok=False)
    day.outcome(item, at, "fail")
    day.tally.add(at, "runner", catalog.PUBLISH_FAILURES_TOTAL, 1, platform=item.platform, reason=reason)
    problem = world.failure(item, ItemKind.PUBLISH_FAILURE, at, reason)
    if not still_open:
        after = at + timedelta(minutes=25)
        handled = {"status": "handled", "at": after.isoformat()}
        problem = replace(problem, state=ItemState.CLOSED, outcome="resolved", closed_by="agency", closed_at=after)
        problem = replace(problem, result=handled)
    day.work.append(problem)


def _engaged(day: Day, item: CalendarItem, at: datetime) -> None:
    ok = day.rng.random() > 0.02
    day.step(item, Stage.ENGAGEMENT, at, ok=ok)
    day.job("engagement", item, at, reason=None if ok else "platform_5xx")
    if ok and day.rng.random() < _ANSWERED:
        day.paid(item, "engagement", at)
        reply = {"reply": "Thank you!", "post_url": str(item.post_url)}
        day.effect(item, at, audits.Result.SUCCESS, reply, action=audits.ActionType.COMMENT_REPLY)


def _to_come(day: Day, item: CalendarItem) -> None:
    """What is due is a job that waits for its time; so is the making of what is only planned yet."""
    made_at = _made(day, item)
    if made_at <= day.now:
        item = replace(item, status=CalendarStatus.SCHEDULED)
    day.calendar.append(item)
    made = item.status is CalendarStatus.SCHEDULED
    day.jobs.append(
        queue.NewJob(
            kind="publish" if made else "asset",
            key=item.calendar_item_id,
            lane="publishing" if made else "creation",
            blueprint=str(item.blueprint_id),
            args={"calendar_item_id": item.calendar_item_id},
            pool=item.mode if made else "api",
            after=(item.scheduled_at if made else made_at) - day.now,
        )
    )


def _refreshed_tokens(day: Day) -> None:
    for connection in day.connections:
        for hours in range(0, 24, 6):
            at = day.now - timedelta(hours=hours, minutes=day.rng.uniform(1, 350))
            day.tally.add(at, "runner", catalog.TOKEN_REFRESH_TOTAL, 1, platform=connection.platform, outcome="ok")


def _gauges(day: Day) -> None:
    tally = day.tally
    for place, lane in enumerate(labels.LANES):
        tally.gauge("runner", catalog.QUEUE_DEPTH, _wave(place, 0, 3.4), queue=lane)
        tally.gauge("runner", catalog.QUEUE_DEPTH_LIMIT, _always(labels.QUEUE_LIMIT), queue=lane)
    for place, (pool, size) in enumerate(labels.POOLS.items()):
        tally.gauge("runner", catalog.RUNNER_CAPACITY_IN_USE, _wave(place + 9, 0, size * 0.7), runner_pool=pool)
        tally.gauge("runner", catalog.RUNNER_CAPACITY_TOTAL, _always(size), runner_pool=pool)
    for place, platform in enumerate(labels.PLATFORMS):
        tally.gauge("gateway", catalog.RATE_LIMIT_REMAINING, _wave(place, 190, 240), platform=platform)


def _always(value: float) -> Callable[[int], float]:
    return lambda _: value


def _wave(place: int, low: float, high: float) -> Callable[[int], float]:
    """A whole number that wanders between the two over the hours, each `place` in its own way."""
    return lambda second: round(low + (high - low) * (0.5 + 0.5 * sin(second / 1700 + place * 2.1)) ** 2)
