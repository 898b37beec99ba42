"""The state of every client, computed from Postgres for Prometheus: what is due now, not what was counted.

A client with three publishes a day is judged by these; a rate of so few says nothing. Counting what happens is left to
the services in which it does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine

from clients import figures
from clients import store as clients
from clients.figures import Publishing, Share
from clients.model import Connection, ConnectionStatus, Stage
from storage import clock
from telemetry import catalog
from telemetry.catalog import Metric
from telemetry.metrics import Metrics

_WINDOW = timedelta(days=7)  # of the funnel, and how far back a failure or a late item still counts

_Gauges = Mapping[Metric, Mapping[tuple[str, ...], float]]

_FUNNEL = {
    Stage.ASSET: catalog.PLAN_TO_ASSET_SUCCESS_RATE,
    Stage.CALENDAR: catalog.ASSET_TO_CALENDAR_SUCCESS_RATE,
    Stage.PUBLISH: catalog.CALENDAR_TO_PUBLISH_SUCCESS_RATE,
    Stage.ENGAGEMENT: catalog.PUBLISH_TO_ENGAGEMENT_INGEST_RATE,
}


def refresh(engine: Engine, metrics: Metrics) -> None:
    """Computes all of them anew. While Postgres does not answer the old ones stay, and so does the time they tell."""
    with engine.begin() as db:
        now = clock.now(db)
        shares = figures.funnels(db, now - _WINDOW)
        publishing = figures.publishing(db, now - _WINDOW, now, now)
        connections = clients.connections(db)
        everyone = clients.all_clients(db)
    budgets: dict[tuple[str, ...], float] = {
        (one.client_id,): float(one.budget_usd_per_day) for one in everyone if one.budget_usd_per_day
    }
    told: dict[Metric, Mapping[tuple[str, ...], float]] = {
        **_funnel(shares),
        **_state(publishing, connections),
        **_logins(connections),
        catalog.CLIENT_BUDGET_USD_PER_DAY: budgets,
        catalog.OUTCOME_SWEEPER_LAST_SUCCESS_TIMESTAMP_SECONDS: {(): now.timestamp()},
    }
    for metric, values in told.items():
        metrics.replace(metric, values)


def _funnel(shares: Iterable[Share]) -> _Gauges:
    """Each stage's share of successes and the number of items it is a share of."""
    counted: dict[Metric, dict[tuple[str, ...], tuple[int, int]]] = {metric: {} for metric in _FUNNEL.values()}
    items: dict[tuple[str, ...], float] = defaultdict(float)
    for share in shares:
        metric = _FUNNEL[share.stage]
        known = {"client_id": share.client_id, "platform": share.platform or ""}
        labels = tuple(known[label] for label in metric.labels)
        ok, total = counted[metric].get(labels, (0, 0))
        counted[metric][labels] = ok + share.ok, total + share.total
        platform = known["platform"] if "platform" in metric.labels else ""
        items[share.client_id, platform, share.stage] += share.total
    rates = {metric: {labels: ok / total for labels, (ok, total) in own.items()} for metric, own in counted.items()}
    return {**rates, catalog.CLIENT_FUNNEL_ITEMS: items}


def _state(publishing: Iterable[Publishing], connections: Iterable[Connection]) -> _Gauges:
    failures: dict[tuple[str, ...], float] = {}
    overdue: dict[tuple[str, ...], float] = {}
    held_up: dict[tuple[str, ...], float] = {}
    for one in publishing:
        own = (one.client_id, one.platform)
        failures[own] = one.failed_in_a_row
        overdue[own] = one.overdue
        held_up[*own, "blocked"] = _seconds(one.blocked_since)
        held_up[*own, "approval"] = _seconds(one.unapproved_since)
    for connection in connections:
        held_up[connection.client_id, connection.platform, "connection"] = _seconds(connection.challenge_since)
    return {
        catalog.CLIENT_PUBLISH_CONSECUTIVE_FAILURES: failures,
        catalog.CLIENT_OVERDUE_ITEMS: overdue,
        catalog.CLIENT_BLOCKED_SINCE_TIMESTAMP_SECONDS: held_up,
    }


def _logins(connections: Iterable[Connection]) -> _Gauges:
    """What is not known of a login is not told: a time of 0 would read as expired in 1970."""
    own = {(one.client_id, one.platform): one for one in connections}
    return {
        catalog.CLIENT_LOGIN_CHALLENGE_OPEN: {
            labels: float(one.status is ConnectionStatus.CHALLENGE) for labels, one in own.items()
        },
        catalog.CLIENT_TOKEN_EXPIRY_TIMESTAMP_SECONDS: {
            labels: one.token_expires_at.timestamp() for labels, one in own.items() if one.token_expires_at
        },
        catalog.CLIENT_TOKEN_LAST_REFRESH_OK: {
            labels: float(one.last_refresh_ok) for labels, one in own.items() if one.last_refresh_ok is not None
        },
    }


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
