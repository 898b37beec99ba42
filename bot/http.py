"""The HTTP edge: Alertmanager's webhook, health, and our own metrics. Every input is hostile until it is parsed."""

import errno
import hmac
import socket
from collections.abc import Callable

import structlog
from fastapi import FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import DataError, SQLAlchemyError

from alerts.model import AlertGroup
from bot.load_settings import SettingsError
from telemetry import catalog
from telemetry.metrics import CONTENT_TYPE, Metrics

MOST_BYTES = 1024 * 1024

log = structlog.get_logger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; SettingsError when the address is taken or not ours."""
    try:
        return socket.create_server((host, port))
    except OSError as problem:
        taken = problem.errno == errno.EADDRINUSE
        hint = "hint: " + (
            "another program listens there; choose another with CHECKIN_HTTP_PORT"
            if taken
            else "this machine has no such address; 127.0.0.1, or 0.0.0.0 for all of its own"
        )
        raise SettingsError(
            [f"http.{'port' if taken else 'host'}: cannot listen on {host}:{port}: {problem.strerror}; {hint}"]
        ) from None


def build_http(
    alerts_token: str, receive: Callable[[AlertGroup], None], ready: Callable[[], bool], metrics: Metrics
) -> FastAPI:
    """`receive` stores an alert group before it returns; SQLAlchemyError means that it could not."""
    http = FastAPI(title="Checkin", docs_url=None, redoc_url=None, openapi_url=None)
    expected = f"Bearer {alerts_token}".encode()

    def count(outcome: str) -> None:
        metrics.add(catalog.CHECKIN_WEBHOOKS_TOTAL, 1, source="alertmanager", outcome=outcome)

    @http.post("/v1/alerts")
    async def alerts(request: Request, authorization: str = Header(default="")) -> Response:
        if not hmac.compare_digest(authorization.encode("utf-8", "replace"), expected):
            count("unauthorized")
            return _problem(401, "authorization", "missing or wrong; hint: credentials_file of the receiver")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                count("malformed")
                return _problem(413, "body", f"more than {MOST_BYTES} bytes; hint: lower max_alerts of the receiver")
        return await run_in_threadpool(_take, body)

    def _take(body: bytes) -> Response:
        try:
            group = AlertGroup.model_validate_json(body)
        except (ValidationError, RecursionError) as problem:
            count("malformed")
            field, why = _first(problem)
            log.warning("webhook_malformed", field=field, error_message=why, status="error")
            return _problem(422, field, f"{why}; hint: this takes Alertmanager's webhook of version 4")
        try:
            receive(group)
        except DataError:
            count("malformed")
            log.exception("webhook_unstorable", status="error")
            return _problem(422, "body", "holds what Postgres cannot; sending it again will not help")
        except SQLAlchemyError:
            # Alertmanager tries again after a 5xx, and only after that.
            count("not_stored")
            log.exception("webhook_not_stored", status="error")
            return _problem(503, "storage", "not stored; it will be taken when it is sent again")
        count("stored")
        return JSONResponse({"ok": True})

    @http.get("/healthz")
    def healthz() -> Response:
        return JSONResponse({"ok": True})

    @http.get("/readyz")
    def readyz() -> Response:
        return JSONResponse({"ok": True}) if ready() else _problem(503, "slack", "not connected")

    @http.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE)

    return http


def _problem(status: int, field: str, message: str) -> JSONResponse:
    return JSONResponse({"ok": False, "field": field, "error": message}, status_code=status)


def _first(problem: ValidationError | RecursionError) -> tuple[str, str]:
    if isinstance(problem, RecursionError):
        return "body", "nested too deeply"
    error = problem.errors(include_url=False, include_input=False)[0]
    return ".".join(str(part) for part in error["loc"]) or "body", error["msg"]
