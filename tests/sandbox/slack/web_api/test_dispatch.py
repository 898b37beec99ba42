import json
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.clock import Clock
from sandbox.slack.errors import SlackError
from sandbox.slack.local import LocalSlack, running
from sandbox.slack.model import slack_id
from sandbox.slack.rate_limits import CHANNEL_BURST, POSTS_PER_MINUTE, Limits
from tests.sandbox.slack.hands import CONFIG, LEADS, OPS, bot_client, control, journal

BOT = {"Authorization": "Bearer xoxb-local"}
ARGUMENTS = {"channel": "ops", "text": "hello"}


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "not_authed"),
        ({"Authorization": "Bearer xoxb-other"}, "invalid_auth"),
        ({"Authorization": "Bearer xapp-local"}, "not_allowed_token_type"),
    ],
)
def test_only_the_configured_token_of_the_right_kind_is_let_in(
    slack: LocalSlack, headers: dict[str, str], error: str
) -> None:
    answer = requests.post(f"{slack.api_url}auth.test", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": error})


def test_the_app_token_opens_sockets_and_the_bot_token_does_not(slack: LocalSlack, client: WebClient) -> None:
    assert client.apps_connections_open(app_token="xapp-local")["url"].startswith("ws://127.0.0.1:")
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        client.apps_connections_open(app_token="xoxb-local")


def test_an_unknown_method_is_named(slack: LocalSlack) -> None:
    answer = requests.post(f"{slack.api_url}chat.shout", headers=BOT, timeout=10).json()
    assert answer == {"ok": False, "error": "unknown_method", "req_method": "chat.shout"}


@pytest.mark.parametrize(
    "request_arguments",
    [
        {"params": ARGUMENTS},
        {"data": ARGUMENTS},
        {"json": ARGUMENTS},
        {"files": {name: (None, value) for name, value in ARGUMENTS.items()}},
        {"params": {"channel": "ops"}, "data": {"text": "hello"}},
        {"params": {"channel": "nowhere"}, "json": ARGUMENTS},
    ],
    ids=["query", "form", "json", "multipart", "query and form", "body wins"],
)
def test_every_encoding_says_the_same(slack: LocalSlack, request_arguments: dict[str, Any]) -> None:
    answer = requests.post(f"{slack.api_url}chat.postMessage", headers=BOT, timeout=10, **request_arguments).json()
    assert answer["message"]["text"] == "hello"


def test_structures_may_come_as_json_text(slack: LocalSlack) -> None:
    body = {"channel": "ops", "blocks": json.dumps([{"type": "divider", "block_id": "line"}])}
    answer = requests.post(f"{slack.api_url}chat.postMessage", headers=BOT, data=body, timeout=10).json()
    assert answer["message"]["blocks"] == [{"type": "divider", "block_id": "line"}]
    body["blocks"] = json.dumps("[]")
    answer = requests.post(f"{slack.api_url}chat.postMessage", headers=BOT, data=body, timeout=10).json()
    assert answer["error"] == "invalid_blocks_format"


def test_a_missing_argument_is_named(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.api_call("conversations.info")
    assert refused.value.response["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]


def test_auth_test_tells_who_the_bot_is(client: WebClient) -> None:
    answer = client.auth_test()
    assert (answer["user_id"], answer["bot_id"]) == (slack_id("U", "checkin"), slack_id("B", "checkin"))


def test_the_journal_keeps_the_question_the_answer_and_no_token(slack: LocalSlack) -> None:
    requests.post(f"{slack.api_url}auth.test", data={"token": "xoxb-local"}, timeout=10)
    (entry,) = journal(slack, "api")
    assert (entry["method"], entry["status"], entry["response"]["ok"]) == ("auth.test", 200, True)
    assert "xoxb-local" not in json.dumps(entry)


def test_limits_hold_a_channel_to_its_pace_and_leave_the_others_alone() -> None:
    with running(CONFIG | {"limits": True}) as slack:
        client = bot_client(slack)
        with pytest.raises(SlackApiError) as refused:
            any(client.chat_postMessage(channel=OPS, text=str(number)).get("error") for number in range(20))
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "1"
        client.chat_postMessage(channel=LEADS, text="still fine")
        slack.workspace.clock.advance(1)
        client.chat_postMessage(channel=OPS, text="fine again")


def test_a_channel_has_one_pace_by_whatever_name_it_is_called() -> None:
    ana, direct = slack_id("U", "ana"), slack_id("D", "ana")
    with running(CONFIG | {"limits": True}) as slack:
        slack.workspace.clock.now = lambda: 1.0  # type: ignore[method-assign]
        client = bot_client(slack)
        for number in range(CHANNEL_BURST):
            client.chat_postMessage(channel=ana if number % 2 else direct, text="x")
        for name in ana, direct:
            with pytest.raises(SlackApiError, match="ratelimited"):
                client.chat_postMessage(channel=name, text="x")


def test_each_method_has_its_own_pace() -> None:
    with running(CONFIG | {"limits": True}) as slack:
        client = bot_client(slack)
        for _ in range(20):
            client.usergroups_list()
        with pytest.raises(SlackApiError) as refused:
            client.usergroups_list()
        assert (refused.value.response["error"], refused.value.response.headers["Retry-After"]) == ("ratelimited", "3")
        client.users_list()
        control(slack, "clock", advance=3)
        client.usergroups_list()


def test_all_channels_together_have_a_pace_too() -> None:
    class Still(Clock):
        def __init__(self) -> None: ...
        def now(self) -> float:
            return 0

    limits = Limits(Still(), enabled=True)
    for _ in range(POSTS_PER_MINUTE):
        limits.call("chat.postMessage", 600)
    with pytest.raises(SlackError, match="ratelimited"):
        limits.call("chat.postMessage", 600)
