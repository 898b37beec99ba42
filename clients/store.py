"""The tables of what the platform reports, and all their SQL.

Reports are idempotent: the same fact told twice is one row, and a later one replaces an earlier one.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    select,
    tuple_,
)
from sqlalchemy import Connection as Db
from sqlalchemy.dialects.postgresql import JSONB

from clients.model import (
    CalendarItem,
    CalendarStatus,
    Client,
    Connection,
    ConnectionStatus,
    FunnelStep,
    ItemState,
    Usage,
    WorkItem,
)
from clients.rows import load, replace
from clients.work_items import work_item
from storage.clock import SQL_NOW
from storage.engine import metadata

_TIME = DateTime(timezone=True)

client = Table(
    "client",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("budget_usd_per_day", Numeric(12, 4)),
)

calendar_item = Table(
    "calendar_item",
    metadata,
    Column("calendar_item_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("scheduled_at", _TIME, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("blueprint_id", Text),
    Column("plan_id", Text),
    Column("asset_id", Text),
    Column("published_at", _TIME),
    Column("verified_at", _TIME),
    Column("post_url", Text),
    Column("error_reason", Text),
    Column("first_told_at", _TIME, nullable=False, server_default=SQL_NOW),
)
Index("ix_calendar_item_scheduled", calendar_item.c.scheduled_at)
Index("ix_calendar_item_client", calendar_item.c.client_id, calendar_item.c.scheduled_at)

connection = Table(
    "connection",
    metadata,
    Column("client_id", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("token_expires_at", _TIME),
    Column("last_refresh_at", _TIME),
    Column("last_refresh_ok", Boolean),
    Column("challenge_since", _TIME),
    PrimaryKeyConstraint("client_id", "platform"),
)

provider_usage = Table(
    "provider_usage",
    metadata,
    Column("usage_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("task_class", Text, nullable=False),
    Column("usd", Numeric(14, 6), nullable=False),
    Column("at", _TIME, nullable=False),
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    Column("blueprint_id", Text),
    Column("episode_id", Text),
    Column("job_id", Text),
    Column("retry_of", Text),
)
Index("ix_provider_usage_at", provider_usage.c.at)

funnel_step = Table(
    "funnel_step",
    metadata,
    Column("stage", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("platform", Text),
    Column("ok", Boolean, nullable=False),
    Column("at", _TIME, nullable=False),
    PrimaryKeyConstraint("stage", "item_id"),
)
Index("ix_funnel_step_client_at", funnel_step.c.client_id, funnel_step.c.at)


@dataclass(frozen=True)
class Kept:
    """Reports that changed nothing, by index: the id is another client's; a newer version is there, or it is closed."""

    strangers: Sequence[int]
    overtaken: Sequence[int]


_TABLES = {CalendarItem: calendar_item, Usage: provider_usage, FunnelStep: funnel_step, WorkItem: work_item}


# What the platform tells


def report_clients(db: Db, clients: Iterable[Client]) -> None:
    replace(db, client, clients)


def report_calendar(db: Db, items: Iterable[CalendarItem]) -> None:
    replace(db, calendar_item, items, kept={"first_told_at"})


def report_connections(db: Db, connections: Iterable[Connection]) -> None:
    replace(db, connection, connections)


def report_usage(db: Db, usage: Iterable[Usage]) -> None:
    replace(db, provider_usage, usage)


def report_funnel(db: Db, steps: Iterable[FunnelStep]) -> None:
    replace(db, funnel_step, steps)


def kept(db: Db, values: Sequence[CalendarItem | Usage | FunnelStep | WorkItem]) -> Kept:
    """Which of these reports, all of one kind and made in this transaction, changed nothing."""
    table = _TABLES[type(values[0])]
    keys = [column.name for column in table.primary_key]
    ids = [tuple(str(getattr(value, key)) for key in keys) for value in values]
    rows = db.execute(select(table).where(tuple_(*table.primary_key).in_(ids)))
    stored = {tuple(row._mapping[key] for key in keys): row._mapping for row in rows}
    pairs = [(index, value, stored[key]) for index, (value, key) in enumerate(zip(values, ids, strict=True))]
    return Kept(
        strangers=[index for index, value, row in pairs if row["client_id"] != value.client_id],
        overtaken=[
            index
            for index, value, row in pairs
            if row.get("version", 0) > getattr(value, "version", 0) or row.get("state") == ItemState.CLOSED
        ],
    )


# What others ask


def all_clients(db: Db) -> list[Client]:
    return [load(Client, row) for row in db.execute(select(client).order_by(client.c.client_id))]


def one_client(db: Db, client_id: str) -> Client | None:
    row = db.execute(select(client).where(client.c.client_id == client_id)).first()
    return load(Client, row) if row else None


def calendar(
    db: Db,
    since: datetime,
    until: datetime,
    *,
    client_ids: Collection[str] | None = None,
    told_by: datetime | None = None,
) -> list[CalendarItem]:
    """Calendar items due in [since, until), by time; with `told_by` only those that we had heard of by then."""
    query = select(calendar_item).where(calendar_item.c.scheduled_at >= since, calendar_item.c.scheduled_at < until)
    if client_ids is not None:
        query = query.where(calendar_item.c.client_id.in_(list(client_ids)))
    if told_by is not None:
        query = query.where(calendar_item.c.first_told_at <= told_by)
    rows = db.execute(query.order_by(calendar_item.c.scheduled_at, calendar_item.c.calendar_item_id))
    return [load(CalendarItem, row, status=CalendarStatus(row.status)) for row in rows]


def published(db: Db, since: datetime, until: datetime) -> list[CalendarItem]:
    """What the platform says went out in [since, until)."""
    column = calendar_item.c.published_at
    rows = db.execute(select(calendar_item).where(column >= since, column < until).order_by(column))
    return [load(CalendarItem, row, status=CalendarStatus(row.status)) for row in rows]


def calendar_of(db: Db, calendar_item_id: str) -> CalendarItem | None:
    row = db.execute(select(calendar_item).where(calendar_item.c.calendar_item_id == calendar_item_id)).first()
    return load(CalendarItem, row, status=CalendarStatus(row.status)) if row else None


def connections(db: Db, client_ids: Collection[str] | None = None) -> list[Connection]:
    query = select(connection)
    if client_ids is not None:
        query = query.where(connection.c.client_id.in_(list(client_ids)))
    rows = db.execute(query.order_by(connection.c.client_id, connection.c.platform))
    return [load(Connection, row, status=ConnectionStatus(row.status)) for row in rows]
