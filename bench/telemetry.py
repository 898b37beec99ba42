"""What telemetry costs the code that emits it, beside the bare OpenTelemetry SDK and bare structlog in the same run.

Both sides say the same: four attributes to a metric, the same attributes to a span, the same fields to a line. A figure
is CPU time of the calling thread; what the thread that sends spans takes besides is in rows of its own.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import cycle
from unittest import mock

import orjson
import structlog
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry

from bench.measure import Row, compared, turns
from telemetry import catalog, ids, logs, spans, traces
from telemetry.catalog import Kind, Metric
from telemetry.export import WAITING_SPANS
from telemetry.ids import Platform
from telemetry.metrics import Metrics

NAME = "telemetry"
SUMMARY = "A count, a duration, a span, a log line: ours beside the bare OpenTelemetry SDK and bare structlog."

CALLS = 400  # of one candidate in one turn: fewer than a batch, so that sending them comes after and is told apart
ROUNDS = 40  # for each that is asked for

# No metric of the catalog has four labels; while they are measured these two are in it.
_LABELS = ("client_id", "platform", "lane", "outcome")
COUNTER = Metric("bench_total", Kind.COUNTER, _LABELS, "A counter with four labels.", "ours")
HISTOGRAM = Metric(
    "bench_ms", Kind.HISTOGRAM, _LABELS, "A histogram with four labels.", "ours", catalog.JOB_START_DELAY_MS.buckets
)
_SERIES = [(client, str(platform)) for client in ("acme", "globex", "zen", "initech") for platform in Platform]

IDS: ids.Given = {
    "request_id": "0f8c4b7e-8d3e-4a56-9c1a-3f0de1c2b7aa",
    "client_id": "acme",
    "platform": "instagram",
    "lane": "publishing",
    "blueprint_id": "spotlight",
    "episode_id": "episode-00017",
    "job_id": "job-000231",
}
ATTRIBUTES = ids.Ids(**IDS).present()
LINE = {"duration_ms": 12.5, "status": "error", "error_code": "platform_5xx", "error_message": "answered 503"}

_Call = Callable[[], object]
Candidate = Callable[[], AbstractContextManager[_Call]]


def run(rounds: int) -> list[Row]:
    return rows(*measured(CANDIDATES, rounds * ROUNDS, CALLS))


def rows(caller: Mapping[str, Sequence[float]], process: Mapping[str, Sequence[float]]) -> list[Row]:
    """The table, from microseconds per call in each round: of the calling thread, and of the whole process."""
    sdk, kept, line = "OpenTelemetry SDK", "the same, attributes kept", "structlog with orjson"
    return [
        compared("counter, 4 labels", "µs", caller["add"], sdk, caller["sdk add"], "<= 0.3"),
        compared("counter, 4 labels", "µs", caller["add"], kept, caller["sdk add kept"], "<= 0.3"),
        compared("histogram, 4 labels", "µs", caller["record"], sdk, caller["sdk record"], "<= 0.3"),
        compared("histogram, 4 labels", "µs", caller["record"], kept, caller["sdk record kept"], "<= 0.3"),
        compared("span, all sent", "µs", caller["span"], sdk, caller["sdk span"], "<= 1.2"),
        compared("span, 15 % sent", "µs", caller["span 15 %"], f"{sdk}, all sent", caller["sdk span"], "<= 1.2"),
        compared("span, all sent, and its sending", "µs", process["span"], sdk, process["sdk span"]),
        compared("span, 15 % sent, and its sending", "µs", process["span 15 %"], sdk, process["sdk span"]),
        compared("log line, all fields", "µs", caller["line"], line, caller["bare line"], "<= 1.5"),
    ]


_Figures = dict[str, list[float]]


def measured(candidates: Mapping[str, Candidate], rounds: int, calls: int) -> tuple[_Figures, _Figures]:
    """Microseconds per call in each round: of the calling thread, and of the process until everything is sent."""
    caller: _Figures = {name: [] for name in candidates}
    process: _Figures = {name: [] for name in candidates}
    for name in turns(list(candidates), rounds):
        with ExitStack() as at_end:
            call = at_end.enter_context(candidates[name]())
            _repeat(call, calls // 10)  # fills caches
            began = time.thread_time(), time.process_time()
            _repeat(call, calls)
            caller[name].append((time.thread_time() - began[0]) / calls * 1e6)
        process[name].append((time.process_time() - began[1]) / calls * 1e6)
    return caller, process


def _repeat(call: _Call, times: int) -> None:
    for _ in range(times):
        call()


@contextmanager
def _ours(metric: Metric) -> Iterator[_Call]:
    with mock.patch.dict(catalog.ALL, {metric.name: metric}):
        metrics, each = Metrics("bench"), cycle(_SERIES)
        tell = metrics.add if metric is COUNTER else metrics.record

        def call() -> None:
            client, platform = next(each)
            tell(metric, 1234.5, client_id=client, platform=platform, lane="publishing", outcome="ok")

        yield call
        metrics.close()


@contextmanager
def _sdk(metric: Metric, *, kept: bool = False) -> Iterator[_Call]:
    provider = MeterProvider([PrometheusMetricReader(registry=CollectorRegistry())], shutdown_on_exit=False)
    meter = provider.get_meter("bench")
    if metric is COUNTER:
        tell = meter.create_counter(metric.name).add
    else:
        tell = meter.create_histogram(metric.name, explicit_bucket_boundaries_advisory=metric.buckets).record
    each = cycle(_SERIES)
    ready = cycle([_attributes(*one) for one in _SERIES])

    def call() -> None:
        client, platform = next(each)
        tell(1234.5, {"client_id": client, "platform": platform, "lane": "publishing", "outcome": "ok"})

    yield (lambda: tell(1234.5, next(ready))) if kept else call
    provider.shutdown()


def _attributes(client: str, platform: str) -> dict[str, str]:
    return {"client_id": client, "platform": platform, "lane": "publishing", "outcome": "ok"}


class _Encoded(SpanExporter):
    """Does what sending costs this process, and sends nothing."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS


