"""How spans leave the process: masked, in batches, from a thread of their own.

A collector that is slow or gone costs the service nothing: so many spans wait, and what is beyond that is dropped and
counted. Which spans are worth sending is `sampling`'s rule.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes

from telemetry import redact

WAITING_SPANS = 8_192
_BATCH = 512

Dropped = Callable[[str, int], None]
"""Told why (`full`: too many waited; `refused`: the collector did not take them) and how many."""


class Batches(SpanProcessor):
    """Sends ended spans on, a batch at a time."""

    def __init__(self, exporter: SpanExporter, dropped: Dropped) -> None:
        self._dropped = dropped
        self._sender = _Sender(exporter, self._sent)
        # Room for a batch more than may wait: the queue itself drops without telling.
        self._queue = BatchSpanProcessor(self._sender, WAITING_SPANS + _BATCH, max_export_batch_size=_BATCH)
        self._lock = Lock()
        self._waiting = 0

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            full = self._waiting >= WAITING_SPANS
            self._waiting += not full
        if full:
            self._dropped("full", 1)
        else:
            self._queue.on_end(span)

    def shutdown(self) -> None:
        self._sender.closing = True
        self._queue.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._queue.force_flush(timeout_millis)

    def _sent(self, spans: int, taken: bool) -> None:
        with self._lock:
            self._waiting -= spans
        if not taken:
            self._dropped("refused", spans)


class _Sender(SpanExporter):
    """Masks secrets in the sending thread, whoever wrote them and however late."""

    def __init__(self, next_: SpanExporter, sent: Callable[[int, bool], None]) -> None:
        self._next = next_
        self._sent = sent
        self._taken = True
        self.closing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            # At the end of the process a collector that did not take the last batch is not asked again and again.
            if self._taken or not self.closing:
                result = self._next.export([_redacted(span) for span in spans])
        finally:
            self._taken = result is SpanExportResult.SUCCESS
            self._sent(len(spans), self._taken)
        return result

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
        events=[Event(redact.text(event.name), _clean(event.attributes), event.timestamp) for event in span.events],
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
        redact.text(name): redact.text(str(value)) if name == "exception.stacktrace" else redact.field(name, value)
        for name, value in (attributes or {}).items()
    }
