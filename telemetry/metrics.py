"""A service's own metrics: counted here, exposed by OpenTelemetry under the catalog's exact names.

Only what `telemetry.catalog` declares can be recorded. Serving `exposition()` over HTTP is left to the service.

The counting is ours because a call of the SDK's instruments costs some ten times as much: it merges and freezes the
attributes every time. What is counted goes out through OpenTelemetry's own readers, for Prometheus and OTLP alike.
"""

import atexit
import sys
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import product
from math import inf
from threading import Lock
from typing import Any
from uuid import uuid4

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    MetricReader,
    MetricsData,
    NumberDataPoint,
    PeriodicExportingMetricReader,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Metric as Collected
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest

from telemetry import catalog, logs, redact
from telemetry.catalog import Kind, Metric

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4  # of `exposition()`

_SERIES = 20_000  # of one metric in one process; 500 clients on 7 platforms with 4 outcomes are 14,000
_LABEL_CHARS = 128
_EXPORT_SECONDS = 5
_LEAST = {Kind.COUNTER: 0.0, Kind.HISTOGRAM: 0.0, Kind.GAUGE: -sys.float_info.max}
_CUMULATIVE = AggregationTemporality.CUMULATIVE

_log = logs.get(__name__)


class _Series:
    """One series: a value, or a histogram's counts by bucket and their sum."""

    __slots__ = ("buckets", "counts", "kind", "labels", "value")

    def __init__(self, metric: Metric, labels: Mapping[str, str]) -> None:
        self.kind = metric.kind
        self.labels = labels
        self.value = 0.0
        self.buckets = metric.buckets
        self.counts = [0] * (len(metric.buckets) + 1)


class Metrics:
    """The metrics of one process; safe to use from any thread.

    A recording that does not fit the catalog must not break the work it measures: it is dropped and counted in
    `telemetry_dropped_total`, and the first of its kind is logged. `why` is undeclared, kind, labels (one missing,
    unknown or None, or a value that is none of a closed set), value (not finite, or below zero where only gauges may
    be), series (too many) or price (a model without one). With `strict`, for tests, it raises ValueError.

    With `otlp_url`, a collector's base URL, everything is also sent there every `every_s` seconds. Without a collector
    nothing waits for it and nothing piles up: the next sending tells the same totals.
    """

    def __init__(self, service: str, *, strict: bool = False, otlp_url: str | None = None, every_s: float = 15) -> None:
        self._strict = strict
        self._resource = Resource.create({"service.name": service, "service.instance.id": str(uuid4())})
        self._since = time.time_ns()
        self._lock = Lock()
        self._series: dict[str, dict[tuple[str, ...], _Series]] = {name: {} for name in catalog.ALL}
        self._known: dict[tuple[object, ...], _Series] = {}  # by metric and labels just as they were given
        self._values: dict[tuple[str, str], set[str]] = {}  # by metric and label, of those that are bounded
        self._refused: set[tuple[str, str]] = set()
        self._scrape = Lock()
        self._registry = CollectorRegistry()
        # Scope and target info would add labels and series of which the catalog knows nothing.
        self._readers: list[MetricReader] = [
            PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=self._registry)
        ]
        if otlp_url:
            exporter = OTLPMetricExporter(f"{otlp_url.rstrip('/')}/v1/metrics", timeout=_EXPORT_SECONDS)
            self._readers.append(PeriodicExportingMetricReader(exporter, export_interval_millis=every_s * 1000))
            atexit.register(self.close)
        for reader in self._readers:
            # What a MeterProvider would do. It is the one way to bring a histogram of one's own to a reader:
            # https://github.com/open-telemetry/opentelemetry-specification/blob/main/specification/metrics/sdk.md#metricproducer
            # is not in the Python SDK.
            reader._set_collect_callback(self._collected)

    def add(self, metric: Metric, value: float = 1, /, **labels: object) -> None:
        """Counts `value` more of something."""
        if series := self._found(Kind.COUNTER, metric, value, labels):
            with self._lock:
                series.value += value

    def record(self, metric: Metric, ms: float, /, **labels: object) -> None:
        """Puts one duration in milliseconds into a histogram."""
        if series := self._found(Kind.HISTOGRAM, metric, ms, labels):
            bucket = bisect_left(series.buckets, ms)
            with self._lock:
                series.counts[bucket] += 1
                series.value += ms

    def set(self, metric: Metric, value: float, /, **labels: object) -> None:
        """Tells the present value of a gauge."""
        if series := self._found(Kind.GAUGE, metric, value, labels):
            series.value = value

    def replace(self, metric: Metric, values: Mapping[tuple[str, ...], float]) -> None:
        """Tells all there is of a gauge, by its labels in the catalog's order; a series left out is gone."""
        fresh: dict[tuple[str, ...], _Series] = {}
        for told, value in values.items():
            series = _Series(metric, dict(zip(metric.labels, map(_text, told), strict=True)))
            series.value = value
            fresh[tuple(series.labels.values())] = series
        with self._lock:
            self._series[metric.name] = fresh

    def zero(self, metric: Metric, /, **values: Iterable[object]) -> None:
        """Brings every combination of the label values into being, at 0; the closed labels need not be given.

        A counter whose first sample is already 1 has not increased as far as Prometheus can tell; an alert would miss
        the first failure. https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
        """
        sets = {**metric.closed, **values}
        for combination in product(*sets.values()):
            labels = dict(zip(sets, combination, strict=True))
            kind = Kind.COUNTER if metric.kind is Kind.GAUGE else metric.kind  # a gauge's zero would say something
            self._found(kind, metric, 0, labels)

    def refuse(self, why: str, metric: Metric, value: float, labels: Mapping[str, object]) -> None:
        """Counts a recording that could not be made, by why, and logs the first; where strict, raises ValueError."""
        problem = f"{metric.name}: {why} does not fit the catalog, got {value} {labels}"
        if self._strict:
            raise ValueError(problem)
        if (metric.name, why) not in self._refused:
            self._refused.add((metric.name, why))
            _log.error("telemetry.dropped", status="error", error_code=why, error_message=problem)
        self.add(catalog.TELEMETRY_DROPPED_TOTAL, metric=metric.name, why=why)

    def exposition(self) -> bytes:
        """Every series in Prometheus text format 0.0.4; takes some 20 µs a series, so call it from a thread."""
        with self._scrape:  # of two scrapes at once the exporter would give one everything and the other nothing
            return generate_latest(self._registry)

    def close(self) -> None:
        """Sends what is left to the collector, if there is one."""
        for reader in self._readers:
            reader.shutdown()
        self._readers.clear()

    def _found(self, kind: Kind, metric: Metric, value: float, labels: dict[str, object]) -> _Series | None:
        # The names and values just as they were given lead to the series at once, in whatever order; only the first
        # call with them pays for the checks below. `503` and `"503"`, a Platform and its text lead to the same one.
        given = (metric.name, *labels, *labels.values())
        try:
            known = self._known[given]
            if known.kind is kind and _LEAST[kind] <= value < inf:
                return known
        except (KeyError, TypeError):  # TypeError: a label that cannot be hashed, a value that is no number
            pass
        if why := _misfit(kind, metric, value, labels):
            self.refuse(why, metric, value, labels)
            return None
        with self._lock:
            values = tuple(self._bounded(metric, label, labels[label]) for label in metric.labels)
            own = self._series[metric.name]
            series = own.get(values)
            if series is None and len(own) < _SERIES:
                series = own[values] = _Series(metric, dict(zip(metric.labels, values, strict=True)))
            if series:
                if len(self._known) >= 2 * _SERIES:  # of values without end, which all lead to `other`
                    self._known.clear()
                self._known[given] = series
                return series
        self.refuse("series", metric, value, labels)
        return None

    def _bounded(self, metric: Metric, label: str, value: object) -> str:
        told = _text(value)
        if label in metric.closed or label not in catalog.MOST_VALUES:
            return told
        seen = self._values.setdefault((metric.name, label), set())
        if told not in seen and len(seen) >= catalog.MOST_VALUES[label]:
            return catalog.OTHER
        seen.add(told)
        return told

    def _collected(self, _reader: MetricReader, timeout_millis: float = 0) -> MetricsData:  # noqa: ARG002 - OTel's
        now = time.time_ns()
        with self._lock:
            found = {name: list(own.values()) for name, own in self._series.items() if own}
            metrics = [_collected(catalog.ALL[name], own, self._since, now) for name, own in found.items()]
        scope = ScopeMetrics(InstrumentationScope("telemetry"), metrics, "")
        return MetricsData([ResourceMetrics(self._resource, [scope], "")])


