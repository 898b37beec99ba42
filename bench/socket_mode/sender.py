"""Plays Slack: answers the few Web API methods that an app calls, and sends clicks over its socket.

It is bare on purpose, unlike `sandbox/slack`: its own cost would be in every figure.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from bench.socket_mode.click import USER, envelope

# Slack gives an app 3 s: https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
ACK_SECONDS = 3.0

_ANSWERS: dict[str, dict[str, Any]] = {
    "auth.test": {"team_id": "T0BENCH", "user_id": "U0BOT", "bot_id": "B0BOT", "user": "checkin", "team": "Bench"},
    "users.info": {"user": {"id": USER, "name": "ana", "real_name": "Ana"}},
    "chat.postEphemeral": {"message_ts": "1.0"},
}


@dataclass(frozen=True)
class Press:
    """What a click says: which button, with which value."""

    action_id: str
    value: str


class Sender:
    """Sends clicks to apps by name. An app reaches it at `url(name)` as it would reach Slack's Web API."""

    def __init__(self) -> None:
        self._port = 0
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._numbers = count(1)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._port}/{name}/api/"

    def connected(self, name: str) -> bool:
        return name in self._sockets

    async def click(self, name: str, press: Press) -> float:
        """Milliseconds until the ack is here."""
        number = next(self._numbers)
        acked: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[str(number)] = acked
        frame = envelope(number, press.action_id, press.value)
        sent = time.perf_counter()
        await self._sockets[name].send_str(frame)
        async with asyncio.timeout(10 * ACK_SECONDS):
            return (await acked - sent) * 1000

    async def burst(self, name: str, presses: Sequence[Press], in_flight: int) -> tuple[float, list[float]]:
        """Clicks per second with so many unacknowledged at any time, and the milliseconds of each."""
        took: list[float] = []
        left = iter(presses)

        async def presser() -> None:
            took.extend([await self.click(name, one) for one in left])

        began = time.perf_counter()
        await asyncio.gather(*(presser() for _ in range(in_flight)))
        return len(presses) / (time.perf_counter() - began), took

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self._sockets[request.match_info["name"]] = socket
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                self._waiting.pop(json.loads(frame.data)["envelope_id"]).set_result(time.perf_counter())
        return socket

    async def _call(self, request: web.Request) -> web.Response:
        name, method = request.match_info["name"], request.match_info["method"]
        if method == "apps.connections.open":
            return web.json_response({"ok": True, "url": f"ws://127.0.0.1:{self._port}/{name}/link"})
        return web.json_response({"ok": True} | _ANSWERS[method])

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Sender"]:
        app = web.Application()
        app.router.add_get("/{name}/link", self._link)
        app.router.add_route("*", "/{name}/api/{method}", self._call)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self._port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()
