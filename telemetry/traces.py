"""Spans (spec section 7) that carry the canonical ids, across threads and processes, to an OpenTelemetry collector.

Which of them are sent is `sampling`'s rule. Without a collector none is, but log lines still have their trace ids.
"""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from telemetry import ids, redact
from telemetry.sampling import HELD_SPANS, TailSampler

_EXPORT_SECONDS = 5

_propagator = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
_provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource({}), shutdown_on_exit=False)
_tracer = _provider.get_tracer("telemetry")

Carrier = TypeVar("Carrier", bound=MutableMapping[str, Any])


def configure(service: str, *, otlp_url: str | None = None, ratio: float = 0.15) -> None:
    """Sets up the tracing of this process, once at its start; a second call replaces the first.

    `otlp_url` is the collector's base URL, to which spans go as OTLP over HTTP. Traces with an error or an escalation
    are all sent, of the others the share `ratio`; the choice hangs on the trace id alone, so services choose alike.
    """
    global _provider, _tracer  # a process has one
    _provider.shutdown()
    # Every span is recorded, whatever the caller's sampled flag says: an error must be kept even if it had not sampled.
    _provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.create({"service.name": service}))
    _tracer = _provider.get_tracer("telemetry")
    if otlp_url:
        exporter = OTLPSpanExporter(f"{otlp_url.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
        batches = BatchSpanProcessor(_Redacted(exporter), max_queue_size=HELD_SPANS)
        _provider.add_span_processor(TailSampler(batches, ratio))


def span(name: str, /, **attributes: str | float | None) -> AbstractContextManager[trace.Span]:
    """One of the spans of spec section 7.1: `with traces.span("tool.call", tool_id="ffmpeg") as span: …`

    The canonical ids bound at its start become attributes. An exception is recorded, marks the span as failed and
    goes on; for a failure that is a value call `fail`.
    """
    given = {name: value for name, value in attributes.items() if value is not None}
    return _tracer.start_as_current_span(name, attributes={**redact.own_ids(ids.current()), **given})


def fail(reason: str) -> None:
    """Marks the active span as failed."""
    trace.get_current_span().set_status(StatusCode.ERROR, reason)


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


class _Redacted(SpanExporter):
    """Masks secrets in the exporter's own thread, whoever wrote them and however late."""

    def __init__(self, next_: SpanExporter) -> None:
        self._next = next_

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._next.export([_redacted(span) for span in spans])

    def shutdown(self) -> None:
        self._next.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._next.force_flush(timeout_millis)


def _redacted(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=redact.text(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_clean(span.attributes),
        events=[Event(event.name, _clean(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, span.status.description and redact.text(span.status.description)),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _clean(attributes: Attributes) -> dict[str, Any]:
    return {
        # A stack is told whole: its end, which the cap of a field would cut off, is where the fault is.
        name: redact.text(str(value)) if name == "exception.stacktrace" else redact.field(name, value)
        for name, value in (attributes or {}).items()
    }
