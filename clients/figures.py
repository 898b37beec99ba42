"""What is counted from the reports: how publishing goes, the funnel, money and tokens; reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection as Db
from sqlalchemy import Row, and_, func, or_, select

from clients.model import CalendarStatus, Stage
from clients.store import calendar_item, funnel_step, provider_usage

# Later than this is not slow any more: the longest publish takes a few minutes.
OVERDUE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Publishing:
    """How one client's calendar goes on one platform, counted over a window of time."""

    client_id: str
    platform: str
    ended: int
    """Went out or failed for good."""
    failed: int
    failed_in_a_row: int
    """Since the last one that went out."""
    blocked: int
    overdue: int
    overdue_since: datetime | None
    unapproved: int
    """Their time passed while they waited for approval."""
    reason: str | None
    """The most frequent reason of the failures."""
    next_at: datetime | None
    blocked_since: datetime | None = None
    unapproved_since: datetime | None = None


@dataclass(frozen=True)
class Share:
    """How many items of one client took a stage of the funnel; `platform` is None before publishing."""

    client_id: str
    platform: str | None
    stage: Stage
    ok: int
    total: int


def funnel(db: Db, client_id: str, since: datetime) -> dict[str, tuple[int, int]]:
    """Per stage (ok, all) of one client since."""
    rows = db.execute(
        select(funnel_step.c.stage, func.count().filter(funnel_step.c.ok), func.count())
        .where(funnel_step.c.client_id == client_id, funnel_step.c.at >= since)
        .group_by(funnel_step.c.stage)
    )
    return {stage: (ok, total) for stage, ok, total in rows}


def funnels(db: Db, since: datetime) -> list[Share]:
    """What became of every client's items since, stage by stage."""
    own = (funnel_step.c.client_id, funnel_step.c.platform, funnel_step.c.stage)
    rows = db.execute(
        select(*own, func.count().filter(funnel_step.c.ok).label("ok"), func.count().label("total"))
        .where(funnel_step.c.at >= since)
        .group_by(*own)
    )
    return [Share(row.client_id, row.platform, Stage(row.stage), row.ok, row.total) for row in rows]


def due(db: Db, since: datetime, until: datetime) -> dict[CalendarStatus, int]:
    """What is to go out in [since, until), counted by how it stands; without what is over."""
    over = (CalendarStatus.CANCELLED, CalendarStatus.FAILED)
    rows = db.execute(
        select(calendar_item.c.status, func.count())
        .where(calendar_item.c.scheduled_at >= since, calendar_item.c.scheduled_at < until)
        .where(calendar_item.c.status.not_in(over))
        .group_by(calendar_item.c.status)
    )
    return {CalendarStatus(status): count for status, count in rows}


def publishing(
    db: Db, since: datetime, now: datetime, until: datetime, *, client_ids: Collection[str] | None = None
) -> list[Publishing]:
    """How the calendar in [since, until) goes for each client on each platform."""
    own = (calendar_item.c.client_id, calendar_item.c.platform)
    at, status = calendar_item.c.scheduled_at, calendar_item.c.status
    went_out = [CalendarStatus.PUBLISHED, CalendarStatus.VERIFIED]
    items = select(
        *own,
        at,
        status,
        calendar_item.c.error_reason,
        func.max(at).filter(status.in_(went_out)).over(partition_by=own).label("last_good"),
    ).where(at >= since, at < until)
    if client_ids is not None:
        items = items.where(calendar_item.c.client_id.in_(list(client_ids)))
    one = items.subquery().c
    failed = one.status == CalendarStatus.FAILED
    overdue = and_(
        one.status.in_([CalendarStatus.SCHEDULED, CalendarStatus.PUBLISHING]), one.scheduled_at < now - OVERDUE_AFTER
    )
    unapproved = and_(one.status == CalendarStatus.AWAITING_APPROVAL, one.scheduled_at < now)
    to_come = and_(
        one.status.in_([CalendarStatus.PLANNED, CalendarStatus.AWAITING_APPROVAL, CalendarStatus.SCHEDULED]),
        one.scheduled_at >= now,
    )
    rows = db.execute(
        select(
            one.client_id,
            one.platform,
            func.count().filter(or_(failed, one.status.in_(went_out))).label("ended"),
            func.count().filter(failed).label("failed"),
            func.count()
            .filter(failed, or_(one.last_good.is_(None), one.scheduled_at > one.last_good))
            .label("failed_in_a_row"),
            func.count().filter(one.status == CalendarStatus.BLOCKED).label("blocked"),
            func.min(one.scheduled_at).filter(one.status == CalendarStatus.BLOCKED).label("blocked_since"),
            func.count().filter(overdue).label("overdue"),
            func.min(one.scheduled_at).filter(overdue).label("overdue_since"),
            func.count().filter(unapproved).label("unapproved"),
            func.min(one.scheduled_at).filter(unapproved).label("unapproved_since"),
            func.mode().within_group(one.error_reason).filter(failed).label("reason"),
            func.min(one.scheduled_at).filter(to_come).label("next_at"),
        )
        .group_by(one.client_id, one.platform)
        .order_by(one.client_id, one.platform)
    )
    return [Publishing(**row) for row in rows.mappings()]


def spend(
    db: Db,
    by: str,
    since: datetime,
    until: datetime,
    *,
    client_id: str | None = None,
    grain: Literal["hour", "day"] = "hour",
    zone: str = "UTC",
) -> list[Row[Any]]:
    """USD per hour or day of `zone`: rows of (start, name, usd, retry_usd); `by` is a column of provider_usage."""
    start = func.date_trunc(grain, provider_usage.c.at, zone).label("start")
    name = provider_usage.c[by].label("name")
    retries = func.coalesce(func.sum(provider_usage.c.usd).filter(provider_usage.c.retry_of.is_not(None)), 0)
    query = select(start, name, func.sum(provider_usage.c.usd).label("usd"), retries.label("retry_usd")).where(
        provider_usage.c.at >= since, provider_usage.c.at < until
    )
    if client_id is not None:
        query = query.where(provider_usage.c.client_id == client_id)
    return list(db.execute(query.group_by(start, name).order_by(start, name)))


def spent_since(db: Db) -> datetime | None:
    """When the first call to a provider was reported; before it nothing is known, which is not nothing."""
    return db.execute(select(func.min(provider_usage.c.at))).scalar()


def tokens(db: Db, client_id: str, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    """Per language model of one client (in, out): the metric of tokens does not know the client."""
    rows = db.execute(
        select(provider_usage.c.model, func.sum(provider_usage.c.tokens_in), func.sum(provider_usage.c.tokens_out))
        .where(provider_usage.c.client_id == client_id, provider_usage.c.kind == "llm")
        .where(provider_usage.c.at >= since, provider_usage.c.at < until)
        .group_by(provider_usage.c.model)
    )
    return {model: (int(into), int(out)) for model, into, out in rows}
