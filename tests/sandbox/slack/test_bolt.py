"""Both kinds of Bolt app in both modes: everything a user does, every method, every bad day."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from aiohttp import ClientError, web
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.faults import kinds_of
from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.behind_http import over_http
from tests.sandbox.slack.hands import (
    OPS,
    PATIENT,
    SECRET,
    Hands,
    bot_client,
    button,
    complaints,
    connected,
    control,
    eventually,
    journal,
    modal,
)
from tests.sandbox.slack.web_api.test_sdk import CALLS, beginning, filled, remember

Heard = list[str]
FAILURES = (SlackApiError, ClientError, OSError, TimeoutError)


def synchronous(slack: LocalSlack, heard: Heard) -> App:
    app = App(client=bot_client(slack), signing_secret=SECRET)

    @app.command("/cost")
    def cost(ack: Ack, command: dict[str, Any], client: WebClient) -> None:
        ack(f"{command['text']}: 12 USD")
        if command["text"] == "say":
            try:
                client.chat_postMessage(channel=OPS, text="said")
            except FAILURES:
                heard.append("failed")
        if command["text"] == "everything":
            known = beginning(slack, "bolt")
            for call, arguments in CALLS.values():
                remember(slack, known, getattr(client, call)(**filled(arguments, known)))
            heard.append("everything")

    @app.action("approve")
    def approve(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal("why", callback_id="reason"))

    @app.view("reason")
    def reason(ack: Ack, view: dict[str, Any]) -> None:
        short = view["state"]["values"]["why"]["value"]["value"] == "no"
        ack(response_action="errors", errors={"why": "Say more"}) if short else ack()

    @app.event("message")
    def message(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    return app


def asynchronous(slack: LocalSlack, heard: Heard) -> AsyncApp:
    client = AsyncWebClient("xoxb-local", base_url=slack.api_url, retry_handlers=[])
    app = AsyncApp(client=client, signing_secret=SECRET)

    @app.command("/cost")
    async def cost(ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient) -> None:
        await ack(f"{command['text']}: 12 USD")
        if command["text"] == "say":
            try:
                await client.chat_postMessage(channel=OPS, text="said")
            except FAILURES:
                heard.append("failed")
        if command["text"] == "everything":
            known = beginning(slack, "bolt")
            for call, arguments in CALLS.values():
                remember(slack, known, await getattr(client, call)(**filled(arguments, known)))
            heard.append("everything")

    @app.action("approve")
    async def approve(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal("why", callback_id="reason"))

    @app.view("reason")
    async def reason(ack: AsyncAck, view: dict[str, Any]) -> None:
        short = view["state"]["values"]["why"]["value"]["value"] == "no"
        await (ack(response_action="errors", errors={"why": "Say more"}) if short else ack())

    @app.event("message")
    async def message(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    return app


@contextmanager
def elsewhere(slack: LocalSlack, heard: Heard, mode: str) -> Iterator[None]:
    """The asynchronous app in a thread and loop of its own."""
    ready, done = threading.Event(), threading.Event()

    async def work() -> None:
        app = asynchronous(slack, heard)
        if mode == "sockets":
            client = AsyncWebClient(base_url=slack.api_url)
            handler = AsyncSocketModeHandler(app, "xapp-local", web_client=client, ping_interval=0.5)
            await handler.connect_async()  # type: ignore[no-untyped-call]
        else:
            runner = web.AppRunner(app.web_app(), access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
            assert (await asyncio.to_thread(control, slack, "request-url", url=url))["ok"]
        ready.set()
        await asyncio.to_thread(done.wait)
        await (handler.close_async() if mode == "sockets" else runner.cleanup())  # type: ignore[no-untyped-call]

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture(params=[(App, "sockets"), (App, "HTTP"), (AsyncApp, "sockets"), (AsyncApp, "HTTP")], ids=str)
def heard(request: pytest.FixtureRequest, slack: LocalSlack) -> Iterator[Heard]:
    """What the app heard, which listens as long as the test lasts."""
    kind, mode = request.param
    told: Heard = []
    with ExitStack() as at_end:
        if kind is AsyncApp:
            at_end.enter_context(elsewhere(slack, told, mode))
        elif mode == "HTTP":
            at_end.enter_context(over_http(synchronous(slack, told), slack))
        else:
            at_end.enter_context(connected(synchronous(slack, told), slack, ping_interval=0.5))
        yield told


# Tries again until a line that was cut is back.
STUBBORN = PATIENT | {"timings": PATIENT["timings"] | {"event_retries": [0.1] * 100}}
pytestmark = pytest.mark.parametrize("slack", [STUBBORN], indirect=True, ids=["stubborn"])


def test_a_bolt_app_hears_and_answers_everything(
    slack: LocalSlack, client: WebClient, ana: Hands, heard: Heard
) -> None:
    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    assert ana.do("command", channel="ops", text="/cost today") == {"ok": True}
    assert ana.click(ts, "item", "approve") == {"ok": True}
    eventually(ana.stack)
    assert ana.submit(why="no") == {"ok": False, "errors": {"why": "Say more"}}
    assert ana.submit(why="late") == {"ok": True}
    ana.do("message", channel="ops", text="hello")
    eventually(lambda: "hello" in heard)
    assert complaints(slack) == []
    assert "today: 12 USD" in ana.texts()


def test_a_listeners_own_client_gets_an_answer_from_every_method(slack: LocalSlack, ana: Hands, heard: Heard) -> None:
    assert ana.do("command", channel="ops", text="/cost everything") == {"ok": True}
    eventually(lambda: "everything" in heard)
    calls = {entry["method"] for entry in journal(slack, "api") if entry["response"]["ok"]}
    assert calls == set(CALLS)


@pytest.mark.parametrize("kind", kinds_of("chat.postMessage"))
def test_a_listener_lives_through_every_bad_day(slack: LocalSlack, ana: Hands, heard: Heard, kind: str) -> None:
    control(slack, "faults", method="chat.postMessage", kind=kind, seconds=0.2, error="fatal_error")
    ana.do("command", channel="ops", text="/cost say")
    failed = [] if kind == "slow" else ["failed"]
    arrived = kind in ("slow", "internal_error", "dropped")
    eventually(lambda: heard == failed and ("said" in ana.texts()) == arrived)


def test_an_event_comes_twice_late_and_out_of_order(slack: LocalSlack, ana: Hands, heard: Heard) -> None:
    def say(text: str) -> None:
        ana.do("message", channel="ops", text=text)

    say("first")
    eventually(lambda: heard == ["first"])
    control(slack, "faults", method="events_api", kind="duplicate")
    say("twice")
    eventually(lambda: heard[1:] == ["twice", "twice"])
    control(slack, "faults", method="events_api", kind="slow", seconds=0.2)
    say("late")
    eventually(lambda: heard[3:] == ["late"])
    control(slack, "faults", method="events_api", kind="held", seconds=10)
    say("older")
    say("younger")
    eventually(lambda: sorted(heard[4:]) == ["older", "younger"])


@pytest.mark.slow
def test_an_event_whose_ack_is_lost_comes_again(slack: LocalSlack, ana: Hands, heard: Heard) -> None:
    control(slack, "faults", method="events_api", kind="dropped")
    ana.do("message", channel="ops", text="again")
    control(slack, "clock", advance=21)
    eventually(lambda: "again" in heard and any(attempts(slack)))


def attempts(slack: LocalSlack) -> list[int]:
    """Of each delivery: 0 for the first."""
    over_sockets = [entry["args"].get("retry_attempt", 0) for entry in journal(slack, "envelope")]
    return over_sockets + [int(entry["headers"].get("X-Slack-Retry-Num", 0)) for entry in journal(slack, "request")]
