"""What the local Slack costs: calls of its Web API and clicks over its sockets, beside a bare aiohttp server.

The bare one reads the same JSON, answers as much, and knows no rule. `python -m bench.slack` is that server.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from bench.measure import Row, compared, turns
from sandbox.slack.model import slack_id
from storage.process import Child, start, wait_until

NAME = "slack"
SUMMARY = "The local Slack: Web API calls and clicks per second beside a bare aiohttp echo."

CALLS = 400
CLICKS = 200
IN_FLIGHT = 16

APP = {"name": "bench", "bot_token": "xoxb-bench", "app_token": "xapp-bench"}
CONFIG = {
    "users": [{"name": "ana"}],
    "channels": [{"name": "ops"}],
    "limits": False,  # they would be all there is to measure
    "app": APP | {"channels": ["ops"]},
}
CHANNEL = slack_id("C", "ops")
BUTTON = {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}, "value": "1"}
CARD = {
    "channel": CHANNEL,
    "text": "Autumn jackets",
    "metadata": {"event_type": "card", "event_payload": {"key": "a"}},
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "Autumn jackets"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Acme Outdoor* · Instagram post · due in 40 min"}},
        {"type": "actions", "block_id": "item", "elements": [BUTTON]},
    ],
}

Ask = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


def run(rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="checkin-bench-") as folder:
        return rows(asyncio.run(_laps(Path(folder), rounds)))


def rows(laps: Mapping[str, Mapping[str, Sequence[float]]]) -> list[Row]:
    """The table, from each server's figures per case, one for each round."""
    units = {"auth.test": "calls/s", "chat.postMessage": "calls/s", "click to ack": "clicks/s"}
    return [
        compared(case, unit, laps["slack"][case], "a bare aiohttp echo", laps["echo"][case], ">= 0.5")
        for case, unit in units.items()
    ]


async def _laps(folder: Path, rounds: int) -> dict[str, dict[str, list[float]]]:
    config = folder / "slack.json"
    config.write_text(json.dumps(CONFIG))
    commands = {"slack": ["sandbox.slack", "--config", str(config)], "echo": ["bench.slack"]}
    laps: dict[str, dict[str, list[float]]] = {name: {} for name in commands}
    async with AsyncExitStack() as at_end:
        asks = {
            name: await at_end.enter_async_context(_connected(name, command, folder))
            for name, command in commands.items()
        }
        for ask in asks.values():
            await _lap(ask)  # the first of everything is slower: connections, caches
        for name in turns(list(asks), rounds):
            for case, rate in (await _lap(asks[name])).items():
                laps[name].setdefault(case, []).append(rate)
    return laps


async def _lap(ask: Ask) -> dict[str, float]:
    """Per second, with so many in flight at any time."""
    posted = await ask("api/chat.postMessage", CARD)
    click = {
        "user": "ana",
        "container": {"type": "message", "channel": CHANNEL, "ts": posted["ts"]},
        "block_id": "item",
        "action_id": "approve",
    }
    return {
        "auth.test": await _rate(ask, "api/auth.test", {}, CALLS),
        "chat.postMessage": await _rate(ask, "api/chat.postMessage", CARD, CALLS),
        "click to ack": await _rate(ask, "page/action", click, CLICKS),
    }


async def _rate(ask: Ask, path: str, body: dict[str, Any], many: int) -> float:
    left = iter(range(many))

    async def caller() -> None:
        for _ in left:
            answer = await ask(path, body)
            if not answer["ok"]:
                raise AssertionError(f"{path} was answered {answer}")

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return many / (time.perf_counter() - began)


@asynccontextmanager
async def _connected(name: str, command: Sequence[str], folder: Path) -> AsyncIterator[Ask]:
    """The server as a process of its own, with an app on its socket that acknowledges all it gets."""
    child = start(
        [sys.executable, "-m", *command], name=name, log=folder / f"{name}.log", cwd=Path(__file__).parents[1]
    )
    try:
        url = await asyncio.to_thread(_address, child)
        async with ClientSession(url) as http:

            async def ask(path: str, body: dict[str, Any]) -> dict[str, Any]:
                kind = "app_token" if path.endswith("connections.open") else "bot_token"
                headers = {"Authorization": f"Bearer {APP[kind]}"}
                async with http.post(f"/{path}", json=body, headers=headers) as answer:
                    found: dict[str, Any] = await answer.json()
                    return found

            door = await ask("api/apps.connections.open", {})
            async with http.ws_connect(door["url"]) as socket:
                acking = asyncio.create_task(_acknowledge(socket))
                yield ask
                acking.cancel()
    finally:
        child.stop()


def _address(child: Child) -> str:
    """From the line of JSON that both servers print when they listen."""

    def printed() -> bool:
        return child.log.read_text().strip().endswith("}")

    wait_until(printed, child, 30, "listen")
    url: str = json.loads(child.log.read_text().strip().splitlines()[-1])["url"]
    return url


async def _acknowledge(socket: ClientWebSocketResponse) -> None:
    async for frame in socket:
        envelope = json.loads(frame.data)
        if "envelope_id" in envelope:
            await socket.send_json({"envelope_id": envelope["envelope_id"]})


class Echo:
    """As little as can be: JSON in and out, and a click that waits for its ack."""

    def __init__(self) -> None:
        self.url = ""
        self._sockets: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def call(self, request: web.Request) -> web.Response:
        answer = {"ok": True, "ts": "1.0", "url": f"{self.url}/link", "message": await request.json()}
        return web.json_response(answer)

    async def click(self, request: web.Request) -> web.Response:
        envelope_id = str(uuid4())
        acked = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        await self._sockets[0].send_json({"envelope_id": envelope_id, "payload": await request.json()})
        await acked
        return web.json_response({"ok": True})

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        await socket.send_json({"type": "hello"})
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                self._waiting.pop(json.loads(frame.data)["envelope_id"]).set_result(None)
        return socket


async def echo() -> None:
    """Serves until it is stopped."""
    bare, app = Echo(), web.Application()
    app.add_routes(
        [web.post("/api/{method}", bare.call), web.post("/page/action", bare.click), web.get("/link", bare.link)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bare.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    print(json.dumps({"url": bare.url}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(echo())
