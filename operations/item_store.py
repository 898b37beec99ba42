"""Commands that wait so that they can be taken back, and the table of batches; all their SQL."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Connection, DateTime, Index, Table, Text, Uuid, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from operations.store import click, command
from storage.clock import SQL_NOW
from storage.engine import metadata

batch = Table(
    "batch",
    metadata,
    Column("batch_id", Uuid, primary_key=True),
    Column("verb", Text, nullable=False),
    Column("shown", JSONB, nullable=False),  # key of a box → what was seen of its items
    Column("chosen", JSONB, nullable=False),  # the keys that were ticked
    Column("state", Text, nullable=False),  # open, asked, ordered, done
    Column("by", Text, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("confirmed_by", Text),
    Column("confirmed_by_name", Text),
    Column("thread_key", Text),
    Column("results", JSONB, nullable=False, server_default="{}"),
    Column("left", JSONB, nullable=False, server_default="[]"),  # what was seen of the items that are looked at next
    Column("at", DateTime(timezone=True), nullable=False, server_default=SQL_NOW),
)
Index("ix_batch_at", batch.c.at)


def hold_back(db: Connection, command_id: UUID, delay: timedelta) -> None:
    """The platform is not told before."""
    db.execute(update(command).where(command.c.command_id == command_id).values(next_at=SQL_NOW + delay))


def withdraw(db: Connection, command_id: UUID) -> bool:
    """False when a sender has taken the command already."""
    unsent = delete(command).where(command.c.command_id == command_id, command.c.attempt == 0)
    return db.execute(unsent).rowcount > 0


def open_batch(
    db: Connection,
    verb: str,
    shown: Mapping[str, Sequence[str]],
    by: str,
    by_name: str,
    thread_key: str | None,
    left: Sequence[str] = (),
) -> UUID:
    """Remembers what a dialog shows; `shown`: key of a box → what was seen of its items, `left`: of those to come."""
    values = {"verb": verb, "shown": dict(shown), "left": list(left), "by": by, "by_name": by_name}
    batch_id = uuid4()
    db.execute(insert(batch).values(batch_id=batch_id, chosen=[], state="open", thread_key=thread_key, **values))
    return batch_id


def named_batch(db: Connection, batch_id: str) -> Any | None:
    """Like `held_batch`, by what a press tells; None too for what is no id."""
    try:
        return held_batch(db, UUID(batch_id))
    except ValueError:
        return None


def held_batch(db: Connection, batch_id: UUID) -> Any | None:
    """The batch's row, locked until the transaction ends."""
    return db.execute(select(batch).where(batch.c.batch_id == batch_id).with_for_update()).first()


def move_batch(db: Connection, batch_id: UUID, state: str, **values: Any) -> None:
    db.execute(update(batch).where(batch.c.batch_id == batch_id).values(state=state, **values))


def next_batch(db: Connection) -> Any | None:
    """The oldest batch that is ordered and that nobody works on; it stays locked until the transaction ends."""
    ordered = select(batch).where(batch.c.state == "ordered").order_by(batch.c.at).limit(1)
    return db.execute(ordered.with_for_update(skip_locked=True)).first()


def answered(db: Connection, key: str) -> str:
    """How a click was answered: `done`, `refused:changed`, …"""
    found: str = db.execute(select(click.c.answer).where(click.c.key == key)).scalar_one()
    return found
