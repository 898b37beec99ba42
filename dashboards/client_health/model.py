"""The values of client health: all that the card and the chart of one client show, or a line for each client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from audits import AuditEvent
from audits.switches import Switch
from clients.figures import Publishing
from clients.model import CalendarItem, Client, Connection, ItemKind, WorkItem
from metrics.model import Missing


@dataclass(frozen=True)
class Situation:
    """What a client is judged by. `stops` are the kill switches that are on and cover some of its publishing."""

    client: Client
    publishing: tuple[Publishing, ...] = ()
    connections: tuple[Connection, ...] = ()
    stops: tuple[Switch, ...] = ()
    open_items: Mapping[ItemKind, int] = field(default_factory=dict)
    sent_back: tuple[WorkItem, ...] = ()
    """Drafts that wait for the platform's new version, the oldest request first."""


@dataclass(frozen=True)
class ClientHealth:
    """One client: `funnel` is per stage (ok, all) since `since`, `calendar` all items from `since` to `until`; from the
    one to today are `days` local days.

    `actions` are the last audits, newest first. `everywhere` is per platform (failed, tried) of all clients' publishes
    within the last hour.
    """

    situation: Situation
    now: datetime
    zone: str
    days: int
    since: datetime
    until: datetime
    funnel: Mapping[str, tuple[int, int]]
    calendar: tuple[CalendarItem, ...]
    actions: tuple[AuditEvent, ...]
    everywhere: Mapping[str, tuple[int, int]] | Missing


@dataclass(frozen=True)
class Overview:
    """All clients as they stand."""

    situations: tuple[Situation, ...]
    now: datetime
    zone: str


@dataclass(frozen=True)
class Unknown:
    """Nobody is called so; `suggestions` are those with close names, best first."""

    asked: str
    suggestions: tuple[Client, ...] = ()
