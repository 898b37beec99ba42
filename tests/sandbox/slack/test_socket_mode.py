import asyncio
from typing import Any

import aiohttp
import pytest
import requests
from slack_bolt import Ack
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import OPS, Hands, bolt_app, button, connected, eventually, journal


def socket_url(slack: LocalSlack) -> str:
    url: str = WebClient(base_url=slack.api_url).apps_connections_open(app_token="xapp-local")["url"]
    return url


class Sockets:
    """Bare WebSockets, to see the frames themselves."""

    def __init__(self, slack: LocalSlack) -> None:
        self.slack = slack
        self.http = aiohttp.ClientSession()

    async def __aenter__(self) -> "Sockets":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.close()

    async def open(self) -> tuple[aiohttp.ClientWebSocketResponse, dict[str, Any]]:
        socket = await self.http.ws_connect(socket_url(self.slack))
        return socket, await socket.receive_json()

    async def do(self, path: str, **body: Any) -> Any:
        answer = await self.http.post(f"{self.slack.url}/page/{path}", json={"user": "ana", **body})
        return await answer.json()


def test_a_ticket_opens_one_connection_that_greets_first(slack: LocalSlack) -> None:
    async def work() -> None:
        async with Sockets(slack) as sockets:
            url = socket_url(slack)
            socket = await sockets.http.ws_connect(url)
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
            assert hello["connection_info"]["app_id"] == slack.workspace.app.id
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await sockets.http.ws_connect(url)

    asyncio.run(work())


def test_the_eleventh_connection_is_turned_away(slack: LocalSlack) -> None:
    async def work() -> None:
        async with Sockets(slack) as sockets:
            opened = [await sockets.open() for _ in range(11)]
            frames = [frame for _socket, frame in opened]
            assert [frame["type"] for frame in frames] == ["hello"] * 10 + ["disconnect"]
            assert frames[-1]["reason"] == "too_many_websockets"

    asyncio.run(work())


def test_a_ping_is_answered_with_its_own_payload(slack: LocalSlack) -> None:
    async def work() -> None:
        async with Sockets(slack) as sockets:
            socket = await sockets.http.ws_connect(socket_url(slack), autoping=False)
            await socket.receive()
            await socket.ping(b"sdk-ping-pong:1")
            assert (await socket.receive()).data == b"sdk-ping-pong:1"

    asyncio.run(work())


def test_an_event_comes_again_until_it_is_acknowledged(slack: LocalSlack) -> None:
    async def work() -> None:
        async with Sockets(slack) as sockets:
            socket, _hello = await sockets.open()
            await sockets.do("message", channel="ops", text="anyone?")
            first, second = await socket.receive_json(), await socket.receive_json()
            assert (first["retry_attempt"], first["retry_reason"]) == (0, "")
            assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
            assert first["payload"] == second["payload"]
            assert first["payload"]["event"]["text"] == "anyone?"
            await socket.send_json({"envelope_id": second["envelope_id"]})
            with pytest.raises(TimeoutError):
                await socket.receive_json(timeout=1)

    asyncio.run(work())


def test_an_event_nobody_could_take_arrives_with_the_next_connection(slack: LocalSlack, ana: Hands) -> None:
    app = bolt_app(slack)
    heard: list[str] = []

    @app.event("message")
    def message(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    ana.do("message", channel="ops", text="in the gap")
    with connected(app, slack):
        eventually(lambda: heard == ["in the gap"])


def test_events_the_app_did_not_subscribe_to_stay_away(slack: LocalSlack, ana: Hands) -> None:
    ana.do("message", channel="leads", text="private")
    ana.do("message", channel="elsewhere", text="without the app")
    ana.do("message", channel="ops", text="public")
    eventually(lambda: journal(slack, "envelope"))
    texts = {entry["args"]["payload"]["event"]["text"] for entry in journal(slack, "envelope")}
    assert texts == {"public"}


def test_acks_that_are_late_double_or_made_up_are_written_down(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    container = {"type": "message", "channel": "ops", "ts": ts}
    click = {"container": container, "block_id": "item", "action_id": "approve"}

    async def work() -> None:
        async with Sockets(slack) as sockets:
            socket, _hello = await sockets.open()
            assert (await sockets.do("action", **click))["error"] == "operation_timeout"
            frame = await socket.receive_json()
            while frame["type"] != "interactive":
                frame = await socket.receive_json()
            assert frame["accepts_response_payload"] is False
            for envelope_id in (frame["envelope_id"], "made-up"):
                await socket.send_json({"envelope_id": envelope_id})
            await socket.ping()
            await socket.close()

    asyncio.run(work())
    statuses = [entry["status"] for entry in journal(slack, "ack") if "args" in entry]
    assert [status for status in statuses if status in ("late", "unknown")] == ["late", "unknown"]


def test_the_sdk_reconnects_when_it_is_asked_to(slack: LocalSlack, ana: Hands) -> None:
    app = bolt_app(slack)

    @app.command("/cost")
    def cost(ack: Ack) -> None:
        ack("nothing")

    with connected(app, slack):
        requests.post(f"{slack.url}/control/disconnect", json={"reason": "refresh_requested"}, timeout=10)
        eventually(lambda: len([e for e in journal(slack, "api") if e["method"] == "apps.connections.open"]) == 2)
        eventually(lambda: ana.do("command", channel="ops", text="/cost")["ok"])
    assert "nothing" in ana.texts()
