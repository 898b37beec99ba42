"""What may be written over HTTP: for each path its row and how a batch of rows is stored.

HTTP itself is left to `bot/ingest.py`; most rows are described in `clients/ingest.py`. The record's row is here,
because `clients` and `audits` do not know each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection as Db

from audits import ActionType, ActorType, AuditEvent, Phase, Result
from audits import store as audits
from bot.sources import Scope
from clients import ingest as wire
from clients import store as clients
from clients import work_items
from clients.ingest import Problem
from telemetry.ids import Lane, Platform, Surface


class Refused(Exception):
    """The request is answered with this status and these problems; nothing of it is stored."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(status)
        self.status = status
        self.problems = problems


class Proof(wire.Part):
    """What lets a third party see that it happened, or why it did not."""

    post_url: wire.Url | None = None
    post_id: wire.Id | None = None
    screenshot_ref: wire.Line | None = None
    error_reason: wire.Line | None = None


class Ids(wire.Part):
    """The canonical ids that apply."""

    request_id: wire.Id | None = None
    trace_id: wire.Id | None = None
    blueprint_id: wire.Id | None = None
    plan_id: wire.Id | None = None
    asset_id: wire.Id | None = None
    calendar_item_id: wire.Id | None = None
    episode_id: wire.Id | None = None
    job_id: wire.Id | None = None
    tool_id: wire.Id | None = None
    runner_id: wire.Id | None = None


class Audit(wire.Wire):
    """A side effect that has ended, or was refused."""

    audit_id: wire.Id
    actor_type: ActorType
    actor_id: wire.Id
    action_type: Literal["publish", "schedule", "dm_send", "comment_reply", "story_post", "hide_comment"]
    platform: Platform | None = None
    surface: Surface | None = None
    lane: Lane | None = None
    payload_hash: wire.Sha256
    payload_summary: wire.Line
    policy_snapshot_id: wire.Id
    result: Result
    proof: Proof = Proof()
    ids: Ids = Ids()
    at: wire.Past

    def event(self, source: str) -> AuditEvent:
        """The event as the record tells it: everything a source names is marked as that source's."""
        event_id = uuid5(NAMESPACE_URL, f"checkin:{source}:{self.audit_id}")
        own = {"source": source, "reported_as": self.audit_id}
        return AuditEvent(
            audit_id=event_id,
            command_id=event_id,
            phase=Phase.OUTCOME,
            client_id=self.client_id,
            actor_type=self.actor_type,
            actor_id=f"{source}:{self.actor_id}",
            action_type=ActionType(self.action_type),
            platform=self.platform,
            surface=self.surface,
            lane=self.lane,
            payload_hash=self.payload_hash,
            payload_summary=self.payload_summary,
            policy_snapshot_id=f"{source}:{self.policy_snapshot_id}",
            result=self.result,
            proof=self.proof.model_dump(exclude_none=True) | {"at": self.at.isoformat()},
            ids=self.ids.model_dump(exclude_none=True) | own,
        )


@dataclass(frozen=True)
class Resource:
    """`store` gives the indexes of the rows that something newer had overtaken."""

    scope: Scope
    row: type[wire.Wire]
    store: Callable[[Db, str, Sequence[Any]], Sequence[int]]
    summary: str


def _plain(report: Callable[[Db, Sequence[Any]], None]) -> Callable[[Db, str, Sequence[wire.Wire]], Sequence[int]]:
    def store(db: Db, _source: str, rows: Sequence[wire.Wire]) -> Sequence[int]:
        report(db, [row.value() for row in rows])
        return ()

    return store


def _owned(report: Callable[[Db, Sequence[Any]], None]) -> Callable[[Db, str, Sequence[wire.Wire]], Sequence[int]]:
    """Of rows whose id alone tells them apart: a source must not write over another client's."""

    def store(db: Db, _source: str, rows: Sequence[wire.Wire]) -> Sequence[int]:
        values = [row.value() for row in rows]
        report(db, values)
        kept = clients.kept(db, values)
        if kept.strangers:
            hint = "ids are shared by all clients; begin them with the client's"
            raise Refused(403, *(Problem("client_id", "this id is another client's", hint, i) for i in kept.strangers))
        return kept.overtaken

    return store


def _results(db: Db, source: str, rows: Sequence[wire.ItemResult]) -> Sequence[int]:
    owners = work_items.owners_of_items(db, {row.item_id for row in rows})
    unknown = [index for index, row in enumerate(rows) if owners.get(row.item_id) != row.client_id]
    if unknown:
        hint = "open it first: /v1/work-items"
        raise Refused(422, *(Problem("item_id", "this client has no such item", hint, i) for i in unknown))
    overtaken = []
    for index, row in sorted(enumerate(rows), key=lambda pair: pair[1].item_id):
        taken = work_items.report_result(db, row.item_id, row.result)
        if row.closes:
            taken &= work_items.close_item(db, row.item_id, by=source, **row.closes.model_dump()) is not None
        if not taken:
            overtaken.append(index)
    return sorted(overtaken)


def _audits(db: Db, source: str, rows: Sequence[Audit]) -> Sequence[int]:
    changed = audits.record_reported(db, [row.event(source) for row in rows])
    if changed:
        hint = "the record is append-only: use a new id"
        raise Refused(422, *(Problem("audit_id", "was told before, and otherwise", hint, i) for i in changed))
    return ()


RESOURCES = (
    Resource(Scope.CLIENTS, wire.Client, _plain(clients.report_clients), "Clients, as they are now"),
    Resource(Scope.CALENDAR_ITEMS, wire.CalendarItem, _owned(clients.report_calendar), "What goes out when"),
    Resource(Scope.CONNECTIONS, wire.Connection, _plain(clients.report_connections), "Logins to the platforms"),
    Resource(Scope.USAGE, wire.Usage, _owned(clients.report_usage), "Calls to providers and what they cost"),
    Resource(Scope.FUNNEL_STEPS, wire.FunnelStep, _owned(clients.report_funnel), "Steps of the funnel, ok or not"),
    Resource(Scope.WORK_ITEMS, wire.WorkItem, _owned(work_items.open_items), "What needs a person"),
    Resource(Scope.RESULTS, wire.ItemResult, _results, "What came of a work item"),
    Resource(Scope.AUDITS, Audit, _audits, "Side effects that have ended"),
)
