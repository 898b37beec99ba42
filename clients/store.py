"""The tables of what the platform reports, and all their SQL.

Reports are idempotent: the same fact told twice is one row, and a later one replaces an earlier one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    and_,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy import Connection as Db
from sqlalchemy.dialects.postgresql import JSONB, insert

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

work_item = Table(
    "work_item",
    metadata,
    Column("item_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("opened_at", _TIME, nullable=False),
    Column("platform", Text),
    Column("surface", Text),
    Column("lane", Text),
    Column("calendar_item_id", Text),
    Column("body", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("due_at", _TIME),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("closed_by", Text),
    Column("closed_at", _TIME),
    Column("result", JSONB, nullable=False),
    Column("first_told_at", _TIME, nullable=False, server_default=SQL_NOW),
)
Index("ix_work_item_open", work_item.c.severity, work_item.c.due_at, postgresql_where=work_item.c.state == "open")
Index("ix_work_item_closed_at", work_item.c.closed_at)

# Later than this is not slow any more: the longest publish takes a few minutes.
OVERDUE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Publishing:
    """How one client's calendar goes on one platform, counted over a window of time."""

    client_id: str
    platform: str
    ended: int
    """Went out or failed for good."""
    failed: int
    failed_in_a_row: int
    """Since the last one that went out."""
    blocked: int
    overdue: int
    overdue_since: datetime | None
    unapproved: int
    """Their time passed while they waited for approval."""
    reason: str | None
    """The most frequent reason of the failures."""
    next_at: datetime | None
    blocked_since: datetime | None = None
    unapproved_since: datetime | None = None


@dataclass(frozen=True)
class Share:
    """How many items of one client took a stage of the funnel; `platform` is None before publishing."""

    client_id: str
    platform: str | None
    stage: Stage
    ok: int
    total: int


@dataclass(frozen=True)
class Kept:
    """Reports that changed nothing, by index: the id is another client's; a newer version is there, or it is closed."""

    strangers: Sequence[int]
    overtaken: Sequence[int]


_TABLES = {CalendarItem: calendar_item, Usage: provider_usage, FunnelStep: funnel_step, WorkItem: work_item}
_Value = TypeVar("_Value", Client, CalendarItem, Connection, Usage, FunnelStep, WorkItem)


def _values(value: Any) -> dict[str, Any]:
    return {name: dict(item) if isinstance(item, Mapping) else item for name, item in asdict(value).items()}


def _load(kind: type[_Value], row: Row[Any], /, **parsed: Any) -> _Value:
    return kind(**{f.name: parsed.get(f.name, row._mapping[f.name]) for f in fields(kind)})


def _replace(
    db: Db, table: Table, values: Iterable[Any], *, kept: Collection[str] = (), only: ColumnElement[bool] | None = None
) -> None:
    """Writes the rows; of one that is there the columns of `kept` stay, and all of it unless `only` holds."""
    keys = [column.name for column in table.primary_key]
    # Everybody takes the locks in the same order, so that two batches never wait for each other.
    rows = sorted((_values(value) for value in values), key=lambda row: [row[key] for key in keys])
    if not rows:
        return
    statement = insert(table)
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in (*keys, *kept)}
    # What is one client's never becomes another's, and an older version, overtaken on its way, replaces no newer one.
    fences = [statement.excluded.client_id == table.c.client_id]
    if "version" in table.c:
        fences.append(statement.excluded.version >= table.c.version)
    if only is not None:
        fences.append(only)
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed, where=and_(*fences)), rows)


# What the platform tells


def report_clients(db: Db, clients: Iterable[Client]) -> None:
    _replace(db, client, clients)


def report_calendar(db: Db, items: Iterable[CalendarItem]) -> None:
    _replace(db, calendar_item, items)


def report_connections(db: Db, connections: Iterable[Connection]) -> None:
    _replace(db, connection, connections)


def report_usage(db: Db, usage: Iterable[Usage]) -> None:
    _replace(db, provider_usage, usage)


def report_funnel(db: Db, steps: Iterable[FunnelStep]) -> None:
    _replace(db, funnel_step, steps)


def open_items(db: Db, items: Iterable[WorkItem]) -> None:
    """Asks for a person. An item that is open takes the new content; one that was closed stays closed."""
    kept = {"opened_at", "state", "outcome", "closed_by", "closed_at", "result"}
    _replace(db, work_item, items, kept=kept, only=work_item.c.state == ItemState.OPEN)


def report_result(db: Db, item_id: str, result: Mapping[str, Any]) -> bool:
    """What came of a decided item at the platform; False when a later result is there, by `at` (ISO 8601, UTC)."""
    told_at = work_item.c.result["at"].astext
    change = update(work_item).where(work_item.c.item_id == item_id)
    if "at" in result:
        change = change.where(func.coalesce(told_at, "").collate("C") <= result["at"])
    return db.execute(change.values(result=dict(result))).rowcount > 0


