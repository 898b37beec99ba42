from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, product
from typing import Any

import pytest
from sqlalchemy import Connection as Db

from clients import store as clients
from clients.model import Client, Usage

NOW = datetime(2026, 3, 3, 13, 30, tzinfo=UTC)  # a Tuesday; 14:30 in Berlin
NAMES = (
    "Acme Outdoor",
    "Bluebird Bakery",
    "Cedar & Stone <Architects>",
    "Dalia Florals",
    "Ember Coffee",
    "Fjord Yoga",
    "Gale",
)
MODELS = (
    ("anthropic", "claude-sonnet-4-5", "llm"),
    ("openai", "gpt-5-mini", "llm"),
    ("openai", "gpt-image-1", "image"),
)
Spend = Callable[..., None]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def spend(db: Db) -> Spend:
    """Reports one call: `spend("acme", "2.50", NOW)`; `retry=True` makes it a repeat."""
    numbers = count()

    def report(client_id: str, usd: str, at: datetime, **how: Any) -> None:
        clients.report_usage(db, [_call(f"use-{next(numbers)}", client_id, usd, at, **how)])

    return report


@pytest.fixture
def agency(db: Db) -> None:
    """Seven clients and fifteen days of an ordinary agency; only the last client has no budget."""
    ids = [name.split()[0].lower() for name in NAMES]
    budgets = [Decimal("5.00")] * 6 + [None]
    named = zip(ids, NAMES, budgets, strict=True)
    clients.report_clients(db, [Client(one, name, "Europe/Berlin", budget) for one, name, budget in named])
    calls: list[Usage] = []
    for day, (n, client_id), hour in product(range(15), enumerate(ids), range(8, 21, 3)):
        at = NOW.replace(hour=hour, minute=17) - timedelta(days=day)
        usd = str(Decimal("0.11") * (7 - n) + Decimal("0.03") * (day % 3) + Decimal("0.01") * hour)
        blueprint = ("spotlight", "how-to", "quick-update")[n % 3]
        calls.append(_call(f"call-{len(calls)}", client_id, usd, at, model=hour // 3 % 3, blueprint=blueprint))
    for day in range(15):
        at = NOW.replace(hour=9) - timedelta(days=day)
        calls.append(_call(f"retry-{day}", "acme", "0.31", at, blueprint="spotlight", retry=True))
    clients.report_usage(db, [call for call in calls if call.at < NOW])


def _call(
    usage_id: str,
    client_id: str,
    usd: str,
    at: datetime,
    *,
    model: int = 0,
    blueprint: str | None = None,
    retry: bool = False,
) -> Usage:
    provider, name, kind = MODELS[model]
    tokens_in, tokens_out = (4000, 600) if kind == "llm" else (0, 0)
    return Usage(
        usage_id,
        client_id,
        provider,
        name,
        kind,
        "caption",
        Decimal(usd),
        at,
        tokens_in,
        tokens_out,
        blueprint_id=blueprint,
        retry_of="another" if retry else None,
    )
