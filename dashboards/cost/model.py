"""The values of cost, in USD: what was spent in a period, by whom and on what, and what in the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from charts.scales import Grain
from clients.model import Client
from metrics.model import Missing


@dataclass(frozen=True)
class Period:
    """A span of time and the one it is compared with. `words` and `compared` complete "$3.20 … against $2.80 …"."""

    words: str
    since: datetime
    until: datetime
    compared: str
    compared_since: datetime
    compared_until: datetime
    days: int
    grain: Grain


@dataclass(frozen=True)
class Spent:
    """What a client, model or blueprint cost; `bars` are its parts by hour or day, `retry_usd` the share of repeats."""

    name: str
    usd: Decimal
    retry_usd: Decimal
    bars: tuple[Decimal, ...]
    compared_usd: Decimal = Decimal()
    budget: Decimal | None = None
    """For the whole period."""


@dataclass(frozen=True)
class Cost:
    """`clients`, `models` and `blueprints` are the same sum in three ways, each largest first.

    `tokens` are per model (in, out). `starts` are the moments at which the bars of each begin.
    """

    period: Period
    client: Client | None
    now: datetime
    zone: str
    starts: tuple[datetime, ...]
    clients: tuple[Spent, ...]
    models: tuple[Spent, ...]
    blueprints: tuple[Spent, ...]
    tokens: Mapping[str, tuple[int, int]] | Missing

    @property
    def usd(self) -> Decimal:
        return sum((one.usd for one in self.clients), Decimal())

    @property
    def compared_usd(self) -> Decimal:
        return sum((one.compared_usd for one in self.clients), Decimal())

    @property
    def retry_usd(self) -> Decimal:
        return sum((one.retry_usd for one in self.clients), Decimal())

    @property
    def budgeted(self) -> list[Spent]:
        """Those who have a budget: only their spending is compared with it."""
        return [one for one in self.clients if one.budget is not None]


@dataclass(frozen=True)
class Help:
    """What was asked cannot be answered; `suggestions` are clients with close names."""

    asked: str
    suggestions: tuple[Client, ...] = ()
