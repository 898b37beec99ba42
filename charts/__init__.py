"""Values in, PNG out: each chart is a frozen value with its numbers in words, drawn by one worker process.

Where the values come from and when a picture is posted is left to the callers. Nothing of ours is imported here, and
matplotlib never enters the caller's process.
"""

from .alert import AlertChart, Series
from .chart import Chart, NoData, Rate
from .checkin import CheckinChart, DueHour, PublishHour
from .client_health import CalendarBar, ClientHealthChart
from .cost import CostChart, Spend
from .renderer import ChartError, Renderer

__all__ = [
    "AlertChart",
    "CalendarBar",
    "Chart",
    "ChartError",
    "CheckinChart",
    "ClientHealthChart",
    "CostChart",
    "DueHour",
    "NoData",
    "PublishHour",
    "Rate",
    "Renderer",
    "Series",
    "Spend",
]
