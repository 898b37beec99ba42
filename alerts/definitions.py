"""The shapes an alert rule is written in: frozen values and their windows of time.

Which SLOs, rules and recordings there are is left to the modules that hold them, the writing out to `alerts.rules`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Tier = Literal["P0", "P1", "P2", "P3"]
TIERS: tuple[Tier, ...] = get_args(Tier)
Unit = Literal["ratio", "count", "ms", "s", "USD"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SCRAPE_INTERVAL = "15s"
# Prometheus 3 opens a range on its left, so a window of one scrape may be empty; four survive two missed ones.
# https://prometheus.io/docs/prometheus/latest/migration/#range-selectors-and-lookback-exclude-samples-coinciding-with-the-left-boundary
_SCRAPES_IN_A_WINDOW = 4


@dataclass(frozen=True)
class Slo:
    """A promise: of all events within `window`, the share `objective` (0..1) is good."""

    name: str
    objective: float
    window: str

    def ratio_spending(self, share: float, within: str) -> float:
        """The ratio of bad events that spends `share` of the whole error budget in the time `within`."""
        burn = share * seconds(self.window) / seconds(within)
        return round(burn * (1 - self.objective), 6)


@dataclass(frozen=True)
class ChartQuery:
    """What is drawn beside an alert: the expression that was judged, over `span`, with its threshold.

    `expr` may use Prometheus' templates (`{{ $labels.platform }}`); a ratio is 0..1.
    """

    expr: str
    unit: Unit
    threshold: float
    title: str
    span: str = "6h"


@dataclass(frozen=True)
class Recording:
    """A recording rule. Its name speaks of production time, whatever speed it is rendered at.

    Counts are recorded, not ratios: they add up, bring their own sample size, and never become NaN.
    """

    name: str
    expr: str


@dataclass(frozen=True)
class Rule:
    """An alert. `summary` is Prometheus' template text, `runbook` a slug of `runbooks`, times are like `"2m"`."""

    name: str
    tier: Tier
    expr: str
    for_: str
    keep_firing_for: str
    summary: str
    runbook: str
    chart: ChartQuery
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Evaluated together and in order, so that a rule never judges a recording older than itself."""

    name: str
    recordings: tuple[Recording, ...]
    rules: tuple[Rule, ...]
    interval: str = "30s"


def seconds(duration: str) -> int:
    """`"90s"`, `"15m"`, `"1h"`, `"7d"` in seconds; ValueError for anything else."""
    if not (parts := re.fullmatch("([0-9]+)([smhd])", duration)):
        raise ValueError(f"'{duration}' is not a duration like 90s, 15m, 1h or 7d")
    return int(parts[1]) * _SECONDS[parts[2]]


def window(duration: str) -> str:
    """A stretch of production time inside an expression or a sentence; `at_speed` or `in_words` writes it out."""
    seconds(duration)
    return f"‹{duration}›"


def paced(duration: str, speed: int, at_least: int = 1) -> str:
    """A production duration as it is at `speed` (60: a minute passes in a second), in whole seconds."""
    return duration if speed == 1 else f"{max(seconds(duration) // speed, at_least)}s"


def at_speed(expr: str, speed: int) -> str:
    """The expression with every `window` written out, none shorter than four scrapes."""
    return re.sub("‹(.+?)›", lambda found: f"{_width(found[1], speed)}s" if speed > 1 else found[1], expr)


def in_words(text: str, speed: int) -> str:
    """The sentence with every `window` as people read it: `30 min`."""
    return re.sub("‹(.+?)›", lambda found: _words(_width(found[1], speed)), text)


def _width(duration: str, speed: int) -> int:
    shortest = _SCRAPES_IN_A_WINDOW * seconds(paced(SCRAPE_INTERVAL, speed))
    return max(seconds(paced(duration, speed)), shortest)


def _words(width: int) -> str:
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if width % size == 0:
            return f"{width // size} {unit}"
    return f"{width} s"
