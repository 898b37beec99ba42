"""Whether all is well: Dashboard A over the last 24 hours, and the alerts that began in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dashboards import global_ops
from dashboards.global_ops import GlobalOps
from digests import happened
from digests.model import Section, Step, World
from messages.blocks import section

WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class Health:
    """`alerts` are rows of (tier, began, still)."""

    ops: GlobalOps
    alerts: Sequence[Any]


def collect(world: World) -> Health:
    with world.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        ops = global_ops.collect(db, world.reader, world.clients, now=world.since, window=WINDOW)
        return Health(ops, happened.alerts(db, world.since - WINDOW, world.since))


def show(found: Health, world: World) -> Step:  # noqa: ARG001
    alerts = ", ".join(f"{row.began} {row.tier}{_still(row)}" for row in found.alerts) or "none"
    grave = any(row.still for row in found.alerts)
    return Step(
        line=f"{global_ops.words(found.ops)} · alerts: {alerts}",
        mark="🔴" if grave else global_ops.mark(found.ops),
        groups=[[*global_ops.details(found.ops), section(f"*Alerts that began*\n{alerts}")]],
    )


def _still(row: Any) -> str:
    return f" ({row.still} still open)" if row.still else ""


HEALTH = Section("health", "Health", collect, show)
