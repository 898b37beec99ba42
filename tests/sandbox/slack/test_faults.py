from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import OPS, Hands


def plan(slack: LocalSlack, kind: str, **rest: Any) -> None:
    body = {"method": "chat.postMessage", "kind": kind, **rest}
    assert requests.post(f"{slack.url}/control/faults", json=body, timeout=10).ok


def test_a_rate_limit_names_its_seconds_and_lasts_as_planned(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    plan(slack, "ratelimited", seconds=7)
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=OPS, text="once")
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "7")
    client.chat_postMessage(channel=OPS, text="again")
    assert ana.texts() == ["again"]


def test_an_outage_refuses_before_anything_happened(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    plan(slack, "unavailable")
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=OPS, text="lost")
    assert refused.value.response.status_code == 503
    assert ana.texts() == []


@pytest.mark.parametrize("kind", ["internal_error", "dropped"])
def test_a_message_may_be_posted_though_the_call_failed(
    slack: LocalSlack, client: WebClient, ana: Hands, kind: str
) -> None:
    plan(slack, kind)
    with pytest.raises((SlackApiError, ConnectionError)):
        client.chat_postMessage(channel=OPS, text="maybe sent")
    assert ana.texts() == ["maybe sent"]


def test_a_slow_call_outlasts_an_impatient_client(slack: LocalSlack) -> None:
    plan(slack, "slow", seconds=1)
    impatient = WebClient("xoxb-local", base_url=slack.api_url, timeout=0.2, retry_handlers=[])  # type: ignore[arg-type]
    with pytest.raises(TimeoutError):
        impatient.chat_postMessage(channel="ops", text="late")
