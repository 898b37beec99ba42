"""Reads what was asked, then asks Postgres and Prometheus; as many questions for one client as for hundreds."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from sqlalchemy import Connection as Db

from clients import figures
from clients import store as clients
from clients.model import Client
from dashboards.cost.model import Cost, Help, Period, Spent
from dashboards.names import asks_for_help, client_called
from dashboards.times import clock, days_earlier, midnight
from metrics import queries
from metrics.model import Missing
from metrics.reader import Reader


def collect(db: Db, reader: Reader, asked: str, *, now: datetime, zone: str) -> Cost | Help:
    """`asked` is `today` (also when empty), `yesterday` or `week`, and may name a client: `week acme`."""
    words = asked.split()
    if asks_for_help(asked):
        return Help("")
    periods = {word.casefold() for word in words} & PERIODS.keys()
    if len(periods) > 1:
        return Help(asked)
    period = PERIODS[periods.pop() if periods else "today"](now, zone)
    name = " ".join(word for word in words if word.casefold() not in PERIODS)
    everyone = clients.all_clients(db)
    client = client_called(everyone, name) if name else None
    if isinstance(client, list):
        return Help(asked, tuple(client))
    return _cost(db, reader, period, client, everyone, now, zone)


def _cost(
    db: Db, reader: Reader, period: Period, client: Client | None, everyone: Sequence[Client], now: datetime, zone: str
) -> Cost:
    only = client.client_id if client else None
    starts = _starts(period, zone)

    def spent(by: str) -> dict[str, Spent]:
        rows = figures.spend(db, by, period.since, period.until, client_id=only, grain=period.grain, zone=zone)
        return _by_name(rows, starts)

    before = figures.spend(
        db, "client_id", period.compared_since, period.compared_until, client_id=only, grain="day", zone=zone
    )
    begun = figures.spent_since(db)
    if begun is None or begun > period.compared_since + timedelta(hours=1):
        before = []  # part of a day would make any whole one look dear
    return Cost(
        period=period,
        client=client,
        now=now,
        zone=zone,
        starts=starts,
        clients=_of_clients([client] if client else everyone, spent("client_id"), _by_name(before, ()), period.days),
        models=_largest_first(spent("model")),
        blueprints=_largest_first(spent("blueprint_id")),
        tokens=figures.tokens(db, only, period.since, period.until) if only else _tokens(reader, period),
    )


def _starts(period: Period, zone: str) -> tuple[datetime, ...]:
    starts = [period.since]
    while (following := _after(starts[-1], period, zone)) < period.until:
        starts.append(following)
    return tuple(starts)


def _after(start: datetime, period: Period, zone: str) -> datetime:
    return midnight(start, zone, 1) if period.grain == "day" else start + timedelta(hours=1)


def _by_name(rows: Iterable[Any], starts: Sequence[datetime]) -> dict[str, Spent]:
    found: dict[str, Spent] = {}
    for row in rows:
        name = row.name or "without a name"
        one = found.get(name) or Spent(name, Decimal(), Decimal(), (Decimal(),) * len(starts))
        bars = list(one.bars)
        if bars:
            bars[bisect_right(starts, row.start) - 1] += row.usd
        found[name] = replace(one, usd=one.usd + row.usd, retry_usd=one.retry_usd + row.retry_usd, bars=tuple(bars))
    return found


def _of_clients(
    some: Sequence[Client], spent: Mapping[str, Spent], before: Mapping[str, Spent], days: int
) -> tuple[Spent, ...]:
    """Also those who spent nothing now: they had a share before, or have one in the budget."""
    known = {client.client_id: client for client in some}
    nothing = Spent("", Decimal(), Decimal(), ())
    found = {}
    for client_id in known.keys() | spent.keys() | before.keys():
        client = known.get(client_id)
        budget = client.budget_usd_per_day if client else None
        found[client_id] = replace(
            spent.get(client_id, nothing),
            name=client.name if client else client_id,
            compared_usd=before.get(client_id, nothing).usd,
            budget=None if budget is None else budget * days,
        )
    return _largest_first(found)


def _largest_first(spent: Mapping[str, Spent]) -> tuple[Spent, ...]:
    return tuple(sorted(spent.values(), key=lambda one: (-one.usd, one.name)))


def _tokens(reader: Reader, period: Period) -> dict[str, tuple[int, int]] | Missing:
    found = reader.instant(queries.tokens(period.until - period.since), period.until)
    if isinstance(found, Missing):
        return found
    tokens: dict[str, tuple[int, int]] = {}
    for sample in found.samples:
        if isfinite(sample.value):
            into, out = tokens.get(sample.labels["model"], (0, 0))
            more = round(sample.value)
            tokens[sample.labels["model"]] = (into + more, out) if sample.labels["type"] == "in" else (into, out + more)
    return tokens


def _today(now: datetime, zone: str) -> Period:
    return Period(
        words="so far today",
        since=midnight(now, zone),
        until=now,
        compared=f"yesterday by {clock(now, zone)}",
        compared_since=midnight(now, zone, -1),
        compared_until=days_earlier(now, zone, 1),
        days=1,
        grain="hour",
    )


def _yesterday(now: datetime, zone: str) -> Period:
    return Period(
        words="yesterday",
        since=midnight(now, zone, -1),
        until=midnight(now, zone),
        compared="the day before",
        compared_since=midnight(now, zone, -2),
        compared_until=midnight(now, zone, -1),
        days=1,
        grain="hour",
    )


def _week(now: datetime, zone: str) -> Period:
    return Period(
        words="in the last 7 days",
        since=midnight(now, zone, -6),
        until=now,
        compared="the 7 days before",
        compared_since=midnight(now, zone, -13),
        compared_until=days_earlier(now, zone, 7),
        days=7,
        grain="day",
    )


PERIODS: Mapping[str, Callable[[datetime, str], Period]] = {"today": _today, "yesterday": _yesterday, "week": _week}
