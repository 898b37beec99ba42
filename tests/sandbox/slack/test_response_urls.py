from typing import Any

import pytest
import requests
from slack_bolt import Ack
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import OPS, Hands, bolt_app, button, connected, journal


@pytest.fixture
def response_url(slack: LocalSlack, client: WebClient, ana: Hands) -> str:
    """The right that came with a click on the one message in #ops."""
    app = bolt_app(slack)
    urls: list[str] = []

    @app.action("approve")
    def keep(ack: Ack, body: dict[str, Any]) -> None:
        urls.append(body["response_url"])
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    with connected(app, slack):
        ana.click(ts, "item", "approve")
    return urls[0]


def answer(url: str, **body: Any) -> tuple[int, str]:
    response = requests.post(url, json=body, timeout=10)
    return response.status_code, response.json()["error"] if response.status_code != 200 else response.text


def test_it_answers_the_user_alone_or_the_channel(response_url: str, ana: Hands, ben: Hands) -> None:
    assert answer(response_url, text="for you") == (200, "ok")
    assert answer(response_url, text="for all", response_type="in_channel") == (200, "ok")
    assert ana.texts() == ["item", "for you", "for all"]
    assert ben.texts() == ["item", "for all"]


def test_it_replaces_and_deletes_the_message_it_came_from(response_url: str, ana: Hands) -> None:
    answer(response_url, replace_original=True, text="approved by Ana")
    assert ana.texts() == ["approved by Ana"]
    assert "blocks" not in ana.messages()[0]
    answer(response_url, delete_original=True)
    assert ana.texts() == []
    assert answer(response_url, delete_original=True) == (404, "message_not_found")


def test_it_answers_in_the_thread_when_told_to(response_url: str, ana: Hands) -> None:
    ts = ana.messages()[0]["ts"]
    answer(response_url, response_type="in_channel", thread_ts=ts, replace_original=False, text="details")
    assert ana.texts() == ["item"]
    assert [message["text"] for message in ana.see("thread", channel="ops", ts=ts)["messages"]] == ["item", "details"]


def test_it_is_good_for_five_answers(response_url: str) -> None:
    assert [answer(response_url, text="again")[0] for _ in range(5)] == [200] * 5
    assert answer(response_url, text="again") == (404, "used_url")


def test_it_is_good_for_half_an_hour(slack: LocalSlack, response_url: str) -> None:
    slack.workspace.clock.advance(29 * 60)
    assert answer(response_url, text="in time") == (200, "ok")
    slack.workspace.clock.advance(2 * 60)
    assert answer(response_url, text="too late") == (404, "expired_url")


def test_bad_blocks_are_a_404_with_slacks_code(slack: LocalSlack, response_url: str) -> None:
    assert answer(response_url, text="x", blocks=[{"type": "nothing"}]) == (404, "invalid_blocks")
    assert journal(slack, "response_url")[-1]["status"] == 404
