"""The HTTP edge of a Python service: every request is a span with the caller's ids, measured, counted and logged.

`app.add_middleware(Observed, metrics=metrics)` with FastAPI or Starlette; any ASGI server will do.
"""

import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any
from uuid import uuid4

from telemetry import catalog, ids, logs, spans, traces
from telemetry.metrics import Metrics

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

log = logs.get(__name__)


class Observed:
    """Wraps an ASGI application. The route is its template, so that ids in paths make no series of their own.

    Without `metrics` requests are traced and logged but not counted; `quiet` paths, which a probe asks for again and
    again, are left alone. The answer tells its `x-request-id`. uvicorn's own handlers are taken away: they print what
    an exception says as it is.
    """

    def __init__(
        self, app: _App, metrics: Metrics | None = None, quiet: Collection[str] = ("/metrics", "/healthz", "/readyz")
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._quiet = frozenset(quiet)
        logs.take_over("uvicorn", "uvicorn.error", "uvicorn.access")

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._quiet:
            await self._app(scope, receive, send)
            return
        status = 500
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with traces.extract(headers), ids.bound(request_id=ids.current().request_id or uuid4().hex) as own:

            async def answer(message: _Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    message["headers"] = [*message.get("headers", ()), (b"x-request-id", _header(own.request_id))]
                await send(message)

            began = time.perf_counter()
            problem: Exception | None = None
            with spans.http_request(scope["method"]) as span:
                try:
                    await self._app(scope, receive, answer)
                except Exception as error:
                    problem = error
                    raise
                finally:
                    route = getattr(scope.get("route"), "path", "unmatched")
                    span.set_attributes({"route": route, "code": status})
                    if status >= 500:
                        traces.fail(f"answered {status}")
                    self._tell(scope["method"], route, status, (time.perf_counter() - began) * 1000, problem)

    def _tell(self, method: str, route: str, status: int, duration_ms: float, problem: Exception | None) -> None:
        if self._metrics:
            self._metrics.record(catalog.API_HTTP_DURATION_MS, duration_ms, route=route, method=method, status=status)
            if status >= 400:
                self._metrics.add(catalog.API_HTTP_ERRORS_TOTAL, route=route, status=status)
        told = {"route": route, "method": method, "code": status, "duration_ms": round(duration_ms, 1)}
        if problem is not None:
            log.error("http.request", exc_info=problem, **told)
        elif status >= 400:
            tell = log.error if status >= 500 else log.info
            tell("http.request", status="error", error_code=str(status), error_message=f"answered {status}", **told)
        else:
            log.info("http.request", status="ok", **told)


def _header(request_id: str | None) -> bytes:
    """A caller may have sent anything as its id; a header holds visible ASCII."""
    return (request_id or "").encode("ascii", "replace").translate(None, bytes(range(32)) + b"\x7f")
