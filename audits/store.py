"""The tables of the record, and all their SQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    Table,
    Text,
    Uuid,
    desc,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from audits.model import ActionType, ActorType, AuditEvent, Effect, Phase, Result, event_id, payload_hash
from storage.clock import SQL_NOW
from storage.engine import metadata, plain_cursor
from telemetry import redact

# Append-only and kept in months: Postgres refuses UPDATE, DELETE and TRUNCATE, and drops a row whose audit_id it knows
# (see the migration that makes it so). `seq`, `xid` and `created_at` are Postgres' own to say.
audit_event = Table(
    "audit_event",
    metadata,
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    Column("audit_id", Uuid, primary_key=True),
    Column("command_id", Uuid, nullable=False, index=True),
    Column("phase", Text, nullable=False),
    Column("client_id", Text),
    Column("actor_type", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("action_type", Text, nullable=False),
    Column("platform", Text),
    Column("surface", Text),
    Column("lane", Text),
    Column("payload_hash", Text, nullable=False),
    Column("payload_summary", Text, nullable=False),
    Column("policy_snapshot_id", Text, nullable=False),
    Column("result", Text),
    Column("proof", JSONB, nullable=False),
    Column("ids", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), primary_key=True, server_default=SQL_NOW),
    Column("seen_version", BigInteger),
    Column("seen_hash", Text),
    Column("xid", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")),
    postgresql_partition_by="RANGE (created_at)",
)
Index("ix_audit_event_client_newest", audit_event.c.client_id, desc(audit_event.c.created_at))
Index("ix_audit_event_sealing", audit_event.c.xid, audit_event.c.seq)
# A table in parts cannot hold a unique audit_id by itself.
audit_key = Table("audit_key", metadata, Column("audit_id", Uuid, primary_key=True))

EVENT_FIELDS = tuple(AuditEvent.__dataclass_fields__)
_TOLD = [name for name in EVENT_FIELDS if name != "created_at"]


def _insert(names: Sequence[str]) -> str:
    return f"INSERT INTO audit_event ({', '.join(names)}) VALUES ({', '.join(f'%({name})s' for name in names)})"  # noqa: S608 - our columns


# The bot's own role may not say when: where `created_at` is not named, Postgres fills it in.
_EVENT, _PAST_EVENT = _insert(_TOLD), _insert(EVENT_FIELDS)
_LAST = f"""
SELECT {", ".join(EVENT_FIELDS)} FROM audit_event WHERE client_id = %s ORDER BY created_at DESC, seq DESC
"""  # noqa: S608 - our columns

policy_snapshot = Table(
    "policy_snapshot",
    metadata,
    Column("policy_snapshot_id", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=SQL_NOW),
)
_POLICY = """
INSERT INTO policy_snapshot (policy_snapshot_id, body) VALUES (%(policy_snapshot_id)s, %(policy)s)
ON CONFLICT DO NOTHING
"""


def save_policy(db: Connection, policy: Mapping[str, Any]) -> str:
    """Stores the policy once, by its content; the id is its hash."""
    snapshot_id = payload_hash(policy)
    with plain_cursor(db) as cursor:
        cursor.execute(_POLICY, {"policy_snapshot_id": snapshot_id, "policy": Jsonb(dict(policy))})
    return snapshot_id


def record(
    db: Connection,
    effect: Effect,
    phase: Phase,
    result: Result | None,
    proof: Mapping[str, Any] | None = None,
    *,
    at: datetime | None = None,
    along: str | None = None,
    **values: Any,
) -> UUID:
    """Appends one event and returns its audit id. `at` is for imported history; else the database's clock.

    `along` is SQL that changes a row together with it: neither is there without the other. It may use the event's
    fields and `values`.
    """
    audit_id = event_id(effect.command_id, phase, result)
    row = {
        "audit_id": audit_id,
        "command_id": effect.command_id,
        "phase": phase,
        "client_id": effect.client_id,
        "actor_type": effect.actor_type,
        "actor_id": effect.actor_id,
        "action_type": effect.action_type,
        "platform": effect.platform,
        "surface": effect.surface,
        "lane": effect.lane,
        "payload_hash": effect.payload_hash,
        "payload_summary": effect.summary[:500],
        "policy_snapshot_id": payload_hash(effect.policy),
        "result": result,
        "proof": dict(proof or {}),
        "ids": dict(effect.ids),
        "seen_version": effect.seen_version,
        "seen_hash": effect.seen_hash,
    }
    policy = Jsonb(dict(effect.policy))
    _write(db, row | {"created_at": at}, _POLICY, along, policy=policy, **values)
    return audit_id


def _write(db: Connection, row: dict[str, Any], *along: str | None, **values: Any) -> None:
    """All in one statement, for each takes its time to be sent and answered."""
    changes = ", ".join(f"change_{number} AS ({sql})" for number, sql in enumerate(along) if sql)
    row = _masked(row)
    json = {name: Jsonb(row[name]) for name in ("proof", "ids")}
    event = _PAST_EVENT if row["created_at"] else _EVENT
    with plain_cursor(db) as cursor:
        cursor.execute(f"WITH {changes} {event}" if changes else event, row | json | values)


def intent(db: Connection, command_id: UUID) -> AuditEvent | None:
    """What was about to be done under this command."""
    row = db.execute(
        select(audit_event).where(audit_event.c.command_id == command_id, audit_event.c.phase == Phase.INTENT)
    ).mappings()
    found = row.first()
    return event_of(found) if found else None


def outcomes_of(db: Connection, command_id: UUID) -> list[AuditEvent]:
    """What was told of this command, in that order: `unknown` may be followed by how it really went."""
    mine = (audit_event.c.command_id == command_id, audit_event.c.phase == Phase.OUTCOME)
    rows = db.execute(select(audit_event).where(*mine).order_by(audit_event.c.seq)).mappings()
    return [event_of(row) for row in rows]


def conclude(
    db: Connection, intent: AuditEvent, result: Result, proof: Mapping[str, Any], along: str | None = None
) -> UUID:
    """Appends the outcome of an intent that somebody else began; its audit id."""
    audit_id = event_id(intent.command_id, Phase.OUTCOME, result)
    told = {"audit_id": audit_id, "phase": Phase.OUTCOME, "result": result, "proof": proof, "created_at": None}
    _write(db, vars(intent) | told, along)
    return audit_id


def record_history(db: Connection, events: Iterable[AuditEvent]) -> None:
    """Appends events of another time and place as they are, `created_at` included; their policies are saved before."""
    _append(db, events, EVENT_FIELDS)


def record_reported(db: Connection, events: Sequence[AuditEvent]) -> list[int]:
    """Appends what a service elsewhere has done, at our time; gives the indexes of those told otherwise before."""
    # in one order, so that two requests with the same ids do not wait for each other in a circle
    ordered = sorted(events, key=lambda event: event.audit_id)
    if _append(db, ordered, _TOLD) == len(events):
        return []
    found = db.execute(select(audit_event).where(audit_event.c.audit_id.in_([event.audit_id for event in events])))
    stored = {row["audit_id"]: replace(event_of(row), created_at=None) for row in found.mappings()}
    told = [event_of(_masked(vars(event))) for event in events]
    return [index for index, event in enumerate(told) if stored[event.audit_id] != event]


def _masked(row: dict[str, Any]) -> dict[str, Any]:
    """What is recorded stays for good, so no secret may get in."""
    summary = redact.kept({"payload_summary": row["payload_summary"]})
    return row | summary | {"proof": redact.kept(row["proof"]), "ids": redact.kept(row["ids"])}


def _append(db: Connection, events: Iterable[AuditEvent], names: Sequence[str]) -> int:
    """Many at once, through COPY: an INSERT for each takes several times as long. How many were not there before."""
    values = itemgetter(*names)
    with plain_cursor(db) as cursor:
        with cursor.copy(f"COPY audit_event ({', '.join(names)}) FROM STDIN") as copy:
            for event in events:
                row = values(_masked(vars(event)))
                copy.write_row([Jsonb(value) if isinstance(value, Mapping) else value for value in row])
        return cursor.rowcount


def last(db: Connection, client_id: str, limit: int = 20) -> list[AuditEvent]:
    """The newest events of one client, newest first."""
    with plain_cursor(db) as cursor:
        # Written out: for a limit it does not know Postgres plans anew each time, over all months.
        rows = cursor.execute(f"{_LAST} LIMIT {limit:d}", [client_id]).fetchall()
    return [_event(dict(zip(EVENT_FIELDS, row, strict=True))) for row in rows]


def outcomes(
    db: Connection,
    since: datetime,
    until: datetime,
    actions: Collection[ActionType],
    client_ids: Collection[str] | None = None,
) -> list[Any]:
    """What ended in [since, until), counted: rows of (client_id, platform, action_type, result, n)."""
    own = (audit_event.c.client_id, audit_event.c.platform, audit_event.c.action_type, audit_event.c.result)
    query = select(*own, func.count().label("n")).where(
        audit_event.c.phase == Phase.OUTCOME,
        audit_event.c.action_type.in_(list(actions)),
        audit_event.c.created_at >= since,
        audit_event.c.created_at < until,
    )
    if client_ids is not None:
        query = query.where(audit_event.c.client_id.in_(list(client_ids)))
    return list(db.execute(query.group_by(*own)))


def event_of(row: Any) -> AuditEvent:
    """The event of a row's mapping."""
    return _event({name: row[name] for name in EVENT_FIELDS})


def _event(values: dict[str, Any]) -> AuditEvent:
    values["phase"] = Phase(values["phase"])
    values["actor_type"] = ActorType(values["actor_type"])
    values["action_type"] = ActionType(values["action_type"])
    values["result"] = Result(values["result"]) if values["result"] else None
    return AuditEvent(**values)
