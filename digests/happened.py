"""What happened in a span of time, read from the rooms below: alerts, posts, stops; one question each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from alerts.store import incident
from audits.switches import switch_turn
from clients.model import CalendarStatus
from clients.store import calendar_item


@dataclass(frozen=True)
class Happened:
    alerts: int
    published: int
    failed: int
    stops: int


def counted(db: Connection, since: datetime, until: datetime, client_ids: Collection[str] | None = None) -> Happened:
    """In [since, until): alerts that began, posts that went out or failed by when they were due, stops."""
    alerts = select(func.count()).where(incident.c.started_at >= since, incident.c.started_at < until)
    posts = select(calendar_item.c.status, func.count()).where(
        calendar_item.c.scheduled_at >= since, calendar_item.c.scheduled_at < until
    )
    if client_ids is not None:
        posts = posts.where(calendar_item.c.client_id.in_(list(client_ids)))
    by_status = {row[0]: row[1] for row in db.execute(posts.group_by(calendar_item.c.status))}
    return Happened(
        alerts=db.execute(alerts).scalar_one(),
        published=sum(by_status.get(status, 0) for status in (CalendarStatus.PUBLISHED, CalendarStatus.VERIFIED)),
        failed=by_status.get(CalendarStatus.FAILED, 0),
        stops=sum(row.stopped for row in turns(db, since, until)),
    )


def turns(db: Connection, since: datetime, until: datetime) -> list[Any]:
    """Every turn of a kill switch in [since, until), oldest first: (scope, stopped, by, asked_by, reason, at)."""
    query = select(switch_turn).where(switch_turn.c.at >= since, switch_turn.c.at < until)
    return list(db.execute(query.order_by(switch_turn.c.at)))


def alerts(db: Connection, since: datetime, until: datetime) -> list[Any]:
    """Per tier: rows of (tier, began, still) of the alerts that began in [since, until)."""
    still = func.count().filter(incident.c.resolved_at.is_(None))
    query = select(incident.c.tier, func.count().label("began"), still.label("still"))
    query = query.where(incident.c.started_at >= since, incident.c.started_at < until)
    return list(db.execute(query.group_by(incident.c.tier).order_by(incident.c.tier)))
