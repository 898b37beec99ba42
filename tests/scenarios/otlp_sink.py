"""A collector that keeps what it is sent: OTLP over HTTP in, decoded spans and metrics out."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue


@dataclass(frozen=True)
class Span:
    """Ids in hex, as logs and audits tell them; `parent` is empty at the root."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Told:
    """A metric as one process sent it; `kind` is sum, gauge or histogram, `labels` are those of one series."""

    service: str
    name: str
    kind: str
    unit: str
    labels: frozenset[str]


@dataclass
class Sink:
    url: str
    spans: list[Span] = field(default_factory=list)
    metrics: set[Told] = field(default_factory=set)

    def trace(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans if span.trace_id == trace_id]


@contextmanager
def otlp_sink() -> Iterator[Sink]:
    sink = Sink("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            if self.path == "/v1/metrics":
                sink.metrics |= _metrics(content)
            else:
                sink.spans += _spans(content)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        sink.url = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield sink
        server.shutdown()


def _metrics(content: bytes) -> set[Told]:
    return {
        Told(
            _service(sent.resource.attributes),
            metric.name,
            kind,
            metric.unit,
            frozenset(label.key for label in point.attributes),
        )
        for sent in ExportMetricsServiceRequest.FromString(content).resource_metrics
        for scope in sent.scope_metrics
        for metric in scope.metrics
        for kind in [str(metric.WhichOneof("data"))]
        for point in getattr(metric, kind).data_points
    }


def _service(attributes: Iterable[KeyValue]) -> str:
    return next(each.value.string_value for each in attributes if each.key == "service.name")


def _spans(content: bytes) -> list[Span]:
    return [
        Span(
            _service(sent.resource.attributes),
            span.name,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            {each.key: each.value.string_value for each in span.attributes},
        )
        for sent in ExportTraceServiceRequest.FromString(content).resource_spans
        for scope in sent.scope_spans
        for span in scope.spans
    ]