@contextmanager
def _span(ratio: float) -> Iterator[_Call]:
    with mock.patch.object(traces, "OTLPSpanExporter", return_value=_Encoded()), ids.bound(**IDS):
        traces.configure("bench", otlp_url="http://nowhere", ratio=ratio)

        def call() -> None:
            with spans.tool_call("publish", attempt=1):
                pass

        yield call
        traces.configure("bench")  # sends what is left


@contextmanager
def _sdk_span() -> Iterator[_Call]:
    provider = TracerProvider(resource=Resource.create({"service.name": "bench"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Encoded(), WAITING_SPANS))
    tracer = provider.get_tracer("bench")

    def call() -> None:
        with tracer.start_as_current_span("tool.call", attributes={**ATTRIBUTES, "tool_id": "publish", "attempt": 1}):
            pass

    yield call
    provider.shutdown()


@contextmanager
def _line() -> Iterator[_Call]:
    with open(os.devnull, "w") as nowhere, ids.bound(**IDS), traces.span("tool.call"):
        logs.configure("bench", stream=nowhere)
        log = logs.get("bench")
        yield lambda: log.error("publish.failed", **LINE)
        structlog.reset_defaults()


@contextmanager
def _bare_line() -> Iterator[_Call]:
    """The same fields, those of the context bound beforehand."""
    with open(os.devnull, "wb") as nowhere, traces.span("tool.call") as span:
        own = span.get_span_context()
        log = structlog.wrap_logger(
            structlog.BytesLogger(nowhere),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.JSONRenderer(serializer=orjson.dumps),
            ],
            wrapper_class=structlog.make_filtering_bound_logger("INFO"),
            cache_logger_on_first_use=True,
        ).bind(
            service="bench",
            component="bench",
            trace_id=f"{own.trace_id:032x}",
            span_id=f"{own.span_id:016x}",
            **IDS,
        )
        yield lambda: log.error("publish.failed", **LINE)


CANDIDATES: Mapping[str, Candidate] = {
    "add": partial(_ours, COUNTER),
    "sdk add": partial(_sdk, COUNTER),
    "sdk add kept": partial(_sdk, COUNTER, kept=True),
    "record": partial(_ours, HISTOGRAM),
    "sdk record": partial(_sdk, HISTOGRAM),
    "sdk record kept": partial(_sdk, HISTOGRAM, kept=True),
    "span": partial(_span, 1),
    "span 15 %": partial(_span, 0.15),
    "sdk span": _sdk_span,
    "line": _line,
    "bare line": _bare_line,
}
