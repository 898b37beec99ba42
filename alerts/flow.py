"""Alertmanager's delivery to a card in Slack: lock → decide → write → the outbox posts → the chart follows."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from alerts import store
from alerts.cards import Routing, alert_card, titled
from alerts.decide import Close, Open, Skip, Update, decide
from alerts.definitions import Tier
from alerts.model import AlertGroup, Incident
from charts import AlertChart, ChartError, Renderer, Series
from clients import store as clients
from clients import work_items
from clients.model import ItemKind
from messages.pictures import put_picture
from messages.store import put
from metrics.model import Missing
from metrics.reader import Reader
from operations.stops import standing
from storage import clock
from telemetry import catalog
from telemetry.metrics import Metrics

_PRIORITY: Mapping[Tier, int] = {"P0": 0, "P1": 1, "P2": 3, "P3": 4}
_POINTS = 120
# The longest of the rules' windows that must be bad before one of them fires.
_BUILT_UP = timedelta(minutes=30)

log = structlog.get_logger(__name__)


def receive(engine: Engine, group: AlertGroup, routing: Routing) -> Incident | None:
    """Writes down a delivery and what follows from it in one transaction; None when nothing is to be shown."""
    with engine.begin() as db:
        store.lock_group(db, group.group_key)
        last = store.last_incident(db, group.group_key)
        decision = decide(group, last)
        if not group.heartbeat:
            store.remember_delivery(db, group, type(decision).__name__.lower())
        incident = _follow(db, decision, group, last)
        if incident:
            show(db, incident, routing)
    if not group.heartbeat:
        log.info("alert_received", decision=type(decision).__name__, tier=group.tier, status="ok")
    return incident


def _follow(
    db: Connection, decision: Open | Update | Close | Skip, group: AlertGroup, last: Incident | None
) -> Incident | None:
    if isinstance(decision, Skip):
        return None
    if isinstance(decision, Open) or last is None:
        return store.open_incident(db, group, clock.now(db))
    if isinstance(decision, Close):
        # Of its end Prometheus tells with the figures of its last look, when it was nearly well.
        began = store.opening(db, last.group_key) or last.group
        return store.update_incident(db, last.incident_id, group.in_the_words_of(began, last.group), over=True)
    return store.update_incident(db, last.incident_id, group, over=False)


def show(db: Connection, incident: Incident, routing: Routing) -> None:
    """Brings the incident's card up to date."""
    mention = routing.mentions.get(incident.tier, "")
    card = alert_card(incident, mention, standing(db), hit(db, incident))
    put(db, incident.card_key, routing.channels[incident.tier], card, priority=_PRIORITY[incident.tier])


def hit(db: Connection, incident: Incident) -> list[str]:
    """The clients whose publishes failed, the hardest hit first; empty when it is not about a platform's publishes."""
    labels = incident.group.common_labels
    if labels.get("signal") != "publish" or "platform" not in labels:
        return []
    since = incident.started_at - _BUILT_UP
    failures = work_items.items_of(db, [ItemKind.PUBLISH_FAILURE], closed_since=since)
    hits = Counter(
        item.client_id for item in failures if item.platform == labels["platform"] and item.opened_at > since
    )
    names = {client.client_id: client.name for client in clients.all_clients(db)} if hits else {}
    return [names.get(client_id, client_id) for client_id, _ in hits.most_common()]


def refresh(engine: Engine, routing: Routing) -> None:
    """Brings the cards of all open incidents up to date."""
    with engine.begin() as db:
        for incident in store.open_incidents(db):
            show(db, incident, routing)


def delivered(engine: Engine, metrics: Metrics, card_key: str, waited: timedelta) -> None:
    """Records how long an alert's card took, from Alertmanager's webhook until it stood in Slack; no other card's."""
    kind, _, incident_id = card_key.partition(":")
    if kind != "alert":
        return
    with engine.begin() as db:
        incident = store.one_incident(db, incident_id)
    if incident:
        metrics.record(catalog.CHECKIN_ALERT_DELIVERY_MS, waited / timedelta(milliseconds=1), tier=incident.tier)


def draw(engine: Engine, reader: Reader, renderer: Renderer, incident: Incident, zone: str) -> None:
    """Draws the expression that fired and gives it to the card; without a chart the card stands as it is."""
    with engine.begin() as db:
        now = clock.now(db)
    chart = evidence(reader, incident, now, zone)
    if chart is None:
        return
    try:
        png = renderer.draw(chart)
    except ChartError as problem:
        log.warning("chart_not_drawn", card=incident.card_key, error_message=str(problem), status="error")
        return
    with engine.begin() as db:
        put_picture(db, incident.card_key, incident.card_key, png, chart.alt_text)


def evidence(reader: Reader, incident: Incident, now: datetime, zone: str) -> AlertChart | None:
    """The chart of an incident; None when the alert names no expression or Prometheus does not answer."""
    told = incident.group.leading.evidence
    if not told.query:
        return None
    span = timedelta(seconds=told.span_seconds)
    step = timedelta(seconds=max(1, round(span.total_seconds() / _POINTS)))
    answer = reader.range(told.query, now - span, now, step)
    if isinstance(answer, Missing):
        return None
    return AlertChart(
        title=titled(told.title),
        unit=told.unit,
        series=tuple(Series(_label(line.labels), line.points) for line in answer.series),
        start=now - span,
        end=now,
        step=step,
        zone=zone,
        threshold=told.threshold,
        fired_at=incident.started_at,
        resolved_at=incident.resolved_at,
    )


def _label(labels: Mapping[str, str]) -> str:
    return ", ".join(value for name, value in sorted(labels.items()) if not name.startswith("__")) or "value"
