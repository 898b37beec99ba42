"""The tool gateway: tool calls over HTTP in, calls to the platforms out, each with the client's token.

What has no API goes to the browser runner. Whether a call may be made is the caller's business, and so is trying again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel

from sandbox.agency import service, world
from sandbox.agency.settings import Settings
from telemetry import catalog, ids, logs, spans, traces
from telemetry.ids import Platform
from telemetry.metrics import Metrics

NAME = "gateway"
_REASONS = {401: "auth", 403: "account_disabled", 429: "rate_limited"}
# A token is renewed when it has less than this left.
_MARGIN_SECONDS = 60
# Before the browser runner may be given up: it takes its time, and one run waits for another.
_BROWSER_SECONDS = 20

_log = logs.get(__name__)


class PlatformError(Exception):
    """A platform refused or did not answer. `reason` is one of few words; `retry_after` in seconds, if it said so."""

    def __init__(self, reason: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class ToolCall(BaseModel):
    platform: Platform
    client_id: str
    arguments: dict[str, Any] = {}


@dataclass(frozen=True)
class Token:
    text: str
    until: float


@dataclass(frozen=True)
class Connector:
    """The way to the platforms; keeps a token per client and platform."""

    http: httpx.Client
    browser: httpx.Client
    metrics: Metrics
    tokens: dict[tuple[str, str], Token] = field(default_factory=dict)

    def refresh(self, call: ToolCall) -> dict[str, Any]:
        answer = self._send(call, "POST", "/tokens", {}, json={"client_id": call.client_id})
        until = time.monotonic() + answer["expires_in"] - _MARGIN_SECONDS
        self.tokens[call.platform, call.client_id] = Token(answer["access_token"], until)
        return {"expires_in": answer["expires_in"]}

    def request(
        self, call: ToolCall, method: str, path: str, *, key: str = "", json: Mapping[str, Any] | None = None
    ) -> Any:
        """Calls the platform with the client's token, a fresh one when it has none or an old one is refused."""
        for last_try in (False, True):
            token = self.tokens.get((call.platform, call.client_id))
            if token is None or token.until < time.monotonic():
                self.refresh(call)
                token = self.tokens[call.platform, call.client_id]
            headers = {"Authorization": f"Bearer {token.text}", "Idempotency-Key": key}
            try:
                return self._send(call, method, path, headers, json=json)
            except PlatformError as problem:
                if problem.reason != "auth" or last_try:
                    raise
                self.tokens.pop((call.platform, call.client_id), None)
        raise AssertionError("unreachable")

    def browse(self, call: ToolCall, body: Mapping[str, Any]) -> dict[str, Any]:
        """Has the browser runner publish."""
        body = {"platform": call.platform, "client_id": call.client_id, **body}
        try:
            answer = self.browser.post("/runs/publish", json=body, headers=service.outgoing(), timeout=_BROWSER_SECONDS)
        except httpx.ConnectError as problem:
            raise PlatformError("tool_away", permanent=False) from problem
        except httpx.HTTPError as problem:
            raise PlatformError("timeout", permanent=False) from problem
        told: dict[str, Any] = answer.json()
        if answer.status_code == 502:
            raise PlatformError(told["error"], permanent=told["permanent"])
        answer.raise_for_status()
        return told

    def _send(
        self, call: ToolCall, method: str, path: str, headers: Mapping[str, str], *, json: Mapping[str, Any] | None
    ) -> Any:
        with spans.platform_api(call.platform, f"{method} {path.rpartition('/')[2]}") as current:
            try:
                url = f"/{call.platform}{path}"
                answer = self.http.request(method, url, headers={**headers, **service.outgoing()}, json=json)
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
            wait = float(answer.headers.get("Retry-After", 0)) or None
            raise PlatformError(reason, permanent=not temporary and reason != "rate_limited", retry_after=wait)


def _publish(connector: Connector, call: ToolCall) -> dict[str, Any]:
    given = call.arguments
    body = {name: given[name] for name in ("surface", "text", "image_url")}
    if world.mode(call.platform) == "browser":
        return connector.browse(call, body | {"key": given["key"]})
    body["client_id"] = call.client_id
    answer = connector.request(call, "POST", "/posts", key=given["key"], json=body)
    return {"post_id": answer["post_id"], "post_url": answer["url"]}


def _read_comments(connector: Connector, call: ToolCall) -> dict[str, Any]:
    path = f"/{call.client_id}/posts/{call.arguments['post_id']}/comments"
    return {"comments": connector.request(call, "GET", path)}


def _reply(connector: Connector, call: ToolCall) -> dict[str, Any]:
    path = f"/{call.client_id}/posts/{call.arguments['post_id']}/replies"
    return dict(connector.request(call, "POST", path, json={"text": call.arguments["text"]}))


def _send_message(connector: Connector, call: ToolCall) -> dict[str, Any]:
    path = f"/{call.client_id}/threads/{call.arguments['thread']}/messages"
    body = {"text": call.arguments["text"]}
    return dict(connector.request(call, "POST", path, key=call.arguments["key"], json=body))


def _refresh_token(connector: Connector, call: ToolCall) -> dict[str, Any]:
    return connector.refresh(call)


TOOLS: Mapping[str, Callable[[Connector, ToolCall], dict[str, Any]]] = {
    "publish": _publish,
    "read_comments": _read_comments,
    "reply": _reply,
    "send_message": _send_message,
    "refresh_token": _refresh_token,
}


def build(platforms: httpx.Client, browser: httpx.Client, metrics: Metrics) -> FastAPI:
    """The app; `platforms` and `browser` are the ways to them."""
    connector = Connector(platforms, browser, metrics)
    app = service.application(metrics)

    @app.post("/tools/{tool_id}")
    def call_tool(tool_id: str, call: ToolCall, response: Response) -> dict[str, Any]:
        """200 with the tool's result, or 502 {"error", "permanent", "retry_after"}."""
        tool = TOOLS.get(tool_id)
        if tool is None:
            raise HTTPException(404, f"no tool {tool_id}; there are {', '.join(TOOLS)}")
        with ids.bound(tool_id=tool_id, platform=call.platform, client_id=call.client_id), spans.tool_call(tool_id):
            try:
                return tool(connector, call)
            except PlatformError as problem:
                metrics.add(catalog.TOOL_ERRORS_TOTAL, tool_id=tool_id, reason=problem.reason)
                _log.warning("tool.failed", status="error", error_code=problem.reason)
                response.status_code = 502
                traces.fail(problem.reason)
                return {"error": problem.reason, "permanent": problem.permanent, "retry_after": problem.retry_after}

    return app


def run(settings: Settings) -> None:
    metrics = service.set_up(NAME, settings)
    ways = service.client(settings.platforms_url), service.client(settings.browser_url)
    service.serve(build(*ways, metrics), NAME, settings.port)
