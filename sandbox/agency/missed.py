"""Posts whose time passed a while ago and that are neither out nor given up, each counted once: silence is no success.

What a person stopped, or has not approved yet, is not missed.
"""

from collections.abc import Callable
from datetime import datetime

from clients import store as reports
from clients.figures import OVERDUE_AFTER
from clients.model import CalendarStatus
from sandbox.agency.publishing import is_stopped
from sandbox.agency.work import Shop
from storage import clock
from telemetry import catalog, logs

_PROMISED = (CalendarStatus.SCHEDULED, CalendarStatus.PUBLISHING)

_log = logs.get(__name__)


def sweeper() -> Callable[[Shop], None]:
    """Each call counts what became too late since the one before; the first only looks at its clock."""
    before: datetime | None = None

    def sweep(shop: Shop) -> None:
        nonlocal before
        with shop.engine.begin() as db:
            now = clock.now(db)
            due = reports.calendar(db, (before or now) - OVERDUE_AFTER, now - OVERDUE_AFTER)
            late = [item for item in due if item.status in _PROMISED and not is_stopped(db, item)]
        before = now
        for item in late:
            own = {"client_id": item.client_id, "platform": item.platform}
            shop.metrics.add(catalog.CLIENT_PUBLISH_OUTCOMES_TOTAL, **own, outcome="missed")
            _log.error("publish.missed", status="error", error_code="missed", **own)

    return sweep
