"""The table of work items, and all its SQL: what needs a person, and what people made of it.

Reports are idempotent: the same item told twice is one row, and a later version replaces an earlier one.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, Integer, Row, Table, Text, func, or_, select, update
from sqlalchemy import Connection as Db
from sqlalchemy.dialects.postgresql import JSONB

from clients.model import ItemKind, ItemState, WorkItem
from clients.rows import load, replace
from storage.clock import SQL_NOW
from storage.engine import metadata

_TIME = DateTime(timezone=True)

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


# What the platform tells


def open_items(db: Db, items: Iterable[WorkItem]) -> None:
    """Asks for a person. An item that is open takes the new content; one that was closed stays closed."""
    kept = {"opened_at", "state", "outcome", "closed_by", "closed_at", "result"}
    replace(db, work_item, items, kept=kept, only=work_item.c.state == ItemState.OPEN)


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


# What others ask


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


def open_counts(db: Db, client_ids: Collection[str] | None = None) -> dict[str, dict[ItemKind, int]]:
    """How many open items of each kind a client has; a client with none is left out."""
    query = select(work_item.c.client_id, work_item.c.kind, func.count()).where(work_item.c.state == ItemState.OPEN)
    if client_ids is not None:
        query = query.where(work_item.c.client_id.in_(list(client_ids)))
    counts: dict[str, dict[ItemKind, int]] = {}
    for client_id, kind, n in db.execute(query.group_by(work_item.c.client_id, work_item.c.kind)):
        counts.setdefault(client_id, {})[ItemKind(kind)] = n
    return counts


def _item(row: Row[Any]) -> WorkItem:
    return load(WorkItem, row, kind=ItemKind(row.kind), state=ItemState(row.state))
