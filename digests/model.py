"""A pod of clients, a slot of a check-in, and what a section is."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, Literal, overload
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from charts import Chart
from clients.model import Client, WorkItem
from messages.blocks import Block
from metrics.reader import Reader
from operations.batch import Batch

Kind = Literal["morning", "midday", "late"]
"""The names of the check-ins that a pod may have."""

OWNER, SUMMARY = "owner", "summary"
"""The owner is planned for like a pod, whose one check-in is the daily summary of all of them."""

EVERY_DAY = frozenset(range(7))
"""As `date.weekday()` counts: Monday is 0."""


@dataclass(frozen=True)
class Pod:
    """A team's share of the clients: where and when it checks in. `clients` empty means all."""

    name: str
    channel: str
    time_zone: str
    checkins: Mapping[str, time]
    clients: frozenset[str] = frozenset()
    working_days: frozenset[int] = EVERY_DAY
    holidays: frozenset[date] = frozenset()
    on: tuple[str, ...] = ()
    """Who works the check-ins: how each is mentioned in Slack, `<@U…>` or `<!subteam^S…>`."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def client_ids(self) -> frozenset[str] | None:
        return self.clients or None


@dataclass(frozen=True)
class Slot:
    """One check-in of one pod on one local date."""

    pod: str
    checkin: str
    local_date: date
    due_at: datetime
    state: str
    """due, posted or skipped"""
    posted_at: datetime | None = None
    finished_at: datetime | None = None
    chart_alt: str = ""
    """The picture in words, as it was when the check-in was posted; empty until it is known."""
    late: str = ""
    """Why it came late and what happened meanwhile, in mrkdwn; empty when it came in time."""

    @property
    def key(self) -> str:
        return f"{self.pod}/{self.checkin}/{self.local_date}"

    @property
    def card_key(self) -> str:
        return f"checkin:{self.key}"


@dataclass(frozen=True)
class Tick:
    """Who confirmed what a step shows."""

    by: str
    at: datetime
    line: str | None = None
    """What the step said when it was confirmed; None until that is written down."""


@dataclass(frozen=True)
class World:
    """Where a section may look. `since` is when the check-in was posted; `names` maps client ids to names."""

    engine: Engine
    reader: Reader
    pod: Pod
    clients: Sequence[Client]
    since: datetime
    now: datetime
    pods: Sequence[Pod] = ()
    """Everybody's, for the owner's summary."""

    @cached_property
    def names(self) -> dict[str, str]:
        return {client.client_id: client.name for client in self.clients}


class Drawn(Sequence[Sequence[Block]]):
    """Groups of blocks that are made when they are looked at: the card is posted before its thread is drawn."""

    def __init__(self, items: Sequence[WorkItem], draw: Callable[[WorkItem], Sequence[Block]]) -> None:
        self._items = items
        self._draw = draw

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, place: int) -> Sequence[Block]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Sequence[Block]]: ...

    def __getitem__(self, place: int | slice) -> Sequence[Block] | Sequence[Sequence[Block]]:
        if isinstance(place, slice):
            return [self._draw(item) for item in self._items[place]]
        return self._draw(self._items[place])


@dataclass(frozen=True)
class Step:
    """A section as the check-in shows it: one line in the card, its groups of blocks in the thread.

    `total` items, of which `done`; with `confirm` a person has to say that what is shown looks right.
    """

    line: str
    done: int = 0
    total: int = 0
    confirm: bool = False
    kept: bool = False
    """There is nothing to press in it: once confirmed it stays as it was seen."""
    groups: Sequence[Sequence[Block]] = ()
    decided: Mapping[str, int] = field(default_factory=dict)
    """What was decided, counted by outcome."""
    people: frozenset[str] = frozenset()
    failed: Collection[int] = ()
    """The places, among the groups, of what was decided but the platform could not do."""
    many: Sequence[Batch] = ()
    """The buttons that may decide several of its items at once."""
    waiting: Mapping[int, WorkItem] = field(default_factory=dict)
    """The items those would be for, by their places among the groups."""
    later: int = 0
    """Came in after the check-in was posted; left to App Home and the next one."""
    also: str = ""
    """What waits in none of the steps but should not be forgotten, in mrkdwn."""
    mark: str = ""
    """Stands in front of the line where there is nothing to do, as in the owner's summary."""
    chart: Chart | None = None
    """Shown with the details."""


@dataclass(frozen=True)
class Section:
    """One step of a check-in: where its facts come from and how they are shown. To add one, copy a file."""

    name: str
    title: str
    collect: Callable[[World], Any]
    show: Callable[[Any, World], Step]
