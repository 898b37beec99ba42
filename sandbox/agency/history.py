"""A day that ends now: rows in Postgres and an OpenMetrics file that agree, because both are told from one story.

Seeded: the same seed, moment and zone make the same day. What goes on afterwards is the runner's business.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import sin
from pathlib import Path
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

import audits
from audits.store import record_history, save_policy
from clients import store as reports
from clients.model import (
    CalendarItem,
    CalendarStatus,
    Client,
    Connection,
    ConnectionStatus,
    FunnelStep,
    ItemKind,
    ItemState,
    Stage,
    Usage,
    WorkItem,
)
from sandbox.agency import labels, queue, seed, store, world
from sandbox.agency.openmetrics import Tally
from telemetry import catalog

_DAY = timedelta(days=1)

# Shares of publishes that fail for good; TikTok is having a worse time than the others.
_FAILING = {"tiktok": 0.022}
_FAILING_ELSEWHERE = 0.008
_REPLIES = 0.18


@dataclass
class Day:
    """All that happened, in the shapes it is reported in; `tally` counts the last 24 hours."""

    tally: Tally
    clients: list[Client] = field(default_factory=list)
    calendar: list[CalendarItem] = field(default_factory=list)
    record: list[audits.AuditEvent] = field(default_factory=list)
    usage: list[Usage] = field(default_factory=list)
    funnel: list[FunnelStep] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    work: list[WorkItem] = field(default_factory=list)
    posts: list[store.LivePost] = field(default_factory=list)
    assets: list[store.Asset] = field(default_factory=list)
    unmade: list[tuple[CalendarItem, datetime]] = field(default_factory=list)
    """Planned, and to be made at a time yet to come."""


def make(engine: Engine, out: Path, now: datetime, zone: str, seed_: int, *, web_url: str, platforms_url: str) -> Day:
    """Tells the day, stores its rows and writes its series to `out`."""
    day = _Teller(now, ZoneInfo(zone), seed_, web_url, platforms_url).tell()
    with engine.begin() as db:
        reports.report_clients(db, day.clients)
        reports.report_calendar(db, day.calendar)
        reports.report_connections(db, day.connections)
        reports.report_usage(db, day.usage)
        reports.report_funnel(db, day.funnel)
        reports.open_items(db, day.work)
        save_policy(db, world.POLICY)
        record_history(db, sorted(day.record, key=lambda event: str(event.created_at)))
        store.keep_assets(db, day.assets)
        store.put_posts(db, day.posts)
        for item, made_at in day.unmade:
            queue.enqueue(
                db,
                "asset",
                item.calendar_item_id,
                lane="creation",
                blueprint=str(item.blueprint_id),
                carrier={},
                args={"calendar_item_id": item.calendar_item_id},
                after=made_at - now,
            )
        for item in day.calendar:
            if item.status is CalendarStatus.SCHEDULED:
                queue.enqueue(
                    db,
                    "publish",
                    item.calendar_item_id,
                    lane="publishing",
                    blueprint=str(item.blueprint_id),
                    carrier={},
                    args={"calendar_item_id": item.calendar_item_id},
                    pool=item.mode,
                    after=item.scheduled_at - now,
                )
    day.tally.write(out, job="agency")
    return day


class _Teller:
    """Goes through the items one by one and tells what became of each."""

    def __init__(self, now: datetime, zone: ZoneInfo, seed_: int, web_url: str, platforms_url: str) -> None:
        self.now, self.zone, self.rng = now, zone, Random(seed_)
        self.web_url, self.platforms_url = web_url, platforms_url
        self.day = Day(Tally(now - _DAY, now))
        self.policy_id = audits.payload_hash(world.POLICY)

    def tell(self) -> Day:
        self._counters_at_zero()
        self._clients()
        items = sorted(self._calendar(), key=lambda item: item.scheduled_at)
        past = [item for item in items if item.scheduled_at <= self.now]
        failing = self._last_failure(past)
        for item in past:
            self._lived(item, failing)
        for item in items[len(past) :]:
            self._to_come(item)
        self._waiting_for_people()
        self._token_refreshes()
        self._gauges()
        return self.day

    def _counters_at_zero(self) -> None:
        for instance in ("web", "gateway", "runner"):
            for metric, own in labels.bounded(instance):
                self.day.tally.add(self.now, instance, metric, 0, **own)

    def _clients(self) -> None:
        for account in seed.ACCOUNTS.values():
            self.day.clients.append(world.client(account, self.zone.key))
            self.day.assets += [
                store.Asset(world.asset_id(account, post), account.client_id, post.title) for post in account.posts
            ]
        for client_id, platform in seed.PAIRS:
            soon = (client_id, platform) == ("lumen", "linkedin")  # one for the check-in to find
            expires_in = timedelta(hours=31) if soon else timedelta(days=self.rng.randrange(12, 58))
            self.day.connections.append(
                Connection(
                    client_id=client_id,
                    platform=platform,
                    mode=world.mode(platform),
                    status=ConnectionStatus.EXPIRING if soon else ConnectionStatus.OK,
                    token_expires_at=self.now + expires_in,
                    last_refresh_at=self.now - timedelta(minutes=self.rng.randrange(5, 600)),
                    last_refresh_ok=True,
                )
            )

    def _calendar(self) -> Iterator[CalendarItem]:
        """Everything due from yesterday's local midnight until this time tomorrow, but for the minute that is now."""
        today = self.now.astimezone(self.zone).date()
        days: list[date] = [today - _DAY, today, today + _DAY]
        for account in seed.ACCOUNTS.values():
            for local_day in days:
                for platform, at in world.slots(account, local_day, self.zone, self.rng):
                    if at <= self.now + _DAY and not -150 < (at - self.now).total_seconds() < 20:
                        yield world.planned(account, platform, at, self.rng, web_url=self.web_url)

    def _last_failure(self, past: list[CalendarItem]) -> str:
        """One that failed within the last hours, so that the queue has it."""
        recent = [item for item in past if item.platform == "tiktok" and item.scheduled_at < self.now - _DAY / 48]
        return recent[-1].calendar_item_id

    def _lived(self, item: CalendarItem, failing: str) -> None:
        rng = self.rng
        self._made(item)
        published_at = item.scheduled_at + timedelta(seconds=rng.uniform(1, 14))
        chance = rng.random()
        if item.calendar_item_id == failing or chance < _FAILING.get(item.platform, _FAILING_ELSEWHERE):
            self._failed(item, published_at, still_open=item.calendar_item_id == failing)
            return
        seen_at = published_at + timedelta(seconds=min(rng.lognormvariate(2.9, 0.7), 110))
        self._published(item, published_at, seen_at)
        self._engaged(item, seen_at + timedelta(seconds=rng.uniform(2, 20)))

    def _made(self, item: CalendarItem) -> datetime:
        """Planning and creation, hours ahead; when it was, or will be, made."""
        made_at = item.scheduled_at - world.lead(self.rng)
        planned_at = made_at - timedelta(minutes=self.rng.uniform(2, 40))
        self._job("planning", item, planned_at, instance="web")
        self._job("creation", item, made_at)
        self._job("planning", item, made_at + timedelta(seconds=3))  # it takes its place in the calendar
        self.day.tally.record(
            planned_at,
            "web",
            catalog.API_HTTP_DURATION_MS,
            self.rng.lognormvariate(2.4, 0.5),
            route="/plans",
            method="POST",
            status="202",
        )
        self._calls(item, "planning", planned_at)
        self._calls(item, "creation", made_at)
        self._step(item, Stage.ASSET, made_at)
        self._step(item, Stage.CALENDAR, made_at + timedelta(seconds=3))
        if self.rng.random() < 0.03:  # a plan that never became a post
            lost = replace(item, calendar_item_id=world.new_id("cal", self.rng))
            self._step(lost, Stage.ASSET, made_at, ok=self.rng.random() < 0.5)
        return made_at

    def _published(self, item: CalendarItem, at: datetime, seen_at: datetime) -> None:
        post_id = world.new_id("p", self.rng)
        url = f"{self.platforms_url}/{item.platform}/{item.client_id}/posts/{post_id}"
        self.day.calendar.append(
            replace(item, status=CalendarStatus.VERIFIED, published_at=at, verified_at=seen_at, post_url=url)
        )
        self.day.posts.append(
            store.LivePost(
                platform=item.platform,
                post_id=post_id,
                client_id=item.client_id,
                surface=item.surface,
                text=item.payload["text"],
                image_url=item.payload["asset_url"],
                posted_at=at,
                key=f"{item.calendar_item_id}:{item.version}",
            )
        )
        self._pair(item, at, audits.ActionType.PUBLISH, audits.Result.SUCCESS, {"post_url": url})
        self._job("publishing", item, at)
        self._job("publishing", item, seen_at)
        self._step(item, Stage.PUBLISH, at)
        tally, platform = self.day.tally, item.platform
        tally.add(at, "runner", catalog.POSTS_PUBLISHED_TOTAL, platform=platform, surface=item.surface)
        self._outcome(item, at, "ok")
        call = {"route": "/tools/{tool_id}", "method": "POST", "status": "200"}
        tally.record(at, "gateway", catalog.API_HTTP_DURATION_MS, self.rng.lognormvariate(5.2, 0.5), **call)
        verification = {"platform": platform, "lane": "publishing"}
        tally.add(seen_at, "runner", catalog.PUBLISH_VERIFICATIONS_TOTAL, 1, **verification, result="visible")
        visible_ms = (seen_at - at).total_seconds() * 1000
        tally.record(seen_at, "runner", catalog.PUBLISH_TIME_TO_VISIBLE_MS, visible_ms, **verification)

    def _failed(self, item: CalendarItem, at: datetime, *, still_open: bool) -> None:
        reason = "media_rejected" if still_open else self.rng.choice(labels.CERTAIN_REASONS)
        self.day.calendar.append(replace(item, status=CalendarStatus.FAILED, error_reason=reason))
        self._pair(item, at, audits.ActionType.PUBLISH, audits.Result.FAIL, {"error": reason})
        self._job("publishing", item, at, reason=reason)
        self._step(item, Stage.PUBLISH, at, ok=False)
        self.day.tally.add(at, "runner", catalog.PUBLISH_FAILURES_TOTAL, platform=item.platform, reason=reason)
        self._outcome(item, at, "fail")
        problem = world.failure(item, ItemKind.PUBLISH_FAILURE, at, reason)
        if not still_open:
            after = at + timedelta(minutes=25)
            handled = {"status": "handled", "at": after.isoformat()}
            problem = replace(
                problem, state=ItemState.CLOSED, outcome="resolved", closed_by="agency", closed_at=after, result=handled
            )
        self.day.work.append(problem)

    def _engaged(self, item: CalendarItem, at: datetime) -> None:
        ok = self.rng.random() > 0.02
        self._step(item, Stage.ENGAGEMENT, at, ok=ok)
        self._job("engagement", item, at, reason=None if ok else "platform_5xx")
        if ok and self.rng.random() < _REPLIES:
            self._calls(item, "engagement", at)
            self._pair(item, at, audits.ActionType.COMMENT_REPLY, audits.Result.SUCCESS, {"comment": "answered"})

    def _to_come(self, item: CalendarItem) -> None:
        made_at = self._made(item)
        if made_at <= self.now:
            item = replace(item, status=CalendarStatus.SCHEDULED)
        else:
            self.day.unmade.append((item, made_at))
        self.day.calendar.append(item)

    def _waiting_for_people(self) -> None:
        for draft in seed.APPROVALS:
            item = world.drafted(draft, self.now + timedelta(minutes=draft.minutes), self.rng, web_url=self.web_url)
            opened_at = self.now - timedelta(minutes=self.rng.randrange(20, 240))
            self._asset(item)
            self.day.calendar.append(item)
            self.day.work.append(world.approval(item, opened_at, draft.risk))
        for thread in seed.THREADS:
            self.day.work.append(_escalation(thread, self.now))
        self._blocked_by_policy()

    def _blocked_by_policy(self) -> None:
        at = self.now - timedelta(minutes=95)
        item = world.drafted(seed.BLOCKED, at, self.rng, web_url=self.web_url)
        item = replace(item, status=CalendarStatus.BLOCKED, error_reason=seed.BLOCK_REASON)
        self._asset(item)
        self.day.calendar.append(item)
        blocked = self._event(item, at, audits.ActionType.PUBLISH, audits.Phase.OUTCOME, audits.Result.BLOCKED)
        self.day.record.append(replace(blocked, proof={"policy": "health-claims v3", "reason": seed.BLOCK_REASON}))
        self._outcome(item, at, "blocked")
        self.day.work.append(
            WorkItem(
                item_id=f"policy-{item.calendar_item_id}",
                kind=ItemKind.POLICY_BLOCK,
                client_id=item.client_id,
                title=item.title,
                severity=3,
                payload_hash=item.payload_hash,
                opened_at=at,
                platform=item.platform,
                surface=item.surface,
                lane="publishing",
                calendar_item_id=item.calendar_item_id,
                body={
                    "reason": seed.BLOCK_REASON,
                    "explanation": seed.BLOCK_EXPLANATION,
                    "text": item.payload["text"],
                    "post_url": None,
                },
                due_at=self.now + timedelta(hours=5),
            )
        )

    def _asset(self, item: CalendarItem) -> None:
        self.day.assets.append(store.Asset(str(item.asset_id), item.client_id, item.title))

    def _token_refreshes(self) -> None:
        for connection in self.day.connections:
            for hours in range(0, 24, 6):
                at = self.now - timedelta(hours=hours, minutes=self.rng.uniform(1, 350))
                self.day.tally.add(
                    at, "runner", catalog.TOKEN_REFRESH_TOTAL, platform=connection.platform, outcome="ok"
                )

    def _gauges(self) -> None:
        tally = self.day.tally
        for place, lane in enumerate(labels.LANES):
            tally.gauge("runner", catalog.QUEUE_DEPTH, _wave(place, 0, 3.4), queue=lane)
            tally.gauge("runner", catalog.QUEUE_DEPTH_LIMIT, _always(labels.QUEUE_LIMIT), queue=lane)
        for place, (pool, size) in enumerate(labels.POOLS.items()):
            tally.gauge("runner", catalog.RUNNER_CAPACITY_IN_USE, _wave(place + 9, 0, size * 0.7), runner_pool=pool)
            tally.gauge("runner", catalog.RUNNER_CAPACITY_TOTAL, _always(size), runner_pool=pool)
        for place, platform in enumerate(labels.PLATFORMS):
            tally.gauge("gateway", catalog.RATE_LIMIT_REMAINING, _wave(place, 120, 200), platform=platform)

    def _job(
        self, lane: str, item: CalendarItem, at: datetime, *, reason: str | None = None, instance: str = "runner"
    ) -> None:
        own = {"lane": lane, "blueprint": str(item.blueprint_id)}
        self.day.tally.add(at, instance, catalog.JOBS_ENQUEUED_TOTAL, 1, **own)
        done = at + timedelta(seconds=1)
        if reason:
            self.day.tally.add(done, "runner", catalog.JOB_FAILURES_TOTAL, 1, **own, reason=reason)
        else:
            self.day.tally.add(done, "runner", catalog.JOBS_COMPLETED_TOTAL, 1, **own)

    def _calls(self, item: CalendarItem, lane: str, at: datetime) -> None:
        if at > self.now:
            return
        made = world.calls(item, lane, at, self.rng)
        self.day.usage += made
        for metric, amount, own in labels.counted(made):
            self.day.tally.add(at, "runner", metric, amount, **own)

    def _step(self, item: CalendarItem, stage: Stage, at: datetime, *, ok: bool = True) -> None:
        platform = item.platform if stage in (Stage.PUBLISH, Stage.ENGAGEMENT) else None
        if at <= self.now:
            self.day.funnel.append(FunnelStep(item.client_id, stage, item.calendar_item_id, ok, at, platform))

    def _outcome(self, item: CalendarItem, at: datetime, outcome: str) -> None:
        own = {"client_id": item.client_id, "platform": item.platform, "outcome": outcome}
        self.day.tally.add(at, "runner", catalog.CLIENT_PUBLISH_OUTCOMES_TOTAL, 1, **own)

    def _pair(
        self, item: CalendarItem, at: datetime, action: audits.ActionType, result: audits.Result, proof: dict[str, str]
    ) -> None:
        intent = self._event(item, at - timedelta(milliseconds=400), action, audits.Phase.INTENT, None)
        outcome = replace(
            intent,
            audit_id=self._uuid(),
            phase=audits.Phase.OUTCOME,
            result=result,
            proof=proof,
            created_at=at,
        )
        self.day.record += [intent, outcome]

    def _event(
        self,
        item: CalendarItem,
        at: datetime,
        action: audits.ActionType,
        phase: audits.Phase,
        result: audits.Result | None,
    ) -> audits.AuditEvent:
        reply = action is audits.ActionType.COMMENT_REPLY
        return audits.AuditEvent(
            audit_id=self._uuid(),
            command_id=self._uuid(),
            phase=phase,
            client_id=item.client_id,
            actor_type=audits.ActorType.AGENT,
            actor_id="responder" if reply else "publisher",
            action_type=action,
            platform=item.platform,
            surface=item.surface,
            lane="engagement" if reply else "publishing",
            payload_hash=item.payload_hash,
            payload_summary=f"Reply under “{item.title}”" if reply else item.title,
            policy_snapshot_id=self.policy_id,
            result=result,
            proof={},
            ids={"calendar_item_id": item.calendar_item_id, "blueprint_id": str(item.blueprint_id)},
            created_at=at,
        )

    def _uuid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)


