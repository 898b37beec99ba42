"""Which traces are sent: all with an error or an escalation, and of the rest a share that hangs on the trace id alone.

It is decided at the end of the local root span, when it is known whether anything went wrong. Another service's part of
the trace is that service's to judge, or a collector's that sees all parts.
"""

from dataclasses import dataclass, field
from threading import Lock

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import StatusCode

ESCALATION = "escalation"  # the attribute that says a person was called in
HELD_SPANS = 8_192


def keep(span: ReadableSpan, ratio: float) -> bool:
    """Whether this span is reason enough to send its trace."""
    return (
        span.status.status_code is StatusCode.ERROR
        or bool(span.attributes and span.attributes.get(ESCALATION))
        or span.context.trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < TraceIdRatioBased.get_bound_for_rate(ratio)
    )


@dataclass
class _Trace:
    open_roots: int = 0
    ended: list[ReadableSpan] = field(default_factory=list)


class TailSampler(SpanProcessor):
    """Holds a trace's ended spans until its last local root has ended, then hands on all of them or none.

    Of a trace held too long the spans so far are judged early, and a span that comes after its trace was judged is
    judged alone: memory stays bounded, and no error is lost.
    """

    def __init__(self, next_: SpanProcessor, ratio: float) -> None:
        self._next = next_
        self._ratio = ratio
        self._lock = Lock()
        self._traces: dict[int, _Trace] = {}  # by trace id, the oldest first
        self._held = 0

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        if _is_local_root(span):
            with self._lock:
                self._traces.setdefault(span.context.trace_id, _Trace()).open_roots += 1

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            judged = self._judged_with(span)
        self._hand_on(judged)

    def shutdown(self) -> None:
        with self._lock:
            judged = [self._taken(trace_id) for trace_id in list(self._traces)]
        self._hand_on(judged)
        self._next.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._next.force_flush(timeout_millis)

    def _judged_with(self, span: ReadableSpan) -> list[list[ReadableSpan]]:
        trace_id = span.context.trace_id
        held = self._traces.get(trace_id)
        if held is None:
            return [[span]]
        held.ended.append(span)
        self._held += 1
        held.open_roots -= _is_local_root(span)
        judged = [] if held.open_roots else [self._taken(trace_id)]
        while self._held > HELD_SPANS or len(self._traces) > HELD_SPANS:
            judged.append(self._taken(next(iter(self._traces))))
        return judged

    def _taken(self, trace_id: int) -> list[ReadableSpan]:
        spans = self._traces.pop(trace_id).ended
        self._held -= len(spans)
        return spans

    def _hand_on(self, judged: list[list[ReadableSpan]]) -> None:
        for spans in judged:
            if any(keep(span, self._ratio) for span in spans):
                for span in spans:
                    self._next.on_end(span)


def _is_local_root(span: ReadableSpan) -> bool:
    return span.parent is None or span.parent.is_remote
