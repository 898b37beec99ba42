"""What our app is held against: `python -m bench.socket_mode.peers {echo,sdk,bolt} URL`, a process of its own each.

echo  reads the frame and answers it, over aiohttp: the least that an ack in Python can cost
sdk   the same over slack_sdk's own client, on which Bolt is built
bolt  an app as Bolt's guide has it: a listener for each action, which acknowledges
"""

import argparse
import asyncio
import json
import threading

import aiohttp
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

TOKEN, APP_TOKEN = "xoxb-bench", "xapp-bench"


async def echo(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}apps.connections.open") as answer:
            place = (await answer.json())["url"]
        async with session.ws_connect(place, max_msg_size=0) as socket:
            async for frame in socket:
                told = json.loads(frame.data)
                if "envelope_id" in told:
                    await socket.send_str(json.dumps({"envelope_id": told["envelope_id"]}))


def sdk(url: str) -> None:
    def answer(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client = SocketModeClient(APP_TOKEN, web_client=WebClient(TOKEN, base_url=url))
    client.socket_mode_request_listeners.append(answer)
    client.connect()
    threading.Event().wait()


def bolt(url: str, listeners: int, before_response: bool) -> None:
    app = App(client=WebClient(TOKEN, base_url=url), process_before_response=before_response)

    def listen(ack: Ack) -> None:
        ack()

    for number in range(1, listeners + 1):
        app.action(f"bench.{number}")(listen)
    SocketModeHandler(app, APP_TOKEN).connect()  # type: ignore[no-untyped-call]
    threading.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("echo", "sdk", "bolt"))
    parser.add_argument("url")
    parser.add_argument("--listeners", type=int, default=1, help="bench.1, bench.2, …")
    parser.add_argument("--before-response", action="store_true", help="end the listener before the ack goes out")
    asked = parser.parse_args()
    if asked.kind == "echo":
        asyncio.run(echo(asked.url))
    elif asked.kind == "sdk":
        sdk(asked.url)
    else:
        bolt(asked.url, asked.listeners, asked.before_response)