def close_item(db: Db, item_id: str, *, version: int, payload_hash: str, outcome: str, by: str) -> WorkItem | None:
    """Closes the item if it is open and still what was seen; None when somebody or something was faster."""
    row = db.execute(
        update(work_item)
        .where(
            work_item.c.item_id == item_id,
            work_item.c.state == ItemState.OPEN,
            work_item.c.version == version,
            work_item.c.payload_hash == payload_hash,
        )
        .values(state=ItemState.CLOSED, outcome=outcome, closed_by=by, closed_at=SQL_NOW)
        .returning(work_item)
    ).first()
    return _item(row) if row else None


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
    return [_load(Client, row) for row in db.execute(select(client).order_by(client.c.client_id))]


def one_client(db: Db, client_id: str) -> Client | None:
    row = db.execute(select(client).where(client.c.client_id == client_id)).first()
    return _load(Client, row) if row else None


def item(db: Db, item_id: str) -> WorkItem | None:
    row = db.execute(select(work_item).where(work_item.c.item_id == item_id)).first()
    return _item(row) if row else None


def owners_of_items(db: Db, item_ids: Collection[str]) -> dict[str, str]:
    """Whose items these are; one that was never opened is left out."""
    rows = db.execute(select(work_item.c.item_id, work_item.c.client_id).where(work_item.c.item_id.in_(item_ids)))
    return {row.item_id: row.client_id for row in rows}


def items_of(
    db: Db,
    kinds: Collection[ItemKind],
    *,
    closed_since: datetime,
    client_ids: Collection[str] | None = None,
    told_by: datetime | None = None,
) -> list[WorkItem]:
    """All open items of these kinds, and those closed since; gravest first, then by deadline.

    With `told_by` only those that we had heard of by then.
    """
    query = select(work_item).where(
        work_item.c.kind.in_(list(kinds)),
        or_(work_item.c.state == ItemState.OPEN, work_item.c.closed_at >= closed_since),
    )
    if client_ids is not None:
        query = query.where(work_item.c.client_id.in_(list(client_ids)))
    if told_by is not None:
        query = query.where(work_item.c.first_told_at <= told_by)
    query = query.order_by(work_item.c.severity, work_item.c.due_at.nulls_last(), work_item.c.item_id)
    return [_item(row) for row in db.execute(query)]


def open_since(
    db: Db, kinds: Collection[ItemKind], told_after: datetime, client_ids: Collection[str] | None = None
) -> int:
    """How many open items of these kinds we first heard of after that."""
    query = select(func.count()).where(
        work_item.c.kind.in_(list(kinds)),
        work_item.c.state == ItemState.OPEN,
        work_item.c.first_told_at > told_after,
    )
    if client_ids is not None:
        query = query.where(work_item.c.client_id.in_(list(client_ids)))
    return db.execute(query).scalar_one()


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
    return [_load(CalendarItem, row, status=CalendarStatus(row.status)) for row in rows]


def calendar_of(db: Db, calendar_item_id: str) -> CalendarItem | None:
    row = db.execute(select(calendar_item).where(calendar_item.c.calendar_item_id == calendar_item_id)).first()
    return _load(CalendarItem, row, status=CalendarStatus(row.status)) if row else None


def connections(db: Db, client_ids: Collection[str] | None = None) -> list[Connection]:
    query = select(connection)
    if client_ids is not None:
        query = query.where(connection.c.client_id.in_(list(client_ids)))
    rows = db.execute(query.order_by(connection.c.client_id, connection.c.platform))
    return [_load(Connection, row, status=ConnectionStatus(row.status)) for row in rows]


def funnel(db: Db, client_id: str, since: datetime) -> dict[str, tuple[int, int]]:
    """Per stage (ok, all) of one client since."""
    rows = db.execute(
        select(funnel_step.c.stage, func.count().filter(funnel_step.c.ok), func.count())
        .where(funnel_step.c.client_id == client_id, funnel_step.c.at >= since)
        .group_by(funnel_step.c.stage)
    )
    return {stage: (ok, total) for stage, ok, total in rows}


def funnels(db: Db, since: datetime) -> list[Share]:
    """What became of every client's items since, stage by stage."""
    own = (funnel_step.c.client_id, funnel_step.c.platform, funnel_step.c.stage)
    rows = db.execute(
        select(*own, func.count().filter(funnel_step.c.ok).label("ok"), func.count().label("total"))
        .where(funnel_step.c.at >= since)
        .group_by(*own)
    )
    return [Share(row.client_id, row.platform, Stage(row.stage), row.ok, row.total) for row in rows]


