from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from slack_bolt import Ack
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack, running
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import (
    CONFIG,
    LEADS,
    OPS,
    PATIENT,
    Hands,
    bolt_app,
    bot_client,
    button,
    connected,
    eventually,
)

ANA, BEN, GUEST = (slack_id("U", name) for name in ("ana", "ben", "guest"))


def called(slack: LocalSlack, channel: str = "ops") -> list[list[str]]:
    answer = requests.get(f"{slack.url}/control/channels/{channel}/notified", timeout=10).json()
    return list(answer["notified"].values())


def section(text: str, **how: Any) -> list[dict[str, Any]]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text, **how}}]


def test_people_from_elsewhere_and_guests_are_told_apart() -> None:
    users = [*CONFIG["users"], {"name": "eve", "team": "elsewhere"}, {"name": "gone", "is_deleted": True}]
    with running(CONFIG | {"users": users}) as slack:
        people = {user["name"]: user for user in bot_client(slack).users_list()["members"]}
        assert (people["guest"]["is_restricted"], people["ana"]["is_restricted"]) == (True, False)
        assert people["eve"]["is_stranger"] is True
        assert "is_stranger" not in people["ana"]
        assert (people["gone"]["deleted"], people["ana"]["deleted"]) == (True, False)
        assert people["eve"]["team_id"] == slack_id("T", "elsewhere") != people["ana"]["team_id"]
        seen = [channel["name"] for channel in Hands(slack, "eve").see("state")["channels"]]
        assert (seen, "elsewhere" in seen) == (["ops", "old", "directmessage"], False)


def test_a_click_says_from_which_workspace_the_person_is() -> None:
    users = [*CONFIG["users"], {"name": "eve", "team": "elsewhere"}]
    with running(CONFIG | {"users": users}) as slack:
        app, seen = bolt_app(slack), []

        @app.action("approve")
        def approve(ack: Ack, body: dict[str, Any]) -> None:
            seen.append(body)
            ack()

        ts = bot_client(slack).chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
        with connected(app, slack):
            Hands(slack, "eve").click(ts, "item", "approve")
        assert seen[0]["user"]["team_id"] == slack_id("T", "elsewhere") != seen[0]["team"]["id"]


@pytest.mark.parametrize("slack", [PATIENT], indirect=True, ids=["patient"])
def test_two_people_who_click_at_once_are_two_clicks(slack: LocalSlack, client: WebClient) -> None:
    app = bolt_app(slack)
    clicked: list[str] = []

    @app.action("approve")
    def approve(ack: Ack, body: dict[str, Any]) -> None:
        clicked.append(body["user"]["name"])
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    with connected(app, slack), ThreadPoolExecutor(8) as at_once:
        names = ["ana", "ben"] * 4
        answers = list(at_once.map(lambda name: Hands(slack, name).click(ts, "item", "approve"), names))
    assert answers == [{"ok": True}] * 8
    assert sorted(clicked) == sorted(names)


def test_an_ephemeral_is_gone_when_the_page_is_loaded_again(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    client.chat_postEphemeral(channel=OPS, user=ANA, text="psst")

    def page() -> requests.Response:
        stream = requests.get(f"{slack.url}/page/events", params={"user": "ana"}, stream=True, timeout=10)
        assert next(stream.iter_lines(chunk_size=1)) == b": open"
        return stream

    with page():
        assert ana.texts() == ["psst"]
    with page():
        assert ana.texts() == []
    assert client.conversations_history(channel=OPS)["messages"] == []


def test_everybody_a_message_calls_is_counted(slack: LocalSlack, client: WebClient) -> None:
    for text in (f"<@{ANA}>", "<!channel>", f"<!subteam^{slack_id('S', 'oncall')}>", "nobody", "@channel"):
        client.chat_postMessage(channel=OPS, text=text)
    assert called(slack) == [["ana"], ["ana", "ben", "guest"], ["ben"]]


def test_a_mass_ping_out_of_somebody_elses_text_is_seen(slack: LocalSlack, client: WebClient) -> None:
    client.chat_postMessage(channel=OPS, text="x", blocks=section("ticket: @channel look"))
    client.chat_postMessage(channel=OPS, text="x", blocks=section("ticket: @channel look", verbatim=True))
    client.chat_postMessage(channel=OPS, text="x", blocks=section("ticket: &lt;!channel&gt; look"))
    client.chat_postMessage(channel=OPS, text="ticket: @here", link_names=True)
    assert called(slack) == [["ana", "ben", "guest"], ["ana", "ben", "guest"]]


def test_only_members_are_called(slack: LocalSlack, client: WebClient) -> None:
    client.chat_postMessage(channel=LEADS, text=f"<!channel> <@{BEN}>")
    assert called(slack, "leads") == [["ana"]]


def test_one_clicks_each_right_for_oneself(slack: LocalSlack, client: WebClient, ben: Hands) -> None:
    client.chat_postEphemeral(channel=OPS, user=ANA, text="psst", blocks=[button()])
    eventually(lambda: Hands(slack, "ana").messages())
    ts = Hands(slack, "ana").messages()[0]["ts"]
    assert ben.click(ts, "item", "approve")["error"] == "message_not_found"
