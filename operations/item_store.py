"""Commands that wait so that they can be taken back, and the table of batches; all their SQL."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Column, Connection, DateTime, Index, Table, Text, Uuid, delete, update
from sqlalchemy.dialects.postgresql import JSONB

from operations.store import command
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
