"""What calls to language models cost: a dated price table, and the counting of a call at the price of its moment.

Counted when the call is made, because a price that changes must not change what was spent before
(`tokens * price` in a query would: a cut reads as a counter's reset).
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from telemetry import catalog
from telemetry.metrics import Metrics

_MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """USD per million tokens, as vendors quote them, from `since` (with its zone) until the model's next price."""

    provider: str
    model: str
    since: datetime
    usd_in: Decimal
    usd_out: Decimal

    def usd(self, tokens_in: int, tokens_out: int) -> Decimal:
        return (self.usd_in * tokens_in + self.usd_out * tokens_out) / _MILLION


class Prices:
    """The table of one service. What a client pays with its own key is what the vendor lists, unless told otherwise."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self._prices: dict[tuple[str, str], list[Price]] = {}
        for price in sorted(prices, key=lambda price: price.since):
            self._prices.setdefault((price.provider, price.model), []).append(price)

    def at(self, provider: str, model: str, when: datetime) -> Price | None:
        """The price that was good then; None for a model that is not in the table, or was not yet."""
        known = self._prices.get((provider, model), [])
        index = bisect_right(known, when, key=lambda price: price.since)
        return known[index - 1] if index else None

    def count(
        self,
        metrics: Metrics,
        *,
        provider: str,
        model: str,
        task_class: str,
        tokens_in: int,
        tokens_out: int,
        when: datetime,
        client_id: str | None = None,
    ) -> Decimal | None:
        """Counts a call, its tokens and its cost, the cost also of the client; USD.

        Of a model without a price the cost is None and counted in `telemetry_dropped_total` (why: price): a sum that
        lacks it must not look whole.
        """
        own = {"provider": provider, "model": model}
        metrics.add(catalog.LLM_CALLS_TOTAL, 1, **own, task_class=task_class)
        metrics.add(catalog.LLM_TOKENS_TOTAL, tokens_in, **own, type="in")
        metrics.add(catalog.LLM_TOKENS_TOTAL, tokens_out, **own, type="out")
        price = self.at(provider, model, when)
        if price is None:
            metrics.refuse("price", catalog.LLM_COST_USD_TOTAL, tokens_in + tokens_out, own)
            return None
        metrics.set(catalog.LLM_PRICE_USD_PER_TOKEN, float(price.usd_in) / _MILLION, **own, type="in")
        metrics.set(catalog.LLM_PRICE_USD_PER_TOKEN, float(price.usd_out) / _MILLION, **own, type="out")
        usd = price.usd(tokens_in, tokens_out)
        metrics.add(catalog.LLM_COST_USD_TOTAL, float(usd), **own)
        if client_id is not None:
            metrics.add(catalog.CLIENT_LLM_COST_USD_TOTAL, float(usd), client_id=client_id)
        return usd
