"""What every benchmark shares: rounds in which candidates take turns, ratios per round, and a row with its aim.

Machines are noisy and differ: a ratio of two things measured within the same second says more than any absolute figure.
"""

import operator
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")

_HOLDS = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Row:
    """One figure: `ratio` is `value` to `against`; `aim` says what it should be (`<= 3`), "" when it only informs."""

    case: str
    value: float
    unit: str
    against: str
    ratio: float
    aim: str = ""

    @property
    def ok(self) -> bool:
        if not self.aim:
            return True
        sign, limit = self.aim.split()
        holds: bool = _HOLDS[sign](self.ratio, float(limit))
        return holds

    def told(self) -> dict[str, Any]:
        """The row as it is printed, numbers with four digits that count."""
        return {
            "case": self.case,
            "value": _short(self.value),
            "unit": self.unit,
            "against": self.against,
            "ratio": _short(self.ratio),
            "aim": self.aim or None,
            "ok": self.ok,
        }


def compared(case: str, unit: str, ours: Sequence[float], against: str, theirs: Sequence[float], aim: str = "") -> Row:
    """A row from one figure per round of each side: the median of ours, and of the ratios within each round."""
    ratio = median(our / their for our, their in zip(ours, theirs, strict=True))
    return Row(case, median(ours), unit, against, ratio, aim)


def turns(names: Sequence[T], rounds: int) -> Iterator[T]:
    """Whose turn it is: everybody once per round, each round in another order, so that no place is an advantage."""
    shuffled = Random(rounds)
    for _ in range(rounds):
        yield from shuffled.sample(names, len(names))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of the values do not exceed."""
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(0, int(rank) - 1)]


def machine() -> dict[str, Any]:
    """Where it was measured; `load` is the run queue's mean length over the last minute."""
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 2),
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")
