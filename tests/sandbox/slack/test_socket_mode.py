import asyncio
from typing import Any

import aiohttp
import pytest
import requests
from slack_bolt import Ack
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack, running
from tests.sandbox.slack.hands import (
    CONFIG,
    LEADS,
    OPS,
    PATIENT,
    Hands,
    bolt_app,
    bot_client,
    button,
    complaints,
    connected,
    control,
    eventually,
    journal,
)


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


def clicked(slack: LocalSlack, client: WebClient) -> dict[str, Any]:
    """What to send to the page for a click on a new message."""
    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    container = {"type": "message", "channel": "ops", "ts": ts}
    return {"container": container, "block_id": "item", "action_id": "approve"}


async def next_of(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = await socket.receive_json(timeout=5)
        if frame["type"] == kind:
            return frame


@pytest.mark.parametrize("slack", [PATIENT], indirect=True, ids=["patient"])
def test_envelopes_go_to_any_one_of_the_connections(slack: LocalSlack, client: WebClient) -> None:
    click = clicked(slack, client)

    async def work() -> None:
        async with Sockets(slack) as sockets:
            opened = [(await sockets.open())[0] for _ in range(3)]
            got = [0, 0, 0]

            async def answer(number: int) -> None:
                while True:
                    frame = await next_of(opened[number], "interactive")
                    got[number] += 1
                    await opened[number].send_json({"envelope_id": frame["envelope_id"]})

            listening = [asyncio.create_task(answer(number)) for number in range(3)]
            for _ in range(40):
                assert (await sockets.do("action", **click))["ok"]
            for task in listening:
                task.cancel()
            assert sum(got) == 40
            assert all(got)

    asyncio.run(work())


def test_an_ack_on_another_connection_does_not_count_unless_lenience_was_asked_for() -> None:
    async def work(slack: LocalSlack, click: dict[str, Any]) -> Any:
        async with Sockets(slack) as sockets:
            first, _ = await sockets.open()
            sending = asyncio.create_task(sockets.do("action", **click))
            frame = await next_of(first, "interactive")
            second, _ = await sockets.open()
            await second.send_json({"envelope_id": frame["envelope_id"]})
            return await sending

    for strict, outcome in (True, {"ok": False, "error": "operation_timeout"}), (False, {"ok": True}):
        with running(CONFIG | {"strict": strict}) as slack:
            assert asyncio.run(work(slack, clicked(slack, bot_client(slack)))) == outcome
            assert complaints(slack) == (["wrong connection", "missed"] if strict else [])


@pytest.mark.parametrize("slack", [PATIENT], indirect=True, ids=["patient"])
def test_an_answer_that_nobody_asked_for_is_a_complaint(slack: LocalSlack, client: WebClient) -> None:
    click = clicked(slack, client)

    async def work() -> None:
        async with Sockets(slack) as sockets:
            socket, _ = await sockets.open()
            sending = asyncio.create_task(sockets.do("action", **click))
            frame = await next_of(socket, "interactive")
            for _ in range(2):
                await socket.send_json({"envelope_id": frame["envelope_id"], "payload": {"text": "done"}})
            assert await sending == {"ok": True}

    asyncio.run(work())
    eventually(lambda: len(complaints(slack)) == 2)
    assert complaints(slack) == ["payload not accepted", "double"]


def test_the_ack_is_waited_for_by_the_workspaces_own_clock(client: WebClient) -> None:
    with running(CONFIG | {"timings": {"ack": 3}}) as slack:
        click = clicked(slack, bot_client(slack))

        async def work() -> Any:
            async with Sockets(slack) as sockets:
                socket, _ = await sockets.open()
                sending = asyncio.create_task(sockets.do("action", **click))
                await next_of(socket, "interactive")
                await asyncio.to_thread(control, slack, "clock", advance=3)
                return await asyncio.wait_for(sending, 1)

        assert asyncio.run(work()) == {"ok": False, "error": "operation_timeout"}


def test_an_event_comes_again_at_once_after_a_minute_and_after_five(slack: LocalSlack) -> None:
    with running(CONFIG | {"timings": {"ack": 3}}) as slack:
        Hands(slack, "ana").do("message", channel="ops", text="anyone?")
        for seconds, tries in (1, 2), (60, 3), (300, 4), (3600, 4):
            control(slack, "clock", advance=seconds)
            eventually(lambda tries=tries: len(journal(slack, "envelope")) == tries)  # type: ignore[misc]
        events = [entry["args"] for entry in journal(slack, "envelope")]
    assert [event["retry_attempt"] for event in events] == [0, 1, 2, 3]
    assert len({event["payload"]["event_id"] for event in events}) == 1
    assert len({event["envelope_id"] for event in events}) == 4


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
def test_every_kind_of_goodbye_says_its_reason(slack: LocalSlack, reason: str) -> None:
    async def work() -> None:
        async with Sockets(slack) as sockets:
            socket, _ = await sockets.open()
            await asyncio.to_thread(control, slack, "disconnect", reason=reason)
            frame = await socket.receive_json()
            assert (frame["type"], frame["reason"]) == ("disconnect", reason)

    asyncio.run(work())


def test_a_connection_lives_as_long_as_it_was_told(slack: LocalSlack) -> None:
    async def work() -> None:
        async with Sockets(slack) as sockets:
            socket = await sockets.http.ws_connect(socket_url(slack) + "&debug_reconnects=true")
            hello = await socket.receive_json()
            assert hello["debug_info"]["approximate_connection_time"] == 360
            for seconds, reason in (350, "warning"), (10, "refresh_requested"):
                await asyncio.to_thread(control, slack, "clock", advance=seconds)
                assert (await socket.receive_json())["reason"] == reason

    asyncio.run(work())


def test_a_pulled_cable_says_nothing_and_a_mute_line_answers_no_ping(slack: LocalSlack) -> None:
    async def work() -> None:
        async with Sockets(slack) as sockets:
            socket = await sockets.http.ws_connect(socket_url(slack), autoping=False)
            await socket.receive()
            await asyncio.to_thread(control, slack, "disconnect", how="mute")
            await socket.ping(b"sdk-ping-pong:1")
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.3)
            cable, _ = await sockets.open()
            await asyncio.to_thread(control, slack, "disconnect", how="cut")
            frame = await cable.receive()
            assert frame.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)

    asyncio.run(work())


