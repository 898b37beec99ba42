"""The tables of slots, of confirmed steps and of the sign of life, and all their SQL."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    PrimaryKeyConstraint,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from audits.switches import kill_switch
from clients.model import ItemState
from clients.work_items import work_item
from digests.model import Slot, Tick
from operations.item_store import batch
from operations.store import click
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
    Column("late", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("pod", "checkin", "local_date"),
)

checkin_tick = Table(
    "checkin_tick",
    metadata,
    Column("slot", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("line", Text),
    Column("at", _TIME, nullable=False, server_default=SQL_NOW),
    PrimaryKeyConstraint("slot", "section"),
)

checkin_alive = Table(
    "checkin_alive",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", _TIME, nullable=False),
    Column("away_since", _TIME),
    Column("away_until", _TIME),
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


def waits(db: Connection, slot: Slot) -> bool:
    """Whether nobody has posted or skipped it yet: what follows is work for nothing otherwise."""
    return db.execute(select(checkin_slot.c.state).where(_is(slot))).scalar() == "due"


def claim(db: Connection, slot: Slot, state: str, late: str = "") -> Slot | None:
    """Ends the slot as `posted` or `skipped`; None when a replica was faster. `late` is why it came late."""
    row = db.execute(
        update(checkin_slot)
        .where(_is(slot), checkin_slot.c.state == "due")
        .values(state=state, posted_at=SQL_NOW, late=late)
        .returning(checkin_slot)
    ).first()
    return Slot(**row._mapping) if row else None


def unskip(db: Connection, slot: Slot) -> None:
    """Makes a skipped slot due again, now."""
    skipped = update(checkin_slot).where(_is(slot), checkin_slot.c.state == "skipped")
    db.execute(skipped.values(state="due", due_at=slot.due_at, posted_at=None))


def is_known(db: Connection, slot_key: str) -> bool:
    """Whether there is a slot of this key, made up by whomever."""
    pod, checkin, day = (*slot_key.rsplit("/", 2), "", "")[:3]
    named = (checkin_slot.c.pod == pod, checkin_slot.c.checkin == checkin, cast(checkin_slot.c.local_date, Text) == day)
    return db.execute(select(checkin_slot.c.pod).where(*named)).first() is not None


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


def ended_between(db: Connection, since: datetime, until: datetime) -> list[Slot]:
    """The check-ins of all pods that were posted or skipped and were due in [since, until), by time."""
    ended = (checkin_slot.c.state != "due", checkin_slot.c.due_at >= since, checkin_slot.c.due_at < until)
    rows = db.execute(select(checkin_slot).where(*ended).order_by(checkin_slot.c.due_at, checkin_slot.c.pod))
    return [Slot(**row._mapping) for row in rows]


def people(db: Connection, slot: Slot, client_ids: Collection[str] | None = None) -> list[str]:
    """Who decided something in a posted check-in until it was finished, or confirmed a step of it; by name."""
    until = func.coalesce(slot.finished_at, SQL_NOW)
    decided = select(work_item.c.closed_by).where(
        work_item.c.first_told_at <= slot.posted_at,
        work_item.c.closed_at >= slot.posted_at,
        work_item.c.closed_at <= until,
        work_item.c.closed_by.is_not(None),
    )
    if client_ids is not None:
        decided = decided.where(work_item.c.client_id.in_(list(client_ids)))
    confirmed = select(checkin_tick.c.by).where(checkin_tick.c.slot == slot.key)
    return sorted(db.execute(decided.union(confirmed)).scalars())


def skipped_since_last(db: Connection, slot: Slot) -> list[Slot]:
    """What was skipped of the pod's check-ins since its last one was posted, oldest first."""
    mine = checkin_slot.c.pod == slot.pod
    last = select(func.max(checkin_slot.c.due_at)).where(mine, checkin_slot.c.state == "posted").scalar_subquery()
    skipped = select(checkin_slot).where(
        mine,
        checkin_slot.c.state == "skipped",
        checkin_slot.c.due_at < slot.due_at,
        or_(last.is_(None), checkin_slot.c.due_at > last),
    )
    return [Slot(**row._mapping) for row in db.execute(skipped.order_by(checkin_slot.c.due_at))]


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
    return {row.section: Tick(row.by, row.at, row.line) for row in rows}


def keep(db: Connection, slot_key: str, section: str, line: str) -> None:
    """Writes down what the step said when it was confirmed."""
    confirmed = (checkin_tick.c.slot == slot_key, checkin_tick.c.section == section, checkin_tick.c.line.is_(None))
    db.execute(update(checkin_tick).where(*confirmed).values(line=line))


