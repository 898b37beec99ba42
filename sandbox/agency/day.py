"""The notebook of a day: each fact is written once, and becomes a row and a count together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection as Db

import audits
from audits.store import record_history, save_policy
from clients import store as reports
from clients import work_items
from clients.model import CalendarItem, Client, Connection, FunnelStep, Stage, Usage, WorkItem
from sandbox.agency import labels, queue, store, world
from sandbox.agency.blueprints import calls
from sandbox.agency.openmetrics import Tally
from telemetry import catalog


@dataclass
class Day:
    """What happened until `now`, in the shapes it is reported in. `tally` counts the last 24 hours of it."""

    now: datetime
    zone: ZoneInfo
    rng: Random
    web_url: str
    platforms_url: str
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
    jobs: list[queue.NewJob] = field(default_factory=list)

    def job(
        self, lane: str, item: CalendarItem, at: datetime, *, reason: str | None = None, instance: str = "runner"
    ) -> None:
        """A job that was put in the queue by `instance` and done, or failed for this reason."""
        own = {"lane": lane, "blueprint": str(item.blueprint_id)}
        done = at + timedelta(seconds=1)
        self.tally.add(at, instance, catalog.JOBS_ENQUEUED_TOTAL, 1, **own)
        if reason:
            self.tally.add(done, "runner", catalog.JOB_FAILURES_TOTAL, 1, **own, reason=reason)
        else:
            self.tally.add(done, "runner", catalog.JOBS_COMPLETED_TOTAL, 1, **own)

    def paid(self, item: CalendarItem, lane: str, at: datetime) -> None:
        """The model calls of one step."""
        made = calls(item, lane, at, self.rng)
        if at <= self.now:
            self.usage += made
            for metric, amount, own in (*labels.counted(made), *labels.broke_off(made)):
                self.tally.add(at, "runner", metric, amount, **own)

    def step(self, item: CalendarItem, stage: Stage, at: datetime, *, ok: bool = True) -> None:
        platform = item.platform if stage in (Stage.PUBLISH, Stage.ENGAGEMENT) else None
        if at <= self.now:
            self.funnel.append(FunnelStep(item.client_id, stage, item.calendar_item_id, ok, at, platform))

    def outcome(self, item: CalendarItem, at: datetime, outcome: str) -> None:
        own = {"client_id": item.client_id, "platform": item.platform, "outcome": outcome}
        self.tally.add(at, "runner", catalog.CLIENT_PUBLISH_OUTCOMES_TOTAL, 1, **own)

    def request(self, at: datetime, instance: str, route: str, status: str, ms: float) -> None:
        own = {"route": route, "method": "POST", "status": status}
        self.tally.record(at, instance, catalog.API_HTTP_DURATION_MS, ms, **own)

    def effect(
        self,
        item: CalendarItem,
        at: datetime,
        result: audits.Result,
        proof: Mapping[str, str],
        *,
        action: audits.ActionType = audits.ActionType.PUBLISH,
    ) -> None:
        """Intent and outcome of a side effect; one that a policy blocked has no intent."""
        reply = action is audits.ActionType.COMMENT_REPLY
        outcome = audits.AuditEvent(
            audit_id=self._uuid(),
            command_id=self._uuid(),
            phase=audits.Phase.OUTCOME,
            client_id=item.client_id,
            actor_type=audits.ActorType.AGENT,
            actor_id="responder" if reply else "publisher",
            action_type=action,
            platform=item.platform,
            surface=item.surface,
            lane="engagement" if reply else "publishing",
            payload_hash=item.payload_hash,
            payload_summary=f"Reply under “{item.title}”" if reply else item.title,
            policy_snapshot_id=audits.payload_hash(world.POLICY),
            result=result,
            proof=proof,
            ids={"calendar_item_id": item.calendar_item_id, "blueprint_id": str(item.blueprint_id)},
            created_at=at,
        )
        if result is not audits.Result.BLOCKED:
            meant_at = at - timedelta(milliseconds=400)
            self.record.append(
                replace(
                    outcome,
                    audit_id=self._uuid(),
                    phase=audits.Phase.INTENT,
                    result=None,
                    proof={},
                    created_at=meant_at,
                )
            )
        self.record.append(outcome)

    def _uuid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def store(self, db: Db) -> None:
        reports.report_clients(db, self.clients)
        reports.report_calendar(db, self.calendar)
        reports.report_connections(db, self.connections)
        reports.report_usage(db, self.usage)
        reports.report_funnel(db, self.funnel)
        work_items.open_items(db, self.work)
        save_policy(db, world.POLICY)
        record_history(db, sorted(self.record, key=lambda event: str(event.created_at)))
        store.keep_assets(db, self.assets)
        store.put_posts(db, self.posts)
        queue.enqueue_all(db, self.jobs)
