"""What the agency's processes have in common: an HTTP server that is measured and traced, and `GET /metrics`.

Endpoints are plain functions; only the middleware is asynchronous, because ASGI is.
"""

import json
import signal
import socket
import sys
import time
from uuid import uuid4

import httpx
import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy import Engine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.agency import labels, queue
from sandbox.agency.settings import Settings
from telemetry import catalog, ids, logs, traces
from telemetry.metrics import CONTENT_TYPE, Metrics

_UNMEASURED = frozenset({"/metrics"})

_log = logs.get(__name__)


def set_up(name: str, settings: Settings) -> Metrics:
    """Logs, traces and the counters of the process called `name`, all at 0."""
    logs.configure(f"agency-{name}", secrets=settings.secrets)
    traces.configure(f"agency-{name}", otlp_url=settings.otlp_url, ratio=settings.trace_ratio)
    metrics = Metrics(f"agency-{name}")
    labels.start_at_zero(metrics, name)
    return metrics


def open_database(name: str, settings: Settings) -> Engine:
    engine = settings.engine(name)
    queue.make_tables(engine)
    return engine


def application(metrics: Metrics, *, measured: bool = True) -> FastAPI:
    """An app without endpoints but `/metrics`; what is not `measured` counts no requests."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(_Observed, metrics=metrics if measured else None)

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
    headers: dict[str, str] = {}
    traces.inject(headers)
    return headers


def client(base_url: str, *, seconds: float = 5) -> httpx.Client:
    """An HTTP client for one other process, which has this long to answer."""
    return httpx.Client(base_url=base_url, timeout=seconds, trust_env=False)


class _Observed:
    """Every request: a span, a request id, its duration by route, and an error counted when it was one."""

    def __init__(self, app: ASGIApp, metrics: Metrics | None) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNMEASURED:
            await self._app(scope, receive, send)
            return
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        started = time.perf_counter()
        with (
            traces.extract(headers),
            ids.bound(request_id=ids.current().request_id or uuid4().hex),
            traces.span("http.request", method=scope["method"]) as span,
        ):
            try:
                await self._app(scope, receive, watched)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                duration_ms = (time.perf_counter() - started) * 1000
                span.set_attribute("route", route)
                if status >= 500:
                    traces.fail(f"answered {status}")
                self._count(route, scope["method"], status, duration_ms)

    def _count(self, route: str, method: str, status: int, duration_ms: float) -> None:
        if self._metrics is not None:
            labelled = {"route": route, "status": str(status)}
            self._metrics.record(catalog.API_HTTP_DURATION_MS, duration_ms, method=method, **labelled)
            if status >= 400:
                self._metrics.add(catalog.API_HTTP_ERRORS_TOTAL, 1, **labelled)
        _log.info(
            "http.request",
            route=route,
            method=method,
            code=status,
            duration_ms=round(duration_ms, 1),
            status="error" if status >= 400 else "ok",
        )