# The transaction that last wrote the row: larger with every change of an item, whatever changed it.
# https://www.postgresql.org/docs/current/ddl-system-columns.html
_WRITTEN = cast(cast(literal_column("work_item.xmin"), Text), BigInteger)


def version(db: Connection, slot: Slot, now: datetime, client_ids: Collection[str] | None = None) -> tuple[Any, ...]:
    """As long as it stays the same, so does what a posted check-in shows of items, clicks, confirmations and stops.

    It counts the times that are still to come as well: when one passes, an item is shown in another way.
    """
    mine = [or_(work_item.c.state == ItemState.OPEN, work_item.c.closed_at >= slot.posted_at)]
    if client_ids is not None:
        mine.append(work_item.c.client_id.in_(list(client_ids)))
    times = (work_item.c.undo_until, work_item.c.aside_until, work_item.c.due_at)
    confirmed = select(func.count() + func.count(checkin_tick.c.line)).where(checkin_tick.c.slot == slot.key)
    clicks = select(func.count()).where(click.c.at >= slot.posted_at)
    turns = select(func.sum(kill_switch.c.epoch))
    query = select(
        func.count(work_item.c.item_id),
        func.sum(_WRITTEN),
        *(func.count().filter(time > now) for time in times),
        *(each.scalar_subquery() for each in (confirmed, clicks, turns)),
    )
    return tuple(db.execute(query.where(*mine)).one())


_ALIVE = "bot"


def beat(db: Connection, now: datetime, most: timedelta) -> None:
    """Somebody runs. When the last sign of that is older than `most`, the time between is kept as the gap."""
    statement = insert(checkin_alive).values(name=_ALIVE, at=now)
    gone = checkin_alive.c.at < now - most
    gap = {
        "away_since": case((gone, checkin_alive.c.at), else_=checkin_alive.c.away_since),
        "away_until": case((gone, now), else_=checkin_alive.c.away_until),
    }
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"at": func.greatest(checkin_alive.c.at, now), **gap}
        )
    )


def last_beat(db: Connection) -> datetime | None:
    last: datetime | None = db.execute(select(func.max(checkin_alive.c.at))).scalar_one()
    return last


def gap(db: Connection) -> tuple[datetime, datetime] | None:
    """(since, until) of the last time that nobody ran; None when there was none yet."""
    row = db.execute(select(checkin_alive).where(checkin_alive.c.away_since.is_not(None))).first()
    return (row.away_since, row.away_until) if row else None


def effort(
    db: Connection, slot: Slot, client_ids: Collection[str] | None = None
) -> tuple[int, int, datetime | None, datetime | None]:
    """(clicks, items decided or put aside, first click, last click) of a posted check-in.

    Until it was finished or the pod's next one came; what somebody pressed who may not is no work.
    """
    following = select(func.min(checkin_slot.c.posted_at)).where(
        checkin_slot.c.pod == slot.pod, checkin_slot.c.posted_at > slot.posted_at, checkin_slot.c.state == "posted"
    )
    until = func.least(func.coalesce(slot.finished_at, SQL_NOW), following.scalar_subquery())
    mine = [work_item.c.first_told_at <= slot.posted_at]
    if client_ids is not None:
        mine.append(work_item.c.client_id.in_(list(client_ids)))
    about = func.split_part(click.c.value, "|", 1)
    batches = select(func.concat("batch:", batch.c.batch_id)).where(batch.c.thread_key == slot.card_key)
    clicks = select(func.count(), func.min(click.c.at), func.max(click.c.at)).where(
        click.c.at >= slot.posted_at,
        click.c.at <= until,
        click.c.key.not_like("batch:%"),  # what a batch does to each item is nobody's press
        click.c.answer != "refused:role",
        or_(
            about.in_(select(work_item.c.item_id).where(*mine)),
            about == slot.key,
            func.split_part(click.c.value, "|", 2) == slot.card_key,
            about.in_(batches),
        ),
    )
    count, first, last = db.execute(clicks).one()
    done = select(func.count()).where(
        *mine,
        or_(
            and_(work_item.c.closed_at >= slot.posted_at, work_item.c.closed_at <= until),
            and_(work_item.c.aside_at >= slot.posted_at, work_item.c.aside_at <= until),
        ),
    )
    return count, db.execute(done).scalar_one(), first, last
