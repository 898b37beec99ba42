"""The tables of slots and of confirmed steps, and all their SQL."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from digests.model import Slot, Tick
from storage.clock import SQL_NOW
from storage.engine import metadata

_TIME = DateTime(timezone=True)

checkin_slot = Table(
    "checkin_slot",
    metadata,
    Column("pod", Text, nullable=False),
    Column("checkin", Text, nullable=False),
    Column("local_date", Date, nullable=False),
    Column("due_at", _TIME, nullable=False),
    Column("state", Text, nullable=False),
    Column("posted_at", _TIME),
    Column("finished_at", _TIME),
    Column("chart_alt", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("pod", "checkin", "local_date"),
)

checkin_tick = Table(
    "checkin_tick",
    metadata,
    Column("slot", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", _TIME, nullable=False, server_default=SQL_NOW),
    PrimaryKeyConstraint("slot", "section"),
)


def _is(slot: Slot) -> Any:
    return and_(
        checkin_slot.c.pod == slot.pod,
        checkin_slot.c.checkin == slot.checkin,
        checkin_slot.c.local_date == slot.local_date,
    )


def plan(db: Connection, slots: Iterable[Slot]) -> None:
    """Makes slots ahead; one that exists only takes a new time, as long as it is not posted."""
    rows = [
        {"pod": s.pod, "checkin": s.checkin, "local_date": s.local_date, "due_at": s.due_at, "state": s.state}
        for s in slots
    ]
    if not rows:
        return
    statement = insert(checkin_slot)
    moved = and_(checkin_slot.c.state == "due", checkin_slot.c.due_at != statement.excluded.due_at)
    keys = [column.name for column in checkin_slot.primary_key]
    db.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={"due_at": statement.excluded.due_at}, where=moved),
        rows,
    )


def due(db: Connection, now: datetime) -> list[Slot]:
    rows = db.execute(
        select(checkin_slot)
        .where(checkin_slot.c.state == "due", checkin_slot.c.due_at <= now)
        .order_by(checkin_slot.c.due_at)
    )
    return [Slot(**row._mapping) for row in rows]


def claim(db: Connection, slot: Slot, state: str) -> Slot | None:
    """Ends the slot as `posted` or `skipped`; None when a replica was faster."""
    row = db.execute(
        update(checkin_slot)
        .where(_is(slot), checkin_slot.c.state == "due")
        .values(state=state, posted_at=SQL_NOW)
        .returning(checkin_slot)
    ).first()
    return Slot(**row._mapping) if row else None


def unskip(db: Connection, slot: Slot) -> None:
    """Makes a skipped slot due again, now."""
    skipped = update(checkin_slot).where(_is(slot), checkin_slot.c.state == "skipped")
    db.execute(skipped.values(state="due", due_at=slot.due_at, posted_at=None))


def describe_chart(db: Connection, slot: Slot, alt_text: str) -> None:
    db.execute(update(checkin_slot).where(_is(slot)).values(chart_alt=alt_text))


def newest_posted(db: Connection, pod: str, since: date) -> list[Slot]:
    """The pod's posted check-ins from that local date on, newest first."""
    rows = db.execute(
        select(checkin_slot)
        .where(checkin_slot.c.pod == pod, checkin_slot.c.state == "posted", checkin_slot.c.local_date >= since)
        .order_by(checkin_slot.c.posted_at.desc())
    )
    return [Slot(**row._mapping) for row in rows]


def finish(db: Connection, slot: Slot) -> None:
    db.execute(update(checkin_slot).where(_is(slot), checkin_slot.c.finished_at.is_(None)).values(finished_at=SQL_NOW))


def tick(db: Connection, slot_key: str, section: str, by: str) -> bool:
    """False when the step was confirmed before."""
    return (
        db.execute(
            insert(checkin_tick)
            .values(slot=slot_key, section=section, by=by)
            .on_conflict_do_nothing()
            .returning(checkin_tick.c.slot)
        ).first()
        is not None
    )


def ticks(db: Connection, slot_key: str) -> dict[str, Tick]:
    rows = db.execute(select(checkin_tick).where(checkin_tick.c.slot == slot_key))
    return {row.section: Tick(row.by, row.at) for row in rows}
