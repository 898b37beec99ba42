"""What can go wrong on purpose. An incident is a row: a fault, where it is, and what makes it felt at once.

The fault is turned on where it would really arise, in the world outside; what follows is the agency's honest work.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
from sqlalchemy import Connection, Engine

from clients import store as reports
from clients.model import CalendarItem, CalendarStatus
from sandbox.agency import queue, seed
from sandbox.agency.work import ask, ask_to_publish, new_job
from storage import clock
from telemetry.metrics import Metrics

# People who watch need not wait for the calendar: this many posts of different clients come up at once.
_RUSH = 8
_RUSH_GAP = timedelta(seconds=1.8)
_REPAIR_GAP = timedelta(seconds=1.2)
_WISHES = 8
_IMPORTED = 120


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


@dataclass(frozen=True)
class Incident:
    """`fault` is what breaks at `target` in the process `where`; `felt` brings work up that meets it."""

    name: str
    title: str
    fault: str
    target: str
    felt: Callable[[Scene], None]
    where: str = "platforms"

    def cause(self, scene: Scene) -> None:
        scene.outside[self.where].put(f"/faults/{self.fault}/{scene.target}").raise_for_status()
        self.felt(scene)

    def mend(self, scene: Scene) -> None:
        """Mends the fault, and what failed meanwhile is tried again."""
        scene.outside[self.where].delete(f"/faults/{self.fault}/{scene.target}").raise_for_status()
        with scene.engine.begin() as db:
            now = clock.now(db)
            failed = [
                item
                for item in reports.calendar(db, scene.since - timedelta(hours=1), now)
                if item.status is CalendarStatus.FAILED and item.error_reason != "media_rejected" and scene.hits(item)
            ]
            _publish_from_now(db, scene, failed, now, _REPAIR_GAP)
            queue.revive(db, scene.since)


def _rush(scene: Scene) -> None:
    """What is due within a day comes up now: one post of every client it hits, or one client's posts."""
    with scene.engine.begin() as db:
        now = clock.now(db)
        due = [
            item
            for item in reports.calendar(db, now, now + timedelta(hours=24))
            if scene.hits(item) and item.status is CalendarStatus.SCHEDULED
        ]
        one_client = scene.target in seed.ACCOUNTS
        first_of_each = {item.platform if one_client else item.client_id: item for item in reversed(due)}.values()
        soonest = sorted(first_of_each, key=lambda item: item.scheduled_at)[:_RUSH]
        _publish_from_now(db, scene, soonest, now, _RUSH_GAP)


def _publish_from_now(
    db: Connection, scene: Scene, items: Iterable[CalendarItem], now: datetime, gap: timedelta
) -> None:
    """One after the other, `gap` apart."""
    for place, item in enumerate(items):
        soon = replace(item, status=CalendarStatus.SCHEDULED, scheduled_at=now + gap * place, error_reason=None)
        reports.report_calendar(db, [soon])
        ask_to_publish(db, scene.metrics, soon, after=gap * place)


def _wishes(count: int) -> Callable[[Scene], None]:
    """So many posts of many clients are wanted for tomorrow, so planned now."""

    def wish(scene: Scene) -> None:
        with scene.engine.begin() as db:
            tomorrow = (clock.now(db) + timedelta(hours=23)).isoformat()
            for place in range(count):
                client_id, platform = seed.PAIRS[place * 5 % len(seed.PAIRS)]
                args = {"client_id": client_id, "platform": platform, "scheduled_at": tomorrow}
                ask(db, scene.metrics, new_job("plan", uuid4().hex, args, blueprint="spotlight"))

    return wish


def _wishes_of_now(scene: Scene) -> None:
    """Posts that must be made at once."""
    with scene.engine.begin() as db:
        for client_id, platform in seed.PAIRS[: _WISHES * 3 : 3]:
            args = {"client_id": client_id, "platform": platform}
            ask(db, scene.metrics, new_job("plan", uuid4().hex, args, blueprint="quick-update"))


INCIDENTS: Mapping[str, Incident] = {
    incident.name: incident
    for incident in (
        Incident("publishing-fails", "Every platform answers 500", "api_fails", "*", _rush),
        Incident("platform-api-fails", "A platform's API answers 500", "api_fails", "instagram", _rush),
        Incident("verification-fails", "Platforms hold new posts back from view", "posts_hidden", "*", _rush),
        Incident("login-challenges", "A studio asks everybody who is there", "challenge", "skool", _rush),
        Incident("selector-drift", "A studio's page is built anew overnight", "drift", "skool", _rush),
        Incident("provider-outage", "A model provider refuses every call", "model_down", "anthropic", _wishes(_WISHES)),
        Incident("token-expires", "A client's grant lapses", "grant_revoked", "lumen", _rush),
        Incident("queue-backs-up", "An import while models are slow", "model_slow", "*", _wishes(_IMPORTED)),
        Incident("runners-saturated", "A studio takes seconds for every page", "studio_slow", "skool", _rush),
        Incident("cost-spike", "Models ramble: answers 40 times as long", "model_rambles", "*", _wishes(_WISHES)),
        Incident("client-stuck", "The platforms disable a client's accounts", "account_disabled", "bluebird", _rush),
        Incident("retry-storm", "Every second call to a platform fails", "flaky", "*", _rush),
        Incident("storage-full", "Asset storage takes no more files", "full", "*", _wishes_of_now, where="storage"),
    )
}
