from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from prometheus_client.parser import text_string_to_metric_families

from telemetry.metrics import Metrics
from telemetry.prices import Price, Prices

CUT = datetime(2026, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
PRICES = Prices(
    [
        Price("anthropic", "claude", CUT, Decimal("1.5"), Decimal("7.5")),
        Price("anthropic", "claude", CUT - 100 * DAY, Decimal(3), Decimal(15)),
        Price("openai", "mini", CUT - 100 * DAY, Decimal("0.25"), Decimal(2)),
    ]
)


def count(metrics: Metrics, when: datetime, model: str = "claude") -> Decimal | None:
    own = {"provider": "anthropic", "model": model, "task_class": "plan", "client_id": "acme"}
    return PRICES.count(metrics, **own, tokens_in=10_000, tokens_out=2_000, when=when)


def samples(metrics: Metrics) -> dict[tuple[str, str | None], float]:
    """(name, type if it has one) → value."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {(one.name, one.labels.get("type")): one.value for family in families for one in family.samples}


@pytest.mark.parametrize(
    ("when", "usd_in"),
    [(CUT - 101 * DAY, None), (CUT - 100 * DAY, 3), (CUT - DAY, 3), (CUT, 1.5), (CUT + 900 * DAY, 1.5)],
)
def test_the_price_is_that_of_the_day(when: datetime, usd_in: float | None) -> None:
    price = PRICES.at("anthropic", "claude", when)
    assert (price and price.usd_in) == usd_in


def test_a_model_is_its_providers() -> None:
    assert PRICES.at("openai", "claude", CUT) is None


def test_a_price_cut_changes_nothing_that_was_counted_before() -> None:
    metrics = Metrics("tests", strict=True)
    assert count(metrics, CUT - DAY) == Decimal("0.06")
    assert count(metrics, CUT) == Decimal("0.03")

    found = samples(metrics)
    assert found["llm_cost_usd_total", None] == pytest.approx(0.09)
    assert found["client_llm_cost_usd_total", None] == pytest.approx(0.09)
    assert found["llm_calls_total", None] == 2
    assert (found["llm_tokens_total", "in"], found["llm_tokens_total", "out"]) == (20_000, 4_000)
    assert found["llm_price_usd_per_token", "out"] == pytest.approx(7.5e-6)


def test_a_model_without_a_price_raises_in_tests_and_is_counted_elsewhere() -> None:
    with pytest.raises(ValueError, match="llm_cost_usd_total: price"):
        count(Metrics("tests", strict=True), CUT, model="new")
    metrics = Metrics("tests")
    assert count(metrics, CUT, model="new") is None

    found = samples(metrics)
    assert found["telemetry_dropped_total", None] == 1
    assert found["llm_tokens_total", "in"] == 10_000
    assert ("llm_cost_usd_total", None) not in found
