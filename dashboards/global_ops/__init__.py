"""Dashboard A: are we healthy? The golden signals of a day, and the clients that fail most.

`collect` asks Prometheus and Postgres, `cards` shows. The picture of a day's publishing is the check-in's.
"""

from dashboards.global_ops.cards import details, mark, words
from dashboards.global_ops.collect import collect
from dashboards.global_ops.model import GlobalOps

__all__ = ["GlobalOps", "collect", "details", "mark", "words"]
