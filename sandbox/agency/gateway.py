"""The tool gateway: tool calls over HTTP in, calls to the platforms out, each with the client's token.

Whether a call may be made is the caller's business, and so is trying again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel

from sandbox.agency import service, world
from sandbox.agency.settings import Settings
from telemetry import catalog, ids, logs, traces
from telemetry.ids import Platform
from telemetry.metrics import Metrics

NAME = "gateway"
_REASONS = {401: "auth", 429: "rate_limited"}

_log = logs.get(__name__)


class PlatformError(Exception):
    """A platform refused or did not answer. `reason` is one of few words."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


class ToolCall(BaseModel):
    platform: Platform
    client_id: str
    arguments: dict[str, Any] = {}


@dataclass(frozen=True)
class Connector:
    """The way to the platforms; keeps a token per client and platform."""

    http: httpx.Client
    metrics: Metrics
    tokens: dict[tuple[str, str], str]
    lock: Lock

    def refresh(self, call: ToolCall) -> dict[str, Any]:
        answer = self._send(call, "POST", "/tokens", {}, json={"client_id": call.client_id})
        with self.lock:
            self.tokens[call.platform, call.client_id] = answer["access_token"]
        return {"expires_in": answer["expires_in"]}

    def request(
        self, call: ToolCall, method: str, path: str, *, key: str = "", json: Mapping[str, Any] | None = None
    ) -> Any:
        """Calls the platform with the client's token, a fresh one when it has none or an old one is refused."""
        for last_try in (False, True):
            if (call.platform, call.client_id) not in self.tokens:
                self.refresh(call)
            headers = {"Authorization": f"Bearer {self.tokens[call.platform, call.client_id]}", "Idempotency-Key": key}
            try:
                return self._send(call, method, path, headers, json=json)
            except PlatformError as problem:
                if problem.reason != "auth" or last_try:
                    raise
                self.tokens.pop((call.platform, call.client_id), None)
        raise AssertionError("unreachable")

    def _send(
        self, call: ToolCall, method: str, path: str, headers: Mapping[str, str], *, json: Mapping[str, Any] | None
    ) -> Any:
        span = "browser.run" if world.mode(call.platform) == "browser" else "platform.api"
        with traces.span(span, path=path) as current:
            try:
                answer = self.http.request(method, f"/{call.platform}{path}", headers=headers, json=json)
            except httpx.TimeoutException as problem:
                raise PlatformError("timeout", permanent=False) from problem
            except httpx.HTTPError as problem:
                raise PlatformError("platform_5xx", permanent=False) from problem
            current.set_attribute("code", answer.status_code)
            if (left := answer.headers.get("X-RateLimit-Remaining")) is not None:
                self.metrics.set(catalog.RATE_LIMIT_REMAINING, float(left), platform=call.platform)
            if answer.is_success:
                return answer.json()
            traces.fail(str(answer.status_code))
            temporary = answer.status_code >= 500
            reason = "platform_5xx" if temporary else _REASONS.get(answer.status_code, "media_rejected")
            raise PlatformError(reason, permanent=not temporary and reason != "rate_limited")


def _publish(connector: Connector, call: ToolCall) -> dict[str, Any]:
    given = call.arguments
    body = {name: given[name] for name in ("surface", "text", "image_url")} | {"client_id": call.client_id}
    answer = connector.request(call, "POST", "/posts", key=given["key"], json=body)
    return {"post_id": answer["post_id"], "post_url": answer["url"]}


def _read_comments(connector: Connector, call: ToolCall) -> dict[str, Any]:
    path = f"/{call.client_id}/posts/{call.arguments['post_id']}/comments"
    return {"comments": connector.request(call, "GET", path)}


def _reply(connector: Connector, call: ToolCall) -> dict[str, Any]:
    path = f"/{call.client_id}/posts/{call.arguments['post_id']}/replies"
    return dict(connector.request(call, "POST", path, json={"text": call.arguments["text"]}))


def _refresh_token(connector: Connector, call: ToolCall) -> dict[str, Any]:
    return connector.refresh(call)


TOOLS: Mapping[str, Callable[[Connector, ToolCall], dict[str, Any]]] = {
    "publish": _publish,
    "read_comments": _read_comments,
    "reply": _reply,
    "refresh_token": _refresh_token,
}


def build(platforms: httpx.Client, metrics: Metrics) -> FastAPI:
    """The app; `platforms` is the way to them."""
    connector = Connector(platforms, metrics, {}, Lock())
    app = service.application(metrics)

    @app.post("/tools/{tool_id}")
    def call_tool(tool_id: str, call: ToolCall, response: Response) -> dict[str, Any]:
        """200 with the tool's result, or 502 {"error", "permanent"}."""
        tool = TOOLS.get(tool_id)
        if tool is None:
            raise HTTPException(404, f"no tool {tool_id}; there are {', '.join(TOOLS)}")
        with ids.bound(tool_id=tool_id, platform=call.platform, client_id=call.client_id), traces.span("tool.call"):
            try:
                return tool(connector, call)
            except PlatformError as problem:
                metrics.add(catalog.TOOL_ERRORS_TOTAL, tool_id=tool_id, reason=problem.reason)
                _log.warning("tool.failed", status="error", error_code=problem.reason)
                response.status_code = 502
                return {"error": problem.reason, "permanent": problem.permanent}

    return app


def run(settings: Settings) -> None:
    metrics = service.set_up(NAME, settings)
    service.serve(build(service.client(settings.platforms_url), metrics), NAME, settings.port)