def _text(value: object) -> str:
    return str(redact.field("label", str(value)))[:_LABEL_CHARS]


def _misfit(kind: Kind, metric: Metric, value: float, labels: Mapping[str, object]) -> str | None:
    if catalog.ALL.get(metric.name) is not metric:
        return "undeclared"
    if metric.kind is not kind:
        return "kind"
    if labels.keys() != set(metric.labels) or None in labels.values():
        return "labels"
    if any(str(labels[label]) not in values for label, values in metric.closed.items()):
        return "labels"
    if not isinstance(value, int | float) or not _LEAST[kind] <= value < inf:
        return "value"
    return None


def _collected(metric: Metric, series: list[_Series], since: int, now: int) -> Collected:
    """As the SDK would have it. No unit is given: the exporter would add it to the name (`_ms` -> `_ms_milliseconds`).

    https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
    """
    data: Sum | Gauge | Histogram
    match metric.kind:
        case Kind.COUNTER:
            data = Sum([NumberDataPoint(one.labels, since, now, one.value) for one in series], _CUMULATIVE, True)
        case Kind.GAUGE:
            data = Gauge([NumberDataPoint(one.labels, since, now, one.value) for one in series])
        case Kind.HISTOGRAM:
            data = Histogram([_distribution(one, since, now) for one in series], _CUMULATIVE)
    return Collected(metric.name, metric.help, "", data)


def _distribution(one: _Series, since: int, now: int) -> HistogramDataPoint:
    unknown: Any = None  # the least and the greatest: the protocol leaves them out if they are not known
    return HistogramDataPoint(
        attributes=one.labels,
        start_time_unix_nano=since,
        time_unix_nano=now,
        count=sum(one.counts),
        sum=one.value,
        bucket_counts=list(one.counts),
        explicit_bounds=one.buckets,
        min=unknown,
        max=unknown,
    )
