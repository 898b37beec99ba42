"""What counters, histograms and gauges would have shown, written as OpenMetrics text for `promtool`.

Events are tallied first; the text is their running sums at every step of the grid. What happened is `history`'s
business.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, islice, pairwise
from pathlib import Path

from telemetry.catalog import Kind, Metric

_Series = tuple[str, tuple[tuple[str, str], ...]]
# Name and labels, its value at each step, and of how many steps one is written.
_Written = tuple[str, Iterable[float], int]

STEP, FINE_STEP, FINE_SPAN = 60, 5, 20 * 60
_QUIET = 4
"""One of so many samples is written of what never moves: Prometheus takes the last value for five minutes."""


def grid(start: datetime, end: datetime) -> list[int]:
    """Unix seconds: every full minute, and every 5 s for the last 20 minutes; the first and last are the given ones.

    A sample on the hour belongs to both hours, so that what is counted between two samples is lost to neither.
    """
    first, last = int(start.timestamp()), int(end.timestamp())
    whole, fine = first - first % STEP + STEP, (last - FINE_SPAN) // STEP * STEP
    return [first, *range(whole, fine, STEP), *range(fine, last, FINE_STEP), last]


class Tally:
    """Events between `start` and `end` by series; what lies outside is not counted."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start, self._end = start, end
        self._events: dict[tuple[str, Metric], dict[_Series, list[tuple[float, float]]]] = defaultdict(dict)
        self._gauges: list[tuple[str, Metric, Mapping[str, str], Callable[[int], float]]] = []

    def add(self, at: datetime, instance: str, metric: Metric, amount: float = 1, **labels: str) -> None:
        """Counts; amount 0 brings the series into being."""
        self._event(at, instance, metric, metric.name, amount, labels)

    def record(self, at: datetime, instance: str, metric: Metric, ms: float, **labels: str) -> None:
        """Puts one duration into a histogram."""
        for bound in (*metric.buckets, float("inf")):
            le = "+Inf" if bound == float("inf") else str(bound)
            self._event(at, instance, metric, f"{metric.name}_bucket", float(ms <= bound), {**labels, "le": le})
        self._event(at, instance, metric, f"{metric.name}_sum", ms, labels)
        self._event(at, instance, metric, f"{metric.name}_count", 1, labels)

    def gauge(self, instance: str, metric: Metric, value: Callable[[int], float], **labels: str) -> None:
        """A gauge as a function of the Unix second."""
        self._gauges.append((instance, metric, labels, value))

    def _event(
        self, at: datetime, instance: str, metric: Metric, name: str, amount: float, labels: Mapping[str, str]
    ) -> None:
        events = self._events[instance, metric].setdefault((name, tuple(labels.items())), [])
        if self._start < at <= self._end and amount:
            events.append((at.timestamp(), amount))

    def total(self, metric: Metric, **labels: str) -> float:
        """The sum of a counter over all series with these labels."""
        wanted = labels.items()
        return sum(
            amount
            for (_, counted), series in self._events.items()
            if counted is metric
            for (_, own), events in series.items()
            if wanted <= dict(own).items()
            for _, amount in events
        )

    def write(self, path: Path, job: str) -> int:
        """Writes the file; the number of its series."""
        times = grid(self._start, self._end)
        stamps = [f" {second}\n" for second in times]
        written = 0
        with path.open("w", encoding="utf-8") as file:
            for metric, series in self._by_metric(job, times):
                family = metric.name.removesuffix("_total") if metric.kind is Kind.COUNTER else metric.name
                file.write(f"# HELP {family} {metric.help}\n# TYPE {family} {metric.kind}\n")
                for name, values, every in series:
                    written += 1
                    file.writelines(_lines(name, islice(values, 0, None, every), stamps[::every]))
            file.write("# EOF\n")
        return written

    def _by_metric(self, job: str, times: Sequence[int]) -> Iterator[tuple[Metric, list[_Written]]]:
        found: dict[Metric, list[_Written]] = defaultdict(list)
        for (instance, metric), series in self._events.items():
            for (name, labels), events in series.items():
                every = 1 if events else _QUIET
                found[metric].append((_name(name, job, instance, labels), _running_sum(events, times), every))
        for instance, metric, gauge_labels, value in self._gauges:
            name = _name(metric.name, job, instance, gauge_labels.items())
            found[metric].append((name, map(value, times), 1))
        yield from found.items()


def _name(name: str, job: str, instance: str, labels: Iterable[tuple[str, str]]) -> str:
    every = (*labels, ("job", job), ("instance", instance))
    return f"{name}{{{','.join(f'{label}={chr(34)}{value}{chr(34)}' for label, value in every)}}} "


def _running_sum(events: list[tuple[float, float]], times: Sequence[int]) -> Iterator[float]:
    events.sort()
    moments = [at for at, _ in events]
    sums = [0.0, *accumulate(amount for _, amount in events)]
    ends = [0, *(bisect_right(times, moment - 1e-9) for moment in moments), len(times)]
    for value, (first, last) in zip(sums, pairwise(ends), strict=True):
        for _ in range(last - first):
            yield value


def _lines(name: str, values: Iterable[float], stamps: Sequence[str]) -> Iterator[str]:
    before, text = None, ""
    for value, stamp in zip(values, stamps, strict=True):
        if value != before:
            before, text = value, f"{name}{value:.10g}"
        yield text + stamp
