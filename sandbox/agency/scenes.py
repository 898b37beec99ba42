"""What makes an incident felt at once: work that comes up now and meets it, so that nobody waits for the calendar."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
from sqlalchemy import Connection, Engine

from clients import store as reports
from clients.model import CalendarItem, CalendarStatus
from sandbox.agency import seed
from sandbox.agency.work import ask, ask_to_publish, new_job
from storage import clock
from telemetry.metrics import Metrics

# So many posts of different clients come up at once.
_RUSH = 8
_RUSH_GAP = timedelta(seconds=1.8)
WISHES = 8
IMPORTED = 120


@dataclass(frozen=True)
class Scene:
    """Where an incident happens: the ways to what breaks, by name, whom it hits, and since when it lasts."""

    engine: Engine
    metrics: Metrics
    outside: Mapping[str, httpx.Client]
    target: str
    since: datetime

    def hits(self, item: CalendarItem) -> bool:
        return self.target in ("*", item.platform, item.client_id)


def rush(scene: Scene) -> None:
    """What is due within a day comes up now: one post of every client it hits, or the one client's."""
    with scene.engine.begin() as db:
        now = clock.now(db)
        due = [
            item
            for item in reports.calendar(db, now, now + timedelta(hours=24))
            if scene.hits(item) and item.status is CalendarStatus.SCHEDULED
        ]
        if scene.target not in seed.ACCOUNTS:
            due = list({item.client_id: item for item in reversed(due)}.values())
        soonest = sorted(due, key=lambda item: item.scheduled_at)[:_RUSH]
        publish_from_now(db, scene, soonest, now, _RUSH_GAP)


def publish_from_now(
    db: Connection, scene: Scene, items: Iterable[CalendarItem], now: datetime, gap: timedelta
) -> None:
    """One after the other, `gap` apart."""
    for place, item in enumerate(items):
        soon = replace(item, status=CalendarStatus.SCHEDULED, scheduled_at=now + gap * place, error_reason=None)
        reports.report_calendar(db, [soon])
        ask_to_publish(db, scene.metrics, soon, after=gap * place)


def wishes(count: int) -> Callable[[Scene], None]:
    """So many posts of many clients are wanted for tomorrow, so planned now."""

    def wish(scene: Scene) -> None:
        with scene.engine.begin() as db:
            tomorrow = (clock.now(db) + timedelta(hours=23)).isoformat()
            for place in range(count):
                client_id, platform = seed.PAIRS[place * 5 % len(seed.PAIRS)]
                args = {"client_id": client_id, "platform": platform, "scheduled_at": tomorrow}
                ask(db, scene.metrics, new_job("plan", uuid4().hex, args, blueprint="spotlight"))

    return wish


def wishes_of_now(count: int, *blueprints: str) -> Callable[[Scene], None]:
    """So many posts of those it hits are wanted at once, so made and published now."""

    def wish(scene: Scene) -> None:
        hit = [pair for pair in seed.PAIRS if scene.target in ("*", *pair)]
        with scene.engine.begin() as db:
            for place in range(count):
                client_id, platform = hit[place * 3 % len(hit)]
                args = {"client_id": client_id, "platform": platform}
                blueprint = blueprints[place % len(blueprints)]
                ask(db, scene.metrics, new_job("plan", uuid4().hex, args, blueprint=blueprint))

    return wish
