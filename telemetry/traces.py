"""Spans (spec section 7) that carry the canonical ids, across threads and processes, to an OpenTelemetry collector.

Which of them are sent is `sampling`'s rule. Without a collector none is, but log lines still have their trace ids.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from telemetry import catalog, ids, redact
from telemetry.export import Batches
from telemetry.metrics import Metrics
from telemetry.sampling import ESCALATION, TailSampler

_EXPORT_SECONDS = 5

_propagator = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
_provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource({}), shutdown_on_exit=False)
_tracer = _provider.get_tracer("telemetry")

Carrier = TypeVar("Carrier", bound=MutableMapping[str, Any])


def configure(
    service: str, *, otlp_url: str | None = None, ratio: float = 0.15, metrics: Metrics | None = None
) -> None:
    """Sets up the tracing of this process, once at its start; a second call replaces the first.

    `otlp_url` is the collector's base URL, to which spans go as OTLP over HTTP. Traces with an error or an escalation
    are all sent, of the others the share `ratio`; the choice hangs on the trace id alone, so services choose alike.
    Where a collector sees all services' spans and samples itself, as `deploy/otel-collector.yaml` does, `ratio` is 1.
    Spans that could not be sent are counted in `metrics`.
    """
    global _provider, _tracer  # a process has one
    _provider.shutdown()
    # Every span is recorded, whatever the caller's sampled flag says: an error must be kept even if it had not sampled.
    _provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.create({"service.name": service}))
    _tracer = _provider.get_tracer("telemetry")
    if metrics:
        metrics.zero(catalog.TELEMETRY_SPANS_DROPPED_TOTAL)

    def dropped(why: str, spans: int) -> None:
        if metrics:
            metrics.add(catalog.TELEMETRY_SPANS_DROPPED_TOTAL, spans, why=why)

    if otlp_url:
        exporter = OTLPSpanExporter(f"{otlp_url.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
        _provider.add_span_processor(TailSampler(Batches(exporter, dropped), ratio))


def span(name: str, /, **attributes: str | float | None) -> AbstractContextManager[trace.Span]:
    """One of the spans of spec section 7.1: `with traces.span("tool.call", tool_id="ffmpeg") as span: …`

    It starts at once and belongs into a `with`, which ends it. The canonical ids bound at its start become attributes.
    An exception is recorded, marks the span as failed and goes on; for a failure that is a value call `fail`.
    """
    if None in attributes.values():
        attributes = {name: value for name, value in attributes.items() if value is not None}
    started = _tracer.start_span(name, attributes={**redact.own_ids(ids.current()), **attributes})
    return trace.use_span(started, end_on_exit=True)


def fail(reason: str) -> None:
    """Marks the active span as failed."""
    trace.get_current_span().set_status(StatusCode.ERROR, reason)


def escalate(reason: str) -> None:
    """Marks the active span as one in which a person was called in; its trace is always sent."""
    trace.get_current_span().set_attributes({ESCALATION: True, "escalation_reason": reason})


def inject(carrier: Carrier) -> Carrier:
    """Puts `traceparent` and the canonical ids (as W3C `baggage`) into HTTP headers or a job's payload; returns it.

    https://www.w3.org/TR/trace-context/ · https://www.w3.org/TR/baggage/
    """
    here = context.get_current()
    for name, value in ids.current().present().items():
        here = baggage.set_baggage(name, value, here)
    _propagator.inject(carrier, here)
    return carrier


@contextmanager
def extract(carrier: Mapping[str, object]) -> Iterator[None]:
    """Goes on where `inject` left off: in the block the ids are bound and spans are children of the sender's.

    What is missing or malformed is ignored; names may have any case, as those of headers do.
    """
    headers = {name.lower(): value for name, value in carrier.items() if isinstance(value, str)}
    there = _propagator.extract(headers, Context())
    # Only the span goes into the context: baggage that is none of our ids must not be passed on to others.
    token = context.attach(trace.set_span_in_context(trace.get_current_span(there)))
    try:
        with ids.bound(**ids.from_mapping(baggage.get_all(there))):
            yield
    finally:
        context.detach(token)
