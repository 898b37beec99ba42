"""The tables of the outbox: cards, their pictures, and when Slack may be used again."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from storage.clock import SQL_NOW
from storage.engine import metadata

_TIME = DateTime(timezone=True)

card = Table(
    "card",
    metadata,
    Column("key", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("thread_key", Text, ForeignKey("card.key")),
    Column("priority", Integer, nullable=False),
    Column("wanted", JSONB, nullable=False),
    Column("wanted_hash", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("shown", Integer, nullable=False, server_default=text("0")),
    Column("channel_id", Text),
    Column("ts", Text),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("doubt", Boolean, nullable=False, server_default=text("false")),
    Column("next_at", _TIME, nullable=False, server_default=SQL_NOW),
    Column("lease_until", _TIME),
    Column("first_attempt_at", _TIME),
    Column("problem", Text),
    Column("wanted_at", _TIME, nullable=False, server_default=SQL_NOW),
    Column("posted_at", _TIME),
    Column("sweep_at", _TIME),
    Column("note", Text, nullable=False, server_default=""),
)
Index("ix_card_sweep", card.c.sweep_at, postgresql_where=card.c.sweep_at.is_not(None))
Index("ix_card_due", card.c.priority, card.c.wanted_at, postgresql_where=card.c.revision > card.c.shown)

picture = Table(
    "picture",
    metadata,
    Column("key", Text, primary_key=True),
    Column("card_key", Text, ForeignKey("card.key"), nullable=False, index=True),
    Column("content_hash", Text, nullable=False),
    Column("png", LargeBinary, nullable=False),
    Column("alt_text", Text, nullable=False),
    Column("file_id", Text),
    Column("problem", Text),
)

# When a channel, or all of Slack ("*"), may be used again; shared by all replicas.
slack_gate = Table(
    "slack_gate",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("opens_at", _TIME, nullable=False),
)
