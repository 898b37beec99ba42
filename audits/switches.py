"""The kill switches, and the permits under which side effects are on the way: their tables and all their SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    and_,
    case,
    desc,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from audits.model import Effect, Phase, Result, Scope
from audits.store import audit_event, record
from storage.clock import SQL_NOW
from storage.engine import metadata, plain_cursor

# Whoever asks for a permit shares this lock until the transaction ends; whoever turns a switch holds it alone. It is no
# row's lock: those who share a row let a waiting stop starve. This one is a queue, and sharing it writes nothing.
# https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
_TURNSTILE = 0x636865636B696E

# The row `everything` always exists: where it is gone nobody can know what is stopped.
kill_switch = Table(
    "kill_switch",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("client_id", Text),
    Column("platform", Text),
    Column("lane", Text),
    Column("stopped", Boolean, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("set_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False, server_default=SQL_NOW),
)

# Every turn of every switch, so that a card can tell the whole story.
switch_turn = Table(
    "switch_turn",
    metadata,
    Column("scope", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("asked_by", Text),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=SQL_NOW),
    PrimaryKeyConstraint("scope", "epoch"),
)

permit = Table(
    "permit",
    metadata,
    Column("command_id", Uuid, primary_key=True),
    Column("client_id", Text),
    Column("platform", Text),
    Column("lane", Text),
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=SQL_NOW),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    Column("once", Text),  # what no other permit is for, until it certainly did not happen
)
Index("ix_permit_granted", permit.c.granted_at)
Index("ux_permit_once", permit.c.once, unique=True, postgresql_where=permit.c.once.is_not(None))

# And one at a time asks for what may happen once.
_PASS = f"SELECT pg_advisory_xact_lock_shared({_TURNSTILE}), pg_advisory_xact_lock(hashtextextended(%s, 0))"
# Of an effect that does not tell its client, platform or lane nobody can know that a switch is not for it.
_TOUCHING = """
SELECT scope, stopped FROM kill_switch
WHERE coalesce(client_id = %(client_id)s, true) AND coalesce(platform = %(platform)s, true)
AND coalesce(lane = %(lane)s, true) ORDER BY scope
"""
_GRANT = """
INSERT INTO permit (command_id, client_id, platform, lane, expires_at, once)
VALUES (%(command_id)s, %(client_id)s, %(platform)s, %(lane)s, checkin_now() + %(lasting)s, %(once)s)
"""
SETTLE = """
UPDATE permit SET settled_at = checkin_now(), once = CASE WHEN %(result)s IN ('fail', 'blocked') THEN NULL ELSE once END
WHERE command_id = %(command_id)s
"""
"""Along with the outcome."""


@dataclass(frozen=True)
class Switch:
    """A kill switch that is on."""

    scope: Scope
    set_by: str
    reason: str
    set_at: datetime
    epoch: int


@dataclass(frozen=True)
class Turn:
    """How a stop ended: who confirmed, who had asked, why, when."""

    by: str
    asked_by: str | None
    reason: str
    at: datetime


@dataclass(frozen=True)
class Flights:
    """Side effects that were on the way when somebody said stop: how many still are, and what became of the others."""

    in_flight: int = 0
    published: int = 0
    aborted: int = 0
    unknown: int = 0


def switches_on(db: Connection) -> list[Switch]:
    """All kill switches that are on, newest first."""
    rows = db.execute(select(kill_switch).where(kill_switch.c.stopped).order_by(desc(kill_switch.c.set_at)))
    return [Switch(Scope(r.client_id, r.platform, r.lane), r.set_by, r.reason, r.set_at, r.epoch) for r in rows]


def stops_ended(db: Connection, since: datetime) -> list[tuple[Switch, Turn]]:
    """Stops that were ended since then, with the turn that ended each."""
    stop, end = switch_turn.alias(), switch_turn.alias()
    rows = db.execute(
        select(
            stop,
            end.c.by.label("ended_by"),
            end.c.asked_by.label("asked"),
            end.c.reason.label("why"),
            end.c.at.label("ended"),
        )
        .join(end, and_(end.c.scope == stop.c.scope, end.c.epoch == stop.c.epoch + 1))
        .where(stop.c.stopped, end.c.at >= since)
        .order_by(end.c.at)
    )
    return [
        (Switch(Scope.of(r.scope), r.by, r.reason, r.at, r.epoch), Turn(r.ended_by, r.asked, r.why, r.ended))
        for r in rows
    ]


def stopped_by(db: Connection, scope: Scope, once: str | None = None) -> list[str]:
    """The keys of the switches that stop a side effect within `scope`; no switch is turned until the transaction ends.

    Nor does anybody else get this far with the same `once`.

    Without the row `everything` nobody can know what is stopped, so everything is; and what does not tell its platform
    waits while any platform is stopped.
    """
    with plain_cursor(db) as cursor:
        cursor.execute(_PASS, [once])
        # A statement of its own: the one above does not see a switch that was made while it waited.
        stopped = dict(cursor.execute(_TOUCHING, vars(scope)).fetchall())
    return [key for key, on in ({"everything": True} | stopped).items() if on]


def set_switch(
    db: Connection, scope: Scope, *, stopped: bool, by: str, reason: str, asked_by: str | None = None
) -> int | None:
    """Turns a switch; waits for permits being granted just now. Its new epoch; None when it already stood so."""
    db.execute(select(func.pg_advisory_xact_lock(_TURNSTILE)))
    change = {"stopped": stopped, "set_by": by, "reason": reason, "set_at": SQL_NOW}
    values = {"client_id": scope.client_id, "platform": scope.platform, "lane": scope.lane, "epoch": 1}
    epoch: int | None = db.execute(
        insert(kill_switch)
        .values(scope=scope.key, **values, **change)
        .on_conflict_do_update(
            index_elements=["scope"],
            set_={**change, "epoch": kill_switch.c.epoch + 1},
            where=kill_switch.c.stopped != stopped,
        )
        .returning(kill_switch.c.epoch)
    ).scalar_one_or_none()
    if epoch is not None:
        turn = {"scope": scope.key, "epoch": epoch, "stopped": stopped, "by": by, "asked_by": asked_by}
        db.execute(insert(switch_turn).values(**turn, reason=reason))
    return epoch


def grant(db: Connection, effect: Effect, lasting: timedelta) -> UUID:
    """Gives a permit together with the intent that it is for, whose audit id this is."""
    return record(db, effect, Phase.INTENT, None, along=_GRANT, lasting=lasting, once=effect.once)


def expiry(db: Connection, command_id: UUID) -> datetime | None:
    """Until when this permit holds; None when it does not."""
    holds = (permit.c.command_id == command_id, permit.c.settled_at.is_(None), permit.c.expires_at > SQL_NOW)
    return db.execute(select(permit.c.expires_at).where(*holds)).scalar_one_or_none()


def hold(db: Connection, command_id: UUID) -> bool:
    """Keeps others from settling this permit until the transaction ends; False when there is none."""
    mine = select(permit.c.command_id).where(permit.c.command_id == command_id)
    return db.execute(mine.with_for_update()).first() is not None


def in_flight(db: Connection, scope: Scope) -> Sequence[UUID]:
    """The commands that hold an open permit within `scope`."""
    query = select(permit.c.command_id).where(_within(scope), permit.c.settled_at.is_(None))
    return db.execute(query.where(permit.c.expires_at > SQL_NOW)).scalars().all()


def flights(db: Connection, switch: Switch) -> Flights:
    """What was on the way when the switch was turned on, and what became of it."""
    result = (
        select(audit_event.c.result)
        .where(audit_event.c.command_id == permit.c.command_id, audit_event.c.phase == Phase.OUTCOME)
        .order_by(desc(audit_event.c.seq))
        .limit(1)
        .scalar_subquery()
    )
    was_open = and_(
        permit.c.granted_at <= switch.set_at,
        permit.c.expires_at > switch.set_at,
        or_(permit.c.settled_at.is_(None), permit.c.settled_at > switch.set_at),
    )
    became = case(
        (and_(permit.c.settled_at.is_(None), permit.c.expires_at > SQL_NOW), "in_flight"),
        (permit.c.settled_at.is_(None), Result.UNKNOWN),  # a refusal before the permit tells nothing of it
        (result == Result.BLOCKED, Result.FAIL),
        else_=func.coalesce(result, Result.UNKNOWN),
    )
    counted = select(became, func.count()).where(_within(switch.scope), was_open).group_by(became)
    found = {row[0]: row[1] for row in db.execute(counted)}
    return Flights(*(found.get(name, 0) for name in ("in_flight", Result.SUCCESS, Result.FAIL, Result.UNKNOWN)))


def _within(scope: Scope) -> ColumnElement[bool]:
    asked = ((permit.c.client_id, scope.client_id), (permit.c.platform, scope.platform), (permit.c.lane, scope.lane))
    return and_(true(), *(or_(column == value, column.is_(None)) for column, value in asked if value))


def abandon(db: Connection) -> UUID | None:
    """Settles one permit whose holder did not come back in time; its command id, or None when there is none.

    Another process that looks at the same moment gets another one.
    """
    expired = (
        select(permit.c.command_id)
        .where(permit.c.settled_at.is_(None), permit.c.expires_at <= SQL_NOW)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    found = db.execute(
        update(permit).where(permit.c.command_id == expired).values(settled_at=SQL_NOW).returning(permit.c.command_id)
    )
    return found.scalar_one_or_none()
