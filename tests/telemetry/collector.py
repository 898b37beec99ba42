"""A real receiver of OTLP over HTTP, in this process."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telemetry import traces


class Collector:
    """`spans()` first has everything sent that is waiting in this process."""

    def __init__(self) -> None:
        self._traces: list[ExportTraceServiceRequest] = []
        self._metrics: list[ExportMetricsServiceRequest] = []
        kinds: dict[str, Any] = {
            "/v1/traces": (ExportTraceServiceRequest, self._traces),
            "/v1/metrics": (ExportMetricsServiceRequest, self._metrics),
        }

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kind, received = kinds[self.path]
                received.append(kind.FromString(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> dict[str, Span]:
        traces.configure("tests")
        return {
            span.name: span
            for request in self._traces
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }

    def metrics(self) -> dict[str, str]:
        """Name → the last series received of that counter, as Prometheus would print it."""
        points = [
            (metric.name, ",".join(f'{label.key}="{label.value.string_value}"' for label in point.attributes), point)
            for request in self._metrics
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.sum.data_points
        ]
        return {name: f"{name}{{{labels}}} {point.as_double:g}" for name, labels, point in points}


def attributes(found: Any) -> dict[str, Any]:
    """Of a span or an event."""
    return {
        attribute.key: getattr(attribute.value, attribute.value.WhichOneof("value")) for attribute in found.attributes
    }
