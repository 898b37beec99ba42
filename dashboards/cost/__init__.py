"""Dashboard E, `/cost`: are costs or retries spiraling? Today, yesterday or a week; of all clients or one.

`collect` asks Postgres and Prometheus, `decide` judges, `cards` and `chart` show.
"""

from dashboards.cost.cards import MARKS, card
from dashboards.cost.chart import chart
from dashboards.cost.collect import collect
from dashboards.cost.model import Cost, Help

__all__ = ["MARKS", "Cost", "Help", "card", "chart", "collect"]
