"""Socket Mode: hands envelopes to the app over its WebSockets and waits for the acks.

What is in an envelope's payload is `interactivity`'s business.
Rules: https://docs.slack.dev/apis/events-api/using-socket-mode"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import WSMsgType, web

from sandbox.slack.config import Timings
from sandbox.slack.journal import Journal
from sandbox.slack.model import Json

MAX_CONNECTIONS = 10
CONNECTION_SECONDS = 18060
HOST = "applink-local"

EnvelopeType = Literal["events_api", "interactive", "slash_commands"]


@dataclass(frozen=True)
class Ack:
    """`error` is the code Slack shows the user when the app did not answer."""

    payload: Json | None = None
    error: Literal["dispatch_failed", "operation_timeout"] | None = None


@dataclass
class Waiting:
    answer: asyncio.Future[Json | None]
    sent: float
    takes_payload: bool


class SocketMode:
    def __init__(self, timings: Timings, journal: Journal, app_id: str) -> None:
        self._timings = timings
        self._journal = journal
        self._app_id = app_id
        self._tickets: set[str] = set()
        self._sockets: list[web.WebSocketResponse] = []
        self._waiting: dict[str, Waiting] = {}
        self._done: dict[str, Literal["double", "late"]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def ticket(self) -> str:
        """Good for one connection."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        self._tickets.remove(ticket)
        # autoping answers the SDK's own pings with their payload, from which it computes staleness.
        socket = web.WebSocketResponse(heartbeat=30, timeout=1)
        await socket.prepare(request)
        if len(self._sockets) >= MAX_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await socket.send_json(self._hello())
        self._sockets.append(socket)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._receive(frame.data)
        finally:
            self._sockets.remove(socket)
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._sockets) + 1,
            "connection_info": {"app_id": self._app_id},
            "debug_info": {
                "host": HOST,
                "build_number": 1,
                "approximate_connection_time": CONNECTION_SECONDS,
            },
        }

    def _receive(self, text: str) -> None:
        try:
            frame = json.loads(text)
            envelope_id = frame["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._journal.record("in", "ack", status="unreadable", args={"text": text})
            return
        payload = frame.get("payload") or None
        waiting = self._waiting.pop(envelope_id, None)
        if waiting is None:
            self._journal.record("in", "ack", status=self._done.get(envelope_id, "unknown"), args=frame)
            return
        self._done[envelope_id] = "double"
        status = "ok" if payload is None or waiting.takes_payload else "payload not accepted"
        self._journal.record("in", "ack", status=status, args=frame, ms=(time.monotonic() - waiting.sent) * 1000)
        waiting.answer.set_result(payload if waiting.takes_payload else None)

    async def deliver(self, kind: EnvelopeType, payload: Json, *, takes_payload: bool = False, **extra: object) -> Ack:
        """Sends one envelope to any one of the open connections; interactions are never sent again."""
        envelope_id = str(uuid.uuid4())
        waiting = Waiting(asyncio.get_running_loop().create_future(), time.monotonic(), takes_payload)
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": takes_payload,
        }
        self._waiting[envelope_id] = waiting
        try:
            if not await self._send(envelope | extra):
                self._journal.record("out", "envelope", status="dispatch_failed", method=kind, args=envelope | extra)
                return Ack(error="dispatch_failed")
            self._journal.record("out", "envelope", status="sent", method=kind, args=envelope | extra)
            return Ack(await asyncio.wait_for(waiting.answer, self._timings.ack))
        except TimeoutError:
            self._done[envelope_id] = "late"
            self._journal.record("in", "ack", status="missed", args={"envelope_id": envelope_id})
            return Ack(error="operation_timeout")
        finally:
            self._waiting.pop(envelope_id, None)

    async def _send(self, envelope: Json) -> bool:
        for socket in random.sample(self._sockets, len(self._sockets)):
            with suppress(ConnectionError):
                await socket.send_json(envelope)
                return True
        return False

    def emit(self, event_callback: Json) -> None:
        """Delivers an event in the background, and again when it is not acknowledged."""
        self._spawn(self._deliver_event(event_callback))

    async def _deliver_event(self, event_callback: Json) -> None:
        attempts = enumerate((0.0, *self._timings.event_retries))
        for attempt, delay in attempts:
            await asyncio.sleep(delay)
            reason = "timeout" if attempt else ""
            ack = await self.deliver("events_api", event_callback, retry_attempt=attempt, retry_reason=reason)
            if ack.error is None:
                return

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def disconnect(self, reason: str | None) -> None:
        """Tells every socket why it should reconnect, or with no reason cuts the line without a word."""
        for socket in tuple(self._sockets):
            if reason is None:
                await socket.close()
            else:
                await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}})

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await self.disconnect(None)
