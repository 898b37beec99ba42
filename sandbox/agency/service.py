"""What the agency's processes have in common: an HTTP server that is measured and traced, and `GET /metrics`."""

import json
import signal
import socket
import sys

import httpx
import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy import Engine

from sandbox.agency import labels, queue
from sandbox.agency.settings import Settings
from telemetry import logs, traces
from telemetry.asgi import Observed
from telemetry.metrics import CONTENT_TYPE, Metrics


def set_up(name: str, settings: Settings) -> Metrics:
    """Logs, traces and the counters of the process called `name`, all at 0."""
    logs.configure(f"agency-{name}", secrets=settings.secrets)
    metrics = Metrics(f"agency-{name}", otlp_url=settings.otlp_url)
    traces.configure(f"agency-{name}", otlp_url=settings.otlp_url, ratio=settings.trace_ratio, metrics=metrics)
    labels.start_at_zero(metrics, name)
    return metrics


def open_database(name: str, settings: Settings) -> Engine:
    engine = settings.engine(name)
    queue.make_tables(engine)
    return engine


def application(metrics: Metrics, *, measured: bool = True) -> FastAPI:
    """An app without endpoints but `/metrics`; what is not `measured` counts no requests."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(Observed, metrics=metrics if measured else None)

    @app.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE)

    return app


def serve(app: FastAPI, name: str, port: int) -> None:
    """Serves on 127.0.0.1 until SIGTERM; the first line on stdout is `{"name", "url"}`.

    The socket listens before the line is printed, so a caller who connects at once waits instead of being refused.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn closes first, then hands the signal on
    with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sys.stdout.write(json.dumps({"name": name, "url": url}) + "\n")
        sys.stdout.flush()
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
        uvicorn.Server(config).run(sockets=[listener])


def outgoing() -> dict[str, str]:
    """Headers that carry trace context and canonical ids to the next process."""
    return traces.inject({})


def client(base_url: str, *, seconds: float = 5) -> httpx.Client:
    """An HTTP client for one other process, which has this long to answer."""
    return httpx.Client(base_url=base_url, timeout=seconds, trust_env=False)