def open_counts(db: Db, client_ids: Collection[str] | None = None) -> dict[str, dict[ItemKind, int]]:
    """How many open items of each kind a client has; a client with none is left out."""
    query = select(work_item.c.client_id, work_item.c.kind, func.count()).where(work_item.c.state == ItemState.OPEN)
    if client_ids is not None:
        query = query.where(work_item.c.client_id.in_(list(client_ids)))
    counts: dict[str, dict[ItemKind, int]] = {}
    for client_id, kind, n in db.execute(query.group_by(work_item.c.client_id, work_item.c.kind)):
        counts.setdefault(client_id, {})[ItemKind(kind)] = n
    return counts


def publishing(
    db: Db, since: datetime, now: datetime, until: datetime, *, client_ids: Collection[str] | None = None
) -> list[Publishing]:
    """How the calendar in [since, until) goes for each client on each platform."""
    own = (calendar_item.c.client_id, calendar_item.c.platform)
    at, status = calendar_item.c.scheduled_at, calendar_item.c.status
    went_out = [CalendarStatus.PUBLISHED, CalendarStatus.VERIFIED]
    items = select(
        *own,
        at,
        status,
        calendar_item.c.error_reason,
        func.max(at).filter(status.in_(went_out)).over(partition_by=own).label("last_good"),
    ).where(at >= since, at < until)
    if client_ids is not None:
        items = items.where(calendar_item.c.client_id.in_(list(client_ids)))
    one = items.subquery().c
    failed = one.status == CalendarStatus.FAILED
    overdue = and_(
        one.status.in_([CalendarStatus.SCHEDULED, CalendarStatus.PUBLISHING]), one.scheduled_at < now - OVERDUE_AFTER
    )
    unapproved = and_(one.status == CalendarStatus.AWAITING_APPROVAL, one.scheduled_at < now)
    to_come = and_(
        one.status.in_([CalendarStatus.PLANNED, CalendarStatus.AWAITING_APPROVAL, CalendarStatus.SCHEDULED]),
        one.scheduled_at >= now,
    )
    rows = db.execute(
        select(
            one.client_id,
            one.platform,
            func.count().filter(or_(failed, one.status.in_(went_out))).label("ended"),
            func.count().filter(failed).label("failed"),
            func.count()
            .filter(failed, or_(one.last_good.is_(None), one.scheduled_at > one.last_good))
            .label("failed_in_a_row"),
            func.count().filter(one.status == CalendarStatus.BLOCKED).label("blocked"),
            func.min(one.scheduled_at).filter(one.status == CalendarStatus.BLOCKED).label("blocked_since"),
            func.count().filter(overdue).label("overdue"),
            func.min(one.scheduled_at).filter(overdue).label("overdue_since"),
            func.count().filter(unapproved).label("unapproved"),
            func.min(one.scheduled_at).filter(unapproved).label("unapproved_since"),
            func.mode().within_group(one.error_reason).filter(failed).label("reason"),
            func.min(one.scheduled_at).filter(to_come).label("next_at"),
        )
        .group_by(one.client_id, one.platform)
        .order_by(one.client_id, one.platform)
    )
    return [Publishing(**row) for row in rows.mappings()]


def spend(
    db: Db,
    by: str,
    since: datetime,
    until: datetime,
    *,
    client_id: str | None = None,
    grain: Literal["hour", "day"] = "hour",
    zone: str = "UTC",
) -> list[Row[Any]]:
    """USD per hour or day of `zone`: rows of (start, name, usd, retry_usd); `by` is a column of provider_usage."""
    start = func.date_trunc(grain, provider_usage.c.at, zone).label("start")
    name = provider_usage.c[by].label("name")
    retries = func.coalesce(func.sum(provider_usage.c.usd).filter(provider_usage.c.retry_of.is_not(None)), 0)
    query = select(start, name, func.sum(provider_usage.c.usd).label("usd"), retries.label("retry_usd")).where(
        provider_usage.c.at >= since, provider_usage.c.at < until
    )
    if client_id is not None:
        query = query.where(provider_usage.c.client_id == client_id)
    return list(db.execute(query.group_by(start, name).order_by(start, name)))


def tokens(db: Db, client_id: str, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    """Per language model of one client (in, out): the metric of tokens does not know the client."""
    rows = db.execute(
        select(provider_usage.c.model, func.sum(provider_usage.c.tokens_in), func.sum(provider_usage.c.tokens_out))
        .where(provider_usage.c.client_id == client_id, provider_usage.c.kind == "llm")
        .where(provider_usage.c.at >= since, provider_usage.c.at < until)
        .group_by(provider_usage.c.model)
    )
    return {model: (int(into), int(out)) for model, into, out in rows}


def _item(row: Row[Any]) -> WorkItem:
    return _load(WorkItem, row, kind=ItemKind(row.kind), state=ItemState(row.state))
