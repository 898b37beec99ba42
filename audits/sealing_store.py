"""The tables of the seal, and all their SQL: which rows are final, their leaves in order, the signed checkpoints."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    LargeBinary,
    Table,
    Text,
    Uuid,
    cast,
    desc,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, REGCLASS

from audits.checkpoints import Checkpoint, opened
from audits.merkle import Tree
from audits.model import event_line
from audits.store import EVENT_FIELDS, audit_event
from audits.verify import Entry
from storage.engine import metadata

# What nothing may be changed in, nor taken away from.
audit_guarded = Table("audit_guarded", metadata, Column("relation", REGCLASS, primary_key=True))

# The sealed order: dense, from 0. A leaf stays when its month is retired, so that old proofs hold.
audit_leaf = Table(
    "audit_leaf",
    metadata,
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("audit_id", Uuid, nullable=False, unique=True),
    Column("leaf", LargeBinary, nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    # where to go on: the tree's peaks, and the place up to which every row of this server is sealed
    Column("peaks", LargeBinary, nullable=False),
    Column("system", BigInteger, nullable=False),
    Column("upto_xid", BigInteger, nullable=False),
    Column("upto_seq", BigInteger, nullable=False),
)

_PORTION = 10_000
_LOCK = 7264003  # any number: one sealer at a time
_SYSTEM: ColumnElement[int] = literal_column("(SELECT system_identifier FROM pg_control_system())")
# Every transaction below has ended: what it wrote can be seen, and nothing can be added to it.
_HORIZON: ColumnElement[int] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_NEXT: ColumnElement[int] = literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
_FRESH = ~select(audit_leaf.c.audit_id).where(audit_leaf.c.audit_id == audit_event.c.audit_id).exists()

Fields = dict[str, Any]
"""Of an event, by their names."""


@dataclass(frozen=True)
class Progress:
    """How far the record is sealed: everything up to `upto` (xid, seq) that was written by the server `system`."""

    tree: Tree
    head: Checkpoint | None
    system: int
    upto: tuple[int, int]


def lock(db: Connection) -> bool:
    """Makes this transaction the one that seals; False when another does."""
    taken: bool = db.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar_one()
    return taken


def progress(db: Connection) -> Progress:
    row = db.execute(select(audit_checkpoint).order_by(desc(audit_checkpoint.c.size)).limit(1)).first()
    if row is None:
        return Progress(Tree(), None, 0, (0, -1))
    head = opened(row.body, row.signature)
    return Progress(Tree(row.size, row.peaks), head, row.system, (row.upto_xid, row.upto_seq))


def stands(db: Connection, checkpoint: Checkpoint) -> bool:
    """Whether it is still among those that are kept."""
    mine = (audit_checkpoint.c.size == checkpoint.size, audit_checkpoint.c.body == checkpoint.body)
    return db.execute(select(audit_checkpoint.c.size).where(*mine)).first() is not None


def head_before(db: Connection, moment: datetime) -> Checkpoint | None:
    """The last checkpoint of the time before `moment`."""
    at = cast(cast(audit_checkpoint.c.body, JSONB)["at"].astext, DateTime(timezone=True))
    query = select(audit_checkpoint.c.body, audit_checkpoint.c.signature).where(at < moment)
    row = db.execute(query.order_by(desc(audit_checkpoint.c.size)).limit(1)).first()
    return opened(row.body, row.signature) if row else None


def unsealed(db: Connection, done: Progress, limit: int, restored_limit: int) -> tuple[list[Fields], Progress]:
    """Final rows without a leaf, in the order they are to be sealed, and the progress once they are.

    Their fields are as they stand: a word that this version does not know must not keep the rest from being sealed.

    Transaction ids give an order in which nothing can appear behind our back, but they are this server's: after a
    restore into another one its counter may be behind the ids in the rows. Then every row without a leaf is looked for,
    and one whose id this server has not given out yet is an old, final row.
    """
    system, horizon = db.execute(select(_SYSTEM, _HORIZON)).one()
    query = select(audit_event).where(_FRESH).order_by(audit_event.c.xid, audit_event.c.seq)
    if done.system == system:
        after = tuple_(audit_event.c.xid, audit_event.c.seq) > done.upto
        query = query.where(after, audit_event.c.xid < _HORIZON)
    else:
        limit = restored_limit
        query = query.where(or_(audit_event.c.xid < _HORIZON, audit_event.c.xid >= _NEXT))
    rows = db.execute(query.limit(limit)).mappings().all()
    upto = (horizon, -1)
    if len(rows) == limit:
        if done.system == system:
            upto = (rows[-1]["xid"], rows[-1]["seq"])
        else:
            system = 0  # there may be more of them: look again everywhere
    events = [{name: row[name] for name in EVENT_FIELDS} for row in rows]
    return events, Progress(done.tree, done.head, system, upto)


def save(db: Connection, leaves: Sequence[tuple[int, Any, bytes]], head: Checkpoint, done: Progress) -> None:
    """Keeps leaves (index, audit id, hash) and the checkpoint over them."""
    with db.connection.cursor().copy("COPY audit_leaf (leaf_index, audit_id, leaf) FROM STDIN") as copy:
        for leaf in leaves:
            copy.write_row(leaf)
    row = {"size": head.size, "body": head.body, "signature": head.signature, "peaks": done.tree.peaks}
    xid, seq = done.upto
    db.execute(insert(audit_checkpoint), row | {"system": done.system, "upto_xid": xid, "upto_seq": seq})


def checkpoints(db: Connection) -> list[Checkpoint]:
    """All of them, smallest first."""
    rows = db.execute(select(audit_checkpoint.c.body, audit_checkpoint.c.signature).order_by(audit_checkpoint.c.size))
    return [opened(row.body, row.signature) for row in rows]


def entries(db: Connection, month: str | None = None) -> Iterator[Entry]:
    """Every sealed row in the sealed order, read in portions; with a month ("2026-01") others have their leaf only."""
    names = ", ".join(f"e.{name}" for name in EVENT_FIELDS)
    query = f"SELECT leaf_index, leaf, {names} FROM audit_leaf l LEFT JOIN audit_event e ON e.audit_id = l.audit_id"  # noqa: S608 - our columns
    if month:
        query += " AND date_trunc('month', e.created_at AT TIME ZONE 'UTC') = to_date(%(month)s, 'YYYY-MM')"
    connection: Any = db.connection.driver_connection
    with connection.cursor("audit_entries") as cursor, ThreadPoolExecutor(1) as ahead:
        cursor.execute(f"{query} ORDER BY leaf_index", {"month": month}, binary=True)
        coming = ahead.submit(cursor.fetchmany, _PORTION)
        while rows := coming.result():
            coming = ahead.submit(cursor.fetchmany, _PORTION)  # Postgres reads on while these are looked at
            for index, leaf, *values in rows:
                event = dict(zip(EVENT_FIELDS, values, strict=True))
                yield Entry(index, event_line(event) if event["audit_id"] else None, leaf)


def leaves(db: Connection) -> list[bytes]:
    """All of them, in order."""
    query = select(audit_leaf.c.leaf).order_by(audit_leaf.c.leaf_index)
    return list(db.execute(query).scalars())


def place(db: Connection, audit_id: UUID) -> int | None:
    """Where the event is in the sealed order; None when it is not sealed."""
    return db.execute(select(audit_leaf.c.leaf_index).where(audit_leaf.c.audit_id == audit_id)).scalar_one_or_none()


def line(db: Connection, audit_id: UUID) -> bytes | None:
    """The exact bytes of an event; None when it is not (or no longer) here."""
    row = db.execute(select(audit_event).where(audit_event.c.audit_id == audit_id)).mappings().first()
    return event_line({name: row[name] for name in EVENT_FIELDS}) if row else None
