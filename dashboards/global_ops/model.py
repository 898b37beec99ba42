"""The values of Dashboard A over one window of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.model import Missing


@dataclass(frozen=True)
class Signals:
    """The golden signals as Prometheus knows them: whole counts, milliseconds, ratios 0..1."""

    publishing: Mapping[str, tuple[int, int]]
    """(went out, failed for good) by platform."""
    jobs: Mapping[str, tuple[int, int]]
    """(completed, failed for good) by lane."""
    queues: Mapping[str, int]
    """Jobs waiting now, by queue."""
    runners: Mapping[str, tuple[int, int]]
    """(busy, all) now, by pool."""
    providers: Mapping[str, tuple[int, int]]
    """(calls, errors) by kind: llm, image, video."""
    request_p95_ms: float | None
    request_error_ratio: float | None
    """Both None where there were no requests."""


@dataclass(frozen=True)
class Failing:
    """A client whose publishes failed: so many of so many that ended."""

    name: str
    failed: int
    ended: int


@dataclass(frozen=True)
class GlobalOps:
    signals: Signals | Missing
    failing: Sequence[Failing]
    """From the record, by failure rate, the worst first."""
