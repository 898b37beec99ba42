"""What can go wrong on purpose. An incident is a row: a fault, where it is, and what makes it felt at once.

The fault is turned on where it would really arise, in the world outside; what follows is the agency's honest work.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from clients import store as reports
from clients.model import CalendarStatus
from sandbox.agency import labels, providers, queue, seed, studio
from sandbox.agency.blueprints import QUICK
from sandbox.agency.scenes import IMPORTED, WISHES, Scene, publish_from_now, rush, wishes, wishes_of_now
from storage import clock
from telemetry import catalog
from telemetry.ids import Platform

_REPAIR_GAP = timedelta(seconds=1.2)
_IN_FLIGHT_SECONDS = 5.0

_AGAIN = "What failed meanwhile is tried again."
_ALERT_ENDS = f"{_AGAIN} Its alert ends when enough of it went out."


@dataclass(frozen=True)
class Incident:
    """`fault` is what breaks at `target` in the process `where`; `felt` brings work up that meets it.

    For people: what happens, `{target}` being whom it hits, where to look for it, and how it ends.
    """

    name: str
    happens: str
    fault: str
    target: str
    felt: Callable[[Scene], None]
    look: str
    over: str = _AGAIN
    where: str = "platforms"

    def title(self, target: str | None = None) -> str:
        """What happens, as one sentence."""
        return self.happens.format(target=_named(target or self.target))

    def cause(self, scene: Scene) -> None:
        scene.outside[self.where].put(f"/faults/{self.fault}/{scene.target}").raise_for_status()
        self.felt(scene)

    def mend(self, scene: Scene) -> None:
        """Mends the fault, and what failed meanwhile is tried again."""
        scene.outside[self.where].delete(f"/faults/{self.fault}/{scene.target}").raise_for_status()
        _let_end(scene)
        with scene.engine.begin() as db:
            now = clock.now(db)
            failed = [
                item
                for item in reports.calendar(db, scene.since - timedelta(hours=1), now)
                if item.status is CalendarStatus.FAILED and item.error_reason != "media_rejected" and scene.hits(item)
            ]
            publish_from_now(db, scene, failed, now, _REPAIR_GAP)
            queue.revive(db, scene.since)


def _let_end(scene: Scene) -> None:
    """What is on its way met the fault still and may yet fail: it must, to be tried again."""
    deadline = time.monotonic() + _IN_FLIGHT_SECONDS
    while time.monotonic() < deadline:
        with scene.engine.begin() as db:
            now = clock.now(db)
            items = reports.calendar(db, scene.since - timedelta(hours=1), now)
        if not any(item.status is CalendarStatus.PUBLISHING and scene.hits(item) for item in items):
            return
        time.sleep(0.2)


def _named(target: str) -> str:
    if target in seed.ACCOUNTS:
        return seed.ACCOUNTS[target].name
    return Platform(target).title if target in list(Platform) else target.capitalize()


INCIDENTS: Mapping[str, Incident] = {
    incident.name: incident
    for incident in (
        Incident(
            "publishing-fails",
            "Every platform answers every call with 500.",
            "api_fails",
            "*",
            rush,
            "Watch #ops-alerts: an alert for each platform within about 20 s.",
            _ALERT_ENDS,
        ),
        Incident(
            "platform-api-fails",
            "{target}'s API answers every call with 500.",
            "api_fails",
            "instagram",
            rush,
            "Watch #ops-alerts: an alert within about 15 s.",
            _ALERT_ENDS,
        ),
        Incident(
            "verification-fails",
            "Posts go out, but platforms hide them for 15 minutes.",
            "posts_hidden",
            "*",
            rush,
            "Open Checkin's Home in half a minute: the posts that cannot be seen wait there.",
        ),
        Incident(
            "login-challenges",
            "{target} asks everybody who logs in who is there, so no browser can publish.",
            "challenge",
            "skool",
            rush,
            "Watch #ops-alerts: an alert within about 30 s; in Home somebody is asked to log in by hand.",
            _ALERT_ENDS,
        ),
        Incident(
            "selector-drift",
            "{target}'s studio is built anew, and the browser finds its fields no more.",
            "drift",
            "skool",
            rush,
            "Watch #ops-alerts: an alert within about 45 s; what did not go out waits in Home.",
            _ALERT_ENDS,
        ),
        Incident(
            "provider-outage",
            "{target} refuses every call to its models.",
            "model_down",
            "anthropic",
            wishes(WISHES),
            f"Watch {catalog.PROVIDER_ERRORS_TOTAL.name} in Prometheus: it climbs within seconds, and plans fail.",
        ),
        Incident(
            "token-expires",
            "{target} takes back what it allowed, so its tokens are not renewed.",
            "grant_revoked",
            "lumen",
            rush,
            "Open Checkin's Home, or ask /client-health lumen: its connections must be made anew.",
        ),
        Incident(
            "queue-backs-up",
            f"{IMPORTED} posts are imported while every model takes {providers.SLOW_SECONDS:.0f} s to answer.",
            "model_slow",
            "*",
            wishes(IMPORTED),
            f"Watch {catalog.QUEUE_DEPTH.name} in Prometheus: it rises past its limit of {labels.QUEUE_LIMIT} at once.",
            "The queue drains within a minute.",
        ),
        Incident(
            "runners-saturated",
            f"{{target}}'s studio takes {studio.SLOW_SECONDS:.0f} s for a page, and browsers wait for it.",
            "studio_slow",
            "skool",
            wishes_of_now(12, QUICK),
            f"Watch {catalog.RUNNER_CAPACITY_IN_USE.name} in Prometheus: the browser pool stays full.",
            "The pool is free again when what waits has gone out.",
        ),
        Incident(
            "cost-spike",
            "Models answer 40 times as long as they should, and are paid for it.",
            "model_rambles",
            "*",
            wishes(WISHES),
            "Ask /cost today: it climbs from minute to minute.",
            "What was spent stays spent.",
        ),
        Incident(
            "client-stuck",
            "All platforms disable {target}'s accounts.",
            "account_disabled",
            "bluebird",
            rush,
            "Ask /client-health bluebird: nothing of it goes out.",
        ),
        Incident(
            "retry-storm",
            "More than every second call to a platform fails, and all are tried again.",
            "flaky",
            "*",
            rush,
            f"Watch {catalog.EPISODE_RETRIES_TOTAL.name} in Prometheus: it climbs while most posts still go out.",
        ),
        Incident(
            "storage-full",
            "Asset storage takes no more files.",
            "full",
            "*",
            wishes_of_now(WISHES, "spotlight", "short-clip"),
            f"Watch {catalog.ASSET_UPLOAD_FAILURES_TOTAL.name} in Prometheus: it climbs, and new posts get no picture.",
            where="storage",
        ),
    )
}
