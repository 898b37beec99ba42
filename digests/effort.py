"""What a check-in costs the people who work it: clicks, and the time from the first to the last of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from digests import store
from digests.model import Pod, Slot
from storage import clock
from telemetry import catalog
from telemetry.metrics import Metrics

_TOLD = timedelta(days=2)


@dataclass(frozen=True)
class Effort:
    """`items` were decided or put aside by `clicks`: every press and every dialog that was sent counts as one."""

    clicks: int = 0
    items: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def took(self) -> timedelta:
        return self.last_at - self.first_at if self.first_at and self.last_at else timedelta(0)

    @property
    def words(self) -> str:
        """`7 min · 14 clicks`; empty before the first."""
        if not self.clicks:
            return ""
        return f"{minutes(self.took)} · {self.clicks} {'click' if self.clicks == 1 else 'clicks'}"


def minutes(span: timedelta) -> str:
    whole = round(span / timedelta(minutes=1))
    return f"{whole} min" if whole else "under a minute"


def refresh(engine: Engine, pods: Iterable[Pod], metrics: Metrics) -> None:
    """Tells of each pod's newest check-ins when they were posted and what they cost, as metrics."""
    found: dict[tuple[str, ...], Effort] = {}
    posted: dict[tuple[str, ...], float] = {}
    with engine.begin() as db:
        today = clock.now(db)
        for pod in pods:
            newest: dict[str, Slot] = {}
            for slot in store.newest_posted(db, pod.name, (today - _TOLD).date()):
                newest.setdefault(slot.checkin, slot)
            for slot in newest.values():
                found[pod.name, slot.checkin] = measured(store.effort(db, slot, pod.client_ids))
                posted[pod.name, slot.checkin] = slot.posted_at.timestamp() if slot.posted_at else 0
    metrics.replace(catalog.CHECKIN_DIGEST_LAST_SUCCESS_TIMESTAMP_SECONDS, posted)
    metrics.replace(catalog.CHECKIN_CLICKS, {own: effort.clicks for own, effort in found.items()})
    metrics.replace(catalog.CHECKIN_ITEMS_DONE, {own: effort.items for own, effort in found.items()})
    metrics.replace(catalog.CHECKIN_WORK_SECONDS, {own: effort.took.total_seconds() for own, effort in found.items()})


def measured(row: tuple[int, int, datetime | None, datetime | None]) -> Effort:
    return Effort(*row)
