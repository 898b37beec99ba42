"""The kill switches, and the permits under which side effects are on the way: their tables and all their SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Index,
    Table,
    Text,
    Uuid,
    desc,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from audits.model import Effect, Scope
from storage.clock import SQL_NOW
from storage.engine import metadata

# The row `everything` always exists and is the only lock: whoever asks for a permit shares it, whoever turns any switch
# holds it alone.
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
)
Index("ix_permit_in_flight", permit.c.granted_at, postgresql_where=permit.c.settled_at.is_(None))


@dataclass(frozen=True)
class Switch:
    """A kill switch that is on."""

    scope: Scope
    set_by: str
    reason: str
    set_at: datetime
    epoch: int


def switches_on(db: Connection) -> list[Switch]:
    """All kill switches that are on, newest first."""
    rows = db.execute(select(kill_switch).where(kill_switch.c.stopped).order_by(desc(kill_switch.c.set_at)))
    return [Switch(Scope(r.client_id, r.platform, r.lane), r.set_by, r.reason, r.set_at, r.epoch) for r in rows]


def switches_off(db: Connection) -> list[tuple[Scope, int, str, datetime, str]]:
    """Switches that were on once and are off: (scope, epoch, who turned it off, when, why)."""
    rows = db.execute(select(kill_switch).where(~kill_switch.c.stopped, kill_switch.c.epoch > 0))
    return [(Scope(r.client_id, r.platform, r.lane), r.epoch, r.set_by, r.set_at, r.reason) for r in rows]


def stopped_by(db: Connection, scope: Scope) -> list[str]:
    """The keys of the switches that stop a side effect within `scope`; no switch is turned until the transaction ends.

    Without the row `everything` nobody can know what is stopped, so everything is.
    """
    everything = select(kill_switch.c.scope).where(kill_switch.c.scope == "everything").with_for_update(read=True)
    if db.execute(everything).first() is None:
        return ["everything"]
    # A statement of its own: the one above does not see a switch that was made while it waited.
    covering = select(kill_switch.c.scope).where(kill_switch.c.scope.in_(scope.covering()), kill_switch.c.stopped)
    return list(db.execute(covering.order_by(kill_switch.c.scope)).scalars())


def set_switch(db: Connection, scope: Scope, *, stopped: bool, by: str, reason: str) -> bool:
    """Turns a switch; waits for permits being granted just now. False when it already stood so."""
    db.execute(select(kill_switch.c.scope).where(kill_switch.c.scope == "everything").with_for_update())
    change = {"stopped": stopped, "set_by": by, "reason": reason, "set_at": SQL_NOW}
    values = {"client_id": scope.client_id, "platform": scope.platform, "lane": scope.lane, "epoch": 1}
    turned = db.execute(
        insert(kill_switch)
        .values(scope=scope.key, **values, **change)
        .on_conflict_do_update(
            index_elements=["scope"],
            set_={**change, "epoch": kill_switch.c.epoch + 1},
            where=kill_switch.c.stopped != stopped,
        )
        .returning(kill_switch.c.epoch)
    )
    return turned.first() is not None


def grant(db: Connection, effect: Effect, expires_at: datetime) -> None:
    db.execute(
        insert(permit).values(
            command_id=effect.command_id,
            client_id=effect.client_id,
            platform=effect.platform,
            lane=effect.lane,
            expires_at=expires_at,
        )
    )


def settle(db: Connection, command_id: UUID) -> None:
    db.execute(update(permit).where(permit.c.command_id == command_id).values(settled_at=SQL_NOW))


def in_flight(db: Connection, scope: Scope) -> Sequence[UUID]:
    """The commands that hold an open permit within `scope`."""
    query = select(permit.c.command_id).where(permit.c.settled_at.is_(None), permit.c.expires_at > SQL_NOW)
    for column, value in ((permit.c.client_id, scope.client_id), (permit.c.platform, scope.platform)):
        if value:
            query = query.where(column == value)
    if scope.lane:
        query = query.where(permit.c.lane == scope.lane)
    return db.execute(query).scalars().all()
