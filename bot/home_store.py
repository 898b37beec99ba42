"""The table of opened Homes, and all its SQL."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Column, Connection, DateTime, Table, Text, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from storage.clock import SQL_NOW
from storage.engine import metadata

home = Table(
    "home",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("filters", JSONB, nullable=False, server_default="{}"),
    Column("shown", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False, server_default=SQL_NOW),
)


def opened(db: Connection, user_id: str) -> None:
    """Remembers that somebody looks at it."""
    seen = {"opened_at": SQL_NOW}
    db.execute(
        insert(home).values(user_id=user_id, shown="").on_conflict_do_update(index_elements=["user_id"], set_=seen)
    )


def look_for(db: Connection, user_id: str, name: str, value: str) -> None:
    """Narrows a Home down by one filter; an empty value widens it again."""
    filters = insert(home).values(user_id=user_id, shown="", filters={name: value})
    merged = {"filters": home.c.filters.op("||")(filters.excluded.filters)}
    db.execute(filters.on_conflict_do_update(index_elements=["user_id"], set_=merged))


def filters_of(db: Connection, user_id: str) -> Mapping[str, str]:
    found: Mapping[str, str] | None = db.execute(select(home.c.filters).where(home.c.user_id == user_id)).scalar()
    return found or {}


def shows(db: Connection, user_id: str, digest: str) -> None:
    """What was published last, as a hash; empty when it is to be published anew in any case."""
    db.execute(update(home).where(home.c.user_id == user_id).values(shown=digest))


def recent(db: Connection, within: timedelta) -> Mapping[str, str]:
    """User → hash of what they see, of those who opened it within that time."""
    rows = db.execute(select(home.c.user_id, home.c.shown).where(home.c.opened_at > SQL_NOW - within))
    return {row.user_id: row.shown for row in rows}
