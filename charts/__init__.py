"""Values in, PNG out: each chart is a frozen value with its numbers in words, drawn by one worker process.

Where the values come from is left to the callers, and when a picture is posted too. Nothing of ours is imported here, and
matplotlib never enters the caller's process.
"""

from .alert import AlertChart, Series
from .chart import Chart, NoData, Rate
from .checkin import CheckinChart, DueHour, PublishHour
from .renderer import ChartError, Renderer

__all__ = [
    "AlertChart",
    "Chart",
    "ChartError",
    "CheckinChart",
    "DueHour",
    "NoData",
    "PublishHour",
    "Rate",
    "Renderer",
    "Series",
]
