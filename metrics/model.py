"""The values Prometheus answers with, frozen; what did not arrive is a value too.

Numbers may be NaN or infinite, as Prometheus gives them; judging that is left to whoever reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Missing:
    """The source did not give an answer one can use. Unknown is not healthy and not zero.

    `why` completes "Prometheus …"; `since` is the last moment it was known to answer, None if it never was.
    """

    why: str
    since: datetime | None = None
    source: str = "Prometheus"


@dataclass(frozen=True)
class Sample:
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Vector:
    """One instant. No samples means that nothing matched, which is not zero; `warnings` mean that it may be partial."""

    samples: tuple[Sample, ...]
    warnings: tuple[str, ...] = ()

    @property
    def value(self) -> float | None:
        """The number of a query that gives one; None when nothing matched."""
        return self.samples[0].value if self.samples else None

    def by(self, label: str) -> dict[str, float]:
        """The numbers of a query that is summed by one label."""
        return {sample.labels.get(label, ""): sample.value for sample in self.samples}


@dataclass(frozen=True)
class Series:
    """One line of a range, its points by time; a moment without a sample has no point."""

    labels: Mapping[str, str]
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True)
class Matrix:
    """A range of time; `warnings` mean that it may be partial."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()
