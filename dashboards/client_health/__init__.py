"""Dashboard C, `/client-health`: why is this client stuck? Without a client: which clients are, the worst first.

`collect` asks Postgres and Prometheus, `decide` judges, `cards` and `chart` show.
"""

from dashboards.client_health.cards import card
from dashboards.client_health.chart import chart
from dashboards.client_health.collect import collect
from dashboards.client_health.decide import State, Verdict
from dashboards.client_health.model import ClientHealth, Overview, Unknown

__all__ = ["ClientHealth", "Overview", "State", "Unknown", "Verdict", "card", "chart", "collect"]