def _escalation(thread: seed.Thread, now: datetime) -> WorkItem:
    opened_at = now - timedelta(minutes=55 - thread.minutes / 4)
    history = [
        {"from": who, "text": said, "at": (opened_at - timedelta(minutes=7 * place)).isoformat()}
        for place, (who, said) in reversed(list(enumerate(reversed(thread.history))))
    ]
    body = {
        "author": thread.author,
        "excerpt": thread.excerpt,
        "history": history,
        "suggested_reply": thread.reply,
    }
    return WorkItem(
        item_id=f"thread-{thread.client_id}-{thread.platform}",
        kind=ItemKind.ESCALATION,
        client_id=thread.client_id,
        title=thread.title,
        severity=2,
        payload_hash=audits.payload_hash(body),
        opened_at=opened_at,
        platform=thread.platform,
        surface=thread.surface,
        lane="engagement",
        body=body,
        due_at=now + timedelta(minutes=thread.minutes),
    )


def _always(value: float) -> Callable[[int], float]:
    return lambda _: value


def _wave(place: int, low: float, high: float) -> Callable[[int], float]:
    """A whole number that wanders between the two over the hours, each `place` in its own way."""
    return lambda second: round(low + (high - low) * (0.5 + 0.5 * sin(second / 1700 + place * 2.1)) ** 2)
