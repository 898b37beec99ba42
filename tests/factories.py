"""Values to test with: everything has a default, a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from audits import ActionType, ActorType, Effect
from clients.model import (
    CalendarItem,
    CalendarStatus,
    Client,
    Connection,
    ConnectionStatus,
    FunnelStep,
    ItemKind,
    Stage,
    Usage,
    WorkItem,
)
from operations.model import Click, Person, Role

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HASH = "a" * 64

_numbers = count(1)


def effect(**changes: Any) -> Effect:
    values: dict[str, Any] = {
        "client_id": "acme",
        "action_type": ActionType.PUBLISH,
        "actor_type": ActorType.AGENT,
        "actor_id": "publisher-1",
        "payload": {"text": "Spring is here"},
        "summary": "reel: Spring is here",
        "platform": "instagram",
        "surface": "reels",
        "lane": "publishing",
    }
    return Effect(**values | changes)


def client(client_id: str = "acme", name: str = "Acme Outdoor", **changes: Any) -> Client:
    return Client(**{"client_id": client_id, "name": name, "time_zone": "Europe/Madrid"} | changes)


def calendar_item(calendar_item_id: str = "cal-1", **changes: Any) -> CalendarItem:
    values: dict[str, Any] = {
        "calendar_item_id": calendar_item_id,
        "client_id": "acme",
        "platform": "instagram",
        "surface": "reels",
        "title": "Spring is here",
        "status": CalendarStatus.SCHEDULED,
        "scheduled_at": NOON + timedelta(hours=2),
        "payload_hash": HASH,
    }
    return CalendarItem(**values | changes)


def connection(client_id: str = "acme", platform: str = "instagram", **changes: Any) -> Connection:
    values: dict[str, Any] = {"mode": "api", "status": ConnectionStatus.OK}
    return Connection(client_id, platform, **values | changes)


def usage(usage_id: str = "use-1", **changes: Any) -> Usage:
    values: dict[str, Any] = {
        "usage_id": usage_id,
        "client_id": "acme",
        "provider": "openai",
        "model": "gpt-5",
        "kind": "llm",
        "task_class": "caption",
        "usd": "0.25",
        "at": NOON,
    }
    return Usage(**values | changes)


def funnel_step(item_id: str = "asset-1", **changes: Any) -> FunnelStep:
    values: dict[str, Any] = {"client_id": "acme", "stage": Stage.ASSET, "item_id": item_id, "ok": True, "at": NOON}
    return FunnelStep(**values | changes)


def work_item(item_id: str = "item-1", **changes: Any) -> WorkItem:
    """A draft that waits for approval."""
    values: dict[str, Any] = {
        "item_id": item_id,
        "kind": ItemKind.APPROVAL,
        "client_id": "acme",
        "title": "Spring is here",
        "severity": 3,
        "payload_hash": HASH,
        "opened_at": NOON,
        "platform": "instagram",
        "surface": "reels",
        "lane": "publishing",
        "calendar_item_id": "cal-1",
        "body": {"text": "The snow is gone, the boots are back."},
    }
    return WorkItem(**values | changes)


def person(name: str = "Ana", role: Role = Role.OPERATOR, user_id: str = "") -> Person:
    return Person(user_id or f"U{name.upper()}01", name, role)


def click(value: str, **changes: Any) -> Click:
    """A press of its own, by Ana, unless `key` says that it is another's."""
    values: dict[str, Any] = {
        "key": f"T1:1.{next(_numbers)}",
        "person": person(),
        "action_id": "operations.approve",
        "value": value,
    }
    return Click(**values | changes)


def alert(**changes: Any) -> dict[str, Any]:
    """One alert as Alertmanager writes it."""
    values: dict[str, Any] = {
        "status": "firing",
        "labels": {"alertname": "PublishFailuresRising", "tier": "P1", "platform": "instagram", "signal": "publish"},
        "annotations": {
            "summary": "instagram: 34% of publishes failed within 1h",
            "runbook": "publish-failure-spike",
            "chart_query": "up",
            "chart_unit": "ratio",
            "chart_threshold": "0.12",
            "chart_title": "instagram: share of publishes failed within 1h",
            "chart_span_seconds": "21600",
        },
        "startsAt": "2026-03-10T11:50:00.123Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=up",
        "fingerprint": "5f5e1ab4c1d2e3f4",
    }
    return values | changes


def webhook(*alerts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A delivery of Alertmanager's webhook, version 4, with the fields of its newest release.

    https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
    """
    told = alerts or (alert(),)
    labels = [set(one["labels"].items()) for one in told if isinstance(one["labels"], dict)]
    values: dict[str, Any] = {
        "receiver": "checkin",
        "status": "firing" if any(one["status"] == "firing" for one in told) else "resolved",
        "alerts": list(told),
        "groupLabels": {"tier": "P1", "signal": "publish", "platform": "instagram"},
        "commonLabels": dict(set.intersection(*labels)) if labels else {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": '{}/{tier="P1"}:{platform="instagram", signal="publish", tier="P1"}',
        "truncatedAlerts": 0,
    }
    return values | changes
