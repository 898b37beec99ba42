"""Socket Mode: hands envelopes to the app over its WebSockets and waits for the acks.

Rules: https://docs.slack.dev/apis/events-api/using-socket-mode"""

import asyncio
import random
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Literal

from aiohttp import WSMsgType, web

from sandbox.slack.clock import Clock, Timer
from sandbox.slack.config import Config
from sandbox.slack.delivery import Ack, Parcel
from sandbox.slack.encodings import decoded
from sandbox.slack.errors import SlackError
from sandbox.slack.journal import Journal
from sandbox.slack.model import Json

MAX_CONNECTIONS = 10
CONNECTION_SECONDS = 18_060
DEBUG_CONNECTION_SECONDS = 360
WARNING_SECONDS = 10
HOST = "applink-local"

Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@dataclass(eq=False)
class Connection:
    socket: web.WebSocketResponse
    transport: asyncio.BaseTransport | None
    mute: bool = False

    async def tell(self, reason: Reason) -> None:
        with suppress(ConnectionError):
            await self.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}})


@dataclass
class Waiting:
    """`connection` is the one over which it was sent."""

    answer: asyncio.Future[Ack]
    sent: float
    takes_payload: bool
    connection: Connection | None = None


class SocketMode:
    def __init__(self, config: Config, journal: Journal, clock: Clock, app_id: str) -> None:
        self._config = config
        self._journal = journal
        self._clock = clock
        self._app_id = app_id
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._waiting: dict[str, Waiting] = {}
        self._done: dict[str, Literal["double", "late"]] = {}

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
        socket = web.WebSocketResponse(heartbeat=30, timeout=1, autoping=False)
        await socket.prepare(request)
        connection = Connection(socket, request.transport)
        if len(self._connections) >= MAX_CONNECTIONS:
            await connection.tell("too_many_websockets")
            await socket.close()
            return socket
        lives = DEBUG_CONNECTION_SECONDS if request.query.get("debug_reconnects") == "true" else CONNECTION_SECONDS
        await socket.send_json(self._hello(lives))
        self._connections.append(connection)
        ends = [self._ending(connection, lives - WARNING_SECONDS, "warning")]
        ends.append(self._ending(connection, lives, "refresh_requested"))
        try:
            await self._listen(connection)
        finally:
            self._connections.remove(connection)
            for timer in ends:
                self._clock.cancel(timer)
        return socket

    async def _listen(self, connection: Connection) -> None:
        async for frame in connection.socket:
            if frame.type is WSMsgType.TEXT:
                self._receive(connection, frame.data)
            elif frame.type is WSMsgType.PING and not connection.mute:
                # With the ping's own payload: the SDK computes staleness from it.
                await connection.socket.pong(frame.data)

    def _hello(self, lives: int) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "connection_info": {"app_id": self._app_id},
            "debug_info": {
                "host": HOST,
                "started": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self._clock.now())),
                "build_number": 1,
                "approximate_connection_time": lives,
            },
        }

    def _ending(self, connection: Connection, seconds: float, reason: Reason) -> Timer:
        def tell() -> None:
            asyncio.ensure_future(connection.tell(reason))  # noqa: RUF006  (one frame; the loop outlives it)

        return self._clock.later(seconds, tell)

    def _receive(self, connection: Connection, text: str) -> None:
        frame = _frame(text)
        if frame is None:
            self._journal.record("in", "ack", status="unreadable", args={"text": text})
            return
        envelope_id = frame["envelope_id"]
        waiting = self._waiting.get(envelope_id)
        if waiting is None:
            self._journal.record("in", "ack", status=self._done.get(envelope_id, "unknown"), args=frame)
        elif self._config.strict and waiting.connection is not connection:
            # Whether Slack takes an ack on another connection is not documented.
            self._journal.record("in", "ack", status="wrong connection", args=frame)
        else:
            del self._waiting[envelope_id]
            self._done[envelope_id] = "double"
            payload = frame.get("payload") or None
            status = "ok" if payload is None or waiting.takes_payload else "payload not accepted"
            elapsed = (time.monotonic() - waiting.sent) * 1000
            self._journal.record("in", "ack", status=status, args=frame, ms=elapsed)
            waiting.answer.set_result(Ack(payload if waiting.takes_payload else None))

    async def send(self, parcel: Parcel) -> Ack:
        """Sends one envelope to any one of the open connections."""
        envelope_id = str(uuid.uuid4())
        waiting = Waiting(asyncio.get_running_loop().create_future(), time.monotonic(), parcel.takes_payload)
        envelope = {
            "envelope_id": envelope_id,
            "type": parcel.kind,
            "payload": parcel.payload,
            "accepts_response_payload": parcel.takes_payload,
        }
        if parcel.kind == "events_api":
            envelope |= {"retry_attempt": parcel.attempt, "retry_reason": parcel.reason}
        self._waiting[envelope_id] = waiting
        if not await self._write(envelope, waiting):
            del self._waiting[envelope_id]
            self._journal.record("out", "envelope", status="dispatch_failed", method=parcel.kind, args=envelope)
            return Ack(error="dispatch_failed", reason="timeout")
        self._journal.record("out", "envelope", status="sent", method=parcel.kind, args=envelope)
        timer = self._clock.later(self._config.timings.ack, partial(self._missed, envelope_id))
        try:
            return await waiting.answer
        finally:
            self._clock.cancel(timer)

    def _missed(self, envelope_id: str) -> None:
        if waiting := self._waiting.pop(envelope_id, None):
            self._done[envelope_id] = "late"
            self._journal.record("in", "ack", status="missed", args={"envelope_id": envelope_id})
            waiting.answer.set_result(Ack(error="operation_timeout", reason="timeout"))

    async def _write(self, envelope: Json, waiting: Waiting) -> bool:
        for connection in random.sample(self._connections, len(self._connections)):
            waiting.connection = connection
            with suppress(ConnectionError):
                await connection.socket.send_json(envelope)
                return True
        return False

    async def disconnect(self, reason: Reason | None) -> None:
        """Tells every socket why it should reconnect, or with no reason closes the line without a word."""
        for connection in tuple(self._connections):
            if reason is None:
                await connection.socket.close()
            else:
                await connection.tell(reason)

    async def cut(self) -> None:
        """As if a cable was pulled: no close frame, no end of the stream, only a reset."""
        for connection in tuple(self._connections):
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()

    def mute(self) -> None:
        """The connections of now stay open and answer no ping any more."""
        for connection in self._connections:
            connection.mute = True


def _frame(text: str) -> Json | None:
    """{"envelope_id", "payload"?}, or None for anything else."""
    try:
        frame = decoded(text, "invalid_json")
    except SlackError:
        return None
    right = isinstance(frame, dict) and isinstance(frame.get("envelope_id"), str)
    return frame if right and isinstance(frame.get("payload") or {}, dict) else None
