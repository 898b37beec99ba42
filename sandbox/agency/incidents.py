"""What can go wrong on purpose: each incident by name, how it is caused and how it is mended.

The web app causes them when asked over HTTP; what follows is the runner's honest work.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx
from sqlalchemy import Connection, Engine

from clients import store as reports
from clients.model import CalendarItem, CalendarStatus
from sandbox.agency.work import ask_to_publish
from storage import clock
from telemetry.metrics import Metrics

# People who watch need not wait for the calendar: this many posts of different clients come up at once.
_RUSH = 8
_RUSH_GAP = timedelta(seconds=1.8)
_REPAIR_GAP = timedelta(seconds=1.2)


@dataclass(frozen=True)
class Scene:
    """Where an incident happens: what the web app has at hand, the platform it is about, and since when it lasts."""

    engine: Engine
    metrics: Metrics
    platforms: httpx.Client
    platform: str
    since: datetime


@dataclass(frozen=True)
class Incident:
    """`platform` is the one it hits unless another is asked for."""

    name: str
    title: str
    platform: str
    cause: Callable[[Scene], None]
    mend: Callable[[Scene], None]


def _api_fails(scene: Scene) -> None:
    _switch(scene, on=True)
    with scene.engine.begin() as db:
        now = clock.now(db)
        due = [
            item
            for item in reports.calendar(db, now, now + timedelta(hours=24))
            if item.platform == scene.platform and item.status is CalendarStatus.SCHEDULED
        ]
        first_of_each_client = {item.client_id: item for item in reversed(due)}.values()
        soonest = sorted(first_of_each_client, key=lambda item: item.scheduled_at)[:_RUSH]
        _publish_from_now(db, scene, soonest, now, _RUSH_GAP)


def _api_works(scene: Scene) -> None:
    _switch(scene, on=False)
    with scene.engine.begin() as db:
        now = clock.now(db)
        failed = [
            item
            for item in reports.calendar(db, scene.since - timedelta(hours=1), now)
            if (item.platform, item.status, item.error_reason)
            == (scene.platform, CalendarStatus.FAILED, "platform_5xx")
        ]
        _publish_from_now(db, scene, failed, now, _REPAIR_GAP)


def _switch(scene: Scene, *, on: bool) -> None:
    body = {"on": on, "platform": scene.platform}
    scene.platforms.post("/incidents/platform-api-fails", json=body).raise_for_status()


def _publish_from_now(
    db: Connection, scene: Scene, items: Iterable[CalendarItem], now: datetime, gap: timedelta
) -> None:
    """One after the other, `gap` apart."""
    for place, item in enumerate(items):
        soon = replace(item, status=CalendarStatus.SCHEDULED, scheduled_at=now + gap * place, error_reason=None)
        reports.report_calendar(db, [soon])
        ask_to_publish(db, scene.metrics, soon, after=gap * place)


INCIDENTS: Mapping[str, Incident] = {
    incident.name: incident
    for incident in (
        Incident("platform-api-fails", "A platform's API answers 500", "instagram", _api_fails, _api_works),
    )
}
