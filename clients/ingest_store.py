"""The requests that were stored, so that one sent again is answered and not stored again; and all their SQL.

The key is the sender's own (`Idempotency-Key`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, DateTime, PrimaryKeyConstraint, Table, Text, delete, func, select
from sqlalchemy import Connection as Db
from sqlalchemy.dialects.postgresql import JSONB, insert

from storage.clock import SQL_NOW
from storage.engine import metadata

# Longer than any sender keeps trying; Standard Webhooks gives up after 75 hours.
KEPT = timedelta(days=35)

ingest_request = Table(
    "ingest_request",
    metadata,
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("body_sha256", Text, nullable=False),
    Column("response", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=SQL_NOW, index=True),
    PrimaryKeyConstraint("source", "key"),
)


@dataclass(frozen=True)
class Stored:
    """What was answered to the request that was stored under a key, and the hash of its body."""

    body_sha256: str
    response: Mapping[str, Any]


class Busy:
    """Another request with the same key is being stored right now."""


def begin(db: Db, source: str, key: str) -> Stored | Busy | None:
    """Holds the key until the transaction ends; None when nothing was stored under it."""
    held = func.pg_try_advisory_xact_lock(func.hashtextextended(f"{source}\n{key}", 0))
    if not db.execute(select(held)).scalar_one():
        return Busy()
    columns = (ingest_request.c.body_sha256, ingest_request.c.response)
    row = db.execute(select(*columns).filter_by(source=source, key=key)).first()
    return Stored(**row._mapping) if row else None


def remember(db: Db, source: str, key: str, body_sha256: str, response: Mapping[str, Any]) -> None:
    db.execute(insert(ingest_request).values(source=source, key=key, body_sha256=body_sha256, response=dict(response)))


def forget(db: Db) -> int:
    """Deletes what is older than anybody would send again; returns how many."""
    return db.execute(delete(ingest_request).where(ingest_request.c.at < SQL_NOW - KEPT)).rowcount
