"""A service's own metrics: recorded through OpenTelemetry, exposed as Prometheus text under the catalog's exact names.

Only what `telemetry.catalog` declares can be recorded. Serving `exposition()` over HTTP is left to the service.
"""

from collections.abc import Callable, Iterable
from itertools import product
from math import isfinite
from threading import Lock

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.view import View
from opentelemetry.sdk.resources import Resource
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest

from telemetry import catalog
from telemetry.catalog import Kind, Metric

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4  # of `exposition()`

# Series of one metric in one process. Above it the SDK adds up the rest under otel_metric_overflow="true";
# its own default, 2000, is less than 300 clients on 7 platforms.
_SERIES = 20_000

_Write = Callable[[float, dict[str, str]], None]


class Metrics:
    """The metrics of one process; safe to use from any thread.

    A recording that does not fit the catalog must not break the work it measures: it is dropped and counted in
    `telemetry_dropped_total`, `why` being undeclared, kind, labels (one missing, unknown or None) or value (not finite,
    or below zero where only gauges may be). With `strict`, for tests, it raises ValueError.
    """

    def __init__(self, service: str, *, strict: bool = False) -> None:
        self._strict = strict
        self._scrape = Lock()
        self._registry = CollectorRegistry()
        provider = MeterProvider(
            # Scope and target info would add labels and series of which the catalog knows nothing.
            [PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=self._registry)],
            resource=Resource({"service.name": service}),
            exemplar_filter=AlwaysOffExemplarFilter(),  # the exporter never writes them
            shutdown_on_exit=False,  # nothing is pushed, so there is nothing to flush
            views=[View(instrument_name="*", aggregation_cardinality_limit=_SERIES)],
        )
        meter = provider.get_meter(service)
        self._writes = {name: _instrument(meter, metric) for name, metric in catalog.ALL.items()}

    def add(self, metric: Metric, /, value: float = 1, **labels: object) -> None:
        """Counts `value` more of something."""
        self._write(Kind.COUNTER, metric, value, labels)

    def record(self, metric: Metric, /, ms: float, **labels: object) -> None:
        """Puts one duration in milliseconds into a histogram."""
        self._write(Kind.HISTOGRAM, metric, ms, labels)

    def set(self, metric: Metric, /, value: float, **labels: object) -> None:
        """Tells the present value of a gauge."""
        self._write(Kind.GAUGE, metric, value, labels)

    def zero(self, metric: Metric, /, **values: Iterable[object]) -> None:
        """Brings every combination of the given label values into being, at 0.

        A counter whose first sample is already 1 has not increased as far as Prometheus can tell; an alert would miss
        the first failure. https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
        """
        for combination in product(*values.values()):
            self.add(metric, 0, **dict(zip(values, combination, strict=True)))

    def exposition(self) -> bytes:
        """Every series in Prometheus text format 0.0.4; takes some 20 µs a series, so call it from a thread."""
        with self._scrape:  # of two scrapes at once the exporter would give one everything and the other nothing
            return generate_latest(self._registry)

    def _write(self, kind: Kind, metric: Metric, value: float, labels: dict[str, object]) -> None:
        if why := self._misfit(kind, metric, value, labels):
            if self._strict:
                raise ValueError(f"{metric.name}: {why} does not fit the catalog, got {kind} {value} {labels}")
            dropped = catalog.TELEMETRY_DROPPED_TOTAL.name
            self._writes[dropped](1, {"metric": metric.name, "why": why})
            return
        # str() makes a Platform and its text one series: the SDK keeps them apart by type, and Prometheus refuses
        # a scrape in which one series occurs twice.
        self._writes[metric.name](value, {label: str(labels[label]) for label in metric.labels})

    def _misfit(self, kind: Kind, metric: Metric, value: float, labels: dict[str, object]) -> str | None:
        if metric.name not in self._writes:
            return "undeclared"
        if metric.kind is not kind:
            return "kind"
        if labels.keys() != set(metric.labels) or None in labels.values():
            return "labels"
        if not isfinite(value) or (value < 0 and kind is not Kind.GAUGE):
            return "value"
        return None


def _instrument(meter: Meter, metric: Metric) -> _Write:
    """What writes to the metric. No unit is given: the exporter would add it to the name (`_ms` -> `_ms_milliseconds`).

    https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
    """
    match metric.kind:
        case Kind.COUNTER:
            return meter.create_counter(metric.name, description=metric.help).add
        case Kind.GAUGE:
            return meter.create_gauge(metric.name, description=metric.help).set
        case Kind.HISTOGRAM:
            return meter.create_histogram(
                metric.name, description=metric.help, explicit_bucket_boundaries_advisory=metric.buckets
            ).record
