"""Which traces are sent: all with an error or an escalation, and of the rest a share that hangs on the trace id alone.

It is decided at the end of the local root span, when it is known whether anything went wrong. Another service's part of
the trace is that service's to judge, or a collector's that sees all parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import StatusCode

ESCALATION = "escalation"  # the attribute that says a person was called in
HELD_SPANS = 8_192


def keep(span: ReadableSpan, ratio: float) -> bool:
    """Whether this span is reason enough to send its trace."""
    return _in_share(span.context.trace_id, TraceIdRatioBased.get_bound_for_rate(ratio)) or _calls(span)


def _in_share(trace_id: int, bound: int) -> bool:
    return trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < bound


def _calls(span: ReadableSpan) -> bool:
    """Whether something went wrong in it or a person was called in."""
    return span.status.status_code is StatusCode.ERROR or bool(span.attributes and span.attributes.get(ESCALATION))


@dataclass(slots=True)
class _Trace:
    open_roots: int
    ended: list[ReadableSpan]


class TailSampler(SpanProcessor):
    """Holds a trace's ended spans until its last local root has ended, then hands on all of them or none.

    Of a trace held too long the spans so far are judged early, and a span that comes after its trace was judged is
    judged alone: memory stays bounded, and no error is lost.
    """

    def __init__(self, next_: SpanProcessor, ratio: float) -> None:
        self._next = next_
        self._bound = TraceIdRatioBased.get_bound_for_rate(ratio)
        self._lock = Lock()
        self._traces: dict[int, _Trace] = {}  # by trace id, the oldest first
        self._held = 0

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        if _is_local_root(span):
            trace_id = span.context.trace_id
            with self._lock:
                if held := self._traces.get(trace_id):
                    held.open_roots += 1
                else:
                    self._traces[trace_id] = _Trace(1, [])

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            judged = self._judged_with(span)
        for spans in judged:
            self._hand_on(spans)

    def shutdown(self) -> None:
        with self._lock:
            judged = [self._taken(trace_id) for trace_id in list(self._traces)]
        for spans in judged:
            self._hand_on(spans)
        self._next.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._next.force_flush(timeout_millis)

    def _judged_with(self, span: ReadableSpan) -> Sequence[list[ReadableSpan]]:
        trace_id = span.context.trace_id
        held = self._traces.get(trace_id)
        if held is None:
            return ([span],)
        held.ended.append(span)
        self._held += 1
        held.open_roots -= _is_local_root(span)
        if not held.open_roots:
            return (self._taken(trace_id),)
        judged = []
        while self._held > HELD_SPANS or len(self._traces) > HELD_SPANS:
            judged.append(self._taken(next(iter(self._traces))))
        return judged

    def _taken(self, trace_id: int) -> list[ReadableSpan]:
        spans = self._traces.pop(trace_id).ended
        self._held -= len(spans)
        return spans

    def _hand_on(self, spans: list[ReadableSpan]) -> None:
        # The share needs no look at the spans: it is the same for all of a trace.
        if spans and (_in_share(spans[0].context.trace_id, self._bound) or any(map(_calls, spans))):
            for span in spans:
                self._next.on_end(span)


def _is_local_root(span: ReadableSpan) -> bool:
    parent = span.parent
    return parent is None or parent.is_remote
