"""The job queue: a table that runners take jobs from with SKIP LOCKED, each for the time of a lease.

A job carries the trace context and the canonical ids of whoever asked for it. What a job does is left to the handlers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    Interval,
    Row,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from sandbox.agency.store import TIME, metadata
from storage.clock import SQL_NOW

# Longer than any job takes; who dies with a job gives it to others after that.
LEASE = timedelta(seconds=60)
_URGENT, _ROUTINE = 0, 1

_UNFINISHED = ("waiting", "running")

job = Table(
    "job",
    metadata,
    Column("job_id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("blueprint", Text, nullable=False),
    Column("pool", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("args", JSONB, nullable=False),
    Column("carrier", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("note", Text),
    Column("enqueued_at", TIME, nullable=False, server_default=SQL_NOW),
    Column("eligible_at", TIME, nullable=False, server_default=SQL_NOW),
    Column("leased_until", TIME),
)
# The same work is in the queue once, however often it is asked for.
Index("ux_job_key", job.c.key, unique=True, postgresql_where=job.c.state.in_(_UNFINISHED))
Index("ix_job_due", job.c.pool, job.c.priority, job.c.eligible_at, postgresql_where=job.c.state.in_(_UNFINISHED))


@dataclass(frozen=True)
class NewJob:
    """A job to be put in the queue, eligible `after` some time. `carrier` is the context of whoever asks."""

    kind: str
    key: str
    lane: str
    blueprint: str
    args: Mapping[str, Any]
    carrier: Mapping[str, str] = field(default_factory=dict)
    pool: str = "api"
    urgent: bool = False
    after: timedelta = timedelta(0)


@dataclass(frozen=True)
class Job:
    """A job as taken from the queue. `attempt` starts at 1; `note` says why it was put back."""

    job_id: UUID
    kind: str
    key: str
    lane: str
    blueprint: str
    pool: str
    args: Mapping[str, Any]
    carrier: Mapping[str, str]
    attempt: int
    note: str | None
    enqueued_at: datetime
    eligible_at: datetime
    started_at: datetime

    @property
    def start_delay_ms(self) -> float:
        """From when it could have started until it was taken."""
        return (self.started_at - self.eligible_at) / timedelta(milliseconds=1)


def make_tables(engine: Engine) -> None:
    """Makes the agency's own tables where they are missing; safe when all processes start at once."""
    with engine.begin() as db:
        db.execute(select(func.pg_advisory_xact_lock(func.hashtext("agency schema"))))
        db.execute(text("CREATE SCHEMA IF NOT EXISTS agency"))
        metadata.create_all(db)


_ELIGIBLE_AT = SQL_NOW + bindparam("after", type_=Interval())
_PUT = insert(job).values(eligible_at=_ELIGIBLE_AT).on_conflict_do_nothing()


def enqueue(db: Connection, wanted: NewJob) -> bool:
    """Puts a job in the queue; False when its key is in it already."""
    return db.execute(_PUT.returning(job.c.job_id), _values(wanted)).first() is not None


def enqueue_all(db: Connection, wanted: Iterable[NewJob]) -> None:
    rows = [_values(each) for each in wanted]
    if rows:
        db.execute(_PUT, rows)


def _values(wanted: NewJob) -> dict[str, Any]:
    return {
        "kind": wanted.kind,
        "key": f"{wanted.kind}:{wanted.key}",
        "lane": wanted.lane,
        "blueprint": wanted.blueprint,
        "pool": wanted.pool,
        "priority": _URGENT if wanted.urgent else _ROUTINE,
        "args": dict(wanted.args),
        "carrier": dict(wanted.carrier),
        "after": wanted.after,
    }


def move(db: Connection, wanted: NewJob) -> None:
    """Gives the waiting job of this key the time, context and further arguments of `wanted`; one that runs stays."""
    values = _values(wanted)
    waiting = (job.c.key == values["key"]) & (job.c.state == "waiting")
    moved = {"priority": values["priority"], "eligible_at": SQL_NOW + wanted.after, "carrier": values["carrier"]}
    db.execute(update(job).where(waiting).values(args=job.c.args.concat(values["args"]), **moved))


def claim(db: Connection, pool: str) -> Job | None:
    """Takes the next eligible job of the pool, or one whose lease ran out."""
    due = (
        select(job.c.job_id)
        .where(
            job.c.pool == pool,
            job.c.eligible_at <= SQL_NOW,
            or_(job.c.state == "waiting", and_(job.c.state == "running", job.c.leased_until < SQL_NOW)),
        )
        .order_by(job.c.priority, job.c.eligible_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = db.execute(
        update(job)
        .where(job.c.job_id == due)
        .values(state="running", attempt=job.c.attempt + 1, leased_until=SQL_NOW + LEASE)
        .returning(job, SQL_NOW.label("started_at"))
    ).first()
    return _job(row) if row else None


def _job(row: Row[Any]) -> Job:
    return Job(**{column.name: row._mapping[column.name] for column in fields(Job)})


def finish(db: Connection, taken: Job) -> None:
    """The job is done and leaves the queue, unless another took it over meanwhile."""
    db.execute(delete(job).where(job.c.job_id == taken.job_id, job.c.attempt == taken.attempt))


def fail(db: Connection, taken: Job, reason: str) -> None:
    """The job failed for good; it stays for whoever wants to know."""
    _settle(db, taken, state="failed", note=reason)


def put_back(db: Connection, taken: Job, after: timedelta, note: str, *, free: bool = False) -> None:
    """The job waits for another try; a `free` one does not count as an attempt."""
    attempt = taken.attempt - 1 if free else taken.attempt
    _settle(db, taken, state="waiting", note=note, eligible_at=SQL_NOW + after, attempt=attempt)


def _settle(db: Connection, taken: Job, **values: Any) -> None:
    ours = (job.c.job_id == taken.job_id) & (job.c.attempt == taken.attempt)
    db.execute(update(job).where(ours).values(leased_until=None, **values))


def wake(db: Connection, note: str) -> None:
    """Jobs that wait for this reason become eligible now."""
    db.execute(update(job).where(job.c.state == "waiting", job.c.note == note).values(eligible_at=SQL_NOW))


def revive(db: Connection, since: datetime) -> None:
    """Jobs that failed since then for want of others get their tries again; what was published stays as it was told."""
    kinds = ("plan", "asset", "engage", "verify")
    failed = (job.c.state == "failed") & (job.c.eligible_at >= since) & job.c.kind.in_(kinds)
    db.execute(update(job).where(failed).values(state="waiting", attempt=0, eligible_at=SQL_NOW, note="revived"))


def depths(db: Connection) -> dict[str, int]:
    """Per lane, the jobs that wait and are eligible."""
    rows = db.execute(
        select(job.c.lane, func.count().label("depth"))
        .where(job.c.state == "waiting", job.c.eligible_at <= SQL_NOW)
        .group_by(job.c.lane)
    )
    return {row.lane: row.depth for row in rows}