@pytest.mark.slow
def test_the_sdk_comes_back_after_a_pulled_cable(slack: LocalSlack, ana: Hands) -> None:
    app = bolt_app(slack)

    @app.command("/cost")
    def cost(ack: Ack) -> None:
        ack("nothing")

    with connected(app, slack, ping_interval=0.5) as handler:  # it notices by an unanswered ping
        first = handler.client.session_id()
        control(slack, "disconnect", how="cut")
        eventually(lambda: handler.client.session_id() != first and handler.client.is_connected())
        eventually(lambda: ana.do("command", channel="ops", text="/cost")["ok"])


def test_what_is_changed_or_deleted_is_told_with_what_was_there_before(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="old")["ts"]
    client.chat_update(channel=OPS, ts=ts, text="new")
    client.chat_delete(channel=OPS, ts=ts)

    def told() -> list[dict[str, Any]]:
        events = [entry["args"]["payload"]["event"] for entry in journal(slack, "envelope")]
        return [event for event in events if event.get("subtype")]

    eventually(lambda: len({event["subtype"] for event in told()}) == 2)
    events = {event["subtype"]: event for event in told()}
    changed, deleted = events["message_changed"], events["message_deleted"]
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("old", "new")
    assert (deleted["previous_message"]["text"], deleted["deleted_ts"]) == ("new", ts)


@pytest.mark.parametrize("slack", [PATIENT], indirect=True, ids=["patient"])
def test_envelopes_may_come_twice_or_after_younger_ones(slack: LocalSlack, ana: Hands) -> None:
    app = bolt_app(slack)
    heard: list[str] = []

    @app.event("message")
    def message(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    with connected(app, slack):
        control(slack, "faults", method="events_api", kind="duplicate")
        ana.do("message", channel="ops", text="twice")
        eventually(lambda: heard == ["twice", "twice"])
        control(slack, "faults", method="events_api", kind="held", seconds=10)
        ana.do("message", channel="ops", text="older")
        ana.do("message", channel="ops", text="younger")
        eventually(lambda: len(heard) == 4)
    assert set(heard[2:]) == {"older", "younger"}
    sent = [entry["args"]["payload"]["event"]["text"] for entry in journal(slack, "envelope")]
    assert sent == ["twice", "twice", "younger", "older"]


STUBBORN = CONFIG | {"timings": CONFIG["timings"] | {"event_retries": [0.1] * 100}}


@pytest.mark.parametrize("slack", [STUBBORN], indirect=True, ids=["stubborn"])
def test_a_line_cut_before_the_ack_loses_a_click_and_delays_an_event(slack: LocalSlack, client: WebClient) -> None:
    click = clicked(slack, client)

    async def work() -> None:
        async with Sockets(slack) as sockets:
            lines = [await sockets.open()]
            await asyncio.to_thread(control, slack, "faults", method="interactive", kind="dropped")
            assert (await sockets.do("action", **click))["error"] == "operation_timeout"
            lines.append(await sockets.open())
            await asyncio.to_thread(control, slack, "faults", method="events_api", kind="dropped")
            await sockets.do("message", channel="ops", text="anyone?")
            socket, _ = await sockets.open()
            frame = await next_of(socket, "events_api")
            while frame["payload"]["event"]["text"] != "anyone?":  # the app's own message is retried too
                frame = await next_of(socket, "events_api")
            assert frame["retry_attempt"] >= 1

    asyncio.run(work())
    assert len([entry for entry in journal(slack, "envelope") if entry["method"] == "interactive"]) == 1


def test_the_apps_own_messages_are_events_too_if_it_asked_for_messages(slack: LocalSlack, client: WebClient) -> None:
    client.chat_postMessage(channel=OPS, text="said by the app")
    client.chat_postMessage(channel=LEADS, text="in a private channel, which it did not ask for")
    eventually(lambda: journal(slack, "envelope"))
    (event,) = {entry["args"]["payload"]["event"]["text"] for entry in journal(slack, "envelope")}
    assert event == "said by the app"
    assert journal(slack, "envelope")[0]["args"]["payload"]["event"]["bot_id"] == slack.workspace.app.bot_id
