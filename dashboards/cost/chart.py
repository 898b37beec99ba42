"""The picture of cost: bars by hour or day, stacked by client, or by model for one client."""

from decimal import Decimal

from charts import CostChart, Spend
from dashboards.cost.model import Cost


def chart(value: Cost) -> CostChart:
    shown = value.models if value.client else value.clients
    budget = sum((one.budget for one in value.clients if one.budget is not None), Decimal()) / value.period.days
    whose = value.client.name if value.client else "all clients"
    return CostChart(
        title=f"Cost of {whose} {value.period.words}",
        zone=value.zone,
        grain=value.period.grain,
        starts=value.starts,
        spend=tuple(Spend(one.name, tuple(float(usd) for usd in one.bars)) for one in shown if one.usd),
        # A day's budget says nothing about an hour.
        budget=float(budget) if budget and value.period.grain == "day" else None,
    )
