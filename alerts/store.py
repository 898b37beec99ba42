"""The tables of incidents and of what Alertmanager delivered, and all their SQL."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    Table,
    Text,
    desc,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from alerts.model import AlertGroup, Incident
from storage.clock import SQL_NOW
from storage.engine import metadata

_TIME = DateTime(timezone=True)

incident = Table(
    "incident",
    metadata,
    Column("incident_id", Text, primary_key=True),
    Column("group_key", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("alert_group", JSONB, nullable=False),
    Column("started_at", _TIME, nullable=False),
    Column("resolved_at", _TIME),
    Column("acked_by", Text),
    Column("acked_at", _TIME),
)
Index("ix_incident_group", incident.c.group_key, desc(incident.c.started_at))
Index("ix_incident_open", incident.c.tier, postgresql_where=incident.c.resolved_at.is_(None))

# Every delivery as it came: what decided anything can be read again.
alert_delivery = Table(
    "alert_delivery",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("group_key", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("received_at", _TIME, nullable=False, server_default=SQL_NOW),
)


def lock_group(db: Connection, group_key: str) -> None:
    """Deliveries of one group are decided one after the other, also across replicas, until the transaction ends."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(group_key, 0))))


def last_incident(db: Connection, group_key: str) -> Incident | None:
    """The one that is open, else the one that ended last."""
    row = db.execute(
        select(incident)
        .where(incident.c.group_key == group_key)
        .order_by(desc(incident.c.resolved_at).nulls_first())
        .limit(1)
    ).first()
    return _incident(row) if row else None


def one_incident(db: Connection, incident_id: str) -> Incident | None:
    row = db.execute(select(incident).where(incident.c.incident_id == incident_id)).first()
    return _incident(row) if row else None


def open_incidents(db: Connection) -> list[Incident]:
    """Gravest first."""
    rows = db.execute(
        select(incident).where(incident.c.resolved_at.is_(None)).order_by(incident.c.tier, incident.c.started_at)
    )
    return [_incident(row) for row in rows]


def remember_delivery(db: Connection, group: AlertGroup, decision: str) -> None:
    db.execute(insert(alert_delivery).values(group_key=group.group_key, decision=decision, body=_body(group)))


def opening(db: Connection, group_key: str) -> AlertGroup | None:
    """The delivery that opened the group's last incident, unless somebody tidied it away."""
    first = select(alert_delivery.c.body).where(
        alert_delivery.c.group_key == group_key, alert_delivery.c.decision == "open"
    )
    body = db.execute(first.order_by(desc(alert_delivery.c.seq)).limit(1)).scalar()
    return AlertGroup.model_validate(body) if body else None


def open_incident(db: Connection, group: AlertGroup, now: datetime) -> Incident:
    started = group.leading.starts_at
    name = hashlib.sha256(f"{group.group_key}@{started.isoformat()}@{now.isoformat()}".encode()).hexdigest()[:16]
    db.execute(
        insert(incident).values(
            incident_id=name, group_key=group.group_key, tier=group.tier, alert_group=_body(group), started_at=started
        )
    )
    return Incident(name, group.group_key, group.tier, group, started)


def update_incident(db: Connection, incident_id: str, group: AlertGroup, *, over: bool) -> Incident:
    row = db.execute(
        update(incident)
        .where(incident.c.incident_id == incident_id)
        .values(alert_group=_body(group), **({"resolved_at": SQL_NOW} if over else {}))
        .returning(incident)
    ).one()
    return _incident(row)


def acknowledge(db: Connection, incident_id: str, by: str) -> Incident | None:
    """None when it is over or somebody was faster."""
    row = db.execute(
        update(incident)
        .where(incident.c.incident_id == incident_id, incident.c.acked_by.is_(None), incident.c.resolved_at.is_(None))
        .values(acked_by=by, acked_at=SQL_NOW)
        .returning(incident)
    ).first()
    return _incident(row) if row else None


def _body(group: AlertGroup) -> dict[str, Any]:
    return group.model_dump(mode="json", by_alias=True)


def _incident(row: Any) -> Incident:
    return Incident(
        row.incident_id,
        row.group_key,
        row.tier,
        AlertGroup.model_validate(row.alert_group),
        row.started_at,
        row.resolved_at,
        row.acked_by,
        row.acked_at,
    )
