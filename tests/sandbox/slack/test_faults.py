from collections.abc import Callable
from http.client import HTTPException
from typing import Any

import pytest
from aiohttp import ClientError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack, running
from tests.sandbox.slack.hands import CONFIG, OPS, Asynchronously, Hands, bot_client, control

Asking = Callable[..., Any]


@pytest.fixture(params=[WebClient, Asynchronously], ids=["synchronous", "asynchronous"])
def asking(request: pytest.FixtureRequest, slack: LocalSlack) -> Asking:
    """`asking()` is the official client of one kind, as the SDK makes it unless told otherwise."""
    if request.param is Asynchronously:
        return lambda **options: Asynchronously(slack, **options)
    return lambda **options: WebClient("xoxb-local", base_url=slack.api_url, **options)


@pytest.fixture
def client(asking: Asking) -> Any:
    return asking(retry_handlers=[])


def plan(slack: LocalSlack, kind: str, method: str = "chat.postMessage", **rest: Any) -> None:
    assert control(slack, "faults", method=method, kind=kind, **rest)["ok"]


def test_a_rate_limit_names_its_seconds_and_lasts_as_planned(slack: LocalSlack, client: Any, ana: Hands) -> None:
    plan(slack, "ratelimited", seconds=7)
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=OPS, text="once")
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "7")
    client.chat_postMessage(channel=OPS, text="again")
    assert ana.texts() == ["again"]


@pytest.mark.parametrize(("kind", "status"), [("unavailable", 503), ("server_error", 500)])
def test_an_outage_refuses_before_anything_happened(
    slack: LocalSlack, client: Any, ana: Hands, kind: str, status: int
) -> None:
    plan(slack, kind)
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=OPS, text="lost")
    assert refused.value.response.status_code == status
    assert ana.texts() == []


def test_any_of_slacks_codes_can_be_answered_once(slack: LocalSlack, client: Any) -> None:
    plan(slack, "refused", method="auth.test", error="token_revoked")
    with pytest.raises(SlackApiError, match="token_revoked"):
        client.auth_test()
    assert client.auth_test()["ok"]


@pytest.mark.parametrize("kind", ["internal_error", "dropped"])
def test_a_message_may_be_posted_though_the_call_failed(slack: LocalSlack, client: Any, ana: Hands, kind: str) -> None:
    plan(slack, kind)
    with pytest.raises((SlackApiError, ConnectionError, ClientError)):
        client.chat_postMessage(channel=OPS, text="maybe sent")
    assert ana.texts() == ["maybe sent"]


def test_a_slow_call_outlasts_an_impatient_client(slack: LocalSlack, asking: Asking) -> None:
    plan(slack, "slow", seconds=1)
    with pytest.raises(TimeoutError):
        asking(timeout=0.2, retry_handlers=[]).chat_postMessage(channel="ops", text="late")


def test_the_sdks_own_retry_posts_a_dropped_message_twice(slack: LocalSlack, asking: Asking, ana: Hands) -> None:
    plan(slack, "dropped")
    asking().chat_postMessage(channel=OPS, text="twice")
    assert ana.texts() == ["twice", "twice"]


def test_history_may_lag_behind_what_was_posted(slack: LocalSlack, client: Any, ana: Hands) -> None:
    control(slack, "lag", seconds=5)
    ts = client.chat_postMessage(channel=OPS, text="just now")["ts"]
    client.chat_postMessage(channel=OPS, text="reply", thread_ts=ts)
    assert client.conversations_history(channel=OPS)["messages"] == []
    assert len(client.conversations_replies(channel=OPS, ts=ts)["messages"]) == 1
    assert ana.texts() == ["just now"]
    control(slack, "clock", advance=6)
    assert len(client.conversations_history(channel=OPS)["messages"]) == 1
    assert len(client.conversations_replies(channel=OPS, ts=ts)["messages"]) == 2


def test_a_channel_is_archived_and_opened_and_the_app_removed_and_invited(slack: LocalSlack, client: WebClient) -> None:
    for closed, code in (("archived", True), "is_archived"), (("app", False), "not_in_channel"):
        name, how = closed
        assert control(slack, "channels", channel="ops", **{name: how})["ok"]
        with pytest.raises(SlackApiError, match=code):
            client.chat_postMessage(channel=OPS, text="closed")
        assert control(slack, "channels", channel="ops", **{name: not how})["ok"]
        client.chat_postMessage(channel=OPS, text="open")
    assert control(slack, "channels", channel="nowhere", archived=True)["error"] == "channel_not_found"


def test_an_unknown_kind_of_bad_day_is_refused(slack: LocalSlack) -> None:
    answer = control(slack, "faults", method="chat.postMessage", kind="held")
    assert (answer["error"], "dropped" in answer["known"]) == ("unknown_kind", True)


def test_chaos_is_the_same_for_the_same_seed() -> None:
    def weather(seed: int) -> list[str]:
        found = []
        with running(CONFIG | {"chaos": 0.5, "seed": seed}) as slack:
            for _ in range(20):
                try:
                    bot_client(slack).auth_test()
                    found.append("ok")
                except SlackApiError as problem:
                    found.append(problem.response["error"])
                except (ConnectionError, HTTPException):
                    found.append("dropped")
        return found

    first = weather(7)
    assert 3 <= first.count("ok") <= 17
    assert len(set(first)) > 2
    assert weather(7) == first
    assert weather(8) != first
